//! Dates of an exchange and the seconds at which they begin.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The local date at `ts`, epoch seconds; `None` beyond the calendar's end.
#[must_use]
pub fn date(ts: i64, zone: &TimeZone) -> Option<Date> {
    Some(zone.to_datetime(Timestamp::from_second(ts).ok()?).date())
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
