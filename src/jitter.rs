//! Delays drawn at random, so that what happened together does not come back together.

use std::time::Duration;

use rand::RngExt as _;

/// A delay drawn evenly from `min..=max`.
#[must_use]
pub fn between(min: Duration, max: Duration) -> Duration {
    min + max.saturating_sub(min).mul_f64(rand::rng().random_range(0.0..=1.0))
}

#[cfg(test)]
mod tests {
    use super::{Duration, between};

    #[test]
    fn a_range_of_one_value_is_that_value() {
        let second = Duration::from_secs(1);
        assert_eq!(between(second, second), second);
    }

    #[test]
    fn a_delay_lies_between_its_bounds() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(3));
        for _ in 0..100 {
            assert!((min..=max).contains(&between(min, max)));
        }
    }
}
