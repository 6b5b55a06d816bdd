//! A fetcher that does as a test says and notes what it is asked: for the tests of the crate and those of its surface.

#![allow(dead_code, reason = "each of the two uses its own part")]

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use figcast::clock::{Clock, RuntimeClock};
use figcast::shares::Client;
use figcast::source::{
    Backlog, Coverage, Fetch, FetchRequest, Fetched, Listing, PollPolicy, Search, SearchQuery,
    SourceError,
};
use figcast::symbol::Symbol;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

/// What comes of a request.
pub type Outcome = Result<Fetched, SourceError>;

/// What it does with its n-th request, counted from 0.
type Script = dyn Fn(usize, &FetchRequest) -> Answer + Send + Sync;

/// What it does with a request.
pub enum Answer {
    Now(Outcome),
    After(Duration, Outcome),
    Never,
    Panic,
}

/// What it does with a search.
pub enum Finding {
    /// It never answers.
    Never,
    /// It finds those of its symbols that fit, after a while.
    Among(&'static [&'static str], Duration),
    /// It is out.
    Nothing,
}

/// The fetcher.
pub struct Scripted {
    pub name: &'static str,
    pub script: Box<Script>,
    pub finding: Finding,
    pub policy: PollPolicy,
    pub coverage: Coverage,
    /// Its time: that of its bars, whatever the clock of the test says.
    pub time: RuntimeClock,
    /// By how many seconds it is set ahead.
    pub ahead: Arc<AtomicI64>,
    /// By how many more with every request.
    pub stride: i64,
    /// What it was asked, and when.
    pub asked: Mutex<Vec<(Instant, FetchRequest)>>,
    /// How it stands with requests that wait for their turn.
    pub backlog: Mutex<Backlog>,
}

/// A clock that is set ahead.
#[derive(Debug)]
struct Ahead {
    time: RuntimeClock,
    seconds: Arc<AtomicI64>,
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.time.now() + SignedDuration::from_secs(self.seconds.load(Ordering::SeqCst))
    }
}

impl Scripted {
    /// A fetcher that is polled once a second and by whose time it is the epoch second `now`.
    pub fn new(
        now: i64,
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: "scripted",
            script: Box::new(script),
            finding: Finding::Never,
            policy: PollPolicy {
                min_poll: Duration::from_secs(1),
                closed_poll: Duration::from_mins(5),
                request_rate: None,
            },
            coverage: Coverage::UNBOUNDED,
            time: RuntimeClock::starting_at(Timestamp::from_second(now).expect("in range")),
            ahead: Arc::default(),
            stride: 0,
            asked: Mutex::default(),
            backlog: Mutex::default(),
        }
    }

    /// What it was asked, and when.
    pub fn asked(&self) -> Vec<(Instant, FetchRequest)> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// Has it say how it stands with requests that wait.
    pub fn set_backlog(&self, backlog: Backlog) {
        *self.backlog.lock().expect("not poisoned") = backlog;
    }
}

#[async_trait]
impl Fetch for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn policy(&self) -> PollPolicy {
        self.policy
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        assert_eq!(symbol.source(), None);
        self.coverage
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        assert_eq!(symbol.source(), None);
        Arc::new(Ahead { time: self.time, seconds: Arc::clone(&self.ahead) })
    }

    fn backlog(&self, _request: &FetchRequest) -> Backlog {
        *self.backlog.lock().expect("not poisoned")
    }

    async fn fetch(&self, request: &FetchRequest) -> Outcome {
        assert_eq!(request.symbol.source(), None);
        self.ahead.fetch_add(self.stride, Ordering::SeqCst);
        let n = {
            let mut asked = self.asked.lock().expect("not poisoned");
            asked.push((Instant::now(), request.clone()));
            asked.len() - 1
        };
        match (self.script)(n, request) {
            Answer::Now(outcome) => outcome,
            Answer::After(delay, outcome) => {
                sleep(delay).await;
                outcome
            }
            Answer::Never => std::future::pending().await,
            Answer::Panic => panic!("the source is broken"),
        }
    }
}

#[async_trait]
impl Search for Scripted {
    async fn find(
        &self,
        query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        let (symbols, after) = match self.finding {
            Finding::Never => std::future::pending().await,
            Finding::Among(symbols, after) => (symbols, after),
            Finding::Nothing => {
                let (origin, detail) = (self.name, "it is out".to_owned());
                return Err(SourceError::Unavailable { origin, detail, cause: None });
            }
        };
        sleep(after).await;
        let listing = |text: &&str| Listing {
            symbol: Symbol::parse(text).expect("valid"),
            name: None,
            exchange: None,
            kind: None,
        };
        Ok(query.find(symbols.iter().map(listing)))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
