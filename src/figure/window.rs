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

/// Midnight before the last `days` exchange dates that hold a bar.
fn start_of_day(bars: &Bars, days: u16, zone: &TimeZone) -> Option<i64> {
    let times = bars.times();
    let mut end = times.len();
    let mut start = None;
    for _ in 0..days {
        let Some(&newest) = times.get(end.wrapping_sub(1)) else {
            break;
        };
        let instant = Timestamp::from_second(newest).ok()?;
        let midnight =
            instant.to_zoned_datetime(zone.clone()).start_of_day().ok()?.timestamp().as_second();
        start = Some(midnight);
        end = times.partition_point(|&ts| ts < midnight);
    }
    start
}
