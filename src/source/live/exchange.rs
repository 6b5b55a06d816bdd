//! What has to be known of an exchange to make a source of it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::channel::{Channel, Move};
use super::products::{Product, Products};
use crate::bars::Bars;
use crate::interval::Interval;
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::{Fetch, FetchRequest};
use crate::source::search::{AssetClass, Search};
use crate::source::update::Fetched;
use crate::source::upstream::{Ask, Breaker, Rest};
use crate::symbol::Symbol;

/// What differs between exchanges: how each spells symbols, answers by REST, and speaks on its socket.
#[async_trait]
pub trait Exchange: Debug + Send + Sync + 'static {
    /// Its names, its reach and its bounds.
    fn profile(&self) -> &'static ExchangeProfile;

    /// The bars that a request asks for, as far as the exchange has them.
    ///
    /// # Errors
    /// Those of `rest`, and `NotFound` or `Refused` for what cannot be asked for.
    async fn bars(&self, rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError>;

    /// All that is traded.
    ///
    /// # Errors
    /// Those of `rest`.
    async fn products(&self, rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError>;

    /// The price of 24 hours ago, where the bars of the request may not reach back as far.
    async fn day_ago(&self, _rest: &Rest, _request: &FetchRequest) -> Option<f64> {
        None
    }

    /// Bars as an answer, described as well as their symbol is known when it is `now`.
    fn describe(
        &self,
        products: &Products,
        request: &FetchRequest,
        bars: Bars,
        _now: i64,
    ) -> Fetched {
        products.describe(&request.symbol, bars)
    }

    /// The channel that moves the bars of a series; `None` where the series can only be polled.
    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel>;

    /// The message about channels of one topic.
    fn request(&self, verb: Verb, channels: &[Channel], id: u64) -> String;

    /// Reads one message; a message that is not about the subscribed channels is no event.
    ///
    /// # Errors
    /// What is wrong with a message that cannot be believed.
    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String>;
}

/// What is fixed of an exchange.
#[derive(Debug)]
pub struct ExchangeProfile {
    /// Name used in the configuration, figures and logs.
    pub name: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// What is traded there.
    pub kind: AssetClass,
    /// Which bars it has, and how far back.
    pub coverage: Coverage,
    /// Bases that a search without words shows first.
    pub popular: &'static [&'static str],
    /// Longest accepted answer in bytes, unpacked.
    pub body_limit: usize,
    /// What one socket may be burdened with; its silence is a setting.
    pub limits: SocketLimits,
    /// How a bar becomes final.
    pub closing: Closing,
}

/// An exchange as a source needs it: its REST interface is its [`Fetch`], and its socket speaks a [`SocketDialect`].
pub trait LiveExchange: Fetch + Search + SocketDialect {
    /// What stops all requests to it, those for sockets too.
    fn breaker(&self) -> Arc<Breaker>;

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

    /// The message about channels of one topic.
    fn request(&self, verb: Verb, channels: &[Channel], id: u64) -> String;

    /// Reads one message; a message that is not about the subscribed channels is no event.
    ///
    /// # Errors
    /// What is wrong with a message that cannot be believed.
    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String>;
}

/// What is asked of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// To say from now on how some channels move.
    Subscribe,
    /// To say no more of them.
    Unsubscribe,
}

/// How a bar becomes final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// A message says so. A bar that goes without one was missed, and REST is asked.
    Flag,
    /// The time is over: no message says so, and an interval without a trade has none. Such an interval is a bar
    /// at the last price.
    Clock,
    /// The time is over, and an interval without a trade has no bar: bars are made of the trades here.
    Trades,
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
    /// A request is refused: its number, which is that of the oldest one without an answer where the exchange
    /// does not say it, the symbol where it names one, and its words.
    Refused(Option<u64>, Option<String>, String),
    /// The exchange is about to close the connection.
    Closing,
    /// The exchange refuses the connection as a whole: why, in words.
    Ended(String),
}

/// Which channels an exchange confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// All those of a request.
    Request(u64),
    /// One symbol of a request.
    OneOf(u64, String),
    /// All that stand on the connection by now.
    Standing(Vec<Channel>),
}
