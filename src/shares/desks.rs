//! Desks: the few places at which work that takes long is done, so that it never takes all processors.

use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use super::{Holders, Turns};

/// A number of desks, which clients have in turn.
#[derive(Debug)]
pub struct Desks {
    turns: Turns,
    free: Mutex<usize>,
}

/// The use of one desk; dropping it gives it to the next.
#[derive(Debug)]
pub struct Desk(Arc<Desks>);

impl Desks {
    /// So many desks.
    #[must_use]
    pub fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { turns: Turns::default(), free: Mutex::new(count) })
    }

    /// As many as half of the processors, so that the other half goes on with what does not take long.
    #[must_use]
    pub fn of_half_the_processors() -> Arc<Self> {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self::new((processors / 2).max(1))
    }

    /// Waits for a desk, for the clients that hold what is worked on.
    pub async fn take(self: &Arc<Self>, holders: &Arc<Holders>) -> Desk {
        let mut ticket = self.turns.wait(holders);
        self.call();
        ticket.turn().await;
        Desk(Arc::clone(self))
    }

    /// Gives a free desk to the first who waits.
    fn call(&self) {
        let mut free = self.free();
        *free += self.turns.take_spare();
        if *free > 0 && self.turns.call() {
            *free -= 1;
        }
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        // Every change is one count.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.call();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures_util::FutureExt as _;

    use super::{Arc, Desk, Desks, Holders};
    use crate::shares::{Client, Hold};

    fn work(n: u8) -> (Arc<Holders>, Hold) {
        let holders = Holders::none();
        let hold = holders.hold(Some(Client::V4(Ipv4Addr::new(10, 0, 0, n))));
        (holders, hold)
    }

    fn now(desks: &Arc<Desks>, holders: &Arc<Holders>) -> Option<Desk> {
        desks.take(holders).now_or_never()
    }

    #[test]
    fn no_more_work_is_done_at_once_than_there_are_desks() {
        let desks = Desks::new(2);
        let (holders, _hold) = work(1);
        let first = now(&desks, &holders).expect("a desk");
        let _second = now(&desks, &holders).expect("a desk");
        assert!(now(&desks, &holders).is_none());
        drop(first);
        assert!(now(&desks, &holders).is_some());
        assert!(now(&desks, &holders).is_some(), "it was given back");
    }

    #[tokio::test]
    async fn a_client_with_much_work_lets_another_have_the_next_desk() {
        let desks = Desks::new(1);
        let ((much, _much), (little, _little)) = (work(1), work(2));
        let first = now(&desks, &much).expect("a desk");
        let mut waiting: Vec<_> = (0..9).map(|_| Box::pin(desks.take(&much))).collect();
        assert!(waiting.iter_mut().all(|take| take.now_or_never().is_none()));
        let mut other = Box::pin(desks.take(&little));
        assert!((&mut other).now_or_never().is_none());
        drop(first);
        assert!(waiting[0].as_mut().now_or_never().is_none(), "its client has just had one");
        assert!(other.now_or_never().is_some());
        assert!(waiting[0].as_mut().now_or_never().is_some());
    }

    #[test]
    fn a_desk_that_is_given_up_before_it_is_taken_is_not_lost() {
        let desks = Desks::new(1);
        let (holders, _hold) = work(1);
        let first = now(&desks, &holders).expect("a desk");
        let mut given_up = Box::pin(desks.take(&holders));
        assert!((&mut given_up).now_or_never().is_none());
        drop(first);
        drop(given_up);
        assert!(now(&desks, &holders).is_some());
    }
}
