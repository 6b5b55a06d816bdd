//! The client of any exchange: what is the same of all, around what differs.

use std::sync::Arc;

use async_trait::async_trait;

use super::channel::Channel;
use super::exchange::{
    Closing, Exchange, LiveExchange, SocketDialect, SocketEvent, SocketLimits, Verb,
};
use super::products::Products;
use crate::clock::Clock;
use crate::config::ExchangeSettings;
use crate::interval::Interval;
use crate::shares::{Client, Holders};
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::{Backlog, Fetch, FetchRequest, PollPolicy, Priority};
use crate::source::search::{Listing, Search, SearchQuery};
use crate::source::update::Fetched;
use crate::source::upstream::{Ask, Breaker, Rest, RestSettings};
use crate::symbol::Symbol;

/// The client of one exchange. One serves the whole process.
#[derive(Debug)]
pub struct ExchangeClient<E> {
    exchange: E,
    rest: Rest,
    products: Products,
    policy: PollPolicy,
    limits: SocketLimits,
    clock: Arc<dyn Clock>,
}

impl<E: Exchange> ExchangeClient<E> {
    /// A client by the time of `clock`; nothing is requested yet.
    ///
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(
        exchange: E,
        settings: &ExchangeSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let profile = exchange.profile();
        let rest = RestSettings {
            origin: profile.name,
            base: settings.rest_url.clone(),
            request_rate: settings.request_rate,
            timeout: settings.timeout,
            body_limit: profile.body_limit,
            headers: settings.headers.clone(),
        };
        Ok(Self {
            rest: Rest::new(&rest, Arc::clone(&clock))?,
            products: Products::new(profile.title, profile.kind, profile.popular),
            policy: PollPolicy {
                min_poll: settings.poll,
                closed_poll: settings.poll,
                request_rate: Some(settings.request_rate),
            },
            limits: SocketLimits { silence: settings.silence, ..profile.limits },
            exchange,
            clock,
        })
    }
}

#[async_trait]
impl<E: Exchange> Fetch for ExchangeClient<E> {
    fn name(&self) -> &'static str {
        self.exchange.profile().name
    }

    fn policy(&self) -> PollPolicy {
        self.policy
    }

    fn coverage(&self, _symbol: &Symbol) -> Coverage {
        self.exchange.profile().coverage
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let ask = Ask { priority: request.priority, watchers: &request.watchers };
        let list = self.products.get(async || self.exchange.products(&self.rest, ask).await);
        let bars = self.exchange.bars(&self.rest, request);
        let (list, bars) = futures_util::join!(list, bars);
        let bars = bars?;
        let name = self.exchange.profile().name;
        match list {
            Ok(list) if bars.is_empty() && !list.iter().any(|one| one.symbol == request.symbol) => {
                let (symbol, detail) = (request.symbol.clone(), "it is not in its list".to_owned());
                return Err(SourceError::NotFound { symbol, origin: name, detail });
            }
            Ok(_) => {}
            Err(error) => log::debug!("{name}: no list of symbols: {error}"),
        }
        let now = self.clock.now().as_second();
        let mut fetched = self.exchange.describe(&self.products, request, bars, now);
        let day_ago = self.exchange.day_ago(&self.rest, request).await;
        fetched.instrument.previous_close = day_ago.or(fetched.instrument.previous_close);
        Ok(fetched)
    }

    fn backlog(&self, request: &FetchRequest) -> Backlog {
        self.rest.backlog(Ask { priority: request.priority, watchers: &request.watchers })
    }
}

#[async_trait]
impl<E: Exchange> Search for ExchangeClient<E> {
    async fn find(
        &self,
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        let watchers = Holders::none();
        let _hold = watchers.hold(client);
        let ask = Ask { priority: Priority::Search, watchers: &watchers };
        let list = self.products.get(async || self.exchange.products(&self.rest, ask).await);
        Ok(self.products.search(&list.await?, query))
    }
}

impl<E: Exchange> SocketDialect for ExchangeClient<E> {
    fn origin(&self) -> &'static str {
        self.exchange.profile().name
    }

    fn limits(&self) -> SocketLimits {
        self.limits
    }

    fn closing(&self) -> Closing {
        self.exchange.profile().closing
    }

    fn request(&self, verb: Verb, channels: &[Channel], id: u64) -> String {
        self.exchange.request(verb, channels, id)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        self.exchange.read(text)
    }
}

impl<E: Exchange> LiveExchange for ExchangeClient<E> {
    fn breaker(&self) -> Arc<Breaker> {
        self.rest.breaker()
    }

    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel> {
        self.exchange.channel(symbol, grain)
    }
}
