//! The configured source.

use std::sync::Arc;

use super::Source;
use super::sim::Sim;
use crate::clock::Clock;
use crate::config::{Config, SourceName};

/// Opens the source that the configuration names.
///
/// # Errors
/// When its settings or files do not allow it.
pub fn open(config: &Config, _clock: &dyn Clock) -> anyhow::Result<Arc<dyn Source>> {
    Ok(match config.source.name {
        SourceName::Sim => Arc::new(Sim::new(&config.sim)),
        SourceName::Yahoo | SourceName::Replay => anyhow::bail!("not here yet"),
    })
}
