//! Longer bars out of shorter ones.
//!
//! One pass over the columns. The slot is computed once for all bars that lie in it, so the calendar
//! is asked as often as there are bars in the result.

use super::{Bar, Bars};
use crate::market::{Period, Slots};

impl Bars {
    /// These bars as one a [slot](Slots): of all that start in it the first open, the highest high, the
    /// lowest low, the last close and the whole volume, at the slot's start.
    ///
    /// The start and not the first bar's time, so that the bar of a week stays where it is when a
    /// late correction adds a Monday. The slots' interval has to be [made of] what these bars span; at
    /// their own interval they come back as they are.
    ///
    /// [made of]: crate::interval::Interval::is_made_of
    #[must_use]
    pub fn resample(&self, slots: &Slots<'_>) -> Self {
        let (opens, highs, lows) = (self.opens(), self.highs(), self.lows());
        let (closes, volumes) = (self.closes(), self.volumes());
        let mut rows: Vec<Bar> = Vec::new();
        let mut period = Period { start: 0, end: 0 };
        for (index, &ts) in self.times().iter().enumerate() {
            match rows.last_mut() {
                Some(bar) if period.contains(ts) => {
                    bar.high = bar.high.max(highs[index]);
                    bar.low = bar.low.min(lows[index]);
                    bar.close = closes[index];
                    bar.volume += volumes[index];
                }
                _ => {
                    let slot = slots.at(ts);
                    period = slot.period;
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
    use std::collections::BTreeSet;

    use jiff::civil::{Date, Weekday, date};
    use jiff::tz::TimeZone;
    use jiff::{Span, Timestamp};
    use proptest::prelude::*;

    use crate::bars::{Bar, Bars};
    use crate::interval::{DAY, Interval};
    use crate::market::{
        Calendars, Hours, Instrument, Period, SessionState, Slots, TradingCalendar, calendar,
    };
    use crate::symbol::Symbol;

    /// 2026-10-26, a Monday, 09:30 in New York. Clocks go back on the Sunday after.
    const OPEN: i64 = 1_793_021_400;

    fn market(name: &str) -> TradingCalendar {
        let table = Calendars::standard();
        table.iter().find(|(market, _)| *market == name).expect(name).1.clone()
    }

    fn instrument(market: &TradingCalendar) -> Instrument {
        let symbol = Symbol::parse("ACME").expect("valid");
        let instrument = Instrument::unnamed(symbol, market.zone().clone());
        Instrument { week: market.week().clone(), ..instrument }
    }

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

    fn by(bars: &Bars, interval: Interval) -> Bars {
        bars.resample(&Slots::new(interval, &hours(), &zone()))
    }

    fn starts(bars: &Bars, interval: Interval) -> Vec<String> {
        let resampled = by(bars, interval);
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
        let five = by(&bars, Interval::Minute5);
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

    /// Bars of `minutes` in all sessions of a market that open from a date on, and its hours.
    fn traded(market: &TradingCalendar, first: Date, days: i64, minutes: i64) -> (Bars, Hours) {
        let from = calendar::midnight(first, market.zone()).expect("in range") + DAY;
        let timetable = market.sessions(from, from + (days - 1) * DAY);
        let periods = timetable.periods(&[SessionState::Open]);
        let step = usize::try_from(minutes * 60).expect("small");
        let starts = periods.iter().flat_map(|period| (period.start..period.end).step_by(step));
        let bars = starts.zip(1_u32..).map(|(ts, n)| bar(ts, f64::from(n % 97 + 1))).collect();
        (bars, Hours::Sessions(periods))
    }

    fn dates(bars: &Bars, zone: &TimeZone) -> Vec<Date> {
        bars.times().iter().filter_map(|ts| calendar::date(*ts, zone)).collect()
    }

    #[test]
    fn days_and_weeks_of_every_market_begin_with_its_sessions() {
        use Weekday::{Friday, Monday, Sunday, Thursday};
        for (name, first, last) in [
            ("us", Monday, Friday),
            ("tokyo", Monday, Friday),
            ("fx", Monday, Friday),
            ("globex", Monday, Friday),
            ("cbot-grains", Monday, Friday),
            ("riyadh", Sunday, Thursday),
            ("kuwait", Sunday, Thursday),
            ("tel-aviv", Monday, Friday),
            ("johannesburg", Monday, Friday),
        ] {
            let market = market(name);
            let (bars, hours) = traded(&market, date(2026, 9, 6), 14, 30);
            let instrument = instrument(&market);
            let by =
                |interval| bars.resample(&instrument.slots(Interval::Minute30, interval, &hours));
            let days = dates(&by(Interval::Day1), market.zone());
            let weekdays: BTreeSet<_> =
                days.iter().map(|day| day.weekday().to_sunday_zero_offset()).collect();
            let bounds = [first, last].map(Weekday::to_sunday_zero_offset);
            assert_eq!(weekdays, (bounds[0]..=bounds[1]).collect(), "{name}: {days:?}");
            let weeks = dates(&by(Interval::Week1), market.zone());
            assert!(weeks.iter().all(|week| week.weekday() == first), "{name}: {weeks:?}");
        }
    }

    #[test]
    fn the_week_of_a_market_whose_weekend_has_changed_begins_with_another_day() {
        let tel_aviv = market("tel-aviv");
        let (bars, hours) = traded(&tel_aviv, date(2025, 12, 26), 21, 60);
        let instrument = instrument(&tel_aviv);
        let weeks = bars.resample(&instrument.slots(Interval::Hour1, Interval::Week1, &hours));
        let weeks: Vec<_> = dates(&weeks, tel_aviv.zone()).iter().map(Date::to_string).collect();
        assert_eq!(weeks, ["2025-12-28", "2026-01-04", "2026-01-05", "2026-01-12"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn in_every_market_longer_bars_are_the_same_by_way_of_shorter_ones_and_hold_each_bar_once(
            market in 0usize..200, day in 0i64..4_000, kept in proptest::collection::vec(any::<bool>(), 50),
        ) {
            use Interval::{Day1, Hour1, Minute15, Minute30, Month1, Week1};
            let table = Calendars::standard();
            let count = table.iter().count();
            let (name, market) = table.iter().nth(market % count).expect("one of them");
            let first = date(2016, 1, 1).checked_add(Span::new().days(day)).expect("in range");
            let (all, hours) = traded(market, first, 40, 15);
            let bars: Bars = all.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(bar, _)| bar).collect();
            let instrument = instrument(market);
            let by = |bars: &Bars, grain, interval| bars.resample(&instrument.slots(grain, interval, &hours));
            let total = |bars: &Bars| bars.volumes().iter().sum::<f64>();
            for interval in [Hour1, Day1, Week1, Month1] {
                let direct = by(&bars, Minute15, interval);
                prop_assert_eq!(&by(&by(&bars, Minute15, Minute30), Minute30, interval), &direct, "{}", name);
                prop_assert!((total(&direct) - total(&bars)).abs() < 1e-6);
                prop_assert_eq!(&by(&direct, interval, interval), &direct);
                if interval > Day1 {
                    prop_assert_eq!(&by(&by(&bars, Minute15, Day1), Day1, interval), &direct, "{}", name);
                }
            }
            for day in dates(&by(&bars, Minute15, Day1), market.zone()) {
                prop_assert!(market.week().trades_on(day), "{} on {}", name, day);
            }
        }
    }

    proptest! {
        #[test]
        fn a_step_between_changes_nothing(rows in minutes()) {
            let bars = Bars::from_rows(rows);
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
            let halves = |bars: &Bars| by(bars, Interval::Minute30);
            prop_assert_eq!(halves(&early.merge(&late)), halves(&whole));
            prop_assert_eq!(halves(&late.merge(&early)), halves(&whole));
        }

        #[test]
        fn no_volume_is_lost_no_bar_leaves_its_session_and_doing_it_twice_does_nothing(
            rows in minutes(),
            interval in proptest::sample::select(Interval::ALL.to_vec()),
        ) {
            let (bars, hours) = (Bars::from_rows(rows), hours());
            let longer = by(&bars, interval);
            let total = |bars: &Bars| bars.volumes().iter().sum::<f64>();
            prop_assert!((total(&bars) - total(&longer)).abs() < 1e-9);
            prop_assert!(longer.iter().all(|b| b.low <= b.open.min(b.close) && b.high >= b.open.max(b.close)));
            prop_assert_eq!(&by(&longer, interval), &longer);
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
