//! Tells open series what has been committed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use crate::interval::Interval;
use crate::symbol::Symbol;

/// What has changed since it was last asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// The first and the last bar that have changed, in seconds of the epoch.
    pub bars: Option<(i64, i64)>,
    /// Whether the series has to be read as a whole: what is known of its symbol has changed, or bars are gone.
    pub is_renewed: bool,
    /// Whether its symbol was written to, even if nothing in it has changed.
    pub is_written: bool,
}

impl Changes {
    /// All has changed.
    pub const RENEWED: Self = Self { bars: None, is_renewed: true, is_written: false };

    /// Takes in later ones.
    pub fn join(&mut self, other: Self) {
        self.bars = match (self.bars, other.bars) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
        self.is_renewed |= other.is_renewed;
        self.is_written |= other.is_written;
    }
}

#[derive(Debug, Default)]
struct Mailbox {
    changes: Mutex<Changes>,
    news: Notify,
}

/// Follows one series; it is dropped when nobody needs it.
#[derive(Debug)]
pub struct Watcher(Arc<Mailbox>);

impl Watcher {
    /// Waits until something has changed.
    pub async fn changed(&self) {
        loop {
            let news = self.0.news.notified();
            if *self.lock() != Changes::default() {
                return;
            }
            news.await;
        }
    }

    /// What has changed since this was last asked.
    #[must_use]
    pub fn take(&self) -> Changes {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Changes> {
        // Every change is one step.
        self.0.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watchers of the series of each symbol.
type BySymbol = HashMap<(Arc<str>, Symbol), Vec<(Interval, Weak<Mailbox>)>>;

/// All watchers.
#[derive(Debug, Default)]
pub struct Watchers(Mutex<BySymbol>);

impl Watchers {
    /// Follows a series from now on.
    #[must_use]
    pub fn add(&self, source: &str, symbol: &Symbol, interval: Interval) -> Watcher {
        let mailbox = Arc::new(Mailbox::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of series that were closed go with the next one that is opened.
        all.retain(|_, watchers| {
            watchers.retain(|(_, watcher)| watcher.strong_count() > 0);
            !watchers.is_empty()
        });
        let watchers = all.entry((source.into(), symbol.clone())).or_default();
        watchers.push((interval, Arc::downgrade(&mailbox)));
        Watcher(mailbox)
    }

    /// Tells the series of a symbol, those of one length or all.
    pub fn tell(
        &self,
        source: &str,
        symbol: &Symbol,
        interval: Option<Interval>,
        changes: Changes,
    ) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (of, watcher) in all.get(&(source.into(), symbol.clone())).into_iter().flatten() {
            let Some(mailbox) = watcher.upgrade() else { continue };
            let is_concerned = interval.is_none_or(|interval| interval == *of);
            let changes = if is_concerned {
                changes
            } else {
                Changes { is_written: true, ..Changes::default() }
            };
            mailbox.changes.lock().unwrap_or_else(PoisonError::into_inner).join(changes);
            mailbox.news.notify_one();
        }
    }

    /// Tells all series of all symbols that they have to be read as a whole.
    pub fn renew(&self) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mailbox in all.values().flatten().filter_map(|(_, watcher)| watcher.upgrade()) {
            mailbox.changes.lock().unwrap_or_else(PoisonError::into_inner).join(Changes::RENEWED);
            mailbox.news.notify_one();
        }
    }
}
