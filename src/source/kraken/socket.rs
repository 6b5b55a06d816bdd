//! The language of Kraken's socket, version 2. Messages come with trades only, and none says that a bar is final.
//!
//! ```text
//! {"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/USD"],"interval":1,"snapshot":true},"req_id":1}
//! {"method":"subscribe","result":{"channel":"ohlc","symbol":"BTC/USD",..},"success":true,"req_id":1}
//! {"channel":"ohlc","type":"update","timestamp":"2026-11-26T12:00:01.123456Z","data":[{"symbol":"BTC/USD",
//!    "open":1.5,"high":1.5,"low":1.5,"close":1.5,"vwap":1.5,"trades":1,"volume":0.1,
//!    "interval_begin":"2026-11-26T12:00:00.000000000Z","interval":1}]}
//! {"channel":"heartbeat"}
//! ```

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::spelling::{minutes, pair};
use crate::interval::Interval;
use crate::source::live::{
    Channel, Confirmation, LiveBar, LooseNumber, Move, SocketEvent, Verb, bar_at, said, words_of,
};
use crate::symbol::Symbol;

/// The channel that moves the bars of a symbol.
pub fn channel(symbol: &Symbol, grain: Interval) -> Option<Channel> {
    let (base, quote) = pair(symbol)?;
    Some(Channel { topic: minutes(grain)?.to_string(), name: format!("{base}/{quote}") })
}

#[derive(Deserialize)]
struct KrakenMessage<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    timestamp: Option<Timestamp>,
    #[serde(borrow, default)]
    data: Option<&'a serde_json::value::RawValue>,
    req_id: Option<u64>,
    success: Option<bool>,
    result: Option<KrakenResult>,
    symbol: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct KrakenResult {
    symbol: Option<String>,
}

#[derive(Deserialize)]
struct OhlcData {
    symbol: String,
    open: LooseNumber,
    high: LooseNumber,
    low: LooseNumber,
    close: LooseNumber,
    volume: LooseNumber,
    #[serde(default)]
    trades: i64,
    interval_begin: Timestamp,
    interval: u16,
}

/// Reads one message.
pub fn read(text: &[u8]) -> Result<Vec<SocketEvent>, String> {
    let message: KrakenMessage<'_> = said(text)?;
    if let (Some("ohlc"), Some(data)) = (message.channel.as_deref(), message.data) {
        let data: Vec<OhlcData> = said(data.get().as_bytes())?;
        let at = message.timestamp.map_or(0, Timestamp::as_millisecond);
        let moved = data.into_iter().map(|data| moved(data, at));
        return moved.collect::<Option<_>>().ok_or_else(|| "a candle that is no bar".to_owned());
    }
    let (Some("subscribe"), Some(id)) = (message.method.as_deref(), message.req_id) else {
        return Ok(Vec::new());
    };
    let name = message.result.and_then(|result| result.symbol).or(message.symbol);
    Ok(vec![match (message.success, name) {
        (Some(true), Some(name)) => SocketEvent::Confirmed(Confirmation::OneOf(id, name)),
        (Some(true), None) => SocketEvent::Confirmed(Confirmation::Request(id)),
        (_, name) => {
            SocketEvent::Refused(Some(id), name, words_of(&message.error.unwrap_or_default()))
        }
    }])
}

fn moved(data: OhlcData, at: i64) -> Option<SocketEvent> {
    let grain = Interval::ALL.into_iter().find(|grain| minutes(*grain) == Some(data.interval))?;
    let prices = [data.open, data.high, data.low, data.close];
    let bar = bar_at(data.interval_begin.as_second(), prices, data.volume, grain)?;
    let channel = Channel { topic: data.interval.to_string(), name: data.symbol };
    let live = LiveBar { bar, order: (data.trades, at), is_final: false, is_whole: true };
    Some(SocketEvent::Moved(channel, Move::Bar(live)))
}

/// The message about some channels.
pub fn request(verb: Verb, channels: &[Channel], id: u64) -> String {
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    let minutes = channels.first().and_then(|channel| channel.topic.parse::<u16>().ok());
    let mut params = json!({"channel": "ohlc", "symbol": names, "interval": minutes});
    let method = match verb {
        Verb::Subscribe => "subscribe",
        Verb::Unsubscribe => "unsubscribe",
    };
    if verb == Verb::Subscribe {
        params["snapshot"] = json!(true);
    }
    json!({"method": method, "params": params, "req_id": id}).to_string()
}
