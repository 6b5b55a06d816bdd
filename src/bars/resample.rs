//! Longer bars out of shorter ones.
//!
//! One pass over the columns. The slot is computed once for all bars that lie in it, so the calendar
//! is asked as often as there are bars in the result.

use jiff::tz::TimeZone;

use super::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Hours, Period, Slots};

impl Bars {
    /// These bars as bars of `interval`: of all that start in one [slot](Slots) the first open, the
    /// highest high, the lowest low, the last close and the whole volume, at the slot's start.
    ///
    /// The start and not the first bar's time, so that the bar of a week stays where it is when a
    /// late correction adds a Monday. `interval` has to be [made of](Interval::is_made_of) what these
    /// bars span; at their own interval they come back as they are.
    #[must_use]
    pub fn resample(&self, interval: Interval, hours: &Hours, zone: &TimeZone) -> Self {
        let slots = Slots::new(interval, hours, zone);
        let (opens, highs, lows) = (self.opens(), self.highs(), self.lows());
        let (closes, volumes) = (self.closes(), self.volumes());
        let mut rows: Vec<Bar> = Vec::new();
        let mut slot = Period { start: 0, end: 0 };
        for (index, &ts) in self.times().iter().enumerate() {
            match rows.last_mut() {
                Some(bar) if slot.contains(ts) => {
                    bar.high = bar.high.max(highs[index]);
                    bar.low = bar.low.min(lows[index]);
                    bar.close = closes[index];
                    bar.volume += volumes[index];
                }
                _ => {
                    slot = slots.at(ts);
                    rows.push(Bar {
                        ts: slot.start,
                        open: opens[index],
                        high: highs[index],
                        low: lows[index],
                        close: closes[index],
                        volume: volumes[index],
                    });
                }
            }
        }
        Self::from_sorted(&rows)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use crate::bars::{Bar, Bars};
    use crate::interval::{DAY, Interval};
    use crate::market::{Hours, Period};

    /// 2026-10-26, a Monday, 09:30 in New York. Clocks go back on the Sunday after.
    const OPEN: i64 = 1_793_021_400;

    fn zone() -> TimeZone {
        TimeZone::get("America/New_York").expect("in the bundled database")
    }

    /// Sessions of 6.5 hours on ten days, each with a break that no length of bar divides.
    fn hours() -> Hours {
        let day = |day: i64| {
            // Clocks have gone back on the seventh day.
            let open = OPEN + day * DAY + if day > 5 { 3_600 } else { 0 };
            let part = |from: i64, to: i64| Period { start: open + from * 60, end: open + to * 60 };
            [part(0, 127), part(180, 390)]
        };
        Hours::Sessions((0..10).flat_map(day).collect())
    }

    fn bar(ts: i64, price: f64) -> Bar {
        let (high, low) = (price + 1.0, price - 0.5);
        Bar { ts, open: price, high, low, close: price + 0.25, volume: 10.0 }
    }

    /// Minutes inside of the sessions, some of them missing.
    fn minutes() -> impl Strategy<Value = Vec<Bar>> {
        proptest::collection::btree_map(0i64..13_500, 100u32..200, 0..300).prop_map(|rows| {
            let Hours::Sessions(periods) = hours() else { return Vec::new() };
            let traded = |ts: i64| periods.iter().any(|period| period.contains(ts));
            let bars = rows.into_iter().map(|(m, price)| bar(OPEN + m * 60, f64::from(price)));
            bars.filter(|bar| traded(bar.ts)).collect()
        })
    }

    fn starts(bars: &Bars, interval: Interval) -> Vec<String> {
        let resampled = bars.resample(interval, &hours(), &zone());
        let text = |&ts: &i64| {
            let at = Timestamp::from_second(ts).expect("in range");
            zone().to_datetime(at).strftime("%m-%d %H:%M").to_string()
        };
        resampled.times().iter().map(text).collect()
    }

    #[test]
    fn a_longer_bar_has_the_first_open_the_extremes_the_last_close_and_all_volume() {
        let rows = [(0, 5.0), (1, 9.0), (4, 3.0), (5, 7.0)];
        let bars: Bars =
            rows.map(|(minute, price)| bar(OPEN + minute * 60, price)).into_iter().collect();
        let five = bars.resample(Interval::Minute5, &hours(), &zone());
        let first = Bar { ts: OPEN, open: 5.0, high: 10.0, low: 2.5, close: 3.25, volume: 30.0 };
        assert_eq!(five.iter().collect::<Vec<_>>(), [first, bar(OPEN + 300, 7.0)]);
    }

    #[test]
    fn hours_begin_with_the_session_and_end_with_it() {
        let bars: Bars = (0..390).map(|minute| bar(OPEN + minute * 60, 5.0)).collect();
        let Hours::Sessions(periods) = hours() else { unreachable!() };
        let traded = bars.iter().filter(|bar| periods.iter().any(|p| p.contains(bar.ts))).collect();
        assert_eq!(
            starts(&traded, Interval::Hour1),
            [
                "10-26 09:30",
                "10-26 10:30",
                "10-26 11:30",
                "10-26 12:30",
                "10-26 13:30",
                "10-26 14:30",
                "10-26 15:30",
            ]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first_though_nothing_is_traded_then() {
        // From Tuesday 27 October to Tuesday 3 November, at the local midnights.
        let midnight = OPEN - 34_200;
        let bars: Bars = [1, 2, 3, 4, 7, 8]
            .map(|day| bar(midnight + day * DAY + day / 7 * 3_600, 5.0))
            .into_iter()
            .collect();
        assert_eq!(starts(&bars, Interval::Day1)[0], "10-27 00:00");
        assert_eq!(starts(&bars, Interval::Week1), ["10-26 00:00", "11-02 00:00"]);
        assert_eq!(starts(&bars, Interval::Month1), ["10-01 00:00", "11-01 00:00"]);
    }

    proptest! {
        #[test]
        fn a_step_between_changes_nothing(rows in minutes()) {
            let bars = Bars::from_rows(rows);
            let by = |bars: &Bars, interval| bars.resample(interval, &hours(), &zone());
            let direct = by(&bars, Interval::Hour1);
            prop_assert_eq!(&by(&by(&bars, Interval::Minute5), Interval::Hour1), &direct);
            prop_assert_eq!(by(&by(&bars, Interval::Minute15), Interval::Hour1), direct);
            let month = by(&bars, Interval::Month1);
            prop_assert_eq!(by(&by(&bars, Interval::Day1), Interval::Month1), month);
        }

        #[test]
        fn the_batches_in_which_bars_came_do_not_show(rows in minutes(), cut in 0usize..300) {
            let whole = Bars::from_rows(rows.clone());
            let (early, late) = rows.split_at(cut.min(rows.len()));
            let (early, late) = (Bars::from_rows(early.to_vec()), Bars::from_rows(late.to_vec()));
            let by = |bars: &Bars| bars.resample(Interval::Minute30, &hours(), &zone());
            prop_assert_eq!(by(&early.merge(&late)), by(&whole));
            prop_assert_eq!(by(&late.merge(&early)), by(&whole));
        }

        #[test]
        fn no_volume_is_lost_no_bar_leaves_its_session_and_doing_it_twice_does_nothing(
            rows in minutes(),
            interval in proptest::sample::select(Interval::ALL.to_vec()),
        ) {
            let (bars, hours) = (Bars::from_rows(rows), hours());
            let longer = bars.resample(interval, &hours, &zone());
            let total = |bars: &Bars| bars.volumes().iter().sum::<f64>();
            prop_assert!((total(&bars) - total(&longer)).abs() < 1e-9);
            prop_assert!(longer.iter().all(|b| b.low <= b.open.min(b.close) && b.high >= b.open.max(b.close)));
            prop_assert_eq!(&longer.resample(interval, &hours, &zone()), &longer);
            if let (true, Hours::Sessions(periods)) = (interval.is_intraday(), &hours) {
                for &start in longer.times() {
                    prop_assert!(periods.iter().any(|period| period.contains(start)));
                }
            }
            if interval == Interval::Minute1 {
                prop_assert_eq!(longer, bars);
            }
        }
    }
}
