//! Every quirk on a body of our own: 4 March 2031, New York trades from 14:30 to 21:00 UTC.

use std::time::Duration;

use jiff::Timestamp;

use super::Asked;
use crate::bars::Bar;
use crate::interval::Interval;
use crate::market::{Calendars, SessionState};
use crate::source::upstream::Answer;
use crate::source::{Fetched, Quote, SourceError};
use crate::symbol::Symbol;
use crate::view::Session;

macro_rules! body {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo/", $name))
    };
}

mod belief;
mod dates;
mod prices;
mod trading;

fn at(time: &str) -> Timestamp {
    format!("2031-03-04T{time}Z").parse().unwrap()
}

fn ts(time: &str) -> i64 {
    at(time).as_second()
}

fn asked(now: &str) -> Asked {
    Asked {
        symbol: Symbol::parse("FICT").unwrap(),
        session: Session::Regular,
        interval: Interval::Minute1,
        one_day: true,
        now: ts(now),
        end: ts(now) + 86_400,
    }
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, retry_after: Duration::ZERO, body: body.to_vec() }
}

/// Reads an answer to what it is about.
fn parse(answer: &Answer, asked: &Asked) -> Result<Fetched, SourceError> {
    let symbol = told_symbol(&answer.body).unwrap_or_else(|| asked.symbol.clone());
    super::parse(answer, &Asked { symbol, ..asked.clone() }, &Calendars::standard())
}

/// The symbol that an answer says it is about.
pub(super) fn told_symbol(body: &[u8]) -> Option<Symbol> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    Symbol::parse(document["chart"]["result"][0]["meta"]["symbol"].as_str()?).ok()
}

fn read(body: &[u8]) -> Fetched {
    parse(&answer(200, body), &asked("14:35:00")).unwrap()
}

fn error(status: u16, body: &[u8]) -> SourceError {
    parse(&answer(status, body), &asked("14:35:00")).unwrap_err()
}

fn bar(time: &str, [open, high, low, close]: [f64; 4], volume: f64) -> Bar {
    Bar { ts: ts(time), open, high, low, close, volume }
}

fn times(fetched: &Fetched) -> Vec<String> {
    let time = |ts| Timestamp::from_second(ts).unwrap().strftime("%H:%M").to_string();
    fetched.bars.times().iter().map(|&ts| time(ts)).collect()
}

#[test]
fn a_plain_answer_becomes_bars_and_their_instrument() {
    let fetched = read(body!("session.json"));
    assert_eq!(
        fetched.bars.iter().collect::<Vec<_>>(),
        [
            bar("14:30:00", [12.1, 12.2, 12.0, 12.15], 900.0),
            bar("14:31:00", [12.15, 12.3, 12.1, 12.25], 800.0),
            bar("14:34:00", [12.3, 12.4, 12.3, 12.35], 700.0),
        ]
    );
    let instrument = &fetched.instrument;
    assert_eq!(instrument.symbol.as_str(), "FICT");
    assert_eq!(instrument.name.as_deref(), Some("Fictional Motors Inc."));
    assert_eq!(instrument.currency.as_deref(), Some("USD"));
    assert_eq!(instrument.exchange.as_deref(), Some("InventedX"));
    assert_eq!(instrument.zone_name(), "America/New_York");
    assert_eq!(instrument.previous_close, Some(12.05));
    assert_eq!(instrument.price_decimals, Some(2));
    assert_eq!(fetched.quote, Some(Quote { price: 12.35, at: at("14:34:30") }));
    assert_eq!((fetched.delay, fetched.split), (None, None));
}

#[test]
fn a_price_is_any_number_in_the_decimals_it_was_made_of() {
    let price = |json: &str| super::price(&serde_json::from_str(json).unwrap());
    for (json, read) in [
        ("225.6699981689453", Some(225.67)),
        ("-37.630001068115234", Some(-37.63)),
        ("0", Some(0.0)),
        ("null", None),
        ("\"Infinity\"", None),
        ("[]", None),
    ] {
        assert_eq!(price(json), read, "{json}");
    }
}

#[test]
fn null_and_senseless_rows_are_gaps_and_half_rows_take_their_close() {
    let fetched = read(body!("gaps.json"));
    assert_eq!(times(&fetched), ["14:30", "14:32", "14:33", "14:34"]);
    assert_eq!(fetched.bars.get(1), Some(bar("14:32:00", [12.4, 12.5, 12.4, 12.4], 0.0)));
    assert_eq!(fetched.bars.get(2), Some(bar("14:33:00", [12.3; 4], 0.0)));
    assert_eq!(fetched.bars.get(3), Some(bar("14:34:00", [12.2; 4], 0.0)));
}

#[test]
fn a_column_shorter_than_the_times_ends_in_gaps() {
    let fetched = read(body!("short_columns.json"));
    assert_eq!(times(&fetched), ["14:30", "14:31"]);
    assert_eq!(fetched.bars.volumes(), [900.0, 0.0]);
}

#[test]
fn rows_are_sorted_the_last_of_two_stays_and_absurd_times_go() {
    let fetched = read(body!("order.json"));
    assert_eq!(times(&fetched), ["14:30", "14:31", "14:32"]);
    assert_eq!(fetched.bars.closes(), [12.5, 12.25, 12.35]);
}

#[test]
fn rows_at_or_after_the_asked_end_are_dropped() {
    let body = answer(200, body!("session.json"));
    let mut asked = asked("14:35:00");
    asked.end = ts("14:34:00");
    assert_eq!(times(&parse(&body, &asked).unwrap()), ["14:30", "14:31"]);
}

#[test]
fn a_live_row_off_the_grid_is_merged_into_the_bar_of_its_minute() {
    let fetched = read(body!("live_stub.json"));
    assert_eq!(fetched.bars.last(), Some(bar("14:32:00", [12.3, 12.6, 12.3, 12.6], 0.0)));
    assert_eq!(fetched.bars.len(), 2);
    assert_eq!(fetched.bars.volumes(), [8e9, 0.0]);
}

#[test]
fn a_live_row_in_a_new_minute_opens_its_bar() {
    let fetched = read(body!("live_stub_alone.json"));
    assert_eq!(fetched.bars.last(), Some(bar("14:32:00", [12.6; 4], 0.0)));
    assert_eq!(fetched.bars.len(), 2);
}

#[test]
fn a_live_row_right_on_the_minute_does_not_replace_the_bar() {
    let fetched = read(body!("live_stub_on_grid.json"));
    assert_eq!(fetched.bars.last(), Some(bar("14:32:00", [12.3, 12.4, 12.1, 12.1], 70.0)));
}

#[test]
fn rows_outside_regular_trading_go_and_the_last_price_after_the_close_is_the_quote() {
    let fetched = parse(&answer(200, body!("closed.json")), &asked("21:10:00")).unwrap();
    assert_eq!(times(&fetched), ["14:30", "20:59"]);
    assert_eq!(fetched.quote, Some(Quote { price: 12.5, at: at("21:00:00") }));
    let session = fetched.timetable.session_at(ts("21:10:00"));
    assert_eq!(session.map(|session| session.state), Some(SessionState::Post));
    assert_eq!(fetched.delay, None);
}

#[test]
fn yesterdays_price_after_the_close_is_no_quote_once_trading_went_on() {
    let fetched = read(body!("closed_yesterday.json"));
    assert_eq!(times(&fetched), ["20:59", "14:30"]);
    assert_eq!(fetched.quote, None);
}

#[test]
fn no_bars_is_a_good_answer() {
    let fetched = read(body!("no_bars.json"));
    assert!(fetched.bars.is_empty());
    assert_eq!(fetched.instrument.name.as_deref(), Some("Fictional Motors Inc."));
}

#[test]
fn a_bare_description_is_filled_as_far_as_it_goes() {
    let fetched = read(body!("sparse_meta.json"));
    let instrument = &fetched.instrument;
    assert_eq!(instrument.name.as_deref(), Some("Sparse"));
    assert_eq!(instrument.exchange.as_deref(), Some("SPX"));
    assert_eq!(instrument.currency, None);
    assert_eq!(instrument.price_decimals, Some(8));
    let clock = instrument.zone.to_datetime(at("00:00:00"));
    assert_eq!(clock.strftime("%H:%M").to_string(), "05:45");
    assert_eq!(fetched.bars.last(), Some(bar("14:30:00", [12.5; 4], 0.0)));
    assert_eq!(fetched.quote, None);
}

#[test]
fn the_close_before_the_window_is_the_previous_close_of_a_single_day_only() {
    let body = answer(200, body!("sparse_meta.json"));
    let mut asked = asked("14:35:00");
    let previous = |asked: &Asked| parse(&body, asked).unwrap().instrument.previous_close;
    assert_eq!(previous(&asked), Some(12.1));
    asked.one_day = false;
    assert_eq!(previous(&asked), None);
}

#[test]
fn old_prices_in_an_open_market_tell_the_delay_in_minutes() {
    let delay = |now| {
        let body = answer(200, body!("session.json"));
        parse(&body, &asked(now)).unwrap().delay
    };
    assert_eq!(delay("14:36:00"), None, "90 s");
    assert_eq!(delay("14:50:00"), Some(Duration::from_mins(15)), "15.5 min");
    assert_eq!(delay("16:00:00"), None, "nothing traded");
    assert_eq!(delay("21:00:00"), None, "closed");
}

#[test]
fn the_newest_split_is_told() {
    assert_eq!(read(body!("split.json")).split, Some(ts("14:30:00")));
}

#[test]
fn yahoos_own_words_decide_whatever_the_status() {
    for status in [200, 404] {
        let error = error(status, body!("error_not_found.json"));
        assert_eq!(error.kind(), "not_found");
        assert_eq!(
            error.to_string(),
            "FICT is not known to yahoo: Nothing here, not under this name"
        );
    }
    let error = |name: &[u8]| error(200, name);
    let refused = error(body!("error_refused.json"));
    assert_eq!(refused.kind(), "refused");
    assert!(refused.to_string().ends_with("days of 1m are served"));
    let blocked = error(body!("error_finance.json"));
    assert_eq!(blocked.kind(), "blocked");
    assert!(blocked.to_string().ends_with("Crumb wanted"));
}

#[test]
fn long_words_are_cut() {
    let words = format!(r#"{{"chart":{{"error":{{"description":"{}"}}}}}}"#, "é".repeat(5000));
    assert!(error(400, words.as_bytes()).to_string().chars().count() < 250);
}

#[test]
fn without_words_the_status_decides_and_nothing_is_permanent() {
    let html = body!("consent.html");
    for (status, kind) in [
        (400, "malformed"),
        (401, "blocked"),
        (403, "blocked"),
        (404, "malformed"),
        (429, "blocked"),
        (500, "unavailable"),
        (503, "unavailable"),
        (999, "blocked"),
    ] {
        assert_eq!(error(status, html).kind(), kind, "{status}");
    }
    assert_eq!(
        error(429, body!("too_many.txt")).to_string(),
        "yahoo limits requests: HTTP status 429, Edge: slow down"
    );
}

#[test]
fn what_is_no_chart_is_malformed() {
    let whole = body!("session.json");
    for body in [
        &b""[..],
        b" \n",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b"{\"chart\":null}",
        b"{\"chart\":{}}",
        b"{\"chart\":{\"result\":5}}",
        b"{\"chart\":{\"result\":[5]}}",
        b"\xff\xfe",
        body!("consent.html"),
        body!("too_many.txt"),
        body!("other_granularity.json"),
        &whole[..whole.len() / 2],
    ] {
        let text = String::from_utf8_lossy(body);
        assert_eq!(error(200, body).kind(), "malformed", "{text}");
    }
}

#[test]
fn a_chart_of_nothing_and_a_parked_symbol_are_not_found() {
    for body in [
        &br#"{"chart":{"result":null,"error":null}}"#[..],
        br#"{"chart":{"result":[],"error":null}}"#,
        body!("zombie.json"),
    ] {
        assert_eq!(error(200, body).kind(), "not_found");
    }
}

/// The plain answer as one of `interval`, with these times and closes.
fn chart_of(interval: &str, rows: &[(&str, f64, f64)]) -> Vec<u8> {
    let mut chart: serde_json::Value = serde_json::from_slice(body!("session.json")).unwrap();
    let result = &mut chart["chart"]["result"][0];
    result["meta"]["dataGranularity"] = interval.into();
    let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    result["timestamp"] = rows.iter().map(|(time, _, _)| second(time)).collect();
    let quote = &mut result["indicators"]["quote"][0];
    for column in ["open", "high", "low", "close"] {
        quote[column] = rows.iter().map(|(_, close, _)| *close).collect();
    }
    quote["volume"] = rows.iter().map(|(_, _, volume)| *volume).collect();
    chart.to_string().into_bytes()
}

fn read_of(interval: Interval, name: &str, rows: &[(&str, f64, f64)]) -> Fetched {
    let asked = Asked { interval, one_day: false, ..asked("14:35:00") };
    parse(&answer(200, &chart_of(name, rows)), &asked).unwrap()
}

fn starts(fetched: &Fetched) -> Vec<String> {
    let text = |ts: &i64| Timestamp::from_second(*ts).unwrap().to_string();
    fetched.bars.times().iter().map(text).collect()
}

#[test]
fn days_start_at_midnight_of_the_exchange_and_the_live_row_is_today() {
    let fetched = read_of(
        Interval::Day1,
        "1d",
        &[
            ("2031-02-28T14:30:00Z", 11.0, 9e6),
            ("2031-03-03T14:30:00Z", 12.0, 8e6),
            ("2031-03-04T14:30:00Z", 12.5, 1e5),
            ("2031-03-04T14:34:57Z", 12.75, 2e5),
        ],
    );
    assert_eq!(
        starts(&fetched),
        ["2031-02-28T05:00:00Z", "2031-03-03T05:00:00Z", "2031-03-04T05:00:00Z"]
    );
    // Today's newest row is the whole day so far.
    assert_eq!(fetched.bars.last().map(|bar| (bar.close, bar.volume)), Some((12.75, 2e5)));
    assert_eq!(fetched.instrument.previous_close, Some(12.0));
}

#[test]
fn a_bare_price_of_today_moves_its_close_only() {
    let rows = [("2031-03-04T14:30:00Z", 12.5, 1e5), ("2031-03-04T14:34:57Z", 12.75, 0.0)];
    let fetched = read_of(Interval::Day1, "1d", &rows);
    let last = fetched.bars.last().unwrap();
    assert_eq!((last.open, last.close, last.volume), (12.5, 12.75, 1e5));
}

#[test]
fn hours_start_with_the_session_whatever_they_are_called() {
    let rows = [
        // Of a day whose session is no longer told.
        ("2031-01-06T14:30:00Z", 11.0, 9e6),
        ("2031-01-06T15:30:00Z", 11.5, 9e6),
        ("2031-03-04T14:30:00Z", 12.5, 1e5),
        ("2031-03-04T14:34:57Z", 12.75, 0.0),
    ];
    for name in ["1h", "60m"] {
        let fetched = read_of(Interval::Hour1, name, &rows);
        assert_eq!(
            starts(&fetched),
            ["2031-01-06T14:30:00Z", "2031-01-06T15:30:00Z", "2031-03-04T14:30:00Z"]
        );
        assert_eq!(fetched.bars.last().map(|bar| bar.close), Some(12.75));
    }
}
