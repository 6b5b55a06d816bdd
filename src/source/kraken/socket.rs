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
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::spelling::{NAME, minutes, pair};
use crate::interval::Interval;
use crate::source::live::{
    Channel, Closing, Confirmation, LiveBar, LooseNumber, Move, SocketDialect, SocketEvent,
    SocketLimits, bar_at, words_of,
};
use crate::symbol::Symbol;

/// Channels of one connection: the exchange names no bound.
const MAX_CHANNELS: usize = 500;
/// Connections that are opened at most; about 150 attempts in ten minutes are allowed.
const MAX_CONNECTIONS: usize = 8;
/// Channels of one message.
const BATCH: usize = 50;
const MESSAGE_PERIOD: Duration = Duration::from_millis(250);
const CONNECT_PERIOD: Duration = Duration::from_secs(6);
const LIFETIME: Duration = Duration::from_hours(23);

/// The language of Kraken's socket.
#[derive(Debug)]
pub struct KrakenDialect {
    /// Silence after which a connection is taken for dead.
    pub silence: Duration,
}

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

impl SocketDialect for KrakenDialect {
    fn origin(&self) -> &'static str {
        NAME
    }

    fn limits(&self) -> SocketLimits {
        SocketLimits {
            channels: MAX_CHANNELS,
            connections: MAX_CONNECTIONS,
            batch: BATCH,
            message_period: MESSAGE_PERIOD,
            connect_period: CONNECT_PERIOD,
            silence: self.silence,
            lifetime: LIFETIME,
        }
    }

    fn closing(&self) -> Closing {
        Closing::Clock
    }

    fn subscribe(&self, channels: &[Channel], id: u64) -> String {
        request("subscribe", channels, id)
    }

    fn unsubscribe(&self, channels: &[Channel], id: u64) -> String {
        request("unsubscribe", channels, id)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        let unexpected =
            |error: serde_json::Error| format!("column {} is unexpected", error.column());
        let message: KrakenMessage<'_> = serde_json::from_slice(text).map_err(unexpected)?;
        if let (Some("ohlc"), Some(data)) = (message.channel.as_deref(), message.data) {
            let data: Vec<OhlcData> = serde_json::from_str(data.get()).map_err(unexpected)?;
            let at = message.timestamp.map_or(0, Timestamp::as_millisecond);
            let moved = data.into_iter().map(|data| moved(data, at));
            return moved
                .collect::<Option<_>>()
                .ok_or_else(|| "a candle that is no bar".to_owned());
        }
        let (Some("subscribe"), Some(id)) = (message.method.as_deref(), message.req_id) else {
            return Ok(Vec::new());
        };
        let name = message.result.and_then(|result| result.symbol).or(message.symbol);
        Ok(vec![match (message.success, name) {
            (Some(true), Some(name)) => SocketEvent::Confirmed(Confirmation::OneOf(id, name)),
            (Some(true), None) => SocketEvent::Confirmed(Confirmation::Request(id)),
            (_, name) => {
                SocketEvent::Refused(id, name, words_of(&message.error.unwrap_or_default()))
            }
        }])
    }
}

fn moved(data: OhlcData, at: i64) -> Option<SocketEvent> {
    let grain = Interval::ALL.into_iter().find(|grain| minutes(*grain) == Some(data.interval))?;
    let prices = [data.open, data.high, data.low, data.close];
    let bar = bar_at(data.interval_begin.as_second(), prices, data.volume, grain)?;
    let channel = Channel { topic: data.interval.to_string(), name: data.symbol };
    let live = LiveBar { bar, order: (data.trades, at), is_final: false };
    Some(SocketEvent::Moved(channel, Move::Bar(live)))
}

fn request(method: &str, channels: &[Channel], id: u64) -> String {
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    let minutes = channels.first().and_then(|channel| channel.topic.parse::<u16>().ok());
    let mut params = json!({"channel": "ohlc", "symbol": names, "interval": minutes});
    if method == "subscribe" {
        params["snapshot"] = json!(true);
    }
    json!({"method": method, "params": params, "req_id": id}).to_string()
}
