//! Answers and messages as Alpaca writes them, and as nobody should.

use std::time::Duration;

use proptest::prelude::*;

use super::{BarsPage, assets, bars};
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::alpaca::socket::{channel, read as said, request};
use crate::source::error::SourceError;
use crate::source::live::{Confirmation, LiveBar, Move, SocketEvent, Verb};
use crate::source::upstream::Answer;
use crate::symbol::Symbol;

const BARS: &str = r#"{"bars":[{"t":"2026-11-25T14:30:00Z","o":100.1,"h":101,"l":99.9,"c":100.5,"v":1234,"n":56,"vw":100.3},
    {"t":"2026-11-25T14:31:00Z","o":100.5,"h":100.5,"l":100.4,"c":100.4,"v":10,"n":1,"vw":100.4}],
    "symbol":"AAPL","next_page_token":"QUFQTHxN"}"#;
const ASSETS: &str = r#"[{"id":"x","class":"us_equity","exchange":"NASDAQ","symbol":"AAPL","name":"Apple Inc. Common Stock",
    "status":"active","tradable":true},{"symbol":"GONE","name":"Gone","status":"inactive"},{"symbol":"BRK.B","name":""}]"#;
const MOVED: &str = r#"[{"T":"b","S":"AAPL","o":100.1,"h":101,"l":99.9,"c":100.5,"v":1234,"t":"2026-11-25T14:30:00Z","n":56,
    "vw":100.3}]"#;
const FIRST: Bar =
    Bar { ts: 1_795_617_000, open: 100.1, high: 101.0, low: 99.9, close: 100.5, volume: 1_234.0 };

fn symbol() -> Symbol {
    Symbol::parse("AAPL").unwrap()
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, retry_after: Duration::ZERO, body: body.to_vec() }
}

fn read(status: u16, body: &[u8]) -> Result<BarsPage, SourceError> {
    bars(&answer(status, body), &symbol(), Interval::Minute1)
}

#[test]
fn a_page_has_bars_and_leads_to_the_next() {
    let page = read(200, BARS.as_bytes()).unwrap();
    assert_eq!((page.bars.len(), page.bars[0]), (2, FIRST));
    assert_eq!(page.next.as_deref(), Some("QUFQTHxN"));
    let none = read(200, br#"{"bars":null,"symbol":"AAPL","next_page_token":null}"#).unwrap();
    assert_eq!(none, BarsPage { bars: Vec::new(), next: None });
    let odd = BARS.replace("14:31:00", "14:31:07").replace("\"l\":99.9", "\"l\":0");
    assert_eq!(read(200, odd.as_bytes()).unwrap().bars, []);
}

#[test]
fn refusals_and_errors_are_told_apart() {
    for (status, body, kind, words) in [
        (400, r#"{"message":"invalid symbol: A_B"}"#, "not_found", "invalid symbol"),
        (400, r#"{"message":"invalid timeframe"}"#, "refused", "timeframe"),
        (401, r#"{"message":"forbidden."}"#, "refused", "the key or its plan"),
        (
            403,
            r#"{"message":"subscription does not permit querying recent SIP data"}"#,
            "refused",
            "SIP",
        ),
        (429, r#"{"message":"too many requests."}"#, "blocked", "too many requests"),
        (500, "<html>", "unavailable", "down"),
        (200, "<html>", "malformed", "unexpected"),
    ] {
        let error = read(status, body.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn the_list_has_what_is_traded_by_its_name() {
    let list = assets(&answer(200, ASSETS.as_bytes())).unwrap();
    let told: Vec<_> = list.iter().map(|one| (one.symbol.as_str(), one.title.as_deref())).collect();
    assert_eq!(told, [("AAPL", Some("Apple Inc. Common Stock")), ("BRK.B", None)]);
}

#[test]
fn a_minute_is_told_and_corrected() {
    let channel = channel(&symbol(), Interval::Minute1).unwrap();
    let asked = request(Verb::Subscribe, std::slice::from_ref(&channel));
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(
        asked,
        serde_json::json!({"action": "subscribe", "bars": ["AAPL"], "updatedBars": ["AAPL"]})
    );
    let moved = |order| {
        let live = LiveBar { bar: FIRST, order, is_final: false, is_whole: true };
        Ok(vec![SocketEvent::Moved(channel.clone(), Move::Bar(live))])
    };
    assert_eq!(said(MOVED.as_bytes()), moved((0, 56)));
    let updated = MOVED.replace("\"T\":\"b\"", "\"T\":\"u\"");
    assert_eq!(said(updated.as_bytes()), moved((1, 56)), "later than the first one");
    let standing =
        br#"[{"T":"subscription","trades":[],"quotes":[],"bars":["AAPL"],"updatedBars":["AAPL"]}]"#;
    let standing = said(standing);
    let confirmed = SocketEvent::Confirmed(Confirmation::Standing(vec![channel.clone()]));
    assert_eq!(standing, Ok(vec![confirmed]));
    assert_eq!(said(br#"[{"T":"success","msg":"authenticated"}]"#), Ok(Vec::new()));
}

#[test]
fn an_error_of_the_connection_is_told_in_words() {
    for (code, words) in [
        (402, "the key is not accepted (x)"),
        (406, "another program uses the one connection that the account may have (x)"),
        (409, "the account's plan does not have this feed (x)"),
        (500, "x"),
    ] {
        let text = serde_json::json!([{"T": "error", "code": code, "msg": "x"}]).to_string();
        assert_eq!(said(text.as_bytes()), Ok(vec![SocketEvent::Ended(words.to_owned())]), "{code}");
    }
    let text = br#"[{"T":"error","code":405,"msg":"symbol limit exceeded"}]"#;
    let refused = SocketEvent::Refused(None, None, "symbol limit exceeded".to_owned());
    assert_eq!(said(text), Ok(vec![refused]));
}

proptest! {
    #[test]
    fn nothing_that_alpaca_can_send_is_believed_to_be_what_it_cannot_be(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mutated = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes
        };
        for body in [mutated(BARS), noise.clone()] {
            if let Ok(page) = read(200, &body) {
                prop_assert!(page.bars.iter().all(|bar| bar.low > 0.0 && bar.ts % 60 == 0));
            }
        }
        let _ = assets(&answer(200, &mutated(ASSETS)));
        for text in [mutated(MOVED), noise] {
            for event in said(&text).unwrap_or_default() {
                if let SocketEvent::Moved(_, Move::Bar(live)) = event {
                    prop_assert!(live.bar.low > 0.0 && live.bar.high.is_finite());
                }
            }
        }
    }
}
