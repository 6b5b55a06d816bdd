//! For whom a view runs, and how many bytes are kept for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::shares::{Client, Hold, Holders};

/// For whom a view runs, and at what cost.
#[derive(Debug)]
pub struct ViewUsage {
    /// The clients that watch it.
    pub holders: Arc<Holders>,
    /// Those of the feeds that it is drawn from, each of which many views may share.
    feeds: Vec<Arc<Holders>>,
    /// Tells its renderer that it has to make room.
    pub evicted: CancellationToken,
    /// Bytes of its newest figure and what that is coded with.
    frame: AtomicUsize,
    /// Bytes of the tables of its figures.
    pub tables: AtomicUsize,
}

impl ViewUsage {
    /// Of a view that nobody watches yet, and for which nothing is kept; `feeds` are the clients of those
    /// that it is drawn from.
    pub fn none(feeds: Vec<Arc<Holders>>) -> Arc<Self> {
        Arc::new(Self {
            holders: Holders::none(),
            feeds,
            evicted: CancellationToken::new(),
            frame: AtomicUsize::new(0),
            tables: AtomicUsize::new(0),
        })
    }

    /// Has `client` watch the view, and with it the feeds.
    pub fn hold(&self, client: Option<Client>) -> Vec<Hold> {
        let held = std::iter::once(&self.holders).chain(&self.feeds);
        held.map(|holders| holders.hold(client)).collect()
    }

    /// Says how many bytes its newest figure keeps; whether they are more than before. The size of a figure
    /// hardly changes from one to the next.
    pub fn weigh(&self, bytes: usize) -> bool {
        let before = self.frame.swap(bytes, Ordering::Relaxed);
        bytes > before + before / 8
    }

    /// Bytes that are kept for the view.
    pub fn bytes(&self) -> usize {
        self.frame.load(Ordering::Relaxed) + self.tables.load(Ordering::Relaxed)
    }
}
