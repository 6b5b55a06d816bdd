//! `[replay]`: recorded bars, played back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings of the playback.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayConfig {
    /// Recorded files by symbol: CSV, or JSON of Yahoo's chart endpoint. At least one.
    pub files: BTreeMap<String, PathBuf>,
    /// Recorded seconds that pass in a second; finite and above 0. Default 60.
    pub speed: f64,
    /// IANA name of the zone of times without an offset, and of the days. Default UTC.
    pub timezone: String,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        Self { files: BTreeMap::new(), speed: 60.0, timezone: "UTC".to_owned() }
    }
}
