//! What an exchange's socket carries: channels, and the bars that move on them.

use jiff::Timestamp;

use super::size::TradeSize;
use crate::bars::Bar;

/// What can be subscribed at an exchange: one symbol of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel {
    /// What of the symbol, such as `kline_1m`. One message subscribes channels of one topic.
    pub topic: String,
    /// The symbol as the exchange writes it.
    pub name: String,
}

/// What a socket says of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Move {
    /// A bar as it stands.
    Bar(LiveBar),
    /// One trade, of which bars are made here.
    Trade(LiveTrade),
    /// The number of the newest trade, named beside the trades.
    Named(i64),
}

/// A bar as a socket tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveBar {
    /// The bar so far.
    pub bar: Bar,
    /// Which of two messages about one bar is the later one: the number of its last trade, then the instant
    /// of the message in milliseconds.
    pub order: (i64, i64),
    /// Whether the exchange says that no trade comes to it any more.
    pub is_final: bool,
    /// Whether it is of all its trades so far. One that is not adds to what REST has said of it.
    pub is_whole: bool,
}

/// One trade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveTrade {
    /// Its number: that of the trade before it and one.
    pub id: i64,
    /// When it was made, in milliseconds since the epoch.
    pub at: i64,
    /// Its price.
    pub price: f64,
    /// How much was traded.
    pub size: TradeSize,
}

/// Whether a channel is subscribed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelState {
    /// Grows each time that it is subscribed.
    pub epoch: u64,
    /// Whether it is subscribed, as the exchange has confirmed.
    pub is_up: bool,
    /// Why not, for people.
    pub why: Option<String>,
    /// When the socket is tried again.
    pub next_try: Option<Timestamp>,
    /// How many messages could not be read that may have been about it.
    pub doubts: u64,
}

impl ChannelState {
    /// It is subscribed; whether that is news.
    pub(super) fn set_up(&mut self) -> bool {
        let is_news = !self.is_up;
        if is_news {
            (self.epoch, self.is_up) = (self.epoch + 1, true);
            (self.why, self.next_try) = (None, None);
        }
        is_news
    }

    /// A message was lost that may have been about it.
    pub(super) fn set_doubted(&mut self) -> bool {
        self.doubts += 1;
        true
    }

    /// It is not, because the connection is gone.
    pub(super) fn set_down(&mut self, why: &str, next_try: Option<Timestamp>) -> bool {
        (self.is_up, self.why, self.next_try) = (false, Some(why.to_owned()), next_try);
        true
    }

    /// It is not, because the exchange does not want to.
    pub(super) fn set_refused(&mut self, why: &str) -> bool {
        let why = format!("the exchange refuses the channel: {why}");
        let is_news = self.is_up || self.why.as_ref() != Some(&why);
        (self.is_up, self.why, self.next_try) = (false, Some(why), None);
        is_news
    }
}
