//! Cutting the drawn window from the end of a series.

use jiff::tz::TimeZone;

use super::Scene;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, calendar};
use crate::view::{Chart, MAX_BARS, Range};

/// Of `bars` of `interval` those in the range of the scene's view, counted back from the last bar and not
/// from now: on a Sunday, and in a recording, one day is the last session. No more than [`MAX_BARS`].
pub fn cut(bars: &Bars, scene: &Scene<'_>, interval: Interval) -> Bars {
    let (hours, zone) = (scene.hours, &scene.instrument.zone);
    let Some(last) = bars.last() else {
        return Bars::empty();
    };
    let start = match (scene.view.range, hours) {
        (Range::Max, _) => None,
        (Range::Day1, _) => sessions(bars, 1, hours, interval, zone),
        (Range::Day5, _) => sessions(bars, 5, hours, interval, zone),
        (Range::YearToDate, _) => calendar::date(last.ts, zone)
            .and_then(|date| calendar::midnight(date.first_of_year(), zone)),
        (range, _) => {
            range.months().and_then(|months| calendar::months_before(last.ts, months, zone))
        }
    };
    let bound = bars.len().checked_sub(MAX_BARS).and_then(|index| bars.times().get(index).copied());
    bars.since(start.max(bound).unwrap_or(i64::MIN))
}

/// The start of the last `days` sessions; on a market that never closes, of as many days back from
/// the last bar, unless a bar is a day itself.
fn sessions(
    bars: &Bars,
    days: u16,
    hours: &Hours,
    interval: Interval,
    zone: &TimeZone,
) -> Option<i64> {
    match hours {
        Hours::Continuous { day } if interval.is_intraday() => {
            Some(bars.last()?.ts - day * i64::from(days) + interval.seconds())
        }
        _ => days_back(bars, hours.of_bars(interval), zone).take(usize::from(days)).last(),
    }
}

/// Where each trading day of the series begins, ascending.
pub fn day_starts(bars: &Bars, hours: &Hours, zone: &TimeZone) -> Vec<i64> {
    let mut starts: Vec<i64> = days_back(bars, hours, zone).collect();
    starts.reverse();
    starts
}

/// The beginnings of the trading days that hold a bar, newest first.
fn days_back(bars: &Bars, hours: &Hours, zone: &TimeZone) -> impl Iterator<Item = i64> {
    let mut end = bars.len();
    std::iter::from_fn(move || {
        let newest = *bars.times().get(end.checked_sub(1)?)?;
        let start = hours.day_of(newest, zone)?;
        end = bars.times().partition_point(|&ts| ts < start);
        Some(start)
    })
}

/// The view's window of `series`, bars of `interval`, as its chart shows bars.
pub fn shown(scene: &Scene<'_>, series: &Bars, interval: Interval) -> Bars {
    match scene.view.chart {
        Chart::HeikinAshi => cut(&series.heikin_ashi(), scene, interval),
        _ => cut(series, scene, interval),
    }
}
