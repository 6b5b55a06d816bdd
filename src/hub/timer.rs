//! A timer that may be unset.

use tokio::time::{Instant, sleep_until};

/// Waits until then; for ever when there is nothing to wait for.
pub async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
