//! Starts feeds and renderers for the first who asks, and lets everybody else join.

use std::sync::Arc;

use tokio::sync::watch;

use super::channel::Latest;
use super::feed::Feed;
use super::inputs::Inputs;
use super::refusal::{Busy, Refusal};
use super::renderer::Renderer;
use super::series::{FeedKey, FeedState};
use super::shared::Shared;
use super::status::{Health, State};
use super::tables::{Rows, Tables};
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
            let keys = self.shared.feeds_of(view)?;
            if let Some(key) = keys.iter().find(|key| rows.is_unknown(key)) {
                let origin = self.shared.source.name();
                return Err(Refusal::NotFound { symbol: key.symbol.clone(), origin });
            }
            let config = &self.shared.config;
            let new = keys.iter().filter(|key| rows.feeds.running(key).is_none()).count();
            if rows.views.len() >= config.views
                || (new > 0 && rows.feeds.len() + new > config.feeds)
            {
                return Err(Busy::Views.into());
            }
            let feeds = keys.into_iter().map(|key| (key.clone(), self.join_feed(rows, key)));
            let inputs = Inputs::new(feeds.collect());
            Ok(self.start_view(rows, view, inputs))
        })
    }

    fn join_feed(&self, rows: &mut Rows, key: FeedKey) -> watch::Receiver<FeedState> {
        if let Some(running) = rows.feeds.running(&key) {
            return running.subscribe();
        }
        let health = Health::new(State::Loading, self.shared.clock.now());
        let (out, feed) = watch::channel(FeedState { series: None, health });
        let out = Arc::new(out);
        rows.feeds.insert(key.clone(), &out);
        let task = Feed::new(key, Arc::clone(&self.shared), Arc::clone(&self.tables), out);
        self.shared.tasks.spawn_on(task.run(), &self.shared.runtime);
        feed
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
