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
mod error;
mod form;
mod keys;
mod lease;
mod link;
mod member;
mod node;
mod report;
mod scripts;
mod tail;

use std::sync::Arc;
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
pub use report::report;
use scripts::Scripts;
use tail::Tail;

use crate::config::ClusterConfig;
use crate::hub::{DataState, FeedOutput, FoldedHere, FoldedSource, Health};
use crate::shares::Holders;
use crate::source::{Router, SeriesKey};

/// Longest time that a server that stops waits until its leases are given back. They run out by themselves.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The series of a cluster, as one of its nodes has them.
#[derive(Debug)]
pub struct Clustered {
    node: Arc<Node>,
    /// The parts of this node in series.
    members: TaskTracker,
    /// The connections, and the beat.
    _kept: [AbortOnDropHandle<()>; 3],
}

impl Clustered {
    /// Begins to connect, on the current tokio runtime. `here` asks the sources for the series that this node leads.
    ///
    /// # Errors
    /// [`ClusterError::Address`]. That Redis is not there is none: it may come.
    pub fn start(
        config: &ClusterConfig,
        sources: &Router,
        here: FoldedHere,
    ) -> Result<Self, ClusterError> {
        let link = Arc::new(RedisLink::new(config)?);
        let name = format!("{:016x}", rand::random::<u64>());
        info!("node {name} of the cluster \"{}\" at {}", config.prefix, config.redis);
        let metrics = Arc::clone(here.metrics());
        let tail = Arc::new(Tail::new(Arc::clone(&link), Arc::clone(&metrics)));
        let node = Arc::new(Node {
            scripts: Scripts::new(Arc::clone(&link), name),
            tail: Arc::clone(&tail),
            clock: Arc::clone(here.clock()),
            sources: sources.clone(),
            prefix: config.prefix.clone(),
            when_redis_is_gone: config.when_redis_is_gone,
            retired: CancellationToken::new(),
            metrics: Arc::clone(&metrics),
            link: Arc::clone(&link),
            here,
        });
        let kept = [
            tokio::spawn(async move { link.keep(&metrics).await }),
            tokio::spawn(async move { tail.run().await }),
            tokio::spawn({
                let node = Arc::clone(&node);
                async move { beat::run(&node).await }
            }),
        ];
        Ok(Self { node, members: TaskTracker::new(), _kept: kept.map(AbortOnDropHandle::new) })
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
