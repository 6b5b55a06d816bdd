//! A source that does as the test says and counts what it is asked.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use figcast::bars::{Bar, Bars};
use figcast::clock::{Clock, RuntimeClock};
use figcast::market::{Hours, Instrument, Timetable};
use figcast::shares::{Client, Holders};
use figcast::source::{
    Backlog, Coverage, Fetch, FetchRequest, Fetched, Listing, PollPolicy, PollTiming, Polled,
    Search, SearchQuery, SeriesKey, Source, SourceError, Update,
};
use figcast::symbol::Symbol;
use futures_util::stream::BoxStream;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::symbol;

/// What the source does with its n-th fetch, counted from 0.
type Script = dyn Fn(usize, &FetchRequest) -> Answer + Send + Sync;

pub enum Answer {
    Now(Result<Fetched, SourceError>),
    After(Duration, Result<Fetched, SourceError>),
    Never,
    Panic,
}

pub struct Stub {
    fetcher: Arc<Scripted>,
    polled: Polled<Scripted>,
}

struct Scripted {
    script: Box<Script>,
    policy: PollPolicy,
    coverage: Coverage,
    fetches: AtomicUsize,
    requests: Mutex<Vec<FetchRequest>>,
    /// Its time: that of its bars, whatever the clock of the test says.
    time: RuntimeClock,
    /// By how many seconds it is set ahead.
    ahead: Arc<AtomicI64>,
    /// By how many more with every fetch.
    stride: i64,
    /// How it stands with requests that wait for their turn.
    backlog: Mutex<Backlog>,
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

impl Stub {
    /// A source polled once a second.
    pub fn new(
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::reaching(Coverage::UNBOUNDED, script)
    }

    /// A source that has no more than that.
    pub fn reaching(
        coverage: Coverage,
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        let scripted = Scripted { coverage, ..Scripted::polled(Duration::from_secs(1), script) };
        Self::of(scripted, PollTiming::default())
    }

    /// A source that is asked for everything again after so long.
    pub fn refreshed(
        refresh: Duration,
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        let scripted = Scripted::polled(Duration::from_secs(1), script);
        Self::of(scripted, PollTiming { refresh, ..PollTiming::default() })
    }

    fn of(scripted: Scripted, timing: PollTiming) -> Arc<Self> {
        let (clock, fetcher) = (Arc::new(scripted.time), Arc::new(scripted));
        let polled = Polled::new(Arc::clone(&fetcher), clock, timing);
        Arc::new(Self { fetcher, polled })
    }

    /// One more bar with every fetch, and a minute of its time.
    pub fn growing() -> Arc<Self> {
        let script = |n, request: &FetchRequest| Answer::Now(Ok(fetched(request, n + 1)));
        let scripted = Scripted::polled(Duration::from_secs(1), script);
        Self::of(Scripted { stride: 60, ..scripted }, PollTiming::default())
    }

    /// The same three bars with every fetch.
    pub fn quiet() -> Arc<Self> {
        Self::new(|_, request| Answer::Now(Ok(fetched(request, 3))))
    }

    /// Other bars with every [step](Steps::step) and the same until then, asked for all the time.
    pub fn stepped() -> (Arc<Self>, Steps) {
        let steps = Steps::default();
        let Steps(taken) = steps.clone();
        let script = move |_: usize, request: &FetchRequest| {
            let bars = noise(taken.load(Ordering::SeqCst));
            Answer::Now(Ok(Fetched { bars, ..fetched(request, 0) }))
        };
        let scripted = Scripted::polled(Duration::from_millis(5), script);
        (Self::of(scripted, PollTiming::default()), steps)
    }

    pub fn fetches(&self) -> usize {
        self.fetcher.fetches.load(Ordering::SeqCst)
    }

    /// Has it say how it stands with requests that wait.
    pub fn set_backlog(&self, backlog: Backlog) {
        *self.fetcher.backlog.lock().expect("not poisoned") = backlog;
    }

    /// Sets its time ahead.
    pub fn set_ahead(&self, seconds: i64) {
        self.fetcher.ahead.store(seconds, Ordering::SeqCst);
    }

    pub fn requests(&self) -> Vec<FetchRequest> {
        self.fetcher.requests.lock().expect("not poisoned").clone()
    }
}

impl Source for Stub {
    fn name(&self) -> &'static str {
        self.polled.name()
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        self.polled.coverage(symbol)
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        self.polled.clock(symbol)
    }

    fn open(&self, key: SeriesKey, watchers: Arc<Holders>) -> BoxStream<'static, Update> {
        self.polled.open(key, watchers)
    }

    fn search(&self) -> &dyn Search {
        self.polled.search()
    }
}

impl Scripted {
    fn polled(
        min_poll: Duration,
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let start = Timestamp::from_second(OPEN + 3_600).expect("in range");
        Self {
            coverage: Coverage::UNBOUNDED,
            script: Box::new(script),
            policy: PollPolicy {
                min_poll,
                closed_poll: Duration::from_mins(5),
                request_rate: None,
            },
            fetches: AtomicUsize::new(0),
            requests: Mutex::default(),
            time: RuntimeClock::starting_at(start),
            ahead: Arc::default(),
            stride: 0,
            backlog: Mutex::default(),
        }
    }
}

#[async_trait]
impl Fetch for Scripted {
    fn name(&self) -> &'static str {
        "stub"
    }

    fn policy(&self) -> PollPolicy {
        self.policy
    }

    fn coverage(&self, _symbol: &Symbol) -> Coverage {
        self.coverage
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::new(Ahead { time: self.time, seconds: Arc::clone(&self.ahead) })
    }

    fn backlog(&self, _request: &FetchRequest) -> Backlog {
        *self.backlog.lock().expect("not poisoned")
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let n = self.fetches.fetch_add(1, Ordering::SeqCst);
        self.ahead.fetch_add(self.stride, Ordering::SeqCst);
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
}

#[async_trait]
impl Search for Scripted {
    /// Searches for ever.
    async fn find(
        &self,
        _query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        std::future::pending().await
    }
}

/// What brings the next figure of a [stepped](Stub::stepped) source.
#[derive(Debug, Clone, Default)]
pub struct Steps(Arc<AtomicUsize>);

impl Steps {
    pub fn step(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
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

/// A day of bars that compress badly, other ones for every `seed`.
fn noise(seed: usize) -> Bars {
    let mut state = seed as u64 + 1;
    let mut next = move || {
        // Knuth's generator of 64 bits: the high ones look random.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 44).expect("20 bits")) / 1_048_576.0
    };
    let day = (0..390).map(|n| {
        let (open, close, volume) = (100.0 + next(), 100.0 + next(), (next() * 1e6).round());
        let (high, low) = (open.max(close) + next(), open.min(close) - next());
        Bar { ts: OPEN + 60 * n, open, high, low, close, volume }
    });
    day.collect()
}

/// An answer with `count` bars of a market that never closes.
pub fn fetched(request: &FetchRequest, count: usize) -> Fetched {
    Fetched {
        bars: bars(count),
        instrument: Instrument::unnamed(request.symbol.clone(), TimeZone::UTC),
        hours: Hours::Continuous { day: 86_400 },
        quote: None,
        delay: None,
        timetable: Timetable::always(),
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
