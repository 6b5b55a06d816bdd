//! Which feeds and views are running: starts them for the first who asks, lets them go with the last.
//!
//! A task owns its sender; the registry only points to it. Joining and leaving both happen under one
//! lock: a task may end only if, under the lock, nobody watches it, and whoever joins under the lock
//! is watching. So nobody can join a task that is about to end, and a task that died (a panic) leaves
//! a dangling pointer that the next to ask replaces.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::time::Instant;

use super::admission::Busy;
use super::channel::Latest;
use super::feed::{Feed, FeedKey, FeedState};
use super::renderer::Renderer;
use super::status::{Health, State};
use super::{Refusal, Shared};
use crate::view::View;

/// Most unknown symbols remembered; beyond that the ones that expire first are forgotten.
const MAX_UNKNOWN: usize = 1_024;

/// The running feeds and views.
#[derive(Debug)]
pub struct Registry {
    shared: Arc<Shared>,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    feeds: HashMap<FeedKey, Weak<watch::Sender<FeedState>>>,
    views: HashMap<View, Weak<watch::Sender<Latest>>>,
    /// Series the source does not know, and until when that is believed.
    unknown: HashMap<FeedKey, Instant>,
}

impl Registry {
    /// An empty registry.
    pub fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared, tables: Mutex::default() })
    }

    /// Watches a view, starting it and its feed if they are not running.
    pub fn watch(self: &Arc<Self>, view: &View) -> Result<watch::Receiver<Latest>, Refusal> {
        let mut tables = self.tables();
        if let Some(running) = running(&tables.views, view) {
            return Ok(running.subscribe());
        }
        let key = FeedKey::of(view);
        if tables.unknown.get(&key).is_some_and(|until| *until > Instant::now()) {
            let origin = self.shared.source.name();
            return Err(Refusal::NotFound { symbol: key.symbol, origin });
        }
        tables.prune();
        let feeds = tables.feeds.len() + usize::from(!tables.feeds.contains_key(&key));
        if tables.views.len() >= self.shared.config.views || feeds > self.shared.config.feeds {
            self.shared.metrics.turned_away.inc();
            return Err(Busy::Views.into());
        }
        let feed = self.join_feed(&mut tables, key);
        let latest = self.start_view(&mut tables, view, feed);
        self.count(&tables);
        Ok(latest)
    }

    fn join_feed(
        self: &Arc<Self>,
        tables: &mut Tables,
        key: FeedKey,
    ) -> watch::Receiver<FeedState> {
        if let Some(running) = running(&tables.feeds, &key) {
            return running.subscribe();
        }
        let health = Health::new(State::Loading, self.shared.clock.now());
        let (out, feed) = watch::channel(FeedState { series: None, health });
        let out = Arc::new(out);
        tables.feeds.insert(key.clone(), Arc::downgrade(&out));
        let task = Feed::new(key, Arc::clone(&self.shared), Arc::clone(self), out);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        feed
    }

    fn start_view(
        self: &Arc<Self>,
        tables: &mut Tables,
        view: &View,
        feed: watch::Receiver<FeedState>,
    ) -> watch::Receiver<Latest> {
        let health = feed.borrow().health.clone();
        let (out, latest) = watch::channel(Latest::loading(health));
        let out = Arc::new(out);
        tables.views.insert(view.clone(), Arc::downgrade(&out));
        let task =
            Renderer::new(view.clone(), Arc::clone(&self.shared), Arc::clone(self), feed, out);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        latest
    }

    /// Number of feeds.
    pub fn feeds(&self) -> usize {
        self.tables().feeds.len()
    }

    /// Lets a feed go if nobody watches it; whether it may end.
    pub fn retire_feed(&self, key: &FeedKey) -> bool {
        let mut tables = self.tables();
        let retired = retire(&mut tables.feeds, key);
        self.count(&tables);
        retired
    }

    /// Lets a view go if nobody watches it; whether it may end.
    pub fn retire_view(&self, view: &View) -> bool {
        let mut tables = self.tables();
        let retired = retire(&mut tables.views, view);
        self.count(&tables);
        retired
    }

    /// Drops a view that has no more to say, whoever watches it; not one that has taken its place.
    pub fn drop_view(&self, view: &View, out: &Arc<watch::Sender<Latest>>) {
        let mut tables = self.tables();
        if running(&tables.views, view).is_some_and(|current| Arc::ptr_eq(&current, out)) {
            tables.views.remove(view);
        }
        self.count(&tables);
    }

    /// Drops a feed whose series does not exist, and remembers that it does not.
    pub fn forget(&self, key: &FeedKey) {
        let mut tables = self.tables();
        tables.feeds.remove(key);
        // Its views end too; whoever asks from now on is answered from memory.
        tables.views.retain(|view, _| FeedKey::of(view) != *key);
        tables.remember_unknown(key.clone(), Instant::now() + self.shared.config.not_found);
        self.count(&tables);
    }

    fn count(&self, tables: &Tables) {
        let gauge = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        self.shared.metrics.feeds.set(gauge(tables.feeds.len()));
        self.shared.metrics.views.set(gauge(tables.views.len()));
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Every change of the tables is a single insertion or removal, so a panic of another holder
        // leaves them whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Removes what died without leaving.
    fn prune(&mut self) {
        self.feeds.retain(|_, sender| sender.strong_count() > 0);
        self.views.retain(|_, sender| sender.strong_count() > 0);
    }

    fn remember_unknown(&mut self, key: FeedKey, until: Instant) {
        let now = Instant::now();
        self.unknown.retain(|_, until| *until > now);
        if self.unknown.len() >= MAX_UNKNOWN
            && let Some(first) = self.unknown.iter().min_by_key(|(_, until)| **until)
        {
            let first = first.0.clone();
            self.unknown.remove(&first);
        }
        self.unknown.insert(key, until);
    }
}

fn running<K: Eq + Hash, V>(
    table: &HashMap<K, Weak<watch::Sender<V>>>,
    key: &K,
) -> Option<Arc<watch::Sender<V>>> {
    table.get(key).and_then(Weak::upgrade)
}

fn retire<K: Eq + Hash, V>(table: &mut HashMap<K, Weak<watch::Sender<V>>>, key: &K) -> bool {
    let watched = running(table, key).is_some_and(|sender| sender.receiver_count() > 0);
    if !watched {
        table.remove(key);
    }
    !watched
}
