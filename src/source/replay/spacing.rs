//! The length of a recording's bars, by the times at which they stand.
//!
//! A thin share has no bar in most of its minutes, so the commonest distance says little: bars are of the
//! longest interval on whose grid all of them stand. One or two may stand beside it, which is told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::FileProblem;
use crate::interval::{DAY, Interval};
use crate::market::calendar;

const MINUTE: i64 = 60;
/// Clocks change by an hour, so that days are 23 to 25 hours apart.
const NEAR: i64 = 3_600;
/// Bars beside the grid that are taken for strays, and of how many at least.
pub(super) const STRAYS: usize = 2;
const AMONG: usize = 50;

/// The length of bars and how many of them stand beside its grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spacing {
    pub(super) interval: Interval,
    pub(super) strays: usize,
}

/// The spacing of bars at these epoch seconds, ascending and unique; `are_dates` says that they were
/// written without a time of day.
///
/// # Errors
/// [`FileProblem::Spacing`] when no chart has such bars.
pub(super) fn spacing(
    times: &[i64],
    are_dates: bool,
    zone: &TimeZone,
) -> Result<Spacing, FileProblem> {
    let gaps: Vec<i64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    let exact = |interval| Ok(Spacing { interval, strays: 0 });
    if gaps.is_empty() {
        return exact(if are_dates { Interval::Day1 } else { Interval::Minute1 });
    }
    if are_dates || are_days(&gaps) {
        return exact(of_dates(times, zone));
    }
    let minutes = minutes(times, &gaps)?;
    let grids = Interval::ALL.into_iter().rev().filter(|interval| interval.is_intraday());
    let fitting = grids.filter_map(|interval| {
        let strays = strays(&minutes, interval.seconds() / MINUTE, zone)?;
        Some(Spacing { interval, strays })
    });
    let unfit =
        || FileProblem::Spacing { seconds: most_frequent(gaps.iter().copied()).unwrap_or(0) };
    fitting.into_iter().next().ok_or_else(unfit)
}

/// Whether bars are whole days apart. The last one may be of today, at the time of the last trade.
fn are_days(gaps: &[i64]) -> bool {
    let is_day = |gap: &i64| *gap >= DAY - NEAR && (gap + NEAR).rem_euclid(DAY) <= 2 * NEAR;
    let odd = gaps.iter().filter(|gap| !is_day(gap)).count();
    let last_alone = gaps.len() > 2 && odd == 1 && gaps.last().is_some_and(|gap| !is_day(gap));
    odd == 0 || last_alone || (odd <= STRAYS && gaps.len() >= AMONG)
}

/// Days, unless dates are a week or a month apart.
fn of_dates(times: &[i64], zone: &TimeZone) -> Interval {
    let dates: Vec<_> = times.iter().filter_map(|ts| calendar::date(*ts, zone)).collect();
    let pairs = || dates.windows(2);
    let months = pairs().map(|two| {
        let month = |date: jiff::civil::Date| i32::from(date.year()) * 12 + i32::from(date.month());
        month(two[1]) - month(two[0])
    });
    let days: Vec<i64> =
        times.windows(2).map(|two| (two[1] - two[0] + DAY / 2).div_euclid(DAY)).collect();
    let most = |count: usize| count * 5 >= days.len() * 3;
    let count = |of: &dyn Fn(i64) -> bool| days.iter().filter(|days| of(**days)).count();
    let apart = |least: i64| days.iter().all(|days| *days >= least);
    if apart(25)
        && months.clone().all(|months| months >= 1)
        && most(months.filter(|m| *m == 1).count())
    {
        Interval::Month1
    } else if apart(5)
        && most(count(&|days| (6..=8).contains(&days)))
        && count(&|days| days == 7) * 2 >= days.len()
    {
        Interval::Week1
    } else {
        Interval::Day1
    }
}

/// The minutes since the epoch at which bars stand, as most of them do within their minute: some
/// programs stamp the last second. Without the few that do not, such as the last one of a live recording.
fn minutes(times: &[i64], gaps: &[i64]) -> Result<Vec<i64>, FileProblem> {
    let usual = most_frequent(times.iter().map(|ts| ts.rem_euclid(MINUTE))).unwrap_or(0);
    let off = |ts: &i64| {
        let off = (ts - usual).rem_euclid(MINUTE);
        off.min(MINUTE - off)
    };
    let minutes: Vec<i64> = times
        .iter()
        .filter(|ts| off(ts) <= 1)
        .map(|ts| (ts - usual + 1).div_euclid(MINUTE) + i64::from(usual == MINUTE - 1))
        .collect();
    if (times.len() - minutes.len()) * 4 > times.len() {
        let seconds = most_frequent(gaps.iter().copied()).unwrap_or(0);
        return Err(FileProblem::Spacing { seconds });
    }
    Ok(minutes)
}

/// How many of `minutes` stand beside a grid of `length` minutes; `None` if they are too many. The grid
/// is that of the clock in UTC or in `zone`, and may start again after a break in the middle of the day.
fn strays(minutes: &[i64], length: i64, zone: &TimeZone) -> Option<usize> {
    let allowed = if minutes.len() >= AMONG { STRAYS } else { 0 };
    let local = |minute: &i64| {
        Timestamp::from_second(minute * MINUTE).map_or(*minute, |at| {
            let wall = zone.to_datetime(at);
            i64::from(wall.hour()) * 60 + i64::from(wall.minute())
        })
    };
    let clocks = [minutes.to_vec(), minutes.iter().map(local).collect()];
    let beside = |clock: &Vec<i64>| {
        let mut places = BTreeMap::<i64, usize>::new();
        for minute in clock {
            *places.entry(minute.rem_euclid(length)).or_default() += 1;
        }
        let usual = places.values().max().copied().unwrap_or(0);
        let last_alone = minutes.len() > 3 && {
            let place = clock.last().map(|minute| minute.rem_euclid(length));
            place.is_some_and(|place| places[&place] == 1)
                && minutes.windows(2).last().is_some_and(|two| two[1] - two[0] < length)
        };
        let strays = minutes.len() - usual;
        if strays <= allowed.max(usize::from(last_alone)) {
            return Some(strays);
        }
        parted(minutes, clock, length, &places).then_some(0)
    };
    clocks.iter().filter_map(beside).min()
}

/// Whether a break parts each day into two grids: all bars before it stand on one, all after it on the
/// other, on two days at least, and no two bars of a day are closer than the grid.
fn parted(minutes: &[i64], clock: &[i64], length: i64, places: &BTreeMap<i64, usize>) -> bool {
    let [one, other] = *places.keys().copied().collect::<Vec<_>>() else { return false };
    let span = |place: i64| {
        let times = clock.iter().filter(|minute| minute.rem_euclid(length) == place);
        let times = times.map(|minute| minute.rem_euclid(DAY / MINUTE));
        (times.clone().min(), times.max())
    };
    let ((start, end), (next_start, next_end)) = (span(one), span(other));
    let is_parted = end < next_start || next_end < start;
    let is_wide = minutes.windows(2).all(|two| two[1] - two[0] >= length);
    // A grid of a few bars is no grid.
    let on =
        |place: i64| minutes.iter().zip(clock).filter(move |(_, c)| c.rem_euclid(length) == place);
    let days = |place: i64| {
        on(place).map(|(minute, _)| minute.div_euclid(DAY / MINUTE)).collect::<BTreeSet<_>>().len()
    };
    let is_grid = |place: i64| days(place) > 1 && on(place).count() > days(place);
    is_parted && is_wide && is_grid(one) && is_grid(other)
}

/// The value that comes most often; of two as frequent the lesser.
pub(super) fn most_frequent(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts = BTreeMap::<i64, usize>::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    // `max_by_key` keeps the last of equals, hence the reversal.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{Spacing, spacing};
    use crate::interval::{DAY, Interval};

    /// 2 Oct 2024, 13:30 UTC.
    const OPEN: i64 = 1_727_875_800;

    fn told(times: impl IntoIterator<Item = i64>) -> String {
        zoned(times, false, "UTC")
    }

    fn zoned(times: impl IntoIterator<Item = i64>, are_dates: bool, zone: &str) -> String {
        let times: Vec<i64> = times.into_iter().map(|ts| OPEN + ts).collect();
        match spacing(&times, are_dates, &TimeZone::get(zone).expect("known")) {
            Ok(Spacing { interval, strays: 0 }) => interval.to_string(),
            Ok(Spacing { interval, strays }) => format!("{interval}, {strays} beside"),
            Err(problem) => problem.to_string(),
        }
    }

    fn minutes(minutes: &[i64]) -> String {
        told(minutes.iter().map(|minute| minute * 60))
    }

    #[test]
    fn bars_are_of_the_longest_interval_on_whose_grid_all_of_them_stand() {
        assert_eq!(minutes(&[0, 1, 3]), "1m");
        assert_eq!(minutes(&[0, 3, 7, 10, 13]), "1m", "a thin share");
        assert_eq!(minutes(&[0, 5, 15, 20, 35, 40, 65]), "5m");
        assert_eq!(minutes(&[0, 15, 30, 90]), "15m");
        assert_eq!(minutes(&[0, 60, 120, 300]), "1h");
        assert_eq!(minutes(&[0, 10, 20, 30, 40]), "5m");
        assert_eq!(minutes(&[0]), "1m");
        for interval in Interval::ALL.into_iter().filter(|interval| interval.is_intraday()) {
            let all = told((0..40).map(|bar| bar * interval.seconds()));
            assert_eq!(all, interval.as_str());
        }
    }

    #[test]
    fn one_or_two_of_many_may_stand_beside_the_grid() {
        let mut times: Vec<i64> = (0..60).map(|bar| bar * 15).collect();
        times.insert(7, 6 * 15 + 7);
        assert_eq!(minutes(&times), "15m, 1 beside");
        times.insert(20, 18 * 15 + 21);
        times.sort_unstable();
        assert_eq!(minutes(&times), "15m, 2 beside");
        times.insert(40, 37 * 15 + 1);
        times.sort_unstable();
        assert_eq!(minutes(&times), "1m");
    }

    #[test]
    fn the_last_bar_of_a_live_recording_stands_where_it_was_cut_off() {
        assert_eq!(minutes(&[0, 60, 120, 180, 187]), "1h, 1 beside");
        assert_eq!(told([0, 60, 120, 180, 193]), "1m");
        assert_eq!(told([59, 119, 179, 213, 239]), "1m");
        assert_eq!(told((0..9).map(|day| day * DAY).chain([8 * DAY + 20_000])), "1d");
    }

    #[test]
    fn hours_begin_anew_after_lunch() {
        let day = |day: i64| [0, 60, 120, 210, 270, 330].map(|minute| day * 1_440 + minute);
        let days: Vec<i64> = (0..3).flat_map(day).collect();
        assert_eq!(minutes(&days), "1h");
        assert_eq!(minutes(&day(0)), "30m", "of one day it could be a thin share");
    }

    #[test]
    fn hours_of_a_clock_that_changes_are_hours() {
        // Two days before and after the end of summer time in New York, from 09:30 on.
        let days = [31, 32, 33, 34].map(|day| day * DAY + if day > 32 { 3_600 } else { 0 });
        let times = days.into_iter().flat_map(|day| (0..4).map(move |bar| day + bar * 3_600));
        assert_eq!(zoned(times, false, "America/New_York"), "1h");
    }

    #[test]
    fn dates_are_days_whatever_their_distance_unless_they_are_weeks_or_months() {
        let days = |days: &[i64]| zoned(days.iter().map(|day| day * DAY), true, "UTC");
        assert_eq!(days(&[0]), "1d");
        assert_eq!(days(&[0, 3]), "1d");
        assert_eq!(days(&[0, 3, 6, 9, 13]), "1d");
        assert_eq!(days(&[0, 2, 4, 6]), "1d");
        assert_eq!(days(&[0, 91, 182, 273]), "1d");
        assert_eq!(days(&[0, 7, 14, 21]), "1wk");
        assert_eq!(days(&[0, 7, 13, 21, 28]), "1wk", "a holiday");
        assert_eq!(days(&[0, 30, 61, 91]), "1mo");
        assert_eq!(told([0, DAY, 2 * DAY - 3_600]), "1d", "over a change of the clock");
        assert_eq!(told([0, 2 * DAY, 4 * DAY]), "1d");
    }

    #[test]
    fn bars_that_no_chart_has_are_refused_in_words() {
        for (seconds, words) in [(1, "1 second"), (15, "15 seconds"), (90, "90 seconds")] {
            let message = told((0..40).map(|bar| bar * seconds));
            assert!(
                message.starts_with(&format!("bars are {words} apart; charts have")),
                "{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bar_is_beside_a_grid_that_was_found_without_strays(
            steps in proptest::collection::vec(1i64..40, 2..80), unit in proptest::sample::select(vec![1i64, 5, 15, 60]),
        ) {
            let mut at = OPEN;
            let times: Vec<i64> = steps.iter().map(|step| { at += step * unit * 60; at }).collect();
            let found = spacing(&times, false, &TimeZone::UTC).expect("minutes");
            let days = |steps: &[i64]| steps.iter().all(|step| step * unit >= 23 * 60);
            prop_assert!(found.interval.is_intraday() || days(&steps[1..steps.len() - 1]));
            if found.strays == 0 && found.interval.is_intraday() && times.len() < 50 {
                let length = found.interval.seconds();
                let place = times[0].rem_euclid(length);
                let off = times.iter().filter(|ts| ts.rem_euclid(length) != place).count();
                prop_assert!(off == 0 || times.windows(2).all(|two| two[1] - two[0] >= length));
            }
        }
    }
}
