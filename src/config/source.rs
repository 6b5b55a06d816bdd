//! `[source]`: where bars come from.

use serde::{Deserialize, Serialize};

/// The choice of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// Which one.
    pub name: SourceName,
}

/// The sources there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SourceName {
    /// A synthetic market that needs no network.
    #[default]
    Sim,
    /// Yahoo Finance.
    Yahoo,
    /// Recorded bars of files.
    Replay,
}

impl SourceName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sim, Self::Yahoo, Self::Replay];

    /// As it is written in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Yahoo => "yahoo",
            Self::Replay => "replay",
        }
    }
}
