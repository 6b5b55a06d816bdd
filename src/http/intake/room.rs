//! Room for bodies that are worked on: so many bytes in all, and a part of them for one sender.
//!
//! A body takes room as it comes, and what it may have unpacked once it is whole. So a sender that is slow keeps no more
//! than it has sent, and no sender keeps the others out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::IngestConfig;
use crate::http::error::Problem;
use crate::shares::Client;

/// Senders that may have all that is for one of them.
const SENDERS: usize = 4;
const KILOBYTE: usize = 1_024;
/// Bytes that are taken at least.
const STEP: usize = 64 * KILOBYTE;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Kilobytes that are free, for each sender and in all.
#[derive(Debug)]
pub struct BodyRoom {
    all: Arc<Semaphore>,
    /// Those of one sender: a body as it comes and unpacked.
    own: usize,
    senders: Mutex<HashMap<Option<Client>, Weak<Semaphore>>>,
}

/// What one body has; dropping it gives it back.
#[derive(Debug)]
pub struct TakenRoom {
    own: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
}

impl BodyRoom {
    /// For bodies of the bounds of `config`.
    pub fn new(config: &IngestConfig) -> Self {
        let body = config.unpacked.saturating_add(config.body).saturating_add(2 * STEP);
        let own = (body / KILOBYTE).min(Semaphore::MAX_PERMITS / SENDERS).min(u32::MAX as usize);
        let all = Arc::new(Semaphore::new(own * SENDERS));
        Self { all, own, senders: Mutex::default() }
    }

    /// Room for so many bytes of `sender`, for which a request waits a little.
    ///
    /// # Errors
    /// 503 when there is none in time.
    pub async fn take(&self, sender: Option<Client>, bytes: usize) -> Result<TakenRoom, Problem> {
        let kilobytes = u32::try_from(bytes.max(STEP).div_ceil(KILOBYTE).min(self.own));
        let kilobytes = kilobytes.unwrap_or(u32::MAX);
        let (own, all) = (self.of(sender), Arc::clone(&self.all));
        let taken = timeout(PATIENCE, async {
            let own = own.acquire_many_owned(kilobytes).await.ok()?;
            Some(TakenRoom { own, all: all.acquire_many_owned(kilobytes).await.ok()? })
        });
        let busy = "too many pushes are worked on now, of this sender or in all: try again";
        let taken = taken.await.ok().flatten();
        taken.ok_or_else(|| Problem::new(StatusCode::SERVICE_UNAVAILABLE, busy))
    }

    /// What is free of one sender, or of all whom a proxy does not name; of a sender that has nothing, nothing is kept.
    fn of(&self, sender: Option<Client>) -> Arc<Semaphore> {
        // Each change is one entry.
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = senders.get(&sender).and_then(Weak::upgrade) {
            return own;
        }
        senders.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(self.own));
        senders.insert(sender, Arc::downgrade(&own));
        own
    }
}

impl TakenRoom {
    /// For how many bytes it is.
    pub fn bytes(&self) -> usize {
        self.own.num_permits() * KILOBYTE
    }

    /// This and `more` of the same sender.
    pub fn add(&mut self, more: Self) {
        self.own.merge(more.own);
        self.all.merge(more.all);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{BodyRoom, Client, IngestConfig, KILOBYTE, STEP};

    fn sender(n: u8) -> Option<Client> {
        (n > 0).then(|| Client::V4(Ipv4Addr::new(10, 0, 0, n)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_keeps_all_it_may_leaves_as_much_to_others_and_gets_it_again() {
        let (body, unpacked) = (1_024 * KILOBYTE, 2_048 * KILOBYTE);
        let room = BodyRoom::new(&IngestConfig { body, unpacked, ..IngestConfig::default() });
        let mut kept = room.take(sender(1), body).await.expect("a body");
        kept.add(room.take(sender(1), unpacked).await.expect("what is in it"));
        assert!(kept.bytes() >= body + unpacked);
        kept.add(room.take(sender(1), 2 * STEP).await.expect("what is left"));
        assert!(room.take(sender(1), 1).await.is_err(), "it has all that it may");
        let others = [0, 2, 3].map(|n| room.take(sender(n), usize::MAX));
        for other in others {
            std::mem::forget(other.await.expect("as much as the first"));
        }
        assert!(room.take(sender(5), 1).await.is_err(), "nothing is left");
        drop(kept);
        room.take(sender(1), 1).await.expect("it is free again");
        room.take(sender(5), 1).await.expect("for all");
        assert_eq!(
            room.senders.lock().expect("whole").len(),
            4,
            "the one that has nothing is gone"
        );
    }
}
