//! Slots: which stretch of time a bar stands for.
//!
//! Slots of minutes and hours are counted from the start of the session, so that an hour of a market
//! that opens at 09:30 begins at 09:30, and no slot reaches out of its session into a break or a
//! night. Where the sessions of a day are not known, and on a market that never closes, they are counted
//! from its local midnight. Days, weeks and months are those of the exchange's trading days: a session
//! through the night is of the day that follows, and a week begins with the first trading day in it.

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::hours::session_at;
use super::{Hours, Period, TradingWeek, calendar};
use crate::interval::{DAY, Interval};

/// The slots of one interval at one exchange.
#[derive(Debug, Clone, Copy)]
pub struct Slots<'a> {
    interval: Interval,
    hours: &'a Hours,
    zone: &'a TimeZone,
    week: Option<&'a TradingWeek>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Where its bar stands. That of a day and longer stands at the midnight of its first date, which is
    /// not where a session through the night begins.
    pub start: i64,
    /// What is traded in it.
    pub period: Period,
}

impl Slot {
    const fn of(period: Period) -> Self {
        Self { start: period.start, period }
    }
}

impl<'a> Slots<'a> {
    /// The slots of `interval` in a market of `hours` in `zone`, with weeks from Monday.
    #[must_use]
    pub const fn new(interval: Interval, hours: &'a Hours, zone: &'a TimeZone) -> Self {
        Self { interval, hours, zone, week: None }
    }

    /// The same with another week.
    #[must_use]
    pub const fn in_weeks(self, week: &'a TradingWeek) -> Self {
        Self { week: Some(week), ..self }
    }

    /// The slot that holds `ts`, in epoch seconds. Slots never overlap and leave no gap.
    #[must_use]
    pub fn at(&self, ts: i64) -> Slot {
        match self.interval {
            Interval::Day1 => self.day(ts),
            Interval::Week1 => {
                self.dates(ts, |date| self.week_of(date)).unwrap_or_else(|| grid(ts, 7 * DAY))
            }
            Interval::Month1 => self.dates(ts, month_of).unwrap_or_else(|| grid(ts, 30 * DAY)),
            _ => {
                let stretch = match (self.hours, self.zone.to_fixed_offset()) {
                    // On a clock that never changes every midnight is on one grid.
                    (Hours::Continuous { .. }, Ok(offset)) => {
                        let start = -i64::from(offset.seconds());
                        Period { start, end: i64::MAX }
                    }
                    _ => self.stretch(ts),
                };
                let slot = grid(ts - stretch.start, self.interval.seconds()).period;
                let start = stretch.start + slot.start;
                Slot::of(Period { start, end: (stretch.start + slot.end).min(stretch.end) })
            }
        }
    }

    /// Whether `ts` lies in a session that is known.
    #[must_use]
    pub fn is_in_session(&self, ts: i64) -> bool {
        self.hours.is_in_session(ts)
    }

    /// The session that holds `ts`; else what lies between two, within the local day.
    fn stretch(&self, ts: i64) -> Period {
        let midnights = || {
            let date = calendar::date(ts, self.zone)?;
            let next = date.tomorrow().ok()?;
            let midnight = |date| calendar::midnight(date, self.zone);
            Some(Period { start: midnight(date)?, end: midnight(next)? })
        };
        let day = || midnights().unwrap_or_else(|| grid(ts, DAY).period);
        let Hours::Sessions(periods) = self.hours else {
            return day();
        };
        session_at(periods, ts).unwrap_or_else(|| {
            let (day, next) = (day(), periods.partition_point(|period| period.start <= ts));
            let before = next.checked_sub(1).map(|index| periods[index]);
            Period {
                start: before.map_or(day.start, |period| period.end.max(day.start)),
                end: periods.get(next).map_or(day.end, |period| period.start.min(day.end)),
            }
        })
    }

    fn day(&self, ts: i64) -> Slot {
        let next = |date: Date| Some([date, date.tomorrow().ok()?]);
        self.dates(ts, next).unwrap_or_else(|| grid(ts, DAY))
    }

    /// From one trading day to another, both told by that of `ts`; `None` beyond the calendar's end.
    fn dates(&self, ts: i64, bounds: impl Fn(Date) -> Option<[Date; 2]>) -> Option<Slot> {
        let [first, next] = bounds(self.hours.trading_date(ts, self.zone)?)?;
        let begins = |date| self.hours.begins(date, self.zone);
        let period = Period { start: begins(first)?, end: begins(next)? };
        Some(Slot { start: calendar::midnight(first, self.zone)?, period })
    }

    fn week_of(&self, date: Date) -> Option<[Date; 2]> {
        match self.week {
            Some(week) => week.around(date),
            None => TradingWeek::default().around(date),
        }
    }
}

fn month_of(date: Date) -> Option<[Date; 2]> {
    let first = date.first_of_month();
    Some([first, first.checked_add(Span::new().months(1)).ok()?])
}

/// The slot of `ts` when slots of `seconds` are counted from 0.
const fn grid(ts: i64, seconds: i64) -> Slot {
    let start = ts - ts.rem_euclid(seconds);
    Slot::of(Period { start, end: start + seconds })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::Slots;
    use crate::interval::{DAY, Interval};
    use crate::market::{Hours, Period};

    fn ts(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_second()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("in the bundled database")
    }

    /// Start and end of the slot in the zone's clock.
    fn slot(interval: Interval, hours: &Hours, name: &str, at: &str) -> (String, String) {
        let zone = zone(name);
        let slot = Slots::new(interval, hours, &zone).at(ts(at)).period;
        let text = |ts| {
            let at = Timestamp::from_second(ts).expect("in range");
            zone.to_datetime(at).strftime("%m-%d %H:%M").to_string()
        };
        (text(slot.start), text(slot.end))
    }

    fn pair(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn an_hour_of_a_market_that_opens_at_half_past_nine_begins_at_half_past_nine() {
        let (start, end) = (ts("2026-08-31T13:30:00Z"), ts("2026-08-31T20:00:00Z"));
        let hours = Hours::Sessions(vec![Period { start, end }]);
        let hour = |at| slot(Interval::Hour1, &hours, "America/New_York", at);
        assert_eq!(hour("2026-08-31T13:30:00Z"), pair("08-31 09:30", "08-31 10:30"));
        assert_eq!(hour("2026-08-31T14:29:59Z"), pair("08-31 09:30", "08-31 10:30"));
        assert_eq!(hour("2026-08-31T19:59:00Z"), pair("08-31 15:30", "08-31 16:00"));
        // After the close and before the open, on the same day and on one that is not known.
        assert_eq!(hour("2026-08-31T20:00:00Z"), pair("08-31 16:00", "08-31 17:00"));
        assert_eq!(hour("2026-08-31T13:10:00Z"), pair("08-31 09:00", "08-31 09:30"));
        assert_eq!(hour("2026-09-01T13:30:00Z"), pair("09-01 09:00", "09-01 10:00"));
    }

    #[test]
    fn no_slot_reaches_into_the_lunch_break() {
        let morning = Period { start: ts("2026-08-31T00:00:00Z"), end: ts("2026-08-31T02:30:00Z") };
        let noon = Period { start: ts("2026-08-31T03:30:00Z"), end: ts("2026-08-31T06:30:00Z") };
        let hours = Hours::Sessions(vec![morning, noon]);
        let hour = |at| slot(Interval::Hour1, &hours, "Asia/Tokyo", at);
        assert_eq!(hour("2026-08-31T02:15:00Z"), pair("08-31 11:00", "08-31 11:30"));
        assert_eq!(hour("2026-08-31T03:00:00Z"), pair("08-31 11:30", "08-31 12:30"));
        assert_eq!(hour("2026-08-31T03:30:00Z"), pair("08-31 12:30", "08-31 13:30"));
    }

    #[test]
    fn days_weeks_and_months_are_those_of_the_exchanges_calendar() {
        let hours = Hours::Continuous { day: DAY };
        let at = |interval, at| slot(interval, &hours, "America/New_York", at);
        // 2026-11-01 has 25 hours in New York; at 03:30 UTC on the 2nd it is still the 1st there.
        let late = "2026-11-02T03:30:00Z";
        assert_eq!(at(Interval::Day1, late), pair("11-01 00:00", "11-02 00:00"));
        assert_eq!(at(Interval::Week1, late), pair("10-26 00:00", "11-02 00:00"));
        assert_eq!(at(Interval::Month1, late), pair("11-01 00:00", "12-01 00:00"));
        assert_eq!(at(Interval::Hour1, late), pair("11-01 22:00", "11-01 23:00"));
    }

    #[test]
    fn a_day_without_a_midnight_starts_when_clocks_have_gone_forward() {
        let hours = Hours::Sessions(Vec::new());
        let day = slot(Interval::Day1, &hours, "Asia/Beirut", "2026-03-29T10:00:00Z");
        assert_eq!(day, pair("03-29 01:00", "03-30 00:00"));
    }

    proptest! {
        #[test]
        fn a_slot_holds_its_instant_and_every_instant_of_it_has_the_same_slot(
            edges in proptest::collection::btree_set(0i64..4_000, 0..12),
            at in -1_000i64..5_000,
            share in 0.0f64..1.0,
            interval in proptest::sample::select(Interval::ALL.to_vec()),
        ) {
            let edges: Vec<i64> = edges.into_iter().map(|edge| 1_793_000_000 + edge * 300).collect();
            let periods = edges.chunks_exact(2).map(|e| Period { start: e[0], end: e[1] }).collect();
            let (hours, zone) = (Hours::Sessions(periods), zone("America/New_York"));
            let slots = Slots::new(interval, &hours, &zone);
            let slot = slots.at(1_793_000_000 + at * 300);
            let period = slot.period;
            prop_assert!(period.contains(1_793_000_000 + at * 300));
            let length = i32::try_from(period.end - period.start).expect("short");
            #[expect(clippy::cast_possible_truncation, reason = "seconds of a month")]
            let other = period.start + (f64::from(length) * share) as i64;
            prop_assert_eq!(slots.at(other), slot);
        }

        #[test]
        fn no_instant_is_out_of_reach(ts: i64, interval in proptest::sample::select(Interval::ALL.to_vec())) {
            let ts = ts / 4;
            for hours in [Hours::Continuous { day: DAY }, Hours::Sessions(Vec::new())] {
                prop_assert!(Slots::new(interval, &hours, &TimeZone::UTC).at(ts).period.contains(ts));
            }
        }
    }
}
