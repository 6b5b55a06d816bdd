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

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::spelling::{interval_name, spelling};
use crate::interval::Interval;
use crate::source::live::{
    Channel, Confirmation, LiveBar, LooseNumber, Move, SocketEvent, Verb, bar_of, said, words_of,
};
use crate::symbol::Symbol;

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

/// Reads one message.
pub fn read(text: &[u8]) -> Result<Vec<SocketEvent>, String> {
    let combined: Combined<'_> = said(text)?;
    let inner = combined.data.map_or(text, |data| data.get().as_bytes());
    let spoken: Spoken<'_> = said(inner)?;
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
        Some(words) => SocketEvent::Refused(Some(id), None, words_of(&words)),
        None => SocketEvent::Confirmed(Confirmation::Request(id)),
    }])
}

fn moved(spoken: &Spoken<'_>, kline: &Kline<'_>) -> Option<SocketEvent> {
    let is_named = |grain: &Interval| interval_name(*grain) == Some(&*kline.i);
    let grain = Interval::ALL.into_iter().find(is_named)?;
    let channel =
        Channel { topic: format!("kline_{}", kline.i), name: spoken.s.as_deref()?.to_owned() };
    let bar = bar_of(kline.t, [kline.o, kline.h, kline.l, kline.c], kline.v, grain)?;
    let order = (kline.last_trade, spoken.at.unwrap_or_default());
    Some(SocketEvent::Moved(
        channel,
        Move::Bar(LiveBar { bar, order, is_final: kline.x, is_whole: true }),
    ))
}

/// The message about some channels.
pub fn request(verb: Verb, channels: &[Channel], id: u64) -> String {
    let method = match verb {
        Verb::Subscribe => "SUBSCRIBE",
        Verb::Unsubscribe => "UNSUBSCRIBE",
    };
    let stream =
        |channel: &Channel| format!("{}@{}", channel.name.to_ascii_lowercase(), channel.topic);
    let params: Vec<_> = channels.iter().map(stream).collect();
    json!({"method": method, "params": params, "id": id}).to_string()
}
