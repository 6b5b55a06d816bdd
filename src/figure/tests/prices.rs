//! Prices that are no share's: at zero and below, of an auction, tiny ones.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::comparison::comparison;
use super::{OPEN, instrument};
use crate::bars::{Bar, Bars};
use crate::figure::{Colors, Scene, render};
use crate::market::{Hours, Instrument, Timetable};
use crate::view::{Chart, View};

fn bars(closes: &[f64]) -> Bars {
    let bar = |(close, slot): (&f64, i64)| {
        let (high, low) = (close + 0.5, close - 0.5);
        Bar { ts: OPEN + slot * 60, open: *close, high, low, close: *close, volume: 9.0 }
    };
    closes.iter().zip(0..).map(bar).collect()
}

/// A figure of bars, a previous close and a newest price after them.
fn figure(closes: &[f64], before: f64, quote: Option<f64>, options: &[(&str, &str)]) -> Value {
    let instrument = Instrument { previous_close: Some(before), ..instrument() };
    let view = View::parse(instrument.symbol.clone(), options.iter().copied()).expect("valid");
    let text = render(&Scene {
        view: &view,
        colors: &Colors::plain(&view),
        bars: &bars(closes),
        instrument: &instrument,
        hours: &Hours::Sessions(vec![]),
        compared: &[],
        quote: quote.zip(Timestamp::from_second(OPEN + 86_000).ok()),
        delay: None,
        session: None,
        timetable: &Timetable::UNKNOWN,
        source: "test",
    });
    serde_json::from_str(&text).expect("JSON")
}

fn annotation<'a>(figure: &'a Value, name: &str) -> Option<&'a Value> {
    let list = figure["layout"]["annotations"].as_array()?;
    list.iter().find(|annotation| annotation["name"] == name)
}

fn shape<'a>(figure: &'a Value, name: &str) -> Option<&'a Value> {
    let list = figure["layout"]["shapes"].as_array()?;
    list.iter().find(|shape| shape["name"] == name)
}

#[test]
fn the_foot_of_a_mountain_below_zero_lies_below_its_lowest_close() {
    let figure = figure(&[18.0, -37.63, 10.0], 20.0, None, &[]);
    assert_eq!(figure["data"][0]["uid"], "baseline");
    let foot = figure["data"][0]["y"][0].as_f64().expect("a number");
    assert!((-45.0..-37.63).contains(&foot), "{foot}");
    assert_eq!(figure["data"][1]["y"], json!([18, -37.63, 10]));
    let low = annotation(&figure, "low").expect("drawn");
    assert_eq!((&low["text"], &low["y"]), (&json!("low -37.63"), &json!(-37.63)));
}

#[test]
fn a_change_is_a_number_and_no_percent_of_a_close_that_is_not_above_zero() {
    for (before, change, percent) in [
        (20.0, json!(-10.0), json!(-50.0)),
        (0.0, json!(10.0), Value::Null),
        (-37.63, json!(47.63), Value::Null),
    ] {
        let figure = figure(&[18.0, 10.0], before, None, &[]);
        let quote = &figure["layout"]["meta"]["quote"];
        assert_eq!((&quote["change"], &quote["changePercent"]), (&change, &percent), "{before}");
    }
}

#[test]
fn the_last_price_is_one_number_wherever_it_stands() {
    for chart in Chart::ALL.into_iter().filter(|chart| *chart != Chart::Spark) {
        let options = [("chart", chart.as_str())];
        let figure = figure(&[34.0, 34.1], 33.0, Some(35.5), &options);
        let label = annotation(&figure, "last-price").expect("drawn");
        assert_eq!((&label["text"], &label["y"]), (&json!("35.50"), &json!(35.5)), "{chart:?}");
        assert_eq!(shape(&figure, "last-price").expect("drawn")["y0"], 35.5);
        let quote = &figure["layout"]["meta"]["quote"];
        assert_eq!((&quote["last"], &quote["change"]), (&json!(35.5), &json!(2.5)));
        let high = annotation(&figure, "high").expect("drawn");
        assert_eq!((&high["text"], &high["y"]), (&json!("high 35.50"), &json!(35.5)));
    }
}

#[test]
fn the_colour_of_the_last_price_tells_how_it_stands_to_the_close_of_the_bar_before() {
    let colors = |quote| {
        let mountain = figure(&[34.0, 34.1], 40.0, Some(quote), &[]);
        let candles = figure(&[34.0, 34.1], 40.0, Some(quote), &[("chart", "candlestick")]);
        let label =
            |figure: &Value| annotation(figure, "last-price").expect("drawn")["bgcolor"].clone();
        assert_eq!(label(&mountain), mountain["data"][1]["line"]["color"], "that of its line");
        [label(&mountain), label(&candles)].map(|color| color.as_str().expect("text").to_owned())
    };
    let [rising, risen] = colors(35.5);
    let [falling, fallen] = colors(33.5);
    assert_eq!((&*rising, &*falling), ("lime", "red"));
    assert_ne!(risen, fallen);
}

#[test]
fn a_logarithmic_chart_leaves_out_what_is_not_above_zero_and_says_so() {
    for (chart, count) in [("mountain", "2 bars"), ("line", "2 bars"), ("candlestick", "3 bars")] {
        let options = [("chart", chart), ("scale", "log")];
        let figure = figure(&[18.0, -37.63, 0.0, 0.25, 10.0], -5.0, None, &options);
        let note = format!("{count} at or below zero left out: the axis is logarithmic");
        assert_eq!(figure["layout"]["meta"]["notes"], json!([note]), "{chart}");
        assert_eq!(annotation(&figure, "note").expect("shown")["text"], note);
        let marks = figure["layout"]["annotations"].as_array().expect("a list").iter();
        assert!(marks.clone().all(|mark| mark["y"].is_number()), "{chart}: {marks:?}");
        assert!(shape(&figure, "previous-close").is_none());
    }
    let negative = figure(&[-18.0, -10.0], -5.0, None, &[("scale", "log")]);
    assert!(annotation(&negative, "last-price").is_none(), "it has no place");
    assert_eq!(negative["data"].as_array().map(Vec::len), Some(1), "nor has a foot");
    let positive = figure(&[18.0, 10.0], 5.0, None, &[("scale", "log")]);
    assert_eq!(positive["layout"]["meta"]["notes"], Value::Null);
}

#[test]
fn a_comparison_leaves_out_what_begins_at_or_below_zero_and_says_so() {
    let (share, oil) = ([100.0, 101.0], [-37.63, 10.0]);
    let uids = |figure: &Value| {
        let traces = figure["data"].as_array().expect("a list").iter();
        traces.map(|trace| trace["uid"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    let others = [("OIL", "UTC", bars(&oil)), ("SHARE", "UTC", bars(&share))];
    let figure = comparison(&bars(&share), &others, &[("compare", "OIL,SHARE")]);
    assert_eq!(uids(&figure), ["price", "compare-SHARE"]);
    let meta = &figure["layout"]["meta"];
    assert_eq!(meta["omitted"], json!(["OIL"]));
    let note = "OIL is left out: it begins at -37.63, and percents are counted from above zero";
    assert_eq!(meta["notes"], json!([note]));
    assert_eq!(annotation(&figure, "note").expect("shown")["text"], note);
    // The chart's own symbol is left out in the same way, and the others stay.
    let figure = comparison(&bars(&oil), &others[1..], &[("compare", "SHARE")]);
    assert_eq!(uids(&figure), ["compare-SHARE"]);
    assert_eq!(figure["layout"]["meta"]["omitted"], json!(["ACME"]));
    assert!(annotation(&figure, "no-bars").is_none(), "there are bars");
    // Beside nothing that can be drawn, a chart is one of prices.
    let figure = comparison(&bars(&share), &others[..1], &[("compare", "OIL")]);
    assert_eq!(figure["layout"]["meta"]["notes"], json!([note]));
    assert_eq!(figure["layout"]["yaxis"]["ticksuffix"], Value::Null);
}

#[test]
fn eight_decimals_are_shown_in_ticks_labels_and_change() {
    let instrument = Instrument { price_decimals: Some(8), ..instrument() };
    let instrument = Instrument { previous_close: Some(1.348e-5), ..instrument };
    let view = View::parse(instrument.symbol.clone(), [("chart", "mountain")]).expect("valid");
    let flat =
        |ts, price| Bar { ts, open: price, high: price, low: price, close: price, volume: 1.0 };
    let text = render(&Scene {
        view: &view,
        colors: &Colors::plain(&view),
        bars: &[flat(OPEN, 1.348e-5), flat(OPEN + 60, 1.351e-5)].into_iter().collect(),
        instrument: &instrument,
        hours: &Hours::Sessions(vec![]),
        compared: &[],
        quote: None,
        delay: None,
        session: None,
        timetable: &Timetable::UNKNOWN,
        source: "test",
    });
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    let axis = &figure["layout"]["yaxis"];
    assert_eq!((&axis["tickformat"], &axis["hoverformat"]), (&json!(",.8f"), &json!(",.8f")));
    assert_eq!(annotation(&figure, "last-price").expect("drawn")["text"], "0.00001351");
    assert_eq!(figure["layout"]["meta"]["quote"]["change"], 3e-8);
}
