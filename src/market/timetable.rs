//! What a market is doing at an instant, and until when.

use jiff::Timestamp;
use serde::Serialize;

use super::Period;

/// What the market is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Trading before the regular session.
    Pre,
    /// Regular trading.
    Open,
    /// The break between two parts of a session.
    Lunch,
    /// Trading after the regular session.
    Post,
    /// No trading.
    Closed,
}

/// What the market is doing now, and what it does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SessionNow {
    /// In one word.
    pub state: SessionState,
    /// When that ends; `None` when it does not, or nobody knows.
    pub until: Option<Timestamp>,
    /// What comes then.
    pub next: Option<SessionState>,
}

/// A stretch of a trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// When.
    pub period: Period,
    /// What the market does in it; never [`SessionState::Closed`], which is what lies between.
    pub state: SessionState,
}

/// The phases of an instrument's trading days, past and to come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timetable(Vec<Phase>);

impl Timetable {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(Vec::new());

    /// Phases in any order. Of two that overlap the one that begins first keeps what they share.
    #[must_use]
    pub fn new(mut phases: Vec<Phase>) -> Self {
        phases.sort_by_key(|phase| (phase.period.start, phase.period.end));
        let mut end = i64::MIN;
        phases.retain_mut(|Phase { period, .. }| {
            period.start = period.start.max(end);
            let holds = period.start < period.end;
            if holds {
                end = period.end;
            }
            holds
        });
        Self(phases)
    }

    /// A market that never closes.
    #[must_use]
    pub fn always() -> Self {
        let period = Period { start: i64::MIN, end: i64::MAX };
        Self(vec![Phase { period, state: SessionState::Open }])
    }

    /// The phases, ascending; none overlaps another.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.0
    }

    /// The periods of the phases in one of `states`.
    #[must_use]
    pub fn periods(&self, states: &[SessionState]) -> Vec<Period> {
        let wanted = self.0.iter().filter(|phase| states.contains(&phase.state));
        wanted.map(|phase| phase.period).collect()
    }

    /// This timetable without the phases that were over before `ts`.
    #[must_use]
    pub fn since(&self, ts: i64) -> Self {
        Self(self.0.iter().filter(|phase| phase.period.end > ts).copied().collect())
    }

    /// This timetable with `newer` laid over its end: a source asked for the tail of a series tells
    /// the sessions of the tail alone.
    #[must_use]
    pub fn merge(&self, newer: Self) -> Self {
        let begins = newer.0.first().map_or(i64::MAX, |phase| phase.period.start);
        let before = self.0.iter().filter(|phase| phase.period.end <= begins).copied();
        Self(before.chain(newer.0).collect())
    }

    /// What the market does at `now`, epoch seconds; `None` when nothing is known.
    #[must_use]
    pub fn session_at(&self, now: i64) -> Option<SessionNow> {
        if self.0.is_empty() {
            return None;
        }
        let mut next = self.0.partition_point(|phase| phase.period.start <= now);
        let current = next.checked_sub(1).map(|index| self.0[index]);
        let Some(mut current) = current.filter(|phase| phase.period.contains(now)) else {
            let opens = self.0.get(next);
            return Some(SessionNow {
                state: SessionState::Closed,
                until: opens.and_then(|phase| Timestamp::from_second(phase.period.start).ok()),
                next: opens.map(|phase| phase.state),
            });
        };
        // Days of a market that trades through the night follow each other without a change.
        let mut after = SessionState::Closed;
        while let Some(phase) = self.0.get(next).filter(|p| p.period.start == current.period.end) {
            if phase.state != current.state {
                after = phase.state;
                break;
            }
            (current, next) = (*phase, next + 1);
        }
        let until = Timestamp::from_second(current.period.end).ok();
        Some(SessionNow { state: current.state, until, next: until.map(|_| after) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Period, Phase, SessionNow, SessionState, Timetable};

    fn phase(start: i64, end: i64, state: SessionState) -> Phase {
        Phase { period: Period { start, end }, state }
    }

    /// The state at an instant, the seconds until it ends and the next one.
    fn at(table: &Timetable, now: i64) -> (SessionState, Option<i64>, Option<SessionState>) {
        let SessionNow { state, until, next } = table.session_at(now).expect("known");
        (state, until.map(|at| at.as_second() - now), next)
    }

    #[test]
    fn a_day_goes_from_state_to_state_and_says_what_comes_next() {
        use SessionState::{Closed, Lunch, Open, Post, Pre};
        let table = Timetable::new(vec![
            phase(10, 20, Pre),
            phase(20, 30, Open),
            phase(30, 40, Lunch),
            phase(40, 50, Open),
            phase(50, 60, Post),
            phase(110, 120, Pre),
        ]);
        for (now, state, left, next) in [
            (0, Closed, Some(10), Some(Pre)),
            (10, Pre, Some(10), Some(Open)),
            (19, Pre, Some(1), Some(Open)),
            (20, Open, Some(10), Some(Lunch)),
            (35, Lunch, Some(5), Some(Open)),
            (40, Open, Some(10), Some(Post)),
            (59, Post, Some(1), Some(Closed)),
            (60, Closed, Some(50), Some(Pre)),
            (120, Closed, None, None),
        ] {
            assert_eq!(at(&table, now), (state, left, next), "at {now}");
        }
        assert_eq!(Timetable::UNKNOWN.session_at(5), None);
    }

    #[test]
    fn a_market_that_never_closes_has_no_next_change() {
        assert_eq!(at(&Timetable::always(), 5), (SessionState::Open, None, None));
    }

    #[test]
    fn days_that_follow_each_other_are_one_open_market() {
        let week = (0..5).map(|day| phase(day * 10, day * 10 + 10, SessionState::Open)).collect();
        let next = (SessionState::Open, Some(47), Some(SessionState::Closed));
        assert_eq!(at(&Timetable::new(week), 3), next);
    }

    #[test]
    fn the_phases_of_a_tail_are_laid_over_the_known_ones() {
        let days = |list: &[(i64, i64)]| {
            Timetable::new(list.iter().map(|(s, e)| phase(*s, *e, SessionState::Open)).collect())
        };
        let known = days(&[(0, 10), (20, 30), (40, 50)]);
        assert_eq!(known.merge(days(&[(40, 45)])), days(&[(0, 10), (20, 30), (40, 45)]));
        assert_eq!(known.merge(Timetable::UNKNOWN), known);
        assert_eq!(known.merge(Timetable::always()), Timetable::always());
        assert_eq!(known.since(30), days(&[(40, 50)]));
    }

    proptest! {
        #[test]
        fn phases_never_overlap_whatever_a_source_tells(
            told in proptest::collection::vec((-50i64..50, -5i64..30), 0..20),
        ) {
            let phases = told.iter().map(|(start, length)| phase(*start, start + length, SessionState::Open));
            let table = Timetable::new(phases.collect());
            prop_assert!(table.phases().iter().all(|phase| phase.period.start < phase.period.end));
            prop_assert!(table.phases().windows(2).all(|pair| pair[0].period.end <= pair[1].period.start));
            for now in -60..90 {
                let open = told.iter().any(|(start, length)| (*start..start + length).contains(&now));
                let told = table.session_at(now).map(|session| session.state == SessionState::Open);
                prop_assert_eq!(told.unwrap_or(false), open);
            }
        }
    }
}
