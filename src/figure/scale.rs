//! What has no place on the scale of the price axis.

use super::Scene;
use crate::bars::Bars;
use crate::view::{Chart, Scale};

/// Whether a price has a place on the axis. On a logarithmic one plotly leaves out what is not above zero:
/// a point of a line, a whole candle.
pub fn has_place(scene: &Scene<'_>, price: f64) -> bool {
    scene.view.scale == Scale::Linear || price > 0.0
}

/// What a reader has to know of the drawn `bars`: how many of them the axis has no place for.
pub fn note(scene: &Scene<'_>, bars: &Bars) -> Option<String> {
    let lows = match scene.view.chart {
        Chart::Mountain | Chart::Line | Chart::Spark => bars.closes(),
        Chart::Candlestick | Chart::HeikinAshi | Chart::Ohlc => bars.lows(),
    };
    let left_out = lows.iter().filter(|low| !has_place(scene, **low)).count();
    let bars = if left_out == 1 { "bar" } else { "bars" };
    (left_out > 0)
        .then(|| format!("{left_out} {bars} at or below zero left out: the axis is logarithmic"))
}
