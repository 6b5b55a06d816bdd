//! When an instrument trades, by what Yahoo tells and what the table of markets has besides.

use super::{Asked, SessionState, answer, asked, parse, read, times, ts};
use crate::market::{Hours, Period};
use crate::source::Fetched;
use crate::view::Session;

#[test]
fn the_last_minute_of_a_market_that_never_closes_is_kept() {
    let fetched = read(body!("midnight.json"));
    assert_eq!(fetched.hours, Hours::Continuous { day: 86_400 });
    assert_eq!(times(&fetched), ["23:58", "23:59"]);
}

#[test]
fn trading_periods_are_read_in_every_shape() {
    let today = Period { start: ts("14:30:00"), end: ts("21:00:00") };
    let yesterday = Period { start: today.start - 86_400, end: today.end - 86_400 };
    let list = read(body!("session.json"));
    assert_eq!(list.hours, Hours::Sessions(vec![yesterday, today]));
    let object = read(body!("periods_object.json"));
    assert_eq!(object.hours, Hours::Sessions(vec![today]));
    assert_eq!(times(&object), ["14:30"]);
    // Only today is known: yesterday's early row may be regular.
    let empty = read(body!("periods_empty.json"));
    assert_eq!(empty.hours, Hours::Sessions(vec![today]));
    assert_eq!(times(&empty), ["13:30", "14:30"]);
    let absent = read(body!("periods_absent.json"));
    assert_eq!(absent.hours, Hours::Sessions(vec![]));
    assert_eq!(times(&absent), ["14:00", "14:30"]);
}

#[test]
fn extended_hours_are_bars_of_a_chart_that_asks_for_them() {
    let body = answer(200, body!("periods_object.json"));
    let extended = Asked { session: Session::Extended, ..asked("14:35:00") };
    let regular = parse(&body, &asked("14:35:00")).unwrap();
    let extended = parse(&body, &extended).unwrap();
    assert_eq!(times(&regular), ["14:30"]);
    assert_eq!(times(&extended), ["14:00", "14:30", "21:30"]);
    let states = [SessionState::Pre, SessionState::Open];
    let told = Hours::Sessions(extended.timetable.periods(&states));
    assert_eq!(extended.hours, told, "what has begun");
}

/// The plain answer from an exchange that the table knows, with these periods as regular ones.
fn told(exchange: &str, periods: &[(&str, &str)]) -> Fetched {
    let mut chart: serde_json::Value = serde_json::from_slice(body!("session.json")).unwrap();
    let meta = &mut chart["chart"]["result"][0]["meta"];
    let period =
        |(start, end): &(&str, &str)| serde_json::json!({"start": ts(start), "end": ts(end)});
    meta["exchangeName"] = exchange.into();
    meta["tradingPeriods"] = periods.iter().map(period).collect();
    meta["currentTradingPeriod"] = serde_json::Value::Null;
    parse(&answer(200, chart.to_string().as_bytes()), &asked("14:35:00")).unwrap()
}

fn state(fetched: &Fetched, time: &str) -> (SessionState, Option<String>) {
    let session = fetched.timetable.session_at(ts(time)).unwrap();
    (session.state, session.until.map(|at| at.to_string()))
}

#[test]
fn a_day_that_yahoo_cuts_short_is_short_and_the_table_knows_the_next() {
    // Without a word of trading before and after there is none.
    let fetched = told("NMS", &[("14:30:00", "18:00:00")]);
    let close = Some("2031-03-04T18:00:00Z".to_owned());
    assert_eq!(state(&fetched, "15:00:00"), (SessionState::Open, close));
    let next_open = Some("2031-03-05T14:30:00Z".to_owned());
    assert_eq!(state(&fetched, "18:00:00"), (SessionState::Closed, next_open));
}

#[test]
fn what_trades_around_the_clock_on_five_days_closes_for_the_weekend() {
    let around = [("00:00:00", "23:59:00")];
    let currency = told("CCY", &around);
    // Tuesday: until Friday at five in the afternoon in New York.
    let friday = Some("2031-03-07T22:00:00Z".to_owned());
    assert_eq!(state(&currency, "14:35:00"), (SessionState::Open, friday));
    assert!(matches!(currency.hours, Hours::Sessions(_)));
    assert_eq!(currency.bars.len(), 3);
    assert_eq!(state(&told("CCC", &around), "14:35:00"), (SessionState::Open, None));
    assert_eq!(told("CCC", &around).hours, Hours::Continuous { day: 86_400 });
}
