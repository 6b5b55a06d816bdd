//! Where the outputs of feeds come from: the updates of a source, folded. They are folded in this process, or
//! in the one of several that leads the series.

mod fold;
mod folding;
mod silence;
mod troubles;

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::time::sleep;

use folding::Folding;
use troubles::{SeriesTrouble, SourceTroubles};

use super::series::{FeedOutput, Version};
use super::status::{DataState, Health};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::shares::Holders;
use crate::source::{Router, SeriesKey, Update};

/// What feeds follow.
pub trait FoldedSource: Debug + Send + Sync {
    /// Opens a series for the clients that hold `watchers`. Each output takes the place of the one before it.
    /// Dropping the stream closes the series; it ends by itself only after an output that says that the symbol
    /// does not exist.
    fn open(&self, key: SeriesKey, watchers: Arc<Holders>) -> BoxStream<'static, FeedOutput>;

    /// The process is about to stop: what it alone does for others is to be done by another one.
    fn retire(&self) {}
}

/// Folds the updates of the sources here.
#[derive(Debug, Clone)]
pub struct FoldedHere {
    sources: Router,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    troubles: Arc<SourceTroubles>,
}

impl FoldedHere {
    /// Follows `sources`, by the clock on the wall.
    #[must_use]
    pub fn new(sources: Router, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { sources, clock, metrics, troubles: Arc::default() }
    }

    /// The clock on the wall.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What it counts.
    #[must_use]
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Opens a series of which `known` was known, and whose next change has the version after `version`.
    #[must_use]
    pub fn resume(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: FeedOutput,
        version: Version,
    ) -> BoxStream<'static, FeedOutput> {
        let updates = self.sources.open(key.clone(), watchers, known.as_known());
        let (clock, metrics) = (Arc::clone(&self.clock), Arc::clone(&self.metrics));
        let trouble =
            SeriesTrouble::none(Arc::clone(&self.troubles), self.sources.name(&key.symbol));
        let folding = Folding::new(key, &self.sources, clock, metrics, trouble, (known, version));
        stream::unfold(Some((folding, updates)), next).boxed()
    }
}

impl FoldedSource for FoldedHere {
    fn open(&self, key: SeriesKey, watchers: Arc<Holders>) -> BoxStream<'static, FeedOutput> {
        let now = self.clock.now();
        let known = FeedOutput { series: None, health: Health::new(DataState::Loading, now) };
        self.resume(key, watchers, known, Version::starting(now))
    }
}

/// What is folded, and what is to be folded next; nothing after the last update.
type FoldingRest = Option<(Folding, BoxStream<'static, Update>)>;

/// What is known after the next update, or when the market does something else.
async fn next(rest: FoldingRest) -> Option<(FeedOutput, FoldingRest)> {
    let (mut folding, mut updates) = rest?;
    let change = folding.until_change();
    let ended = tokio::select! {
        update = updates.next() => folding.take(update?).is_break(),
        () = sleep(change.unwrap_or_default()), if change.is_some() => {
            folding.look_up_session();
            false
        }
    };
    let output = folding.output().clone();
    Some((output, (!ended).then_some((folding, updates))))
}

#[cfg(test)]
mod tests;
