//! Closed hours, as the range breaks of the x axis.

use crate::market::{Hours, Period};

/// Most explicit breaks in one figure: plotly's drawing cost grows with breaks x points.
pub const MAX_BREAKS: usize = 25;

/// The stretches of the drawn window that collapse: `[first hidden second, first shown second]`.
///
/// They are derived from the drawn bars, so that no calendar can hide a bar: a break lies strictly
/// between two bars that follow each other, never covers a bar or the slot it fills, and only where
/// the market was closed: between two periods of `hours`, or, where the source tells no periods,
/// between two dates (`same_day` says whether two instants share one). Open minutes without a
/// trade stay visible. Breaks start one interval after the last bar because plotly's start bound is
/// inclusive.
pub fn of(
    times: &[i64],
    hours: &Hours,
    interval: i64,
    same_day: impl Fn(i64, i64) -> bool,
) -> Vec<[i64; 2]> {
    let Hours::Sessions(periods) = hours else {
        return Vec::new();
    };
    let mut breaks: Vec<_> = times
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > interval)
        .filter_map(|pair| closed_between(pair[0], pair[1], periods, interval, &same_day))
        .collect();
    // Too many to draw quickly: keep the newest, which are the ones looked at.
    breaks.drain(..breaks.len().saturating_sub(MAX_BREAKS));
    breaks
}

fn closed_between(
    before: i64,
    after: i64,
    periods: &[Period],
    interval: i64,
    same_day: impl Fn(i64, i64) -> bool,
) -> Option<[i64; 2]> {
    let of = |ts: i64| periods.iter().position(|period| period.contains(ts));
    let (from, to) = match (of(before), of(after)) {
        (Some(left), Some(right)) if left == right => return None,
        (left, right) => {
            if (left.is_none() || right.is_none()) && same_day(before, after) {
                return None;
            }
            let end = left.map_or(before + interval, |at| periods[at].end);
            let start = right.map_or(after, |at| periods[at].start);
            (end.max(before + interval), start.min(after))
        }
    };
    (from < to).then_some([from, to])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_BREAKS, of};
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
        assert_eq!(of(&times, &sessions, 60, dates), [[1_390 * 60, 2_440 * 60]]);
    }

    #[test]
    fn a_bar_stamped_at_the_close_is_not_hidden() {
        let sessions = Hours::Sessions(vec![
            Period { start: 0, end: 600 },
            Period { start: DAY, end: DAY + 600 },
        ]);
        assert_eq!(of(&[540, 600, DAY], &sessions, 60, dates), [[660, DAY]]);
    }

    #[test]
    fn without_periods_a_night_is_told_by_the_date() {
        let times = [60, 300, DAY + 60];
        assert_eq!(of(&times, &Hours::Sessions(vec![]), 60, dates), [[360, DAY + 60]]);
        assert_eq!(of(&times, &Hours::Continuous { day: DAY }, 60, dates), [[0i64; 2]; 0]);
    }

    #[test]
    fn the_number_of_breaks_is_bounded() {
        let times: Vec<i64> = (0..100).map(|day| day * DAY).collect();
        assert_eq!(of(&times, &Hours::Sessions(vec![]), 60, dates).len(), MAX_BREAKS);
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
            let breaks = of(&times, &Hours::Sessions(periods), 60, dates);
            for [from, to] in &breaks {
                prop_assert!(from < to);
                prop_assert!(times.iter().all(|ts| ts + 60 <= *from || ts >= to), "{times:?} {breaks:?}");
            }
            prop_assert!(breaks.windows(2).all(|pair| pair[0][1] <= pair[1][0]));
        }
    }
}
