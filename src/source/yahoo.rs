//! Yahoo Finance's charts and its search: no key, no cookie, and no promise.
//!
//! A question passes the breaker, waits for its turn at the limiter, asks one server through the HTTP client
//! (and another one when the first is down), and `parse` reads what came back.

mod asked;
mod chart;
mod fault;
mod meta;
mod parse;
mod question;
mod recent;
mod rows;
mod search;
mod spelling;
mod trading;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use crate::clock::Clock;
use crate::config::YahooConfig;
use crate::interval::Interval;
use crate::market::Calendars;
use crate::shares::{Client, Holders};
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::{Backlog, Fetch, FetchRequest, PollPolicy};
use crate::source::popular::popular;
use crate::source::search::{Listing, Search, SearchQuery};
use crate::source::update::Fetched;
use crate::source::upstream::{Breaker, HttpClient, HttpSettings, Limiter, Pass};
use crate::symbol::Symbol;

use chart::ChartQuestion;
use fault::{NAME, paused};
use question::Question;
use recent::Recent;
use search::SearchQuestion;

/// How far back Yahoo's bars reach: of minutes a request may span 8 days.
const COVERAGE: Coverage = Coverage::NONE
    .with(Interval::Minute1, 8)
    .with(Interval::Minute5, 60)
    .with(Interval::Hour1, 730)
    .with_all(Interval::Day1)
    .with_extended();
/// Requests a second that make a rate.
const MIN_RATE: f64 = 0.001;
const MAX_RATE: f64 = 1000.0;

/// The `yahoo` source. One serves the whole process: it counts requests and remembers refusals.
#[derive(Debug)]
pub struct Yahoo {
    /// Servers, by preference; at least one.
    base_urls: Vec<Url>,
    /// Index of the server that answered last.
    preferred: AtomicUsize,
    /// How often the settings allow to ask.
    policy: PollPolicy,
    /// When markets trade.
    calendars: Calendars,
    clock: Arc<dyn Clock>,
    /// Speaks to the servers.
    http: HttpClient,
    /// Spaces requests.
    limiter: Limiter,
    /// Stops them while Yahoo refuses them.
    breaker: Breaker,
    /// What was searched for a short while ago.
    recent: Recent,
}

/// Why a [`YahooConfig`] makes no source.
#[derive(Debug, thiserror::Error)]
pub enum YahooSetupError {
    /// There is no server, or one that is not http(s).
    #[error("yahoo needs at least one base URL, each starting with http:// or https://")]
    BaseUrls,
    /// The rate is not a number of requests.
    #[error("yahoo's request rate must be between {MIN_RATE} and {MAX_RATE} a second, not {0}")]
    RequestRate(f64),
    /// The user agent is no header value, or the machine has no root certificates.
    #[error("yahoo's HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
}

impl Yahoo {
    /// A fetcher by the time of `clock`; nothing is requested yet.
    ///
    /// # Errors
    /// [`YahooSetupError`], when the settings cannot work.
    pub fn new(config: &YahooConfig, clock: Arc<dyn Clock>) -> Result<Self, YahooSetupError> {
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
        if config.base_urls.is_empty() || !config.base_urls.iter().all(is_http) {
            return Err(YahooSetupError::BaseUrls);
        }
        if !(MIN_RATE..=MAX_RATE).contains(&config.request_rate) {
            return Err(YahooSetupError::RequestRate(config.request_rate));
        }
        Ok(Self {
            base_urls: config.base_urls.clone(),
            preferred: AtomicUsize::new(0),
            policy: PollPolicy {
                min_poll: config.poll,
                closed_poll: config.closed_poll,
                request_rate: Some(config.request_rate),
            },
            calendars: Calendars::standard(),
            clock,
            http: HttpClient::new(HttpSettings {
                origin: NAME,
                servers: &config.base_urls,
                user_agent: &config.user_agent,
                connect_timeout: config.connect_timeout,
                timeout: config.timeout,
                body_limit: config.body_limit,
                headers: &[],
            })?,
            limiter: Limiter::new(Duration::from_secs_f64(1.0 / config.request_rate)),
            breaker: Breaker::new(config.breaker_open, config.breaker_max),
            recent: Recent::new(config.breaker_open),
        })
    }

    /// The same with another table of markets than the one in the binary.
    #[must_use]
    pub fn with_calendars(self, calendars: Calendars) -> Self {
        Self { calendars, ..self }
    }

    /// Asks, and tells the breaker how that went.
    async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Reply, SourceError> {
        let pass = self.breaker.enter().map_err(paused)?;
        let mut outcome = self.ask_servers(question, &pass).await;
        match &mut outcome {
            Ok(_) | Err(SourceError::NotFound { .. } | SourceError::Refused { .. }) => {
                pass.succeed();
            }
            Err(SourceError::Blocked { retry_after, .. }) => {
                *retry_after = pass.refuse(*retry_after);
            }
            Err(SourceError::Unavailable { .. } | SourceError::Malformed { .. }) => pass.fail(),
        }
        outcome
    }

    /// Asks one server, and another one at once when the first is down.
    async fn ask_servers<Q: Question>(
        &self,
        question: &Q,
        pass: &Pass<'_>,
    ) -> Result<Q::Reply, SourceError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let outcome = self.ask_server(first, question, pass).await;
        let next = (first + 1) % self.base_urls.len();
        if next == first || !matches!(outcome, Err(SourceError::Unavailable { .. })) {
            return outcome;
        }
        let host = |server: usize| self.base_urls[server].host_str().unwrap_or_default();
        log::debug!("{} is down, trying {}", host(first), host(next));
        let outcome = self.ask_server(next, question, pass).await;
        if !matches!(outcome, Err(SourceError::Unavailable { .. })) {
            self.preferred.store(next, Ordering::Relaxed);
        }
        outcome
    }

    async fn ask_server<Q: Question>(
        &self,
        server: usize,
        question: &Q,
        pass: &Pass<'_>,
    ) -> Result<Q::Reply, SourceError> {
        tokio::select! {
            biased;
            retry_after = pass.revoked() => return Err(paused(retry_after)),
            () = self.limiter.acquire(question.priority(), question.watchers()) => {}
        }
        let now = self.clock.now();
        let url = question.url(&self.base_urls[server], now);
        let answer = self.http.get(url, now).await?;
        question.read(&answer, self.clock.now())
    }
}

#[async_trait]
impl Fetch for Yahoo {
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
        self.ask(&ChartQuestion { request, calendars: &self.calendars }).await
    }

    fn is_paused(&self) -> Option<bool> {
        Some(self.breaker.is_open())
    }

    fn backlog(&self, request: &FetchRequest) -> Backlog {
        self.limiter.backlog(request.priority, &request.watchers)
    }
}

#[async_trait]
impl Search for Yahoo {
    async fn find(
        &self,
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        if query.is_empty() {
            return Ok(query.find(popular()));
        }
        let ask =
            async |watchers: &Arc<Holders>| self.ask(&SearchQuestion { query, watchers }).await;
        self.recent.or_ask(query, client, ask).await
    }
}

#[cfg(test)]
mod tests;
