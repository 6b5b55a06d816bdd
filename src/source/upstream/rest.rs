//! A REST interface at one address: requests in turn, none while it refuses them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::breaker::Breaker;
use super::client::{Answer, HttpClient, HttpSettings};
use super::limiter::Limiter;
use crate::clock::Clock;
use crate::config::Secret;
use crate::shares::Holders;
use crate::source::error::SourceError;
use crate::source::fetch::{Backlog, Priority};

/// First pause of all requests after one was refused.
const BREAKER_OPEN: Duration = Duration::from_mins(1);
/// Longest such pause, to which it doubles.
const BREAKER_MAX: Duration = Duration::from_mins(15);
/// Longest pause that an upstream may ask for: a ban lasts up to three days, and asking on prolongs it.
const MAX_BAN: Duration = Duration::from_hours(3 * 24);
/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The `User-Agent` header: an exchange refuses requests without one.
const USER_AGENT: &str = concat!("figcast/", env!("CARGO_PKG_VERSION"));

/// One REST interface of the whole process: it counts requests and remembers refusals.
#[derive(Debug)]
pub struct Rest {
    origin: &'static str,
    base: Url,
    http: HttpClient,
    limiter: Limiter,
    breaker: Arc<Breaker>,
    clock: Arc<dyn Clock>,
}

/// What a REST interface is asked with.
#[derive(Debug, Clone)]
pub struct RestSettings {
    /// The source's name.
    pub origin: &'static str,
    /// Where it is.
    pub base: Url,
    /// Requests a second.
    pub request_rate: f64,
    /// Time for a whole answer.
    pub timeout: Duration,
    /// Longest accepted answer in bytes, unpacked.
    pub body_limit: usize,
    /// Headers of each request, such as a key.
    pub headers: Vec<(&'static str, Secret)>,
}

/// For which clients a request is made, and how urgently.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Which queue it waits in.
    pub priority: Priority,
    /// The clients that it is made for.
    pub watchers: &'a Arc<Holders>,
}

impl Rest {
    /// An interface that nothing was asked yet.
    ///
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(settings: &RestSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let http = HttpClient::new(HttpSettings {
            origin: settings.origin,
            servers: std::slice::from_ref(&settings.base),
            user_agent: USER_AGENT,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: settings.timeout,
            body_limit: settings.body_limit,
            headers: &settings.headers,
        })?;
        Ok(Self {
            origin: settings.origin,
            base: settings.base.clone(),
            http,
            limiter: Limiter::new(Duration::from_secs_f64(1.0 / settings.request_rate)),
            breaker: Arc::new(Breaker::new(BREAKER_OPEN, BREAKER_MAX).heeding(MAX_BAN)),
            clock,
        })
    }

    /// What stops its requests, for the other ways to the same upstream.
    pub fn breaker(&self) -> Arc<Breaker> {
        Arc::clone(&self.breaker)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks for `path` with a query, and reads the answer; tells the breaker how that went.
    ///
    /// # Errors
    /// Those of the connection and of `read`; `Blocked` while requests pause.
    pub async fn get<T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        ask: Ask<'_>,
        read: impl FnOnce(&Answer) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let refused = |retry_after| paused(self.origin, retry_after);
        let pass = self.breaker.enter().map_err(refused)?;
        tokio::select! {
            biased;
            retry_after = pass.revoked() => return Err(refused(retry_after)),
            () = self.limiter.acquire(ask.priority, ask.watchers) => {}
        }
        let answer = self.http.get(self.url(path, query), self.now()).await;
        let mut outcome = answer.and_then(|answer| read(&answer));
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

    /// How it stands with requests that wait for their turn.
    pub fn backlog(&self, ask: Ask<'_>) -> Backlog {
        self.limiter.backlog(ask.priority, ask.watchers)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// All requests wait because one was refused.
pub fn paused(origin: &'static str, retry_after: Duration) -> SourceError {
    let detail = "it has refused a request, so all of them pause".to_owned();
    SourceError::Blocked { origin, detail, retry_after }
}
