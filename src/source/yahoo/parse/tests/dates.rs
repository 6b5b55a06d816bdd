//! The dates of days, whatever time Yahoo stamps them with.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::{Asked, answer, asked, parse};
use crate::interval::Interval;
use crate::market::calendar;
use crate::symbol::Symbol;

/// The dates of the days of `symbol` on an exchange that are stamped with these instants.
fn dates(symbol: &str, exchange: &str, zone: &str, stamps: &[&str]) -> Vec<String> {
    let stamps: Vec<i64> =
        stamps.iter().map(|text| text.parse::<Timestamp>().expect(text).as_second()).collect();
    let column: Vec<f64> = (0u8..).zip(&stamps).map(|(n, _)| f64::from(n) + 10.0).collect();
    let quote = json!({
        "open": column, "high": column, "low": column, "close": column,
        "volume": vec![100; stamps.len()],
    });
    let chart = json!({"chart": {"error": null, "result": [{
        "meta": {"exchangeTimezoneName": zone, "exchangeName": exchange, "dataGranularity": "1d"},
        "timestamp": stamps, "indicators": {"quote": [quote]},
    }]}});
    let asked = Asked {
        symbol: Symbol::parse(symbol).expect(symbol),
        interval: Interval::Day1,
        ..asked("14:35:00")
    };
    let fetched = parse(&answer(200, chart.to_string().as_bytes()), &asked).expect("readable");
    let zone = &fetched.instrument.zone;
    let date = |ts: &i64| {
        let date: Date = calendar::date(*ts, zone).expect("in range");
        assert_eq!(calendar::midnight(date, zone), Some(*ts));
        date.to_string()
    };
    fetched.bars.times().iter().map(date).collect()
}

#[test]
fn days_of_the_evening_before_are_of_the_day_after_it() {
    // Sao Paulo has had no summer time since 2019, and its older days are stamped with it.
    assert_eq!(
        dates(
            "VALE3.SA",
            "SAO",
            "America/Sao_Paulo",
            &[
                "2022-03-03T02:00:00Z",
                "2022-03-04T02:00:00Z",
                "2022-03-07T02:00:00Z",
                "2022-03-08T13:00:00Z"
            ],
        ),
        ["2022-03-03", "2022-03-04", "2022-03-07", "2022-03-08"]
    );
}

#[test]
fn a_day_stamped_with_a_trade_in_its_evening_is_that_day() {
    assert_eq!(
        dates(
            "^BVSP",
            "SAO",
            "America/Sao_Paulo",
            &[
                "2023-05-02T13:00:00Z",
                "2023-05-03T22:05:00Z",
                "2023-05-04T13:00:00Z",
                "2023-05-05T20:07:31Z"
            ],
        ),
        ["2023-05-02", "2023-05-03", "2023-05-04", "2023-05-05"]
    );
}

#[test]
fn the_day_that_forms_is_told_once_for_shares_currencies_futures_and_coins() {
    for (symbol, exchange, zone, stamps, last) in [
        // The day's own row and the newest trade.
        (
            "6758.T",
            "JPX",
            "Asia/Tokyo",
            ["2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z", "2026-09-02T05:12:09Z"],
            "2026-09-02",
        ),
        (
            "GBPUSD=X",
            "CCY",
            "Europe/London",
            ["2026-08-31T23:00:00Z", "2026-09-01T23:00:00Z", "2026-09-02T21:30:00Z"],
            "2026-09-02",
        ),
        (
            "CL=F",
            "NYM",
            "America/New_York",
            ["2026-09-01T04:00:00Z", "2026-09-02T04:00:00Z", "2026-09-02T23:10:44Z"],
            "2026-09-03",
        ),
        (
            "ETH-USD",
            "CCC",
            "UTC",
            ["2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z", "2026-09-02T23:10:44Z"],
            "2026-09-02",
        ),
    ] {
        let dates = dates(symbol, exchange, zone, &stamps);
        let expected: &[&str] = &["2026-09-01", "2026-09-02", last];
        let count = if last == "2026-09-02" { 2 } else { 3 };
        assert_eq!(dates, expected[..count], "{symbol}");
    }
}
