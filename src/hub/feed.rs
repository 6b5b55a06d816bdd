//! A feed: the one task that publishes a series, for as long as it is watched.

use std::sync::Arc;

use futures_util::StreamExt as _;
use log::debug;
use tokio::sync::watch;

use super::series::FeedOutput;
use super::shared::Shared;
use super::status::DataState;
use super::tables::Tables;
use crate::metrics::{Metrics, StateLabel};
use crate::shares::Holders;
use crate::source::SeriesKey;
use crate::view::View;

/// The task.
pub struct Feed {
    key: SeriesKey,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    out: Arc<watch::Sender<FeedOutput>>,
    /// The clients that watch a view of it.
    holders: Arc<Holders>,
}

impl Feed {
    /// A feed that tells `out`, for the clients that hold `holders`.
    pub const fn new(
        key: SeriesKey,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        out: Arc<watch::Sender<FeedOutput>>,
        holders: Arc<Holders>,
    ) -> Self {
        Self { key, shared, tables, out, holders }
    }

    /// Follows the source until nobody watches, the symbol turns out not to exist, or the hub stops.
    pub async fn run(self) {
        debug!("feed {}: started", self.key);
        let holders = Arc::clone(&self.holders);
        let mut shown = ShownState::new(Arc::clone(&self.shared.metrics));
        let mut outputs = self.shared.folded.open(self.key.clone(), holders);
        loop {
            tokio::select! {
                output = outputs.next() => match output {
                    Some(output) if output.health.state == DataState::NotFound => {
                        return self.end(output);
                    }
                    Some(output) => {
                        shown.set(output.health.state);
                        self.publish(output);
                    }
                    // A source that ends a series without a reason is broken; its streams are told so.
                    None => return,
                },
                () = self.shared.stop.cancelled() => break,
                () = self.out.closed() => if self.tables.retire_feed(&self.key) { break },
            }
        }
        debug!("feed {}: stopped", self.key);
    }

    /// Tells the renderers, if it is news.
    fn publish(&self, output: FeedOutput) {
        self.out.send_if_modified(|told| {
            let is_news = !output.is_same(told);
            *told = output;
            is_news
        });
    }

    /// Tells that the symbol does not exist. Charts that are compared with it go on without it.
    fn end(&self, output: FeedOutput) {
        let fed = |view: &View| self.shared.feed_of(view).is_ok_and(|key| key == self.key);
        self.tables.forget(&self.key, fed);
        self.out.send_replace(output);
    }
}

/// The feed's part in the count of feeds by state.
struct ShownState {
    metrics: Arc<Metrics>,
    state: DataState,
}

impl ShownState {
    fn new(metrics: Arc<Metrics>) -> Self {
        let state = DataState::Loading;
        metrics.feed_states.get_or_create(&StateLabel(state.as_str())).inc();
        Self { metrics, state }
    }

    fn set(&mut self, state: DataState) {
        if state != self.state {
            let gauges = &self.metrics.feed_states;
            gauges.get_or_create(&StateLabel(self.state.as_str())).dec();
            gauges.get_or_create(&StateLabel(state.as_str())).inc();
            self.state = state;
        }
    }
}

impl Drop for ShownState {
    fn drop(&mut self) {
        self.metrics.feed_states.get_or_create(&StateLabel(self.state.as_str())).dec();
    }
}
