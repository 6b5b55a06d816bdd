//! The public grammar of ticker symbols, and the only way one enters the system.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest accepted symbol in bytes. The longest seen in the wild (an option) has 20.
pub const MAX_SYMBOL_LEN: usize = 32;

/// A ticker symbol that has passed the grammar: safe in a URL segment, a log line and a label.
///
/// Letters and digits in upper case, joined by single `.`, `-`, `_` or `&`; an index may open
/// with `^`, a currency or future may close with `=` and one to three letters:
/// `AAPL`, `BRK-B`, `RELIANCE.NS`, `M&M.NS`, `^GSPC`, `EURUSD=X`, `GC=F`, `BTC-USD`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(Arc<str>);

/// Why a text is not a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// No text.
    #[error("a symbol is missing: try AAPL, BTC-USD, ^GSPC or EURUSD=X")]
    Empty,
    /// Longer than [`MAX_SYMBOL_LEN`].
    #[error("a symbol has at most {MAX_SYMBOL_LEN} characters")]
    TooLong,
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
        if text.len() > MAX_SYMBOL_LEN {
            return Err(SymbolError::TooLong);
        }
        let text = text.to_ascii_uppercase();
        if in_grammar(text.as_bytes()) { Ok(Self(text.into())) } else { Err(SymbolError::Grammar) }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    use super::{MAX_SYMBOL_LEN, Symbol, SymbolError};
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
        assert!(Symbol::parse(&"A".repeat(MAX_SYMBOL_LEN)).is_ok());
        assert_eq!(Symbol::parse(&"A".repeat(MAX_SYMBOL_LEN + 1)), Err(SymbolError::TooLong));
        assert_eq!(Symbol::parse(""), Err(SymbolError::Empty));
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
