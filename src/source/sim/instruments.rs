//! What the simulated instruments are like: level, volatility, decimals and currency of the well-known
//! ones, so that each looks like itself, and of the rest by the ending of their symbols.

use super::noise::{fnv1a, nth, unit};
use crate::symbol::Symbol;

/// What a simulated instrument is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Character {
    /// Price that it never goes far from, in its currency.
    pub level: f64,
    /// Standard deviation of its logarithmic changes over one year of trading.
    pub volatility: f64,
    /// Decimals of its prices.
    pub decimals: u8,
    /// Currency, as sources spell it.
    pub currency: &'static str,
    /// Units that a quiet minute turns over; 0 where nobody counts them.
    pub volume: f64,
}

/// Levels as of late 2026, to two digits: nobody shall take them for quotes. Volatilities in percent per
/// year are those of ordinary years. Volumes are in thousands per minute.
#[rustfmt::skip]
const KNOWN: [(&str, f64, f64, u8, &str, f64); 45] = [
    ("AAPL", 230.0, 28.0, 2, "USD", 110.0), ("MSFT", 430.0, 25.0, 2, "USD", 50.0),
    ("NVDA", 140.0, 48.0, 2, "USD", 400.0), ("GOOGL", 170.0, 29.0, 2, "USD", 65.0),
    ("AMZN", 190.0, 32.0, 2, "USD", 90.0), ("META", 560.0, 36.0, 2, "USD", 30.0),
    ("TSLA", 250.0, 58.0, 2, "USD", 220.0), ("AVGO", 170.0, 40.0, 2, "USD", 60.0),
    ("AMD", 150.0, 50.0, 2, "USD", 110.0), ("NFLX", 700.0, 38.0, 2, "USD", 8.0),
    ("JPM", 220.0, 24.0, 2, "USD", 22.0), ("V", 280.0, 20.0, 2, "USD", 14.0),
    ("BRK-B", 450.0, 17.0, 2, "USD", 9.0), ("XOM", 115.0, 25.0, 2, "USD", 38.0),
    ("WMT", 80.0, 19.0, 2, "USD", 40.0), ("KO", 65.0, 15.0, 2, "USD", 34.0),
    ("DIS", 95.0, 27.0, 2, "USD", 24.0), ("SPY", 570.0, 16.0, 2, "USD", 120.0),
    ("QQQ", 490.0, 20.0, 2, "USD", 90.0),
    ("^GSPC", 5_700.0, 16.0, 2, "USD", 5_500.0), ("^DJI", 42_000.0, 14.0, 2, "USD", 800.0),
    ("^IXIC", 18_000.0, 20.0, 2, "USD", 12_000.0), ("^FTSE", 8_200.0, 13.0, 2, "GBP", 1_400.0),
    ("^N225", 38_000.0, 20.0, 2, "JPY", 250.0), ("^NSEI", 25_000.0, 14.0, 2, "INR", 600.0),
    ("^VIX", 17.0, 110.0, 2, "USD", 0.0),
    ("BTC-USD", 63_000.0, 55.0, 2, "USD", 0.02), ("ETH-USD", 2_500.0, 65.0, 2, "USD", 0.3),
    ("SOL-USD", 150.0, 80.0, 2, "USD", 4.0), ("DOGE-USD", 0.12, 85.0, 5, "USD", 2_000.0),
    ("EURUSD=X", 1.08, 8.0, 5, "USD", 0.0), ("GBPUSD=X", 1.30, 9.0, 5, "USD", 0.0),
    ("USDJPY=X", 148.0, 10.0, 3, "JPY", 0.0), ("EURJPY=X", 161.0, 10.0, 3, "JPY", 0.0),
    ("GC=F", 2_600.0, 15.0, 1, "USD", 0.16), ("CL=F", 72.0, 36.0, 2, "USD", 0.25),
    ("ES=F", 5_750.0, 16.0, 2, "USD", 1.2),
    ("RELIANCE.NS", 2_900.0, 24.0, 2, "INR", 16.0), ("VOD.L", 74.0, 25.0, 2, "GBp", 110.0),
    ("SAP.DE", 205.0, 26.0, 2, "EUR", 3.0), ("ASML.AS", 750.0, 36.0, 2, "EUR", 1.6),
    ("MC.PA", 640.0, 30.0, 2, "EUR", 0.8), ("7203.T", 2_550.0, 28.0, 1, "JPY", 80.0),
    ("6758.T", 2_750.0, 30.0, 1, "JPY", 45.0), ("0700.HK", 420.0, 34.0, 2, "HKD", 60.0),
];

/// Currency and decimals by the ending of a symbol.
const ENDINGS: [(&str, &str, u8); 12] = [
    (".T", "JPY", 1),
    (".L", "GBp", 2),
    (".HK", "HKD", 2),
    (".NS", "INR", 2),
    (".BO", "INR", 2),
    (".DE", "EUR", 2),
    (".PA", "EUR", 2),
    (".AS", "EUR", 2),
    (".MI", "EUR", 2),
    ("JPY=X", "JPY", 3),
    ("=X", "USD", 5),
    ("-EUR", "EUR", 2),
];

/// Of the symbols that are not known: the level and the volume, drawn from the symbol's hash between
/// these, and the volatility. Most seconds move such a price by a cent or more, so that a chart of any
/// symbol is seen to live.
const LEVELS: [f64; 2] = [100.0, 450.0];
const VOLUMES: [f64; 2] = [20_000.0, 200_000.0];
const VOLATILITY: f64 = 0.60;

impl Character {
    /// The character of a symbol in the market of `seed`.
    pub(super) fn of(symbol: &Symbol, seed: u64) -> Self {
        let known = KNOWN.iter().find(|row| row.0 == symbol.as_str());
        if let Some(&(_, level, percent, decimals, currency, thousands)) = known {
            let (volatility, volume) = (percent / 100.0, thousands * 1_000.0);
            return Self { level, volatility, decimals, currency, volume };
        }
        let key = nth(seed, fnv1a(symbol.as_str()));
        let ending = ENDINGS.iter().find(|(ending, ..)| symbol.as_str().ends_with(ending));
        let (_, currency, decimals) = ending.copied().unwrap_or(("", "USD", 2));
        let is_rate = symbol.as_str().ends_with("=X");
        // A pair of currencies is worth about one, or a hundred yen.
        let level = between(LEVELS, unit(nth(key, 0)));
        let level = if is_rate && currency != "JPY" { level / 150.0 } else { level };
        let volume = if is_rate { 0.0 } else { between(VOLUMES, unit(nth(key, 3))).round() };
        Self { level, volatility: VOLATILITY, decimals, currency, volume }
    }
}

/// The point at `share` between two values on a logarithmic scale.
fn between([low, high]: [f64; 2], share: f64) -> f64 {
    low * (high / low).powf(share)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Character, KNOWN};
    use crate::source::popular::popular;
    use crate::symbol::Symbol;

    fn character(symbol: &str) -> Character {
        Character::of(&Symbol::parse(symbol).expect(symbol), 1)
    }

    #[test]
    fn every_symbol_that_is_shown_first_has_a_character_of_its_own() {
        let known: BTreeSet<&str> = KNOWN.iter().map(|row| row.0).collect();
        assert_eq!(known.len(), KNOWN.len());
        for listing in popular() {
            assert!(known.contains(listing.symbol.as_str()), "{}", listing.symbol);
        }
    }

    #[test]
    fn other_symbols_have_the_currency_and_the_decimals_of_their_ending() {
        let told = |symbol| (character(symbol).currency, character(symbol).decimals);
        assert_eq!(told("9984.T"), ("JPY", 1));
        assert_eq!(told("CADJPY=X"), ("JPY", 3));
        assert_eq!(told("AUDUSD=X"), ("USD", 5));
        assert_eq!(told("BARC.L"), ("GBp", 2));
        assert_eq!(told("XYZ"), ("USD", 2));
        assert!((0.6..3.1).contains(&character("AUDUSD=X").level));
        assert!(character("AUDUSD=X").volume <= 0.0 && character("XYZ").volume > 0.0);
    }
}
