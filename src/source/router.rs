//! The sources of a server: a symbol's prefix says which one it is for, as in `YAHOO:AAPL`. A symbol without
//! a prefix is for the first.

mod search;

use std::iter;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

pub use search::{Found, SourceListing};

use super::coverage::Coverage;
use super::error::SourceError;
use super::key::SeriesKey;
use super::pushed::{PushStore, Pushed};
use super::seam::Source;
use super::update::{Fetched, Known, Update};
use crate::clock::Clock;
use crate::history::History;
use crate::shares::Holders;
use crate::symbol::{Symbol, UnknownSource};

/// Every source of a server. Each sees symbols without a prefix and fails for itself alone.
#[derive(Debug, Clone)]
pub struct Router {
    default: Arc<dyn Source>,
    others: Arc<[Arc<dyn Source>]>,
    /// The one of them that takes pushes.
    pushed: Option<Arc<Pushed>>,
    /// Where bars are kept, if they are.
    history: Option<History>,
}

impl From<Arc<dyn Source>> for Router {
    fn from(source: Arc<dyn Source>) -> Self {
        Self::new(source, [])
    }
}

impl<S: Source + 'static> From<Arc<S>> for Router {
    fn from(source: Arc<S>) -> Self {
        Self::new(source, [])
    }
}

impl Router {
    /// Sources with names of their own; symbols without a prefix are for `default`.
    #[must_use]
    pub fn new(
        default: Arc<dyn Source>,
        others: impl IntoIterator<Item = Arc<dyn Source>>,
    ) -> Self {
        Self { default, others: others.into_iter().collect(), pushed: None, history: None }
    }

    /// The same, of which `pushed` takes pushes.
    #[must_use]
    pub fn with_pushed(self, pushed: Arc<Pushed>) -> Self {
        Self { pushed: Some(pushed), ..self }
    }

    /// The same, which keep what is pushed in another place.
    #[must_use]
    pub fn keeping_pushes(self, store: Arc<dyn PushStore>) -> Self {
        let Some(pushed) = self.pushed else { return self };
        let kept = Arc::new(Pushed::clone(&pushed).kept_in(store));
        let moved = |source: Arc<dyn Source>| -> Arc<dyn Source> {
            if source.name() == kept.name() { Arc::clone(&kept) as _ } else { source }
        };
        let others = self.others.iter().cloned().map(moved).collect();
        Self { default: moved(self.default), others, pushed: Some(kept), ..self }
    }

    /// The same, whose bars are kept in `history`.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self { history: Some(history), ..self }
    }

    /// Where bars are kept, if they are.
    #[must_use]
    pub const fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The source that takes pushes, and the one spelling of a symbol of it.
    #[must_use]
    pub const fn pushed(&self) -> Option<&Arc<Pushed>> {
        self.pushed.as_ref()
    }

    /// The names of the sources, the default one's first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.sources().map(|source| source.name())
    }

    /// The sources that can refuse requests, and whether each pauses because it did.
    pub fn pauses(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.sources().filter_map(|source| Some((source.name(), source.is_paused()?)))
    }

    /// The one spelling of a symbol: the default source is not named.
    ///
    /// # Errors
    /// [`UnknownSource`] when no source has the name of its prefix.
    pub fn canonical(&self, symbol: Symbol) -> Result<Symbol, UnknownSource> {
        let Some(prefix) = symbol.source() else { return Ok(symbol) };
        if prefix.eq_ignore_ascii_case(self.default.name()) {
            return Ok(symbol.bare());
        }
        if self.named(prefix).is_some() {
            return Ok(symbol);
        }
        let known: Vec<_> = self.names().map(str::to_ascii_uppercase).collect();
        let (prefix, known) = (prefix.to_owned(), known.join(", "));
        Err(UnknownSource { symbol, prefix, known })
    }

    /// The name of the source that a symbol is for.
    #[must_use]
    pub fn name(&self, symbol: &Symbol) -> &'static str {
        self.of(symbol).name()
    }

    /// Whether there is such a symbol, as far as its source knows that without asking anybody.
    #[must_use]
    pub fn has(&self, symbol: &Symbol) -> bool {
        self.of(symbol).has(&symbol.bare())
    }

    /// Whether a symbol that its source has not may come to be at any moment.
    #[must_use]
    pub fn awaits(&self, symbol: &Symbol) -> bool {
        self.of(symbol).awaits_symbols()
    }

    /// Which bars of a symbol there are, and how far back.
    #[must_use]
    pub fn coverage(&self, symbol: &Symbol) -> Coverage {
        self.of(symbol).coverage(&symbol.bare())
    }

    /// The clock that a symbol lives by.
    #[must_use]
    pub fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        self.of(symbol).clock(&symbol.bare())
    }

    /// Opens a series at its source, as [`Source::open`] does.
    #[must_use]
    pub fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        mut known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        if let Some(known) = &mut known {
            known.fetched.instrument.symbol = key.symbol.bare();
        }
        if key.symbol.source().is_none() {
            return self.default.open(key, watchers, known);
        }
        let symbol = key.symbol.clone();
        if let Err(unknown) = self.canonical(symbol.clone()) {
            let (origin, detail) = (self.default.name(), unknown.to_string());
            let unknown = Update::NotFound(SourceError::NotFound { symbol, origin, detail });
            return stream::iter([unknown]).boxed();
        }
        let bare = SeriesKey { symbol: symbol.bare(), ..key };
        let updates = self.of(&symbol).open(bare, watchers, known);
        updates.map(move |update| told_of(&symbol, update)).boxed()
    }

    fn sources(&self) -> impl Iterator<Item = &Arc<dyn Source>> {
        iter::once(&self.default).chain(self.others.iter())
    }

    fn named(&self, name: &str) -> Option<&Arc<dyn Source>> {
        self.sources().find(|source| source.name().eq_ignore_ascii_case(name))
    }

    fn of(&self, symbol: &Symbol) -> &Arc<dyn Source> {
        symbol.source().and_then(|prefix| self.named(prefix)).unwrap_or(&self.default)
    }
}

/// An update in which the symbol is spelled as clients spell it.
fn told_of(symbol: &Symbol, mut update: Update) -> Update {
    match &mut update {
        Update::Kept(Fetched { instrument, .. })
        | Update::Whole { fetched: Fetched { instrument, .. }, .. }
        | Update::Tail { fetched: Fetched { instrument, .. }, .. } => {
            instrument.symbol = symbol.clone();
        }
        Update::Trouble { error: SourceError::NotFound { symbol: named, .. }, .. }
        | Update::NotFound(SourceError::NotFound { symbol: named, .. }) => *named = symbol.clone(),
        _ => {}
    }
    update
}

#[cfg(test)]
mod tests;
