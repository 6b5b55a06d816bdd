//! Seeded noise that can be read at any second without reading those before it.
//!
//! A sum of octaves. Each octave draws one number per node, a fixed number of seconds apart, out of a
//! hash, and joins them by straight lines. Nothing is accumulated, so a restart or another machine
//! reads the same value, and a reading costs the number of octaves wherever it is.
//!
//! The hash is written out here because a library's stream may change between versions, and with it
//! every simulated chart.

/// The splitmix64 increment, 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A continuous random function of the second.
#[derive(Debug, Clone)]
pub(super) struct Noise(Vec<Octave>);

#[derive(Debug, Clone)]
struct Octave {
    key: u64,
    /// Nodes are `1 << bits` seconds apart.
    bits: u32,
    /// Shifts the nodes so that those of two octaves do not fall together, which would show.
    phase: i64,
    /// Standard deviation at a node.
    weight: f64,
}

impl Noise {
    /// One octave for each of `bits`, its nodes `1 << bits` seconds apart and `weight(bits)` strong, drawn
    /// out of `key(bits)`.
    pub(super) fn new(
        key: impl Fn(u32) -> u64,
        bits: impl IntoIterator<Item = u32>,
        weight: impl Fn(u32) -> f64,
    ) -> Self {
        let octave = |bits| {
            let key = nth(key(bits), u64::from(bits));
            Octave {
                key,
                bits,
                phase: (mix(key) & ((1 << bits) - 1)).cast_signed(),
                weight: weight(bits),
            }
        };
        Self(bits.into_iter().map(octave).collect())
    }

    /// The value at `second`; about normal around 0.
    pub(super) fn at(&self, second: i64) -> f64 {
        self.0.iter().map(|octave| octave.at(second)).sum()
    }
}

impl Octave {
    fn at(&self, second: i64) -> f64 {
        let shifted = second.saturating_add(self.phase);
        let node = shifted >> self.bits;
        let share = float(shifted - (node << self.bits)) / float(1 << self.bits);
        let [left, right] = [node, node + 1].map(|n| normal(nth(self.key, n.cast_unsigned())));
        self.weight * (left + (right - left) * share)
    }
}

/// A position in time or a count as a float; both are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) const fn float(value: i64) -> f64 {
    value as f64
}

/// The `n`-th number of the stream `key`.
pub(super) const fn nth(key: u64, n: u64) -> u64 {
    mix(key.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// The splitmix64 finaliser: every bit of the input changes half of the output's.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// FNV-1a of a text.
pub(super) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// A hash as a number of mean 0 and variance 1, never further out than 3.5: the sum of four uniform
/// ones is close enough to the normal distribution, and cannot run away.
fn normal(hash: u64) -> f64 {
    /// Mean of the sum: 4 * 65,535 / 2.
    const MEAN: f64 = 131_070.0;
    /// Standard deviation of the sum: 65,536 * sqrt(4 / 12).
    const DEVIATION: f64 = 37_837.227;
    let sum = [0, 16, 32, 48].map(|shift| hash >> shift & 0xFFFF).iter().sum::<u64>();
    (float(sum.cast_signed()) - MEAN) / DEVIATION
}

/// A hash as a number in `0..1`.
pub(super) fn unit(hash: u64) -> f64 {
    float((hash >> 32).cast_signed()) / float(1 << 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Noise, float, fnv1a, normal, nth, unit};

    #[test]
    fn the_hashes_are_the_published_ones() {
        // The first outputs of splitmix64 seeded with 0, and FNV-1a's test vector.
        assert_eq!(nth(0, 0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(nth(0, 1), 0x6E78_9E6A_A1B9_65F4);
        assert_eq!(fnv1a("a"), 0xAF63_DC4C_8601_EC8C);
    }

    #[test]
    fn hashes_spread_evenly_and_normally() {
        let numbers: Vec<u64> = (0..20_000).map(|n| nth(7, n)).collect();
        let mean =
            |value: &dyn Fn(u64) -> f64| numbers.iter().map(|&n| value(n)).sum::<f64>() / 20_000.0;
        assert!((mean(&unit) - 0.5).abs() < 0.01);
        assert!(mean(&normal).abs() < 0.03);
        assert!((mean(&|n| normal(n).powi(2)) - 1.0).abs() < 0.03);
        assert!(numbers.iter().all(|&n| (0.0..1.0).contains(&unit(n))));
    }

    proptest! {
        #[test]
        fn an_octave_never_jumps(key: u64, second in -5_000_000_000_i64..5_000_000_000, bits in 0u32..26) {
            let noise = Noise::new(|_| key, [bits], |_| 1.0);
            let steepest = 7.0 / float(1 << bits);
            prop_assert!((noise.at(second + 1) - noise.at(second)).abs() <= steepest);
        }

        #[test]
        fn no_second_overflows(key: u64, second: i64) {
            prop_assert!(Noise::new(|_| key, 0..27, |_| 1.0).at(second).is_finite());
        }
    }
}
