//! Symbols that many people look for, for the sources that cannot list all they have.

use super::search::{Kind, Listing};
use crate::symbol::Symbol;

/// Ticker, name, exchange and kind; what is to be offered first stands first.
const FAVOURITES: [(&str, &str, &str, Kind); 41] = [
    ("AAPL", "Apple", "NASDAQ", Kind::Stock),
    ("MSFT", "Microsoft", "NASDAQ", Kind::Stock),
    ("NVDA", "NVIDIA", "NASDAQ", Kind::Stock),
    ("BTC-USD", "Bitcoin / US dollar", "CCC", Kind::Crypto),
    ("EURUSD=X", "Euro / US dollar", "CCY", Kind::Currency),
    ("^GSPC", "S&P 500", "SNP", Kind::Index),
    ("GOOGL", "Alphabet (Google)", "NASDAQ", Kind::Stock),
    ("AMZN", "Amazon", "NASDAQ", Kind::Stock),
    ("META", "Meta Platforms (Facebook)", "NASDAQ", Kind::Stock),
    ("TSLA", "Tesla", "NASDAQ", Kind::Stock),
    ("^DJI", "Dow Jones Industrial Average", "DJI", Kind::Index),
    ("^IXIC", "NASDAQ Composite", "NASDAQ", Kind::Index),
    ("SPY", "SPDR S&P 500 ETF", "NYSE Arca", Kind::Etf),
    ("QQQ", "Invesco QQQ", "NASDAQ", Kind::Etf),
    ("ETH-USD", "Ethereum / US dollar", "CCC", Kind::Crypto),
    ("GC=F", "Gold", "COMEX", Kind::Future),
    ("CL=F", "Crude oil (WTI)", "NYMEX", Kind::Future),
    ("^FTSE", "FTSE 100", "FTSE Index", Kind::Index),
    ("^N225", "Nikkei 225", "Osaka", Kind::Index),
    ("^NSEI", "NIFTY 50", "NSE", Kind::Index),
    ("AVGO", "Broadcom", "NASDAQ", Kind::Stock),
    ("AMD", "Advanced Micro Devices", "NASDAQ", Kind::Stock),
    ("NFLX", "Netflix", "NASDAQ", Kind::Stock),
    ("JPM", "JPMorgan Chase", "NYSE", Kind::Stock),
    ("V", "Visa", "NYSE", Kind::Stock),
    ("BRK-B", "Berkshire Hathaway", "NYSE", Kind::Stock),
    ("XOM", "Exxon Mobil", "NYSE", Kind::Stock),
    ("WMT", "Walmart", "NYSE", Kind::Stock),
    ("KO", "Coca-Cola", "NYSE", Kind::Stock),
    ("DIS", "Walt Disney", "NYSE", Kind::Stock),
    ("^VIX", "CBOE Volatility Index", "Cboe", Kind::Index),
    ("SOL-USD", "Solana / US dollar", "CCC", Kind::Crypto),
    ("GBPUSD=X", "British pound / US dollar", "CCY", Kind::Currency),
    ("USDJPY=X", "US dollar / Japanese yen", "CCY", Kind::Currency),
    ("RELIANCE.NS", "Reliance Industries", "NSE", Kind::Stock),
    ("VOD.L", "Vodafone", "LSE", Kind::Stock),
    ("SAP.DE", "SAP", "XETRA", Kind::Stock),
    ("ASML.AS", "ASML", "Amsterdam", Kind::Stock),
    ("MC.PA", "LVMH", "Paris", Kind::Stock),
    ("7203.T", "Toyota Motor", "Tokyo", Kind::Stock),
    ("0700.HK", "Tencent", "HKSE", Kind::Stock),
];

/// All of them.
pub fn favourites() -> impl Iterator<Item = Listing> {
    FAVOURITES.iter().filter_map(|(symbol, name, exchange, kind)| {
        Some(Listing {
            symbol: Symbol::parse(symbol).ok()?,
            name: Some((*name).to_owned()),
            exchange: Some((*exchange).to_owned()),
            kind: Some(*kind),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FAVOURITES, favourites};

    #[test]
    fn every_favourite_is_a_symbol_and_there_once() {
        let symbols: BTreeSet<_> = favourites().map(|listing| listing.symbol).collect();
        assert_eq!(symbols.len(), FAVOURITES.len());
    }
}
