//! What each node says of itself once a second, for people who ask.

use std::time::Duration;

use log::debug;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};

use super::error::ClusterError;
use super::node::Node;

/// Time between two beats.
const EVERY: Duration = Duration::from_secs(1);
/// After so long without one a node is no longer listed.
const LISTED: Duration = Duration::from_secs(10);

/// One beat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeBeat {
    /// The name of the node, another one after each start.
    pub node: String,
    /// The machine, and the process on it.
    pub host: String,
    /// The release that it runs.
    pub release: String,
    /// Series that it leads.
    pub leads: i64,
    /// Series that it follows.
    pub follows: i64,
    /// Milliseconds since 1970, by the clock of Redis.
    pub at: i64,
}

/// What the keys of the beats begin with.
pub fn keys_of(prefix: &str) -> String {
    format!("{prefix}:node:")
}

/// Beats for ever.
pub async fn run(node: &Node) {
    let host = host();
    let mut beats = interval(EVERY);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        if let Err(error) = beat(node, &host).await {
            debug!("no beat: {error}");
        }
    }
}

async fn beat(node: &Node, host: &str) -> Result<(), ClusterError> {
    let name = node.scripts.node();
    let beat = NodeBeat {
        node: name.to_owned(),
        host: host.to_owned(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        leads: node.in_role("leader"),
        follows: node.in_role("follower"),
        at: node.link.now() / 1_000,
    };
    let text = serde_json::to_string(&beat).expect("a beat has string keys only");
    let mut command = redis::cmd("SET");
    let listed = u64::try_from(LISTED.as_millis()).unwrap_or(u64::MAX);
    command.arg(keys_of(&node.prefix) + name).arg(text).arg("PX").arg(listed);
    node.link.query(&command).await
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}/{}", name.trim(), std::process::id())
}
