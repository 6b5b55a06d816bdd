//! Where bars stand on the x axis, and what of it collapses.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{figure, instrument, minute};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Hours, calendar};

/// Bars of the weekdays from `first` on, at their New York midnights.
fn weekdays(first: Date, count: usize) -> Bars {
    let zone = TimeZone::get("America/New_York").expect("bundled");
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
    dates
        .filter(|date| ![Weekday::Saturday, Weekday::Sunday].contains(&date.weekday()))
        .take(count)
        .filter_map(|date| Some(minute(calendar::midnight(date, &zone)?, 100.0)))
        .collect()
}

#[test]
fn days_stand_at_plain_dates_with_their_weekends_and_holidays_collapsed() {
    let bars = weekdays(date(2026, 10, 26), 10);
    // Without the Tuesday, and through the end of daylight saving time.
    let bars: Bars = bars.iter().enumerate().filter(|(n, _)| *n != 1).map(|(_, bar)| bar).collect();
    let text = figure(&bars, &Hours::Sessions(vec![]), &[("interval", "1d"), ("range", "1mo")]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    let x: Vec<&str> = figure["data"][1]["x"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!((x.len(), x[0], x[1], x[8]), (9, "2026-10-26", "2026-10-28", "2026-11-06"));
    assert_eq!(
        figure["layout"]["xaxis"]["rangebreaks"],
        json!([{"bounds": [6, 1], "pattern": "day of week"}, {"values": ["2026-10-27"]}])
    );
    let names = |figure: &Value| -> Vec<String> {
        let buttons = figure["layout"]["xaxis"]["rangeselector"]["buttons"].as_array();
        let name = |button: &Value| button["label"].as_str().map(str::to_owned);
        buttons.expect("a list").iter().filter_map(name).collect()
    };
    assert_eq!(names(&figure), ["1mo", "6mo", "YTD", "1y", "all"]);
}

#[test]
fn weeks_and_months_have_no_breaks() {
    let bars = weekdays(date(2024, 1, 1), 400);
    for (interval, first) in [("1wk", "2024-01-01"), ("1mo", "2024-01-01")] {
        let length = Interval::ALL.into_iter().find(|i| i.as_str() == interval).expect("known");
        let hours = Hours::Sessions(vec![]);
        let instrument = instrument();
        let bars = bars.resample(&instrument.slots(Interval::Day1, length, &hours));
        let text = figure(&bars, &hours, &[("interval", interval), ("range", "max")]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(figure["data"][1]["x"][0], first);
        assert_eq!(figure["layout"]["xaxis"]["rangebreaks"], Value::Null);
    }
}

#[test]
fn a_range_is_counted_in_the_calendar_back_from_the_last_bar() {
    let bars = weekdays(date(2023, 1, 2), 900);
    // The last of them is Friday 12 June 2026.
    for (range, first) in [
        ("5d", "2026-06-08"),
        ("1mo", "2026-05-12"),
        ("3mo", "2026-03-12"),
        ("6mo", "2025-12-12"),
        ("ytd", "2026-01-01"),
        ("1y", "2025-06-12"),
        ("2y", "2024-06-12"),
        ("5y", "2023-01-02"),
        ("max", "2023-01-02"),
    ] {
        for hours in [Hours::Sessions(vec![]), Hours::Continuous { day: 23_400 }] {
            let text = figure(&bars, &hours, &[("interval", "1d"), ("range", range)]);
            let figure: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(figure["data"][1]["x"][0], first, "{range}");
        }
    }
}

#[test]
fn hours_of_many_nights_hide_them_by_patterns() {
    let days = weekdays(date(2026, 6, 1), 60);
    let hours = |open: Bar| (0..7).map(move |hour| minute(open.ts + 34_200 + hour * 3_600, 100.0));
    let bars: Bars = days.iter().flat_map(hours).collect();
    let text = figure(&bars, &Hours::Sessions(vec![]), &[("interval", "1h"), ("range", "3mo")]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    let breaks = &figure["layout"]["xaxis"]["rangebreaks"];
    assert_eq!(breaks.as_array().map(Vec::len), Some(2), "{breaks}");
    assert_eq!(breaks[1]["bounds"][0], 16.5);
    assert_eq!(figure["data"][1]["x"].as_array().map(Vec::len), Some(420));
}
