//! The symbols that a chart is compared with.

use std::fmt;

use super::catalog::Catalog;
use crate::symbol::{Symbol, SymbolError, UnknownSource};

/// Most symbols that one chart is compared with.
pub const MAX_COMPARED: usize = 4;

/// Other symbols to draw beside the view's own, as percent. In alphabetical order and each once, so
/// that lists of the same symbols are one view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Compare(Vec<Symbol>);

/// Why a text is not a list of symbols to compare with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A symbol outside the grammar.
    #[error("compare is symbols joined by commas, such as MSFT,^GSPC: {0}")]
    Symbol(#[from] SymbolError),
    /// A symbol of a source that is not there.
    #[error(transparent)]
    Source(#[from] UnknownSource),
    /// More than [`MAX_COMPARED`].
    #[error("a chart is compared with at most {MAX_COMPARED} symbols")]
    TooMany,
    /// A symbol given twice.
    #[error("{0} is given more than once in compare")]
    Repeated(Symbol),
    /// The chart's own symbol.
    #[error("a chart of {0} cannot be compared with {0}: name other symbols")]
    Itself(Symbol),
}

impl Compare {
    /// Reads symbols joined by commas, perhaps with spaces between, to be compared with `own`, both as the `catalog`
    /// spells them. No text is no symbols.
    ///
    /// # Errors
    /// [`CompareError`], whose text says what would be right.
    pub fn parse(text: &str, own: &Symbol, catalog: &impl Catalog) -> Result<Self, CompareError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        // One more than there may be is enough to know, however long the text is.
        let parts = text.split(',').take(MAX_COMPARED + 1);
        let spaceless = |part: &str| Symbol::parse(part.trim_matches(' '));
        let mut symbols = parts.map(spaceless).collect::<Result<Vec<_>, _>>()?;
        if symbols.len() > MAX_COMPARED {
            return Err(CompareError::TooMany);
        }
        for symbol in &mut symbols {
            *symbol = catalog.canonical(symbol.clone())?;
        }
        symbols.sort_unstable();
        if let Some(pair) = symbols.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CompareError::Repeated(pair[0].clone()));
        }
        if symbols.contains(own) {
            return Err(CompareError::Itself(own.clone()));
        }
        Ok(Self(symbols))
    }

    /// The symbols, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Symbol] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, symbol) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{symbol}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Compare;
    use crate::symbol::Symbol;
    use crate::view::Everything;

    fn parse(text: &str) -> Result<String, String> {
        let own = Symbol::parse("AAPL").expect("valid");
        Compare::parse(text, &own, &Everything)
            .map(|list| list.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_symbols_in_any_order_and_case_are_one_list() {
        assert_eq!(parse("msft, ^GSPC"), parse("^gspc,MSFT"));
        assert_eq!(parse("msft,^GSPC").as_deref(), Ok("MSFT,^GSPC"));
        assert_eq!(parse("").as_deref(), Ok(""));
    }

    #[test]
    fn what_cannot_be_compared_is_refused_by_name() {
        let error = |text| parse(text).expect_err("refused");
        assert_eq!(error("A,B,C,D,E"), "a chart is compared with at most 4 symbols");
        assert_eq!(error("A,B,a"), "A is given more than once in compare");
        assert_eq!(
            error("MSFT,AAPL"),
            "a chart of AAPL cannot be compared with AAPL: name other symbols"
        );
        assert!(error("MSFT,,").starts_with("compare is symbols joined by commas"));
    }
}
