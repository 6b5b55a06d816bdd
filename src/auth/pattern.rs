//! Which symbols a token is about.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::symbol::Symbol;

/// A symbol, all symbols of a source, or all symbols: `AAPL`, `KRAKEN:BTC-USD`, `YAHOO:*`, `*`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum SymbolPattern {
    /// All symbols.
    All,
    /// All symbols of a source, whose name is in upper case.
    Source(String),
    /// One symbol; without a source one of the first source.
    One(Symbol),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pattern of symbols: write one such as AAPL, YAHOO:* or *")]
pub struct PatternError(String);

impl SymbolPattern {
    /// Whether it is about `symbol`, in the spelling of views, that the source `name` has.
    #[must_use]
    pub fn matches(&self, symbol: &Symbol, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Source(source) => source.eq_ignore_ascii_case(name),
            // The first source's own symbols are spelled without it.
            Self::One(one) => one == symbol || *one == symbol.at(name),
        }
    }
}

impl FromStr for SymbolPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self::All);
        }
        let pattern = match text.strip_suffix(":*") {
            // A source if a ticker could stand after it.
            Some(source) => Symbol::parse(&format!("{source}:A"))
                .ok()
                .and_then(|symbol| symbol.source().map(|source| Self::Source(source.to_owned()))),
            None => Symbol::parse(text).ok().map(Self::One),
        };
        pattern.ok_or_else(|| PatternError(text.chars().take(64).collect()))
    }
}

impl fmt::Display for SymbolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Source(source) => write!(f, "{source}:*"),
            Self::One(symbol) => symbol.fmt(f),
        }
    }
}

impl TryFrom<String> for SymbolPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl From<SymbolPattern> for String {
    fn from(pattern: SymbolPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::SymbolPattern;
    use crate::symbol::Symbol;

    fn matches(pattern: &str, symbol: &str, name: &str) -> bool {
        let pattern: SymbolPattern = pattern.parse().expect("a pattern");
        pattern.matches(&Symbol::parse(symbol).expect("a symbol"), name)
    }

    #[test]
    fn a_pattern_is_a_symbol_or_all_of_a_source_or_all() {
        for (pattern, symbol, name, is_match) in [
            ("*", "AAPL", "yahoo", true),
            ("*", "KRAKEN:BTC-USD", "kraken", true),
            ("aapl", "AAPL", "yahoo", true),
            ("AAPL", "AAPL.MX", "yahoo", false),
            ("YAHOO:AAPL", "AAPL", "yahoo", true),
            ("SIM:AAPL", "AAPL", "yahoo", false),
            ("AAPL", "ALPACA:AAPL", "alpaca", false),
            ("yahoo:*", "AAPL", "yahoo", true),
            ("YAHOO:*", "ALPACA:AAPL", "alpaca", false),
            ("KRAKEN:BTC-USD", "KRAKEN:BTC-USD", "kraken", true),
        ] {
            assert_eq!(matches(pattern, symbol, name), is_match, "{pattern} {symbol} of {name}");
        }
    }

    #[test]
    fn a_pattern_has_a_star_for_a_whole_ticker_or_none() {
        for bad in ["", "A*", "**", "*:*", "YAHOO:", "YAHOO:B*", "*A", "YAHOO:*:*", "a b"] {
            let error = bad.parse::<SymbolPattern>().expect_err(bad).to_string();
            assert!(error.contains("write one such as AAPL, YAHOO:* or *"), "{error}");
        }
        for good in ["*", "AAPL", "YAHOO:*", "KRAKEN:BTC-USD"] {
            let pattern: SymbolPattern = good.parse().expect("a pattern");
            assert_eq!(pattern.to_string(), good);
        }
    }
}
