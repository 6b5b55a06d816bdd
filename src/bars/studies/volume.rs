//! Studies that weigh prices by what was traded at them.

use crate::bars::Bars;

/// Volume-weighted average price since the session began: the sum of volume x (high + low + close) / 3
/// over the sum of volume, in the instrument's currency; NaN until the session has volume.
///
/// `sessions` are the starts in ascending order: a sum begins with the first bar at or after each, and
/// with the first bar of all. A session whose first bars are missing is averaged over those there are.
/// The price of a bar is the customary "typical" one; TA-Lib has no such study. S. Berkowitz, D. Logue,
/// E. Noser, The Total Cost of Transactions on the NYSE (Journal of Finance 43, 1988).
///
/// Plain sums will do: no term is negative and none is taken off again, so that the relative error stays
/// below n x 2^-52.
pub fn weighted_price(bars: &Bars, sessions: &[i64]) -> Vec<f64> {
    let mut starts = sessions.iter().copied().peekable();
    let (mut paid, mut traded) = (0.0, 0.0);
    let mut line = Vec::with_capacity(bars.len());
    let prices = bars.highs().iter().zip(bars.lows()).zip(bars.closes());
    for ((ts, volume), ((high, low), close)) in bars.times().iter().zip(bars.volumes()).zip(prices)
    {
        while starts.next_if(|start| start <= ts).is_some() {
            (paid, traded) = (0.0, 0.0);
        }
        paid += volume * ((high + low + close) / 3.0);
        traded += volume;
        line.push(if traded > 0.0 { paid / traded } else { f64::NAN });
    }
    line
}

/// On-balance volume: the sum of the volumes of bars that closed higher than the bar before, less that
/// of bars that closed lower, in units traded.
///
/// J. Granville, New Key to Stock Market Profits (1963); `TA_OBV` less its value at `first`. TA-Lib
/// begins with the first bar it is given, so that its level says nothing but how far back that is; here
/// the line is 0 at the bar `first`, NaN before.
pub fn on_balance(bars: &Bars, first: usize) -> Vec<f64> {
    let (closes, volumes) = (bars.closes(), bars.volumes());
    let mut balance = 0.0;
    let mut line = vec![f64::NAN; first.min(bars.len())];
    for at in first..bars.len() {
        if at > first {
            let change = closes[at] - closes[at - 1];
            balance += if change == 0.0 { 0.0 } else { volumes[at].copysign(change) };
        }
        line.push(balance);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{on_balance, weighted_price};
    use crate::bars::{Bar, Bars};

    /// Bars a minute apart: typical price (the close, 3 below the high and above the low) and volume.
    fn bars(rows: &[(f64, f64)]) -> Bars {
        let row = |(at, &(close, volume)): (i64, &(f64, f64))| Bar {
            ts: at * 60,
            open: close,
            high: close + 3.0,
            low: close - 3.0,
            close,
            volume,
        };
        (0i64..).zip(rows).map(row).collect()
    }

    #[test]
    fn the_average_price_begins_anew_with_each_session_and_waits_for_volume() {
        let bars = bars(&[(10.0, 0.0), (10.0, 1.0), (20.0, 3.0), (50.0, 0.0), (40.0, 2.0)]);
        let line = weighted_price(&bars, &[180]);
        assert!(line[0].is_nan() && line[3].is_nan());
        assert_eq!((line[1], line[2], line[4]), (10.0, 17.5, 40.0));
    }

    #[test]
    fn a_session_that_starts_between_bars_begins_with_the_next_one() {
        let bars = bars(&[(10.0, 1.0), (20.0, 1.0), (30.0, 1.0)]);
        assert_eq!(weighted_price(&bars, &[]), [10.0, 15.0, 20.0]);
        assert_eq!(weighted_price(&bars, &[-500, 0, 61, 90, 120, 999]), [10.0, 15.0, 30.0]);
        assert_eq!(weighted_price(&bars, &[61, 90]), [10.0, 15.0, 30.0]);
    }

    #[test]
    fn the_balance_is_zero_at_the_first_drawn_bar() {
        let bars =
            bars(&[(10.0, 5.0), (11.0, 7.0), (10.5, 2.0), (10.5, 9.0), (12.0, 0.0), (13.0, 4.0)]);
        assert_eq!(on_balance(&bars, 0), [0.0, 7.0, 5.0, 5.0, 5.0, 9.0]);
        let drawn = on_balance(&bars, 2);
        assert!(drawn[..2].iter().all(|value| value.is_nan()));
        assert_eq!(drawn[2..], [0.0, 0.0, 0.0, 4.0]);
        assert_eq!(on_balance(&bars, 6).len(), 6);
        assert!(on_balance(&bars, 99).iter().all(|value| value.is_nan()));
    }
}
