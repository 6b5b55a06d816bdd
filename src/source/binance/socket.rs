//! The language of Binance's socket.
//!
//! ```text
//! {"method":"SUBSCRIBE","params":["btcusdt@kline_1m"],"id":1}  ->  {"result":null,"id":1}
//! {"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1672515782136,"s":"BTCUSDT","k":{"t":1672515780000,
//!    "T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025",
//!    "l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0",..}}}
//! {"e":"serverShutdown","E":1770123456789}
//! ```

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::spelling::{NAME, interval_name, spelling};
use crate::interval::Interval;
use crate::source::live::{
    Channel, Closing, Confirmation, LiveBar, LooseNumber, Move, SocketDialect, SocketEvent,
    SocketLimits, bar_of, words_of,
};
use crate::symbol::Symbol;

/// Streams that one connection may have.
const MAX_STREAMS: usize = 1_024;
/// Connections that are opened at most; the exchange allows for 300 attempts in five minutes.
const MAX_CONNECTIONS: usize = 8;
/// Streams of one message.
const BATCH: usize = 100;
/// Five messages a second are allowed, and pongs count.
const MESSAGE_PERIOD: Duration = Duration::from_millis(334);
/// Attempts of one process leave room for others behind the same address.
const CONNECT_PERIOD: Duration = Duration::from_secs(3);
/// Connections are cut after 24 hours.
const LIFETIME: Duration = Duration::from_hours(23);

/// The language of Binance's socket.
#[derive(Debug)]
pub struct BinanceDialect {
    /// Silence after which a connection is taken for dead.
    pub silence: Duration,
}

/// The channel that moves the bars of a symbol.
pub fn channel(symbol: &Symbol, grain: Interval) -> Option<Channel> {
    let topic = format!("kline_{}", interval_name(grain)?);
    Some(Channel { topic, name: spelling(symbol)?.to_owned() })
}

#[derive(Deserialize)]
struct Combined<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    #[serde(rename = "E")]
    at: Option<i64>,
    #[serde(borrow)]
    s: Option<Cow<'a, str>>,
    #[serde(borrow)]
    k: Option<Kline<'a>>,
    id: Option<u64>,
    error: Option<SocketProblem>,
    code: Option<i64>,
    msg: Option<String>,
}

#[derive(Deserialize)]
struct SocketProblem {
    #[serde(default)]
    msg: String,
}

#[derive(Deserialize)]
struct Kline<'a> {
    t: i64,
    #[serde(borrow)]
    i: Cow<'a, str>,
    #[serde(rename = "L", default)]
    last_trade: i64,
    o: LooseNumber,
    h: LooseNumber,
    l: LooseNumber,
    c: LooseNumber,
    v: LooseNumber,
    x: bool,
}

impl SocketDialect for BinanceDialect {
    fn origin(&self) -> &'static str {
        NAME
    }

    fn limits(&self) -> SocketLimits {
        SocketLimits {
            channels: MAX_STREAMS,
            connections: MAX_CONNECTIONS,
            batch: BATCH,
            message_period: MESSAGE_PERIOD,
            connect_period: CONNECT_PERIOD,
            silence: self.silence,
            lifetime: LIFETIME,
        }
    }

    fn closing(&self) -> Closing {
        Closing::Flag
    }

    fn subscribe(&self, channels: &[Channel], id: u64) -> String {
        request("SUBSCRIBE", channels, id)
    }

    fn unsubscribe(&self, channels: &[Channel], id: u64) -> String {
        request("UNSUBSCRIBE", channels, id)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        let unexpected =
            |error: serde_json::Error| format!("column {} is unexpected", error.column());
        let combined: Combined<'_> = serde_json::from_slice(text).map_err(unexpected)?;
        let inner = combined.data.map_or(text, |data| data.get().as_bytes());
        let spoken: Spoken<'_> = serde_json::from_slice(inner).map_err(unexpected)?;
        if spoken.e.as_deref() == Some("serverShutdown") {
            return Ok(vec![SocketEvent::Closing]);
        }
        if let (Some("kline"), Some(kline)) = (spoken.e.as_deref(), &spoken.k) {
            let moved = moved(&spoken, kline).ok_or("a kline that is no bar")?;
            return Ok(vec![moved]);
        }
        let Some(id) = spoken.id else { return Ok(Vec::new()) };
        let words = spoken.error.map(|error| error.msg).or(spoken.code.and(spoken.msg));
        Ok(vec![match words {
            Some(words) => SocketEvent::Refused(id, None, words_of(&words)),
            None => SocketEvent::Confirmed(Confirmation::Request(id)),
        }])
    }
}

fn moved(spoken: &Spoken<'_>, kline: &Kline<'_>) -> Option<SocketEvent> {
    let is_named = |grain: &Interval| interval_name(*grain) == Some(&*kline.i);
    let grain = Interval::ALL.into_iter().find(is_named)?;
    let channel =
        Channel { topic: format!("kline_{}", kline.i), name: spoken.s.as_deref()?.to_owned() };
    let bar = bar_of(kline.t, [kline.o, kline.h, kline.l, kline.c], kline.v, grain)?;
    let order = (kline.last_trade, spoken.at.unwrap_or_default());
    Some(SocketEvent::Moved(channel, Move::Bar(LiveBar { bar, order, is_final: kline.x })))
}

fn request(method: &str, channels: &[Channel], id: u64) -> String {
    let stream =
        |channel: &Channel| format!("{}@{}", channel.name.to_ascii_lowercase(), channel.topic);
    let params: Vec<_> = channels.iter().map(stream).collect();
    json!({"method": method, "params": params, "id": id}).to_string()
}
