//! The request rate of the whole process: a token bucket with a queue per [`Priority`].
//!
//! Within a queue clients take turns, and the queues take turns by a wheel, so that none of them starves
//! another: nobody's first chart waits behind more than one request of another queue. Whose turn it is is
//! decided when there is a token and not before, by one of those that wait. Everything a waiter holds is
//! released by its drop, so an abandoned fetch leaves no hole.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Post;
use tokio::time::{Instant, sleep};

use crate::shares::{Holders, Turns};
use crate::source::fetch::{Backlog, Priority};

/// Requests an idle limiter grants at once.
const BURST: u32 = 5;
/// Whose turns follow each other while all queues are waited in.
const WHEEL: [Priority; 6] = [
    Priority::Cold,
    Priority::Live,
    Priority::Cold,
    Priority::Live,
    Priority::Cold,
    Priority::Search,
];

/// Rations requests.
#[derive(Debug)]
pub struct Limiter {
    /// Time one request costs.
    period: Duration,
    /// The instant until which the granted requests have used up the rate.
    spent_until: Mutex<Instant>,
    /// Those that wait, by priority.
    queues: [Turns; 3],
    /// Where the wheel stands; held by the one of the waiting that watches the clock for all.
    wheel: Post<usize>,
}

impl Limiter {
    /// A limiter that grants one request a `period` on average.
    pub fn new(period: Duration) -> Self {
        Self {
            period,
            spent_until: Mutex::new(Instant::now()),
            queues: Default::default(),
            wheel: Post::default(),
        }
    }

    /// Waits for the right to make one request for the clients that hold `holders`. Dropping the future
    /// gives up the place in the queue.
    pub async fn acquire(&self, priority: Priority, holders: &Arc<Holders>) {
        let mut waiting = self.queue(priority).wait(holders);
        tokio::select! {
            biased;
            () = waiting.turn() => {}
            () = self.watch_the_clock() => {}
        }
    }

    /// How it stands with requests of a priority, were one made for `holders` now. Searches are not counted.
    pub fn backlog(&self, priority: Priority, holders: &Holders) -> Backlog {
        let waiting = self.queue(Priority::Cold).len() + self.queue(Priority::Live).len();
        let ahead = u32::try_from(self.queue(priority).ahead(holders)).unwrap_or(u32::MAX);
        // Of so many turns one is the queue's.
        let queues = self.queues.iter().filter(|turns| !turns.is_empty()).count().max(1);
        let queues = u32::try_from(queues).unwrap_or(1);
        let wait = self.period.saturating_mul(ahead).saturating_mul(queues);
        Backlog { waiting, wait, turn: self.period }
    }

    const fn queue(&self, priority: Priority) -> &Turns {
        &self.queues[priority as usize]
    }

    /// Gives turns at the rate until the caller's has come, once nobody else does.
    async fn watch_the_clock(&self) {
        let mut wheel = self.wheel.lock().await;
        while self.queues.iter().any(|turns| !turns.is_empty()) {
            match self.take() {
                Ok(()) => self.call(&mut wheel),
                Err(wait) => sleep(wait).await,
            }
        }
        // The caller has been called.
        pending::<()>().await;
    }

    /// Gives the token that was taken to the next in turn.
    fn call(&self, wheel: &mut usize) {
        for step in 0..WHEEL.len() {
            let at = (*wheel + step) % WHEEL.len();
            if self.queue(WHEEL[at]).call() {
                *wheel = at + 1;
                return;
            }
        }
        // All have left in between.
        let mut spent_until = self.spent_until();
        *spent_until = spent_until.checked_sub(self.period).unwrap_or(*spent_until);
    }

    /// Takes a token, or tells how long until there is one.
    fn take(&self) -> Result<(), Duration> {
        let now = Instant::now();
        let slack = self.period.saturating_mul(BURST - 1);
        let mut spent_until = self.spent_until();
        let ahead = spent_until.saturating_duration_since(now);
        match ahead.saturating_sub(slack) {
            Duration::ZERO => {
                *spent_until = now + ahead + self.period;
                Ok(())
            }
            wait => Err(wait),
        }
    }

    fn spent_until(&self) -> MutexGuard<'_, Instant> {
        self.spent_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::task::{JoinHandle, yield_now};
    use tokio::time::Instant;

    use super::{BURST, Limiter};
    use crate::shares::{Client, Hold, Holders};
    use crate::source::fetch::Priority;

    const SECOND: Duration = Duration::from_secs(1);

    /// Something that one client waits for.
    fn of(client: u8) -> (Arc<Holders>, Hold) {
        let holders = Holders::none();
        let hold = holders.hold(Some(Client::V4(Ipv4Addr::new(10, 0, 0, client))));
        (holders, hold)
    }

    async fn drained() -> Arc<Limiter> {
        let limiter = Arc::new(Limiter::new(SECOND));
        let (holders, _hold) = of(1);
        for _ in 0..BURST {
            limiter.acquire(Priority::Cold, &holders).await;
        }
        limiter
    }

    /// Fetches that wait, and when the turn of each has come.
    struct Queue {
        limiter: Arc<Limiter>,
        done: mpsc::UnboundedSender<(String, u64)>,
        order: mpsc::UnboundedReceiver<(String, u64)>,
        start: Instant,
    }

    impl Queue {
        async fn new() -> Self {
            let limiter = drained().await;
            let (done, order) = mpsc::unbounded_channel();
            Self { limiter, done, order, start: Instant::now() }
        }

        /// Queues one fetch of a client after those already queued.
        async fn push(
            &self,
            priority: Priority,
            client: u8,
            name: impl Into<String>,
        ) -> JoinHandle<()> {
            let (limiter, done) = (Arc::clone(&self.limiter), self.done.clone());
            let (name, start) = (name.into(), self.start);
            let task = tokio::spawn(async move {
                let (holders, _hold) = of(client);
                limiter.acquire(priority, &holders).await;
                let _ = done.send((name, start.elapsed().as_secs()));
            });
            yield_now().await;
            task
        }

        /// The next whose turn comes.
        async fn next(&mut self) -> (String, u64) {
            self.order.recv().await.expect("the queue has a sender")
        }

        /// All that wait, in their order.
        async fn names(mut self) -> Vec<String> {
            drop(self.done);
            let mut names = Vec::new();
            while let Some((name, _)) = self.order.recv().await {
                names.push(name);
            }
            names
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_burst_requests_leave_at_the_rate() {
        let start = Instant::now();
        let limiter = drained().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let (holders, _hold) = of(1);
        for _ in 0..3 {
            limiter.acquire(Priority::Live, &holders).await;
        }
        assert_eq!(start.elapsed(), 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_buys_no_more_than_one_burst() {
        let limiter = drained().await;
        tokio::time::advance(1000 * SECOND).await;
        let start = Instant::now();
        let (holders, _hold) = of(1);
        for _ in 0..=BURST {
            limiter.acquire(Priority::Live, &holders).await;
        }
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_take_turns_and_each_keeps_its_order() {
        let queue = Queue::new().await;
        for n in 1..=4 {
            for (priority, name) in
                [(Priority::Search, 's'), (Priority::Live, 'l'), (Priority::Cold, 'c')]
            {
                queue.push(priority, 1, format!("{name}{n}")).await;
            }
        }
        // The first tokens went to the cold queue.
        let names = queue.names().await.join(" ");
        assert_eq!(names, "l1 c1 s1 c2 l2 c3 l3 c4 s2 l4 s3 s4");
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_chart_comes_at_once_beside_a_client_with_two_hundred_of_both_kinds() {
        let mut queue = Queue::new().await;
        for n in 0..200 {
            queue.push(Priority::Cold, 1, format!("cold {n}")).await;
            queue.push(Priority::Live, 1, format!("live {n}")).await;
        }
        for client in 2..12 {
            for _ in 0..7 {
                queue.next().await;
            }
            let asked = Instant::now();
            queue.push(Priority::Cold, client, "newcomer").await;
            while queue.next().await.0 != "newcomer" {}
            assert!(asked.elapsed() <= 2 * SECOND);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn charts_that_run_are_asked_for_in_time_beside_two_hundred_of_another_client() {
        let queue = Queue::new().await;
        let late = tokio::spawn({
            let limiter = Arc::clone(&queue.limiter);
            async move {
                let (holders, _hold) = of(2);
                let mut latest = Duration::ZERO;
                for _ in 0..20 {
                    tokio::time::sleep(20 * SECOND).await;
                    let due = Instant::now();
                    limiter.acquire(Priority::Live, &holders).await;
                    latest = latest.max(due.elapsed());
                }
                latest
            }
        });
        for n in 0..600 {
            queue.push(if n % 3 == 0 { Priority::Live } else { Priority::Cold }, 1, "other").await;
        }
        let latest = late.await.expect("no panic");
        assert!(latest <= 3 * SECOND, "{latest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn searches_of_one_client_neither_block_those_of_others_nor_the_charts() {
        let mut queue = Queue::new().await;
        for n in 0..50 {
            queue.push(Priority::Search, 1, format!("search {n}")).await;
        }
        queue.next().await;
        for (priority, most) in [(Priority::Search, 1), (Priority::Cold, 1), (Priority::Live, 1)] {
            let asked = queue.start.elapsed().as_secs();
            queue.push(priority, 2, "other").await;
            let mut next = queue.next().await;
            while next.0 != "other" {
                next = queue.next().await;
            }
            let came = next.1;
            assert!(came - asked <= most, "{priority:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_leaves_no_hole() {
        let mut queue = Queue::new().await;
        let live = queue.push(Priority::Live, 1, "live").await;
        let cold = queue.push(Priority::Cold, 1, "dropped").await;
        queue.push(Priority::Cold, 1, "cold").await;
        live.abort();
        cold.abort();
        assert_eq!(queue.next().await, ("cold".to_owned(), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_hung_up_takes_no_turn() {
        let mut queue = Queue::new().await;
        let mut others = Vec::new();
        for n in 0..100 {
            others.push(queue.push(Priority::Cold, 1, format!("gone {n}")).await);
        }
        queue.push(Priority::Cold, 1, "last").await;
        for other in others {
            other.abort();
        }
        assert_eq!(queue.next().await, ("last".to_owned(), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn how_long_a_request_would_wait_is_told_by_whose_it_is() {
        let queue = Queue::new().await;
        for n in 0..10 {
            queue.push(Priority::Live, 1, format!("live {n}")).await;
        }
        queue.push(Priority::Search, 1, "search").await;
        let (same, _same) = of(1);
        let told = queue.limiter.backlog(Priority::Live, &same);
        assert_eq!(told, super::Backlog { waiting: 10, wait: 20 * SECOND, turn: SECOND });
        let (other, _other) = of(2);
        assert_eq!(queue.limiter.backlog(Priority::Live, &other).wait, 2 * SECOND);
    }
}
