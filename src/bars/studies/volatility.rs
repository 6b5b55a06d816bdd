//! How far prices range.

use super::average;
use super::line::{right_aligned, since};
use crate::bars::Bars;

/// Average true range: Wilder's average of max(high, last close) - min(low, last close).
///
/// J. W. Wilder, New Concepts in Technical Trading Systems (1978); `TA_ATR`. The first bar has no last
/// close and so no true range: first value at n.
pub fn true_range(bars: &Bars, length: usize) -> Vec<f64> {
    let rest = since(bars.highs(), 1).iter().zip(since(bars.lows(), 1));
    let ranges: Vec<f64> = rest
        .zip(bars.closes())
        .map(|((high, low), last)| high.max(*last) - low.min(*last))
        .collect();
    right_aligned(&average::wilder(&ranges, length), bars.len())
}
