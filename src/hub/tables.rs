//! Which feeds and views are running.
//!
//! A task owns its sender; the tables only point to it. Joining and leaving both happen under one
//! lock: a task may end only if, under the lock, nobody watches it, and whoever joins under the lock
//! is watching. So nobody can join a task that is about to end, and a task that died (a panic) leaves
//! a dangling pointer that the next to ask replaces.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::channel::Latest;
use super::series::{FeedKey, FeedState};
use crate::metrics::Metrics;
use crate::view::View;

/// Most unknown symbols remembered; beyond that the ones that expire first are forgotten.
const MAX_UNKNOWN: usize = 1_024;

/// The running feeds and views, behind their lock.
#[derive(Debug)]
pub struct Tables {
    metrics: Arc<Metrics>,
    /// How long an unknown series is believed to be unknown.
    not_found: Duration,
    rows: Mutex<Rows>,
}

/// What the lock protects.
#[derive(Debug, Default)]
pub struct Rows {
    /// Running feeds.
    pub feeds: Table<FeedKey, FeedState>,
    /// Running renderers.
    pub views: Table<View, Latest>,
    /// Series the source does not know, and until when that is believed.
    unknown: HashMap<FeedKey, Instant>,
}

/// Senders of running tasks by what they send.
#[derive(Debug)]
pub struct Table<K, V>(HashMap<K, Weak<watch::Sender<V>>>);

impl Tables {
    /// Nothing runs.
    pub fn new(not_found: Duration, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { metrics, not_found, rows: Mutex::default() })
    }

    /// Number of feeds.
    pub fn feeds(&self) -> usize {
        self.lock().feeds.len()
    }

    /// Lets a feed go if nobody watches it; whether it may end.
    pub fn retire_feed(&self, key: &FeedKey) -> bool {
        self.change(|rows| rows.feeds.retire(key))
    }

    /// Lets a view go if nobody watches it; whether it may end.
    pub fn retire_view(&self, view: &View) -> bool {
        self.change(|rows| rows.views.retire(view))
    }

    /// Drops a view that has no more to say, whoever watches it; not one that has taken its place.
    pub fn drop_view(&self, view: &View, out: &Arc<watch::Sender<Latest>>) {
        self.change(|rows| {
            if rows.views.running(view).is_some_and(|current| Arc::ptr_eq(&current, out)) {
                rows.views.0.remove(view);
            }
        });
    }

    /// Drops a feed whose series does not exist and the views it feeds, and remembers that it does
    /// not.
    pub fn forget(&self, key: &FeedKey, feeds: impl Fn(&View) -> bool) {
        self.change(|rows| {
            rows.feeds.0.remove(key);
            // Its views end too; whoever asks from now on is answered from memory.
            rows.views.0.retain(|view, _| !feeds(view));
            rows.remember_unknown(key.clone(), Instant::now() + self.not_found);
        });
    }

    /// Changes the rows under the lock and counts what is left.
    pub fn change<T>(&self, change: impl FnOnce(&mut Rows) -> T) -> T {
        let gauge = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let mut rows = self.lock();
        let changed = change(&mut rows);
        self.metrics.feeds.set(gauge(rows.feeds.len()));
        self.metrics.views.set(gauge(rows.views.len()));
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Every change is a row put in or taken out, so a panic of another holder leaves them whole.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Whether the series is believed not to exist.
    pub fn is_unknown(&self, key: &FeedKey) -> bool {
        self.unknown.get(key).is_some_and(|until| *until > Instant::now())
    }

    fn remember_unknown(&mut self, key: FeedKey, until: Instant) {
        let now = Instant::now();
        self.unknown.retain(|_, until| *until > now);
        if self.unknown.len() >= MAX_UNKNOWN
            && let Some((first, _)) = self.unknown.iter().min_by_key(|(_, until)| **until)
        {
            let first = first.clone();
            self.unknown.remove(&first);
        }
        self.unknown.insert(key, until);
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sender of a task that runs.
    pub fn running(&self, key: &K) -> Option<Arc<watch::Sender<V>>> {
        self.0.get(key).and_then(Weak::upgrade)
    }

    /// Adds a task, and lets go of those that died without leaving.
    pub fn insert(&mut self, key: K, sender: &Arc<watch::Sender<V>>) {
        self.0.retain(|_, sender| sender.strong_count() > 0);
        self.0.insert(key, Arc::downgrade(sender));
    }

    fn retire(&mut self, key: &K) -> bool {
        let watched = self.running(key).is_some_and(|sender| sender.receiver_count() > 0);
        if !watched {
            self.0.remove(key);
        }
        !watched
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{FeedKey, MAX_UNKNOWN, Tables};
    use crate::interval::Interval;
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    #[tokio::test(start_paused = true)]
    async fn no_more_unknown_symbols_are_remembered_than_the_bound() {
        let tables = Tables::new(Duration::from_mins(1), Arc::default());
        let key = |n: usize| {
            let symbol = Symbol::parse(&format!("S{n}")).expect("valid");
            FeedKey {
                symbol,
                grain: Interval::Minute1,
                depth: Range::Day5,
                session: Session::Regular,
            }
        };
        for n in 0..=MAX_UNKNOWN {
            tables.forget(&key(n), |_| false);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        tables.change(|rows| {
            assert_eq!(rows.unknown.len(), MAX_UNKNOWN);
            assert!(!rows.is_unknown(&key(0)), "the oldest made room");
            assert!(rows.is_unknown(&key(MAX_UNKNOWN)));
        });
    }
}
