//! Cutting the drawn window from the end of a series.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bars::Bars;
use crate::market::Hours;
use crate::view::Range;

/// The bars of `range`, counted back from the last bar and not from now: on a Sunday, and in a
/// recording, one day is the last session.
pub fn cut(bars: &Bars, hours: &Hours, range: Range, zone: &TimeZone) -> Bars {
    let Some(last) = bars.last() else {
        return Bars::empty();
    };
    match hours {
        Hours::Continuous { day } => {
            let spacing = bars.times().windows(2).last().map_or(0, |pair| pair[1] - pair[0]);
            bars.since(last.ts - day * i64::from(range.days()) + spacing)
        }
        Hours::Sessions(_) => {
            bars.since(start_of_day(bars, range.days(), zone).unwrap_or(i64::MIN))
        }
    }
}

/// Where each trading day of the series begins, ascending: exchange midnights, or on a market that
/// never closes the multiples of its day.
pub fn day_starts(bars: &Bars, hours: &Hours, zone: &TimeZone) -> Vec<i64> {
    let (Some(first), Some(last)) = (bars.times().first(), bars.last()) else { return Vec::new() };
    match hours {
        Hours::Continuous { day } => {
            let days = first.div_euclid(*day)..=last.ts.div_euclid(*day);
            days.map(|number| number * day).collect()
        }
        Hours::Sessions(_) => {
            let mut starts: Vec<i64> = Vec::new();
            let mut end = bars.len();
            while let Some(midnight) = midnight_before(bars, end, zone) {
                starts.push(midnight);
                end = bars.times().partition_point(|&ts| ts < midnight);
            }
            starts.reverse();
            starts
        }
    }
}

/// The exchange's midnight before the bar that ends `..end`.
fn midnight_before(bars: &Bars, end: usize, zone: &TimeZone) -> Option<i64> {
    let newest = *bars.times().get(end.checked_sub(1)?)?;
    let instant = Timestamp::from_second(newest).ok()?.to_zoned_datetime(zone.clone());
    Some(instant.start_of_day().ok()?.timestamp().as_second())
}

/// Midnight before the last `days` exchange dates that hold a bar.
fn start_of_day(bars: &Bars, days: u16, zone: &TimeZone) -> Option<i64> {
    let mut end = bars.len();
    let mut start = None;
    for _ in 0..days {
        let Some(midnight) = midnight_before(bars, end, zone) else { break };
        start = Some(midnight);
        end = bars.times().partition_point(|&ts| ts < midnight);
    }
    start
}
