//! More bars than a screen shows.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{DAY, OPEN, figure, instrument, minute};
use crate::bars::Bars;
use crate::figure::density::{DrawnSeries, MOST_DRAWN};
use crate::figure::{Colors, Scene, window};
use crate::interval::Interval;
use crate::market::{Hours, Slots, Timetable};
use crate::view::View;

fn minutes(count: i64) -> Bars {
    (0..count).map(|slot| minute(OPEN + slot * 60, 100.0 + (slot % 7) as f64)).collect()
}

fn drawn(bars: &Bars, options: &[(&str, &str)]) -> Value {
    let text = figure(bars, &Hours::Continuous { day: DAY }, options);
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn more_bars_than_a_screen_shows_are_drawn_as_longer_ones_and_that_is_said() {
    let options = [("interval", "1m"), ("range", "5d"), ("studies", "volume"), ("chart", "ohlc")];
    let drawn = drawn(&minutes(7_200), &options);
    let layout = &drawn["layout"];
    assert_eq!(layout["meta"]["aggregated"], json!({"from": "1m", "to": "5m"}));
    assert!(layout["title"]["text"].as_str().is_some_and(|title| title.ends_with(" · 5m bars")));
    let count = |index: usize| drawn["data"][index]["x"].as_array().map(Vec::len);
    assert_eq!(count(0), Some(1_440));
}

#[test]
fn studies_of_longer_bars_are_those_of_a_chart_that_asks_for_them() {
    let minutes = minutes(7_200);
    let hours = Hours::Continuous { day: DAY };
    let five = minutes.resample(&Slots::new(Interval::Minute5, &hours, &TimeZone::UTC));
    for chart in ["candlestick", "heikin-ashi"] {
        let lines = |bars, interval| {
            let studies = [("studies", "sma:3,rsi"), ("chart", chart)];
            let figure =
                drawn(bars, &[("interval", interval), ("range", "5d"), studies[0], studies[1]]);
            let traces = figure["data"].as_array().expect("traces").iter();
            let studies = traces.filter(|trace| trace["legendgroup"].is_string());
            studies.map(|line| (line["x"].clone(), line["y"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(lines(&minutes, "1m").len(), 2);
        assert_eq!(lines(&minutes, "1m"), lines(&five, "5m"), "{chart}");
    }
}

#[test]
fn as_many_bars_as_a_screen_shows_are_drawn_as_they_were_asked_for() {
    let options = [("interval", "1m"), ("range", "5d")];
    let aggregated =
        |count| drawn(&minutes(count), &options)["layout"]["meta"]["aggregated"].clone();
    let most = i64::try_from(MOST_DRAWN).expect("small");
    assert_eq!(aggregated(most), Value::Null);
    assert_eq!(aggregated(most + 1), json!({"from": "1m", "to": "2m"}));
    // A spark line has few points of its own choice.
    let spark = drawn(&minutes(7_200), &[("chart", "spark"), options[0], options[1]]);
    assert_eq!(spark["layout"]["meta"]["aggregated"], Value::Null);
}

#[test]
fn hours_of_three_months_are_hours_and_of_two_years_the_longest_that_fit() {
    let hours: Bars = (0..17_500).map(|hour| minute(OPEN + hour * 3_600, 100.0)).collect();
    let aggregated = |range| {
        let figure = drawn(&hours, &[("interval", "1h"), ("range", range)]);
        figure["layout"]["meta"]["aggregated"].clone()
    };
    assert_eq!(aggregated("3mo"), Value::Null);
    assert_eq!(aggregated("6mo"), json!({"from": "1h", "to": "2h"}));
    assert_eq!(aggregated("1y"), json!({"from": "1h", "to": "4h"}));
    assert_eq!(aggregated("2y"), json!({"from": "1h", "to": "1d"}));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn longer_bars_lose_no_extreme_no_volume_and_not_the_last_close(
        closes in proptest::collection::vec(1.0f64..1_000.0, 2_501..6_000),
        gap in 1i64..4,
    ) {
        let rows = closes.iter().zip(0..).map(|(close, n)| minute(OPEN + n * 60 * gap, *close));
        let bars: Bars = rows.collect();
        let view = View::parse(instrument().symbol, [("interval", "1m"), ("range", "5d")]).expect("valid");
        let instrument = instrument();
        let hours = Hours::Continuous { day: DAY };
        let scene = Scene {
            view: &view,
            colors: &Colors::plain(&view),
            bars: &bars, instrument: &instrument, hours: &hours, compared: &[],
            quote: None, delay: None, session: None, timetable: &Timetable::UNKNOWN, source: "test",
        };
        let drawn = DrawnSeries::of(&scene);
        prop_assert!(window::cut(&drawn.bars, &scene, drawn.interval).len() <= MOST_DRAWN);
        prop_assert_eq!(drawn.bars.closes().last(), bars.closes().last());
        let volume = |bars: &Bars| bars.volumes().iter().sum::<f64>();
        prop_assert!((volume(&drawn.bars) - volume(&bars)).abs() < 1e-6 * volume(&bars));
        for bar in bars.iter() {
            let index = drawn.bars.times().partition_point(|&ts| ts <= bar.ts) - 1;
            let longer = drawn.bars.get(index).expect("a bar");
            prop_assert!(longer.low <= bar.low && bar.high <= longer.high);
        }
    }
}
