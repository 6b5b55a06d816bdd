//! The seam between the world and the hub: a source is what can be opened for a series and says what is new
//! of it.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::coverage::Coverage;
use super::key::SeriesKey;
use super::search::Search;
use super::update::{Known, Update};
use crate::clock::Clock;
use crate::shares::Holders;
use crate::symbol::Symbol;

/// A provider of series.
pub trait Source: Debug + Send + Sync {
    /// Name used in the configuration, figures and logs.
    fn name(&self) -> &'static str;

    /// Which bars of a symbol there are, and how far back. A symbol that does not exist has whatever
    /// others have: that it does not is an [update](Update::NotFound).
    fn coverage(&self, symbol: &Symbol) -> Coverage;

    /// Whether there is such a symbol, as far as nobody has to be asked for that.
    fn has(&self, _symbol: &Symbol) -> bool {
        true
    }

    /// Whether a symbol that there is not may come to be at any moment. Its series is opened and waits, and nobody
    /// remembers that there was no such symbol.
    fn awaits_symbols(&self) -> bool {
        false
    }

    /// The clock that a symbol lives by: a recording has a time of its own.
    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock>;

    /// Opens a series for the clients that hold `watchers`, those that join later included. The first bars
    /// are a [`Whole`](Update::Whole), perhaps after those that were [`Kept`](Update::Kept). Of a series that is `known`
    /// already they may be a [`Tail`](Update::Tail). Dropping the stream closes the series; it ends by itself only after
    /// [`NotFound`](Update::NotFound).
    fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: Option<Known>,
    ) -> BoxStream<'static, Update>;

    /// Whether all requests to it pause, because it refused one; none where nobody is asked who could.
    fn is_paused(&self) -> Option<bool> {
        None
    }

    /// How its symbols are found.
    fn search(&self) -> &dyn Search;
}
