//! How long a source that fails is left alone.

use std::time::Duration;

use crate::jitter;

/// Delay after the first failure.
const FIRST: Duration = Duration::from_secs(1);

/// The delay after `failures` in a row: doubling from one second to `max`, and drawn from the upper
/// half of that.
pub(in crate::source) fn after(failures: u32, max: Duration) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
    let full = FIRST.saturating_mul(doubled).min(max);
    jitter::between(full / 2, full)
}

#[cfg(test)]
mod tests {
    use super::{Duration, after};

    #[test]
    fn delays_double_up_to_the_maximum_and_never_fall_below_half() {
        let max = Duration::from_mins(1);
        for (failures, full) in [(1, 1), (2, 2), (5, 16), (7, 60), (u32::MAX, 60)] {
            let delay = after(failures, max);
            let full = Duration::from_secs(full);
            assert!(delay >= full / 2 && delay <= full, "{failures}: {delay:?}");
        }
    }
}
