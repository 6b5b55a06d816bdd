//! Names a series that is kept.

use std::sync::Arc;

use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::Session;

/// Whose bars they are, how long each is, and of which part of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryKey {
    /// The source.
    pub source: Arc<str>,
    /// The symbol, as the source knows it.
    pub symbol: Symbol,
    /// The length of a bar.
    pub interval: Interval,
    /// The part of the trading day.
    pub session: Session,
}

impl HistoryKey {
    /// A series of regular trading.
    #[must_use]
    pub fn regular(source: &str, symbol: Symbol, interval: Interval) -> Self {
        Self { source: source.into(), symbol, interval, session: Session::Regular }
    }
}
