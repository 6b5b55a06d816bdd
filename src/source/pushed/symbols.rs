//! The pushed symbols: what is taken of them, kept and known.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::about::About;
use super::series::Facts;
use super::store::{NAME, PushStore};
use crate::clock::Clock;
use crate::history::{HistoryError, Limits, Push, PushOutcome, SymbolPush};
use crate::interval::Interval;
use crate::market::Calendars;
use crate::source::error::SourceError;
use crate::source::key::SeriesKey;
use crate::symbol::Symbol;

/// Most symbols that a message names.
const NAMED: usize = 10;

/// How what is pushed is kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushPolicy {
    /// How much is kept.
    pub limits: Limits,
    /// How long news are collected before they are shown together.
    pub window: Duration,
    /// After how long without a push a series is stale.
    pub stale_after: Duration,
    /// Whether anybody may push.
    pub is_open: bool,
}

/// The symbols that are pushed.
#[derive(Debug, Clone)]
pub struct Pushed {
    pub(super) store: Arc<dyn PushStore>,
    pub(super) policy: PushPolicy,
    calendars: Calendars,
    pub(super) clock: Arc<dyn Clock>,
}

impl Pushed {
    /// What `store` keeps of it.
    #[must_use]
    pub fn new(
        store: Arc<dyn PushStore>,
        policy: PushPolicy,
        calendars: Calendars,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, policy, calendars, clock }
    }

    /// The same, kept in another place.
    #[must_use]
    pub fn kept_in(self, store: Arc<dyn PushStore>) -> Self {
        Self { store, ..self }
    }

    /// Takes rows. They are kept for good when this answers.
    ///
    /// # Errors
    /// [`HistoryError`]; nothing of them is kept then.
    pub async fn push(
        &self,
        symbols: Vec<SymbolPush>,
        is_partial: bool,
    ) -> Result<PushOutcome, HistoryError> {
        let (limits, at) = (self.policy.limits, self.clock.now());
        self.store.push(Push { source: NAME, symbols, is_partial, limits, at }).await
    }

    /// Keeps the description of a symbol, which may be new.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn describe(&self, symbol: Symbol, about: &About) -> Result<(), HistoryError> {
        let (most, at) = (self.policy.limits.symbols, self.clock.now());
        self.store.describe(symbol, about.to_text(), most, at).await
    }

    /// The description of a symbol; `None` for an unknown one.
    #[must_use]
    pub fn about(&self, symbol: &Symbol) -> Option<About> {
        let kept = self.store.symbol(symbol)?;
        Some(kept.about.as_deref().map(About::from_text).unwrap_or_default())
    }

    /// Removes a symbol and its bars; false if there was none.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn remove(&self, symbol: Symbol) -> Result<bool, HistoryError> {
        self.store.remove(symbol).await
    }

    /// The zone of a symbol's days.
    #[must_use]
    pub fn zone(&self, symbol: &Symbol) -> TimeZone {
        self.facts(symbol).zone().clone()
    }

    /// The time by which rows are judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The table of markets that a symbol's hours may name.
    #[must_use]
    pub const fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// How much is kept.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.policy.limits
    }

    /// Whether a symbol that is not there may come to be.
    pub(super) fn awaits(&self) -> bool {
        self.policy.is_open || !self.store.is_known()
    }

    /// That a symbol has no bars yet, and what makes them.
    pub(super) fn waits(symbol: &Symbol) -> String {
        format!("no bars yet: POST /ingest/{symbol} makes them")
    }

    /// That a symbol has no bars of a series.
    pub(super) fn lacks(key: &SeriesKey, intervals: &BTreeSet<Interval>) -> SourceError {
        let there: Vec<_> = intervals.iter().map(|interval| interval.as_str()).collect();
        let there = there.join(" and ");
        let detail = format!("it has bars of {there}, and none of {}: ask for it again", key.grain);
        SourceError::NotFound { symbol: key.symbol.clone(), origin: NAME, detail }
    }

    /// That there is no such symbol.
    pub(super) fn unknown(&self, symbol: &Symbol) -> SourceError {
        let symbols = self.store.symbols();
        let named: Vec<&str> =
            symbols.iter().take(NAMED).map(|(known, _)| known.as_str()).collect();
        let detail = if named.is_empty() {
            format!("nothing was pushed yet: POST /ingest/{symbol} makes it")
        } else {
            let more = if symbols.len() > NAMED { ", .." } else { "" };
            format!("pushed are {}{more}; POST /ingest/{symbol} makes it", named.join(", "))
        };
        SourceError::NotFound { symbol: symbol.clone(), origin: NAME, detail }
    }

    /// What is known of a symbol besides its bars.
    pub(super) fn facts(&self, symbol: &Symbol) -> Facts {
        Facts::new(symbol.clone(), self.about(symbol).unwrap_or_default(), &self.calendars)
    }
}
