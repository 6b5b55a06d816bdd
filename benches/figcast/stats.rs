//! Figures out of samples.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The time of each of `repetitions` runs of `work`.
pub fn times<T>(repetitions: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    let timed = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    };
    (0..repetitions).map(timed).collect()
}

/// The smallest sample that at least `percent` of all samples do not exceed (nearest rank).
pub fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort_unstable();
    let rank = (samples.len() * percent).div_ceil(100);
    samples.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle sample.
pub fn median(mut samples: Vec<Duration>) -> Duration {
    percentile(&mut samples, 50)
}

/// In microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// In milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
