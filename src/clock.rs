//! The wall clock as an argument, so that a test can say what time it is.

use std::fmt::Debug;

use jiff::Timestamp;

/// Tells the current instant.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, to the millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// A clock that starts at a chosen instant and runs with the tokio runtime's: under paused time
/// it moves exactly as far as the timers do.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeClock {
    origin: Timestamp,
    started: tokio::time::Instant,
}

impl RuntimeClock {
    /// A clock that reads `origin` now. Must be called inside a tokio runtime.
    #[must_use]
    pub fn starting_at(origin: Timestamp) -> Self {
        Self { origin, started: tokio::time::Instant::now() }
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        self.origin.saturating_add(self.started.elapsed()).unwrap_or(Timestamp::MAX)
    }
}
