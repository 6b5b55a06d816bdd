//! Several servers that are one service: of each series one of them asks the source, and all of them have the same
//! bars, versions and status.
//!
//! ```text
//! source --updates--> leader --changes--> Redis --changes--> followers
//!                     one per             one tail and one   the other nodes that
//!                     series              snapshot each      watch the series
//! ```
//!
//! All words of Redis are in this folder. The hub follows a [`Clustered`] as it follows a source of its own.

mod beat;
mod epochs;
mod error;
mod form;
mod keys;
mod lease;
mod link;
mod member;
mod node;
mod pushes;
mod report;
mod scripts;
mod tail;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use log::info;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

pub use error::ClusterError;
use link::RedisLink;
use member::Member;
use node::Node;
use pushes::{PushCopy, SharedPushes};
pub use report::report;
use scripts::Scripts;
use tail::Tail;

use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::hub::{DataState, FeedOutput, FoldedHere, FoldedSource, Health};
use crate::metrics::Metrics;
use crate::shares::Holders;
use crate::source::{Router, SeriesKey};

/// Longest time that a server that stops waits until its leases are given back. They run out by themselves.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The series of a cluster, as one of its nodes has them.
#[derive(Debug)]
pub struct Clustered {
    node: Arc<Node>,
    /// What is pushed to any node, where somebody may push.
    pushes: Option<Arc<SharedPushes>>,
    /// The parts of this node in series.
    members: TaskTracker,
    /// The connections, the beat, and the changes of what is pushed.
    _kept: Vec<AbortOnDropHandle<()>>,
}

impl Clustered {
    /// Begins to connect, on the current tokio runtime. The node asks `sources` for the series that it leads; what is
    /// pushed is kept where all nodes have it.
    ///
    /// # Errors
    /// [`ClusterError::Address`]. That Redis is not there is none: it may come.
    pub fn start(
        config: &ClusterConfig,
        sources: Router,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ClusterError> {
        let link = Arc::new(RedisLink::new(config)?);
        let name = format!("{:016x}", rand::random::<u64>());
        info!("node {name} of the cluster \"{}\" at {}", config.prefix, config.redis);
        let tail = Arc::new(Tail::new(Arc::clone(&link), Arc::clone(&metrics)));
        let pushes = sources.pushed().map(|pushed| {
            let (link, tail) = (Arc::clone(&link), Arc::clone(&tail));
            let limits = pushed.limits();
            let copied = sources.history().map(|history| PushCopy::new(history.clone(), limits));
            Arc::new(SharedPushes::new(link, tail, config, copied))
        });
        let sources = match &pushes {
            Some(pushes) => sources.keeping_pushes(Arc::clone(pushes) as _),
            None => sources,
        };
        let here = FoldedHere::new(sources.clone(), Arc::clone(&clock), Arc::clone(&metrics));
        let node = Arc::new(Node {
            scripts: Scripts::new(Arc::clone(&link), name),
            tail,
            clock,
            sources,
            prefix: config.prefix.clone(),
            when_redis_is_gone: config.when_redis_is_gone,
            retired: CancellationToken::new(),
            metrics,
            link,
            here,
            complaints: Mutex::default(),
        });
        let kept = kept_up(&node, pushes.clone());
        Ok(Self { node, pushes, members: TaskTracker::new(), _kept: kept })
    }

    /// The sources, of which the pushed one keeps its bars where all nodes have them.
    #[must_use]
    pub fn sources(&self) -> &Router {
        &self.node.sources
    }

    /// Waits until this node knows what is pushed to others, which takes no longer than Redis takes to answer; or until
    /// it has waited for so long.
    pub async fn ready(&self, patience: Duration) {
        if let Some(pushes) = &self.pushes {
            let _ = timeout(patience, pushes.known()).await;
        }
    }

    /// Waits until the leases of this node are given back. No series is to be open any more.
    pub async fn stop(&self) {
        self.members.close();
        let _ = timeout(LAST_WORDS, self.members.wait()).await;
    }
}

impl FoldedSource for Clustered {
    fn open(&self, key: SeriesKey, watchers: Arc<Holders>) -> BoxStream<'static, FeedOutput> {
        let health = Health::new(DataState::Loading, self.node.clock.now());
        let (out, told) = watch::channel(FeedOutput { series: None, health });
        let member = Member::new(Arc::clone(&self.node), key, watchers, Arc::new(out));
        self.members.spawn(member.run());
        let next = async |mut told: watch::Receiver<FeedOutput>| {
            told.changed().await.ok()?;
            let output = told.borrow_and_update().clone();
            Some((output, told))
        };
        stream::unfold(told, next).boxed()
    }

    fn retire(&self) {
        self.node.retired.cancel();
    }
}

/// The tasks of a node that go on for ever.
fn kept_up(node: &Arc<Node>, pushes: Option<Arc<SharedPushes>>) -> Vec<AbortOnDropHandle<()>> {
    let mut kept = vec![
        tokio::spawn({
            let node = Arc::clone(node);
            async move { node.link.keep(&node.metrics).await }
        }),
        tokio::spawn({
            let node = Arc::clone(node);
            async move { node.tail.run().await }
        }),
        tokio::spawn({
            let node = Arc::clone(node);
            async move { beat::run(&node).await }
        }),
    ];
    kept.extend(pushes.map(|pushes| tokio::spawn(async move { pushes.run().await })));
    kept.into_iter().map(AbortOnDropHandle::new).collect()
}
