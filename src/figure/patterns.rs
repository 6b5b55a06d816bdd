//! Closed days and nights as patterns of the calendar, for windows too long to list every night.
//!
//! plotly.js reads patterns on the axis's own wall time, so they hold through clock changes. They are
//! derived from the drawn bars, as the explicit breaks are: a weekend, an hour or a day is hidden
//! only if no drawn bar lies in it. None overlaps another: a holiday's value takes what the weekend
//! and the nights leave of its day.

use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::Serialize;

use super::breaks::MAX_BREAKS;
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

/// Two days without trading, and plotly's numbers of the first of them and of the day after: names it
/// takes too, and finds that they are not what it makes of them.
type Weekend = ([Weekday; 2], [u8; 2]);

/// Weekends of the world's exchanges, the usual first.
const WEEKENDS: [Weekend; 2] = [
    ([Weekday::Saturday, Weekday::Sunday], [6, 1]),
    ([Weekday::Friday, Weekday::Saturday], [5, 0]),
];

/// The breaks between bars of a day that start on `dates`, ascending. None on a market that trades
/// on every day of the week, where a day that is missing is missing.
pub fn of_days(dates: &[Date]) -> Vec<Break> {
    let Some(weekend) = weekend(dates) else {
        return Vec::new();
    };
    let missing = missing(dates, weekend);
    let values = missing.iter().map(Date::to_string).collect();
    breaks(dates, weekend, None, values, None)
}

/// The breaks between bars of `interval` seconds that start at these wall times, ascending; nothing
/// when neither the nights nor the weekends are without bars.
pub fn of_hours(walls: &[DateTime], interval: i64) -> Vec<Break> {
    let mut dates: Vec<Date> = walls.iter().map(|wall| wall.date()).collect();
    dates.dedup();
    let seconds = |wall: &DateTime| {
        let (hour, minute) = (i64::from(wall.hour()), i64::from(wall.minute()));
        hour * 3_600 + minute * 60 + i64::from(wall.second())
    };
    let open = walls.iter().map(seconds).min().unwrap_or(0);
    // The last bar's slot stays whole: plotly hides from the first bound on.
    let close = walls.iter().map(|wall| seconds(wall) + interval).max().unwrap_or(DAY).min(DAY);
    let night = night(open, close);
    let Some(weekend) = weekend(&dates) else {
        return night.into_iter().collect();
    };
    let opens = |date: &Date| {
        let time = Time::midnight().saturating_add(jiff::Span::new().seconds(open));
        date.to_datetime(time).to_string()
    };
    let missing = missing(&dates, weekend);
    if night.is_some() {
        let values = missing.iter().map(opens).collect();
        return breaks(&dates, weekend, night, values, Some((close - open) * 1_000));
    }
    breaks(&dates, weekend, None, missing.iter().map(Date::to_string).collect(), None)
}

/// The hours from `close` to `open`, both in seconds of the day; none when there are none.
fn night(open: i64, close: i64) -> Option<Break> {
    if open == 0 && close == DAY {
        return None;
    }
    let hours = |seconds: i64| seconds as f64 / 3_600.0;
    // plotly adds up hours, minutes and seconds as fractions: a second's grace, so that the rounding
    // of a sum does not hide the first bar.
    let until = if open == 0 { 24.0 } else { hours(open - 1) };
    let from = if close == DAY { 0.0 } else { hours(close) };
    Some(Break::Hours { bounds: [from, until], pattern: "hour" })
}

/// The weekend, if no date lies in it.
fn weekend(dates: &[Date]) -> Option<Weekend> {
    let traded = |day: Weekday| dates.iter().any(|date| date.weekday() == day);
    WEEKENDS.into_iter().find(|(days, _)| !days.iter().any(|day| traded(*day)))
}

/// The newest days of the window that are no weekend and have no bar, ascending.
fn missing(dates: &[Date], (days, _): Weekend) -> Vec<Date> {
    let mut missing: Vec<Date> =
        gaps(dates).filter(|date| !days.contains(&date.weekday())).take(MAX_BREAKS).collect();
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

fn breaks(
    dates: &[Date],
    (days, bounds): Weekend,
    night: Option<Break>,
    values: Vec<String>,
    dvalue: Option<i64>,
) -> Vec<Break> {
    let spanned = gaps(dates).any(|date| days.contains(&date.weekday()));
    let week = spanned.then_some(Break::Days { bounds, pattern: "day of week" });
    let holidays = (!values.is_empty()).then_some(Break::Values { values, dvalue });
    week.into_iter().chain(night).chain(holidays).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use jiff::civil::{Date, DateTime, Time, Weekday, date};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Break, of_days, of_hours};

    fn day(number: i64) -> Date {
        date(2026, 8, 31).checked_add(Span::new().days(number)).expect("in range")
    }

    fn json_of(breaks: &[Break]) -> Value {
        serde_json::to_value(breaks).expect("serializable")
    }

    /// What plotly.js 4 hides of an axis, in its own arithmetic.
    fn hides(breaks: &Value, wall: DateTime) -> bool {
        breaks.as_array().expect("a list").iter().any(|entry| {
            if let Some(values) = entry["values"].as_array() {
                let length = entry["dvalue"].as_i64().unwrap_or(86_400_000) / 1_000;
                return values.iter().any(|value| {
                    let text = value.as_str().expect("a date");
                    let from: DateTime =
                        text.parse().or_else(|_| format!("{text}T00:00").parse()).expect("a time");
                    let to = from.checked_add(Span::new().seconds(length)).expect("in range");
                    from <= wall && wall < to
                });
            }
            let bounds = &entry["bounds"];
            if entry["pattern"] == "hour" {
                let at = f64::from(wall.hour()) + f64::from(wall.minute()) / 60.0;
                let [from, to] = [0, 1].map(|i| bounds[i].as_f64().expect("an hour"));
                return if from > to { at >= from || at < to } else { from <= at && at < to };
            }
            let [from, to] = [0, 1].map(|i| bounds[i].as_i64().expect("a day"));
            let at = i64::from(wall.weekday().to_sunday_zero_offset());
            if from > to { at >= from || at < to } else { from <= at && at < to }
        })
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

    proptest! {
        #[test]
        fn no_day_with_a_bar_is_hidden(numbers in proptest::collection::btree_set(0i64..2_000, 0..200)) {
            let dates: Vec<Date> = numbers.into_iter().map(day).collect();
            let breaks = json_of(&of_days(&dates));
            for date in dates {
                prop_assert!(!hides(&breaks, date.to_datetime(Time::midnight())), "{date} {breaks}");
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
            for wall in &walls {
                prop_assert!(!hides(&breaks, *wall), "{wall} {breaks}");
            }
            prop_assert!(list.len() <= 3);
            // A holiday begins where neither the weekend nor a night hides it.
            let (values, patterns): (Vec<_>, Vec<_>) =
                list.into_iter().partition(|entry| matches!(entry, Break::Values { .. }));
            let patterns = json_of(&patterns);
            for entry in values {
                let Break::Values { values, .. } = entry else { continue };
                for value in values {
                    let wall: DateTime =
                        value.parse().or_else(|_| format!("{value}T00:00").parse()).expect("a time");
                    prop_assert!(!hides(&patterns, wall), "{wall} {patterns}");
                }
            }
        }
    }
}
