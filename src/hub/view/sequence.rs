//! The ids of frames.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

/// Numbers frames for the whole process.
#[derive(Debug)]
pub struct Sequence {
    /// Sets the ids of this process apart from those of the one before it.
    epoch: String,
    next: AtomicU64,
}

impl Sequence {
    /// Numbers from 1, in the epoch that begins `now`.
    pub fn starting(now: Timestamp) -> Self {
        Self { epoch: format!("{:x}", now.as_millisecond()), next: AtomicU64::new(1) }
    }

    /// Takes the next number.
    pub fn take(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The event id of a number: `<epoch>-<seq>`.
    pub fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sequence, Timestamp};

    #[test]
    fn an_id_is_short_and_needs_no_escaping() {
        let sequence = Sequence::starting(Timestamp::MAX);
        let id = sequence.id(u64::MAX);
        assert!(id.len() <= 64, "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{id}");
        assert_eq!((sequence.take(), sequence.take()), (1, 2));
    }
}
