//! Any exchange as a source: REST gives the history and heals it, one socket moves the bar that forms.
//!
//! A series asks by REST first, and then listens to its channel. The [`Socket`](socket::Socket) task of the
//! channel holds a connection for as long as any series listens, subscribes the channels that are listened to,
//! and opens the connection again when it is cut. After each cut, and at the start, a series takes the bars of
//! the socket aside until a REST request that began after the subscription is answered: only then no bar
//! can be missing in between. While the socket is down the series is polled, and says so.

mod channel;
mod client;
mod day_ago;
mod dial;
mod exchange;
mod forming;
mod products;
mod reading;
mod row;
mod series;
mod session;
mod size;
mod socket;
mod table;
mod trades;

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::coverage::Coverage;
use super::fetch::Fetch;
use super::key::SeriesKey;
use super::poll::{PollTiming, Poller};
use super::seam::Source;
use super::search::Search;
use super::update::{Known, Update};
use crate::clock::Clock;
use crate::shares::Holders;
use crate::symbol::Symbol;

pub use channel::{Channel, LiveBar, LiveTrade, Move};
pub use client::ExchangeClient;
pub use dial::{Dial, HttpDial, Incoming, Wire};
pub use exchange::{
    Closing, Confirmation, Exchange, ExchangeProfile, LiveExchange, SocketDialect, SocketEvent,
    SocketLimits, Verb,
};
pub use products::{MAX_PRODUCTS, Product, Products, asset_name, decimals_of_step, words_of};
pub use reading::{answered, bars_until, first_second, said};
pub use row::{CellRow, LooseNumber, bar_at, bar_of};
use series::LiveSeries;
pub use size::TradeSize;
use socket::Sockets;

/// An exchange as a source.
#[derive(Debug)]
pub struct Live<E> {
    exchange: Arc<E>,
    sockets: Arc<Sockets>,
    clock: Arc<dyn Clock>,
    timing: PollTiming,
}

impl<E: LiveExchange> Live<E> {
    /// A source of `exchange`, whose sockets are opened by `dial`. Nothing is opened yet.
    pub fn new(
        exchange: Arc<E>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        timing: PollTiming,
    ) -> Self {
        let dialect: Arc<dyn SocketDialect> = Arc::clone(&exchange) as _;
        let sockets = Sockets::new(dialect, dial, exchange.breaker(), Arc::clone(&clock), timing);
        Self { exchange, sockets, clock, timing }
    }
}

impl<E: LiveExchange> Source for Live<E> {
    fn name(&self) -> &'static str {
        Fetch::name(&*self.exchange)
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        self.exchange.coverage(symbol)
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        Fetch::clock(&*self.exchange, symbol)
    }

    fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        let channel = self.exchange.channel(&key.symbol, key.grain);
        let exchange = Arc::clone(&self.exchange);
        let clock = Arc::clone(&self.clock);
        let poller = Poller::new(exchange, Arc::clone(&clock), self.timing, key.clone(), watchers)
            .knowing(known.as_ref());
        let series = LiveSeries::new(key, poller, channel, Arc::clone(&self.sockets), clock)
            .knowing(known.as_ref());
        let next = async |mut series: LiveSeries<E>| Some((series.next().await?, series));
        stream::unfold(series, next).boxed()
    }

    fn is_paused(&self) -> Option<bool> {
        Some(self.exchange.breaker().is_open())
    }

    fn search(&self) -> &dyn Search {
        &*self.exchange
    }
}

#[cfg(test)]
mod tests;
