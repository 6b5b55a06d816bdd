//! Dates of an exchange and the seconds at which they begin.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// What the clocks of `zone` show at `ts`, epoch seconds; `None` beyond the calendar's end.
#[must_use]
pub fn wall(ts: i64, zone: &TimeZone) -> Option<DateTime> {
    Some(zone.to_datetime(Timestamp::from_second(ts).ok()?))
}

/// The local date at `ts`, epoch seconds; `None` beyond the calendar's end.
#[must_use]
pub fn date(ts: i64, zone: &TimeZone) -> Option<Date> {
    Some(wall(ts, zone)?.date())
}

/// The first second of a date. Where clocks go forward at midnight, it starts when they have.
#[must_use]
pub fn midnight(date: Date, zone: &TimeZone) -> Option<i64> {
    let start = zone.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
    Some(start.as_second())
}

/// The first second of the date that many months before that of `ts`. Of a month that is too short
/// the last day.
#[must_use]
pub fn months_before(ts: i64, months: u16, zone: &TimeZone) -> Option<i64> {
    midnight(date(ts, zone)?.checked_sub(Span::new().months(months)).ok()?, zone)
}

/// Seconds that a clock on the wall shows since midnight at `ts`; 0 beyond the calendar's end.
#[must_use]
pub fn second_of_day(ts: i64, zone: &TimeZone) -> i64 {
    wall(ts, zone).map_or(0, |wall| {
        let (hour, minute) = (i64::from(wall.hour()), i64::from(wall.minute()));
        hour * 3_600 + minute * 60 + i64::from(wall.second())
    })
}

/// When a clock on the wall shows so many seconds since the midnight of `date`.
#[must_use]
pub fn at(date: Date, second: i64, zone: &TimeZone) -> Option<i64> {
    let wall = date.to_datetime(Time::midnight()).checked_add(Span::new().seconds(second)).ok()?;
    Some(zone.to_timestamp(wall).ok()?.as_second())
}
