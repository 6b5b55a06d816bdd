//! What all series of a node share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use log::{Level, log};
use prometheus_client::metrics::gauge::Gauge;
use tokio_util::sync::CancellationToken;

use super::error::ClusterError;
use super::link::RedisLink;
use super::scripts::Scripts;
use super::tail::Tail;
use crate::clock::Clock;
use crate::config::WhenRedisIsGone;
use crate::hub::FoldedHere;
use crate::metrics::{ClusterRole, Metrics};
use crate::source::{Router, SeriesKey};

/// Most different complaints that are said.
const COMPLAINTS: usize = 64;

/// One of the servers.
#[derive(Debug)]
pub struct Node {
    /// The way to Redis.
    pub link: Arc<RedisLink>,
    /// What is done there.
    pub scripts: Scripts,
    /// What is followed there.
    pub tail: Arc<Tail>,
    /// The sources, for the series that it leads.
    pub here: FoldedHere,
    /// Which sources there are.
    pub sources: Router,
    /// What its keys begin with.
    pub prefix: String,
    /// What it does while it cannot reach Redis.
    pub when_redis_is_gone: WhenRedisIsGone,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// It is about to stop, and leads nothing any more.
    pub retired: CancellationToken,
    /// The faults that the log has a line of already, so that each has one line.
    pub complaints: Mutex<BTreeSet<String>>,
}

/// A series that is counted for as long as this lives.
#[derive(Debug)]
pub struct RoleCount(Gauge);

impl Node {
    /// Says in the log what is wrong with a series, once of all series that it is wrong with.
    pub fn complain(&self, of: &SeriesKey, error: &ClusterError) {
        let told = error.to_string();
        // Every change is one text put in.
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = complaints.len() < COMPLAINTS && complaints.insert(told);
        log!(if is_new { Level::Warn } else { Level::Debug }, "feed {of}: {error}");
    }

    /// In how many series it has that role.
    pub fn in_role(&self, role: &'static str) -> i64 {
        self.metrics.cluster_series.get_or_create(&ClusterRole(role)).get()
    }

    /// Counts a series in which it has that role.
    pub fn count(&self, role: &'static str) -> RoleCount {
        let gauge = self.metrics.cluster_series.get_or_create(&ClusterRole(role)).clone();
        gauge.inc();
        RoleCount(gauge)
    }
}

impl Drop for RoleCount {
    fn drop(&mut self) {
        self.0.dec();
    }
}
