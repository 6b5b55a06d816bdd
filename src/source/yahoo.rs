//! Yahoo Finance's charts and its search: no key, no cookie, and no promise.
//!
//! A question passes the `breaker`, waits for its turn at the `limiter`, asks one server through the
//! `client` (and another one when the first is down) and `parse`s what came back.

mod breaker;
mod client;
mod limiter;
mod meta;
mod parse;
mod recent;
mod rows;
mod search;
mod trading;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use url::{Url, form_urlencoded};

use crate::clock::Clock;
use crate::config::YahooConfig;
use crate::interval::Interval;
use crate::market::Calendars;
use crate::shares::{Client, Holders};
use crate::source::favourites::favourites;
use crate::source::{
    Backlog, Fetched, Lane, Listing, Lookback, Pace, Request, Search, Source, SourceError, Window,
};
use crate::symbol::Symbol;
use crate::view::Session;

use breaker::{Breaker, Pass};
use client::{Answer, HttpClient};
use limiter::Limiter;
use parse::Asked;
use recent::Recent;
use search::Words;

const NAME: &str = "yahoo";
/// How far past now a request asks: clocks differ, and bars start ahead of them.
const AHEAD: i64 = 86_400;
/// How far back Yahoo's bars reach: of minutes a request may span 8 days.
const LOOKBACK: Lookback = Lookback::NONE
    .with(Interval::Minute1, 8)
    .with(Interval::Minute5, 60)
    .with(Interval::Hour1, 730)
    .with_all(Interval::Day1);
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
    /// The rhythm of the settings.
    pace: Pace,
    /// When markets trade.
    calendars: Calendars,
    /// Speaks to the servers.
    http: HttpClient,
    /// Spaces requests.
    limiter: Limiter,
    /// Stops them while Yahoo refuses them.
    breaker: Breaker,
    /// What was searched for a short while ago.
    recent: Recent,
}

/// Something that Yahoo can be asked.
trait Question: Sync {
    /// What its answer says.
    type Reply: Send;

    /// Which queue it waits in.
    fn lane(&self) -> Lane;

    /// The clients that it is asked for.
    fn holders(&self) -> &Arc<Holders>;

    /// Where to ask it.
    fn url(&self, base: &Url, now: Timestamp) -> Url;

    /// Reads what was answered.
    fn read(&self, answer: &Answer, now: Timestamp) -> Result<Self::Reply, SourceError>;
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
    /// Makes the source; nothing is requested yet.
    ///
    /// # Errors
    /// [`YahooSetupError`], when the settings cannot work.
    pub fn new(config: &YahooConfig) -> Result<Self, YahooSetupError> {
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
            pace: Pace {
                min_poll: config.poll,
                closed_poll: config.closed_poll,
                request_rate: Some(config.request_rate),
            },
            calendars: Calendars::standard(),
            http: HttpClient::new(config)?,
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
    async fn ask<Q: Question>(
        &self,
        question: &Q,
        clock: &dyn Clock,
    ) -> Result<Q::Reply, SourceError> {
        let pass = self.breaker.enter().map_err(paused)?;
        let mut outcome = self.ask_servers(question, clock, &pass).await;
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
        clock: &dyn Clock,
        pass: &Pass<'_>,
    ) -> Result<Q::Reply, SourceError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let outcome = self.ask_server(first, question, clock, pass).await;
        let next = (first + 1) % self.base_urls.len();
        if next == first || !matches!(outcome, Err(SourceError::Unavailable { .. })) {
            return outcome;
        }
        let host = |server: usize| self.base_urls[server].host_str().unwrap_or_default();
        log::debug!("{} is down, trying {}", host(first), host(next));
        let outcome = self.ask_server(next, question, clock, pass).await;
        if !matches!(outcome, Err(SourceError::Unavailable { .. })) {
            self.preferred.store(next, Ordering::Relaxed);
        }
        outcome
    }

    async fn ask_server<Q: Question>(
        &self,
        server: usize,
        question: &Q,
        clock: &dyn Clock,
        pass: &Pass<'_>,
    ) -> Result<Q::Reply, SourceError> {
        tokio::select! {
            biased;
            retry_after = pass.revoked() => return Err(paused(retry_after)),
            () = self.limiter.acquire(question.lane(), question.holders()) => {}
        }
        let now = clock.now();
        let url = question.url(&self.base_urls[server], now);
        let answer = self.http.get(url, now).await?;
        question.read(&answer, clock.now())
    }
}

#[async_trait]
impl Source for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    fn lookback(&self, _symbol: &Symbol) -> Lookback {
        LOOKBACK
    }

    fn has_extended(&self) -> bool {
        true
    }

    async fn fetch(&self, request: &Request, clock: &dyn Clock) -> Result<Fetched, SourceError> {
        self.ask(&Chart { request, calendars: &self.calendars }, clock).await
    }

    fn backlog(&self, request: &Request) -> Backlog {
        self.limiter.backlog(request.lane, &request.holders)
    }

    async fn search(
        &self,
        search: &Search,
        client: Option<Client>,
        clock: &dyn Clock,
    ) -> Result<Vec<Listing>, SourceError> {
        if search.is_empty() {
            return Ok(search.find(favourites()));
        }
        let ask = async |holders: &Arc<Holders>| self.ask(&Words { search, holders }, clock).await;
        self.recent.or_ask(search, client, ask).await
    }
}

/// The question for bars.
struct Chart<'a> {
    request: &'a Request,
    calendars: &'a Calendars,
}

impl Question for Chart<'_> {
    type Reply = Fetched;

    fn lane(&self) -> Lane {
        self.request.lane
    }

    fn holders(&self) -> &Arc<Holders> {
        &self.request.holders
    }

    fn url(&self, base: &Url, now: Timestamp) -> Url {
        chart_url(base, self.request, now)
    }

    fn read(&self, answer: &Answer, now: Timestamp) -> Result<Fetched, SourceError> {
        parse::parse(answer, &Asked::new(self.request, now), self.calendars)
    }
}

/// The address of one chart. The symbol becomes one path segment, whatever it is made of.
fn chart_url(base: &Url, request: &Request, now: Timestamp) -> Url {
    let symbol = upstream_symbol(&request.symbol);
    let segment: String = form_urlencoded::byte_serialize(symbol.as_bytes()).collect();
    let mut url = base.clone();
    // Not through path_segments_mut, which leaves the ^ of an index as it is.
    let prefix = base.path().trim_end_matches('/');
    url.set_path(&format!("{prefix}/v8/finance/chart/{segment}"));
    let is_extended = request.session == Session::Extended;
    let mut query = url.query_pairs_mut();
    query
        // Yahoo's names of intervals are ours.
        .append_pair("interval", request.interval.as_str())
        .append_pair("includePrePost", if is_extended { "true" } else { "false" })
        .append_pair("events", "split");
    match request.window {
        Window::Days(..=1) => {
            query.append_pair("range", "1d");
        }
        Window::Days(2..=5) => {
            query.append_pair("range", "5d");
        }
        // A month has at least 18 trading days.
        Window::Days(days) => {
            query.append_pair("range", range_of(days.div_ceil(18)));
        }
        Window::Months(months) => {
            query.append_pair("range", range_of(months));
        }
        Window::All => {
            query.append_pair("range", "max");
        }
        Window::Since(since) => {
            query
                .append_pair("period1", &since.to_string())
                .append_pair("period2", &(now.as_second() + AHEAD).to_string());
        }
    }
    drop(query);
    url
}

/// The shortest range Yahoo names that holds so many months.
const fn range_of(months: u16) -> &'static str {
    match months {
        0..=1 => "1mo",
        2..=3 => "3mo",
        4..=6 => "6mo",
        7..=12 => "1y",
        13..=24 => "2y",
        25..=60 => "5y",
        _ => "max",
    }
}

/// Yahoo's spelling of a symbol: US share classes take a dash, so `BRK.B` is `BRK-B`. A dot before
/// anything else is an exchange, as in `VOD.L`.
fn upstream_symbol(symbol: &Symbol) -> String {
    let text = symbol.as_str();
    match text.split_once('.') {
        Some((root, "A" | "B" | "C"))
            if root.len() <= 5 && root.bytes().all(|b| b.is_ascii_uppercase()) =>
        {
            text.replace('.', "-")
        }
        _ => text.to_owned(),
    }
}

/// Whether Yahoo means `symbol` by `told`: it leaves out the dollar that a pair of currencies begins
/// with, at times, so that `USDJPY=X` is `JPY=X`.
fn is_spelling_of(told: &str, symbol: &Symbol) -> bool {
    let short = |text: &str| {
        let text = text.to_ascii_uppercase();
        let pair = text.strip_prefix("USD").filter(|rest| rest.len() == "JPY=X".len());
        pair.filter(|rest| rest.ends_with("=X")).map(str::to_owned).unwrap_or(text)
    };
    short(told) == short(&upstream_symbol(symbol))
}

fn paused(retry_after: Duration) -> SourceError {
    SourceError::Blocked {
        origin: NAME,
        detail: "it has refused a request, so all of them pause".to_owned(),
        retry_after,
    }
}

fn malformed(detail: impl Into<String>) -> SourceError {
    SourceError::Malformed { origin: NAME, detail: detail.into() }
}

#[cfg(test)]
mod tests;
