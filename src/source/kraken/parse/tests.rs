//! Answers and messages as the exchange writes them, and as nobody should.

use std::time::Duration;

use proptest::prelude::*;

use super::{candles, products};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::source::error::SourceError;
use crate::source::kraken::socket::{channel, read as said, request};
use crate::source::live::{Confirmation, LiveBar, Move, SocketEvent, Verb};
use crate::source::upstream::Answer;
use crate::symbol::Symbol;

const ROWS: &str = r#"{"error":[],"result":{"XXBTZUSD":[
    [1795694400,"37000.0","37500.0","36800.0","37200.0","37100.0","150.50000000",320],
    [1795694460,"37200.0","37200.0","37200.0","37200.0","0.0","0.00000000",0]],"last":1795694400}}"#;
const PAIRS: &str = r#"{"error":[],"result":{
    "XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","pair_decimals":1,"status":"online"},
    "XDGEUR":{"altname":"XDGEUR","wsname":"XDG/EUR","pair_decimals":7,"status":"online"},
    "GONEUSD":{"altname":"GONEUSD","wsname":"GONE/USD","pair_decimals":7,"status":"delisted"}}}"#;
const MOVED: &str = r#"{"channel":"ohlc","type":"update","timestamp":"2026-11-26T12:00:01.123456Z","data":[{
    "symbol":"BTC/USD","open":37000.0,"high":37500.0,"low":36800.0,"close":37200.0,"vwap":37100.0,"trades":320,
    "volume":150.5,"interval_begin":"2026-11-26T12:00:00.000000000Z","interval":1,
    "timestamp":"2026-11-26T12:01:00.000000Z"}]}"#;

const BAR: Bar = Bar {
    ts: 1_795_694_400,
    open: 37_000.0,
    high: 37_500.0,
    low: 36_800.0,
    close: 37_200.0,
    volume: 150.5,
};

fn symbol() -> Symbol {
    Symbol::parse("BTC-USD").unwrap()
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, retry_after: Duration::ZERO, body: body.to_vec() }
}

fn read(status: u16, body: &[u8]) -> Result<Bars, SourceError> {
    candles(&answer(status, body), &symbol(), Interval::Minute1)
}

#[test]
fn rows_have_the_weighted_price_before_the_volume_and_silent_minutes_are_flat() {
    let bars = read(200, ROWS.as_bytes()).unwrap();
    assert_eq!(bars.get(0), Some(BAR));
    let silent = bars.get(1).unwrap();
    assert_eq!((silent.prices(), silent.volume), ([37_200.0; 4], 0.0));
}

#[test]
fn errors_are_told_apart_though_their_status_is_200() {
    for (status, body, kind) in [
        (200, r#"{"error":["EQuery:Unknown asset pair"]}"#, "not_found"),
        (200, r#"{"error":["EGeneral:Too many requests"]}"#, "blocked"),
        (200, r#"{"error":["EService:Unavailable"]}"#, "unavailable"),
        (200, r#"{"error":["EGeneral:Invalid arguments"]}"#, "refused"),
        (200, r#"{"error":[]}"#, "malformed"),
        (200, "<html>", "malformed"),
        (403, "<html>", "blocked"),
        (503, "<html>", "unavailable"),
    ] {
        assert_eq!(read(status, body.as_bytes()).unwrap_err().kind(), kind, "{status} {body}");
    }
}

#[test]
fn the_list_names_bitcoin_as_everybody_does() {
    let list = products(&answer(200, PAIRS.as_bytes())).unwrap();
    let told: Vec<_> = list.iter().map(|one| (one.symbol.as_str(), one.decimals)).collect();
    assert_eq!(told, [("DOGE-EUR", Some(7)), ("BTC-USD", Some(1))]);
}

#[test]
fn a_message_moves_the_channel_that_was_subscribed() {
    let channel = channel(&symbol(), Interval::Minute1).unwrap();
    let asked = request(Verb::Subscribe, std::slice::from_ref(&channel), 7);
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    let params = serde_json::json!(
        {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 1, "snapshot": true});
    assert_eq!(asked, serde_json::json!({"method": "subscribe", "params": params, "req_id": 7}));
    let live =
        LiveBar { bar: BAR, order: (320, 1_795_694_401_123), is_final: false, is_whole: true };
    assert_eq!(said(MOVED.as_bytes()), Ok(vec![SocketEvent::Moved(channel, Move::Bar(live))]));
    assert_eq!(said(br#"{"channel":"heartbeat"}"#), Ok(Vec::new()));
    let confirmed =
        br#"{"method":"subscribe","result":{"channel":"ohlc","symbol":"BTC/USD","snapshot":true},
        "success":true,"time_in":"2026-11-26T12:00:00Z","req_id":7}"#;
    let one = Confirmation::OneOf(7, "BTC/USD".to_owned());
    assert_eq!(said(confirmed), Ok(vec![SocketEvent::Confirmed(one)]));
    let refused = br#"{"error":"Currency pair not supported A/B","method":"subscribe","req_id":7,
        "success":false,"symbol":"A/B"}"#;
    let words = "Currency pair not supported A/B".to_owned();
    assert_eq!(
        said(refused),
        Ok(vec![SocketEvent::Refused(Some(7), Some("A/B".to_owned()), words)])
    );
}

proptest! {
    #[test]
    fn nothing_that_an_exchange_can_send_is_believed_to_be_what_it_cannot_be(
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
        for body in [mutated(ROWS), noise.clone()] {
            if let Ok(bars) = read(200, &body) {
                prop_assert!(bars.iter().all(|bar| bar.low > 0.0 && bar.high.is_finite() && bar.ts % 60 == 0));
            }
        }
        let _ = products(&answer(200, &mutated(PAIRS)));
        for text in [mutated(MOVED), noise] {
            for event in said(&text).unwrap_or_default() {
                if let SocketEvent::Moved(_, Move::Bar(live)) = event {
                    prop_assert!(live.bar.low > 0.0 && live.bar.high.is_finite());
                }
            }
        }
    }
}
