//! How often each client may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Client, Requester};

/// Asking is saved up for so long: who has been silent may ask so many seconds' worth at once.
const SAVED: Duration = Duration::from_secs(20);
/// Clients that are remembered before those that may ask as much as ever are forgotten.
const MANY: usize = 1_024;

/// A number of requests a second for each client, by the generic cell rate algorithm: of a client one
/// instant is remembered, at which it will have paid for all it asked.
#[derive(Debug)]
pub struct Rate {
    /// Time that one request pays for; nothing where there is no bound.
    each: Option<Duration>,
    paid: Mutex<Paid>,
}

#[derive(Debug)]
struct Paid {
    at: HashMap<Client, Instant>,
    /// How many clients are remembered before some are forgotten.
    most: usize,
}

impl Rate {
    /// So many requests a second; 0 is unlimited.
    #[must_use]
    pub fn new(per_second: f64) -> Self {
        Self {
            each: time_of_each(per_second),
            paid: Mutex::new(Paid { at: HashMap::new(), most: MANY }),
        }
    }

    /// Takes a request that costs as much as `cost` plain ones, at the rate of its requester's own if it has one.
    /// What is saved up may be overdrawn by one request. A client without a name is bounded by nothing here.
    ///
    /// # Errors
    /// The time until it may ask again.
    pub fn take(&self, requester: impl Into<Requester>, cost: u32) -> Result<(), Duration> {
        let Requester { client, allowance } = requester.into();
        let each = allowance.rate.map_or(self.each, time_of_each);
        let (Some(each), Some(client)) = (each, client) else { return Ok(()) };
        let now = Instant::now();
        // Every change is one instant.
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = paid.at.get(&client).copied().unwrap_or(now).max(now);
        let late = (owed + each - now).saturating_sub(SAVED.max(each));
        if !late.is_zero() {
            return Err(late);
        }
        paid.at.insert(client, owed + each * cost);
        if paid.at.len() > paid.most {
            paid.at.retain(|_, at| *at > now);
            paid.most = MANY.max(paid.at.len() * 2);
        }
        Ok(())
    }
}

/// The time that one request pays for at so many a second; `None` is no bound.
fn time_of_each(per_second: f64) -> Option<Duration> {
    (per_second > 0.0).then(|| Duration::from_secs_f64(1.0 / per_second))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;

    use super::{Client, Duration, MANY, Rate, Requester};
    use crate::shares::Allowance;

    fn client(n: u32) -> Option<Client> {
        (n > 0).then(|| Client::V4(Ipv4Addr::from_bits(n)))
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_seconds_worth_may_be_asked_at_once_and_then_as_much_as_the_rate_allows() {
        let rate = Rate::new(5.0);
        for _ in 0..100 {
            rate.take(client(1), 1).expect("saved up");
        }
        assert_eq!(rate.take(client(1), 1), Err(Duration::from_millis(200)));
        rate.take(client(2), 1).expect("another client has its own");
        for _ in 0..100 {
            rate.take(client(0), 1).expect("and who has no name is not one client");
        }
        advance(Duration::from_millis(400)).await;
        assert_eq!([(); 3].map(|()| rate.take(client(1), 1).is_ok()), [true, true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_requester_with_a_rate_of_its_own_has_that_one() {
        let own = |rate| Requester {
            client: client(1),
            allowance: Allowance { rate: Some(rate), ..Allowance::default() },
        };
        for rate in [Rate::new(5.0), Rate::new(0.0)] {
            assert!((0..20).all(|_| rate.take(own(1.0), 1).is_ok()));
            assert_eq!(rate.take(own(1.0), 1), Err(Duration::from_secs(1)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_of_less_than_one_in_twenty_seconds_still_gives_one() {
        let rate = Rate::new(0.01);
        rate.take(client(1), 1).expect("the first");
        assert_eq!(rate.take(client(1), 1), Err(Duration::from_secs(100)));
        let unlimited = Rate::new(0.0);
        assert!((0..10_000).all(|_| unlimited.take(client(1), 1).is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_costs_much_is_paid_for_by_a_longer_wait() {
        let rate = Rate::new(5.0);
        rate.take(client(1), 160).expect("more than is saved up, once");
        assert_eq!(rate.take(client(1), 1), Err(Duration::from_millis(12_200)));
        advance(Duration::from_millis(12_200)).await;
        rate.take(client(1), 1).expect("it has waited");
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_have_paid_are_forgotten() {
        let rate = Rate::new(50.0);
        let many = u32::try_from(MANY).expect("few");
        for n in 1..many * 8 {
            rate.take(client(n), 1).expect("its first");
            advance(Duration::from_millis(1)).await;
        }
        assert!(rate.paid.lock().expect("whole").at.len() <= MANY + 1);
    }
}
