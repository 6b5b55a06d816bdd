//! The figure as its readers see it.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::density::{Drawn, MOST_DRAWN};
use super::{Compared, Scene, render};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, SessionState, calendar};
use crate::symbol::Symbol;
use crate::view::{Chart, Palette, Scale, View};

/// 2026-08-28 09:30 in New York.
const OPEN: i64 = 1_787_923_800;
const DAY: i64 = 86_400;

fn instrument() -> Instrument {
    let symbol = Symbol::parse("ACME").expect("valid");
    Instrument {
        name: Some("Acme <b>Corp".to_owned()),
        currency: Some("USD".to_owned()),
        exchange: Some("NYSE".to_owned()),
        previous_close: Some(100.0),
        price_decimals: Some(2),
        ..Instrument::unnamed(symbol, TimeZone::get("America/New_York").expect("bundled"))
    }
}

fn minute(ts: i64, close: f64) -> Bar {
    Bar { ts, open: close, high: close + 0.05, low: close - 0.05, close, volume: 100.0 }
}

fn figure(bars: &Bars, hours: &Hours, options: &[(&str, &str)]) -> String {
    let instrument = instrument();
    let view = View::parse(instrument.symbol.clone(), options.iter().copied()).expect("valid");
    render(&Scene {
        view: &view,
        bars,
        instrument: &instrument,
        hours,
        compared: &[],
        quote: Some((100.31, Timestamp::from_second(OPEN + 150).expect("in range"))),
        delay: None,
        session: Some(SessionState::Open),
        source: "test",
        seq: 7,
    })
}

fn two_days() -> (Bars, Hours) {
    let bars = [OPEN, OPEN + 60, OPEN + DAY, OPEN + DAY + 60, OPEN + DAY + 120];
    let closes = [99.5, 99.75, 100.0, 100.25, 100.31];
    let hours = [OPEN, OPEN + DAY].map(|start| Period { start, end: start + 23_400 });
    let bars = bars.into_iter().zip(closes).map(|(ts, close)| minute(ts, close)).collect();
    (bars, Hours::Sessions(hours.to_vec()))
}

#[test]
fn the_mountain_of_one_day_is_as_it_was() {
    let (bars, hours) = two_days();
    let figure: Value = serde_json::from_str(&figure(&bars, &hours, &[])).expect("JSON");
    insta::assert_json_snapshot!(figure);
}

#[test]
fn the_light_mountain_of_five_days_is_as_it_was() {
    let (bars, hours) = two_days();
    let text = figure(&bars, &hours, &[("interval", "1m"), ("range", "5d"), ("theme", "light")]);
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&text).expect("JSON"));
}

#[test]
fn a_symbol_without_bars_says_so_in_an_empty_chart() {
    let text = figure(&Bars::empty(), &Hours::Sessions(vec![]), &[]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(figure["data"], serde_json::json!([]));
    assert_eq!(figure["layout"]["annotations"][0]["text"], "No bars yet");
}

#[test]
fn a_figure_is_one_line_and_the_same_bytes_every_time() {
    let (bars, hours) = two_days();
    let first = figure(&bars, &hours, &[]);
    assert!(!first.contains(['\n', '\r']));
    assert_eq!(first, figure(&bars, &hours, &[]));
}

#[test]
fn one_day_is_the_last_session_and_five_days_hold_both() {
    let (bars, hours) = two_days();
    let count = |options: &[(&str, &str)]| {
        let figure: Value = serde_json::from_str(&figure(&bars, &hours, options)).expect("JSON");
        figure["data"][1]["x"].as_array().map(Vec::len)
    };
    assert_eq!(count(&[]), Some(3));
    assert_eq!(count(&[("interval", "1m"), ("range", "5d")]), Some(5));
}

#[test]
fn one_day_of_a_market_that_never_closes_is_one_day_of_bars() {
    let bars: Bars = (0..1_000).map(|slot| minute(OPEN + slot * 60, 100.0)).collect();
    let text = figure(&bars, &Hours::Continuous { day: 390 * 60 }, &[]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(figure["data"][1]["y"].as_array().map(Vec::len), Some(390));
}

#[test]
fn every_chart_type_is_as_it_was() {
    let (bars, hours) = two_days();
    for chart in Chart::ALL {
        let text = figure(&bars, &hours, &[("chart", chart.as_str()), ("range", "5d")]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        // The template, the title and the meta are in the golden mountains.
        let drawn = serde_json::json!({
            "data": figure["data"],
            "xaxis": figure["layout"]["xaxis"]["rangeslider"],
            "yaxis": figure["layout"]["yaxis"],
            "shapes": figure["layout"]["shapes"],
            "annotations": figure["layout"]["annotations"],
        });
        insta::assert_json_snapshot!(chart.as_str(), drawn);
    }
}

#[test]
fn every_palette_and_scale_has_figures_of_its_own() {
    let (bars, hours) = two_days();
    let candles = [("chart", "candlestick")];
    let mut seen = std::collections::BTreeSet::new();
    for palette in Palette::ALL {
        for scale in Scale::ALL {
            let options = [("palette", palette.as_str()), ("scale", scale.as_str())];
            assert!(seen.insert(figure(&bars, &hours, &[&candles[..], &options].concat())));
        }
    }
}

#[test]
fn a_spark_line_of_a_whole_day_is_below_three_kilobytes() {
    let bars: Bars = (0..390).map(|slot| minute(OPEN + slot * 60, 223.01 + slot as f64)).collect();
    let text = figure(&bars, &Hours::Sessions(vec![]), &[("chart", "spark")]);
    assert!(text.len() < 3_000, "{} bytes", text.len());
}

#[test]
fn a_previous_close_far_away_is_not_drawn() {
    let far: Bars = (0..10).map(|slot| minute(OPEN + slot * 60, 400.0)).collect();
    let text = figure(&far, &Hours::Sessions(vec![]), &[]);
    assert!(!text.contains("previous-close"));
}

#[test]
fn studies_are_as_they_were_over_the_prices_and_below_them() {
    let bars: Bars =
        (0..60).map(|slot| minute(OPEN + slot * 60, 100.0 + (slot % 7) as f64)).collect();
    let studies = "bb:5:2,vwap,volume,rsi:5,macd:3:6:3";
    let text = figure(&bars, &Hours::Sessions(vec![]), &[("studies", studies)]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    let traces = figure["data"].as_array().expect("traces").iter();
    let named = traces.map(|trace| {
        let count = trace["x"].as_array().map(Vec::len);
        format!("{} | {} | {} | {count:?}", trace["uid"], trace["name"], trace["yaxis"])
    });
    let axes = ["yaxis", "yaxis2", "yaxis3", "yaxis4"];
    let domains = axes.map(|axis| figure["layout"][axis]["domain"].clone());
    insta::assert_json_snapshot!(serde_json::json!({
        "traces": named.collect::<Vec<_>>(),
        "xaxis": figure["layout"]["xaxis"]["anchor"],
        "domains": domains,
        "legend": figure["layout"]["legend"],
        "labels": figure["layout"]["annotations"],
    }));
}

#[test]
fn a_study_of_volume_without_volume_is_left_out_and_named() {
    let quiet = |slot: i64| Bar { volume: 0.0, ..minute(OPEN + slot * 60, 100.0) };
    let bars: Bars = (0..5).map(quiet).collect();
    let text = figure(&bars, &Hours::Sessions(vec![]), &[("studies", "vwap,sma:2,volume")]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(figure["layout"]["meta"]["omitted"], serde_json::json!(["vwap", "volume"]));
    assert_eq!(figure["data"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_study_is_warm_where_the_series_reaches_further_back_than_the_window() {
    let bars: Bars = (0..1_000).map(|slot| minute(OPEN + slot * 60, 100.0)).collect();
    let text = figure(&bars, &Hours::Continuous { day: 390 * 60 }, &[("studies", "sma:200")]);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(figure["data"][2]["y"][0], 100.0, "not null");
}

#[test]
fn adding_a_study_keeps_the_zoom_and_the_identity_of_what_was_there() {
    let (bars, hours) = two_days();
    let with = |studies: &str| -> Value {
        let text = figure(&bars, &hours, &[("studies", studies)]);
        serde_json::from_str(&text).expect("JSON")
    };
    let (before, after) = (with("sma:2"), with("ema:3,sma:2"));
    assert_eq!(before["layout"]["uirevision"], after["layout"]["uirevision"]);
    assert_eq!(before["data"][2]["uid"], after["data"][3]["uid"]);
}

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
        json!([{"bounds": ["sat", "mon"]}, {"values": ["2026-10-27"]}])
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
        let bars = bars.resample(length, &hours, &instrument().zone);
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

/// A figure of `own` compared with others, each its symbol, zone and bars.
fn comparison(own: &Bars, others: &[(&str, &str, Bars)], options: &[(&str, &str)]) -> Value {
    let instrument = instrument();
    let instruments: Vec<Instrument> = others
        .iter()
        .map(|(symbol, zone, _)| {
            let zone = TimeZone::get(zone).expect("bundled");
            Instrument::unnamed(Symbol::parse(symbol).expect("valid"), zone)
        })
        .collect();
    let compared: Vec<Compared<'_>> = instruments
        .iter()
        .zip(others)
        .map(|(instrument, (_, _, bars))| Compared { instrument, bars })
        .collect();
    let options = options.iter().copied();
    let view = View::parse(instrument.symbol.clone(), options).expect("valid");
    let text = render(&Scene {
        view: &view,
        bars: own,
        instrument: &instrument,
        hours: &Hours::Sessions(vec![]),
        compared: &compared,
        quote: None,
        delay: None,
        session: None,
        source: "test",
        seq: 7,
    });
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_comparison_is_in_percent_from_the_first_bar_that_all_have() {
    let own: Bars =
        [100.0, 102.0, 104.0].into_iter().zip(0..).map(|(p, n)| minute(OPEN + n * 60, p)).collect();
    let late: Bars =
        [50.0, 51.0].into_iter().zip(1..).map(|(p, n)| minute(OPEN + n * 60, p)).collect();
    let figure = comparison(
        &own,
        &[("LATE", "UTC", late)],
        &[("compare", "LATE,GONE"), ("studies", "sma:2")],
    );
    let named = |index: usize, key: &str| figure["data"][index][key].clone();
    assert_eq!(named(0, "y"), json!([-1.9608, 0.0, 1.9608]));
    assert_eq!(named(0, "name"), "ACME +1.96%");
    assert_eq!(named(1, "uid"), "sma:2/sma");
    assert_eq!(named(1, "y")[2], 0.9804, "an average of percents");
    assert_eq!((named(2, "y"), named(2, "name")), (json!([0.0, 2.0]), json!("LATE +2.00%")));
    let layout = &figure["layout"];
    assert_eq!(layout["meta"]["omitted"], json!(["GONE"]));
    assert_eq!(layout["meta"]["quote"]["last"], 104.0, "what is quoted stays a price");
    assert_eq!(layout["yaxis"]["ticksuffix"], "%");
    insta::assert_json_snapshot!(json!({
        "compare": layout["meta"]["compare"],
        "title": layout["title"]["text"],
        "shapes": layout["shapes"],
        "annotations": layout["annotations"],
        "uirevision": layout["uirevision"],
    }));
}

#[test]
fn days_of_exchanges_far_apart_meet_at_their_dates() {
    let days = |name: &str| -> Bars {
        let zone = TimeZone::get(name).expect("bundled");
        (24..29)
            .filter_map(|day| Some(minute(calendar::midnight(date(2026, 8, day), &zone)?, 100.0)))
            .collect()
    };
    let others = [("TYO", "Asia/Tokyo", days("Asia/Tokyo"))];
    let options = [("interval", "1d"), ("range", "1mo"), ("compare", "TYO")];
    let figure = comparison(&days("America/New_York"), &others, &options);
    assert_eq!(figure["data"][0]["x"], figure["data"][1]["x"]);
    assert_eq!(figure["layout"]["meta"]["compare"][1]["baseAt"], "2026-08-24");
}

#[test]
fn bars_of_another_market_are_not_hidden_by_the_closed_hours_of_the_own() {
    let own: Bars = [OPEN, OPEN + DAY].map(|ts| minute(ts, 100.0)).into_iter().collect();
    let other: Bars = (0..24).map(|hour| minute(OPEN + hour * 3_600, 50.0)).collect();
    let options = [("interval", "1h"), ("range", "5d"), ("compare", "OTHER")];
    let figure = comparison(&own, &[("OTHER", "UTC", other)], &options);
    assert_eq!(figure["layout"]["xaxis"]["rangebreaks"], Value::Null);
}

#[test]
fn more_bars_than_a_screen_shows_are_drawn_as_longer_ones_and_that_is_said() {
    let bars: Bars =
        (0..7_200).map(|slot| minute(OPEN + slot * 60, 100.0 + (slot % 7) as f64)).collect();
    let hours = Hours::Continuous { day: DAY };
    let options = [("interval", "1m"), ("range", "5d"), ("studies", "sma:3,volume")];
    let text = figure(&bars, &hours, &[&[("chart", "ohlc")], &options[..]].concat());
    let drawn: Value = serde_json::from_str(&text).expect("JSON");
    let layout = &drawn["layout"];
    assert_eq!(layout["meta"]["aggregated"], json!({"from": "1m", "to": "5m"}));
    assert!(layout["title"]["text"].as_str().is_some_and(|title| title.ends_with(" · 5m bars")));
    let count = |index: usize| drawn["data"][index]["x"].as_array().map(Vec::len);
    assert_eq!((count(0), count(1), count(2)), (Some(1_439), Some(1), Some(1_440)));
    // The average of the last three minutes and not of the last three drawn bars.
    let closes: Vec<f64> = bars.closes()[7_197..].to_vec();
    let last = drawn["data"][2]["y"].as_array().and_then(|y| y.last()?.as_f64());
    assert!(last.is_some_and(|last| (last - closes.iter().sum::<f64>() / 3.0).abs() < 1e-4));
    // An exchange's five days of minutes are few enough, and a spark line anyway.
    let few: Bars = (0..1_950).map(|slot| minute(OPEN + slot * 60, 100.0)).collect();
    assert!(!figure(&few, &hours, &options).contains("aggregated"));
    assert!(
        !figure(&bars, &hours, &[("chart", "spark"), options[0], options[1]])
            .contains("aggregated")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn longer_bars_lose_no_extreme_no_volume_and_not_the_last_close(
        closes in proptest::collection::vec(1.0f64..1_000.0, 2_001..6_000),
        gap in 1i64..4,
    ) {
        let rows = closes.iter().zip(0..).map(|(close, n)| minute(OPEN + n * 60 * gap, *close));
        let bars: Bars = rows.collect();
        let view = View::parse(instrument().symbol, [("interval", "1m"), ("range", "5d")]).expect("valid");
        let instrument = instrument();
        let hours = Hours::Continuous { day: DAY };
        let scene = Scene {
            view: &view, bars: &bars, instrument: &instrument, hours: &hours, compared: &[],
            quote: None, delay: None, session: None, source: "test", seq: 1,
        };
        let drawn = Drawn::of(&scene, &bars);
        prop_assert!(drawn.bars.len() <= MOST_DRAWN);
        prop_assert_eq!(drawn.ends.as_ref().map(Vec::len), Some(drawn.bars.len()));
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
