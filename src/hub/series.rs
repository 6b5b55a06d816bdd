//! What passes from a feed to the renderers that draw it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::status::Health;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, SessionState};
use crate::source::Quote;
use crate::symbol::Symbol;
use crate::view::View;

/// What a feed fetches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeedKey {
    /// Whose bars.
    pub symbol: Symbol,
    /// Length of a bar.
    pub grain: Interval,
}

impl FeedKey {
    /// The series that a view is drawn from.
    pub fn of(view: &View) -> Self {
        Self { symbol: view.symbol.clone(), grain: view.interval }
    }
}

impl fmt::Display for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.symbol, self.grain)
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
