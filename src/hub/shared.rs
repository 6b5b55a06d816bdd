//! What all parts of the hub share: source, clock, bounds, metrics, and the signals to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::Overloaded;
use super::folded::FoldedSource;
use crate::clock::Clock;
use crate::config::HubConfig;
use crate::figure::Appearance;
use crate::jitter;
use crate::metrics::Metrics;
use crate::shares::{Desks, Rate, Requester};
use crate::source::{OutOfRange, Router, SeriesKey};
use crate::view::View;

/// Given to every feed, renderer and subscription.
#[derive(Debug)]
pub struct Shared {
    /// Which sources there are, and what they have.
    pub sources: Router,
    /// What feeds follow.
    pub folded: Arc<dyn FoldedSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Bounds and delays.
    pub config: HubConfig,
    /// What figures look like where their views do not say.
    pub appearance: Arc<Appearance>,
    /// What the hub counts.
    pub metrics: Arc<Metrics>,
    /// Runs every feed and renderer.
    pub runtime: Handle,
    /// Feeds and renderers that have not ended.
    pub tasks: TaskTracker,
    /// How often clients may ask.
    pub requests: Rate,
    /// Where tables are written and slow figures drawn.
    pub desks: Arc<Desks>,
    /// Tells streams to end.
    pub drain: CancellationToken,
    /// Tells feeds and renderers to end.
    pub stop: CancellationToken,
}

impl Shared {
    /// The series that the chart of a view's own symbol is drawn from.
    ///
    /// # Errors
    /// [`OutOfRange`] when the source has no such bars.
    pub fn feed_of(&self, view: &View) -> Result<SeriesKey, OutOfRange> {
        let origin = self.sources.name(&view.symbol);
        self.sources.coverage(&view.symbol).series_of(view, origin)
    }

    /// Takes a request that costs as much as `cost` plain ones.
    ///
    /// # Errors
    /// [`Overloaded::Rate`].
    pub fn ask(&self, requester: Requester, cost: usize) -> Result<(), Overloaded> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.requests.take(requester, cost).map_err(|retry_after| Overloaded::Rate { retry_after })
    }

    /// A reconnection time between the two configured bounds.
    pub fn retry(&self) -> Duration {
        jitter::between(self.config.retry_min, self.config.retry_max)
    }
}
