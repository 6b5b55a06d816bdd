//! Oscillators: studies of how closes move, in a scale of their own.

use super::line::{right_aligned, since, where_known};
use super::{average, window};
use crate::bars::Bars;

/// Relative strength index: 100 U / (U + D), where U and D are Wilder's averages of the rises and of
/// the falls from close to close; 0 to 100.
///
/// J. W. Wilder, New Concepts in Technical Trading Systems (1978); `TA_RSI`. First value at n. Closes
/// that never moved have 0, as in TA-Lib. TA-Lib also gives 0 once U + D has faded below 1e-14; here
/// the index keeps its last value then, so that the unit of the price does not matter.
pub fn relative_strength(closes: &[f64], length: usize) -> Vec<f64> {
    let changes = || since(closes, 1).iter().zip(closes).map(|(close, last)| close - last);
    let rises: Vec<f64> = changes().map(|change| change.max(0.0)).collect();
    let falls: Vec<f64> = changes().map(|change| (-change).max(0.0)).collect();
    let rises = average::wilder(&rises, length);
    let falls = average::wilder(&falls, length);
    let strength = |(rise, fall): (f64, f64)| {
        let moved = rise + fall;
        if moved == 0.0 { 0.0 } else { 100.0 * (rise / moved) }
    };
    let line: Vec<f64> = rises.into_iter().zip(falls).map(strength).collect();
    right_aligned(&line, closes.len())
}

/// Moving average convergence and divergence: the fast exponential average less the slow one, the
/// exponential average of that difference (the signal), and the difference less the signal (the
/// histogram), in the instrument's currency.
///
/// G. Appel (1979); `TA_MACD`. As there, both averages have their first value at the same bar, slow - 1,
/// the fast one begun with the closes just before it, and all three lines begin with the signal, at
/// slow + signal - 2.
pub fn convergence(closes: &[f64], fast: usize, slow: usize, signal: usize) -> [Vec<f64>; 3] {
    let count = closes.len();
    let first = fast.max(slow) - 1;
    let average = |length: usize| average::exponential(since(closes, first + 1 - length), length);
    let (fast, slow) = (right_aligned(&average(fast), count), right_aligned(&average(slow), count));
    let macd: Vec<f64> = fast.iter().zip(slow).map(|(fast, slow)| fast - slow).collect();
    let signal = right_aligned(&average::exponential(since(&macd, first), signal), count);
    let histogram = macd.iter().zip(&signal).map(|(macd, signal)| macd - signal).collect();
    [where_known(macd, &signal), signal, histogram]
}

/// Slow stochastic oscillator, %K and %D: the place of the close in the range of the last `k` bars, 100
/// (close - lowest) / (highest - lowest), averaged over `slowing` bars, and the average of that over
/// `d` bars; 0 to 100.
///
/// G. C. Lane, Lane's Stochastics (Technical Analysis of Stocks and Commodities 2, 1984); `TA_STOCH`
/// with simple averages. As there, the place in a range of 0 is 0, and both lines begin with %D, at
/// k + slowing + d - 3.
pub fn stochastic(bars: &Bars, k: usize, d: usize, slowing: usize) -> [Vec<f64>; 2] {
    let ranges: Vec<(f64, f64)> =
        bars.highs().iter().zip(bars.lows()).map(|(&high, &low)| (high, low)).collect();
    let widest = |(high, low): (f64, f64), newer: (f64, f64)| (high.max(newer.0), low.min(newer.1));
    let place = |(window, &close): (Option<(f64, f64)>, &f64)| match window {
        None => f64::NAN,
        Some((high, low)) if high > low => 100.0 * ((close - low) / (high - low)),
        Some(_) => 0.0,
    };
    let places: Vec<f64> =
        window::fold(&ranges, k, widest).into_iter().zip(bars.closes()).map(place).collect();
    let slow = average::simple(&places, slowing);
    let average = average::simple(&slow, d);
    [where_known(slow, &average), average]
}

#[cfg(test)]
mod tests {
    use super::{convergence, relative_strength, stochastic};
    use crate::bars::{Bar, Bars};

    #[test]
    fn flat_prices_have_no_strength_and_no_place_in_their_range() {
        let bar = |ts| Bar { ts, open: 5.0, high: 5.0, low: 5.0, close: 5.0, volume: 0.0 };
        let bars: Bars = (0..30).map(bar).collect();
        assert_eq!(relative_strength(bars.closes(), 14)[14..], [0.0; 16]);
        let [k, d] = stochastic(&bars, 14, 3, 3);
        assert_eq!((&k[17..], &d[17..]), (&[0.0; 13][..], &[0.0; 13][..]));
    }

    #[test]
    fn strength_is_100_in_a_rise_0_in_a_fall_and_stays_when_prices_do() {
        let rise: Vec<f64> = (1..30u8).map(f64::from).collect();
        let fall: Vec<f64> = rise.iter().rev().copied().collect();
        assert_eq!(relative_strength(&rise, 14)[14..], [100.0; 15]);
        assert_eq!(relative_strength(&fall, 14)[14..], [0.0; 15]);
        let halt = [1.0, 2.0, 1.0].into_iter().chain([1.0; 2_000]).collect::<Vec<_>>();
        let strength = relative_strength(&halt, 2);
        assert_eq!((strength[2], strength[1_000]), (50.0, 50.0));
    }

    #[test]
    fn a_macd_of_swapped_lengths_or_few_closes_has_no_value_out_of_place() {
        let closes: Vec<f64> = (1..40u32).map(|at| f64::from(at * at % 17)).collect();
        let [macd, ..] = convergence(&closes, 3, 7, 4);
        let [swapped, ..] = convergence(&closes, 7, 3, 4);
        assert!(
            macd[8].is_nan()
                && macd[9..].iter().zip(&swapped[9..]).all(|(a, b)| (a + b).abs() < 1e-12)
        );
        assert!(convergence(&closes[..5], 3, 7, 4).iter().flatten().all(|value| value.is_nan()));
        assert!(convergence(&[], 12, 26, 9).iter().all(Vec::is_empty));
    }
}
