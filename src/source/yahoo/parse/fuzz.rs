//! No bytes at all make the parser panic or break a bar.

use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, parse};
use crate::interval::Interval;
use crate::market::Calendars;
use crate::source::upstream::Answer;
use crate::source::yahoo::rows::EARLIEST;
use crate::symbol::Symbol;
use crate::view::Session;

const NOW: i64 = 1_930_401_300;

/// Any JSON, with a liking for what a chart is made of.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "start", "end", "regular", "pre", "error", "code", "date", "result", "0", "close",
    ]);
    any_leaf().prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        any::<f32>().prop_map(|f| json!(f64::from(f))),
        (NOW - 90_000..NOW + 90_000).prop_map(Value::from),
        prop::sample::select(vec!["Infinity", "NaN", "1m", "UTC", "YHD", "Asia/Kolkata", "\u{1}"])
            .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ]
}

fn any_column() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => vec(any_leaf(), 0..12).prop_map(Value::from),
        1 => any_json(),
    ]
}

fn any_meta() -> impl Strategy<Value = Value> {
    let fields = prop::sample::select(vec![
        "currency",
        "exchangeName",
        "exchangeTimezoneName",
        "gmtoffset",
        "priceHint",
        "previousClose",
        "chartPreviousClose",
        "regularMarketPrice",
        "regularMarketTime",
        "currentTradingPeriod",
        "tradingPeriods",
        "longName",
    ]);
    btree_map(fields.prop_map(str::to_owned), any_json(), 0..12)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn any_chart() -> impl Strategy<Value = Value> {
    let columns = [(); 6].map(|()| any_column());
    (any_meta(), columns, any_json()).prop_map(
        |(meta, [timestamp, open, high, low, close, volume], splits)| {
            let quote =
                json!({"open": open, "high": high, "low": low, "close": close, "volume": volume});
            json!({"chart": {"error": null, "result": [{
                "meta": meta, "timestamp": timestamp,
                "indicators": {"quote": [quote]}, "events": {"splits": splits},
            }]}})
        },
    )
}

/// Parses, and checks what every bar in the system promises.
fn check(status: u16, body: Vec<u8>, interval: Interval) -> Result<(), TestCaseError> {
    let asked = Asked {
        symbol: Symbol::parse("FICT").expect("valid"),
        session: Session::Regular,
        interval,
        one_day: true,
        now: NOW,
        end: NOW + 86_400,
    };
    let answer = Answer { status, retry_after: Duration::ZERO, body };
    let Ok(fetched) = parse(&answer, &asked, &Calendars::standard()) else {
        return Ok(());
    };
    let times = fetched.bars.times();
    prop_assert!(times.is_sorted_by(|a, b| a < b));
    for bar in fetched.bars.iter() {
        prop_assert!(bar.low.is_finite() && bar.high.is_finite() && bar.volume >= 0.0);
        prop_assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
        // A day begins before its trades, and on no grid of UTC.
        let (ahead, grid) =
            if interval < Interval::Hour1 { (0, interval.seconds()) } else { (86_400, 1) };
        let longest = 31 * ahead.max(1);
        prop_assert!((EARLIEST - longest..asked.end).contains(&bar.ts) && bar.ts % grid == 0);
    }
    prop_assert!(fetched.quote.is_none_or(|q| q.price.is_finite()));
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in vec(any::<u8>(), 0..200), status in 100u16..1000) {
        check(status, body, Interval::Minute1)?;
    }

    #[test]
    fn any_json_is_survived(value in any_json(), status in prop_oneof![Just(200u16), 100u16..1000]) {
        check(status, value.to_string().into_bytes(), Interval::Minute1)?;
    }

    #[test]
    fn any_result_is_survived(value in any_json()) {
        check(200, json!({"chart": {"result": [value]}}).to_string().into_bytes(), Interval::Minute1)?;
    }

    #[test]
    fn any_chart_is_survived_and_its_bars_keep_their_promises(
        chart in any_chart(),
        interval in prop::sample::select(Interval::ALL.to_vec()),
    ) {
        let body = chart.to_string().replace("\"1m\"", &format!("\"{interval}\""));
        check(200, body.into_bytes(), interval)?;
    }

    #[test]
    fn a_chart_with_bytes_knocked_out_is_survived(
        at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut body = include_bytes!("../../../../tests/fixtures/yahoo/closed.json").to_vec();
        for (index, byte) in at {
            let index = index.index(body.len());
            body[index] = byte;
        }
        check(200, body, Interval::Minute1)?;
    }
}
