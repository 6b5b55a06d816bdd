//! How many subscribers want which encodings of a view, so that its renderer makes those and no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::codec::Coding;

/// How many subscribers want what of a view.
#[derive(Debug, Default)]
pub struct Demand {
    counts: [AtomicUsize; Want::COUNT],
    asked: Notify,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Want {
    /// Subscribers that take figures in pieces that stand alone.
    Figures(Coding),
    /// Subscribers that take changes of rows.
    Changes(Coding),
    /// Subscribers that take figures in zstd chains.
    Chain,
    /// Those of them that are in no chain now, and wait for a keyframe.
    Keyframe,
    /// Whether a subscriber found a piece of the newest publication missing.
    Missing(Coding),
}

impl Want {
    const CODINGS: usize = Coding::ALL.len();
    const COUNT: usize = 3 * Self::CODINGS + 2;

    const fn index(self) -> usize {
        match self {
            Self::Figures(coding) => coding as usize,
            Self::Changes(coding) => Self::CODINGS + coding as usize,
            Self::Missing(coding) => 2 * Self::CODINGS + coding as usize,
            Self::Chain => 3 * Self::CODINGS,
            Self::Keyframe => 3 * Self::CODINGS + 1,
        }
    }
}

/// How a subscriber takes what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Each figure in pieces that stand alone.
    Alone,
    /// Each figure, in chains where its coding has them.
    Chained,
    /// Rows, and then those that changed.
    Changes,
}

/// One subscriber's part in the demand; dropping it gives it back.
#[derive(Debug)]
pub struct Claim {
    demand: Arc<Demand>,
    coding: Coding,
    delivery: Delivery,
    /// Whether the subscriber is in a chain.
    in_chain: bool,
}

impl Demand {
    /// Whether a subscriber needs the next publication in a coding and standing alone, as far as is known.
    /// Where it `opens` a chain, those that wait for a keyframe do not. What was missing is made with it, and
    /// not asked for any more.
    pub fn wants(&self, coding: Coding, opens: bool) -> bool {
        let was_missing = self.count(Want::Missing(coding)).swap(0, Ordering::Relaxed) > 0;
        let waits_alone = coding == Coding::Zstd && !opens && self.any(Want::Keyframe);
        was_missing || waits_alone || self.any(Want::Figures(coding))
    }

    /// Whether a subscriber takes figures in chains.
    pub fn wants_chains(&self) -> bool {
        self.any(Want::Chain)
    }

    /// How many of those that take figures in chains wait for a keyframe.
    pub fn waiting(&self) -> usize {
        self.count(Want::Keyframe).load(Ordering::Relaxed)
    }

    /// Whether a subscriber takes changes of rows in a coding.
    pub fn wants_changes(&self, coding: Coding) -> bool {
        self.any(Want::Changes(coding))
    }

    /// Whether a subscriber found a piece of the newest publication missing in a coding.
    pub fn misses(&self, coding: Coding) -> bool {
        self.any(Want::Missing(coding))
    }

    /// Whether that holds in any coding.
    pub fn misses_any(&self) -> bool {
        Coding::ALL.into_iter().any(|coding| self.misses(coding))
    }

    /// Waits until a piece is missing, or the last subscriber has left the chains.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    fn any(&self, want: Want) -> bool {
        self.count(want).load(Ordering::Relaxed) > 0
    }

    const fn count(&self, want: Want) -> &AtomicUsize {
        &self.counts[want.index()]
    }
}

impl Claim {
    /// The part of a new subscriber.
    pub fn new(demand: Arc<Demand>, coding: Coding, delivery: Delivery) -> Self {
        let claim = Self { demand, coding, delivery, in_chain: false };
        if claim.is_chained() {
            claim.demand.count(Want::Chain).fetch_add(1, Ordering::Relaxed);
        }
        claim.own_count().fetch_add(1, Ordering::Relaxed);
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

    /// Has the renderer make what is missing, of this publication and of the next: the subscriber may
    /// be too late for this one.
    pub fn ask(&self) {
        self.demand.count(Want::Missing(self.coding)).store(1, Ordering::Relaxed);
        self.demand.asked.notify_one();
    }

    /// Says whether the subscriber is in a chain now.
    pub fn set_in_chain(&mut self, in_chain: bool) {
        if in_chain == self.in_chain {
            return;
        }
        self.in_chain = in_chain;
        if in_chain {
            self.own_count().fetch_sub(1, Ordering::Relaxed);
        } else {
            self.own_count().fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where the subscriber is counted while it is in no chain.
    fn own_count(&self) -> &AtomicUsize {
        self.demand.count(match self.delivery {
            Delivery::Changes => Want::Changes(self.coding),
            Delivery::Chained if self.is_chained() => Want::Keyframe,
            Delivery::Chained | Delivery::Alone => Want::Figures(self.coding),
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.in_chain {
            self.own_count().fetch_sub(1, Ordering::Relaxed);
        }
        // The last one out has the compressor let go.
        if self.is_chained() && self.demand.count(Want::Chain).fetch_sub(1, Ordering::Relaxed) == 1
        {
            self.demand.asked.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Claim, Coding, Delivery, Demand};

    #[test]
    fn what_a_subscriber_wants_is_wanted_until_it_leaves() {
        let demand = Arc::new(Demand::default());
        let wants = || {
            let alone = Coding::ALL.map(|coding| demand.wants(coding, false));
            let changes = Coding::ALL.into_iter().any(|coding| demand.wants_changes(coding));
            (alone, demand.wants_chains(), changes)
        };
        let nothing = ([false; 3], false, false);
        for coding in Coding::ALL {
            let mut own = [false; 3];
            own[coding as usize] = true;
            for (delivery, wanted) in [
                (Delivery::Alone, (own, false, false)),
                (Delivery::Chained, (own, coding == Coding::Zstd, false)),
                (Delivery::Changes, ([false; 3], false, true)),
            ] {
                assert_eq!(wants(), nothing);
                let claim = Claim::new(Arc::clone(&demand), coding, delivery);
                assert_eq!(wants(), wanted, "{coding:?} {delivery:?}");
                drop(claim);
            }
        }
        assert_eq!(wants(), nothing);
    }

    #[test]
    fn a_subscriber_in_a_chain_needs_nothing_that_stands_alone_and_one_that_waits_no_keyframe_twice()
     {
        let demand = Arc::new(Demand::default());
        let mut claim = Claim::new(Arc::clone(&demand), Coding::Zstd, Delivery::Chained);
        assert!(!demand.wants(Coding::Zstd, true), "the keyframe is enough");
        assert!(demand.wants(Coding::Zstd, false), "no keyframe comes");
        for in_chain in [true, true, false, true] {
            claim.set_in_chain(in_chain);
            assert_eq!(demand.wants(Coding::Zstd, false), !in_chain);
        }
        assert!(demand.wants_chains());
        drop(claim);
        assert!(!demand.wants_chains() && !demand.wants(Coding::Zstd, false));
    }

    #[tokio::test]
    async fn what_was_asked_for_is_made_with_the_next_publication_too_and_then_forgotten() {
        let demand = Arc::new(Demand::default());
        Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone).ask();
        demand.asked().await;
        assert!(demand.misses(Coding::Gzip) && !demand.misses(Coding::Zstd));
        assert!(demand.wants(Coding::Gzip, false), "though the subscriber has left");
        assert!(!demand.misses(Coding::Gzip) && !demand.wants(Coding::Gzip, false));
    }
}
