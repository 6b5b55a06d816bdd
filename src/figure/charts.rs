//! The price traces of each chart type.

use super::Scene;
use super::last;
use super::theme::{Colors, Role, Tone};
use super::time::{Axis, Stamps};
use super::traces::{BarOutline, Direction, Prices, Scatter, Trace, TraceForm};
use crate::bars::{Bar, Bars};
use crate::interval::{DAY, Interval};
use crate::view::{Chart, Palette, Scale};

/// Share of the drawn span that stays free between the lowest close and the baseline.
const FOOTROOM: f64 = 0.08;
/// Most points of a spark line.
pub const SPARK_POINTS: usize = 60;

/// The drawn window, in the parts that traces borrow from.
pub struct DrawnWindow {
    /// All drawn bars; for a spark line few of them.
    pub bars: Bars,
    /// Where the bar before the first would begin, if the bars do not tell how long they are.
    lead: Option<i64>,
    /// `bars` as one trace of ticks has them.
    whole: Bars,
    /// `bars` but for the last one.
    closed: Bars,
    /// The last one: it may still change.
    forming: Bars,
}

impl DrawnWindow {
    /// The window of `bars` of an interval for a chart type.
    ///
    /// plotly makes candles and ticks as wide as the smallest distance between bars; of a single bar that
    /// is a millisecond. Where the bars do not tell how long they are, one alone or each far from the
    /// next, an empty row comes before the first. A line has none: its foot makes the room.
    pub fn new(bars: Bars, chart: Chart, interval: Interval) -> Self {
        let bars = if chart == Chart::Spark { thinned(&bars) } else { bars };
        let last = bars.last().map_or(i64::MAX, |bar| bar.ts);
        let (closed, forming) = (bars.before(last), bars.since(last));
        let first = bars.times().first().map(|&first| before(first, interval));
        let lead = first.filter(|_| match chart {
            Chart::Spark => false,
            Chart::Mountain | Chart::Line => bars.len() == 1,
            Chart::Candlestick | Chart::HeikinAshi | Chart::Ohlc => is_sparse(&bars, interval),
        });
        Self {
            lead,
            whole: led(&bars, lead),
            forming: led(&forming, lead.filter(|_| closed.is_empty())),
            closed: led(&closed, lead),
            bars,
        }
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

/// Whether no bar of `bars` follows another at once.
fn is_sparse(bars: &Bars, interval: Interval) -> bool {
    // Days and months are longer now and then.
    let far = interval.seconds() * 3 / 2;
    bars.times().windows(2).all(|pair| pair[1] - pair[0] >= far)
}

/// Where the bar before the one at `ts` begins. Of a day it is its noon: the day may be an hour longer.
const fn before(ts: i64, interval: Interval) -> i64 {
    let begins = ts - interval.seconds();
    if interval.is_intraday() { begins } else { begins + DAY / 2 }
}

/// `bars` after an empty row at `lead`.
fn led(bars: &Bars, lead: Option<i64>) -> Bars {
    let nothing = f64::NAN;
    let empty =
        |ts| Bar { ts, open: nothing, high: nothing, low: nothing, close: nothing, volume: 0.0 };
    match lead {
        Some(ts) if !bars.is_empty() => [empty(ts)].into_iter().chain(bars.iter()).collect(),
        _ => bars.clone(),
    }
}

/// The traces of the scene's chart. Without bars there are none: plotly finds a trace of no points
/// invalid.
pub fn traces<'a>(scene: &'a Scene<'_>, window: &'a DrawnWindow, axis: &'a Axis) -> Vec<Trace<'a>> {
    let bars = &window.bars;
    if bars.is_empty() {
        return Vec::new();
    }
    let colors = scene.colors;
    let compared = !scene.compared.is_empty();
    let tone = if compared { colors.own() } else { last::tone(scene, bars) };
    let line = || points(bars, tone);
    let of = |uid, role, bars: &'a Bars, form| {
        trace(scene, uid, role, Some(Stamps::of(axis, bars.times())), form)
    };
    match scene.view.chart {
        Chart::Mountain if !compared => mountain(scene, window, axis, tone),
        // Other lines would run through the filled area.
        Chart::Mountain | Chart::Line => {
            let price = of("price", Some(tone.role), bars, TraceForm::Scatter(line()));
            // One bar alone has room for itself.
            let foot = window.lead.is_some().then(|| foot(scene, window, axis)).flatten();
            foot.into_iter().chain([price]).collect()
        }
        Chart::Spark => {
            let line = TraceForm::Scatter(line().silent());
            vec![trace(scene, "price", Some(tone.role), None, line)]
        }
        Chart::Candlestick | Chart::HeikinAshi => {
            let [up, down] = candles(scene.view.palette, scene.colors);
            window.parts(|uid, bars, look| {
                let role = (uid == "forming").then_some(tone.role);
                of(uid, role, bars, TraceForm::Candlestick(look(Prices::of(bars, up, down))))
            })
        }
        Chart::Ohlc => {
            let [up, down] = candles(scene.view.palette, scene.colors)
                .map(|direction| Direction { fillcolor: None, ..direction });
            // plotly measures the ticks of each trace alone: one of the forming bar would have none.
            let whole = &window.whole;
            let uid = if window.closed.is_empty() { "forming" } else { "price" };
            vec![of(uid, Some(tone.role), whole, TraceForm::Ohlc(Prices::of(whole, up, down)))]
        }
    }
}

fn trace<'a>(
    scene: &'a Scene<'_>,
    uid: &'static str,
    meta: Option<Role>,
    x: Option<Stamps<'a>>,
    form: TraceForm<'a>,
) -> Trace<'a> {
    Trace {
        uid: uid.into(),
        name: scene.instrument.symbol.as_str().into(),
        x,
        yaxis: None,
        legendgroup: None,
        showlegend: false,
        meta,
        form,
    }
}

/// Closes as a line, or as a point where there is one alone: a line through one point cannot be seen.
fn points(bars: &Bars, tone: Tone) -> Scatter<'_> {
    let line = Scatter::line(bars.closes().into(), tone.line, 1.8);
    if bars.len() == 1 { line.with_points() } else { line }
}

/// Closes as a line above a filled area.
///
/// The area ends at an invisible baseline just below the lowest close, below zero where that is: filling
/// to zero would force zero into the automatic y range and flatten the chart, and of closes below zero it
/// would stand on its head.
fn mountain<'a>(
    scene: &'a Scene<'_>,
    window: &'a DrawnWindow,
    axis: &'a Axis,
    tone: Tone,
) -> Vec<Trace<'a>> {
    let bars = &window.bars;
    let line = points(bars, tone);
    let foot = foot(scene, window, axis);
    let line = if foot.is_some() { line.filled(tone.area) } else { line };
    let x = Some(Stamps::of(axis, bars.times()));
    let price = trace(scene, "price", Some(tone.role), x, TraceForm::Scatter(line));
    foot.into_iter().chain([price]).collect()
}

/// The baseline of a line, which cannot be seen; it reaches over the room that one bar alone has.
fn foot<'a>(scene: &'a Scene<'_>, window: &DrawnWindow, axis: &'a Axis) -> Option<Trace<'a>> {
    let (mut times, level) = baseline(&window.bars, scene.view.scale);
    *times.first_mut()? = window.lead.or(times.first().copied())?;
    let base = TraceForm::Scatter(Scatter::invisible(level.into()));
    Some(trace(scene, "baseline", None, Some(Stamps::of(axis, times)), base))
}

/// Both ends of the window, at a level below every close that the axis has a place for. Of closes above zero
/// it is not below; without a close there is none.
fn baseline(bars: &Bars, scale: Scale) -> (Vec<i64>, Vec<f64>) {
    let (Some(&first), Some(&last)) = (bars.times().first(), bars.times().last()) else {
        return (Vec::new(), Vec::new());
    };
    let placed = || bars.closes().iter().copied().filter(|c| scale == Scale::Linear || *c > 0.0);
    let low = placed().fold(f64::INFINITY, f64::min);
    let high = placed().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (Vec::new(), Vec::new());
    }
    let span = match high - low {
        span if span > 0.0 => span,
        _ if high == 0.0 => 1.0,
        _ => high.abs() * 0.01,
    };
    let foot = round_to_span(low - span * FOOTROOM, span);
    let level = match scale {
        Scale::Linear if low >= 0.0 => foot.max(0.0),
        Scale::Linear => foot,
        // Zero and what is next to it lie endlessly far down.
        Scale::Log => foot.max(low * 0.9),
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
fn candles(palette: Palette, colors: &Colors) -> [Direction; 2] {
    let [up, down] = colors.directions(palette);
    let direction =
        |color, fill| Direction { line: BarOutline { color, width: 1.2 }, fillcolor: Some(fill) };
    let hollow = palette == Palette::Safe;
    [direction(up, if hollow { colors.paper } else { up }), direction(down, down)]
}

/// At most [`SPARK_POINTS`] bars, evenly spread, the last one among them.
fn thinned(bars: &Bars) -> Bars {
    let step = bars.len().div_ceil(SPARK_POINTS).max(1);
    let phase = (bars.len() + step - 1) % step;
    bars.iter().skip(phase).step_by(step).collect()
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
            closes in proptest::collection::vec(0.000_01f64..100_000.0, 1..50),
            below in prop_oneof![Just(0.0), 0.0f64..200_000.0],
        ) {
            let placed = baseline(&bars(&closes), Scale::Log).1;
            let closes: Vec<f64> = closes.into_iter().map(|close| close - below).collect();
            let low = closes.iter().copied().fold(f64::INFINITY, f64::min);
            let high = closes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (_, level) = baseline(&bars(&closes), Scale::Linear);
            prop_assert_eq!(level.len(), 2);
            prop_assert!(level[0] <= low && (low < 0.0 || level[0] >= 0.0));
            prop_assert!(low - level[0] <= (high - low).max(high.abs() * 0.01) * 0.1 + 1e-9);
            prop_assert!(placed[0] <= low + below && placed[0] > 0.0);
            let (_, level) = baseline(&bars(&closes), Scale::Log);
            let above = closes.iter().copied().filter(|close| *close > 0.0).reduce(f64::min);
            prop_assert_eq!(level.is_empty(), above.is_none());
            prop_assert!(above.is_none_or(|above| level[0] <= above && level[0] > 0.0));
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
