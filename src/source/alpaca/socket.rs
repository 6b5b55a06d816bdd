//! The language of Alpaca's socket. The handshake has the key in its headers. A minute is told once it is over (`b`),
//! and again when trades of it were reported late (`u`).
//!
//! ```text
//! [{"T":"success","msg":"connected"}]  [{"T":"success","msg":"authenticated"}]
//! {"action":"subscribe","bars":["AAPL"],"updatedBars":["AAPL"]}
//! [{"T":"subscription","trades":[],"quotes":[],"bars":["AAPL"],"updatedBars":["AAPL"],..}]
//! [{"T":"b","S":"AAPL","o":100.1,"h":101,"l":99.9,"c":100.5,"v":1234,"t":"2026-11-25T14:30:00Z","n":56,"vw":100.3}]
//! [{"T":"error","code":406,"msg":"connection limit exceeded"}]
//! ```

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::parse::AlpacaBar;
use super::spelling::spelling;
use crate::interval::Interval;
use crate::source::live::{
    Channel, Confirmation, LiveBar, Move, SocketEvent, Verb, said, words_of,
};
use crate::symbol::Symbol;

/// The channel of minutes.
const BARS: &str = "bars";

/// The channel that moves the bars of a symbol: minutes have one.
pub fn channel(symbol: &Symbol, grain: Interval) -> Option<Channel> {
    let name = spelling(symbol).filter(|_| grain == Interval::Minute1)?;
    Some(channel_of(name))
}

fn channel_of(name: &str) -> Channel {
    Channel { topic: BARS.to_owned(), name: name.to_owned() }
}

#[derive(Deserialize)]
struct AlpacaMessage<'a> {
    #[serde(borrow, rename = "T")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "S")]
    symbol: Option<Cow<'a, str>>,
    n: Option<i64>,
    #[serde(default)]
    bars: Vec<String>,
    code: Option<u16>,
    msg: Option<String>,
}

/// Reads one message, which is a list of them.
pub fn read(text: &[u8]) -> Result<Vec<SocketEvent>, String> {
    let list: Vec<&RawValue> = said(text)?;
    let mut events = Vec::new();
    for text in list {
        let text = text.get().as_bytes();
        let message: AlpacaMessage<'_> = said(text)?;
        match &*message.kind {
            "b" | "u" => events.push(moved(&message, said(text)?).ok_or("a bar that is none")?),
            "subscription" => {
                let standing = message.bars.iter().map(|name| channel_of(name)).collect();
                events.push(SocketEvent::Confirmed(Confirmation::Standing(standing)));
            }
            "error" => events.push(refused(&message)),
            _ => {}
        }
    }
    Ok(events)
}

fn moved(message: &AlpacaMessage<'_>, bar: AlpacaBar) -> Option<SocketEvent> {
    let bar = bar.read(Interval::Minute1)?;
    let order = (i64::from(message.kind == "u"), message.n.unwrap_or_default());
    // It may be corrected, so it is never final.
    let live = LiveBar { bar, order, is_final: false, is_whole: true };
    Some(SocketEvent::Moved(channel_of(message.symbol.as_deref()?), Move::Bar(live)))
}

/// What an error means: some end the connection, others are about a subscription.
fn refused(message: &AlpacaMessage<'_>) -> SocketEvent {
    let told = words_of(message.msg.as_deref().unwrap_or_default());
    let words = match message.code {
        Some(405) => return SocketEvent::Refused(None, None, told),
        Some(401..=404) => format!("the key is not accepted ({told})"),
        Some(406) => {
            format!("another program uses the one connection that the account may have ({told})")
        }
        Some(409) => format!("the account's plan does not have this feed ({told})"),
        _ => told,
    };
    SocketEvent::Ended(words)
}

/// The message about some channels.
pub fn request(verb: Verb, channels: &[Channel]) -> String {
    let action = match verb {
        Verb::Subscribe => "subscribe",
        Verb::Unsubscribe => "unsubscribe",
    };
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    json!({"action": action, "bars": names, "updatedBars": names}).to_string()
}
