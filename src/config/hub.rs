//! `[hub]`: feeds, views and the rhythm of streams.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds and delays of the hub.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubConfig {
    /// Most series fetched at once.
    pub feeds: usize,
    /// Most distinct views rendered at once.
    pub views: usize,
    /// Most streams at once; 0 is the descriptor limit less 500.
    pub streams: usize,
    /// Most streams of one client address; 0 is unlimited.
    pub streams_per_address: usize,
    /// Requests a second of one client address, besides what it has saved up; 0 is unlimited.
    pub requests_per_address: f64,
    /// Bytes of figures and tables kept at once, about.
    pub kept_bytes: usize,
    /// Silence after which a stream sends a comment.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// Shortest reconnection time told to a client; each connection gets one in between.
    #[serde(with = "humantime_serde")]
    pub retry_min: Duration,
    /// Longest reconnection time told to a client.
    #[serde(with = "humantime_serde")]
    pub retry_max: Duration,
    /// How long a request waits for the first bars of a new feed.
    #[serde(with = "humantime_serde")]
    pub first_figure: Duration,
    /// How long a view outlives its last subscriber.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
    /// How long an unknown symbol is remembered as unknown.
    #[serde(with = "humantime_serde")]
    pub not_found: Duration,
    /// Time between two fetches of a series as a whole, which pick up late corrections.
    #[serde(with = "humantime_serde")]
    pub refresh: Duration,
    /// Longest delay between two tries of a failing fetch.
    #[serde(with = "humantime_serde")]
    pub backoff_max: Duration,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            feeds: 256,
            views: 1_024,
            streams: 0,
            streams_per_address: 256,
            requests_per_address: 50.0,
            kept_bytes: 512 * 1024 * 1024,
            heartbeat: Duration::from_secs(15),
            retry_min: Duration::from_secs(2),
            retry_max: Duration::from_secs(5),
            first_figure: Duration::from_secs(2),
            linger: Duration::from_secs(10),
            not_found: Duration::from_mins(1),
            refresh: Duration::from_mins(10),
            backoff_max: Duration::from_mins(1),
        }
    }
}
