//! Whose turn it is, where many want what is given to one at a time.
//!
//! Turns go round the clients that wait: none waits for more turns than there were other clients when it
//! came, however many things each of them waits for. What several clients wait for is done in the turn of
//! the first of them, so that what many want comes soon. Of one client what has waited longest comes first,
//! and what nobody waits for comes last of all. Nothing here knows the time: `Turns::call` gives a turn.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Client, Holders};

/// Those that wait for their turn.
#[derive(Debug, Default)]
pub struct Turns {
    crowd: Mutex<Crowd>,
}

#[derive(Debug, Default)]
struct Crowd {
    /// What is waited for, by ticket: the lower has waited longer.
    waiting: BTreeMap<u64, Waiter>,
    /// Number of the next ticket.
    ticket: u64,
    /// Where each client stands that waited at the last turn.
    round: HashMap<Option<Client>, Rank>,
    /// Turns given so far.
    given: u64,
    /// Turns that were given up when nobody else waited.
    spare: usize,
}

#[derive(Debug)]
struct Waiter {
    /// The clients that wait for it, with those that join.
    holders: Arc<Holders>,
    call: oneshot::Sender<()>,
}

/// Where a client stands in the round, the first lowest: the number of turns that had been given when it
/// came or had its own, and whether it had.
type Rank = (u64, bool);

/// A place in the crowd; dropping it gives it up.
#[derive(Debug)]
pub struct Ticket<'a> {
    turns: &'a Turns,
    number: u64,
    call: oneshot::Receiver<()>,
    has_turn: bool,
}

impl Turns {
    /// Waits for a turn of one of the clients that hold `holders`, those that join later included.
    pub fn wait(&self, holders: &Arc<Holders>) -> Ticket<'_> {
        let (sender, call) = oneshot::channel();
        let mut crowd = self.crowd();
        let ticket = crowd.ticket;
        crowd.ticket += 1;
        crowd.waiting.insert(ticket, Waiter { holders: Arc::clone(holders), call: sender });
        Ticket { turns: self, number: ticket, call, has_turn: false }
    }

    /// Gives the next turn; whether anybody waited for one.
    pub fn call(&self) -> bool {
        let mut crowd = self.crowd();
        let Some(waiter) = crowd.take_first() else { return false };
        // Its receiver cannot have gone: it takes its place out of the crowd first.
        let _ = waiter.call.send(());
        true
    }

    /// Takes back the turns that were given up when nobody else waited.
    pub fn take_spare(&self) -> usize {
        std::mem::take(&mut self.crowd().spare)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.crowd().waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many turns are given before one of `holders` that begins to wait now.
    pub fn ahead(&self, holders: &Holders) -> usize {
        let crowd = self.crowd();
        let mut counts: HashMap<Option<Client>, usize> = HashMap::new();
        for waiter in crowd.waiting.values() {
            if let Some((_, client)) = crowd.rank(&waiter.holders) {
                *counts.entry(client).or_default() += 1;
            }
        }
        let own = |client: &Option<Client>| counts.get(client).copied().unwrap_or(0);
        let Some(client) = holders.clients().into_iter().min_by_key(own) else {
            return crowd.waiting.len();
        };
        let rounds = own(&client);
        let others = counts.iter().filter(|(other, _)| **other != client);
        rounds + others.map(|(_, count)| (*count).min(rounds + 1)).sum::<usize>()
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        // A panic cannot leave a waiter half changed, and each turn counts the ranks anew.
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crowd {
    /// Takes up the clients that came, and forgets those that wait no more.
    fn count(&mut self) {
        let came = self.newcomer();
        let mut round = HashMap::with_capacity(self.round.len());
        for waiter in self.waiting.values() {
            for client in waiter.holders.clients() {
                let rank = self.round.get(&client).copied().unwrap_or(came);
                round.insert(client, rank);
            }
        }
        self.round = round;
    }

    /// The one of the clients that comes first in the round, and where it stands.
    fn rank(&self, holders: &Holders) -> Option<(Rank, Option<Client>)> {
        let rank = |client| self.round.get(&client).copied().unwrap_or(self.newcomer());
        holders.clients().into_iter().map(|client| (rank(client), client)).min()
    }

    /// Where a client stands that came since the last turn.
    const fn newcomer(&self) -> Rank {
        (self.given, false)
    }

    /// Takes out whose turn is next.
    fn take_first(&mut self) -> Option<Waiter> {
        self.count();
        // Of two that rank equal, the lower ticket comes first.
        let ranked = self.waiting.iter().filter_map(|(ticket, waiter)| {
            let (rank, client) = self.rank(&waiter.holders)?;
            Some((rank, *ticket, client))
        });
        let Some((_, ticket, client)) = ranked.min() else {
            return self.waiting.pop_first().map(|(_, waiter)| waiter);
        };
        self.given += 1;
        self.round.insert(client, (self.given, true));
        self.waiting.remove(&ticket)
    }
}

impl Ticket<'_> {
    /// Waits until it is called.
    pub async fn turn(&mut self) {
        // The sender is in the crowd until it calls.
        self.has_turn = (&mut self.call).await.is_ok();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let was_called = self.turns.crowd().waiting.remove(&self.number).is_none();
        if was_called && !self.has_turn {
            // It was given up at the last moment: the turn is another's.
            if !self.turns.call() {
                self.turns.crowd().spare += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use proptest::prelude::*;

    use super::{Client, Holders, Ticket, Turns};
    use crate::shares::Hold;

    /// Clients by number; 0 has no name.
    fn client(n: u8) -> Option<Client> {
        (n > 0).then(|| Client::V4(Ipv4Addr::new(10, 0, 0, n)))
    }

    /// One thing that is waited for.
    struct Thing<'a> {
        name: usize,
        clients: Vec<u8>,
        holders: Arc<Holders>,
        _holds: Vec<Hold>,
        waiting: Ticket<'a>,
    }

    impl<'a> Thing<'a> {
        fn of(turns: &'a Turns, name: usize, clients: &[u8]) -> Self {
            let holders = Holders::none();
            let holds = clients.iter().map(|n| holders.hold(client(*n))).collect();
            let waiting = turns.wait(&holders);
            Self { name, clients: clients.to_vec(), holders, _holds: holds, waiting }
        }
    }

    fn things<'a>(turns: &'a Turns, clients: &[&[u8]]) -> Vec<Thing<'a>> {
        let things = clients.iter().enumerate();
        things.map(|(name, clients)| Thing::of(turns, name, clients)).collect()
    }

    /// Gives a turn; the thing whose turn it was.
    fn next<'a>(turns: &Turns, things: &mut Vec<Thing<'a>>) -> Option<Thing<'a>> {
        assert_eq!(turns.call(), !things.is_empty());
        let called = |thing: &mut Thing| thing.waiting.turn().now_or_never().is_some();
        let at = (0..things.len()).find(|at| called(&mut things[*at]))?;
        Some(things.remove(at))
    }

    fn order(turns: &Turns, mut things: Vec<Thing>) -> Vec<usize> {
        std::iter::from_fn(|| next(turns, &mut things).map(|thing| thing.name)).collect()
    }

    #[test]
    fn turns_go_round_the_clients_and_keep_the_order_of_each() {
        let turns = Turns::default();
        let things = things(&turns, &[&[1], &[1], &[1], &[2], &[2], &[0]]);
        assert_eq!(order(&turns, things), [0, 3, 5, 1, 4, 2]);
    }

    #[test]
    fn a_newcomer_is_the_next_however_much_the_one_before_it_waits_for() {
        let turns = Turns::default();
        let mut things = things(&turns, &[[1].as_slice(); 200]);
        for _ in 0..10 {
            next(&turns, &mut things);
        }
        things.push(Thing::of(&turns, 777, &[2]));
        assert_eq!(next(&turns, &mut things).map(|thing| thing.name), Some(777));
    }

    #[test]
    fn what_many_wait_for_comes_in_the_turn_of_the_first_of_them() {
        let turns = Turns::default();
        let things = things(&turns, &[&[1], &[1], &[1], &[1, 2, 3], &[2]]);
        assert_eq!(order(&turns, things), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn one_who_joins_what_is_waited_for_brings_a_turn() {
        let turns = Turns::default();
        let mut things = things(&turns, &[[1].as_slice(); 9]);
        next(&turns, &mut things);
        let _join = things[6].holders.hold(client(2));
        assert_eq!(next(&turns, &mut things).map(|thing| thing.name), Some(7));
    }

    #[test]
    fn what_nobody_waits_for_comes_last_and_takes_no_turn_of_anybody() {
        let turns = Turns::default();
        let things = things(&turns, &[&[], &[1], &[1]]);
        assert_eq!(order(&turns, things), [1, 2, 0]);
    }

    #[test]
    fn a_turn_that_is_given_up_at_the_last_moment_is_anothers() {
        let turns = Turns::default();
        let mut things = things(&turns, &[&[1], &[2]]);
        turns.call();
        drop(things.remove(0));
        assert!(things[0].waiting.turn().now_or_never().is_some());
        assert!(!turns.call());
    }

    #[test]
    fn the_turns_ahead_are_those_of_the_round() {
        let turns = Turns::default();
        let _things = things(&turns, &[&[1], &[1], &[1], &[1], &[2]]);
        let ahead = |clients: &[u8]| {
            let holders = Holders::none();
            let _holds: Vec<_> = clients.iter().map(|n| holders.hold(client(*n))).collect();
            turns.ahead(&holders)
        };
        assert_eq!([ahead(&[3]), ahead(&[2]), ahead(&[1])], [2, 3, 5]);
        assert_eq!(ahead(&[1, 3]), 2, "in the turn of the first of them");
        assert_eq!(ahead(&[]), 5);
    }

    /// What is waited for and given up, and turns.
    #[derive(Debug, Clone)]
    enum Act {
        Wait(Vec<u8>),
        Leave(prop::sample::Index),
        Call,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            3 => prop::collection::vec(0..6_u8, 1..4).prop_map(Act::Wait),
            1 => any::<prop::sample::Index>().prop_map(Act::Leave),
            2 => Just(Act::Call),
        ];
        prop::collection::vec(act, 1..120)
    }

    proptest! {
        #[test]
        fn nobody_waits_for_longer_than_a_round_and_the_order_of_each_is_kept(acts in acts()) {
            let waits = |things: &[Thing], n: u8| things.iter().any(|thing| thing.clients.contains(&n));
            let turns = Turns::default();
            let mut things: Vec<Thing> = Vec::new();
            // How many turns each client may still wait for its first thing.
            let mut patience = std::collections::HashMap::<u8, usize>::new();
            for (name, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Wait(clients) => {
                        things.push(Thing::of(&turns, name, &clients));
                    }
                    Act::Leave(at) if !things.is_empty() => {
                        drop(things.remove(at.index(things.len())));
                        patience.retain(|n, _| waits(&things, *n));
                    }
                    Act::Leave(_) => {}
                    Act::Call => {
                        // Who comes before the next turn may stand before the client that had the last.
                        let clients: Vec<u8> = (0..6).filter(|n| waits(&things, *n)).collect();
                        for n in &clients {
                            patience.entry(*n).or_insert(clients.len());
                        }
                        let Some(called) = next(&turns, &mut things) else { continue };
                        let same = |thing: &&Thing| thing.clients == called.clients;
                        prop_assert!(things.iter().filter(same).all(|other| other.name > called.name));
                        for n in &called.clients {
                            patience.remove(n);
                        }
                        patience.retain(|n, _| waits(&things, *n));
                        for left in patience.values_mut() {
                            *left -= 1;
                            prop_assert!(*left > 0, "a client was passed over");
                        }
                    }
                }
                prop_assert_eq!(turns.len(), things.len());
            }
            drop(things);
            prop_assert!(turns.is_empty() && !turns.call());
        }
    }
}
