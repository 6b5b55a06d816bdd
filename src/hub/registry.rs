//! Starts feeds and renderers for the first who asks, and lets everybody else join.

use std::sync::Arc;

use tokio::sync::watch;

use super::channel::Latest;
use super::feed::Feed;
use super::inputs::{Input, Inputs};
use super::refusal::{Busy, Refusal};
use super::renderer::Renderer;
use super::series::{FeedKey, FeedState};
use super::shared::Shared;
use super::status::{Health, State};
use super::tables::{Rows, Tables};
use crate::symbol::Symbol;
use crate::view::View;

/// The way to a running view.
#[derive(Debug)]
pub struct Registry {
    shared: Arc<Shared>,
    tables: Arc<Tables>,
}

impl Registry {
    /// Nothing runs.
    pub fn new(shared: Arc<Shared>) -> Self {
        let tables = Tables::new(shared.config.not_found, Arc::clone(&shared.metrics));
        Self { shared, tables }
    }

    /// Watches a view, starting it and its feed if they are not running.
    pub fn watch(&self, view: &View) -> Result<watch::Receiver<Latest>, Refusal> {
        self.tables.change(|rows| {
            if let Some(running) = rows.views.running(view) {
                return Ok(running.subscribe());
            }
            let own = self.shared.feed_of(view)?;
            if rows.is_unknown(&own) {
                return Err(self.unknown(own.symbol));
            }
            let others: Vec<_> = view.compared().map(|other| self.compared(rows, &other)).collect();
            let keys = others.iter().filter_map(|other| other.as_ref().ok()).chain([&own]);
            let config = &self.shared.config;
            let new = keys.filter(|key| rows.feeds.running(key).is_none()).count();
            if rows.views.len() >= config.views
                || (new > 0 && rows.feeds.len() + new > config.feeds)
            {
                return Err(Busy::Views.into());
            }
            let own = self.join_feed(rows, own);
            let others = others.into_iter().map(|other| match other {
                Ok(key) => self.join_feed(rows, key),
                Err((symbol, why)) => Input::without(symbol, why, self.shared.clock.now()),
            });
            let inputs = Inputs::new(own, others.collect::<Vec<_>>());
            Ok(self.start_view(rows, view, inputs))
        })
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
        rows.feeds.insert(key.clone(), &out);
        let input = Input::of(key.clone(), feed);
        let task = Feed::new(key, Arc::clone(&self.shared), Arc::clone(&self.tables), out);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        input
    }

    fn start_view(&self, rows: &mut Rows, view: &View, inputs: Inputs) -> watch::Receiver<Latest> {
        // Not the feed's health: a view has nothing to show before its renderer has drawn, even where
        // the feed has been running for long.
        let health = Health::new(State::Loading, self.shared.clock.now());
        let (out, latest) = watch::channel(Latest::loading(health));
        let out = Arc::new(out);
        rows.views.insert(view.clone(), &out);
        let (shared, tables) = (Arc::clone(&self.shared), Arc::clone(&self.tables));
        let task = Renderer::new(view.clone(), shared, tables, inputs, out);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        latest
    }
}
