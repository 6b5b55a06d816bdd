//! Symbols beside each other, in percent.

use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{DAY, OPEN, instrument, minute};
use crate::bars::Bars;
use crate::figure::{Colors, Compared, Scene, render};
use crate::market::{Hours, Instrument, Timetable, calendar};
use crate::symbol::Symbol;
use crate::view::View;

/// A figure of `own` compared with others, each its symbol, zone and bars.
pub(super) fn comparison(
    own: &Bars,
    others: &[(&str, &str, Bars)],
    options: &[(&str, &str)],
) -> Value {
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
        colors: &Colors::plain(&view),
        bars: own,
        instrument: &instrument,
        hours: &Hours::Sessions(vec![]),
        compared: &compared,
        quote: None,
        delay: None,
        session: None,
        timetable: &Timetable::UNKNOWN,
        source: "test",
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
    assert_eq!(named(0, "y"), json!([-1.9608, 0, 1.9608]));
    assert_eq!(named(0, "name"), "ACME +1.96%");
    assert_eq!(named(1, "uid"), "sma-2-sma");
    assert_eq!(named(1, "y")[2], 0.9804, "an average of percents");
    assert_eq!((named(2, "y"), named(2, "name")), (json!([0, 2]), json!("LATE +2.00%")));
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
