//! A source that does as the test says and counts what it is asked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use figcast::bars::{Bar, Bars};
use figcast::clock::Clock;
use figcast::market::{Hours, Instrument, Timetable};
use figcast::shares::Holders;
use figcast::source::{
    Backlog, Coverage, FetchRequest, Fetched, Known, PollPolicy, PollTiming, Polled, Search,
    SeriesKey, Source, SourceError, Update,
};
use figcast::symbol::Symbol;
use futures_util::stream::BoxStream;
use jiff::tz::TimeZone;

pub use super::scripted::Answer;
use super::scripted::Scripted;
use super::symbol;

/// A source of a [`Scripted`] fetcher.
pub struct Stub {
    fetcher: Arc<Scripted>,
    polled: Polled<Scripted>,
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
        let scripted = Scripted { coverage, ..scripted(script) };
        Self::of(scripted, PollTiming::default())
    }

    /// A source that is asked for everything again after so long.
    pub fn refreshed(
        refresh: Duration,
        script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::of(scripted(script), PollTiming { refresh, ..PollTiming::default() })
    }

    fn of(scripted: Scripted, timing: PollTiming) -> Arc<Self> {
        let (clock, fetcher) = (Arc::new(scripted.time), Arc::new(scripted));
        let polled = Polled::new(Arc::clone(&fetcher), clock, timing);
        Arc::new(Self { fetcher, polled })
    }

    /// One more bar with every fetch, and a minute of its time.
    pub fn growing() -> Arc<Self> {
        let script = |n, request: &FetchRequest| Answer::Now(Ok(fetched(request, n + 1)));
        Self::of(Scripted { stride: 60, ..scripted(script) }, PollTiming::default())
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
        let scripted = scripted(script);
        let policy = PollPolicy { min_poll: Duration::from_millis(5), ..scripted.policy };
        (Self::of(Scripted { policy, ..scripted }, PollTiming::default()), steps)
    }

    pub fn fetches(&self) -> usize {
        self.fetcher.asked().len()
    }

    /// Has it say how it stands with requests that wait.
    pub fn set_backlog(&self, backlog: Backlog) {
        self.fetcher.set_backlog(backlog);
    }

    /// Sets its time ahead.
    pub fn set_ahead(&self, seconds: i64) {
        self.fetcher.ahead.store(seconds, Ordering::SeqCst);
    }

    pub fn requests(&self) -> Vec<FetchRequest> {
        self.fetcher.asked().into_iter().map(|(_, request)| request).collect()
    }
}

/// A fetcher an hour after [`OPEN`].
fn scripted(script: impl Fn(usize, &FetchRequest) -> Answer + Send + Sync + 'static) -> Scripted {
    Scripted { name: "stub", ..Scripted::new(OPEN + 3_600, script) }
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

    fn open(
        &self,
        key: SeriesKey,
        watchers: Arc<Holders>,
        known: Option<Known>,
    ) -> BoxStream<'static, Update> {
        self.polled.open(key, watchers, known)
    }

    fn search(&self) -> &dyn Search {
        self.polled.search()
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
