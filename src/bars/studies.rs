//! The values of the studies: pure functions of the columns of a series.
//!
//! Each takes time linear in the number of bars and gives lines as long as the series, NaN where there
//! is no value yet. No value depends on a later bar, so the forming bar moves the last values only.
//! The values are those of TA-Lib (`TA_SMA`, `TA_BBANDS` and so on, with its default settings) to 1e-9
//! relative, which `tests/golden/studies` proves; where a study goes its own way, its function says so.

mod average;
mod bands;
mod line;
mod oscillator;
mod volatility;
mod volume;
mod window;

use super::Bars;
use crate::study::Study;

/// Where studies that add up from some bar begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anchors<'a> {
    /// Starts of the sessions in epoch seconds, ascending; `vwap` begins anew with the first bar at or
    /// after each. Bars before the first start, or all when there is none, make one session.
    pub sessions: &'a [i64],
    /// Index of the first bar that is drawn; `obv` is 0 there.
    pub first_drawn: usize,
}

/// The lines of `study` over all `bars`, in the order of [`Study::lines`], each as long as `bars`.
///
/// Prices and ranges are in the instrument's currency, `rsi` and `stoch` lie in 0 to 100, `obv` and
/// `volume` are in units traded. `bars` should begin [`Study::warm_up`] bars before the first drawn one.
#[must_use]
pub fn compute(study: Study, bars: &Bars, anchors: Anchors<'_>) -> Vec<Vec<f64>> {
    let closes = bars.closes();
    match study {
        Study::Sma(n) => vec![average::simple(closes, n.get())],
        Study::Ema(n) => vec![average::exponential(closes, n.get())],
        Study::Wma(n) => vec![average::weighted(closes, n.get())],
        Study::Bb(n, width) => bands::bollinger(closes, n.get(), width.get()).into(),
        Study::Vwap => vec![volume::weighted_price(bars, anchors.sessions)],
        Study::Rsi(n) => vec![oscillator::relative_strength(closes, n.get())],
        Study::Macd { fast, slow, signal } => {
            oscillator::convergence(closes, fast.get(), slow.get(), signal.get()).into()
        }
        Study::Atr(n) => vec![volatility::true_range(bars, n.get())],
        Study::Stoch { k, d, slowing } => {
            oscillator::stochastic(bars, k.get(), d.get(), slowing.get()).into()
        }
        Study::Obv => vec![volume::on_balance(bars, anchors.first_drawn)],
        Study::Volume => vec![bars.volumes().to_vec()],
    }
}

/// The same from the bar at index `from` on, at the price of these bars where a study allows.
#[must_use]
pub fn compute_since(
    study: Study,
    bars: &Bars,
    anchors: Anchors<'_>,
    from: usize,
) -> Vec<Vec<f64>> {
    let start = resumption(study, bars, anchors, from);
    let first_drawn = anchors.first_drawn.saturating_sub(start);
    let lines = compute(study, &bars.rows(start, bars.len()), Anchors { first_drawn, ..anchors });
    let tail = |line: Vec<f64>| line.get(from - start..).unwrap_or_default().to_vec();
    lines.into_iter().map(tail).collect()
}

/// The index of a bar from which on a study has, at `from` and after it, to the bit the values that it has
/// from the first bar on. A study that remembers all bars has none but the first.
fn resumption(study: Study, bars: &Bars, anchors: Anchors<'_>, from: usize) -> usize {
    // Windows are folded in blocks that are counted from the first bar: the block before the one of `from`.
    let block = |length: usize| (from / length).saturating_sub(1) * length;
    match study {
        Study::Sma(n) | Study::Wma(n) | Study::Bb(n, _) => block(n.get()),
        Study::Vwap => {
            let begun = bars
                .times()
                .get(from)
                .map_or(0, |ts| anchors.sessions.partition_point(|start| start <= ts));
            let session = begun.checked_sub(1).map(|index| anchors.sessions[index]);
            session.map_or(0, |start| bars.index_of(start))
        }
        Study::Volume => from,
        Study::Ema(_)
        | Study::Rsi(_)
        | Study::Macd { .. }
        | Study::Atr(_)
        | Study::Stoch { .. }
        | Study::Obv => 0,
    }
}

#[cfg(test)]
mod tests;
