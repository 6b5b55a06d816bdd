//! When the bars of a series were traded, and the trading days that follow from it.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::calendar;
use crate::interval::Interval;

/// A stretch of trading, `start <= t < end`, in epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First second of trading.
    pub start: i64,
    /// First second after it.
    pub end: i64,
}

impl Period {
    /// Whether `ts` lies inside.
    #[must_use]
    pub const fn contains(self, ts: i64) -> bool {
        self.start <= ts && ts < self.end
    }

    /// The date of its trading day: that of its larger part. One that begins in the evening and goes
    /// through midnight, however soon it ends, is of the next day.
    #[must_use]
    pub fn trading_date(self, zone: &TimeZone) -> Option<Date> {
        let first = calendar::date(self.start, zone)?;
        if calendar::date(self.end - 1, zone)? == first {
            return Some(first);
        }
        let middle = self.start + (self.end - self.start) / 2;
        Some(calendar::date(middle, zone)?.max(calendar::date(self.start + EVENING, zone)?))
    }

    /// By how many seconds it begins before the midnight of its trading day; 0 when it does not.
    fn eve(self, zone: &TimeZone) -> i64 {
        let midnight = self.trading_date(zone).and_then(|date| calendar::midnight(date, zone));
        midnight.map_or(0, |midnight| (midnight - self.start).max(0))
    }
}

/// Seconds from five in the afternoon, when the evening begins, to midnight.
pub(super) const EVENING: i64 = 7 * 3_600;

/// When the bars of a series were traded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Stretches of trading, oldest first, as far as they are known; possibly none. Of extended hours
    /// those before and after the regular ones, too.
    Sessions(Vec<Period>),
    /// Never closed. A chart of one day shows the last stretch of `day`.
    Continuous {
        /// Its length in seconds, back from the last bar: 86,400 for a real 24/7 market. Sums of a day,
        /// as of the volume-weighted price, begin with that of the calendar all the same.
        day: i64,
    },
}

impl Hours {
    /// Nothing is known of them.
    pub const UNKNOWN: Self = Self::Sessions(Vec::new());

    /// These hours, as far as they say where bars of `interval` belong. Bars of a day and longer stand at
    /// midnight, when another day's session may be open.
    #[must_use]
    pub const fn of_bars(&self, interval: Interval) -> &Self {
        static UNKNOWN: Hours = Hours::UNKNOWN;
        if interval.is_intraday() { self } else { &UNKNOWN }
    }

    /// The known stretches; none of a market that never closes.
    fn sessions(&self) -> &[Period] {
        match self {
            Self::Sessions(periods) => periods,
            Self::Continuous { .. } => &[],
        }
    }

    /// Whether `ts` lies in a session that is known.
    #[must_use]
    pub fn is_in_session(&self, ts: i64) -> bool {
        match self {
            Self::Continuous { .. } => true,
            Self::Sessions(periods) => session_at(periods, ts).is_some(),
        }
    }

    /// The date of the trading day of `ts`: that of its session, which begins on the evening before
    /// where it goes through the night. Between two sessions it is told by the clock.
    #[must_use]
    pub fn trading_date(&self, ts: i64, zone: &TimeZone) -> Option<Date> {
        let sessions = self.sessions();
        let next = sessions.partition_point(|session| session.start <= ts);
        let (before, after) = (next.checked_sub(1).map(|at| sessions[at]), sessions.get(next));
        if let Some(session) = before.filter(|session| session.contains(ts)) {
            return session.trading_date(zone);
        }
        let eve = before.or(after.copied()).map_or(0, |session| session.eve(zone));
        let date = calendar::date(ts + eve, zone)?;
        let bound =
            |session: Option<Period>| session.and_then(|session| session.trading_date(zone));
        let date = bound(before).map_or(date, |earliest| date.max(earliest));
        Some(bound(after.copied()).map_or(date, |latest| date.min(latest)))
    }

    /// The first second whose trading day is that of `date` or a later one.
    #[must_use]
    pub fn begins(&self, date: Date, zone: &TimeZone) -> Option<i64> {
        let midnight = calendar::midnight(date, zone)?;
        let sessions = self.sessions();
        let next = sessions
            .partition_point(|session| session.trading_date(zone).is_some_and(|day| day < date));
        let (before, after) = (next.checked_sub(1).map(|at| sessions[at]), sessions.get(next));
        let eve = before.or(after.copied()).map_or(0, |session| session.eve(zone));
        let start = before.map_or(midnight - eve, |before| (midnight - eve).max(before.end));
        Some(after.map_or(start, |after| start.min(after.start)))
    }

    /// Where the trading day of `ts` begins: at the exchange's midnight, or, where a session goes through
    /// the night, with the session. Of a market that never closes it is the calendar's day, too.
    #[must_use]
    pub fn day_of(&self, ts: i64, zone: &TimeZone) -> Option<i64> {
        self.begins(self.trading_date(ts, zone)?, zone)
    }

    /// These hours without the sessions that were over before `ts`.
    #[must_use]
    pub fn since(&self, ts: i64) -> Self {
        match self {
            Self::Sessions(periods) => {
                Self::Sessions(periods.iter().filter(|period| period.end > ts).copied().collect())
            }
            Self::Continuous { .. } => self.clone(),
        }
    }

    /// These hours with `newer` laid over their end: a source asked for the tail of a series tells
    /// the sessions of the tail alone, and at times none.
    #[must_use]
    pub fn merge(&self, newer: Self) -> Self {
        match (self, newer) {
            (known, newer) if newer == Self::UNKNOWN => known.clone(),
            (Self::Sessions(known), Self::Sessions(newer)) => {
                let begins = newer.first().map_or(i64::MAX, |period| period.start);
                let before = known.iter().filter(|period| period.end <= begins).copied();
                Self::Sessions(before.chain(newer).collect())
            }
            (_, newer) => newer,
        }
    }
}

/// The one of `sessions`, ascending, that holds `ts`.
pub(super) fn session_at(sessions: &[Period], ts: i64) -> Option<Period> {
    let next = sessions.partition_point(|session| session.start <= ts);
    next.checked_sub(1).map(|at| sessions[at]).filter(|session| session.contains(ts))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{Hours, Period};

    const HOUR: i64 = 3_600;

    fn sessions(periods: &[(i64, i64)]) -> Hours {
        Hours::Sessions(periods.iter().map(|&(start, end)| Period { start, end }).collect())
    }

    #[test]
    fn a_trading_day_begins_at_midnight_or_with_a_session_that_goes_through_it() {
        let day = |hours: &Hours, hour: i64| {
            hours.day_of(hour * HOUR, &TimeZone::UTC).expect("in range") / HOUR
        };
        let stocks = sessions(&[(9 * HOUR, 16 * HOUR), (33 * HOUR, 40 * HOUR)]);
        assert_eq!([10, 20, 34].map(|hour| day(&stocks, hour)), [0, 0, 24]);
        // Before and after the known sessions days begin when theirs do.
        let currencies = sessions(&[(21 * HOUR, 45 * HOUR), (45 * HOUR, 69 * HOUR)]);
        assert_eq!(
            [20, 21, 30, 44, 45, 68, 70].map(|hour| day(&currencies, hour)),
            [-3, 21, 21, 21, 45, 45, 69]
        );
        let never_closed = Hours::Continuous { day: 390 * 60 };
        assert_eq!([5, 23, 24].map(|hour| day(&never_closed, hour)), [0, 0, 24]);
    }

    #[test]
    fn a_session_through_the_night_is_of_the_next_day_on_every_clock() {
        // Sunday 30 August 2026, 17:00 in Chicago, to 16:00 on Monday.
        let start = 1_788_127_200;
        let session = Period { start, end: start + 23 * HOUR };
        for zone in [
            "America/Los_Angeles",
            "America/Chicago",
            "America/New_York",
            "UTC",
            "Europe/London",
            "Asia/Kolkata",
            "Asia/Tokyo",
            "Pacific/Auckland",
        ] {
            let zone = TimeZone::get(zone).expect("bundled");
            let date = session.trading_date(&zone).expect("in range");
            assert_eq!(date.to_string(), "2026-08-31", "{zone:?}");
        }
        // Trading after hours in the evening is of its own day.
        let late = Period { start, end: start + 4 * HOUR };
        let new_york = TimeZone::get("America/New_York").expect("bundled");
        assert_eq!(late.trading_date(&new_york).expect("in range").to_string(), "2026-08-30");
    }

    #[test]
    fn the_sessions_of_a_tail_are_laid_over_the_known_ones() {
        let known = sessions(&[(0, 10), (20, 30), (40, 50)]);
        assert_eq!(known.merge(sessions(&[(40, 45)])), sessions(&[(0, 10), (20, 30), (40, 45)]));
        assert_eq!(known.merge(sessions(&[])), known);
        let continuous = Hours::Continuous { day: 10 };
        assert_eq!(known.merge(continuous.clone()), continuous);
        assert_eq!(continuous.merge(Hours::UNKNOWN), continuous);
        assert_eq!(known.since(30), sessions(&[(40, 50)]));
        assert_eq!(known.since(29), sessions(&[(20, 30), (40, 50)]));
    }

    proptest! {
        #[test]
        fn a_trading_day_begins_before_each_of_its_instants_and_after_those_of_the_day_before(
            opens in 0i64..24, length in 1i64..25, skipped in proptest::collection::vec(any::<bool>(), 12),
            at in -48i64..360, zone in proptest::sample::select(vec!["UTC", "America/New_York", "Asia/Tokyo"]),
        ) {
            let zone = TimeZone::get(zone).expect("bundled");
            let days = (0i64..).zip(&skipped).filter(|(_, skipped)| !**skipped);
            let session = |day: i64| (day * 24 + opens, day * 24 + opens + length);
            // The end of daylight saving time in New York is within.
            let base = 1_793_300_400;
            let periods: Vec<_> = days.map(|(day, _)| session(day))
                .map(|(from, to)| (base + from * HOUR, base + to * HOUR)).collect();
            let (hours, ts) = (sessions(&periods), base + at * HOUR);
            let date = hours.trading_date(ts, &zone).expect("in range");
            let begins = hours.begins(date, &zone).expect("in range");
            prop_assert!(begins <= ts);
            prop_assert!(ts < hours.begins(date.tomorrow().expect("in range"), &zone).expect("in range"));
            prop_assert!(hours.trading_date(begins - 1, &zone).expect("in range") < date);
        }
    }
}
