//! Closed hours, as the range breaks of the x axis.

use super::patterns::{self, Break, MAX_BREAKS};
use super::time::Axis;
use crate::interval::Interval;
use crate::market::{Hours, Period, calendar};

/// Longest pause, in seconds, that is no lack of trades where one session follows upon another.
const LONGEST_PAUSE: i64 = 900;

/// The closed hours between the bars that start at `times` in a market of `hours`, as `axis` shows
/// them: every night of a short window, weekends, nights and holidays as patterns in a long one.
/// Weeks and months need none.
pub fn of(times: &[i64], hours: &Hours, interval: Interval, axis: &Axis) -> Vec<Break> {
    match interval {
        Interval::Week1 | Interval::Month1 => return Vec::new(),
        Interval::Day1 if matches!(hours, Hours::Continuous { .. }) => return Vec::new(),
        Interval::Day1 => {
            let mut dates: Vec<_> = times.iter().map(|&ts| axis.wall(ts).date()).collect();
            dates.dedup();
            return patterns::of_days(&dates);
        }
        _ => {}
    }
    let date = |ts: i64| calendar::date(ts, axis.exchange());
    let spans = spans(times, hours, interval.seconds(), |a, b| date(a) == date(b));
    if spans.len() > MAX_BREAKS {
        return of_many(times, &spans, interval.seconds(), axis);
    }
    spans.into_iter().map(|span| Break::Span { bounds: span.map(|ts| axis.stamp(ts)) }).collect()
}

/// More stretches than can be listed one by one: as patterns of the hours and days, or as values where
/// some days have hours of their own, or neither night nor weekend is whole, as where trading begins on
/// Sunday evening.
fn of_many(times: &[i64], spans: &[[i64; 2]], interval: i64, axis: &Axis) -> Vec<Break> {
    let walls: Vec<_> = times.iter().map(|&ts| axis.wall(ts)).collect();
    let listed = || patterns::of_spans(spans.iter().map(|span| span.map(|ts| axis.wall(ts))));
    if patterns::has_unusual_days(&walls) {
        let breaks = listed();
        if breaks.iter().map(Break::len).sum::<usize>() == spans.len() {
            return breaks;
        }
    }
    let breaks = patterns::of_hours(&walls, interval);
    if breaks.is_empty() { listed() } else { breaks }
}

/// The stretches of the drawn window that collapse: `[first hidden second, first shown second]`.
///
/// They are derived from the drawn bars, so that no calendar can hide a bar: a break lies strictly
/// between two bars that follow each other, never covers a bar or the slot it fills, and only where
/// the market was closed: between two periods of `hours`, or, where the source tells no periods,
/// between two dates (`same_day` says whether two instants share one). Open minutes without a
/// trade stay visible. Breaks start one interval after the last bar because plotly's start bound is
/// inclusive.
fn spans(
    times: &[i64],
    hours: &Hours,
    interval: i64,
    same_day: impl Fn(i64, i64) -> bool,
) -> Vec<[i64; 2]> {
    let Hours::Sessions(periods) = hours else {
        return Vec::new();
    };
    times
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > interval)
        .filter_map(|pair| closed_between(pair[0], pair[1], periods, interval, &same_day))
        .collect()
}

fn closed_between(
    before: i64,
    after: i64,
    periods: &[Period],
    interval: i64,
    same_day: impl Fn(i64, i64) -> bool,
) -> Option<[i64; 2]> {
    let of = |ts: i64| {
        let next = periods.partition_point(|period| period.start <= ts);
        next.checked_sub(1).filter(|at| periods[*at].contains(ts))
    };
    let (from, to) = match (of(before), of(after)) {
        (Some(left), Some(right)) if left == right => return None,
        (left, right) => {
            if (left.is_none() || right.is_none()) && same_day(before, after) {
                return None;
            }
            let end = left.map_or(before + interval, |at| periods[at].end);
            let start = right.map_or(after, |at| periods[at].start);
            // Currencies pause for minutes between two days that follow each other.
            let pauses = start == end && left.is_some() && after - start <= LONGEST_PAUSE;
            let start = if pauses { after } else { start };
            (end.max(before + interval), start.min(after))
        }
    };
    (from < to).then_some([from, to])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use jiff::tz::TimeZone;

    use super::{of, spans};
    use crate::figure::time::Axis;
    use crate::interval::Interval;
    use crate::market::{Hours, Period};

    const DAY: i64 = 86_400;

    fn dates(a: i64, b: i64) -> bool {
        a.div_euclid(DAY) == b.div_euclid(DAY)
    }

    #[test]
    fn a_night_between_two_sessions_collapses_and_open_minutes_without_a_trade_stay() {
        let sessions = Hours::Sessions(vec![
            Period { start: 1_000 * 60, end: 1_390 * 60 },
            Period { start: 2_440 * 60, end: 2_830 * 60 },
        ]);
        // The last trade is ten minutes before the close, the first five after the open.
        let times = [1_000 * 60, 1_002 * 60, 1_380 * 60, 2_445 * 60];
        assert_eq!(spans(&times, &sessions, 60, dates), [[1_390 * 60, 2_440 * 60]]);
    }

    #[test]
    fn a_bar_stamped_at_the_close_is_not_hidden() {
        let sessions = Hours::Sessions(vec![
            Period { start: 0, end: 600 },
            Period { start: DAY, end: DAY + 600 },
        ]);
        assert_eq!(spans(&[540, 600, DAY], &sessions, 60, dates), [[660, DAY]]);
    }

    #[test]
    fn without_periods_a_night_is_told_by_the_date() {
        let times = [60, 300, DAY + 60];
        assert_eq!(spans(&times, &Hours::Sessions(vec![]), 60, dates), [[360, DAY + 60]]);
        assert_eq!(spans(&times, &Hours::Continuous { day: DAY }, 60, dates), [[0i64; 2]; 0]);
    }

    #[test]
    fn a_pause_of_minutes_between_two_days_of_currencies_collapses_and_no_more() {
        let day = |n: i64| Period { start: n * DAY, end: (n + 1) * DAY };
        let hours = Hours::Sessions(vec![day(0), day(1)]);
        let last = DAY - 60;
        assert_eq!(spans(&[last, DAY + 300], &hours, 60, dates), [[DAY, DAY + 300]]);
        assert_eq!(spans(&[last - 60, DAY + 240], &hours, 60, dates), [[DAY, DAY + 240]]);
        assert_eq!(spans(&[last, DAY], &hours, 60, dates), [[0i64; 2]; 0]);
        assert_eq!(spans(&[last, DAY + 1_200], &hours, 60, dates), [[0i64; 2]; 0], "no trades");
    }

    #[test]
    fn more_nights_than_can_be_listed_become_patterns_or_values_of_one_length() {
        let count = |times: &[i64], hours: &Hours| {
            let axis = Axis::of(times, &TimeZone::UTC, Interval::Minute1);
            of(times, hours, Interval::Minute1, &axis).len()
        };
        let closed = Hours::Sessions(vec![]);
        let noons: Vec<i64> = (0..100).map(|day| day * DAY + 43_200).collect();
        assert_eq!(count(&noons[..26], &closed), 25);
        assert_eq!(count(&noons[..27], &closed), 1, "the nights as one pattern");
        // A gap a day at no hour that is free on all of them, and bars on every day.
        let roaming = (0..100i64).map(|n| n * 26 * 3_600).collect::<Vec<_>>();
        let mut all_hours: Vec<i64> = (0..1_440).map(|minute| minute * 60).collect();
        all_hours.extend(roaming.iter().skip(1));
        assert_eq!(count(&all_hours, &closed), 2, "those of 25 hours, and the first");
    }

    proptest! {
        #[test]
        fn no_break_hides_a_bar_and_no_two_overlap(
            slots in proptest::collection::btree_set(0i64..20_000, 0..200),
            edges in proptest::collection::btree_set(0i64..20_000, 0..20),
        ) {
            let times: Vec<i64> = slots.into_iter().map(|slot| slot * 60).collect();
            let edges: Vec<i64> = edges.into_iter().map(|edge| edge * 60).collect();
            let periods = edges.chunks_exact(2).map(|e| Period { start: e[0], end: e[1] }).collect();
            let breaks = spans(&times, &Hours::Sessions(periods), 60, dates);
            for [from, to] in &breaks {
                prop_assert!(from < to);
                prop_assert!(times.iter().all(|ts| ts + 60 <= *from || ts >= to), "{times:?} {breaks:?}");
            }
            prop_assert!(breaks.windows(2).all(|pair| pair[0][1] <= pair[1][0]));
        }
    }
}
