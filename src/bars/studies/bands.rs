//! Bands about a moving average.

use super::{average, window};

/// Bollinger bands, upper, middle and lower: the simple average of n closes, and `width` standard
/// deviations of those closes above and below it. J. Bollinger, Bollinger on Bollinger Bands (2001);
/// `TA_BBANDS` with simple averages: the deviation is that of a population (divided by n, not n - 1).
/// First value at n - 1.
///
/// TA-Lib takes the variance as mean of squares less square of mean, which loses the deviation of large
/// prices that hardly move; here it is that of the differences from the mean.
pub fn bollinger(closes: &[f64], length: usize, width: f64) -> [Vec<f64>; 3] {
    let middle = average::simple(closes, length);
    let items: Vec<Moments> =
        closes.iter().map(|&mean| Moments { count: 1.0, mean, squares: 0.0 }).collect();
    let offsets: Vec<f64> = window::fold(&items, length, Moments::merge)
        .into_iter()
        .map(|window| window.map_or(f64::NAN, |moments| width * moments.deviation()))
        .collect();
    let upper = middle.iter().zip(&offsets).map(|(middle, offset)| middle + offset).collect();
    let lower = middle.iter().zip(&offsets).map(|(middle, offset)| middle - offset).collect();
    [upper, middle, lower]
}

/// Mean of a run of values and the sum of their squared differences from it.
#[derive(Clone, Copy)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// T. F. Chan, G. H. Golub, R. J. `LeVeque`, Updating formulae and a pairwise algorithm for computing
    /// sample variances (1979).
    fn merge(self, newer: Self) -> Self {
        let count = self.count + newer.count;
        let apart = newer.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * newer.count / count,
            squares: self.squares
                + newer.squares
                + apart * apart * self.count * newer.count / count,
        }
    }

    fn deviation(self) -> f64 {
        (self.squares / self.count).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::bollinger;

    #[test]
    fn a_small_table_agrees_with_pencil_and_paper() {
        // Mean 5 and population deviation 2.
        let [upper, middle, lower] = bollinger(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 8, 1.5);
        assert_eq!((upper[7], middle[7], lower[7]), (8.0, 5.0, 2.0));
        assert!(upper[6].is_nan() && middle[6].is_nan() && lower[6].is_nan());
    }

    #[test]
    fn the_deviation_of_large_prices_that_hardly_move_is_kept() {
        let closes: Vec<f64> = (0..40u8).map(|at| 1e9 + f64::from(at % 2)).collect();
        let [upper, middle, _] = bollinger(&closes, 20, 2.0);
        assert_eq!((upper[39], middle[39]), (1e9 + 1.5, 1e9 + 0.5));
    }

    #[test]
    fn flat_prices_have_bands_of_no_width() {
        let [upper, middle, lower] = bollinger(&[0.1; 50], 20, 2.0);
        assert_eq!((upper[49], lower[49]), (middle[49], middle[49]));
    }
}
