//! The right of one node to lead a series, for a few seconds.

use std::time::Duration;

use tokio::time::Instant;

/// How long it lasts in Redis.
pub const TERM: Duration = Duration::from_secs(3);
/// Time between two renewals.
pub const RENEWAL: Duration = Duration::from_secs(1);
/// By how much earlier the node itself takes it for lost: clocks do not run alike.
const MARGIN: Duration = Duration::from_millis(250);

/// A lease that is held. Time is counted by the monotonic clock from before the command that took it: neither a slow
/// answer nor a clock that is set makes it longer.
#[derive(Debug)]
pub struct Lease {
    /// Which of all leases of the series, ever growing.
    pub epoch: i64,
    /// What stands in Redis for as long as it lasts.
    pub holder: String,
    /// When the node has to have stopped to lead.
    pub deadline: Instant,
}

impl Lease {
    /// One that was asked for at `asked`.
    pub fn new(node: &str, epoch: i64, asked: Instant) -> Self {
        let mut lease = Self { epoch, holder: format!("{node} {epoch}"), deadline: asked };
        lease.extend(asked);
        lease
    }

    /// Goes on from `asked`, when a command was sent that extended it.
    pub fn extend(&mut self, asked: Instant) {
        self.deadline = asked + TERM - MARGIN;
    }
}

/// The epoch of a lease, as it stands in Redis.
pub fn epoch_of(holder: &str) -> Option<i64> {
    holder.rsplit_once(' ')?.1.parse().ok()
}
