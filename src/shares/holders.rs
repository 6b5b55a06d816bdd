//! Which clients hold a thing that is kept for them, and which of many things goes when there is room for
//! no more.
//!
//! Room is shared max-min fair. What nobody holds goes first, the longest abandoned before the others. Then
//! the client that has most gives way to one that has less, and nobody to one that has more. A thing that
//! n clients hold costs each of them an n-th.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::Client;

/// The clients that hold one thing; those without a name are one among them.
#[derive(Debug)]
pub struct Holders {
    held: Mutex<HolderCounts>,
    started: Instant,
}

#[derive(Debug)]
struct HolderCounts {
    /// How often each of them holds it.
    by: HashMap<Option<Client>, usize>,
    /// When the last of them let it go; at first, when it was made.
    left: Instant,
}

/// One client's hold; dropping it lets go.
#[derive(Debug)]
pub struct Hold {
    holders: Arc<Holders>,
    client: Option<Client>,
}

/// A thing that is kept.
#[derive(Debug)]
pub struct Kept<'a, K> {
    /// Which.
    pub key: K,
    /// How much of what is short it takes.
    pub weight: f64,
    /// The clients that hold it.
    pub holders: &'a Holders,
}

impl Holders {
    /// A thing that was made now, and that nobody holds.
    #[must_use]
    pub fn none() -> Arc<Self> {
        let started = Instant::now();
        let held = Mutex::new(HolderCounts { by: HashMap::new(), left: started });
        Arc::new(Self { held, started })
    }

    /// Has `client` hold it.
    pub fn hold(self: &Arc<Self>, client: Option<Client>) -> Hold {
        *self.held().by.entry(client).or_default() += 1;
        Hold { holders: Arc::clone(self), client }
    }

    /// Whether anybody holds it.
    pub fn any(&self) -> bool {
        !self.held().by.is_empty()
    }

    /// The clients that hold it, in no order.
    #[must_use]
    pub fn clients(&self) -> Vec<Option<Client>> {
        self.held().by.keys().copied().collect()
    }

    fn held(&self) -> MutexGuard<'_, HolderCounts> {
        // Every change is one count.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.holders.held();
        if let Some(times) = held.by.get_mut(&self.client) {
            *times -= 1;
            if *times == 0 {
                held.by.remove(&self.client);
            }
        }
        if held.by.is_empty() {
            held.left = Instant::now();
        }
    }
}

/// Of things that are kept, the one that goes so that `newcomer` can have something of the weight `need`;
/// `None` if it has to do without.
pub fn giving_way<'a, K>(
    kept: impl IntoIterator<Item = Kept<'a, K>>,
    newcomer: Option<Client>,
    need: f64,
) -> Option<K> {
    let mut abandoned: Option<(Instant, K)> = None;
    let mut charges = HashMap::from([(newcomer, need)]);
    let mut held = Vec::new();
    for Kept { key, weight, holders } in kept {
        let by = holders.held();
        if by.by.is_empty() {
            if abandoned.as_ref().is_none_or(|(left, _)| by.left < *left) {
                abandoned = Some((by.left, key));
            }
            continue;
        }
        let count = by.by.len();
        for client in by.by.keys() {
            *charges.entry(*client).or_default() += weight / count as f64;
        }
        drop(by);
        held.push((key, weight, count, holders));
    }
    if let Some((_, key)) = abandoned {
        return Some(key);
    }
    let (most, _) = charges.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(a.cmp(b)))?;
    // The newcomer would have as much as the one with most: each of both would drive the other out.
    if charges[most] <= charges[&newcomer] {
        return None;
    }
    let of_most = held.into_iter().filter(|(.., holders)| holders.held().by.contains_key(most));
    let first = of_most.min_by(|(_, a, m, x), (_, b, n, y)| {
        m.cmp(n).then(b.total_cmp(a)).then(Reverse(x.started).cmp(&Reverse(y.started)))
    });
    first.map(|(key, ..)| key)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::time::advance;

    use super::{Arc, Client, Hold, Holders, Kept, giving_way};

    /// Clients by number; 0 has no name.
    fn client(n: u8) -> Option<Client> {
        (n > 0).then(|| Client::V4(Ipv4Addr::new(10, 0, 0, n)))
    }

    /// Things of a weight of one, by who holds them.
    fn things(held: &[&[u8]]) -> (Vec<Arc<Holders>>, Vec<Hold>) {
        let things: Vec<_> = held.iter().map(|_| Holders::none()).collect();
        let holds = things.iter().zip(held);
        let holds = holds.flat_map(|(thing, by)| by.iter().map(|n| thing.hold(client(*n))));
        let holds = holds.collect();
        (things, holds)
    }

    fn first_to_go(things: &[Arc<Holders>], newcomer: u8) -> Option<usize> {
        let kept = things.iter().enumerate();
        let kept = kept.map(|(key, holders)| Kept { key, weight: 1.0, holders });
        giving_way(kept, client(newcomer), 1.0)
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_holds_goes_first_and_the_longest_abandoned_before_the_others() {
        let (things, mut holds) = things(&[&[1], &[1], &[1]]);
        advance(Duration::from_secs(1)).await;
        drop(holds.remove(1));
        advance(Duration::from_secs(1)).await;
        drop(holds.remove(0));
        assert_eq!(first_to_go(&things, 1), Some(1));
        let _again = things[1].hold(client(2));
        assert_eq!(first_to_go(&things, 1), Some(0), "the other is held again");
    }

    #[tokio::test(start_paused = true)]
    async fn the_client_with_most_gives_way_to_one_with_less_and_to_no_other() {
        let (things, _holds) = things(&[&[1], &[1], &[1], &[2]]);
        assert!(first_to_go(&things, 3).is_some_and(|key| key < 3));
        assert!(first_to_go(&things, 2).is_some_and(|key| key < 3), "two each are better");
        assert_eq!(first_to_go(&things, 1), None, "it has most itself");
        let (things, _holds) = self::things(&[&[1], &[1], &[2]]);
        assert_eq!(first_to_go(&things, 2), None, "they would have changed places");
    }

    #[tokio::test(start_paused = true)]
    async fn what_many_hold_stays_before_what_one_holds() {
        let (things, _holds) = things(&[&[1, 2, 3], &[1], &[1, 4], &[1]]);
        advance(Duration::from_secs(1)).await;
        assert!([1, 3].contains(&first_to_go(&things, 5).expect("one")));
    }

    proptest! {
        /// However many clients crowd in, one that has less than its part of the room gets more.
        #[test]
        fn room_is_shared_evenly_by_all_who_want_it(
            room in 1..40_usize,
            wants in prop::collection::vec(0..6_u8, 1..400),
        ) {
            let mut kept: Vec<(u8, Arc<Holders>, Hold)> = Vec::new();
            for n in wants {
                if kept.len() == room {
                    let things = kept.iter().enumerate();
                    let things = things.map(|(key, (_, holders, _))| Kept { key, weight: 1.0, holders });
                    let Some(first) = giving_way(things, client(n), 1.0) else {
                        let own = kept.iter().filter(|(by, ..)| *by == n).count();
                        let most = (0..6).map(|m| kept.iter().filter(|(by, ..)| *by == m).count()).max();
                        prop_assert!(own + 1 >= most.unwrap_or(0), "{own} of {most:?}");
                        continue;
                    };
                    kept.remove(first);
                }
                let holders = Holders::none();
                let hold = holders.hold(client(n));
                kept.push((n, holders, hold));
            }
            prop_assert!(kept.len() <= room);
        }
    }
}
