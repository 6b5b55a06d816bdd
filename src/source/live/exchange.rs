//! What has to be known of an exchange to make a source of it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::channel::{Channel, Move};
use crate::interval::Interval;
use crate::source::fetch::Fetch;
use crate::source::search::Search;
use crate::source::upstream::Breaker;
use crate::symbol::Symbol;

/// An exchange: its REST interface is its [`Fetch`], and its socket speaks a [`SocketDialect`].
pub trait LiveExchange: Fetch + Search {
    /// What stops all requests to it, those for sockets too.
    fn breaker(&self) -> Arc<Breaker>;

    /// The language of its socket.
    fn dialect(&self) -> Arc<dyn SocketDialect>;

    /// The channel that moves the bars of a series; `None` where the series can only be polled.
    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel>;
}

/// The language of a socket. Both directions are pure functions.
pub trait SocketDialect: Debug + Send + Sync {
    /// The exchange's name.
    fn origin(&self) -> &'static str;

    /// What one socket may be burdened with.
    fn limits(&self) -> SocketLimits;

    /// How a bar becomes final.
    fn closing(&self) -> Closing;

    /// The message that subscribes channels of one topic.
    fn subscribe(&self, channels: &[Channel], id: u64) -> String;

    /// The message that unsubscribes channels of one topic.
    fn unsubscribe(&self, channels: &[Channel], id: u64) -> String;

    /// Reads one message; a message that is not about the subscribed channels is no event.
    ///
    /// # Errors
    /// What is wrong with a message that cannot be believed.
    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String>;
}

/// How a bar becomes final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// A message says so. A bar that goes without one was missed, and REST is asked.
    Flag,
    /// The time is over: no message says so, and an interval without a trade has none. Such an interval is a bar
    /// at the last price.
    Clock,
}

/// What one socket may be burdened with, and how long it may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketLimits {
    /// Most channels of one connection.
    pub channels: usize,
    /// Most connections.
    pub connections: usize,
    /// Most channels of one message.
    pub batch: usize,
    /// Shortest time between two messages to the exchange.
    pub message_period: Duration,
    /// Shortest time between two attempts to connect.
    pub connect_period: Duration,
    /// Silence after which a connection is taken for dead; pings and heartbeats break it.
    pub silence: Duration,
    /// How long a connection is used at most.
    pub lifetime: Duration,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum SocketEvent {
    /// A channel moves.
    Moved(Channel, Move),
    /// Channels are subscribed.
    Confirmed(Confirmation),
    /// A request is refused: its number, the symbol where the exchange names one, and its words.
    Refused(u64, Option<String>, String),
    /// The exchange is about to close the connection.
    Closing,
}

/// Which channels an exchange confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// All those of a request.
    Request(u64),
    /// One symbol of a request.
    OneOf(u64, String),
}
