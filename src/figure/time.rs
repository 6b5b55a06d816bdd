//! Instants as the x axis shows them: exchange-local ISO 8601 with offset.
//!
//! plotly.js draws numbers in the browser's zone and ignores the offset of a string, so a local
//! string shows the exchange's clock everywhere and its offset still carries the instant. Bars of a
//! day and longer stand at plain dates: no zone can shift them.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

use crate::interval::Interval;

/// A clock change between two bars closer than this happened while the market traded.
const TRADED_THROUGH: i64 = 6 * 3600;

/// The clock that a figure's x axis follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    zone: TimeZone,
    interval: Interval,
    /// The one offset of the whole window, when there is only one.
    fixed: Option<Offset>,
    /// Length of a stamp: the whole, or the date alone.
    shown: usize,
}

impl Axis {
    /// The exchange's clock; or UTC when the market trades through a change of it, because the
    /// hour that repeats would be drawn twice at one place.
    pub fn of(times: &[i64], zone: &TimeZone, interval: Interval) -> Self {
        let local = Self { zone: zone.clone(), interval, fixed: None, shown: STAMP };
        if !interval.is_intraday() {
            return Self { shown: DATE, ..local };
        }
        let offset = |ts: i64| instant(ts).map(|at| zone.to_offset(at));
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
            return local;
        };
        // Offsets change for months at a time; in a window of days equal ends mean one offset
        // throughout.
        if last - first < 30 * 86_400 && offset(first) == offset(last) {
            return Self { fixed: offset(first), ..local };
        }
        let traded_through = times
            .windows(2)
            .any(|pair| pair[1] - pair[0] < TRADED_THROUGH && offset(pair[0]) != offset(pair[1]));
        if traded_through { Self { fixed: Some(Offset::UTC), ..local } } else { local }
    }

    /// The offset at `ts`.
    fn offset(&self, ts: i64) -> Offset {
        self.fixed.or_else(|| instant(ts).map(|at| self.zone.to_offset(at))).unwrap_or(Offset::UTC)
    }

    /// `ts` as a string of the axis.
    pub fn stamp(&self, ts: i64) -> Stamp {
        let stamp = Stamp::new(ts, self.offset(ts));
        Stamp { shown: stamp.shown.min(self.shown), ..stamp }
    }

    /// What the axis's clock shows at `ts`.
    pub fn wall(&self, ts: i64) -> DateTime {
        self.offset(ts).to_datetime(instant(ts).unwrap_or_default())
    }

    /// How long the bars on it are.
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The exchange's zone, which is not always the axis's.
    pub const fn exchange(&self) -> &TimeZone {
        &self.zone
    }
}

fn instant(ts: i64) -> Option<Timestamp> {
    Timestamp::from_second(ts).ok()
}

/// Lengths of `2026-08-31T09:30:00-04:00`, of the same in UTC, and of its date.
const STAMP: usize = 25;
const UTC_STAMP: usize = 20;
const DATE: usize = 10;

/// `2026-08-31T09:30:00-04:00`, `2026-08-31T13:30:00Z` or `2026-08-31`, without an allocation.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    text: [u8; STAMP],
    shown: usize,
}

impl Stamp {
    fn new(ts: i64, offset: Offset) -> Self {
        let local = offset.to_datetime(instant(ts).unwrap_or_default());
        let mut text = *b"0000-00-00T00:00:00+00:00";
        let year = i64::from(local.year());
        put(&mut text[0..2], year / 100);
        put(&mut text[2..4], year % 100);
        put(&mut text[5..7], i64::from(local.month()));
        put(&mut text[8..10], i64::from(local.day()));
        put(&mut text[11..13], i64::from(local.hour()));
        put(&mut text[14..16], i64::from(local.minute()));
        put(&mut text[17..19], i64::from(local.second()));
        let minutes = i64::from(offset.seconds()) / 60;
        if minutes == 0 {
            text[19] = b'Z';
            return Self { text, shown: UTC_STAMP };
        }
        if minutes < 0 {
            text[19] = b'-';
        }
        put(&mut text[20..22], minutes.abs() / 60);
        put(&mut text[23..25], minutes.abs() % 60);
        Self { text, shown: STAMP }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.shown])
            .expect("only ASCII digits and signs are written")
    }
}

/// Two decimal digits.
fn put(to: &mut [u8], value: i64) {
    let digit = |value: i64| b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0);
    to[0] = digit(value / 10);
    to[1] = digit(value);
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A column of instants, which are strings of an axis.
pub struct Stamps<'a> {
    axis: &'a Axis,
    times: Cow<'a, [i64]>,
}

impl<'a> Stamps<'a> {
    /// Times on an axis.
    pub fn of(axis: &'a Axis, times: impl Into<Cow<'a, [i64]>>) -> Self {
        Self { axis, times: times.into() }
    }

    /// The times.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Their axis.
    pub const fn axis(&self) -> &'a Axis {
        self.axis
    }

    /// Writes the strings from the index `from` on, as they stand in a list.
    pub fn write(&self, from: usize, out: &mut Vec<u8>) {
        for (index, ts) in self.times.iter().enumerate().skip(from) {
            out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
            out.extend_from_slice(self.axis.stamp(*ts).as_str().as_bytes());
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Interval, Offset, Stamp, TimeZone};
    use proptest::prelude::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("in the bundled database")
    }

    #[test]
    fn a_stamp_shows_the_exchange_clock_and_carries_the_instant() {
        let axis = Axis::of(&[1_787_923_800], &zone("America/New_York"), Interval::Minute1);
        assert_eq!(axis.stamp(1_787_923_800).as_str(), "2026-08-28T09:30:00-04:00");
        let kolkata = Axis::of(&[1_787_888_700], &zone("Asia/Kolkata"), Interval::Minute1);
        assert_eq!(kolkata.stamp(1_787_888_700).as_str(), "2026-08-28T09:15:00+05:30");
    }

    #[test]
    fn a_clock_change_over_a_closed_weekend_keeps_the_exchange_clock() {
        // Friday 2026-10-30 15:59 EDT, Monday 2026-11-02 09:30 EST.
        let times = [1_793_390_340, 1_793_629_800];
        let axis = Axis::of(&times, &zone("America/New_York"), Interval::Minute1);
        assert_eq!(axis.stamp(times[0]).as_str(), "2026-10-30T15:59:00-04:00");
        assert_eq!(axis.stamp(times[1]).as_str(), "2026-11-02T09:30:00-05:00");
    }

    #[test]
    fn a_market_that_trades_through_the_clock_change_is_drawn_in_utc() {
        // 2026-11-01 01:59 EDT and a minute later, 01:00 EST.
        let times = [1_793_512_740, 1_793_512_800];
        let axis = Axis::of(&times, &zone("America/New_York"), Interval::Minute1);
        assert_eq!(axis.stamp(times[0]).as_str(), "2026-11-01T05:59:00Z");
        assert_eq!(axis.stamp(times[1]).as_str(), "2026-11-01T06:00:00Z");
    }

    #[test]
    fn a_day_is_a_date_in_every_zone() {
        for (name, midnight) in [
            ("America/New_York", 1_788_148_800),
            ("Asia/Tokyo", 1_788_102_000),
            ("Pacific/Auckland", 1_788_091_200),
        ] {
            let axis = Axis::of(&[midnight], &zone(name), Interval::Day1);
            assert_eq!(axis.stamp(midnight).as_str(), "2026-08-31", "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_stamp_parses_back_to_its_instant(ts in 0i64..4_000_000_000, minutes in -720i32..=840) {
            let offset = Offset::from_seconds(minutes * 60).expect("within a day");
            let parsed: jiff::Timestamp = Stamp::new(ts, offset).as_str().parse().expect("RFC 3339");
            prop_assert_eq!(parsed.as_second(), ts);
        }
    }
}
