//! Answers and messages as the exchange writes them, and as nobody should.

use std::time::Duration;

use proptest::prelude::*;

use super::{candles, products};
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::coinbase::socket::{channel, read as said, request};
use crate::source::error::SourceError;
use crate::source::live::{
    Confirmation, LiveTrade, Move, SocketEvent, TradeSize, Verb, decimals_of_step,
};
use crate::source::upstream::Answer;
use crate::symbol::Symbol;

const ROWS: &str = r"[[1795694460,37200,37200.01,37200.01,37200,0.5],[1795694400,36800.0,37500.0,37000.0,37200.0,150.5]]";
const PRODUCTS: &str = r#"[
    {"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","base_increment":"0.00000001",
     "display_name":"BTC/USD","status":"online","trading_disabled":false},
    {"id":"SHIB-EUR","base_currency":"SHIB","quote_currency":"EUR","quote_increment":"0.00000001","status":"online"},
    {"id":"OFF-USD","base_currency":"OFF","quote_currency":"USD","quote_increment":"0.01","status":"online",
     "trading_disabled":true},
    {"id":"GONE-USD","base_currency":"GONE","quote_currency":"USD","quote_increment":"0.01","status":"delisted"}]"#;
const MATCH: &str = r#"{"type":"match","trade_id":10,"sequence":50,"maker_order_id":"ac928c66","taker_order_id":"132fb6ae",
    "time":"2026-11-26T12:00:01.123456Z","product_id":"BTC-USD","size":"5.23512","price":"400.23","side":"sell"}"#;

fn symbol() -> Symbol {
    Symbol::parse("BTC-USD").unwrap()
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, retry_after: Duration::ZERO, body: body.to_vec() }
}

fn read(status: u16, body: &[u8]) -> Result<Vec<Bar>, SourceError> {
    candles(&answer(status, body), &symbol(), Interval::Minute1)
}

#[test]
fn rows_have_low_and_high_before_open_and_close_and_the_newest_is_the_first() {
    let bars = read(200, ROWS.as_bytes()).unwrap();
    let older = Bar {
        ts: 1_795_694_400,
        open: 37_000.0,
        high: 37_500.0,
        low: 36_800.0,
        close: 37_200.0,
        volume: 150.5,
    };
    assert_eq!((bars.len(), bars[1], bars[0].open), (2, older, 37_200.01));
}

#[test]
fn refusals_and_errors_are_told_apart() {
    for (status, body, kind, words) in [
        (404, r#"{"message":"NotFound"}"#, "not_found", "NotFound"),
        (
            400,
            r#"{"message":"granularity too small for the requested time range"}"#,
            "refused",
            "too small",
        ),
        (429, r#"{"message":"Public rate limit exceeded"}"#, "blocked", "too many requests"),
        (403, "<html>", "blocked", "region"),
        (502, "<html>", "unavailable", "down"),
        (200, "<html>", "malformed", "unexpected"),
        (200, r#"{"message":"?"}"#, "malformed", "unexpected"),
    ] {
        let error = read(status, body.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn the_list_has_what_is_traded_with_the_decimals_of_its_prices() {
    let list = products(&answer(200, PRODUCTS.as_bytes())).unwrap();
    let told: Vec<_> = list.iter().map(|one| (one.symbol.as_str(), one.decimals)).collect();
    assert_eq!(told, [("BTC-USD", Some(2)), ("SHIB-EUR", decimals_of_step("0.00000001"))]);
}

#[test]
fn every_trade_is_told_on_the_channel_that_was_subscribed() {
    let channel = channel(&symbol()).unwrap();
    let asked = request(Verb::Subscribe, std::slice::from_ref(&channel));
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(
        asked,
        serde_json::json!({"type": "subscribe", "product_ids": ["BTC-USD"],
            "channels": ["matches", "heartbeat"]})
    );
    let size = TradeSize::parse("5.23512").unwrap();
    let trade = LiveTrade { id: 10, at: 1_795_694_401_123, price: 400.23, size };
    let moved = vec![SocketEvent::Moved(channel.clone(), Move::Trade(trade))];
    assert_eq!(said(MATCH.as_bytes()).as_ref(), Ok(&moved));
    let last = MATCH.replace("\"match\"", "\"last_match\"");
    assert_eq!(said(last.as_bytes()).as_ref(), Ok(&moved), "the one before the subscription");
    assert!(said(MATCH.replace("400.23", "-1").as_bytes()).is_err());
    assert!(said(MATCH.replace("5.23512", "much").as_bytes()).is_err());
    let beat = |id: i64| {
        let text = serde_json::json!({"type": "heartbeat", "sequence": 90, "last_trade_id": id,
            "product_id": "BTC-USD", "time": "2014-11-07T08:19:28.464459Z"});
        said(text.to_string().as_bytes())
    };
    assert_eq!(beat(20), Ok(vec![SocketEvent::Moved(channel, Move::Named(20))]));
    assert_eq!(beat(0), Ok(Vec::new()), "no number at all");
}

#[test]
fn what_stands_is_confirmed_and_an_error_has_its_reason() {
    let text =
        br#"{"type":"subscriptions","channels":[{"name":"heartbeat","product_ids":["A-B","C-D"]},
        {"name":"matches","product_ids":["A-B","C-D"],"account_ids":null}]}"#;
    let standing = ["A-B", "C-D"].map(|name| channel(&Symbol::parse(name).unwrap()).unwrap());
    let confirmed = SocketEvent::Confirmed(Confirmation::Standing(standing.into()));
    assert_eq!(said(text), Ok(vec![confirmed]));
    let text = br#"{"type":"error","message":"Failed to subscribe","reason":"X-Y is not a valid product"}"#;
    let refused = SocketEvent::Refused(None, None, "X-Y is not a valid product".to_owned());
    assert_eq!(said(text), Ok(vec![refused]));
    assert_eq!(said(br#"{"type":"status","products":[]}"#), Ok(Vec::new()));
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
            for bar in read(200, &body).unwrap_or_default() {
                prop_assert!(bar.low > 0.0 && bar.high.is_finite() && bar.ts % 60 == 0);
            }
        }
        let _ = products(&answer(200, &mutated(PRODUCTS)));
        for text in [mutated(MATCH), noise] {
            for event in said(&text).unwrap_or_default() {
                if let SocketEvent::Moved(_, Move::Trade(trade)) = event {
                    prop_assert!(trade.price > 0.0 && trade.price.is_finite());
                }
            }
        }
    }
}
