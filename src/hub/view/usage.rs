//! The usage of a view: which clients watch it, and how many bytes are kept for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::shares::{Client, Hold, Holders};

/// Which clients watch a view, and how many bytes are kept for it.
#[derive(Debug)]
pub struct ViewUsage {
    /// The clients that watch it.
    pub holders: Arc<Holders>,
    /// The clients of each feed that it is drawn from. Many views may share a feed.
    feeds: Vec<Arc<Holders>>,
    /// Tells its renderer to end, so that another view has room.
    pub evicted: CancellationToken,
    /// Bytes of its newest frame in all encodings, and of what it is drawn with.
    frame: AtomicUsize,
    /// Bytes of the tables of its figures.
    pub tables: AtomicUsize,
}

impl ViewUsage {
    /// The usage of a view that no client watches yet; `feeds` are the clients of the feeds that it is drawn
    /// from.
    pub fn none(feeds: Vec<Arc<Holders>>) -> Arc<Self> {
        Arc::new(Self {
            holders: Holders::none(),
            feeds,
            evicted: CancellationToken::new(),
            frame: AtomicUsize::new(0),
            tables: AtomicUsize::new(0),
        })
    }

    /// Counts `client` among those that watch the view and its feeds, as long as the holds live.
    pub fn hold(&self, client: Option<Client>) -> Vec<Hold> {
        let held = std::iter::once(&self.holders).chain(&self.feeds);
        held.map(|holders| holders.hold(client)).collect()
    }

    /// Notes how many bytes its newest frame keeps; whether they are an eighth more than before. Frames of a view
    /// hardly change in size.
    pub fn weigh(&self, bytes: usize) -> bool {
        let before = self.frame.swap(bytes, Ordering::Relaxed);
        bytes > before + before / 8
    }

    /// Bytes that are kept for the view.
    pub fn bytes(&self) -> usize {
        self.frame.load(Ordering::Relaxed) + self.tables.load(Ordering::Relaxed)
    }
}
