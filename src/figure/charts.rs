//! The price traces of each chart type.

use super::Scene;
use super::theme::{Colors, Tone};
use super::time::{Axis, Stamps};
use super::traces::{Direction, Form, Prices, Scatter, Stroke, Trace};
use crate::bars::Bars;
use crate::view::{Chart, Palette, Scale};

/// Share of the drawn span that stays free between the lowest close and the baseline.
const FOOTROOM: f64 = 0.08;
/// Most points of a spark line.
pub const SPARK_POINTS: usize = 60;

/// The drawn window, in the parts that traces borrow from.
pub struct Window {
    /// All drawn bars; for a spark line few of them.
    pub bars: Bars,
    /// `bars` but for the last one.
    closed: Bars,
    /// The last one: it may still change.
    forming: Bars,
}

impl Window {
    /// The window of `bars` for a chart type.
    pub fn new(bars: Bars, chart: Chart) -> Self {
        let bars = if chart == Chart::Spark { thinned(&bars) } else { bars };
        let last = bars.last().map_or(i64::MAX, |bar| bar.ts);
        Self { closed: bars.before(last), forming: bars.since(last), bars }
    }

    /// A trace of the closed bars and one, lighter, of the forming one. The first bar of all has no
    /// closed ones before it, and plotly finds a trace of no points invalid.
    fn parts<'a>(
        &'a self,
        trace: impl Fn(&'static str, &'a Bars, fn(Prices<'a>) -> Prices<'a>) -> Trace<'a>,
    ) -> Vec<Trace<'a>> {
        let closed =
            (!self.closed.is_empty()).then(|| trace("price", &self.closed, |prices| prices));
        let forming = trace("forming", &self.forming, Prices::lighter);
        closed.into_iter().chain([forming]).collect()
    }
}

/// The traces of the scene's chart. Without bars there are none: plotly finds a trace of no points
/// invalid.
pub fn traces<'a>(scene: &'a Scene<'_>, window: &'a Window, axis: &'a Axis) -> Vec<Trace<'a>> {
    let bars = &window.bars;
    if bars.is_empty() {
        return Vec::new();
    }
    let colors = Colors::of(scene.view.theme);
    let compared = !scene.compared.is_empty();
    let tone = if compared { colors.own() } else { colors.tone(bars.closes()) };
    let line = || Scatter::line(bars.closes().into(), tone.line, 1.8);
    let of =
        |uid, bars: &'a Bars, form| trace(scene, uid, Some(Stamps::of(axis, bars.times())), form);
    match scene.view.chart {
        Chart::Mountain if !compared => mountain(scene, bars, axis, tone),
        // Other lines would run through the filled area.
        Chart::Mountain | Chart::Line => vec![of("price", bars, Form::Scatter(line()))],
        Chart::Spark => vec![trace(scene, "price", None, Form::Scatter(line().silent()))],
        Chart::Candlestick | Chart::HeikinAshi => {
            let [up, down] = candles(scene.view.palette, scene.view.theme);
            window.parts(|uid, bars, look| {
                of(uid, bars, Form::Candlestick(look(Prices::of(bars, up, down))))
            })
        }
        Chart::Ohlc => {
            let [up, down] = candles(scene.view.palette, scene.view.theme)
                .map(|direction| Direction { fillcolor: None, ..direction });
            window.parts(|uid, bars, look| {
                of(uid, bars, Form::Ohlc(look(Prices::of(bars, up, down))))
            })
        }
    }
}

fn trace<'a>(
    scene: &'a Scene<'_>,
    uid: &'static str,
    x: Option<Stamps<'a>>,
    form: Form<'a>,
) -> Trace<'a> {
    Trace {
        uid: uid.into(),
        name: scene.instrument.symbol.as_str().into(),
        x,
        yaxis: None,
        legendgroup: None,
        showlegend: false,
        form,
    }
}

/// Closes as a line above a filled area.
///
/// The area ends at an invisible baseline just below the lowest close: filling to zero would force
/// zero into the automatic y range and flatten the chart.
fn mountain<'a>(
    scene: &'a Scene<'_>,
    bars: &'a Bars,
    axis: &'a Axis,
    tone: Tone,
) -> Vec<Trace<'a>> {
    let (times, level) = baseline(bars, scene.view.scale);
    let line = Scatter::line(bars.closes().into(), tone.line, 1.8).filled(tone.area);
    let base = Form::Scatter(Scatter::invisible(level.into()));
    vec![
        trace(scene, "baseline", Some(Stamps::of(axis, times)), base),
        trace(scene, "price", Some(Stamps::of(axis, bars.times())), Form::Scatter(line)),
    ]
}

/// Both ends of the window, at a level below every close; above zero where the axis needs it.
fn baseline(bars: &Bars, scale: Scale) -> (Vec<i64>, Vec<f64>) {
    let (Some(&first), Some(&last)) = (bars.times().first(), bars.times().last()) else {
        return (Vec::new(), Vec::new());
    };
    let low = bars.closes().iter().copied().fold(f64::INFINITY, f64::min);
    let high = bars.closes().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { high * 0.01 };
    let level = round_to_span((low - span * FOOTROOM).max(0.0), span);
    let level = match scale {
        Scale::Linear => level,
        // Zero and what is next to it lie endlessly far down.
        Scale::Log => level.max(low * 0.9),
    };
    (vec![first, last], vec![level, level])
}

/// Drops the digits of `level` that are far below what `span` can show, to keep its text short.
fn round_to_span(level: f64, span: f64) -> f64 {
    let decimals = (3.0 - span.log10().floor()).clamp(0.0, 12.0);
    let scale = 10f64.powf(decimals);
    (level * scale).floor() / scale
}

/// Rising and falling candles.
fn candles(palette: Palette, theme: crate::view::Theme) -> [Direction; 2] {
    let colors = Colors::of(theme);
    let [up, down] = colors.directions(palette);
    let direction =
        |color, fill| Direction { line: Stroke { color, width: 1.2 }, fillcolor: Some(fill) };
    let hollow = palette == Palette::Safe;
    [direction(up, if hollow { colors.paper } else { up }), direction(down, down)]
}

/// At most [`SPARK_POINTS`] bars, evenly spread, the last one among them.
fn thinned(bars: &Bars) -> Bars {
    let step = bars.len().div_ceil(SPARK_POINTS).max(1);
    let phase = (bars.len() + step - 1) % step;
    (phase..bars.len()).step_by(step).filter_map(|index| bars.get(index)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SPARK_POINTS, baseline, thinned};
    use crate::bars::{Bar, Bars};
    use crate::view::Scale;

    fn bars(closes: &[f64]) -> Bars {
        let rows = closes.iter().zip(0..);
        rows.filter_map(|(close, slot)| {
            Bar::from_row(slot * 60, [None, None, None, Some(*close)], None)
        })
        .collect()
    }

    proptest! {
        #[test]
        fn the_baseline_lies_below_every_close_but_does_not_flatten_the_chart(
            closes in proptest::collection::vec(0.000_01f64..100_000.0, 1..50)
        ) {
            let low = closes.iter().copied().fold(f64::INFINITY, f64::min);
            let high = closes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (_, level) = baseline(&bars(&closes), Scale::Linear);
            prop_assert_eq!(level.len(), 2);
            prop_assert!(level[0] <= low && level[0] >= 0.0);
            prop_assert!(low - level[0] <= (high - low).max(low * 0.01) * 0.1 + 1e-9);
            let (_, level) = baseline(&bars(&closes), Scale::Log);
            prop_assert!(level[0] <= low && level[0] > 0.0);
        }

        #[test]
        fn a_spark_line_is_short_and_ends_where_the_chart_ends(count in 0usize..3_000) {
            let closes: Vec<f64> = (1..=count).map(|n| n as f64).collect();
            let thin = thinned(&bars(&closes));
            prop_assert!(thin.len() <= SPARK_POINTS);
            prop_assert_eq!(thin.last().map(|bar| bar.close), closes.last().copied());
            prop_assert!(count == 0 || thin.len() >= count.min(SPARK_POINTS / 2));
        }
    }
}
