//! Symbols that many people look for, for the sources that cannot list all they have.

use super::search::{AssetClass, Listing};
use crate::symbol::Symbol;

/// Ticker, name, exchange and kind; what is to be offered first stands first.
const POPULAR: [(&str, &str, &str, AssetClass); 41] = [
    ("AAPL", "Apple", "NASDAQ", AssetClass::Stock),
    ("MSFT", "Microsoft", "NASDAQ", AssetClass::Stock),
    ("NVDA", "NVIDIA", "NASDAQ", AssetClass::Stock),
    ("BTC-USD", "Bitcoin / US dollar", "CCC", AssetClass::Crypto),
    ("EURUSD=X", "Euro / US dollar", "CCY", AssetClass::Currency),
    ("^GSPC", "S&P 500", "SNP", AssetClass::Index),
    ("GOOGL", "Alphabet (Google)", "NASDAQ", AssetClass::Stock),
    ("AMZN", "Amazon", "NASDAQ", AssetClass::Stock),
    ("META", "Meta Platforms (Facebook)", "NASDAQ", AssetClass::Stock),
    ("TSLA", "Tesla", "NASDAQ", AssetClass::Stock),
    ("^DJI", "Dow Jones Industrial Average", "DJI", AssetClass::Index),
    ("^IXIC", "NASDAQ Composite", "NASDAQ", AssetClass::Index),
    ("SPY", "SPDR S&P 500 ETF", "NYSE Arca", AssetClass::Etf),
    ("QQQ", "Invesco QQQ", "NASDAQ", AssetClass::Etf),
    ("ETH-USD", "Ethereum / US dollar", "CCC", AssetClass::Crypto),
    ("GC=F", "Gold", "COMEX", AssetClass::Future),
    ("CL=F", "Crude oil (WTI)", "NYMEX", AssetClass::Future),
    ("^FTSE", "FTSE 100", "FTSE Index", AssetClass::Index),
    ("^N225", "Nikkei 225", "Osaka", AssetClass::Index),
    ("^NSEI", "NIFTY 50", "NSE", AssetClass::Index),
    ("AVGO", "Broadcom", "NASDAQ", AssetClass::Stock),
    ("AMD", "Advanced Micro Devices", "NASDAQ", AssetClass::Stock),
    ("NFLX", "Netflix", "NASDAQ", AssetClass::Stock),
    ("JPM", "JPMorgan Chase", "NYSE", AssetClass::Stock),
    ("V", "Visa", "NYSE", AssetClass::Stock),
    ("BRK-B", "Berkshire Hathaway", "NYSE", AssetClass::Stock),
    ("XOM", "Exxon Mobil", "NYSE", AssetClass::Stock),
    ("WMT", "Walmart", "NYSE", AssetClass::Stock),
    ("KO", "Coca-Cola", "NYSE", AssetClass::Stock),
    ("DIS", "Walt Disney", "NYSE", AssetClass::Stock),
    ("^VIX", "CBOE Volatility Index", "Cboe", AssetClass::Index),
    ("SOL-USD", "Solana / US dollar", "CCC", AssetClass::Crypto),
    ("GBPUSD=X", "British pound / US dollar", "CCY", AssetClass::Currency),
    ("USDJPY=X", "US dollar / Japanese yen", "CCY", AssetClass::Currency),
    ("RELIANCE.NS", "Reliance Industries", "NSE", AssetClass::Stock),
    ("VOD.L", "Vodafone", "LSE", AssetClass::Stock),
    ("SAP.DE", "SAP", "XETRA", AssetClass::Stock),
    ("ASML.AS", "ASML", "Amsterdam", AssetClass::Stock),
    ("MC.PA", "LVMH", "Paris", AssetClass::Stock),
    ("7203.T", "Toyota Motor", "Tokyo", AssetClass::Stock),
    ("0700.HK", "Tencent", "HKSE", AssetClass::Stock),
];

/// The name of a symbol that is one of them.
pub fn name_of(symbol: &Symbol) -> Option<&'static str> {
    POPULAR.iter().find(|(popular, ..)| *popular == symbol.as_str()).map(|(_, name, ..)| *name)
}

/// All of them, as listings.
pub fn popular() -> impl Iterator<Item = Listing> {
    POPULAR.iter().filter_map(|(symbol, name, exchange, kind)| {
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

    use super::{POPULAR, popular};

    #[test]
    fn every_popular_symbol_is_valid_and_there_once() {
        let symbols: BTreeSet<_> = popular().map(|listing| listing.symbol).collect();
        assert_eq!(symbols.len(), POPULAR.len());
    }
}
