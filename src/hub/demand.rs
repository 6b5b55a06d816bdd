//! Which codings the subscribers of a view want, so that its renderer makes those and no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::codec::Coding;

/// How many want what of a view.
#[derive(Debug, Default)]
pub struct Demand {
    gzip: AtomicUsize,
    /// zstd in pieces that stand alone.
    zstd: AtomicUsize,
    /// zstd in groups, of those that are in none now.
    outside: AtomicUsize,
    /// zstd in groups, wherever they are.
    grouped: AtomicUsize,
    asked: Notify,
}

/// One subscriber's part in the demand; given back by dropping it.
#[derive(Debug)]
pub struct Claim {
    demand: Arc<Demand>,
    coding: Coding,
    /// Whether it goes into groups.
    grouped: bool,
    /// Whether it is in one.
    inside: bool,
}

impl Demand {
    /// Whether anybody needs pieces of a coding that stand alone. When a group `opens`, those who wait
    /// for one need none.
    pub fn wants(&self, coding: Coding, opens: bool) -> bool {
        let any = |count: &AtomicUsize| count.load(Ordering::Relaxed) > 0;
        match coding {
            Coding::Identity => true,
            Coding::Gzip => any(&self.gzip),
            Coding::Zstd => any(&self.zstd) || (!opens && any(&self.outside)),
        }
    }

    /// Whether anybody goes into groups.
    pub fn wants_groups(&self) -> bool {
        self.grouped.load(Ordering::Relaxed) > 0
    }

    /// Has the renderer look again: a piece is missing, or nobody wants a coding any more.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Waits until somebody [asks](Self::ask).
    pub async fn asked(&self) {
        self.asked.notified().await;
    }
}

impl Claim {
    /// What a new subscriber wants; it goes into groups if it may and its coding has them.
    pub fn new(demand: Arc<Demand>, coding: Coding, may_group: bool) -> Self {
        let grouped = may_group && coding == Coding::Zstd;
        let claim = Self { demand, coding, grouped, inside: false };
        if grouped {
            claim.demand.grouped.fetch_add(1, Ordering::Relaxed);
        }
        claim.count(1);
        claim
    }

    /// The coding.
    pub const fn coding(&self) -> Coding {
        self.coding
    }

    /// Whether the subscriber goes into groups.
    pub const fn is_grouped(&self) -> bool {
        self.grouped
    }

    /// Has the renderer make what is missing.
    pub fn ask(&self) {
        self.demand.ask();
    }

    /// Says whether the subscriber is in a group now.
    pub fn set_inside(&mut self, inside: bool) {
        if inside != self.inside {
            self.inside = inside;
            self.count(if inside { -1 } else { 1 });
        }
    }

    fn count(&self, change: isize) {
        let count = match self.coding {
            Coding::Identity => return,
            Coding::Gzip => &self.demand.gzip,
            Coding::Zstd if self.grouped => &self.demand.outside,
            Coding::Zstd => &self.demand.zstd,
        };
        if change > 0 {
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.inside {
            self.count(-1);
        }
        // The last one out has the compressor let go.
        if self.grouped && self.demand.grouped.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.demand.ask();
        }
    }
}
