//! What passes from a feed to the renderers that draw it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::status::Health;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, SessionState};
use crate::source::{Quote, Supply};
use crate::symbol::Symbol;
use crate::view::{Range, View};

/// What a feed fetches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeedKey {
    /// Whose bars.
    pub symbol: Symbol,
    /// Length of a bar.
    pub grain: Interval,
    /// How far back. A longer view of a symbol has a feed of its own and not one that grows: neither
    /// makes the other wait, and the price is one more request a poll while both are watched.
    pub depth: Range,
}

impl FeedKey {
    /// The series that a view is drawn from, by what the source can supply.
    pub fn new(view: &View, Supply { grain, depth }: Supply) -> Self {
        Self { symbol: view.symbol.clone(), grain, depth }
    }
}

impl fmt::Display for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.symbol, self.grain, self.depth.as_str())
    }
}

/// A series as last fetched.
#[derive(Debug, PartialEq)]
pub struct Series {
    /// All bars kept.
    pub bars: Bars,
    /// Whose they are.
    pub instrument: Instrument,
    /// When it trades.
    pub hours: Hours,
    /// Newest price, where known apart from the bars.
    pub quote: Option<Quote>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// What the market is doing.
    pub session: Option<SessionState>,
    /// Newest split the source told of.
    pub split: Option<i64>,
}

impl Series {
    /// The bars, fetched as bars of `grain`, as bars of `interval`.
    pub fn at(&self, grain: Interval, interval: Interval) -> Cow<'_, Bars> {
        if grain == interval {
            return Cow::Borrowed(&self.bars);
        }
        Cow::Owned(self.bars.resample(interval, &self.hours, &self.instrument.zone))
    }

    /// Whether a figure of either would be the same: the instant of a quote alone draws nothing.
    pub fn draws_like(&self, other: &Self) -> bool {
        let price = |series: &Self| series.quote.map(|quote| quote.price);
        self.bars == other.bars
            && price(self) == price(other)
            && self.instrument == other.instrument
            && self.session == other.session
            && self.delay == other.delay
            && self.split == other.split
            && self.hours == other.hours
    }
}

/// What a feed tells its renderers.
#[derive(Debug, Clone)]
pub struct FeedState {
    /// The series, once there is one. The same `Arc` as long as it would draw the same figure.
    pub series: Option<Arc<Series>>,
    /// How the feed is doing.
    pub health: Health,
}
