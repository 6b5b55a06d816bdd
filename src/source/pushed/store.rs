//! Where pushed bars are kept: in the history of one server, or in a place that several servers share.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::history::{
    History, HistoryError, HistoryKey, KeptBars, KeptSymbol, Push, PushOutcome, Reach, Watcher,
};
use crate::interval::Interval;
use crate::symbol::Symbol;

/// The name of the source, under which they are kept.
pub const NAME: &str = "pushed";

/// Keeps pushed bars. What it has acknowledged is there for good.
#[async_trait]
pub trait PushStore: Debug + Send + Sync {
    /// Keeps rows, all or none of them unless the push is partial.
    ///
    /// # Errors
    /// [`HistoryError`]. Where it does not say that nothing was kept, the same push may be sent again.
    async fn push(&self, push: Push) -> Result<PushOutcome, HistoryError>;

    /// Keeps what is known of a symbol, one of at most `most`, besides its bars.
    ///
    /// # Errors
    /// [`HistoryError`].
    async fn describe(
        &self,
        symbol: Symbol,
        about: String,
        most: usize,
        at: Timestamp,
    ) -> Result<(), HistoryError>;

    /// Removes a symbol and all that is kept of it; false if there was none.
    ///
    /// # Errors
    /// [`HistoryError`].
    async fn remove(&self, symbol: Symbol) -> Result<bool, HistoryError>;

    /// Bars of a series, oldest first; none of one that is not kept.
    ///
    /// # Errors
    /// [`HistoryError`].
    async fn bars(
        &self,
        symbol: Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<KeptBars, HistoryError>;

    /// What is kept of a symbol.
    fn symbol(&self, symbol: &Symbol) -> Option<KeptSymbol>;

    /// Every symbol, in order.
    fn symbols(&self) -> Vec<(Symbol, KeptSymbol)>;

    /// Follows a series from now on.
    fn watch(&self, symbol: &Symbol, interval: Interval) -> Watcher;

    /// Whether it knows which symbols it keeps.
    fn is_known(&self) -> bool {
        true
    }
}

#[async_trait]
impl PushStore for History {
    async fn push(&self, push: Push) -> Result<PushOutcome, HistoryError> {
        Self::push(self, push).await
    }

    async fn describe(
        &self,
        symbol: Symbol,
        about: String,
        most: usize,
        at: Timestamp,
    ) -> Result<(), HistoryError> {
        Self::describe(self, NAME, symbol, about, most, at).await
    }

    async fn remove(&self, symbol: Symbol) -> Result<bool, HistoryError> {
        Self::remove(self, NAME, symbol).await
    }

    async fn bars(
        &self,
        symbol: Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<KeptBars, HistoryError> {
        Self::bars(self, HistoryKey::regular(NAME, symbol, interval), reach).await
    }

    fn symbol(&self, symbol: &Symbol) -> Option<KeptSymbol> {
        Self::symbol(self, NAME, symbol)
    }

    fn symbols(&self) -> Vec<(Symbol, KeptSymbol)> {
        Self::symbols(self, NAME)
    }

    fn watch(&self, symbol: &Symbol, interval: Interval) -> Watcher {
        Self::watch(self, NAME, symbol, interval)
    }
}

/// The place of a process that has not joined the servers that share pushed bars.
#[derive(Debug)]
pub struct NotJoined;

impl NotJoined {
    fn error<T>() -> Result<T, HistoryError> {
        let told = "pushed bars are with the servers of the cluster, of which this process is none";
        Err(HistoryError::Shared(told.to_owned()))
    }
}

#[async_trait]
impl PushStore for NotJoined {
    async fn push(&self, _push: Push) -> Result<PushOutcome, HistoryError> {
        Self::error()
    }

    async fn describe(
        &self,
        _symbol: Symbol,
        _about: String,
        _most: usize,
        _at: Timestamp,
    ) -> Result<(), HistoryError> {
        Self::error()
    }

    async fn remove(&self, _symbol: Symbol) -> Result<bool, HistoryError> {
        Self::error()
    }

    async fn bars(
        &self,
        _symbol: Symbol,
        _interval: Interval,
        _reach: Reach,
    ) -> Result<KeptBars, HistoryError> {
        Self::error()
    }

    fn symbol(&self, _symbol: &Symbol) -> Option<KeptSymbol> {
        None
    }

    fn symbols(&self) -> Vec<(Symbol, KeptSymbol)> {
        Vec::new()
    }

    fn watch(&self, symbol: &Symbol, interval: Interval) -> Watcher {
        crate::history::Watchers::default().add(NAME, symbol, interval)
    }
}
