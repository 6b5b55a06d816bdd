//! The first line of the log of a server.

use super::check;
use crate::app::AppBounds;
use crate::config::{HubConfig, Loaded};

/// What runs, in one line: where it listens, by which configuration, and how much it takes at a time.
pub fn line(listening: &str, bounds: AppBounds, loaded: &Loaded) -> String {
    let AppBounds { streams, connections } = bounds;
    let HubConfig { feeds, views, .. } = loaded.config.hub;
    let (used, read) = (loaded.config.sources_in_words(), check::read(loaded));
    format!(
        "figcast {}: {listening}; source {used}; at most {connections} connections, {streams} streams, {views} views, \
         {feeds} series; {read}",
        env!("CARGO_PKG_VERSION")
    )
}
