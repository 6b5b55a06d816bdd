//! The request rate of the whole process: a token bucket with two queues.
//!
//! Each lane is first in, first out, and only the head of a lane looks at the bucket; the cold head
//! stands back while any live fetch waits. Everything a waiter holds is released by its drop, so an
//! abandoned fetch leaves no hole.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Queue, watch};
use tokio::time::{Instant, sleep};

use crate::source::Lane;

/// Requests an idle limiter grants at once.
const BURST: u32 = 5;

/// Rations requests.
#[derive(Debug)]
pub struct Limiter {
    /// Time one request costs.
    period: Duration,
    /// The instant until which the granted requests have used up the rate.
    spent_until: Mutex<Instant>,
    /// Held by the head of the live lane; tokio's lock is first in, first out.
    live: Queue<()>,
    /// Held by the head of the cold lane.
    cold: Queue<()>,
    /// Live fetches that wait, the head included.
    live_waiting: watch::Sender<usize>,
}

impl Limiter {
    /// A limiter that grants one request a `period` on average.
    pub fn new(period: Duration) -> Self {
        Self {
            period,
            spent_until: Mutex::new(Instant::now()),
            live: Queue::default(),
            cold: Queue::default(),
            live_waiting: watch::Sender::new(0),
        }
    }

    /// Waits for the right to make one request. Dropping the future gives up the place in the queue.
    pub async fn acquire(&self, lane: Lane) {
        match lane {
            Lane::Live => {
                let _waiting = Waiting::count(&self.live_waiting);
                let _head = self.live.lock().await;
                while let Err(wait) = self.take() {
                    sleep(wait).await;
                }
            }
            Lane::Cold => {
                let _head = self.cold.lock().await;
                let mut live_waiting = self.live_waiting.subscribe();
                loop {
                    live_waiting
                        .wait_for(|&waiting| waiting == 0)
                        .await
                        .expect("the sender is a field of self");
                    let Err(wait) = self.take() else { break };
                    sleep(wait).await;
                }
            }
        }
    }

    /// Takes a token, or tells how long until there is one.
    fn take(&self) -> Result<(), Duration> {
        let now = Instant::now();
        let slack = self.period.saturating_mul(BURST - 1);
        let mut spent_until = self.spent_until.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = spent_until.saturating_duration_since(now);
        match ahead.saturating_sub(slack) {
            Duration::ZERO => {
                *spent_until = now + ahead + self.period;
                Ok(())
            }
            wait => Err(wait),
        }
    }
}

/// One live fetch in the queue, counted as long as it lives.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn count(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|count| *count += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::task::{JoinHandle, yield_now};
    use tokio::time::Instant;

    use super::{BURST, Limiter};
    use crate::source::Lane;

    const SECOND: Duration = Duration::from_secs(1);

    async fn drained() -> Arc<Limiter> {
        let limiter = Arc::new(Limiter::new(SECOND));
        for _ in 0..BURST {
            limiter.acquire(Lane::Cold).await;
        }
        limiter
    }

    /// Queues one fetch after those already queued; it tells its name when its turn has come.
    async fn queue(
        limiter: &Arc<Limiter>,
        lane: Lane,
        name: &'static str,
        done: &mpsc::UnboundedSender<(&'static str, Instant)>,
    ) -> JoinHandle<()> {
        let (limiter, done) = (Arc::clone(limiter), done.clone());
        let task = tokio::spawn(async move {
            limiter.acquire(lane).await;
            done.send((name, Instant::now())).unwrap();
        });
        yield_now().await;
        task
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_burst_requests_leave_at_the_rate() {
        let start = Instant::now();
        let limiter = drained().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..3 {
            limiter.acquire(Lane::Live).await;
        }
        assert_eq!(start.elapsed(), 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_buys_no_more_than_one_burst() {
        let limiter = drained().await;
        tokio::time::advance(1000 * SECOND).await;
        let start = Instant::now();
        for _ in 0..=BURST {
            limiter.acquire(Lane::Live).await;
        }
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn live_fetches_go_before_cold_ones_and_each_lane_keeps_its_order() {
        let limiter = drained().await;
        let (done, mut order) = mpsc::unbounded_channel();
        for (lane, name) in [
            (Lane::Cold, "cold 1"),
            (Lane::Cold, "cold 2"),
            (Lane::Live, "live 1"),
            (Lane::Live, "live 2"),
        ] {
            queue(&limiter, lane, name, &done).await;
        }
        drop(done);
        let mut names = Vec::new();
        while let Some((name, _)) = order.recv().await {
            names.push(name);
        }
        assert_eq!(names, ["live 1", "live 2", "cold 1", "cold 2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_leaves_no_hole() {
        let start = Instant::now();
        let limiter = drained().await;
        let (done, mut order) = mpsc::unbounded_channel();
        let live = queue(&limiter, Lane::Live, "live", &done).await;
        let cold = queue(&limiter, Lane::Cold, "dropped", &done).await;
        queue(&limiter, Lane::Cold, "cold", &done).await;
        live.abort();
        cold.abort();
        let (name, at) = order.recv().await.unwrap();
        assert_eq!((name, at - start), ("cold", SECOND));
    }
}
