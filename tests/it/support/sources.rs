//! The sources of the program, put together as the program does it.

use std::sync::Arc;

use figcast::clock::{Clock, RuntimeClock, SystemClock};
use figcast::config::SimConfig;
use figcast::source::sim::Sim;
use figcast::source::{Fetch, PollTiming, Polled, Search, Source};
use jiff::Timestamp;

use super::stub::OPEN;

/// A source of a fetcher that lives by `clock`.
pub fn polled(fetcher: impl Fetch + Search, clock: Arc<dyn Clock>) -> Arc<dyn Source> {
    Arc::new(Polled::new(Arc::new(fetcher), clock, PollTiming::default()))
}

/// The simulated market of now.
pub fn sim(config: &SimConfig) -> Arc<dyn Source> {
    polled(Sim::new(config, Arc::new(SystemClock)), Arc::new(SystemClock))
}

/// The simulated market an hour after [`OPEN`], by the runtime's clock.
pub fn paused_sim(config: &SimConfig) -> Arc<dyn Source> {
    let clock: Arc<dyn Clock> = Arc::new(runtime_clock());
    polled(Sim::new(config, Arc::clone(&clock)), clock)
}

/// A clock that reads an hour after [`OPEN`] now.
pub fn runtime_clock() -> RuntimeClock {
    RuntimeClock::starting_at(Timestamp::from_second(OPEN + 3_600).expect("in range"))
}
