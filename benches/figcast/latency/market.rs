//! The simulated market, which notes when each of its updates leaves it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use figcast::clock::{Clock, SystemClock};
use figcast::config::SimConfig;
use figcast::shares::Holders;
use figcast::source::sim::Sim;
use figcast::source::{Coverage, Known, PollTiming, Polled, Search, SeriesKey, Source, Update};
use figcast::symbol::Symbol;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use jiff::Timestamp;

/// A second of a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Moment {
    symbol: String,
    second: i64,
}

impl Moment {
    /// That of a figure's event; nothing of any other.
    pub fn of_event(event: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(event).ok()?;
        let value = |key: &str| {
            let (_, rest) = text.rsplit_once(key)?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let second = value("\"asOf\":\"")?.parse::<Timestamp>().ok()?.as_second();
        Some(Self { symbol: value("\"symbol\":\"")?.to_owned(), second })
    }
}

/// When each update left.
type Departures = Mutex<HashMap<Moment, Instant>>;

/// The market.
#[derive(Debug)]
pub struct Market {
    polled: Polled<Sim>,
    left: Arc<Departures>,
}

impl Default for Market {
    fn default() -> Self {
        let sim = Sim::new(&SimConfig::default(), Arc::new(SystemClock));
        let polled = Polled::new(Arc::new(sim), Arc::new(SystemClock), PollTiming::default());
        Self { polled, left: Arc::default() }
    }
}

impl Market {
    /// When each update left, since the last time that was asked.
    pub fn take(&self) -> HashMap<Moment, Instant> {
        std::mem::take(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Source for Market {
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
        let (left, symbol) = (Arc::clone(&self.left), key.symbol.to_string());
        let note = move |update: &Update| {
            let (Update::Whole { fetched, .. } | Update::Tail { fetched, .. }) = update else {
                return;
            };
            if let Some(quote) = fetched.quote {
                let moment = Moment { symbol: symbol.clone(), second: quote.at.as_second() };
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                left.entry(moment).or_insert_with(Instant::now);
            }
        };
        self.polled.open(key, watchers, known).inspect(note).boxed()
    }

    fn search(&self) -> &dyn Search {
        self.polled.search()
    }
}
