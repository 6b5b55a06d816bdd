//! Starts feeds and renderers for the first who asks, and lets everybody else join.

use std::sync::Arc;

use tokio::sync::watch;

use super::channel::Latest;
use super::feed::Feed;
use super::inputs::{Input, Inputs};
use super::refusal::Refusal;
use super::renderer::Renderer;
use super::series::{FeedKey, FeedState};
use super::shared::Shared;
use super::status::{Health, State};
use super::tables::{Rows, Tables, Upkeep, ViewRow};
use crate::shares::{Client, Hold, Holders};
use crate::symbol::Symbol;
use crate::view::View;

/// The way to a running view.
#[derive(Debug)]
pub struct Registry {
    shared: Arc<Shared>,
    tables: Arc<Tables>,
}

/// A running view, for as long as it is watched.
#[derive(Debug)]
pub struct Watched {
    /// What it says.
    pub latest: watch::Receiver<Latest>,
    /// For whom it runs.
    pub upkeep: Arc<Upkeep>,
    /// The client's part in that.
    pub hold: Vec<Hold>,
}

impl Registry {
    /// Nothing runs.
    pub fn new(shared: Arc<Shared>) -> Self {
        let tables = Tables::new(shared.config.clone(), Arc::clone(&shared.metrics));
        Self { shared, tables }
    }

    /// Watches a view for `client`, starting it and its feed if they are not running.
    pub fn watch(&self, view: &View, client: Option<Client>) -> Result<Watched, Refusal> {
        self.tables.change(|rows| {
            if let (Some(running), Some(row)) = (rows.views.running(view), rows.views.row(view)) {
                return Ok(Watched::new(running.subscribe(), &row.upkeep, client));
            }
            let own = self.shared.feed_of(view)?;
            if rows.is_unknown(&own) {
                return Err(self.unknown(own.symbol));
            }
            let others: Vec<_> = view.compared().map(|other| self.compared(rows, &other)).collect();
            let feeds: Vec<_> =
                [&own].into_iter().chain(others.iter().flatten()).cloned().collect();
            // Each view and each series that is started costs as much as the request itself.
            let new = feeds.iter().filter(|key| rows.feeds.running(key).is_none()).count();
            self.shared.ask(client, 1 + new)?;
            rows.make_room(&self.shared.config, client, &feeds)?;
            let own = self.join_feed(rows, own);
            let others = others.into_iter().map(|other| match other {
                Ok(key) => self.join_feed(rows, key),
                Err((symbol, why)) => Input::without(symbol, why, self.shared.clock.now()),
            });
            let inputs = Inputs::new(own, others.collect::<Vec<_>>());
            let of_feeds = feeds.iter().filter_map(|key| rows.feeds.row(key).cloned()).collect();
            let row = ViewRow { feeds, upkeep: Upkeep::none(of_feeds) };
            let upkeep = Arc::clone(&row.upkeep);
            let latest = self.start_view(rows, view, row, inputs);
            Ok(Watched::new(latest, &upkeep, client))
        })
    }

    /// Has views make room if more bytes are kept than may be.
    pub fn free_bytes(&self) {
        self.tables.change(|rows| rows.free_bytes(&self.shared.config));
    }

    /// The series of a symbol that a chart is compared with, or why there is none of it.
    fn compared(&self, rows: &Rows, other: &View) -> Result<FeedKey, (Symbol, String)> {
        let without = |why: String| (other.symbol.clone(), why);
        let key = self.shared.feed_of(other).map_err(|unserved| without(unserved.to_string()))?;
        if rows.is_unknown(&key) {
            return Err(without(self.unknown(key.symbol).to_string()));
        }
        Ok(key)
    }

    fn unknown(&self, symbol: Symbol) -> Refusal {
        Refusal::NotFound { symbol, origin: self.shared.source.name() }
    }

    fn join_feed(&self, rows: &mut Rows, key: FeedKey) -> Input {
        if let Some(running) = rows.feeds.running(&key) {
            return Input::of(key, running.subscribe());
        }
        let health = Health::new(State::Loading, self.shared.clock.now());
        let (out, feed) = watch::channel(FeedState { series: None, health });
        let out = Arc::new(out);
        let holders = Holders::none();
        rows.feeds.insert(key.clone(), &out, Arc::clone(&holders));
        let input = Input::of(key.clone(), feed);
        let task = Feed::new(key, Arc::clone(&self.shared), Arc::clone(&self.tables), out, holders);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        input
    }

    fn start_view(
        &self,
        rows: &mut Rows,
        view: &View,
        row: ViewRow,
        inputs: Inputs,
    ) -> watch::Receiver<Latest> {
        // Not the feed's health: a view has nothing to show before its renderer has drawn, even where
        // the feed has been running for long.
        let health = Health::new(State::Loading, self.shared.clock.now());
        let (out, latest) = watch::channel(Latest::loading(health));
        let out = Arc::new(out);
        let upkeep = Arc::clone(&row.upkeep);
        rows.views.insert(view.clone(), &out, row);
        let (shared, tables) = (Arc::clone(&self.shared), Arc::clone(&self.tables));
        let task = Renderer::new(view.clone(), shared, tables, inputs, out, upkeep);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        latest
    }
}

impl Watched {
    fn new(latest: watch::Receiver<Latest>, upkeep: &Arc<Upkeep>, client: Option<Client>) -> Self {
        Self { latest, upkeep: Arc::clone(upkeep), hold: upkeep.hold(client) }
    }
}
