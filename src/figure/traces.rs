//! The traces of a chart.

use std::borrow::Cow;

use serde::Serialize;

use super::Scene;
use super::theme::Palette;
use super::time::{Axis, Stamps};
use crate::bars::Bars;

/// Share of the drawn span that stays free between the lowest close and the baseline.
const FOOTROOM: f64 = 0.08;

/// A `scatter` trace, as far as we use one.
#[derive(Serialize)]
pub struct Scatter<'a> {
    r#type: &'static str,
    mode: &'static str,
    /// Identity across updates: keeps the view when traces come and go.
    uid: &'static str,
    name: &'a str,
    x: Stamps<'a>,
    y: Cow<'a, [f64]>,
    line: Line,
    showlegend: bool,
    #[serde(flatten)]
    role: Role,
}

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'static str>,
    width: f64,
}

/// What sets the two traces of a mountain apart.
#[derive(Serialize)]
#[serde(untagged)]
enum Role {
    Baseline { hoverinfo: &'static str },
    Area { fill: &'static str, fillcolor: &'static str, hovertemplate: &'static str },
}

/// Closes as a line above a filled area.
///
/// The area ends at an invisible baseline just below the lowest close: filling to zero would force
/// zero into the automatic y range and flatten the chart.
pub fn mountain<'a>(scene: &'a Scene<'_>, bars: &'a Bars, axis: &'a Axis) -> Vec<Scatter<'a>> {
    let tone = Palette::of(scene.view.theme).tone(bars.closes());
    let trace = |uid, times, y, line, role| Scatter {
        r#type: "scatter",
        mode: "lines",
        uid,
        name: scene.instrument.symbol.as_str(),
        x: Stamps { axis, times },
        y,
        line,
        showlegend: false,
        role,
    };
    let (times, level) = baseline(bars);
    vec![
        trace(
            "baseline",
            times.into(),
            level.into(),
            Line { color: None, width: 0.0 },
            Role::Baseline { hoverinfo: "skip" },
        ),
        trace(
            "price",
            bars.times().into(),
            bars.closes().into(),
            Line { color: Some(tone.line), width: 1.8 },
            Role::Area {
                fill: "tonexty",
                fillcolor: tone.area,
                hovertemplate: "%{y}<extra></extra>",
            },
        ),
    ]
}

/// Both ends of the window, at a level below every close.
fn baseline(bars: &Bars) -> (Vec<i64>, Vec<f64>) {
    let (Some(&first), Some(&last)) = (bars.times().first(), bars.times().last()) else {
        return (Vec::new(), Vec::new());
    };
    let low = bars.closes().iter().copied().fold(f64::INFINITY, f64::min);
    let high = bars.closes().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { high * 0.01 };
    let level = round_to_span((low - span * FOOTROOM).max(0.0), span);
    (vec![first, last], vec![level, level])
}

/// Drops the digits of `level` that are far below what `span` can show, to keep its text short.
fn round_to_span(level: f64, span: f64) -> f64 {
    let decimals = (3.0 - span.log10().floor()).clamp(0.0, 12.0);
    let scale = 10f64.powf(decimals);
    (level * scale).floor() / scale
}

#[cfg(test)]
mod tests {
    use super::baseline;
    use crate::bars::{Bar, Bars};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_baseline_lies_below_every_close_but_does_not_flatten_the_chart(
            closes in proptest::collection::vec(0.000_01f64..100_000.0, 1..50)
        ) {
            let bars = Bars::from_rows(closes.iter().zip(0..).filter_map(|(close, slot)| {
                Bar::from_row(slot * 60, [None, None, None, Some(*close)], None)
            }));
            let low = closes.iter().copied().fold(f64::INFINITY, f64::min);
            let high = closes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (_, level) = baseline(&bars);
            prop_assert_eq!(level.len(), 2);
            prop_assert!(level[0] <= low && level[0] >= 0.0);
            prop_assert!(low - level[0] <= (high - low).max(low * 0.01) * 0.1 + 1e-9);
        }
    }
}
