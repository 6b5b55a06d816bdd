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
    /// Subscribers that are due the next figure in a piece that stands alone.
    Figures(Coding),
    /// Subscribers that are in step, and so due the next figure as a delta.
    Deltas(Coding),
    /// Subscribers that take changes of rows.
    Changes(Coding),
    /// Whether a subscriber found a piece of the newest publication missing.
    Missing(Coding),
}

impl Want {
    const CODINGS: usize = Coding::ALL.len();
    const COUNT: usize = 4 * Self::CODINGS;

    const fn index(self) -> usize {
        match self {
            Self::Figures(coding) => coding as usize,
            Self::Deltas(coding) => Self::CODINGS + coding as usize,
            Self::Changes(coding) => 2 * Self::CODINGS + coding as usize,
            Self::Missing(coding) => 3 * Self::CODINGS + coding as usize,
        }
    }
}

/// How a subscriber takes what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Figures in pieces that stand alone.
    Alone,
    /// Figures, as deltas where it is in step.
    Deltas,
    /// Rows, and then those that changed.
    Changes,
}

/// One subscriber's part in the demand; dropping it gives it back.
#[derive(Debug)]
pub struct Claim {
    demand: Arc<Demand>,
    coding: Coding,
    delivery: Delivery,
    /// Whether the subscriber was sent the newest figure and nothing since, as far as it knows.
    in_step: bool,
}

impl Demand {
    /// Whether a subscriber needs the next publication in a coding and standing alone, as far as is known. What was
    /// missing is made with it, and not asked for any more.
    pub fn wants(&self, coding: Coding) -> bool {
        let was_missing = self.count(Want::Missing(coding)).swap(0, Ordering::Relaxed) > 0;
        was_missing || self.any(Want::Figures(coding))
    }

    /// Whether a subscriber can take the next figure as a delta.
    pub fn wants_deltas(&self, coding: Coding) -> bool {
        self.any(Want::Deltas(coding))
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

    /// Waits until a piece is missing.
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
        let claim = Self { demand, coding, delivery, in_step: false };
        claim.own_count().fetch_add(1, Ordering::Relaxed);
        claim
    }

    /// The coding.
    pub const fn coding(&self) -> Coding {
        self.coding
    }

    /// Has the renderer make what is missing, of this publication and of the next: the subscriber may
    /// be too late for this one.
    pub fn ask(&self) {
        self.demand.count(Want::Missing(self.coding)).store(1, Ordering::Relaxed);
        self.demand.asked.notify_one();
    }

    /// Whether the subscriber is due the next figure as a delta.
    pub const fn is_in_step(&self) -> bool {
        self.in_step
    }

    /// Says whether the subscriber was sent the newest figure and nothing since.
    pub fn set_in_step(&mut self, in_step: bool) {
        let in_step =
            in_step && self.delivery == Delivery::Deltas && self.coding != Coding::Identity;
        if in_step != self.in_step {
            self.own_count().fetch_sub(1, Ordering::Relaxed);
            self.in_step = in_step;
            self.own_count().fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where the subscriber is counted now.
    fn own_count(&self) -> &AtomicUsize {
        self.demand.count(match self.delivery {
            Delivery::Changes => Want::Changes(self.coding),
            Delivery::Deltas if self.in_step => Want::Deltas(self.coding),
            Delivery::Deltas | Delivery::Alone => Want::Figures(self.coding),
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.own_count().fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Claim, Coding, Delivery, Demand};

    #[test]
    fn what_a_subscriber_wants_is_wanted_until_it_leaves() {
        let demand = Arc::new(Demand::default());
        let wants = || {
            let of =
                |want: fn(&Demand, Coding) -> bool| Coding::ALL.map(|coding| want(&demand, coding));
            (of(Demand::wants), of(Demand::wants_deltas), of(Demand::wants_changes))
        };
        let no = [false; 3];
        for coding in Coding::ALL {
            let own = Coding::ALL.map(|other| other == coding);
            let has_deltas = coding != Coding::Identity;
            for (delivery, wanted, in_step) in [
                (Delivery::Alone, (own, no, no), (own, no, no)),
                (
                    Delivery::Deltas,
                    (own, no, no),
                    if has_deltas { (no, own, no) } else { (own, no, no) },
                ),
                (Delivery::Changes, (no, no, own), (no, no, own)),
            ] {
                assert_eq!(wants(), (no, no, no));
                let mut claim = Claim::new(Arc::clone(&demand), coding, delivery);
                assert_eq!(wants(), wanted, "{coding:?} {delivery:?}");
                for (is, wanted) in
                    [(true, in_step), (true, in_step), (false, wanted), (true, in_step)]
                {
                    claim.set_in_step(is);
                    assert_eq!(wants(), wanted, "{coding:?} {delivery:?} in step: {is}");
                }
                drop(claim);
            }
        }
        assert_eq!(wants(), (no, no, no));
    }

    #[tokio::test]
    async fn what_was_asked_for_is_made_with_the_next_publication_too_and_then_forgotten() {
        let demand = Arc::new(Demand::default());
        Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone).ask();
        demand.asked().await;
        assert!(demand.misses(Coding::Gzip) && !demand.misses(Coding::Zstd));
        assert!(demand.wants(Coding::Gzip), "though the subscriber has left");
        assert!(!demand.misses(Coding::Gzip) && !demand.wants(Coding::Gzip));
    }
}
