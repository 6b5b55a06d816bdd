//! Answers and messages as the exchange writes them, and as nobody should.

use std::time::Duration;

use proptest::prelude::*;

use super::{KlinePage, klines, products};
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::binance::socket::{channel, read, request};
use crate::source::error::SourceError;
use crate::source::live::{Confirmation, LiveBar, Move, SocketEvent, Verb};
use crate::source::upstream::Answer;
use crate::symbol::Symbol;

const KLINES: &str = r#"[[1795694400000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",
    1795694459999,"2434.19055334",308,"1756.87402397","28.46694368","0"],
    [1795694460000,"0.01577100","0.01577100","0.01577100","0.01577100","0.00000000",1795694519999,"0",0,"0","0","0"]]"#;
const INFO: &str = r#"{"timezone":"UTC","rateLimits":[],"symbols":[
    {"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[
        {"filterType":"LOT_SIZE","stepSize":"0.00001000"},
        {"filterType":"PRICE_FILTER","minPrice":"0.01000000","tickSize":"0.01000000"}]},
    {"symbol":"OLDBTC","status":"BREAK","baseAsset":"OLD","quoteAsset":"BTC","filters":[]},
    {"symbol":"币安人生USDT","status":"TRADING","baseAsset":"币安人生","quoteAsset":"USDT","filters":[]},
    {"symbol":"1000SATSUSDT","status":"TRADING","baseAsset":"1000SATS","quoteAsset":"USDT","filters":[
        {"filterType":"PRICE_FILTER","tickSize":"0.00000001"}]}]}"#;
const MOVED: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1795694402136,"s":"BTCUSDT","k":{
    "t":1795694400000,"T":1795694459999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020",
    "h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}}"#;

fn symbol() -> Symbol {
    Symbol::parse("BTCUSDT").unwrap()
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, retry_after: Duration::from_secs(7), body: body.to_vec() }
}

fn page(status: u16, body: &[u8]) -> Result<KlinePage, SourceError> {
    klines(&answer(status, body), &symbol(), Interval::Minute1)
}

fn said(text: &str) -> Result<Vec<SocketEvent>, String> {
    read(text.as_bytes())
}

#[test]
fn rows_are_read_by_their_columns_and_a_row_that_is_no_bar_is_left_out() {
    let read = page(200, KLINES.as_bytes()).unwrap();
    assert_eq!((read.rows, read.last_open), (2, Some(1_795_694_460_000)));
    let first = Bar {
        ts: 1_795_694_400,
        open: 0.016_347_9,
        high: 0.8,
        low: 0.015_758,
        close: 0.015_771,
        volume: 148_976.114_278_15,
    };
    assert_eq!(read.bars[0], first);
    for odd in [
        KLINES.replace("1795694400000", "1795694400001"),
        KLINES.replace("\"0.80000000\"", "\"-0.8\""),
        KLINES.replace("\"0.01575800\"", "\"NaN\""),
        KLINES.replace("\"0.01575800\"", "null"),
    ] {
        assert_eq!(page(200, odd.as_bytes()).unwrap().bars.len(), 1, "{odd}");
    }
}

#[test]
fn refusals_and_errors_are_told_apart() {
    for (status, body, kind, words) in [
        (400, r#"{"code":-1121,"msg":"Invalid symbol."}"#, "not_found", "Invalid symbol."),
        (400, r#"{"code":-1120,"msg":"Invalid interval."}"#, "refused", "Invalid interval."),
        (400, "<html>", "refused", "HTTP 400"),
        (429, r#"{"code":-1003,"msg":"Way too much request weight used"}"#, "blocked", "too many"),
        (418, r#"{"code":-1003,"msg":"banned until 1795694400000"}"#, "blocked", "has banned"),
        (451, "<html>Service unavailable from a restricted location", "blocked", "region"),
        (403, "<html>", "blocked", "region"),
        (502, "<html>", "unavailable", "down"),
        (200, "<html>", "malformed", "unexpected"),
        (200, r#"{"code":0}"#, "malformed", "unexpected"),
    ] {
        let error = page(status, body.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert!(error.to_string().contains(words), "{error}");
        if let SourceError::Blocked { retry_after, .. } = error {
            assert_eq!(retry_after, Duration::from_secs(7), "as the exchange asks");
        }
    }
}

#[test]
fn the_list_has_what_is_traded_and_can_be_named_with_the_decimals_of_its_prices() {
    let list = products(&answer(200, INFO.as_bytes())).unwrap();
    let told: Vec<_> =
        list.iter().map(|one| (one.symbol.as_str(), one.base.as_str(), one.decimals)).collect();
    assert_eq!(told, [("BTCUSDT", "BTC", Some(2)), ("1000SATSUSDT", "1000SATS", Some(8))]);
}

#[test]
fn a_message_moves_the_channel_that_was_subscribed() {
    let channel = channel(&symbol(), Interval::Minute1).unwrap();
    assert_eq!(
        request(Verb::Subscribe, std::slice::from_ref(&channel), 7),
        r#"{"id":7,"method":"SUBSCRIBE","params":["btcusdt@kline_1m"]}"#
    );
    let bar = Bar {
        ts: 1_795_694_400,
        open: 0.001,
        high: 0.0025,
        low: 0.001,
        close: 0.002,
        volume: 1_000.0,
    };
    let live = LiveBar { bar, order: (200, 1_795_694_402_136), is_final: false, is_whole: true };
    let moved = vec![SocketEvent::Moved(channel, Move::Bar(live))];
    assert_eq!(said(MOVED).as_ref(), Ok(&moved));
    let raw = MOVED.split_once("\"data\":").unwrap().1;
    assert_eq!(said(raw.strip_suffix('}').unwrap()).as_ref(), Ok(&moved), "of the other endpoint");
    let closed = said(&MOVED.replace("\"x\":false", "\"x\":true")).unwrap();
    assert!(matches!(
        closed[..],
        [SocketEvent::Moved(_, Move::Bar(LiveBar { is_final: true, .. }))]
    ));
}

#[test]
fn answers_of_the_socket_and_its_shutdown_are_understood() {
    let confirmed = SocketEvent::Confirmed(Confirmation::Request(3));
    assert_eq!(said(r#"{"result":null,"id":3}"#), Ok(vec![confirmed]));
    let refused = SocketEvent::Refused(Some(3), None, "Invalid request".to_owned());
    for text in [
        r#"{"error":{"code":2,"msg":"Invalid request"},"id":3}"#,
        r#"{"code":2,"msg":"Invalid request","id":3}"#,
    ] {
        assert_eq!(said(text), Ok(vec![refused.clone()]));
    }
    for text in [
        r#"{"e":"serverShutdown","E":1770123456789}"#,
        r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#,
    ] {
        assert_eq!(said(text), Ok(vec![SocketEvent::Closing]), "{text}");
    }
    assert_eq!(said(r#"{"e":"trade","s":"BTCUSDT","p":"1"}"#), Ok(Vec::new()));
    assert!(said(&MOVED.replace("\"0.0010\"", "\"0\"")).is_err(), "a price of nothing");
    assert!(said("<html>").is_err());
}

fn is_believable(bar: &Bar) -> bool {
    bar.prices().iter().all(|price| price.is_finite() && *price > 0.0)
        && bar.ts % 60 == 0
        && bar.volume.is_finite()
}

/// Bytes of an answer of which some are others, and the end is cut off.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (prop::collection::vec(change, 0..8), any::<prop::sample::Index>()).prop_map(
        |(changes, end)| {
            let mut bytes = text.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(text.len() - end.index(text.len()) / 16);
            bytes
        },
    )
}

proptest! {
    #[test]
    fn nothing_that_an_exchange_can_send_is_believed_to_be_what_it_cannot_be(
        rows in prop_oneof![mutated(KLINES), prop::collection::vec(any::<u8>(), 0..200)],
        info in mutated(INFO),
        moved in prop_oneof![mutated(MOVED), prop::collection::vec(any::<u8>(), 0..200)],
        status in prop_oneof![Just(200u16), 100u16..600],
    ) {
        if let Ok(page) = page(status, &rows) {
            prop_assert!(page.bars.iter().all(is_believable));
        }
        let _ = products(&answer(status, &info));
        for event in read(&moved).unwrap_or_default() {
            if let SocketEvent::Moved(_, Move::Bar(live)) = event {
                prop_assert!(live.bar.prices().iter().all(|price| price.is_finite() && *price > 0.0));
            }
        }
    }
}
