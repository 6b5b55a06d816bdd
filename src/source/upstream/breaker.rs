//! The circuit breaker: once an upstream refuses an address it refuses every symbol, for minutes to
//! hours, and asking on prolongs it. So one refusal pauses all requests, and one probe ends the
//! pause.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// When to come back while somebody else's probe is out.
const PROBE_TIME: Duration = Duration::from_secs(10);

/// Closed (requests pass) or open (they do not, but for one probe after a while).
#[derive(Debug)]
pub struct Breaker {
    /// How long it first stays open.
    first: Duration,
    /// How long it stays open at most of its own.
    max: Duration,
    /// How long it stays open at most when the upstream asks for it.
    max_wish: Duration,
    /// Nothing while closed.
    open: Mutex<Option<Open>>,
    /// Wakes the passes given out before it opened.
    opened: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    /// When it opened.
    since: Instant,
    /// How long until the probe.
    pause: Duration,
    /// How long the next pause is, should the probe fail.
    next: Duration,
    /// Whether the probe is out.
    probing: bool,
}

impl Open {
    fn left(&self) -> Duration {
        self.pause.saturating_sub(self.since.elapsed())
    }

    fn may_probe(&self) -> bool {
        !self.probing && self.left().is_zero()
    }

    /// When a request that may not pass should come back.
    fn retry_after(&self) -> Duration {
        let left = self.left();
        if left.is_zero() { PROBE_TIME } else { left }
    }
}

impl Breaker {
    /// A closed breaker.
    pub fn new(first: Duration, max: Duration) -> Self {
        let first = first.min(max);
        Self { first, max, max_wish: max, open: Mutex::default(), opened: Notify::new() }
    }

    /// The same that stays open for as long as the upstream asks, up to `max_wish`.
    pub fn heeding(self, max_wish: Duration) -> Self {
        Self { max_wish: max_wish.max(self.max), ..self }
    }

    /// Lets one fetch through.
    ///
    /// # Errors
    /// The time until asking again makes sense, while requests are paused.
    pub fn enter(&self) -> Result<Pass<'_>, Duration> {
        let mut state = self.state();
        let probe = match state.as_mut() {
            None => false,
            Some(open) if open.may_probe() => {
                open.probing = true;
                true
            }
            Some(open) => return Err(open.retry_after()),
        };
        Ok(Pass { breaker: self, probe })
    }

    /// Whether requests pause.
    pub fn is_open(&self) -> bool {
        self.state().is_some()
    }

    fn state(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to make one fetch. A probe that is dropped without a result frees its place.
#[derive(Debug)]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Pass<'_> {
    /// Resolves when this pass has become worthless, to the time until asking again makes sense.
    pub async fn revoked(&self) -> Duration {
        if self.probe {
            return pending().await;
        }
        loop {
            // Made before the look at the state, so that an opening in between is not missed.
            let opened = self.breaker.opened.notified();
            if let Some(open) = *self.breaker.state() {
                return open.retry_after();
            }
            opened.await;
        }
    }

    /// The upstream talks to us: a probe closes the breaker.
    pub fn succeed(mut self) {
        if self.take_probe() {
            *self.breaker.state() = None;
        }
    }

    /// Neither an answer nor a refusal: only a probe counts it as a failure.
    pub fn fail(self) {
        if self.probe {
            self.refuse(Duration::ZERO);
        }
    }

    /// The upstream refused: opens the breaker for at least `wish` within its limit, and tells for how long.
    /// Of many requests that were out together only the first opens it.
    pub fn refuse(mut self, wish: Duration) -> Duration {
        let probe = self.take_probe();
        let mut state = self.breaker.state();
        let next = match *state {
            Some(open) if !probe => return open.retry_after(),
            Some(open) => open.next,
            None => self.breaker.first,
        };
        let pause = next.max(wish.min(self.breaker.max_wish));
        *state = Some(Open {
            since: Instant::now(),
            pause,
            next: next.saturating_mul(2).min(self.breaker.max),
            probing: false,
        });
        self.breaker.opened.notify_waiters();
        pause
    }

    fn take_probe(&mut self) -> bool {
        std::mem::take(&mut self.probe)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe
            && let Some(open) = self.breaker.state().as_mut()
        {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Breaker, PROBE_TIME, Pass};

    const FIRST: Duration = Duration::from_mins(1);
    const MAX: Duration = Duration::from_secs(200);

    fn breaker() -> Breaker {
        Breaker::new(FIRST, MAX)
    }

    fn pass(breaker: &Breaker) -> Pass<'_> {
        breaker.enter().expect("passes")
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_everybody_until_its_time_is_over() {
        let breaker = breaker();
        assert_eq!(pass(&breaker).refuse(Duration::ZERO), FIRST);
        advance(FIRST / 4).await;
        assert_eq!(breaker.enter().unwrap_err(), FIRST * 3 / 4);
        advance(FIRST * 3 / 4).await;
        assert!(breaker.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn exactly_one_probe_goes_out_and_its_success_closes() {
        let breaker = breaker();
        pass(&breaker).refuse(Duration::ZERO);
        advance(FIRST).await;
        let probe = pass(&breaker);
        assert_eq!(breaker.enter().unwrap_err(), PROBE_TIME);
        probe.succeed();
        let (_one, _other) = (pass(&breaker), pass(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_doubles_the_pause_up_to_the_limit_and_success_resets_it() {
        let breaker = breaker();
        assert_eq!(pass(&breaker).refuse(Duration::ZERO), FIRST);
        for pause in [FIRST * 2, MAX, MAX] {
            advance(MAX).await;
            assert_eq!(pass(&breaker).refuse(Duration::ZERO), pause);
        }
        advance(MAX).await;
        pass(&breaker).succeed();
        assert_eq!(pass(&breaker).refuse(Duration::ZERO), FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_without_an_answer_reopens() {
        let breaker = breaker();
        pass(&breaker).refuse(Duration::ZERO);
        advance(FIRST).await;
        pass(&breaker).fail();
        assert_eq!(breaker.enter().unwrap_err(), FIRST * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_probe_makes_room_for_the_next() {
        let breaker = breaker();
        pass(&breaker).refuse(Duration::ZERO);
        advance(FIRST).await;
        drop(pass(&breaker));
        pass(&breaker).succeed();
        assert!(breaker.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_were_out_together_open_it_once() {
        let breaker = breaker();
        let (one, two, three) = (pass(&breaker), pass(&breaker), pass(&breaker));
        one.refuse(Duration::ZERO);
        assert_eq!(two.refuse(Duration::ZERO), FIRST);
        three.succeed();
        assert_eq!(breaker.enter().unwrap_err(), FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_wish_is_granted_within_the_limit() {
        let wish = Duration::from_secs(100);
        assert_eq!(pass(&breaker()).refuse(wish), wish);
        assert_eq!(pass(&breaker()).refuse(Duration::MAX), MAX);
        let heeding = breaker().heeding(MAX * 9);
        assert_eq!(pass(&heeding).refuse(MAX * 5), MAX * 5);
        tokio::time::advance(MAX * 5).await;
        assert_eq!(
            pass(&heeding).refuse(Duration::ZERO),
            FIRST * 2,
            "its own pauses are as they were"
        );
        assert_eq!(pass(&breaker().heeding(MAX * 9)).refuse(Duration::MAX), MAX * 9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_still_waits_is_revoked_when_it_opens() {
        let breaker = breaker();
        let waiting = pass(&breaker);
        let revoked = waiting.revoked();
        tokio::pin!(revoked);
        tokio::select! {
            biased;
            _ = &mut revoked => panic!("revoked while closed"),
            () = std::future::ready(()) => {}
        }
        pass(&breaker).refuse(Duration::ZERO);
        assert_eq!(revoked.await, FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_alone_does_not_open_it() {
        let breaker = breaker();
        pass(&breaker).fail();
        assert!(breaker.enter().is_ok());
    }
}
