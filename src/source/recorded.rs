//! Any source with a memory: what it tells is kept in the history, and is there before it answers again.
//!
//! A chart begins with the bars that were kept, and says that they are stale until the source has answered. Where
//! they reach further back than the source does, so do the charts. Only bars whose intervals are over are kept.
//! Writing takes its time beside the stream: a history that cannot be written to stops nothing.

mod keeper;

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use self::keeper::Keeper;
use super::coverage::Coverage;
use super::key::SeriesKey;
use super::seam::Source;
use super::search::Search;
use super::update::{Fetched, Known, Update};
use crate::clock::Clock;
use crate::history::History;
use crate::interval::DAY;
use crate::shares::Holders;
use crate::symbol::Symbol;

/// A source whose bars are kept.
#[derive(Debug)]
pub struct Recorded {
    source: Arc<dyn Source>,
    history: History,
    /// Most symbols that are kept.
    symbols: usize,
}

impl Recorded {
    /// Keeps the bars of at most `symbols` symbols of `source`.
    #[must_use]
    pub const fn new(source: Arc<dyn Source>, history: History, symbols: usize) -> Self {
        Self { source, history, symbols }
    }
}

impl Source for Recorded {
    fn name(&self) -> &'static str {
        self.source.name()
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        let coverage = self.source.coverage(symbol);
        let Some(kept) = self.history.symbol(self.name(), symbol) else { return coverage };
        let now = self.source.clock(symbol).now().as_second();
        let days = |since: i64| u32::try_from(now.saturating_sub(since) / DAY).unwrap_or(0);
        let kept = kept.since.into_iter();
        kept.fold(coverage, |all, (interval, since)| all.with_kept(interval, days(since)))
    }

    fn has(&self, symbol: &Symbol) -> bool {
        self.source.has(symbol)
    }

    fn awaits_symbols(&self) -> bool {
        self.source.awaits_symbols()
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        self.source.clock(symbol)
    }

    fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        // The source is asked for no more than it has.
        let depth = self.source.coverage(&key.symbol).depth_at_source(key.grain, key.depth);
        let asked = SeriesKey { depth, ..key.clone() };
        let clock = self.source.clock(&key.symbol);
        // Older bars are from the history of another process, which may have gaps.
        let reach = i64::from(asked.depth.days()).saturating_mul(DAY);
        let since = clock.now().as_second().saturating_sub(reach);
        let known = known.map(|Known { fetched, refreshed }| {
            let bars = fetched.bars.since(since);
            Known { fetched: Fetched { bars, ..fetched }, refreshed }
        });
        let updates = self.source.open(asked, watchers, known.clone());
        let history = self.history.clone();
        let keeper = Keeper::new(self.name(), key, updates, history, clock, self.symbols)
            .knowing(known.as_ref());
        let next = async |mut keeper: Keeper| Some((keeper.next().await?, keeper));
        stream::unfold(keeper, next).boxed()
    }

    fn is_paused(&self) -> Option<bool> {
        self.source.is_paused()
    }

    fn search(&self) -> &dyn Search {
        self.source.search()
    }
}
