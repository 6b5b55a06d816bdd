//! Closed days and nights as patterns of the calendar, for windows too long to list every night.
//!
//! plotly.js reads patterns on the axis's own wall time, so they hold through clock changes. They are
//! derived from the drawn bars, as the explicit breaks are: a weekend, an hour or a day is hidden
//! only if no drawn bar lies in it. None overlaps another: a holiday's value takes what the weekend
//! and the nights leave of its day.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::Serialize;

use super::time::Stamp;
use crate::interval::DAY;

/// An entry of `rangebreaks`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Break {
    /// One stretch.
    Span {
        /// First hidden and first shown instant.
        bounds: [Stamp; 2],
    },
    /// The same days of every week.
    Days {
        /// First hidden and first shown day, Sunday being 0.
        bounds: [u8; 2],
        /// `day of week`.
        pattern: &'static str,
    },
    /// The same hours of every day, across midnight where the first is the greater.
    Hours {
        /// First hidden and first shown hour, with their fractions.
        bounds: [f64; 2],
        /// `hour`.
        pattern: &'static str,
    },
    /// Stretches of one length.
    Values {
        /// Where each begins.
        values: Vec<String>,
        /// How long each is, in milliseconds; a day when omitted.
        #[serde(skip_serializing_if = "Option::is_none")]
        dvalue: Option<i64>,
    },
}

impl Break {
    /// How many stretches it lists; 0 of a pattern.
    pub const fn len(&self) -> usize {
        match self {
            Self::Span { .. } => 1,
            Self::Values { values, .. } => values.len(),
            Self::Days { .. } | Self::Hours { .. } => 0,
        }
    }
}

/// Most explicit breaks in one figure: plotly's drawing cost grows with breaks x points.
pub const MAX_BREAKS: usize = 25;
/// Shortest break within a day, in seconds, that is no lack of trades.
const SHORTEST_LUNCH: i64 = 1_800;
/// Most values in one figure. Those of ten years without a weekend of their own are 1,200, which plotly
/// draws about as fast as a few patterns.
const MAX_VALUES: usize = 1_500;
/// Most days without a bar that are looked at, the newest: those of fifty years.
const MAX_MISSING: usize = 20_000;
/// By how much a session may be longer than most others, in seconds, and still be the pattern of a day.
const UNUSUAL: i64 = 3_600;

/// Days without trading, and plotly's numbers of the first of them and of the day after: names it takes
/// too, and finds that they are not what it makes of them.
type Weekend = (&'static [Weekday], [u8; 2]);

/// Weekends of the world's exchanges, the usual first; and what is left of one where it was changed, or
/// has a session now and then.
const WEEKENDS: [Weekend; 6] = [
    (&[Weekday::Saturday, Weekday::Sunday], [6, 1]),
    (&[Weekday::Friday, Weekday::Saturday], [5, 0]),
    (&[Weekday::Thursday, Weekday::Friday], [4, 6]),
    (&[Weekday::Sunday], [0, 1]),
    (&[Weekday::Saturday], [6, 0]),
    (&[Weekday::Friday], [5, 6]),
];

/// The breaks between bars of a day that start on `dates`, ascending: every day without a bar. None on a
/// market that trades on every day of the week, where a day that is missing is missing.
pub fn of_days(dates: &[Date]) -> Vec<Break> {
    if is_whole_week(dates) {
        return Vec::new();
    }
    let weekend = weekend(dates);
    let missing = missing(dates, weekend);
    let values = match missing.len() {
        0 => Vec::new(),
        1..=MAX_VALUES => {
            let values = missing.iter().map(Date::to_string).collect();
            vec![Break::Values { values, dvalue: None }]
        }
        _ => of_spans(runs(&missing)),
    };
    weekend.and_then(|weekend| week(dates, weekend)).into_iter().chain(values).collect()
}

/// Days that follow each other, as stretches from the first one to that after the last.
fn runs(days: &[Date]) -> impl Iterator<Item = [DateTime; 2]> {
    let runs = days.chunk_by(|a, b| a.tomorrow().is_ok_and(|next| next == *b));
    runs.filter_map(|run| {
        let (first, next) = (run.first()?, run.last()?.tomorrow().ok()?);
        Some([*first, next].map(|date| date.to_datetime(Time::midnight())))
    })
}

/// Whether every day of the week is one of trading, in half of the weeks at least.
fn is_whole_week(dates: &[Date]) -> bool {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return false };
    let days = usize::try_from(first.until(*last).map_or(0, |span| span.get_days())).unwrap_or(0);
    let mut traded = [0; 7];
    for date in dates {
        traded[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())] += 1;
    }
    traded.iter().all(|count| count * 14 >= days)
}

/// The breaks between bars of `interval` seconds that start at these wall times, ascending; nothing
/// when neither the nights nor the weekends are without bars.
pub fn of_hours(walls: &[DateTime], interval: i64) -> Vec<Break> {
    let mut dates: Vec<Date> = walls.iter().map(|wall| wall.date()).collect();
    dates.dedup();
    let times: BTreeSet<i64> = walls.iter().map(second_of_day).collect();
    let open = times.first().copied().unwrap_or(0);
    // The last bar's slot stays whole: plotly hides from the first bound on.
    let close = times.last().map_or(DAY, |last| last + interval).min(DAY);
    let night = night(open, close);
    let weekend = weekend(&dates);
    if night.is_none() && weekend.is_none_or(|(days, _)| days.len() < 2) {
        return Vec::new();
    }
    let lunch = lunch(&times, interval);
    let nights = night.is_some().then_some([close, open]);
    let hours: Vec<Break> = night.into_iter().chain(lunch.map(hidden_hours)).collect();
    if is_whole_week(&dates) {
        return hours;
    }
    let mut missing = missing(&dates, weekend);
    // What the hours leave of a day.
    let [dawn, dusk] = nights.map_or([0, DAY], |[close, open]| [open, close]);
    let parts = match lunch {
        Some([from, to]) => vec![[dawn, from], [to, dusk]],
        None => vec![[dawn, dusk]],
    };
    missing.drain(..missing.len().saturating_sub(MAX_VALUES / parts.len()));
    let holidays = parts.into_iter().filter(|_| !missing.is_empty()).map(|[from, to]| {
        let time = Time::midnight().saturating_add(jiff::Span::new().seconds(from));
        let values = missing.iter().map(|date| date.to_datetime(time).to_string()).collect();
        Break::Values { values, dvalue: Some((to - from) * 1_000) }
    });
    let week = weekend.and_then(|weekend| week(&dates, weekend));
    week.into_iter().chain(hours).chain(holidays).collect()
}

/// Whether some days, but not most, begin earlier or end later than the others: then the hours of all days
/// together leave a part of most nights open.
pub fn has_unusual_days(walls: &[DateTime]) -> bool {
    let days = walls.chunk_by(|a, b| a.date() == b.date());
    let bounds =
        days.filter_map(|day| Some([second_of_day(day.first()?), second_of_day(day.last()?)]));
    let [mut opens, mut closes]: [Vec<i64>; 2] = [Vec::new(), Vec::new()];
    for [open, close] in bounds {
        opens.push(open);
        closes.push(close);
    }
    opens.sort_unstable();
    closes.sort_unstable();
    let middle = |of: &[i64]| of.get(of.len() / 2).copied().unwrap_or(0);
    middle(&opens) - opens.first().unwrap_or(&0) > UNUSUAL
        || closes.last().unwrap_or(&0) - middle(&closes) > UNUSUAL
}

fn second_of_day(wall: &DateTime) -> i64 {
    let (hour, minute) = (i64::from(wall.hour()), i64::from(wall.minute()));
    hour * 3_600 + minute * 60 + i64::from(wall.second())
}

/// The stretches from one wall time to another, ascending, as values: as many as may be of the lengths
/// that come most often, the newest of them, which are the ones looked at.
pub fn of_spans(spans: impl Iterator<Item = [DateTime; 2]>) -> Vec<Break> {
    let mut by_length = BTreeMap::<i64, Vec<String>>::new();
    for [from, to] in spans {
        let length = from.duration_until(to).as_secs() * 1_000;
        by_length.entry(length).or_default().push(from.to_string());
    }
    let mut groups: Vec<_> = by_length.into_iter().collect();
    groups.sort_by_key(|(_, values)| Reverse(values.len()));
    groups.truncate(MAX_BREAKS);
    let mut left = MAX_VALUES;
    let breaks = groups.into_iter().map(|(length, mut values)| {
        values.drain(..values.len().saturating_sub(left));
        left -= values.len();
        Break::Values { values, dvalue: Some(length) }
    });
    breaks
        .filter(|entry| !matches!(entry, Break::Values { values, .. } if values.is_empty()))
        .collect()
}

/// The hours from `close` to `open`, both in seconds of the day; none when there are none.
fn night(open: i64, close: i64) -> Option<Break> {
    (open != 0 || close != DAY).then(|| hidden_hours([close, open]))
}

/// The longest stretch of the day, in seconds of it, in which none of `times` ever lies, if it is as
/// long as a lunch.
fn lunch(times: &BTreeSet<i64>, interval: i64) -> Option<[i64; 2]> {
    let gaps = times.iter().zip(times.iter().skip(1)).map(|(a, b)| [a + interval, *b]);
    gaps.max_by_key(|[from, to]| to - from).filter(|[from, to]| to - from >= SHORTEST_LUNCH)
}

/// The hours from one second of the day to another, across midnight where that is the lesser.
fn hidden_hours([from, to]: [i64; 2]) -> Break {
    let hours = |seconds: i64| seconds as f64 / 3_600.0;
    // plotly adds up hours, minutes and seconds as fractions: a second's grace, so that the rounding
    // of a sum does not hide the first bar.
    let until = if to == 0 { 24.0 } else { hours(to - 1) };
    let from = if from == DAY { 0.0 } else { hours(from) };
    Break::Hours { bounds: [from, until], pattern: "hour" }
}

/// The weekend, if no date lies in it.
fn weekend(dates: &[Date]) -> Option<Weekend> {
    let traded = |day: Weekday| dates.iter().any(|date| date.weekday() == day);
    WEEKENDS.into_iter().find(|(days, _)| !days.iter().any(|day| traded(*day)))
}

/// The days of the window that are no weekend and have no bar, ascending.
fn missing(dates: &[Date], weekend: Option<Weekend>) -> Vec<Date> {
    let rests = |date: &Date| weekend.is_some_and(|(days, _)| days.contains(&date.weekday()));
    let mut missing: Vec<Date> =
        gaps(dates).filter(|date| !rests(date)).take(MAX_MISSING).collect();
    missing.reverse();
    missing
}

/// Every date between two of `dates`, newest first.
fn gaps(dates: &[Date]) -> impl Iterator<Item = Date> {
    dates.windows(2).rev().flat_map(|pair| {
        let (before, after) = (pair[0], pair[1]);
        std::iter::successors(after.yesterday().ok(), |date| date.yesterday().ok())
            .take_while(move |date| *date > before)
    })
}

/// The weekends between the dates.
fn week(dates: &[Date], (days, bounds): Weekend) -> Option<Break> {
    let spanned = gaps(dates).any(|date| days.contains(&date.weekday()));
    spanned.then_some(Break::Days { bounds, pattern: "day of week" })
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use jiff::civil::{Date, DateTime, Time, Weekday, date};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use std::collections::{BTreeMap, BTreeSet};

    use super::{Break, has_unusual_days, of_days, of_hours};
    use crate::market::{Calendars, TradingWeek};

    fn day(number: i64) -> Date {
        date(2026, 8, 31).checked_add(Span::new().days(number)).expect("in range")
    }

    fn json_of(breaks: &[Break]) -> Value {
        serde_json::to_value(breaks).expect("serializable")
    }

    /// What plotly.js 4 hides of an axis, in its own arithmetic.
    struct Hidden {
        /// Stretches, ascending by their beginnings.
        spans: BTreeMap<DateTime, DateTime>,
        patterns: Vec<Value>,
    }

    impl Hidden {
        fn of(breaks: &Value) -> Self {
            let (lists, patterns): (Vec<_>, Vec<_>) = breaks
                .as_array()
                .expect("a list")
                .iter()
                .cloned()
                .partition(|entry| entry["values"].is_array());
            let mut spans = BTreeMap::new();
            for entry in lists {
                let length = entry["dvalue"].as_i64().unwrap_or(86_400_000) / 1_000;
                for value in entry["values"].as_array().expect("a list") {
                    let text = value.as_str().expect("a date");
                    let from: DateTime =
                        text.parse().or_else(|_| format!("{text}T00:00").parse()).expect("a time");
                    let to = from.checked_add(Span::new().seconds(length)).expect("in range");
                    spans.insert(from, to);
                }
            }
            Self { spans, patterns }
        }

        fn holds(&self, wall: DateTime) -> bool {
            let span = self.spans.range(..=wall).next_back();
            span.is_some_and(|(_, to)| wall < *to)
                || self.patterns.iter().any(|entry| Self::matches(entry, wall))
        }

        fn matches(entry: &Value, wall: DateTime) -> bool {
            let bounds = &entry["bounds"];
            if entry["pattern"] == "hour" {
                let at = f64::from(wall.hour()) + f64::from(wall.minute()) / 60.0;
                let [from, to] = [0, 1].map(|i| bounds[i].as_f64().expect("an hour"));
                return if from > to { at >= from || at < to } else { from <= at && at < to };
            }
            let [from, to] = [0, 1].map(|i| bounds[i].as_i64().expect("a day"));
            let at = i64::from(wall.weekday().to_sunday_zero_offset());
            if from > to { at >= from || at < to } else { from <= at && at < to }
        }
    }

    #[test]
    fn days_hide_weekends_and_holidays() {
        // Monday 31 August to Friday 11 September without Labor Day, the 7th.
        let dates: Vec<Date> = [0, 1, 2, 3, 4, 8, 9, 10, 11].map(day).to_vec();
        let expected =
            json!([{"bounds": [6, 1], "pattern": "day of week"}, {"values": ["2026-09-07"]}]);
        assert_eq!(json_of(&of_days(&dates)), expected);
        assert_eq!(json_of(&of_days(&dates[..5])), json!([]), "no weekend within");
    }

    #[test]
    fn a_weekend_may_begin_on_friday_and_a_market_may_have_none() {
        let sunday_to_thursday: Vec<Date> = (0..21)
            .map(day)
            .filter(|d| ![Weekday::Friday, Weekday::Saturday].contains(&d.weekday()))
            .collect();
        assert_eq!(
            json_of(&of_days(&sunday_to_thursday)),
            json!([{"bounds": [5, 0], "pattern": "day of week"}])
        );
        let every_day: Vec<Date> = (0..21).filter(|n| *n != 9).map(day).collect();
        assert_eq!(json_of(&of_days(&every_day)), json!([]));
    }

    #[test]
    fn hours_hide_nights_weekends_and_what_is_left_of_a_holiday() {
        let walls: Vec<DateTime> = [0, 1, 2, 3, 4, 8, 9]
            .into_iter()
            .flat_map(|n| (0..7).map(move |h| day(n).at(9 + h, 30, 0, 0)))
            .collect();
        let expected = json!([
            {"bounds": [6, 1], "pattern": "day of week"},
            {"bounds": [16.5, 34_199.0 / 3_600.0], "pattern": "hour"},
            {"values": ["2026-09-07T09:30:00"], "dvalue": 7 * 3_600_000},
        ]);
        assert_eq!(json_of(&of_hours(&walls, 3_600)), expected);
    }

    #[test]
    fn a_lunch_of_every_day_is_hidden_and_cut_out_of_a_holiday() {
        let slots = [540, 570, 600, 630, 660, 750, 780, 810, 840, 870, 900];
        let time = |n: i64, minute: i64| {
            let part = |value: i64| i8::try_from(value).expect("small");
            day(n).at(part(minute / 60), part(minute % 60), 0, 0)
        };
        let days = [0, 1, 2, 4, 7];
        let walls: Vec<_> =
            days.iter().flat_map(|n| slots.map(|minute| time(*n, minute))).collect();
        let expected = json!([
            {"bounds": [6, 1], "pattern": "day of week"},
            {"bounds": [15.5, 32_399.0 / 3_600.0], "pattern": "hour"},
            {"bounds": [11.5, 44_999.0 / 3_600.0], "pattern": "hour"},
            {"values": ["2026-09-03T09:00:00"], "dvalue": 150 * 60_000},
            {"values": ["2026-09-03T12:30:00"], "dvalue": 180 * 60_000},
        ]);
        assert_eq!(json_of(&of_hours(&walls, 1_800)), expected);
    }

    #[test]
    fn a_market_that_trades_through_the_night_keeps_its_nights() {
        let walls: Vec<DateTime> = (0..12)
            .map(day)
            .filter(|d| d.weekday() != Weekday::Saturday && d.weekday() != Weekday::Sunday)
            .flat_map(|d| (0..24).map(move |h| d.at(h, 0, 0, 0)))
            .collect();
        assert_eq!(
            json_of(&of_hours(&walls, 3_600)),
            json!([{"bounds": [6, 1], "pattern": "day of week"}])
        );
    }

    /// Every date from the first to the last is hidden if and only if it is not one of `dates`.
    fn assert_exact(dates: &[Date], what: &str) {
        let hidden = Hidden::of(&json_of(&of_days(dates)));
        let traded: BTreeSet<Date> = dates.iter().copied().collect();
        let (first, last) = (dates[0], dates[dates.len() - 1]);
        let all = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        for date in all.take_while(|date| *date <= last) {
            let is_hidden = hidden.holds(date.to_datetime(Time::midnight()));
            assert_eq!(is_hidden, !traded.contains(&date), "{what}: {date}");
        }
    }

    /// Ten years of a market's trading days from 2016 on, but for one in `holiday`, and with every
    /// `special`th day of its weekends.
    fn ten_years(week: &TradingWeek, holiday: usize, special: usize) -> Vec<Date> {
        let days = (0..3_653).map(|n| date(2016, 11, 27).saturating_add(Span::new().days(n)));
        let (traded, rest): (Vec<Date>, Vec<Date>) = days.partition(|date| week.trades_on(*date));
        let is_held = |n: usize| !(n + 3).is_multiple_of(holiday);
        let traded =
            traded.into_iter().enumerate().filter(|(n, _)| is_held(*n)).map(|(_, day)| day);
        let special = rest.into_iter().skip(special / 2).step_by(special);
        traded.chain(special).collect::<BTreeSet<_>>().into_iter().collect()
    }

    #[test]
    fn in_every_market_each_empty_day_of_ten_years_is_hidden_and_no_other() {
        for (name, market) in Calendars::standard().iter() {
            for (holiday, special) in [(26, 9_999), (20, 97)] {
                let dates = ten_years(market.week(), holiday, special);
                if market.week().is_whole() {
                    assert_eq!(json_of(&of_days(&dates)), json!([]), "{name}");
                } else {
                    assert_exact(&dates, name);
                }
            }
        }
    }

    #[test]
    fn a_session_on_a_saturday_costs_a_value_for_each_of_the_other_saturdays() {
        let count = |dates: &[Date]| of_days(dates).iter().map(Break::len).sum::<usize>();
        let week = TradingWeek::default();
        let holidays = count(&ten_years(&week, 26, 9_999));
        assert!((90..110).contains(&holidays), "{holidays}");
        let mut dates = ten_years(&week, 26, 9_999);
        dates.push(date(2024, 1, 20));
        dates.sort_unstable();
        assert_eq!(count(&dates), holidays + 520);
        assert_eq!(
            json_of(&of_days(&dates))[0],
            json!({"bounds": [0, 1], "pattern": "day of week"})
        );
    }

    #[test]
    fn a_weekend_that_was_changed_is_hidden_on_both_sides() {
        let table = Calendars::standard();
        let (_, tel_aviv) = table.iter().find(|(name, _)| *name == "tel-aviv").expect("listed");
        let days = (0..60).map(|n| date(2025, 12, 1).saturating_add(Span::new().days(n)));
        let dates: Vec<Date> = days.filter(|date| tel_aviv.week().trades_on(*date)).collect();
        assert_exact(&dates, "tel-aviv");
        assert_eq!(
            json_of(&of_days(&dates))[0],
            json!({"bounds": [6, 0], "pattern": "day of week"})
        );
    }

    #[test]
    fn more_empty_days_than_plotly_draws_quickly_share_values() {
        // A share that trades on every tenth day for forty years.
        let dates: Vec<Date> = (0..1_460).map(|n| day(n * 10)).collect();
        let breaks = of_days(&dates);
        let count: usize = breaks.iter().map(Break::len).sum();
        assert!(count <= super::MAX_VALUES, "{count}");
        let hidden = Hidden::of(&json_of(&breaks));
        assert!(dates.iter().all(|date| !hidden.holds(date.to_datetime(Time::midnight()))));
    }

    #[test]
    fn an_evening_session_does_not_leave_the_other_evenings_open() {
        let mut walls: Vec<DateTime> = (0..60)
            .map(day)
            .filter(|d| d.weekday() != Weekday::Saturday && d.weekday() != Weekday::Sunday)
            .flat_map(|d| (9..15).map(move |h| d.at(h, 15, 0, 0)))
            .collect();
        assert!(!has_unusual_days(&walls));
        walls.push(day(60).at(18, 0, 0, 0));
        assert!(has_unusual_days(&walls));
    }

    proptest! {
        #[test]
        fn no_day_with_a_bar_is_hidden(numbers in proptest::collection::btree_set(0i64..2_000, 0..200)) {
            let dates: Vec<Date> = numbers.into_iter().map(day).collect();
            let breaks = json_of(&of_days(&dates));
            let hidden = Hidden::of(&breaks);
            for date in dates {
                prop_assert!(!hidden.holds(date.to_datetime(Time::midnight())), "{date} {breaks}");
            }
        }

        #[test]
        fn no_bar_is_hidden_and_no_holiday_overlaps(
            weekdays in proptest::collection::btree_set(0i64..7, 1..7),
            slots in proptest::collection::btree_set((0i64..120, 0i64..90), 1..300),
            (first, step) in (0i64..1_440, proptest::sample::select(vec![5i64, 15, 30, 60])),
        ) {
            let mut walls: Vec<DateTime> = slots
                .into_iter()
                .filter(|(n, _)| weekdays.contains(&(n % 7)))
                .filter_map(|(n, slot)| {
                    let minute = first + slot * step;
                    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                    (hour < 24).then(|| day(n).at(hour, minute, 0, 0))
                })
                .collect();
            walls.sort();
            let list = of_hours(&walls, step * 60);
            let breaks = json_of(&list);
            let hidden = Hidden::of(&breaks);
            for wall in &walls {
                prop_assert!(!hidden.holds(*wall), "{wall} {breaks}");
            }
            prop_assert!(list.len() <= 5);
            // A holiday begins where neither the weekend nor a night hides it.
            let (values, patterns): (Vec<_>, Vec<_>) =
                list.into_iter().partition(|entry| matches!(entry, Break::Values { .. }));
            let patterns = json_of(&patterns);
            let hidden = Hidden::of(&patterns);
            for entry in values {
                let Break::Values { values, .. } = entry else { continue };
                for value in values {
                    let wall: DateTime =
                        value.parse().or_else(|_| format!("{value}T00:00").parse()).expect("a time");
                    prop_assert!(!hidden.holds(wall), "{wall} {patterns}");
                }
            }
        }
    }
}
