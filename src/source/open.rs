//! The configured source.

use std::sync::Arc;

use super::Source;
use super::replay::{Replay, ReplayError};
use super::sim::Sim;
use super::yahoo::{Yahoo, YahooSetupError};
use crate::clock::Clock;
use crate::config::{Config, SourceName};

/// Why the configured source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A recording cannot be played.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The settings make no client.
    #[error(transparent)]
    Yahoo(#[from] YahooSetupError),
}

/// Opens the source that the configuration names. Recordings are read here, which blocks.
///
/// # Errors
/// [`OpenError`] when its settings or files do not allow it.
pub fn open(config: &Config, clock: &dyn Clock) -> Result<Arc<dyn Source>, OpenError> {
    Ok(match config.source.name {
        SourceName::Sim => Arc::new(Sim::new(&config.sim)),
        SourceName::Yahoo => Arc::new(Yahoo::new(&config.yahoo)?),
        SourceName::Replay => Arc::new(Replay::open(&config.replay, clock)?),
    })
}
