//! The public grammar of ticker symbols, and the only way one enters the system.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest accepted ticker in bytes. The longest seen in the wild (an option) has 20.
pub const MAX_TICKER_LEN: usize = 32;
/// Longest name of a source before a ticker, in bytes.
const MAX_PREFIX_LEN: usize = 16;
/// What stands between a source and a ticker.
const SEPARATOR: char = ':';

/// A ticker symbol that has passed the grammar: safe in a URL segment, a log line and a label.
///
/// Letters and digits in upper case, joined by single `.`, `-`, `_` or `&`; an index may open
/// with `^`, a currency or future may close with `=` and one to three letters:
/// `AAPL`, `BRK-B`, `RELIANCE.NS`, `M&M.NS`, `^GSPC`, `EURUSD=X`, `GC=F`, `BTC-USD`. The name of a source
/// may stand before the ticker, as in `YAHOO:AAPL`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(Arc<str>);

/// A symbol that names a source which is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no source {prefix} here, which {symbol} names: there is {known}")]
pub struct UnknownSource {
    /// The symbol.
    pub symbol: Symbol,
    /// The source that it names.
    pub prefix: String,
    /// The sources that are there, in words.
    pub known: String,
}

/// Why a text is not a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// No text.
    #[error("a symbol is missing: try AAPL, BTC-USD, ^GSPC or EURUSD=X")]
    Empty,
    /// Longer than [`MAX_TICKER_LEN`].
    #[error("a symbol has at most {MAX_TICKER_LEN} characters")]
    TooLong,
    /// Something else than a source before the ticker.
    #[error("before the colon of a symbol stands the name of a source, as in YAHOO:AAPL")]
    Prefix,
    /// A source before the ticker, where none can be named.
    #[error("a symbol has no source before it here: AAPL instead of YAHOO:AAPL")]
    Source,
    /// A character or an order of characters outside the grammar.
    #[error(
        "a symbol is letters and digits joined by single . - _ or &, with ^ before an index \
         and =X or =F after a currency or future: AAPL, BRK-B, RELIANCE.NS, ^GSPC, EURUSD=X"
    )]
    Grammar,
}

impl Symbol {
    /// Folds ASCII letters to upper case and checks the grammar. White space is outside of it, at the ends
    /// too: an address with a line break in it names no symbol.
    ///
    /// # Errors
    /// [`SymbolError`], whose text says what would be right.
    pub fn parse(text: &str) -> Result<Self, SymbolError> {
        if text.is_empty() {
            return Err(SymbolError::Empty);
        }
        let (prefix, ticker) = match text.split_once(SEPARATOR) {
            Some((prefix, ticker)) => (Some(prefix), ticker),
            None => (None, text),
        };
        if ticker.len() > MAX_TICKER_LEN {
            return Err(SymbolError::TooLong);
        }
        if prefix.is_some_and(|prefix| !is_prefix(prefix.as_bytes())) {
            return Err(SymbolError::Prefix);
        }
        if !in_grammar(ticker.to_ascii_uppercase().as_bytes()) {
            return Err(SymbolError::Grammar);
        }
        Ok(Self(text.to_ascii_uppercase().into()))
    }

    /// Reads a symbol without a source, as sources know their own.
    ///
    /// # Errors
    /// As [`Symbol::parse`], and [`SymbolError::Source`] for one with a source.
    pub fn parse_bare(text: &str) -> Result<Self, SymbolError> {
        let symbol = Self::parse(text)?;
        if symbol.source().is_none() { Ok(symbol) } else { Err(SymbolError::Source) }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the source before the ticker, in upper case, where there is one.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.0.split_once(SEPARATOR).map(|(source, _)| source)
    }

    /// The symbol without a source.
    #[must_use]
    pub fn bare(&self) -> Self {
        match self.0.split_once(SEPARATOR) {
            Some((_, ticker)) => Self(ticker.into()),
            None => self.clone(),
        }
    }

    /// The symbol at the source `name`, whichever source it named before.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        Self(format!("{}{SEPARATOR}{}", name.to_ascii_uppercase(), self.bare()).into())
    }
}

/// A letter, and then letters and digits.
fn is_prefix(text: &[u8]) -> bool {
    text.len() <= MAX_PREFIX_LEN
        && text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(u8::is_ascii_alphanumeric)
}

/// `^\^?[A-Z0-9](?:[A-Z0-9]|[.\-_&][A-Z0-9])*(?:=[A-Z]{1,3})?$`, without a regex engine.
fn in_grammar(text: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let text = text.strip_prefix(b"^").unwrap_or(text);
    let (body, suffix) = match text.iter().position(|&b| b == b'=') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let suffix_fits =
        suffix.is_none_or(|s| (1..=3).contains(&s.len()) && s.iter().all(u8::is_ascii_uppercase));
    suffix_fits
        && body
            .split(|b| b".-_&".contains(b))
            .all(|word| !word.is_empty() && word.iter().all(is_word))
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        Self::parse(text)
    }
}

impl serde::Serialize for Symbol {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TICKER_LEN, Symbol, SymbolError};
    use proptest::prelude::*;

    #[test]
    fn every_class_of_real_symbol_is_accepted() {
        for text in [
            "AAPL",
            "BRK-B",
            "^GSPC",
            "^SP500-45",
            "EURUSD=X",
            "INR=X",
            "GC=F",
            "6E=F",
            "BTC-USD",
            "RELIANCE.NS",
            "M&M.NS",
            "NIFTY_FIN_SERVICE.NS",
            "005930.KS",
            "KOSPI-25.KS",
            "0700.HK",
            "VOLV-B.ST",
            "DX-Y.NYB",
            "AAPL251219C00120000",
            "0P00019HF1.SA",
        ] {
            assert_eq!(Symbol::parse(text).expect(text).as_str(), text);
        }
    }

    #[test]
    fn lower_case_is_folded_away() {
        assert_eq!(Symbol::parse("brk-b").expect("valid").as_str(), "BRK-B");
    }

    #[test]
    fn what_could_escape_a_url_a_log_line_or_a_label_is_refused() {
        for text in [
            "../etc",
            "AAPL/..",
            "A?B",
            "A#B",
            "%2F",
            "A B",
            "<",
            "^",
            "^^GSPC",
            "A..B",
            "A.",
            "-A",
            "AAPL=",
            "AAPL=TOOL",
            "A=X=X",
            ".",
            "..",
            "ＡＡＰＬ",
            "A\nB",
            "A\n",
            "A\r\n",
            "\tA",
            "A\0",
            "A\u{7f}",
            " A",
            "A ",
            "A\u{a0}",
            "  ",
            "A\"B",
            "A\\B",
            "A,B",
            "A;B",
        ] {
            assert_eq!(Symbol::parse(text), Err(SymbolError::Grammar), "{text:?}");
        }
    }

    #[test]
    fn the_longest_symbol_has_32_characters() {
        assert!(Symbol::parse(&"A".repeat(MAX_TICKER_LEN)).is_ok());
        assert_eq!(Symbol::parse(&"A".repeat(MAX_TICKER_LEN + 1)), Err(SymbolError::TooLong));
        assert_eq!(Symbol::parse(""), Err(SymbolError::Empty));
    }

    #[test]
    fn a_source_may_stand_before_a_ticker() {
        let symbol = Symbol::parse("yahoo:^gspc").expect("a symbol");
        assert_eq!((symbol.as_str(), symbol.source()), ("YAHOO:^GSPC", Some("YAHOO")));
        assert_eq!((symbol.bare().as_str(), symbol.bare().source()), ("^GSPC", None));
        assert_eq!(symbol.bare().at("sim").as_str(), "SIM:^GSPC");
        assert_eq!(symbol.at("sim").as_str(), "SIM:^GSPC");
        assert_eq!(Symbol::parse_bare("YAHOO:^GSPC"), Err(SymbolError::Source));
        assert_eq!(Symbol::parse_bare("^GSPC"), Ok(symbol.bare()));
        let longest = format!("{}:{}", "S".repeat(16), "A".repeat(MAX_TICKER_LEN));
        assert!(Symbol::parse(&longest).is_ok());
        for text in [":A", "1SIM:A", "S-M:A", "^SIM:A", "S M:A", "SIM\n:A"] {
            assert_eq!(Symbol::parse(text), Err(SymbolError::Prefix), "{text:?}");
        }
        assert_eq!(Symbol::parse(&format!("{}:A", "S".repeat(17))), Err(SymbolError::Prefix));
        for text in ["SIM:", "SIM:A:B", "SIM::A", "SIM:A B"] {
            let refused = Symbol::parse(text).expect_err(text);
            assert!(matches!(refused, SymbolError::Grammar), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_symbol_is_its_own_canonical_form(text in "\\PC{0,40}") {
            if let Ok(symbol) = Symbol::parse(&text) {
                prop_assert_eq!(Symbol::parse(symbol.as_str()), Ok(symbol.clone()));
                prop_assert!(symbol.as_str().bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}
