//! Which codings the subscribers of a view want, so that its renderer makes those and no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::codec::Coding;

/// How many want what of a view.
#[derive(Debug, Default)]
pub struct Demand {
    gzip: AtomicUsize,
    /// zstd in pieces that stand alone.
    zstd: AtomicUsize,
    /// zstd in chains, of those that are in none now.
    outside: AtomicUsize,
    /// zstd in chains, wherever they are.
    chained: AtomicUsize,
    /// Patches, uncoded and in each coding.
    patched: [AtomicUsize; 3],
    /// Codings in which a piece was missing.
    missing: [AtomicBool; 3],
    asked: Notify,
}

/// How a subscriber takes what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Each figure in pieces that stand alone.
    Alone,
    /// Each figure, in chains where its coding has them.
    Chained,
    /// As patches of the figure before.
    Patched,
}

/// One subscriber's part in the demand; given back by dropping it.
#[derive(Debug)]
pub struct Claim {
    demand: Arc<Demand>,
    coding: Coding,
    delivery: Delivery,
    /// Whether it is in one.
    inside: bool,
}

impl Demand {
    /// Whether anybody needs the next publication in a coding and standing alone, as far as is known.
    /// With a keyframe (`opens`), those that wait for one do not.
    pub fn wants(&self, coding: Coding, opens: bool) -> bool {
        let missed = self.missing[coding as usize].swap(false, Ordering::Relaxed);
        missed
            || match coding {
                Coding::Identity => true,
                Coding::Gzip => any(&self.gzip),
                Coding::Zstd => any(&self.zstd) || (!opens && any(&self.outside)),
            }
    }

    /// Whether anybody goes into chains.
    pub fn wants_chains(&self) -> bool {
        any(&self.chained)
    }

    /// Whether anybody takes patches.
    pub fn wants_patches(&self) -> bool {
        self.patched.iter().any(any)
    }

    /// Whether anybody takes patches in a coding.
    pub fn wants_patches_in(&self, coding: Coding) -> bool {
        any(&self.patched[coding as usize])
    }

    /// Whether somebody found a piece of the last publication missing in a coding.
    pub fn misses(&self, coding: Coding) -> bool {
        self.missing[coding as usize].load(Ordering::Relaxed)
    }

    /// Waits until a piece is missing, or nobody goes into chains any more.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }
}

fn any(count: &AtomicUsize) -> bool {
    count.load(Ordering::Relaxed) > 0
}

impl Claim {
    /// What a new subscriber wants.
    pub fn new(demand: Arc<Demand>, coding: Coding, delivery: Delivery) -> Self {
        let claim = Self { demand, coding, delivery, inside: false };
        if claim.is_chained() {
            claim.demand.chained.fetch_add(1, Ordering::Relaxed);
        }
        claim.count(1);
        claim
    }

    /// The coding.
    pub const fn coding(&self) -> Coding {
        self.coding
    }

    /// Whether the subscriber goes into chains.
    pub fn is_chained(&self) -> bool {
        self.delivery == Delivery::Chained && self.coding == Coding::Zstd
    }

    /// Whether the subscriber takes patches.
    pub fn is_patched(&self) -> bool {
        self.delivery == Delivery::Patched
    }

    /// Has the renderer make what is missing, of this publication and of the next: the subscriber may
    /// be too late for this one.
    pub fn ask(&self) {
        self.demand.missing[self.coding as usize].store(true, Ordering::Relaxed);
        self.demand.asked.notify_one();
    }

    /// Says whether the subscriber is in a chain now.
    pub fn set_inside(&mut self, inside: bool) {
        if inside != self.inside {
            self.inside = inside;
            self.count(if inside { -1 } else { 1 });
        }
    }

    fn count(&self, change: isize) {
        let count = match self.coding {
            coding if self.is_patched() => &self.demand.patched[coding as usize],
            Coding::Identity => return,
            Coding::Gzip => &self.demand.gzip,
            Coding::Zstd if self.is_chained() => &self.demand.outside,
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
        if self.is_chained() && self.demand.chained.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.demand.asked.notify_one();
        }
    }
}
