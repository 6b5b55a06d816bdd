//! What the history holds, in memory: small, and asked for by every request of a chart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use crate::interval::Interval;
use crate::symbol::Symbol;

/// A symbol that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptSymbol {
    /// The lengths of its bars.
    pub intervals: BTreeSet<Interval>,
    /// From when on the bars of a source are kept without a gap, by the length of a bar, in seconds of the epoch:
    /// those of regular trading.
    pub since: BTreeMap<Interval, i64>,
    /// What is known of it besides, as its source wrote it.
    pub about: Option<Arc<str>>,
    /// When it was last written to, in milliseconds of the epoch.
    pub written: i64,
}

/// Every symbol by its source.
#[derive(Debug, Default)]
pub struct KeptSymbols(RwLock<BTreeMap<(Arc<str>, Symbol), KeptSymbol>>);

impl KeptSymbols {
    /// These symbols.
    #[must_use]
    pub const fn new(symbols: BTreeMap<(Arc<str>, Symbol), KeptSymbol>) -> Self {
        Self(RwLock::new(symbols))
    }

    /// What is kept of a symbol.
    #[must_use]
    pub fn get(&self, source: &str, symbol: &Symbol) -> Option<KeptSymbol> {
        self.read().get(&(source.into(), symbol.clone())).cloned()
    }

    /// All symbols of a source, in order.
    #[must_use]
    pub fn of(&self, source: &str) -> Vec<(Symbol, KeptSymbol)> {
        let all = self.read();
        let of = all.iter().filter(|((named, _), _)| &**named == source);
        of.map(|((_, symbol), kept)| (symbol.clone(), kept.clone())).collect()
    }

    /// Changes a symbol, which may be new.
    pub fn change(&self, source: &str, symbol: &Symbol, by: impl FnOnce(&mut KeptSymbol)) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        by(all.entry((source.into(), symbol.clone())).or_default());
    }

    /// How many there are of all sources.
    pub(super) fn len(&self) -> usize {
        self.read().len()
    }

    /// Forgets a symbol.
    pub fn remove(&self, source: &str, symbol: &Symbol) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(source.into(), symbol.clone()));
    }

    /// Knows these symbols, and no others.
    pub fn replace(&self, symbols: BTreeMap<(Arc<str>, Symbol), KeptSymbol>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = symbols;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<(Arc<str>, Symbol), KeptSymbol>> {
        // Every change is one step.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
