//! The table beside the figure of the same scene.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Format, table};
use crate::bars::{Bar, Bars};
use crate::figure::{Colors, Compared, Scene, render};
use crate::market::{Hours, Instrument, Timetable};
use crate::symbol::Symbol;
use crate::view::View;

/// 2026-08-24, a Monday, 09:30 in New York.
const OPEN: i64 = 1_787_578_200;
const DAY: i64 = 86_400;

fn instrument(symbol: &str) -> Instrument {
    let zone = TimeZone::get("America/New_York").expect("bundled");
    Instrument::unnamed(Symbol::parse(symbol).expect("valid"), zone)
}

/// Minutes of five days, that wander about `level`.
fn minutes(level: f64) -> Bars {
    let minute = |slot: i64| {
        let ts = OPEN + slot / 60 * DAY + slot % 60 * 60;
        let at = |n: i64| level + ((n * 7_919 % 101) as f64 - 50.0) / 7.0;
        let (open, close) = (at(slot), at(slot + 1));
        let (high, low) = (open.max(close) + 0.25, open.min(close) - 0.25);
        Bar { ts, open, high, low, close, volume: 1_000.0 + at(slot) }
    };
    (0..300).map(minute).collect()
}

/// The figure and the table of the same bars.
fn both(query: &str, bars: &Bars, others: &[(&str, Bars)]) -> (Value, Value) {
    let instrument = instrument("ACME");
    let options = query.split('&').filter_map(|option| option.split_once('='));
    let view = View::parse(instrument.symbol.clone(), options).expect(query);
    let described: Vec<_> = others.iter().map(|(symbol, _)| self::instrument(symbol)).collect();
    let compared = described.iter().zip(others);
    let compared = compared.map(|(instrument, (_, bars))| Compared { instrument, bars });
    let compared: Vec<_> = compared.collect();
    let scene = Scene {
        view: &view,
        colors: &Colors::plain(&view),
        bars,
        instrument: &instrument,
        hours: &Hours::Sessions(vec![]),
        compared: &compared,
        quote: Some((100.0, Timestamp::from_second(OPEN + 30).expect("in range"))),
        delay: None,
        session: None,
        timetable: &Timetable::UNKNOWN,
        source: "test",
    };
    let figure = serde_json::from_str(&render(&scene)).expect("JSON");
    (figure, serde_json::from_slice(&table(&scene, Format::Json)).expect("JSON"))
}

/// One key of all traces that a uid begins with, joined.
fn drawn(figure: &Value, uids: &[&str], key: &str) -> Vec<Value> {
    let traces = figure["data"].as_array().expect("traces");
    let values = uids
        .iter()
        .flat_map(|uid| traces.iter().filter(move |trace| trace["uid"] == **uid))
        .filter_map(|trace| trace[key].as_array());
    values.flatten().cloned().collect()
}

/// A column of the table.
fn column(table: &Value, name: &str) -> Vec<Value> {
    let rows = table["bars"].as_array().expect("rows").iter();
    rows.map(|row| row.get(name).unwrap_or_else(|| panic!("{name} in {row}")).clone()).collect()
}

#[test]
fn the_table_has_the_bars_of_the_figure() {
    let bars = minutes(100.0);
    for (query, uids) in [
        ("range=1d", &["price"][..]),
        ("interval=1m&range=5d&chart=line", &["price"]),
        ("chart=candlestick", &["price", "forming"]),
        ("chart=heikin-ashi&interval=1m&range=5d", &["price", "forming"]),
        ("chart=ohlc&palette=red-up&scale=log", &["price"]),
    ] {
        let (figure, table) = both(query, &bars, &[]);
        assert_eq!(column(&table, "time"), drawn(&figure, uids, "x"), "{query}");
        let candles = uids.len() > 1 || query.contains("ohlc");
        let closes = if candles { "close" } else { "y" };
        assert_eq!(column(&table, "close"), drawn(&figure, uids, closes), "{query}");
        if candles {
            for name in ["open", "high", "low"] {
                assert_eq!(column(&table, name), drawn(&figure, uids, name), "{query}");
            }
        }
        assert_eq!(table["view"], figure["layout"]["meta"]["view"]);
        assert_eq!(table["asOf"], figure["layout"]["meta"]["quote"]["asOf"]);
    }
}

#[test]
fn studies_begin_before_the_window_and_are_those_of_the_figure() {
    let (figure, table) =
        both("studies=volume,sma:20,bb:20:2,rsi:14,macd,stoch,obv,vwap", &minutes(100.0), &[]);
    assert_eq!(
        table["columns"],
        json!([
            "time",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "sma:20",
            "bb:20:2 upper",
            "bb:20:2 middle",
            "bb:20:2 lower",
            "rsi:14",
            "macd:12:26:9 macd",
            "macd:12:26:9 signal",
            "macd:12:26:9 histogram",
            "stoch:14:3:3 k",
            "stoch:14:3:3 d",
            "obv",
            "vwap"
        ])
    );
    for (name, uid) in [
        ("sma:20", "sma-20-sma"),
        ("bb:20:2 lower", "bb-20-2-lower"),
        ("macd:12:26:9 signal", "macd-12-26-9-signal"),
        ("stoch:14:3:3 d", "stoch-14-3-3-d"),
        ("vwap", "vwap-vwap"),
    ] {
        let (told, drawn) = (column(&table, name), drawn(&figure, &[uid], "y"));
        assert_eq!(told.len(), drawn.len());
        for (told, drawn) in told.iter().zip(&drawn) {
            let (told, drawn) = (told.as_f64().expect("warm"), drawn.as_f64().expect("warm"));
            // The figure has seven digits of it.
            assert!((told - drawn).abs() <= told.abs() * 1e-6, "{name}: {told} {drawn}");
        }
    }
}

#[test]
fn a_comparison_adds_the_others_closes_and_leaves_prices_prices() {
    let other = minutes(50.0);
    let silent = Bars::empty();
    let without_first = other.since(OPEN + 4 * DAY + 60);
    let (_, table) = both(
        "compare=MSFT,GOOG,NVDA",
        &minutes(100.0),
        &[("GOOG", silent), ("MSFT", without_first.clone())],
    );
    assert_eq!(table["columns"][6], "MSFT");
    assert_eq!(table["omitted"], json!(["GOOG", "NVDA"]));
    let closes = column(&table, "MSFT");
    assert_eq!(closes[0], Value::Null);
    assert_eq!(closes[1], without_first.closes()[0]);
    assert!(table["bars"][0]["close"].as_f64().expect("a price") > 90.0);
}

#[test]
fn studies_of_a_volume_that_there_is_not_are_named() {
    let bars: Bars = minutes(100.0).iter().map(|bar| Bar { volume: 0.0, ..bar }).collect();
    let (_, table) = both("studies=vwap,sma", &bars, &[]);
    assert_eq!(table["omitted"], json!(["vwap"]));
    assert_eq!(table["columns"][6], "sma:20");
}

#[test]
fn the_table_is_as_it_was() {
    let bars: Bars = minutes(100.0).iter().take(3).collect();
    let (_, table) = both("studies=sma:2", &bars, &[]);
    insta::assert_json_snapshot!(table);
}

#[test]
fn bars_of_a_day_stand_at_dates() {
    let midnight = OPEN - 9 * 3_600 - 1_800;
    let day = |n: i64| Bar { ts: midnight + n * DAY, ..minutes(9.0).get(0).expect("a bar") };
    let days: Bars = (0..3).map(day).collect();
    let (_, table) = both("interval=1d", &days, &[]);
    assert_eq!(column(&table, "time"), ["2026-08-24", "2026-08-25", "2026-08-26"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_the_bars_the_table_has_the_points_of_the_figure(
        kept in proptest::collection::vec(any::<bool>(), 300),
        range in proptest::sample::select(vec!["1d", "5d"]),
        length in 2usize..40,
    ) {
        let bars = minutes(100.0);
        let bars: Bars =
            bars.iter().zip(kept).filter(|(_, kept)| *kept).map(|(bar, _)| bar).collect();
        let query = format!("interval=1m&range={range}&studies=ema:{length}");
        let (figure, table) = both(&query, &bars, &[]);
        prop_assert_eq!(column(&table, "time"), drawn(&figure, &["price"], "x"));
        prop_assert_eq!(column(&table, "close"), drawn(&figure, &["price"], "y"));
        let ema = format!("ema:{length}");
        let known = |values: Vec<Value>| values.iter().filter(|v| !v.is_null()).count();
        let line = drawn(&figure, &[&format!("ema-{length}-ema")], "y");
        prop_assert_eq!(known(column(&table, &ema)), known(line));
    }
}
