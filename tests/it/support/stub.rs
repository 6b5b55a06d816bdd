//! A source that does as the test says and counts what it is asked.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use figcast::bars::{Bar, Bars};
use figcast::clock::Clock;
use figcast::market::{Hours, Instrument, SessionState};
use figcast::source::{Fetched, Listing, Lookback, Pace, Request, Search, Source, SourceError};
use figcast::symbol::Symbol;
use jiff::tz::TimeZone;

use super::symbol;

/// What the source does with its n-th fetch, counted from 0.
type Script = dyn Fn(usize, &Request) -> Answer + Send + Sync;

pub enum Answer {
    Now(Result<Fetched, SourceError>),
    After(Duration, Result<Fetched, SourceError>),
    Never,
    Panic,
}

pub struct Stub {
    script: Box<Script>,
    pace: Pace,
    lookback: Lookback,
    fetches: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

impl Stub {
    /// A source polled once a second.
    pub fn new(script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Self::reaching(Lookback::UNBOUNDED, script)
    }

    /// A source that has no more than that.
    pub fn reaching(
        lookback: Lookback,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            lookback,
            script: Box::new(script),
            pace: Pace { min_poll: Duration::from_secs(1), request_rate: None },
            fetches: AtomicUsize::new(0),
            requests: Mutex::default(),
        })
    }

    /// One more bar with every fetch.
    pub fn growing() -> Arc<Self> {
        Self::new(|n, request| Answer::Now(Ok(fetched(request, n + 1))))
    }

    /// The same three bars with every fetch.
    pub fn quiet() -> Arc<Self> {
        Self::new(|_, request| Answer::Now(Ok(fetched(request, 3))))
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

#[async_trait]
impl Source for Stub {
    fn name(&self) -> &'static str {
        "stub"
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    fn lookback(&self, _symbol: &Symbol) -> Lookback {
        self.lookback
    }

    async fn fetch(&self, request: &Request, _clock: &dyn Clock) -> Result<Fetched, SourceError> {
        let n = self.fetches.fetch_add(1, Ordering::SeqCst);
        self.requests.lock().expect("not poisoned").push(request.clone());
        match (self.script)(n, request) {
            Answer::Now(answer) => answer,
            Answer::After(delay, answer) => {
                tokio::time::sleep(delay).await;
                answer
            }
            Answer::Never => std::future::pending().await,
            Answer::Panic => panic!("the source is broken"),
        }
    }

    /// Searches for ever.
    async fn search(
        &self,
        _search: &Search,
        _clock: &dyn Clock,
    ) -> Result<Vec<Listing>, SourceError> {
        std::future::pending().await
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

/// 2026-08-28 13:30 UTC.
pub const OPEN: i64 = 1_787_923_800;

pub fn bars(count: usize) -> Bars {
    (0..count)
        .map(|n| {
            let close = 100.0 + f64::from(u32::try_from(n % 97).expect("small")) / 4.0;
            let ts = OPEN + 60 * i64::try_from(n).expect("small");
            Bar { ts, open: close, high: close, low: close, close, volume: 10.0 }
        })
        .collect()
}

/// An answer with `count` bars of a market that never closes.
pub fn fetched(request: &Request, count: usize) -> Fetched {
    Fetched {
        bars: bars(count),
        instrument: Instrument::unnamed(request.symbol.clone(), TimeZone::UTC),
        hours: Hours::Continuous { day: 86_400 },
        quote: None,
        delay: None,
        session: Some(SessionState::Open),
        split: None,
    }
}

pub fn not_found() -> Result<Fetched, SourceError> {
    let detail = "no such thing".to_owned();
    Err(SourceError::NotFound { symbol: symbol("GONE"), origin: "stub", detail })
}

pub fn unavailable() -> Result<Fetched, SourceError> {
    Err(SourceError::Unavailable { origin: "stub", detail: "an outage".to_owned(), cause: None })
}
