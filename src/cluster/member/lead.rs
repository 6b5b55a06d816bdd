//! A node that leads: it asks the source, and writes what comes of it for all.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use log::debug;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::{Member, Turn};
use crate::cluster::error::ClusterError;
use crate::cluster::form::{SeriesSnapshot, TailEntry, TailPosition};
use crate::cluster::lease::{Lease, RENEWAL};
use crate::cluster::scripts::Renewed;
use crate::hub::{DataState, FeedOutput, Version};

/// After so many entries there is another snapshot. The tail keeps twice as many, so that the snapshot and what
/// follows it are always the whole.
const SNAPSHOT_EVERY: u64 = 256;

impl Member {
    /// Leads until the lease is lost or given back, or the series has ended.
    pub(super) async fn lead(&mut self, lease: Lease) -> Result<Turn, ClusterError> {
        debug!("feed {}: leads in epoch {}", self.key, lease.epoch);
        let _counted = self.node.count("leader");
        self.node.metrics.cluster_lease_changes.inc();
        let version = Version { epoch: lease.epoch, seq: 0 };
        self.position = TailPosition { epoch: lease.epoch, number: 0 };
        self.top = self.position;
        self.lease = Some(lease);
        let turn = self.ask_source(version).await;
        match turn {
            Ok(Turn::Ended) => {}
            // What cannot be given back is not kept either: the next one begins another epoch.
            Ok(_) => self.release().await,
            Err(_) => self.lease = None,
        }
        turn
    }

    async fn ask_source(&mut self, version: Version) -> Result<Turn, ClusterError> {
        let mut known = self.resumed();
        known.health.is_blocked = false;
        let (key, watchers) = (self.key.clone(), Arc::clone(&self.watchers));
        let mut outputs = self.node.here.resume(key, watchers, known.clone(), version);
        if known.series.is_some() && !self.write(known).await? {
            return Ok(self.lost());
        }
        let mut renewal = interval_at(Instant::now() + RENEWAL, RENEWAL);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let retired = self.node.retired.clone();
        loop {
            let Some(deadline) = self.lease.as_ref().map(|lease| lease.deadline) else {
                return Ok(Turn::Follow);
            };
            let is_held = tokio::select! {
                biased;
                // Whatever it was about to do: another node may lead by now.
                () = sleep_until(deadline) => false,
                () = retired.cancelled() => return Ok(Turn::Follow),
                _ = renewal.tick() => self.renew().await?,
                output = outputs.next() => match output {
                    None => return Ok(Turn::Ended),
                    Some(output) => {
                        let is_last = output.health.state == DataState::NotFound;
                        let is_held = self.write(output).await?;
                        if is_held && is_last {
                            return Ok(Turn::Ended);
                        }
                        if is_held && self.known.health.is_blocked {
                            return Ok(self.blocked());
                        }
                        is_held
                    }
                },
            };
            if !is_held {
                return Ok(self.lost());
            }
        }
    }

    /// The source refuses the address of this node. That of another one may be welcome, and this one does not lead
    /// again before it would ask again.
    fn blocked(&mut self) -> Turn {
        let now = self.node.clock.now();
        let left = self.known.health.next_check.map(|at| at.duration_since(now));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        debug!("feed {}: the source refuses this node, which leads no more for {left:?}", self.key);
        self.blocked_until = Some(Instant::now() + left.max(RENEWAL));
        Turn::Follow
    }

    fn lost(&mut self) -> Turn {
        debug!("feed {}: leads no longer", self.key);
        self.node.metrics.cluster_lease_changes.inc();
        self.lease = None;
        Turn::Follow
    }

    /// Makes the lease last; whether it still held.
    async fn renew(&mut self) -> Result<bool, ClusterError> {
        let Some(lease) = &mut self.lease else { return Ok(false) };
        match self.node.scripts.renew(&self.keys, lease).await? {
            Renewed::Lost => Ok(false),
            Renewed::Held => {
                self.confirm();
                Ok(true)
            }
            // A node has seen a later epoch than this one: the leader begins another epoch, after that one.
            Renewed::Asked(floor) if floor > lease.epoch => {
                self.position.epoch = floor;
                self.top = self.position;
                Ok(false)
            }
            Renewed::Asked(_) if self.position.number == 0 => Ok(true),
            Renewed::Asked(_) => self.write_entry(&TailEntry::Snapshot, self.known.clone()).await,
        }
    }

    /// Writes what is known now, and tells it; whether the lease still held.
    async fn write(&mut self, output: FeedOutput) -> Result<bool, ClusterError> {
        if self.position.number == 0 {
            return self.write_entry(&TailEntry::Snapshot, output).await;
        }
        if output.is_same(&self.known) {
            return Ok(true);
        }
        let entry = TailEntry::between(&self.known, &output);
        self.write_entry(&entry, output).await
    }

    async fn write_entry(
        &mut self,
        entry: &TailEntry,
        output: FeedOutput,
    ) -> Result<bool, ClusterError> {
        let Some(lease) = &mut self.lease else { return Ok(false) };
        let position = self.position.next();
        // A node that comes later begins after the last entry: the symbol may exist by then.
        let is_last = output.health.state == DataState::NotFound;
        let is_whole = is_last
            || matches!(entry, TailEntry::Snapshot)
            || position.number.is_multiple_of(SNAPSHOT_EVERY);
        // It is known even if nobody says whether it was written: no version stands for two states.
        self.known = output;
        let snapshot = if is_whole {
            SeriesSnapshot { position, output: self.known.clone() }.to_form()?
        } else {
            Vec::new()
        };
        let entry = entry.to_form()?;
        let (scripts, keys) = (&self.node.scripts, &self.keys);
        let refreshed = self.known.health.refreshed;
        let is_held =
            scripts.write(keys, lease, position.number, &entry, &snapshot, refreshed).await?;
        if is_held {
            (self.position, self.top) = (position, position);
            self.confirm();
        }
        Ok(is_held)
    }
}
