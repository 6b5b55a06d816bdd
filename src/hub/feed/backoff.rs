//! Delays with jitter, so that what failed together does not come back together.

use std::time::Duration;

use rand::RngExt as _;

/// Delay after the first failure.
const FIRST: Duration = Duration::from_secs(1);

/// A delay drawn evenly from `min..=max`.
pub fn between(min: Duration, max: Duration) -> Duration {
    min + max.saturating_sub(min).mul_f64(rand::rng().random_range(0.0..=1.0))
}

/// The delay after `failures` in a row: doubling from one second to `max`, and drawn from the upper
/// half of that.
pub fn after(failures: u32, max: Duration) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
    let full = FIRST.saturating_mul(doubled).min(max);
    between(full / 2, full)
}

#[cfg(test)]
mod tests {
    use super::{Duration, after, between};

    #[test]
    fn delays_double_up_to_the_maximum_and_never_fall_below_half() {
        let max = Duration::from_mins(1);
        for (failures, full) in [(1, 1), (2, 2), (5, 16), (7, 60), (u32::MAX, 60)] {
            let delay = after(failures, max);
            let full = Duration::from_secs(full);
            assert!(delay >= full / 2 && delay <= full, "{failures}: {delay:?}");
        }
    }

    #[test]
    fn a_range_of_one_value_is_that_value() {
        let second = Duration::from_secs(1);
        assert_eq!(between(second, second), second);
    }
}
