//! Which feeds and views are running.
//!
//! A task owns its sender; the tables only point to it. Joining and leaving both happen under one
//! lock: a task may end only if, under the lock, nobody watches it, and whoever joins under the lock
//! is watching. So nobody can join a task that is about to end, and a task that died (a panic) leaves
//! a dangling pointer that the next to ask replaces.
//!
//! A bound is checked where [`room`](super::room) is made: rows of tasks that died count for nothing, and
//! views that have to go make room for others.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::channel::Latest;
use super::series::{FeedKey, FeedState};
use crate::config::HubConfig;
use crate::metrics::Metrics;
use crate::shares::{Client, Hold, Holders};
use crate::view::View;

/// Most unknown symbols remembered; beyond that the ones that expire first are forgotten.
const MAX_UNKNOWN: usize = 1_024;

/// The running feeds and views, behind their lock.
#[derive(Debug)]
pub struct Tables {
    metrics: Arc<Metrics>,
    config: HubConfig,
    rows: Mutex<Rows>,
}

/// What the lock protects.
#[derive(Debug, Default)]
pub struct Rows {
    /// Running feeds.
    pub feeds: Table<FeedKey, FeedState, Arc<Holders>>,
    /// Running renderers.
    pub views: Table<View, Latest, ViewRow>,
    /// Series the source does not know, and until when that is believed.
    unknown: HashMap<FeedKey, Instant>,
}

/// Senders of running tasks by what they send, each with what else its row says.
#[derive(Debug)]
pub struct Table<K, V, R = ()>(HashMap<K, (Weak<watch::Sender<V>>, R)>);

/// What the row of a view says. That of a feed says which clients watch a view of it.
#[derive(Debug)]
pub struct ViewRow {
    /// What it is drawn from.
    pub feeds: Vec<FeedKey>,
    /// For whom it runs, and at what cost.
    pub upkeep: Arc<Upkeep>,
}

/// For whom a view runs, and at what cost.
#[derive(Debug)]
pub struct Upkeep {
    /// The clients that watch it.
    pub holders: Arc<Holders>,
    /// Those of the feeds that it is drawn from, each of which many views may share.
    feeds: Vec<Arc<Holders>>,
    /// Tells its renderer that it has to make room.
    pub evicted: CancellationToken,
    /// Bytes of its newest figure and what that is coded with.
    frame: AtomicUsize,
    /// Bytes of the tables of its figures.
    pub tables: AtomicUsize,
}

impl Tables {
    /// Nothing runs.
    pub fn new(config: HubConfig, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { metrics, config, rows: Mutex::default() })
    }

    /// Lets a feed go if nobody watches it; whether it may end.
    pub fn retire_feed(&self, key: &FeedKey) -> bool {
        self.change(|rows| rows.feeds.retire(key))
    }

    /// Lets a view go if nobody watches it; whether it may end. One that has made room already may, if
    /// nobody watches what is left of it.
    pub fn retire_view(&self, view: &View, out: &Arc<watch::Sender<Latest>>) -> bool {
        self.change(|rows| {
            let is_own = rows.views.is_row_of(view, out);
            if is_own { rows.views.retire(view) } else { out.receiver_count() == 0 }
        })
    }

    /// Drops a view that has no more to say, whoever watches it; not one that has taken its place.
    pub fn drop_view(&self, view: &View, out: &Arc<watch::Sender<Latest>>) {
        self.change(|rows| {
            if rows.views.is_row_of(view, out) {
                rows.views.remove(view);
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
            rows.remember_unknown(key.clone(), Instant::now() + self.config.not_found);
        });
    }

    /// Says how many bytes are kept for the figure of a view, and has views make room if all are too many.
    pub fn weigh(&self, upkeep: &Upkeep, bytes: usize) {
        let before = upkeep.frame.swap(bytes, Ordering::Relaxed);
        // The room that a figure takes hardly changes from one to the next.
        if bytes > before + before / 8 {
            self.change(|rows| rows.free_bytes(&self.config));
        }
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

impl Upkeep {
    /// Of a view that nobody watches yet, and for which nothing is kept; `feeds` are the clients of those
    /// that it is drawn from.
    pub fn none(feeds: Vec<Arc<Holders>>) -> Arc<Self> {
        Arc::new(Self {
            holders: Holders::none(),
            feeds,
            evicted: CancellationToken::new(),
            frame: AtomicUsize::new(0),
            tables: AtomicUsize::new(0),
        })
    }

    /// Has `client` watch the view, and with it the feeds.
    pub fn hold(&self, client: Option<Client>) -> Vec<Hold> {
        let held = std::iter::once(&self.holders).chain(&self.feeds);
        held.map(|holders| holders.hold(client)).collect()
    }

    /// Bytes that are kept for the view.
    pub fn bytes(&self) -> usize {
        self.frame.load(Ordering::Relaxed) + self.tables.load(Ordering::Relaxed)
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

impl<K: Eq + Hash, V, R> Table<K, V, R> {
    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sender of a task that runs.
    pub fn running(&self, key: &K) -> Option<Arc<watch::Sender<V>>> {
        self.0.get(key).and_then(|(sender, _)| sender.upgrade())
    }

    /// What the row of a task says.
    pub fn row(&self, key: &K) -> Option<&R> {
        self.0.get(key).map(|(_, row)| row)
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = (&K, &R)> {
        self.0.iter().map(|(key, (_, row))| (key, row))
    }

    /// Adds a task.
    pub fn insert(&mut self, key: K, sender: &Arc<watch::Sender<V>>, row: R) {
        self.0.insert(key, (Arc::downgrade(sender), row));
    }

    /// Takes a task's row out.
    pub fn remove(&mut self, key: &K) -> Option<R> {
        self.0.remove(key).map(|(_, row)| row)
    }

    /// Lets go of the tasks that died without leaving.
    pub fn bury(&mut self) {
        self.0.retain(|_, (sender, _)| sender.strong_count() > 0);
    }

    fn is_row_of(&self, key: &K, sender: &Arc<watch::Sender<V>>) -> bool {
        self.0.get(key).is_some_and(|(current, _)| current.as_ptr() == Arc::as_ptr(sender))
    }

    fn retire(&mut self, key: &K) -> bool {
        let watched = self.running(key).is_some_and(|sender| sender.receiver_count() > 0);
        if !watched {
            self.0.remove(key);
        }
        !watched
    }
}

impl<K, V, R> Default for Table<K, V, R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{FeedKey, HubConfig, MAX_UNKNOWN, Tables};
    use crate::interval::Interval;
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    #[tokio::test(start_paused = true)]
    async fn no_more_unknown_symbols_are_remembered_than_the_bound() {
        let tables = Tables::new(HubConfig::default(), Arc::default());
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
