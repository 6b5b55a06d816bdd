//! What is pushed in: series of bars and ticks that others send, and that the history keeps.
//!
//! A symbol exists once something was pushed for it; as long as anybody may push, a series of one that does not exist
//! waits for that. An open series is told by the history what has been committed, and reads it from there: what is
//! shown is what stays. Several servers keep what is pushed together, in a place that they share.

mod about;
mod follow;
mod series;
mod store;
mod symbols;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

pub use self::about::{About, AboutError, TradingHours};
use self::follow::Following;
pub use self::store::{NAME, NotJoined, PushStore};
pub use self::symbols::{PushPolicy, Pushed};
use super::coverage::Coverage;
use super::error::SourceError;
use super::key::SeriesKey;
use super::seam::Source;
use super::search::{Listing, Search, SearchQuery};
use super::update::{Known, Update};
use crate::clock::Clock;
use crate::history::KeptSymbol;
use crate::interval::Interval;
use crate::shares::{Client, Holders};
use crate::symbol::Symbol;

impl Source for Pushed {
    fn name(&self) -> &'static str {
        NAME
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        let intervals = self.store.symbol(symbol).map(|kept| kept.intervals);
        let intervals = intervals.filter(|intervals| !intervals.is_empty());
        let Some(intervals) = intervals else { return Coverage::NONE.with_all(Interval::Minute1) };
        intervals.into_iter().fold(Coverage::NONE, Coverage::with_all)
    }

    fn has(&self, symbol: &Symbol) -> bool {
        self.store.symbol(symbol).is_some()
    }

    fn awaits_symbols(&self) -> bool {
        self.awaits()
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Whatever is known of it is read again: that asks nobody else, and a bar of any time may have been corrected
    /// before the series was watched here.
    fn open(
        &self,
        key: SeriesKey,
        _watchers: Arc<Holders>,
        _known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        if !self.has(&key.symbol) && !self.awaits() {
            return stream::iter([Update::NotFound(self.unknown(&key.symbol))]).boxed();
        }
        let following = Following::new(self.clone(), key);
        stream::unfold(following, async |mut following| Some((following.next().await?, following)))
            .boxed()
    }

    fn search(&self) -> &dyn Search {
        self
    }
}

#[async_trait]
impl Search for Pushed {
    async fn find(
        &self,
        query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        let listing = |(symbol, kept): (Symbol, KeptSymbol)| {
            let about = kept.about.as_deref().map(About::from_text).unwrap_or_default();
            Listing { symbol, name: about.name, exchange: None, kind: about.kind }
        };
        Ok(query.find(self.store.symbols().into_iter().map(listing)))
    }
}
