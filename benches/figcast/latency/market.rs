//! The simulated market, which notes when each of its updates leaves it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use figcast::clock::Clock;
use figcast::config::SimConfig;
use figcast::source::sim::Sim;
use figcast::source::{Fetched, Lookback, Pace, Request, Source, SourceError};
use figcast::symbol::Symbol;
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

/// The market.
#[derive(Debug)]
pub struct Market {
    sim: Sim,
    left: Mutex<HashMap<Moment, Instant>>,
}

impl Default for Market {
    fn default() -> Self {
        Self { sim: Sim::new(&SimConfig::default()), left: Mutex::default() }
    }
}

impl Market {
    /// When each update left, since the last time that was asked.
    pub fn take(&self) -> HashMap<Moment, Instant> {
        std::mem::take(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Source for Market {
    fn name(&self) -> &'static str {
        self.sim.name()
    }

    fn pace(&self) -> Pace {
        self.sim.pace()
    }

    fn lookback(&self, symbol: &Symbol) -> Lookback {
        self.sim.lookback(symbol)
    }

    async fn fetch(&self, request: &Request, clock: &dyn Clock) -> Result<Fetched, SourceError> {
        let fetched = self.sim.fetch(request, clock).await?;
        if let Some(quote) = fetched.quote {
            let moment =
                Moment { symbol: request.symbol.to_string(), second: quote.at.as_second() };
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.entry(moment).or_insert_with(Instant::now);
        }
        Ok(fetched)
    }
}
