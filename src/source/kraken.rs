//! Kraken: spot prices without a key. REST has the last 720 bars of each interval and no older ones.

mod parse;
mod rest;
mod socket;
mod spelling;

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::config::KrakenConfig;
use crate::interval::Interval;
use crate::shares::{Client, Holders};
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::{Backlog, Fetch, FetchRequest, PollPolicy, Priority};
use crate::source::live::{Channel, LiveExchange, Products, SocketDialect};
use crate::source::search::{Listing, Search, SearchQuery};
use crate::source::update::Fetched;
use crate::source::upstream::{Ask, Breaker, Rest, RestSettings};
use crate::symbol::Symbol;

use socket::KrakenDialect;
pub use spelling::NAME;

/// How far back the exchange's 720 bars reach. Minutes are the last twelve hours; an open series keeps those that
/// it has had.
const COVERAGE: Coverage = Coverage::NONE
    .with(Interval::Minute1, 1)
    .with(Interval::Minute5, 2)
    .with(Interval::Minute15, 7)
    .with(Interval::Hour1, 31)
    .with(Interval::Hour4, 120)
    .with(Interval::Day1, 730);
/// Longest accepted answer in bytes, unpacked.
const BODY_LIMIT: usize = 16 << 20;
/// Bases that a search without words shows first.
const POPULAR: &[&str] =
    &["BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "TRX", "AVAX", "LINK", "LTC", "DOT", "XMR"];

/// The `kraken` source. One serves the whole process.
#[derive(Debug)]
pub struct Kraken {
    rest: Rest,
    dialect: Arc<dyn SocketDialect>,
    products: Products,
    policy: PollPolicy,
    clock: Arc<dyn Clock>,
}

impl Kraken {
    /// A client by the time of `clock`; nothing is requested yet.
    ///
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(config: &KrakenConfig, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let settings = RestSettings {
            origin: NAME,
            base: config.rest_url.clone(),
            request_rate: config.request_rate,
            timeout: config.timeout,
            body_limit: BODY_LIMIT,
        };
        Ok(Self {
            rest: Rest::new(&settings, Arc::clone(&clock))?,
            dialect: Arc::new(KrakenDialect { silence: config.silence }),
            products: Products::new("Kraken", POPULAR),
            policy: PollPolicy {
                min_poll: config.poll,
                closed_poll: config.poll,
                request_rate: Some(config.request_rate),
            },
            clock,
        })
    }
}

#[async_trait]
impl Fetch for Kraken {
    fn name(&self) -> &'static str {
        NAME
    }

    fn policy(&self) -> PollPolicy {
        self.policy
    }

    fn coverage(&self, _symbol: &Symbol) -> Coverage {
        COVERAGE
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let ask = Ask { priority: request.priority, watchers: &request.watchers };
        let list = self.products.get(async || rest::products(&self.rest, ask).await);
        let bars = rest::bars(&self.rest, request);
        let (list, bars) = futures_util::join!(list, bars);
        let bars = bars?;
        if let Err(error) = list {
            log::debug!("{NAME}: no list of symbols: {error}");
        }
        Ok(self.products.describe(&request.symbol, bars))
    }

    fn backlog(&self, request: &FetchRequest) -> Backlog {
        self.rest.backlog(Ask { priority: request.priority, watchers: &request.watchers })
    }
}

#[async_trait]
impl Search for Kraken {
    async fn find(
        &self,
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        let watchers = Holders::none();
        let _hold = watchers.hold(client);
        let ask = Ask { priority: Priority::Search, watchers: &watchers };
        let list = self.products.get(async || rest::products(&self.rest, ask).await).await?;
        Ok(self.products.search(&list, query))
    }
}

impl LiveExchange for Kraken {
    fn breaker(&self) -> Arc<Breaker> {
        self.rest.breaker()
    }

    fn dialect(&self) -> Arc<dyn SocketDialect> {
        Arc::clone(&self.dialect)
    }

    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel> {
        socket::channel(symbol, grain)
    }
}
