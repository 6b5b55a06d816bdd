//! Moving averages.

use super::window;

/// Simple moving average: (x\[t\] + ... + x\[t-n+1\]) / n. `TA_SMA`; first value at n - 1.
pub fn simple(values: &[f64], length: usize) -> Vec<f64> {
    let sums = window::fold(values, length, |older, newer| older + newer);
    sums.into_iter().map(|sum| sum.map_or(f64::NAN, |sum| sum / length as f64)).collect()
}

/// Linearly weighted moving average: (n x\[t\] + (n-1) x\[t-1\] + ... + x\[t-n+1\]) / (n (n+1) / 2).
/// `TA_WMA`; first value at n - 1.
pub fn weighted(values: &[f64], length: usize) -> Vec<f64> {
    let items: Vec<Weighted> =
        values.iter().map(|&value| Weighted { count: 1.0, sum: value, rising: value }).collect();
    let weights = (length * (length + 1) / 2) as f64;
    let sums = window::fold(&items, length, Weighted::merge);
    sums.into_iter().map(|sums| sums.map_or(f64::NAN, |sums| sums.rising / weights)).collect()
}

/// Sums over a run of values, whose oldest has weight 1.
#[derive(Clone, Copy)]
struct Weighted {
    /// Number of values, a float to be multiplied with.
    count: f64,
    /// Their plain sum.
    sum: f64,
    /// Sum with weights that rise by 1 from each value to the next.
    rising: f64,
}

impl Weighted {
    /// The older run pushes every weight of the newer one up by its count.
    fn merge(self, newer: Self) -> Self {
        Self {
            count: self.count + newer.count,
            sum: self.sum + newer.sum,
            rising: self.rising + newer.rising + self.count * newer.sum,
        }
    }
}

/// Exponential moving average: y\[t\] = y\[t-1\] + 2 / (n+1) (x\[t\] - y\[t-1\]), begun with the simple
/// average of the first n values. `TA_EMA`; first value at n - 1.
pub fn exponential(values: &[f64], length: usize) -> Vec<f64> {
    let weight = 2.0 / (length as f64 + 1.0);
    recursive(values, length, |last, value| last + weight * (value - last))
}

/// Wilder's moving average: y\[t\] = ((n-1) y\[t-1\] + x\[t\]) / n, begun with the simple average of the
/// first n values. J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib has it inside
/// `TA_RSI` and `TA_ATR`. First value at n - 1.
pub fn wilder(values: &[f64], length: usize) -> Vec<f64> {
    let count = length as f64;
    recursive(values, length, |last, value| (last * (count - 1.0) + value) / count)
}

/// The simple average of the first `length` values, then what `step` makes of the last result and the
/// next value.
fn recursive(values: &[f64], length: usize, step: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let Some((seed, rest)) = values.split_at_checked(length) else {
        return vec![f64::NAN; values.len()];
    };
    let mut averages = vec![f64::NAN; length - 1];
    averages.reserve(rest.len() + 1);
    let mut last = seed.iter().sum::<f64>() / length as f64;
    averages.push(last);
    for &value in rest {
        last = step(last, value);
        averages.push(last);
    }
    averages
}

#[cfg(test)]
mod tests {
    use super::{exponential, simple, weighted, wilder};

    #[test]
    fn small_tables_agree_with_pencil_and_paper() {
        let values = [1.0, 2.0, 6.0, 3.0];
        assert_eq!(simple(&values, 2)[1..], [1.5, 4.0, 4.5]);
        assert_eq!(weighted(&values, 2)[1..], [5.0 / 3.0, 14.0 / 3.0, 4.0]);
        assert_eq!(exponential(&values, 3)[2..], [3.0, 3.0]);
        assert_eq!(wilder(&values, 2)[1..], [1.5, 3.75, 3.375]);
    }

    #[test]
    fn a_series_shorter_than_the_window_has_no_value() {
        for average in [simple, weighted, exponential, wilder] {
            assert!(average(&[1.0, 2.0], 3).iter().all(|value| value.is_nan()));
            assert_eq!(average(&[], 3).len(), 0);
            assert_eq!(average(&[1.0, 2.0], 1), [1.0, 2.0]);
        }
    }

    #[test]
    fn windows_over_ten_thousand_large_values_do_not_drift() {
        // A spike of 1e15 would leave its rounding in a sum that adds and takes off, for ever.
        let values: Vec<f64> = (0..10_000u32)
            .map(|at| if at == 50 { 1e15 } else { 1e6 + f64::from(at * 7_919 % 1_000) / 100.0 })
            .collect();
        let (length, weights) = (200usize, 200.0 * 201.0 / 2.0);
        let (plain, linear) = (simple(&values, length), weighted(&values, length));
        for (at, window) in values.windows(length).enumerate() {
            let direct = window.iter().sum::<f64>() / 200.0;
            let rising = (1..).zip(window).map(|(w, value)| f64::from(w) * value).sum::<f64>();
            assert!((plain[at + length - 1] / direct - 1.0).abs() < 1e-13);
            assert!((linear[at + length - 1] / (rising / weights) - 1.0).abs() < 1e-13);
        }
    }
}
