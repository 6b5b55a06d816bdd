//! A node that follows: it reads what the leader writes, and asks for the lease.

use std::sync::Arc;
use std::time::Duration;

use log::debug;
use tokio::time::{Instant, sleep_until};

use super::{Member, Turn};
use crate::cluster::epochs::{SnapshotRank, floor};
use crate::cluster::error::ClusterError;
use crate::cluster::form::{SeriesSnapshot, TailEntry, TailPosition};
use crate::cluster::lease::Lease;
use crate::cluster::scripts::Acquired;
use crate::cluster::tail::{Arrived, TailReading};
use crate::hub::{DataState, FeedOutput, Health, Series, Version};
use crate::jitter;

/// Longest time between two looks at the lease.
const LOOK: Duration = Duration::from_secs(1);
/// Time after which a leader whose words cannot be read here is asked once more.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// After a lease ran out or was given back the nodes ask for it within this, and not at once.
const SPREAD: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// What one entry says to a follower.
enum TailNews {
    /// Nothing else.
    Told,
    /// The lease is free.
    Free,
    /// The snapshot says it.
    Snapshot,
    /// Something before it is missing.
    Missing,
}

impl Member {
    /// Follows until this node has the lease, or the series has ended.
    pub(super) async fn follow(&mut self) -> Result<Turn, ClusterError> {
        let _counted = self.node.count("follower");
        let is_newer = self.read_snapshot().await?;
        let is_unsure = self.position == TailPosition::START || self.older_leader.is_some();
        self.is_behind = !is_newer && is_unsure;
        let mut reading = self.node.tail.read(&self.keys.tail, self.position);
        let mut look = Instant::now();
        loop {
            let news = tokio::select! {
                biased;
                arrived = reading.next() => match arrived {
                    Some(arrived) => self.take(&arrived),
                    None => self.read_again(&mut reading),
                },
                () = sleep_until(look) => {
                    let Some(wait) = self.look().await? else { return Ok(self.leading()) };
                    look = Instant::now() + wait + jitter::between(SPREAD[0], SPREAD[1]);
                    if self.is_behind { TailNews::Snapshot } else { TailNews::Told }
                }
            };
            match news {
                TailNews::Told => {}
                TailNews::Free => {
                    look = Instant::now() + jitter::between(Duration::ZERO, SPREAD[1]);
                }
                // Until there is a newer snapshot, nothing that follows makes sense.
                TailNews::Missing if self.is_behind => {}
                TailNews::Snapshot | TailNews::Missing => {
                    self.is_behind = !self.read_snapshot().await?;
                    if !self.is_behind {
                        self.confirm();
                    }
                }
            }
            if self.known.health.state == DataState::NotFound {
                return Ok(Turn::Ended);
            }
        }
    }

    /// Reads on from what is known: too many entries were waiting.
    fn read_again(&self, reading: &mut TailReading) -> TailNews {
        *reading = self.node.tail.read(&self.keys.tail, self.position);
        TailNews::Snapshot
    }

    fn leading(&mut self) -> Turn {
        self.lease.take().map_or(Turn::Follow, Turn::Lead)
    }

    /// Asks for the lease; how long to wait until the next look, or nothing where this node has it.
    async fn look(&mut self) -> Result<Option<Duration>, ClusterError> {
        let now = Instant::now();
        if self.node.retired.is_cancelled() || self.blocked_until.is_some_and(|until| until > now) {
            return Ok(Some(LOOK));
        }
        let seen = self.position.epoch;
        match self.node.scripts.acquire(&self.keys, seen).await? {
            Acquired::Taken { lease, newest } => {
                self.catch_up(&lease, newest).await?;
                self.lease = Some(lease);
                Ok(None)
            }
            Acquired::Held { epoch, left, newest } => {
                // An entry that was there at the last look as well, and has not come, will not come.
                // A leader that publishes nothing, as Redis forbids it, is heard here.
                if newest > self.top && !self.is_behind {
                    self.read_tail().await?;
                    if !self.is_behind {
                        self.confirm();
                    }
                }
                let is_deaf = newest > self.top && self.missed == Some(self.top);
                self.missed = (newest > self.top).then_some(self.top);
                self.is_behind |= is_deaf;
                if self.is_to_ask(epoch < seen) {
                    let floor = floor(epoch, seen, &self.known, self.older_leader);
                    debug!("feed {}: asks for a snapshot, after epoch {floor}", self.key);
                    self.node.scripts.ask(&self.keys, floor).await?;
                } else if !self.is_behind && epoch == seen && newest <= self.top {
                    self.confirm();
                }
                Ok(Some(left.min(LOOK)))
            }
        }
    }

    /// Takes in what was written before this node had the lease, and which it was not told. Where it cannot be sure
    /// that this is all, other nodes may have a later version: then what is known gets one of the new epoch.
    async fn catch_up(&mut self, lease: &Lease, newest: TailPosition) -> Result<(), ClusterError> {
        if newest > self.top {
            self.read_tail().await?;
        }
        if newest != self.top
            && let Some(series) = &mut self.known.series
        {
            let version = Version { epoch: lease.epoch, seq: 0 };
            *series = Arc::new(Series { version, ..Series::clone(series) });
        }
        if self.known.health.state == DataState::NotFound {
            self.known.health = Health::new(DataState::Loading, self.node.clock.now());
        }
        Ok(())
    }

    /// Takes in the entries that it was not told, until only a newer snapshot can say what comes next.
    async fn read_tail(&mut self) -> Result<(), ClusterError> {
        for arrived in self.node.scripts.since(&self.keys, self.top).await? {
            if matches!(self.take(&arrived), TailNews::Snapshot | TailNews::Missing) {
                self.is_behind = !self.read_snapshot().await?;
                if self.is_behind {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes in an entry.
    fn take(&mut self, arrived: &Arrived) -> TailNews {
        let entry = match TailEntry::of_form(&arrived.bytes) {
            Ok(entry) => entry,
            Err(error) => {
                self.refuse(&error.into());
                return TailNews::Missing;
            }
        };
        if arrived.position <= self.top {
            return TailNews::Told;
        }
        if let Some(at) = arrived.refreshed {
            let age = u64::try_from(self.node.link.now().saturating_sub(at)).unwrap_or(0);
            self.known.health.refreshed = Instant::now().checked_sub(Duration::from_micros(age));
        }
        if matches!(entry, TailEntry::Released) {
            if arrived.position.epoch == self.position.epoch {
                self.top = arrived.position;
            }
            return TailNews::Free;
        }
        if matches!(entry, TailEntry::Snapshot) {
            return TailNews::Snapshot;
        }
        if arrived.position != self.position.next() {
            return TailNews::Missing;
        }
        let known = match entry {
            TailEntry::Changed(change) => change.over(&self.known),
            TailEntry::Health(health) => Some(FeedOutput { health, ..self.known.clone() }),
            TailEntry::Snapshot | TailEntry::Released => None,
        };
        let Some(known) = known else { return TailNews::Missing };
        (self.position, self.top) = (arrived.position, arrived.position);
        self.is_behind = false;
        self.know(known);
        TailNews::Told
    }

    /// Whether the leader is asked for something. One whose words cannot be read here writes others when another node
    /// leads, and not because it is asked: that is tried now and then.
    fn is_to_ask(&mut self, is_older: bool) -> bool {
        let was_asked = self.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN);
        let asks = (is_older || self.is_behind) && !(self.unreadable.is_some() && was_asked);
        if asks {
            self.asked = Some(Instant::now());
        }
        asks
    }

    /// Tells that what another node wrote cannot be used here. The leader is asked for a snapshot, and the next leader
    /// writes one.
    fn refuse(&mut self, error: &ClusterError) {
        self.node.complain(&self.key, error);
        if self.unreadable.is_none() {
            self.unreadable = Some(self.node.count("unreadable"));
        }
        self.freeze(error);
    }

    /// Reads the snapshot; whether it is newer than what is known.
    async fn read_snapshot(&mut self) -> Result<bool, ClusterError> {
        self.older_leader = None;
        let bytes = self.node.scripts.snapshot(&self.keys).await?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let snapshot = match SeriesSnapshot::of_form(&bytes) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                self.refuse(&error.into());
                return Ok(false);
            }
        };
        let rank = snapshot.rank(self.position, &self.known);
        let SeriesSnapshot { position, output } = snapshot;
        match rank {
            SnapshotRank::Known => return Ok(false),
            SnapshotRank::OlderSeries => {
                debug!("feed {}: epoch {} has an older series", self.key, position.epoch);
                self.older_leader = Some(position.epoch);
                return Ok(false);
            }
            SnapshotRank::Newer => {}
        }
        debug!("feed {}: follows epoch {}", self.key, position.epoch);
        (self.position, self.top) = (position, position.max(self.top));
        // A symbol that did not exist may exist by now: the source is asked by the next leader.
        if output.health.state != DataState::NotFound {
            self.keep(output);
        }
        Ok(true)
    }
}
