//! What can be asked for where a view is read.

use super::range::Range;
use crate::interval::Interval;
use crate::symbol::{Symbol, UnknownSource};

/// The charts there are, for views that leave the interval or the range out, and how symbols are spelled.
pub trait Catalog {
    /// The one spelling of a symbol that has several.
    ///
    /// # Errors
    /// [`UnknownSource`] when the symbol names a source that is not there.
    fn canonical(&self, symbol: Symbol) -> Result<Symbol, UnknownSource> {
        Ok(symbol)
    }

    /// Whether there is such a chart of a symbol.
    fn serves(&self, symbol: &Symbol, interval: Interval, range: Range) -> bool;
}

/// A catalogue that has every chart of every symbol.
#[derive(Debug, Clone, Copy)]
pub struct Everything;

impl Catalog for Everything {
    fn serves(&self, _: &Symbol, _: Interval, _: Range) -> bool {
        true
    }
}

impl<F: Fn(&Symbol, Interval, Range) -> bool> Catalog for F {
    fn serves(&self, symbol: &Symbol, interval: Interval, range: Range) -> bool {
        self(symbol, interval, range)
    }
}
