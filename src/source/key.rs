//! Which series a source is asked for.

use std::fmt;

use crate::interval::Interval;
use crate::market::{SessionNow, SessionState};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

/// How far past now a bar may begin, in intervals: clocks differ, and bars start ahead of them.
const INTERVALS_AHEAD: i64 = 2;

/// Names one series: the bars of a symbol at one interval, as far back as its views need.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeriesKey {
    /// The symbol whose bars they are.
    pub symbol: Symbol,
    /// Length of a bar.
    pub grain: Interval,
    /// How far back. A longer view of a symbol has a series of its own and not one that grows: neither
    /// makes the other wait, and the price is one more request per poll while both are watched.
    pub depth: Range,
    /// Which part of the day, where the source tells them apart.
    pub session: Session,
}

impl SeriesKey {
    /// Whether its bars are made while the market is in `state`.
    #[must_use]
    pub fn trades_in(&self, state: SessionState) -> bool {
        match state {
            SessionState::Open => true,
            SessionState::Pre | SessionState::Post => self.session == Session::Extended,
            SessionState::Lunch | SessionState::Closed => false,
        }
    }

    /// Whether its bars are made in a session; where the timetable is unknown, they may be.
    #[must_use]
    pub fn is_traded(&self, session: Option<SessionNow>) -> bool {
        session.is_none_or(|session| self.trades_in(session.state))
    }

    /// The first epoch second at which no bar is believed to begin yet, when it is `now` at the source.
    #[must_use]
    pub fn horizon(&self, now: i64) -> i64 {
        now.saturating_add(INTERVALS_AHEAD * self.grain.seconds() + 1)
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.symbol, self.grain, self.depth.as_str())?;
        if self.session == Session::Extended { f.write_str(" extended") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Range, SeriesKey, Session, SessionState, Symbol};

    fn key(session: Session) -> SeriesKey {
        let symbol = Symbol::parse("AAPL").expect("valid");
        SeriesKey { symbol, grain: Interval::Minute1, depth: Range::Day5, session }
    }

    #[test]
    fn bars_of_extended_hours_are_made_before_and_after_the_session_too() {
        use SessionState::{Closed, Lunch, Open, Post, Pre};
        let traded = |session| {
            let key = key(session);
            [Pre, Open, Lunch, Post, Closed].map(|state| key.trades_in(state))
        };
        assert_eq!(traded(Session::Regular), [false, true, false, false, false]);
        assert_eq!(traded(Session::Extended), [true, true, false, true, false]);
    }

    #[test]
    fn a_key_reads_as_the_series_that_it_names() {
        assert_eq!(key(Session::Regular).to_string(), "AAPL 1m/5d");
        assert_eq!(key(Session::Extended).to_string(), "AAPL 1m/5d extended");
    }

    #[test]
    fn a_bar_may_begin_two_intervals_ahead_and_no_later() {
        assert_eq!(key(Session::Regular).horizon(1_000), 1_000 + 120 + 1);
        assert_eq!(key(Session::Regular).horizon(i64::MAX), i64::MAX);
    }
}
