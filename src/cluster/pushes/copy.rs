//! The copy of pushed bars in a server's own file, for a Redis that has lost them.
//!
//! The copy follows the changes. Where a list of all symbols says that Redis lacks bars which the file has, they are
//! written back: only into the places of bars that are not there, so that what was pushed since stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::form::PushedBar;
use crate::history::{History, HistoryError, Limits, Push, PushRows, SymbolPush};
use crate::interval::Interval;
use crate::source::pushed::NAME;
use crate::symbol::Symbol;

/// How long changes are collected before they are copied together.
const WINDOW: Duration = Duration::from_millis(100);

/// The copy.
#[derive(Debug)]
pub struct PushCopy {
    pub history: History,
    pub limits: Limits,
    changes: Mutex<CopyChanges>,
    news: Notify,
}

/// What is not copied yet.
#[derive(Debug, Clone, Default)]
pub struct CopyChanges {
    /// Whether anything may differ.
    pub is_all: bool,
    /// The first and the last bar that have changed.
    pub bars: BTreeMap<(Symbol, Interval), (i64, i64)>,
    pub about: BTreeSet<Symbol>,
    pub removed: BTreeSet<Symbol>,
}

/// How many bars a series has, and the newest.
pub type Extent = (usize, i64);

impl CopyChanges {
    /// Takes in others that came before these.
    fn take_in(&mut self, before: Self) {
        self.is_all |= before.is_all;
        for (series, (first, last)) in before.bars {
            let bars = self.bars.entry(series).or_insert((first, last));
            *bars = (bars.0.min(first), bars.1.max(last));
        }
        self.about.extend(before.about);
        self.removed.extend(before.removed);
    }
}

impl PushCopy {
    /// A copy in `history`, of as much as is kept.
    pub fn new(history: History, limits: Limits) -> Self {
        Self { history, limits, changes: Mutex::default(), news: Notify::new() }
    }

    /// Anything may differ.
    pub fn compare(&self) {
        self.note(|changes| changes.is_all = true);
    }

    /// Bars of a series have changed, from one to another.
    pub fn pushed(&self, symbol: &Symbol, interval: Interval, (first, last): (i64, i64)) {
        self.note(|changes| {
            changes.removed.remove(symbol);
            let bars = changes.bars.entry((symbol.clone(), interval)).or_insert((first, last));
            *bars = (bars.0.min(first), bars.1.max(last));
        });
    }

    /// Something else is known of a symbol.
    pub fn described(&self, symbol: &Symbol) {
        self.note(|changes| {
            changes.about.insert(symbol.clone());
        });
    }

    /// A symbol is gone.
    pub fn removed(&self, symbol: &Symbol) {
        self.note(|changes| {
            changes.bars.retain(|(of, _), _| of != symbol);
            changes.about.remove(symbol);
            changes.removed.insert(symbol.clone());
        });
    }

    /// Waits for changes, and collects those that come soon after.
    pub async fn changes(&self) -> CopyChanges {
        self.news.notified().await;
        sleep(WINDOW).await;
        std::mem::take(&mut *self.lock())
    }

    /// These could not be copied.
    pub fn again(&self, before: CopyChanges) {
        self.note(|changes| changes.take_in(before));
    }

    fn note(&self, change: impl FnOnce(&mut CopyChanges)) {
        change(&mut self.lock());
        self.news.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, CopyChanges> {
        // Every change leaves it whole.
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps bars in the file.
    pub async fn keep(
        &self,
        symbol: &Symbol,
        interval: Interval,
        bars: &[PushedBar],
        written: i64,
    ) -> Result<(), HistoryError> {
        let rows = bars.iter().map(|bar| (1, bar.kept)).collect();
        let symbols =
            vec![SymbolPush { symbol: symbol.clone(), rows: PushRows::Bars(interval, rows) }];
        let at = Timestamp::from_millisecond(written).unwrap_or_default();
        let push = Push { source: NAME, symbols, is_partial: true, limits: self.limits, at };
        self.history.push(push).await.map(drop)
    }

    /// The series in the file.
    pub async fn extents(&self) -> Result<BTreeMap<(Symbol, Interval), Extent>, HistoryError> {
        let history = self.history.clone();
        let series = spawn_blocking(move || history.series()).await;
        let series = series.unwrap_or(Err(HistoryError::Closed))?;
        let pushed = series.into_iter().filter(|series| series.source == NAME);
        let extents = pushed.filter_map(|series| {
            let symbol = Symbol::parse_bare(&series.symbol).ok()?;
            let interval = Interval::ALL.into_iter().find(|of| of.as_str() == series.interval)?;
            Some(((symbol, interval), (series.bars, series.span?.1)))
        });
        Ok(extents.collect())
    }
}
