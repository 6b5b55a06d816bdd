//! The registry: starts a view and its feeds for the first subscriber, and lets every other one join.

use std::sync::Arc;

use tokio::sync::watch;

use super::tables::{Running, Tables, ViewRow};

use super::error::SubscribeError;
use super::feed::Feed;
use super::renderer::Renderer;
use super::renderer::inputs::{Input, Inputs};
use super::series::FeedOutput;
use super::shared::Shared;
use super::status::{DataState, Health};
use super::view::published::Published;
use super::view::usage::ViewUsage;
use crate::shares::{Client, Hold, Holders, Requester};
use crate::source::SeriesKey;
use crate::symbol::Symbol;
use crate::view::View;

/// Starts views and feeds, and finds those that run.
#[derive(Debug)]
pub struct Registry {
    shared: Arc<Shared>,
    tables: Arc<Tables>,
}

/// A running view, for as long as it is watched.
#[derive(Debug)]
pub struct WatchedView {
    /// What it has published.
    pub published: watch::Receiver<Published>,
    /// The clients that watch it.
    pub usage: Arc<ViewUsage>,
    /// The client's part in that usage.
    pub hold: Vec<Hold>,
}

impl Registry {
    /// Nothing runs.
    pub fn new(shared: Arc<Shared>) -> Self {
        let tables = Tables::new(shared.config.clone(), Arc::clone(&shared.metrics));
        Self { shared, tables }
    }

    /// Watches a view for a client, starting it and its feed if they are not running.
    pub fn watch(&self, view: &View, requester: Requester) -> Result<WatchedView, SubscribeError> {
        let client = requester.client;
        self.tables.change(|running| {
            if let (Some(running), Some(row)) =
                (running.views.running(view), running.views.row(view))
            {
                return Ok(WatchedView::new(running.subscribe(), &row.usage, client));
            }
            let own = self.shared.feed_of(view)?;
            if running.is_unknown(&own) && !self.shared.sources.awaits(&own.symbol) {
                return Err(self.unknown(own.symbol));
            }
            let others: Vec<_> =
                view.compared().map(|other| self.compared(running, &other)).collect();
            let feeds: Vec<_> =
                [&own].into_iter().chain(others.iter().flatten()).cloned().collect();
            // Each view and each series that is started costs as much as the request itself.
            let new = feeds.iter().filter(|key| running.feeds.running(key).is_none()).count();
            self.shared.ask(requester, 1 + new)?;
            running.make_room(&self.shared.config, client, &feeds)?;
            let own = self.join_feed(running, own);
            let others = others.into_iter().map(|other| match other {
                Ok(key) => self.join_feed(running, key),
                Err((symbol, why)) => Input::without(symbol, why, self.shared.clock.now()),
            });
            let inputs = Inputs::new(own, others.collect::<Vec<_>>());
            let of_feeds = feeds.iter().filter_map(|key| running.feeds.row(key).cloned()).collect();
            let row = ViewRow { feeds, usage: ViewUsage::none(of_feeds) };
            let usage = Arc::clone(&row.usage);
            let published = self.start_view(running, view, row, inputs);
            Ok(WatchedView::new(published, &usage, client))
        })
    }

    /// Evicts views if more bytes are kept than may be.
    pub fn free_bytes(&self) {
        self.tables.change(|running| running.free_bytes(&self.shared.config));
    }

    /// The series of a compared symbol, or the symbol and why it has none.
    fn compared(&self, running: &Running, other: &View) -> Result<SeriesKey, (Symbol, String)> {
        let without = |why: String| (other.symbol.clone(), why);
        let key = self.shared.feed_of(other).map_err(|unserved| without(unserved.to_string()))?;
        if running.is_unknown(&key) || !self.shared.sources.has(&key.symbol) {
            return Err(without(self.unknown(key.symbol).to_string()));
        }
        Ok(key)
    }

    fn unknown(&self, symbol: Symbol) -> SubscribeError {
        let origin = self.shared.sources.name(&symbol);
        SubscribeError::NotFound { symbol, origin }
    }

    fn join_feed(&self, running: &mut Running, key: SeriesKey) -> Input {
        if let Some(running) = running.feeds.running(&key) {
            return Input::of(key, running.subscribe());
        }
        let health = Health::new(DataState::Loading, self.shared.clock.now());
        let (out, feed) = watch::channel(FeedOutput { series: None, health });
        let out = Arc::new(out);
        let holders = Holders::none();
        running.feeds.insert(key.clone(), &out, Arc::clone(&holders));
        let input = Input::of(key.clone(), feed);
        let task = Feed::new(key, Arc::clone(&self.shared), Arc::clone(&self.tables), out, holders);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        input
    }

    fn start_view(
        &self,
        running: &mut Running,
        view: &View,
        row: ViewRow,
        inputs: Inputs,
    ) -> watch::Receiver<Published> {
        // Not the feed's health: a view has nothing to show before its renderer has drawn, even where
        // the feed has been running for long.
        let health = Health::new(DataState::Loading, self.shared.clock.now());
        let (out, published) = watch::channel(Published::loading(health));
        let out = Arc::new(out);
        let usage = Arc::clone(&row.usage);
        running.views.insert(view.clone(), &out, row);
        let (shared, tables) = (Arc::clone(&self.shared), Arc::clone(&self.tables));
        let task = Renderer::new(view.clone(), shared, tables, inputs, out, usage);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        published
    }
}

impl WatchedView {
    fn new(
        published: watch::Receiver<Published>,
        usage: &Arc<ViewUsage>,
        client: Option<Client>,
    ) -> Self {
        Self { published, usage: Arc::clone(usage), hold: usage.hold(client) }
    }
}
