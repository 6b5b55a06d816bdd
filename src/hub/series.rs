//! What passes from a feed to the renderers that draw it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::status::Health;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, SessionNow, SessionState, Timetable};
use crate::source::{Quote, Supply};
use crate::symbol::Symbol;
use crate::view::{Range, Session, View};

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
    /// Which part of the day, where the source tells them apart.
    pub session: Session,
}

impl FeedKey {
    /// The series that a view is drawn from, by what the source can supply.
    pub fn new(view: &View, Supply { grain, depth }: Supply, has_extended: bool) -> Self {
        let session = if has_extended { view.session } else { Session::Regular };
        Self { symbol: view.symbol.clone(), grain, depth, session }
    }

    /// Whether its bars are made while the market is in `state`.
    pub fn trades_in(&self, state: SessionState) -> bool {
        match state {
            SessionState::Open => true,
            SessionState::Pre | SessionState::Post => self.session == Session::Extended,
            SessionState::Lunch | SessionState::Closed => false,
        }
    }

    /// Whether its bars are made in a session; where nobody knows, they may be.
    pub fn is_traded(&self, session: Option<SessionNow>) -> bool {
        session.is_none_or(|session| self.trades_in(session.state))
    }
}

impl fmt::Display for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.symbol, self.grain, self.depth.as_str())?;
        if self.session == Session::Extended { f.write_str(" extended") } else { Ok(()) }
    }
}

/// A series as a feed keeps it: the source's newest answer, its bars and hours joined with those known
/// before.
#[derive(Debug, Clone)]
pub struct Series {
    /// The bars.
    pub bars: Bars,
    /// Whose they are, with the decimals that its prices are shown with.
    pub instrument: Instrument,
    /// Most decimals of its closes.
    pub decimals: Option<u8>,
    /// When they were traded.
    pub hours: Hours,
    /// What the market does at any time.
    pub timetable: Timetable,
    /// What it was doing when that was last looked up.
    pub session: Option<SessionNow>,
    /// The newest price, where it is known apart from the bars and no older than they are.
    pub quote: Option<Quote>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// Newest share split, epoch seconds.
    pub split: Option<i64>,
}

impl Series {
    /// The instant that the newest data speaks of.
    pub fn as_of(&self) -> Option<Timestamp> {
        let last = self.bars.last().and_then(|bar| Timestamp::from_second(bar.ts).ok());
        self.quote.map(|quote| quote.at).or(last)
    }
}

/// The bars of a series that was fetched as bars of `grain`, as bars of `interval`.
pub fn bars_at(series: &Series, grain: Interval, interval: Interval) -> Cow<'_, Bars> {
    if grain == interval {
        return Cow::Borrowed(&series.bars);
    }
    let slots = series.instrument.slots(grain, interval, &series.hours);
    Cow::Owned(series.bars.resample(&slots))
}

/// Whether figures of both would be the same: the instant of a quote alone draws nothing.
pub fn draws_like(one: &Series, other: &Series) -> bool {
    let price = |series: &Series| series.quote.map(|quote| quote.price);
    one.bars == other.bars
        && price(one) == price(other)
        && one.instrument == other.instrument
        && one.session == other.session
        && one.delay == other.delay
        && one.split == other.split
        && one.hours == other.hours
        && one.timetable == other.timetable
}

/// What a feed tells its renderers.
#[derive(Debug, Clone)]
pub struct FeedOutput {
    /// The series, once there is one. The same `Arc` as long as it would draw the same figure.
    pub series: Option<Arc<Series>>,
    /// How the feed is doing.
    pub health: Health,
}

#[cfg(test)]
mod tests {
    use super::{FeedKey, Range, Session, SessionState, Supply, View};
    use crate::interval::Interval;

    #[test]
    fn extended_hours_are_a_series_of_their_own_where_the_source_has_them() {
        let view = |key: &str| key.parse::<View>().expect("valid");
        let (regular, extended) = (view("AAPL"), view("AAPL;session=extended"));
        let supply = Supply { grain: Interval::Minute1, depth: Range::Day5 };
        let key = |view, has_extended| FeedKey::new(view, supply, has_extended);
        assert_eq!(key(&regular, false), key(&extended, false));
        assert_eq!(key(&regular, true), key(&regular, false));
        assert_eq!(key(&extended, true).session, Session::Extended);
        assert_eq!(key(&extended, true).to_string(), "AAPL 1m/5d extended");
    }

    #[test]
    fn bars_of_extended_hours_are_made_before_and_after_the_session_too() {
        use SessionState::{Closed, Lunch, Open, Post, Pre};
        let supply = Supply { grain: Interval::Minute1, depth: Range::Day5 };
        let traded = |key: &str| {
            let key = FeedKey::new(&key.parse().expect("valid"), supply, true);
            [Pre, Open, Lunch, Post, Closed].map(|state| key.trades_in(state))
        };
        assert_eq!(traded("AAPL"), [false, true, false, false, false]);
        assert_eq!(traded("AAPL;session=extended"), [true, true, false, true, false]);
    }
}
