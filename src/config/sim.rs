//! `[sim]`: the simulated market.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the simulated market.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimConfig {
    /// Draws the whole market: another number gives other charts. Default 1.
    pub seed: u64,
    /// Time between two looks at a symbol, such as `1s` or `5s`; at least 100 ms. Default 1 s.
    #[serde(with = "humantime_serde")]
    pub tick: Duration,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self { seed: 1, tick: Duration::from_secs(1) }
    }
}
