//! The part of a node in one series: it follows the node that leads, and leads when no other one does.

mod follow;
mod lead;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use log::{debug, warn};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::error::ClusterError;
use super::form::{TailEntry, TailPosition};
use super::keys::SeriesKeys;
use super::lease::{Lease, TERM};
use super::link::LinkState;
use super::node::{Node, RoleCount};
use crate::config::WhenRedisIsGone;
use crate::hub::{DataState, FeedOutput, Health, Version};
use crate::jitter;
use crate::shares::Holders;
use crate::source::SeriesKey;

/// How long Redis may be away before charts are stale.
const GRACE: Duration = Duration::from_secs(1);
/// Shortest time from a failure to the next try.
const RETRY: Duration = Duration::from_millis(100);
/// Time from an entry that cannot be used to the next try.
const REFUSED: Duration = Duration::from_secs(1);
/// For so long what the leader said last holds, when its lease is taken over.
const CURRENT: Duration = Duration::from_secs(6);

/// The task.
pub struct Member {
    node: Arc<Node>,
    key: SeriesKey,
    keys: SeriesKeys,
    watchers: Arc<Holders>,
    out: Arc<watch::Sender<FeedOutput>>,
    /// What the leader has said, up to `position`.
    known: FeedOutput,
    position: TailPosition,
    /// The newest entry that was seen with none missing before it, which may say that a lease was given back.
    top: TailPosition,
    /// When it was last sure that this is the newest.
    heard: Option<Instant>,
    /// Since when Redis fails.
    failing: Option<Instant>,
    /// What was known at the last look, if there was news by then that had not come.
    missed: Option<TailPosition>,
    /// Whether something is missing that only a newer snapshot says.
    is_behind: bool,
    /// Counted while what the leader wrote last cannot be read here.
    unreadable: Option<RoleCount>,
    /// When the leader was last asked for something.
    asked: Option<Instant>,
    /// The epoch of a leader that began with an older series than the one known here.
    older_leader: Option<i64>,
    /// Until when the source refuses this node, and another one may ask it.
    blocked_until: Option<Instant>,
    /// The lease, while this node leads.
    lease: Option<Lease>,
}

/// Why a node stops to follow or to lead.
#[derive(Debug)]
enum Turn {
    /// It has the lease.
    Lead(Lease),
    /// It has it no longer.
    Follow,
    /// The symbol does not exist, which was told, or the source ended the series without a reason.
    Ended,
}

impl Member {
    /// A member that tells `out`.
    pub fn new(
        node: Arc<Node>,
        key: SeriesKey,
        watchers: Arc<Holders>,
        out: Arc<watch::Sender<FeedOutput>>,
    ) -> Self {
        let keys = SeriesKeys::new(&node.prefix, node.sources.name(&key.symbol), &key);
        let known = out.borrow().clone();
        Self {
            node,
            key,
            keys,
            watchers,
            out,
            known,
            position: TailPosition::START,
            top: TailPosition::START,
            heard: None,
            failing: None,
            missed: None,
            is_behind: false,
            unreadable: None,
            asked: None,
            older_leader: None,
            blocked_until: None,
            lease: None,
        }
    }

    /// Tells what is known of the series until nobody listens, or it has ended.
    pub async fn run(mut self) {
        let out = Arc::clone(&self.out);
        tokio::select! {
            () = out.closed() => {}
            () = self.take_part() => {}
        }
        self.release().await;
    }

    async fn take_part(&mut self) {
        let mut turn = Turn::Follow;
        loop {
            let next = match turn {
                Turn::Lead(lease) => self.lead(lease).await,
                Turn::Follow => self.follow().await,
                Turn::Ended => return,
            };
            turn = match next {
                Ok(next) => next,
                Err(error) => self.endure(&error).await,
            };
        }
    }

    /// Waits until there is a use in trying again, as it is configured for while Redis is gone.
    async fn endure(&mut self, error: &ClusterError) -> Turn {
        let failing = *self.failing.get_or_insert_with(Instant::now);
        sleep(jitter::between(RETRY / 2, RETRY)).await;
        if !matches!(error, ClusterError::Gone { .. }) {
            warn!("feed {}: {error}", self.key);
            self.freeze(error);
            sleep(REFUSED).await;
            return Turn::Follow;
        }
        let mut link = self.node.link.state();
        let grace = GRACE.saturating_sub(failing.elapsed());
        if !grace.is_zero() && is_up(&mut link, grace).await {
            return Turn::Follow;
        }
        // It may be there, and serve nobody: then each try fails, and the chart is stale between them.
        self.freeze(error);
        let polls = self.node.when_redis_is_gone == WhenRedisIsGone::Poll;
        if polls && !is_up(&mut link, TERM).await {
            return self.poll().await;
        }
        while !is_up(&mut link, TERM).await {}
        Turn::Follow
    }

    /// Follows the source by itself until Redis is back.
    async fn poll(&mut self) -> Turn {
        let mut link = self.node.link.state();
        let now = self.node.clock.now().as_millisecond();
        let known = self.known.series.as_ref().map_or(0, |series| series.version.epoch);
        let epoch = now.max(known + 1).max(self.position.epoch + 1);
        let version = Version { epoch, seq: 0 };
        self.position = TailPosition { epoch, number: 0 };
        self.top = self.position;
        let (key, watchers) = (self.key.clone(), Arc::clone(&self.watchers));
        let mut outputs = self.node.here.resume(key, watchers, self.resumed(), version);
        loop {
            tokio::select! {
                output = outputs.next() => match output {
                    Some(output) => self.know(output),
                    None => return Turn::Ended,
                },
                _ = link.wait_for(|state| *state == LinkState::Up) => return Turn::Follow,
            }
        }
    }

    /// Keeps an output of the leader as the newest one, and tells it.
    fn know(&mut self, output: FeedOutput) {
        self.keep(output);
        self.confirm();
    }

    /// Keeps an output. Its series is left out where the node has that version already, so that nothing is drawn
    /// again. A leader that has no series yet takes none away.
    fn keep(&mut self, output: FeedOutput) {
        let version = |output: &FeedOutput| output.series.as_ref().map(|series| series.version);
        let is_known = output.series.is_none() || version(&output) == version(&self.known);
        let series = if is_known { self.known.series.take() } else { output.series };
        // Other nodes tell that beside their outputs.
        let refreshed = output.health.refreshed.or(self.known.health.refreshed);
        self.known = FeedOutput { series, health: Health { refreshed, ..output.health } };
    }

    /// What is known is the newest.
    fn confirm(&mut self) {
        (self.heard, self.failing, self.unreadable) = (Some(Instant::now()), None, None);
        self.tell();
    }

    /// Tells what is known, if it is news.
    fn tell(&self) {
        self.out.send_if_modified(|told| {
            let is_news = !self.known.is_same(told);
            told.clone_from(&self.known);
            is_news
        });
    }

    /// Leaves the chart as it is, and tells why.
    fn freeze(&mut self, error: &ClusterError) {
        self.heard = None;
        let now = self.node.clock.now();
        self.out.send_modify(|told| {
            let health = &mut told.health;
            let state = if told.series.is_some() { DataState::Stale } else { DataState::Error };
            if health.state != state {
                (health.state, health.since) = (state, now);
            }
            health.message = Some(error.to_string());
            health.next_check = None;
        });
    }

    /// What is known, for a node that begins to ask the source itself. Where it is not sure to be the newest, it is
    /// stale until the source has answered.
    fn resumed(&self) -> FeedOutput {
        let is_current = self.heard.is_some_and(|heard| heard.elapsed() < CURRENT);
        if is_current || self.known.series.is_none() || !self.known.health.is_well() {
            return self.known.clone();
        }
        let message =
            Some("these are the bars of before: the source has not answered yet".to_owned());
        let (state, since) = (DataState::Stale, self.node.clock.now());
        let health =
            Health { state, since, message, next_check: None, ..self.known.health.clone() };
        FeedOutput { health, ..self.known.clone() }
    }

    /// Gives the lease back, if there is one.
    async fn release(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        self.node.metrics.cluster_lease_changes.inc();
        // A write that is on its way may have the next number.
        let number = self.position.number + 2;
        let Ok(entry) = TailEntry::Released.to_form() else { return };
        // One that cannot be given back runs out by itself.
        let released = self.node.scripts.release(&self.keys, &lease, number, &entry).await;
        if let Err(error) = released {
            debug!("feed {}: a lease could not be given back: {error}", self.key);
        }
    }
}

/// Whether Redis can be reached within that time.
async fn is_up(link: &mut watch::Receiver<LinkState>, patience: Duration) -> bool {
    timeout(patience, link.wait_for(|state| *state == LinkState::Up)).await.is_ok()
}
