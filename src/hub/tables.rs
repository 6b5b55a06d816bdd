//! The tables: which feeds and views run.
//!
//! A task owns its sender, and the tables only point to it. A subscriber joins a task under the same lock under
//! which a task that is not watched may end, so no subscriber joins a task that is about to end. A task that died
//! in a panic leaves a dangling pointer, which the next subscriber's request replaces.
//!
//! The bounds are checked in `eviction`, when another view asks for room.

mod eviction;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::HubConfig;
use crate::hub::series::FeedOutput;
use crate::hub::view::published::Published;
use crate::hub::view::usage::ViewUsage;
use crate::metrics::Metrics;
use crate::shares::Holders;
use crate::source::SeriesKey;
use crate::view::View;

/// Most unknown symbols remembered; beyond that the ones that expire first are forgotten.
const MAX_UNKNOWN: usize = 1_024;

/// The running feeds and views, behind their lock.
#[derive(Debug)]
pub struct Tables {
    metrics: Arc<Metrics>,
    config: HubConfig,
    running: Mutex<Running>,
}

/// What the lock protects.
#[derive(Debug, Default)]
pub struct Running {
    /// Running feeds.
    pub feeds: TaskTable<SeriesKey, FeedOutput, Arc<Holders>>,
    /// Running renderers.
    pub views: TaskTable<View, Published, ViewRow>,
    /// Series the source does not know, and until when that is believed.
    unknown: HashMap<SeriesKey, Instant>,
}

/// Senders of running tasks, each with the rest of its row.
#[derive(Debug)]
pub struct TaskTable<K, V, R = ()>(HashMap<K, (Weak<watch::Sender<V>>, R)>);

/// The row of a view. The row of a feed says which clients watch a view of it.
#[derive(Debug)]
pub struct ViewRow {
    /// The series that it is drawn from.
    pub feeds: Vec<SeriesKey>,
    /// The clients that watch it, and the bytes that are kept for it.
    pub usage: Arc<ViewUsage>,
}

impl Tables {
    /// Nothing runs.
    pub fn new(config: HubConfig, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { metrics, config, running: Mutex::default() })
    }

    /// Drops a feed that no view watches; whether it may end.
    pub fn retire_feed(&self, key: &SeriesKey) -> bool {
        self.change(|running| running.feeds.retire(key))
    }

    /// Drops a view that no subscriber watches; whether it may end. An evicted view may as soon as its last
    /// subscriber has left it.
    pub fn retire_view(&self, view: &View, out: &Arc<watch::Sender<Published>>) -> bool {
        self.change(|running| {
            let is_own = running.views.is_row_of(view, out);
            if is_own { running.views.retire(view) } else { out.receiver_count() == 0 }
        })
    }

    /// Drops a view that has ended, though subscribers watch it; not the view that has taken its place.
    pub fn drop_view(&self, view: &View, out: &Arc<watch::Sender<Published>>) {
        self.change(|running| {
            if running.views.is_row_of(view, out) {
                running.views.remove(view);
            }
        });
    }

    /// Drops a feed whose series does not exist and the views it feeds, and remembers that it does
    /// not.
    pub fn forget(&self, key: &SeriesKey, feeds: impl Fn(&View) -> bool) {
        self.change(|running| {
            running.feeds.0.remove(key);
            // Its views end too. Requests from now on are answered from memory.
            running.views.0.retain(|view, _| !feeds(view));
            running.remember_unknown(key.clone(), Instant::now() + self.config.not_found);
        });
    }

    /// Changes the tables under the lock and counts what is left.
    pub fn change<T>(&self, change: impl FnOnce(&mut Running) -> T) -> T {
        let gauge = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let mut running = self.lock();
        let changed = change(&mut running);
        self.metrics.feeds.set(gauge(running.feeds.len()));
        self.metrics.views.set(gauge(running.views.len()));
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // Every change is a row put in or taken out, so a panic of another holder leaves them whole.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Whether the series is believed not to exist.
    pub fn is_unknown(&self, key: &SeriesKey) -> bool {
        self.unknown.get(key).is_some_and(|until| *until > Instant::now())
    }

    fn remember_unknown(&mut self, key: SeriesKey, until: Instant) {
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

impl<K: Eq + Hash, V, R> TaskTable<K, V, R> {
    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sender of a task that runs.
    pub fn running(&self, key: &K) -> Option<Arc<watch::Sender<V>>> {
        self.0.get(key).and_then(|(sender, _)| sender.upgrade())
    }

    /// The row of a task.
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

    /// Drops the rows of tasks that died.
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

impl<K, V, R> Default for TaskTable<K, V, R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{
        HubConfig, MAX_UNKNOWN, Metrics, Published, SeriesKey, Tables, View, ViewRow, ViewUsage,
        watch,
    };
    use crate::hub::status::{DataState, Health};
    use crate::interval::Interval;
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    #[tokio::test(start_paused = true)]
    async fn no_more_unknown_symbols_are_remembered_than_the_bound() {
        let tables = Tables::new(HubConfig::default(), Arc::default());
        let key = |n: usize| {
            let symbol = Symbol::parse(&format!("S{n}")).expect("valid");
            SeriesKey {
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
        tables.change(|running| {
            assert_eq!(running.unknown.len(), MAX_UNKNOWN);
            assert!(!running.is_unknown(&key(0)), "the oldest made room");
            assert!(running.is_unknown(&key(MAX_UNKNOWN)));
        });
    }

    fn view(symbol: &str) -> View {
        View::of(Symbol::parse(symbol).expect("valid"))
    }

    fn row() -> ViewRow {
        ViewRow { feeds: Vec::new(), usage: ViewUsage::none(Vec::new()) }
    }

    fn published() -> (Arc<watch::Sender<Published>>, watch::Receiver<Published>) {
        let health = Health::new(DataState::Loading, Timestamp::MIN);
        let (sender, receiver) = watch::channel(Published::loading(health));
        (Arc::new(sender), receiver)
    }

    #[test]
    fn a_view_ends_when_no_subscriber_watches_it_and_no_sooner() {
        let metrics = Arc::<Metrics>::default();
        let tables = Tables::new(HubConfig::default(), Arc::clone(&metrics));
        let (out, watched) = published();
        tables.change(|running| running.views.insert(view("AAPL"), &out, row()));
        assert!(!tables.retire_view(&view("AAPL"), &out));
        assert_eq!(metrics.views.get(), 1);
        drop(watched);
        assert!(tables.retire_view(&view("AAPL"), &out));
        assert_eq!(metrics.views.get(), 0);
    }

    #[test]
    fn a_view_that_made_room_takes_nothing_from_the_one_that_has_its_place() {
        let tables = Tables::new(HubConfig::default(), Arc::default());
        let (evicted, watched) = published();
        let (current, _watched) = published();
        tables.change(|running| running.views.insert(view("AAPL"), &current, row()));
        assert!(!tables.retire_view(&view("AAPL"), &evicted), "it is still watched");
        drop(watched);
        assert!(tables.retire_view(&view("AAPL"), &evicted));
        tables.drop_view(&view("AAPL"), &evicted);
        assert!(tables.change(|running| running.views.running(&view("AAPL")).is_some()));
        tables.drop_view(&view("AAPL"), &current);
        assert!(tables.change(|running| running.views.running(&view("AAPL")).is_none()));
    }

    #[test]
    fn a_view_whose_task_died_runs_no_more_and_is_buried() {
        let tables = Tables::new(HubConfig::default(), Arc::default());
        let (out, _watched) = published();
        tables.change(|running| {
            running.views.insert(view("AAPL"), &out, row());
            drop(out);
            assert!(running.views.running(&view("AAPL")).is_none());
            assert_eq!(running.views.len(), 1);
            running.views.bury();
            assert_eq!(running.views.len(), 0);
        });
    }
}
