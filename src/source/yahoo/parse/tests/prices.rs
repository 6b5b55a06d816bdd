//! Prices as Yahoo sends them: below zero, zero, missing, old, and of an auction.

use serde_json::{Value, json};

use super::{Asked, answer, asked, at, bar, parse, read_of, starts, times, ts};
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::{Fetched, Quote};
use crate::view::Session;

type PriceRow = (i64, [f64; 4], u32);

/// The plain answer with these rows, read as bars of `interval`; `edit` has a say in its meta.
fn read(interval: Interval, rows: &[PriceRow], edit: impl FnOnce(&mut Value)) -> Fetched {
    let mut chart: Value = serde_json::from_slice(body!("session.json")).unwrap();
    let result = &mut chart["chart"]["result"][0];
    result["meta"]["dataGranularity"] = interval.as_str().into();
    edit(&mut result["meta"]);
    result["timestamp"] = rows.iter().map(|(ts, ..)| *ts).collect();
    let quote = &mut result["indicators"]["quote"][0];
    for (index, column) in ["open", "high", "low", "close"].into_iter().enumerate() {
        quote[column] = rows.iter().map(|(_, prices, _)| prices[index]).collect();
    }
    quote["volume"] = rows.iter().map(|(.., volume)| *volume).collect();
    let asked = Asked { interval, one_day: false, ..asked("21:30:00") };
    parse(&answer(200, chart.to_string().as_bytes()), &asked).unwrap()
}

/// So many days before today, at the open.
fn day(before: i64) -> i64 {
    ts("14:30:00") - before * 86_400
}

#[test]
fn days_below_zero_are_days_and_their_closes_previous_ones() {
    let rows = [
        (day(2), [17.73, 17.85, -40.32, -37.63], 247),
        (day(1), [-14.0, 13.86, -16.74, -10.01], 55),
        (day(0), [-9.0, 16.18, -9.5, 13.78], 700),
    ];
    let fetched = read(Interval::Day1, &rows, |meta| meta["regularMarketPrice"] = 13.78.into());
    let read: Vec<[f64; 4]> = fetched.bars.iter().map(Bar::prices).collect();
    assert_eq!(read, rows.map(|(_, prices, _)| prices));
    assert_eq!(fetched.instrument.previous_close, Some(-10.01));
}

#[test]
fn yields_at_zero_are_prices_and_a_share_at_zero_is_a_gap() {
    let rows = |closes: [f64; 4]| {
        [(3, 0), (2, 1), (1, 2), (0, 3)].map(|(d, row)| (day(d), [closes[row]; 4], 0))
    };
    let closes = |rows: &[PriceRow]| {
        let fetched = read(Interval::Day1, rows, |meta| meta["regularMarketPrice"] = 0.0.into());
        (fetched.bars.closes().to_vec(), fetched.quote.map(|quote| quote.price))
    };
    let yields = [0.015, -0.005, 0.0, 0.0];
    assert_eq!(closes(&rows(yields)), (yields.to_vec(), Some(0.0)));
    assert_eq!(closes(&rows([99.0, 0.0, 101.0, 100.0])), (vec![99.0, 101.0, 100.0], None));
}

#[test]
fn a_snapshot_that_knows_its_close_alone_is_a_flat_bar() {
    let fetched = read(Interval::Day1, &[(day(0), [0.0, 0.0, 0.0, 46_539.14], 0)], |_| {});
    assert_eq!(fetched.bars.last().map(Bar::prices), Some([46_539.14; 4]));
}

#[test]
fn a_quote_of_zero_beside_prices_that_never_come_near_is_none() {
    let fetched = read(Interval::Minute1, &[(ts("14:30:00"), [12.0; 4], 9)], |meta| {
        meta["regularMarketPrice"] = 0.into();
        meta["previousClose"] = 0.into();
        meta["chartPreviousClose"] = Value::Null;
    });
    assert_eq!((fetched.quote, fetched.instrument.previous_close), (None, None));
}

#[test]
fn bars_from_before_1970_are_bars_and_a_stamp_of_zero_is_none() {
    let rows = [
        ("1962-01-02T14:30:00Z", 10.5, 9.0),
        ("1969-12-31T14:30:00Z", 11.5, 9.0),
        ("1970-01-01T00:00:00Z", 1.0, 9.0),
        ("1970-01-02T14:30:00Z", 12.5, 9.0),
        ("1600-01-03T14:30:00Z", 1.0, 9.0),
    ];
    let fetched = read_of(Interval::Day1, "1d", &rows);
    assert_eq!(
        starts(&fetched),
        ["1962-01-02T05:00:00Z", "1969-12-31T05:00:00Z", "1970-01-02T05:00:00Z"]
    );
}

#[test]
fn the_previous_close_is_that_before_the_day_of_the_newest_price() {
    let rows = [(day(2), [11.0; 4], 9), (day(1), [12.0; 4], 9)];
    let previous = |time: i64| {
        let told = |meta: &mut Value| meta["regularMarketTime"] = time.into();
        read(Interval::Day1, &rows, told).instrument.previous_close
    };
    assert_eq!(previous(day(1) + 600), Some(11.0), "of the last bar");
    assert_eq!(previous(day(0) + 600), Some(12.0), "of a day without a bar yet");
}

#[test]
fn what_was_traded_outside_of_the_told_hours_is_a_bar() {
    // Nothing is told of trading before and after: an evening session, and an auction with volume.
    let unextended = |meta: &mut Value| meta["hasPrePostMarketData"] = false.into();
    let rows = [
        (ts("13:00:00"), [12.0, 12.2, 11.9, 12.1], 5),
        (ts("20:59:00"), [12.3, 12.4, 12.3, 12.3], 70),
        (ts("21:00:00"), [12.5; 4], 900),
        (ts("21:05:00"), [12.6, 12.7, 12.6, 12.7], 0),
        (ts("21:06:00"), [12.8; 4], 0),
    ];
    let fetched = read(Interval::Minute1, &rows, unextended);
    assert_eq!(times(&fetched), ["13:00", "20:59", "21:00", "21:05"]);
    assert_eq!(fetched.quote, Some(Quote { price: 12.8, at: at("21:06:00") }));
    // In hours that are told as those around regular trading, it is no bar of that.
    let fetched = read(Interval::Minute1, &rows, |_| {});
    assert_eq!(times(&fetched), ["20:59"]);
}

#[test]
fn extended_hours_hold_what_lies_outside_of_them_too() {
    let rows = [(ts("14:30:00"), [12.0; 4], 9), (ts("23:58:00"), [12.0; 4], 9)];
    let mut chart: Value = serde_json::from_slice(body!("session.json")).unwrap();
    let result = &mut chart["chart"]["result"][0];
    result["meta"]["currentTradingPeriod"]["post"]["end"] = json!(ts("23:00:00"));
    result["timestamp"] = rows.iter().map(|(ts, ..)| *ts).collect();
    let quote = &mut result["indicators"]["quote"][0];
    for column in ["open", "high", "low", "close", "volume"] {
        quote[column] = json!([12.0, 12.0]);
    }
    let asked = Asked { session: Session::Extended, ..asked("23:59:00") };
    let fetched = parse(&answer(200, chart.to_string().as_bytes()), &asked).unwrap();
    assert_eq!(times(&fetched), ["14:30", "23:58"]);
    assert_eq!(fetched.bars.last(), Some(bar("23:58:00", [12.0; 4], 12.0)));
}
