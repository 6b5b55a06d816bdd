//! The figure as its readers see it.

mod colors;
mod comparison;
mod density;
mod memo;
mod prices;
mod rows;
mod sessions;
mod time;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::traces::uid;
use super::{Colors, Scene, render};
use crate::bars::{Bar, Bars};
use crate::market::{Hours, Instrument, Period, SessionNow, SessionState, Timetable};
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
        colors: &Colors::plain(&view),
        bars,
        instrument: &instrument,
        hours,
        compared: &[],
        quote: bars.last().and_then(|b| Some((b.close, Timestamp::from_second(b.ts + 30).ok()?))),
        delay: None,
        session: Some(SessionNow { state: SessionState::Open, until: None, next: None }),
        timetable: &Timetable::UNKNOWN,
        source: "test",
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
fn the_first_bar_of_all_is_drawn_alone() {
    let (bars, hours) = two_days();
    let first = bars.before(bars.times()[1]);
    for chart in ["candlestick", "heikin-ashi", "ohlc"] {
        let text = figure(&first, &hours, &[("chart", chart)]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        let traces = figure["data"].as_array().expect("traces");
        let uids: Vec<_> = traces.iter().map(|trace| &trace["uid"]).collect();
        assert_eq!(uids, ["forming"], "{chart}: a trace without points is invalid");
        // An empty row a minute before it tells plotly how wide a bar is.
        let forming = &traces[0];
        assert_eq!(forming["x"][0], "2026-08-28T09:29:00-04:00", "{chart}");
        assert_eq!((&forming["close"][0], &forming["close"][1]), (&Value::Null, &json!(99.5)));
    }
}

#[test]
fn one_bar_alone_is_a_point_of_a_line() {
    let (bars, hours) = two_days();
    let first = bars.before(bars.times()[1]);
    for chart in ["mountain", "line"] {
        let text = figure(&first, &hours, &[("chart", chart)]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        let (foot, trace) = (&figure["data"][0], &figure["data"][1]);
        assert_eq!(foot["x"], json!(["2026-08-28T09:29:00-04:00", "2026-08-28T09:30:00-04:00"]));
        assert_eq!((&trace["uid"], &trace["mode"]), (&json!("price"), &json!("lines+markers")));
        assert_eq!(trace["y"], json!([99.5]), "{chart}");
    }
    let text = figure(&first, &hours, &[("chart", "spark")]);
    let spark: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(spark["data"][0]["y"], json!([99.5]));
}

#[test]
fn bars_far_apart_are_as_wide_as_their_interval() {
    let far: Bars = [0, 15, 40].map(|slot| minute(OPEN + slot * 60, 100.0)).into_iter().collect();
    let hours = Hours::Sessions(vec![]);
    let traces = |chart: &str, bars: &Bars| {
        let text = figure(bars, &hours, &[("chart", chart)]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        let columns = figure["data"].as_array().expect("a list").iter();
        columns.map(|trace| trace["open"].as_array().map_or(0, Vec::len)).collect::<Vec<_>>()
    };
    let near: Bars = (0..3).map(|slot| minute(OPEN + slot * 60, 100.0)).collect();
    assert_eq!([traces("candlestick", &far), traces("candlestick", &near)], [[3, 1], [2, 1]]);
    // plotly measures the ticks of each trace alone.
    assert_eq!([traces("ohlc", &far), traces("ohlc", &near)], [[4], [3]]);
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
fn a_uid_can_stand_in_a_selector_and_says_whose_it_is() {
    assert_eq!(uid("bb:20:2.5/upper"), "bb-20-2_2e_5-upper");
    assert_eq!(uid("compare/BRK-B"), "compare-BRK-B");
    assert_eq!(uid("compare/^GSPC"), "compare-_5e_GSPC");
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
fn the_line_of_a_study_that_begins_anew_with_the_day_has_a_gap_there_and_every_value() {
    let day = |day: i64| {
        (0..5).map(move |slot| minute(OPEN + day * 86_400 + slot * 60, 100.0 + day as f64))
    };
    let bars: Bars = day(0).chain(day(1)).collect();
    let options = [("studies", "vwap"), ("interval", "1m"), ("range", "5d")];
    let text = figure(&bars, &Hours::Sessions(vec![]), &options);
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    let traces = figure["data"].as_array().expect("traces");
    let vwap = traces.iter().find(|trace| trace["uid"] == "vwap-vwap").expect("drawn");
    let (x, y) = (vwap["x"].as_array().expect("times"), vwap["y"].as_array().expect("values"));
    assert_eq!((x.len(), y.len()), (11, 11));
    assert_eq!(x[5], x[6], "at the first bar of the day");
    let gaps: Vec<usize> = (0..y.len()).filter(|&point| y[point].is_null()).collect();
    assert_eq!(gaps, [5]);
    assert!(y[4].as_f64() < y[6].as_f64());
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
