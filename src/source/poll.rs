//! Any fetcher as a source: when it is asked and for what, and which of its answers are believed.

mod answers;
pub(in crate::source) mod backoff;
mod poller;
mod times;

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::time::Instant;

use super::coverage::Coverage;
use super::fetch::Fetch;
use super::key::SeriesKey;
use super::seam::Source;
use super::search::Search;
use super::update::{Known, Update};
use crate::clock::Clock;
use crate::shares::Holders;
use crate::symbol::Symbol;

#[cfg(test)]
pub(crate) use self::answers::{Answers, Verdict};
pub use self::poller::PollTiming;
pub(in crate::source) use self::poller::Poller;

/// A fetcher that is asked again and again, for as long as a series of it is open.
#[derive(Debug)]
pub struct Polled<F> {
    fetcher: Arc<F>,
    /// What time it is here.
    clock: Arc<dyn Clock>,
    timing: PollTiming,
    /// When it began to ask.
    begun: Instant,
}

impl<F: Fetch> Polled<F> {
    /// A source that asks `fetcher`, by the clock on the wall.
    #[must_use]
    pub fn new(fetcher: Arc<F>, clock: Arc<dyn Clock>, timing: PollTiming) -> Self {
        Self { fetcher, clock, timing, begun: Instant::now() }
    }
}

impl<F: Fetch + Search> Source for Polled<F> {
    fn name(&self) -> &'static str {
        self.fetcher.name()
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        self.fetcher.coverage(symbol)
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        self.fetcher.clock(symbol)
    }

    fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        let fetcher = Arc::clone(&self.fetcher);
        let (clock, timing) = (Arc::clone(&self.clock), self.timing);
        let poller = Poller::new(fetcher, clock, timing, key, watchers)
            .on_beat(self.begun)
            .knowing(known.as_ref());
        let next = async |mut poller: Poller<F>| Some((poller.next().await?, poller));
        stream::unfold(poller, next).boxed()
    }

    fn is_paused(&self) -> Option<bool> {
        self.fetcher.is_paused()
    }

    fn search(&self) -> &dyn Search {
        &*self.fetcher
    }
}

#[cfg(test)]
mod tests;
