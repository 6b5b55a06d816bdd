//! The language of Coinbase's socket, which tells every trade. Its answers to requests have no numbers: each
//! lists all that stands.
//!
//! ```text
//! {"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches","heartbeat"]}
//! {"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]},..]}
//! {"type":"match","trade_id":10,"sequence":50,"time":"2026-11-26T12:00:01.123456Z","product_id":"BTC-USD",
//!    "size":"5.23512","price":"400.23","side":"sell",..}
//! {"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"..."}
//! {"type":"error","message":"Failed to subscribe","reason":"NONE-USD is not a valid product"}
//! ```

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::spelling::spelling;
use crate::source::live::{
    Channel, Confirmation, LiveTrade, LooseNumber, Move, SocketEvent, TradeSize, Verb, said,
    words_of,
};
use crate::symbol::Symbol;

/// The channel of trades, whatever bars are made of them.
const MATCHES: &str = "matches";
/// What says every second that the connection lives, and which trade is the newest.
const HEARTBEAT: &str = "heartbeat";

/// The channel that moves the bars of a symbol.
pub fn channel(symbol: &Symbol) -> Option<Channel> {
    Some(channel_of(spelling(symbol)?))
}

fn channel_of(name: &str) -> Channel {
    Channel { topic: MATCHES.to_owned(), name: name.to_owned() }
}

#[derive(Deserialize)]
struct CoinbaseMessage<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    trade_id: Option<i64>,
    last_trade_id: Option<i64>,
    #[serde(borrow)]
    product_id: Option<Cow<'a, str>>,
    time: Option<Timestamp>,
    #[serde(default)]
    price: LooseNumber,
    #[serde(borrow)]
    size: Option<Cow<'a, str>>,
    #[serde(default)]
    channels: Vec<Subscribed>,
    message: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Subscribed {
    name: String,
    #[serde(default)]
    product_ids: Vec<String>,
}

/// Reads one message.
pub fn read(text: &[u8]) -> Result<Vec<SocketEvent>, String> {
    let message: CoinbaseMessage<'_> = said(text)?;
    Ok(match &*message.kind {
        // The last trade before the subscription comes first.
        "match" | "last_match" => vec![traded(&message).ok_or("a match that is no trade")?],
        HEARTBEAT => named(&message).into_iter().collect(),
        "subscriptions" => {
            let standing = message.channels.iter().filter(|channel| channel.name == MATCHES);
            let standing = standing.flat_map(|channel| &channel.product_ids);
            let channels = standing.map(|name| channel_of(name)).collect();
            vec![SocketEvent::Confirmed(Confirmation::Standing(channels))]
        }
        "error" => {
            let words = message.reason.or(message.message).unwrap_or_default();
            vec![SocketEvent::Refused(None, None, words_of(&words))]
        }
        _ => Vec::new(),
    })
}

fn traded(message: &CoinbaseMessage<'_>) -> Option<SocketEvent> {
    let trade = LiveTrade {
        id: message.trade_id?,
        at: message.time?.as_millisecond(),
        price: message.price.price()?,
        size: TradeSize::parse(message.size.as_deref()?)?,
    };
    let channel = channel_of(message.product_id.as_deref()?);
    Some(SocketEvent::Moved(channel, Move::Trade(trade)))
}

/// The newest trade's number; the exchange has said 0 for years at a time, which names none.
fn named(message: &CoinbaseMessage<'_>) -> Option<SocketEvent> {
    let id = message.last_trade_id.filter(|id| *id > 0)?;
    Some(SocketEvent::Moved(channel_of(message.product_id.as_deref()?), Move::Named(id)))
}

/// The message about some channels.
pub fn request(verb: Verb, channels: &[Channel]) -> String {
    let kind = match verb {
        Verb::Subscribe => "subscribe",
        Verb::Unsubscribe => "unsubscribe",
    };
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    json!({"type": kind, "product_ids": names, "channels": [MATCHES, HEARTBEAT]}).to_string()
}
