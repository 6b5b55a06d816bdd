//! Exchanges as sources, in front of scripted ones: REST and a socket on free ports, without TLS, that replay
//! sessions of a generated market in the exact published format.

mod binance;
mod day;
mod kraken;
mod market;
mod socket;
mod watcher;

use std::sync::Arc;
use std::time::Duration;

use figcast::source::PollTiming;

/// Corrections are not to hide what the socket gets wrong.
fn timing() -> PollTiming {
    PollTiming { refresh: Duration::from_hours(1), backoff_max: Duration::from_millis(200) }
}

/// A clock of the market.
fn clock(market: &Arc<market::Market>) -> Arc<dyn figcast::clock::Clock> {
    let clock: Arc<market::Market> = Arc::clone(market);
    clock
}
