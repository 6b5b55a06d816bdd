//! What is told and not believed: another symbol, and the future.

use jiff::Timestamp;

use super::{Asked, answer, asked, parse, ts};
use crate::interval::Interval;
use crate::market::Calendars;
use crate::shares::Holders;
use crate::source::yahoo::parse;
use crate::source::{FetchRequest, Priority, Window};
use crate::symbol::Symbol;
use crate::view::Session;

const SESSION: &[u8] = body!("session.json");

#[test]
fn an_answer_about_another_symbol_is_none() {
    let about = |told: &str, symbol: &str| {
        let body = String::from_utf8(SESSION.to_vec()).unwrap();
        let body = body.replace("\"FICT\"", &format!("\"{told}\""));
        let symbol = Symbol::parse(symbol).unwrap();
        let asked = Asked { symbol, ..asked("14:35:00") };
        let outcome = parse::parse(&answer(200, body.as_bytes()), &asked, &Calendars::standard());
        outcome.map(|fetched| fetched.instrument.symbol.to_string())
    };
    for (told, symbol) in [
        ("FICT", "FICT"),
        ("fict", "FICT"),
        ("BRK-B", "BRK.B"),
        ("JPY=X", "USDJPY=X"),
        ("USDJPY=X", "JPY=X"),
        ("EURUSD=X", "EURUSD=X"),
        ("", "FICT"),
    ] {
        assert_eq!(about(told, symbol).unwrap(), symbol, "{told}");
    }
    for (told, symbol) in [
        ("MSFT", "FICT"),
        ("FICT.L", "FICT"),
        ("USD", "FICT"),
        ("EUR=X", "EURUSD=X"),
        ("X", "USDX"),
    ] {
        let error = about(told, symbol).unwrap_err();
        assert_eq!(error.kind(), "malformed", "{told}");
        assert!(error.to_string().ends_with(&format!("it is about {told}")), "{error}");
    }
}

#[test]
fn nothing_from_more_than_two_intervals_ahead_is_believed() {
    for (ahead, bars) in [(120, 4), (121, 3), (80_000, 3)] {
        let now = ts("14:35:00");
        let mut chart: serde_json::Value = serde_json::from_slice(SESSION).unwrap();
        let result = &mut chart["chart"]["result"][0];
        result["meta"]["regularMarketTime"] = (now + ahead).into();
        let rows = result["timestamp"].as_array_mut().unwrap();
        rows.push((now + ahead).into());
        for column in ["open", "high", "low", "close", "volume"] {
            let column = result["indicators"]["quote"][0][column].as_array_mut().unwrap();
            column.push(12.into());
        }
        let request = FetchRequest {
            symbol: Symbol::parse("FICT").unwrap(),
            interval: Interval::Minute1,
            window: Window::Days(1),
            session: Session::Regular,
            priority: Priority::Live,
            watchers: Holders::none(),
        };
        let asked = Asked::new(&request, Timestamp::from_second(now).unwrap());
        let fetched = parse(&answer(200, chart.to_string().as_bytes()), &asked).unwrap();
        assert_eq!(fetched.bars.len(), bars, "{ahead}");
        assert_eq!(fetched.quote.is_some(), bars == 4, "{ahead}");
    }
}
