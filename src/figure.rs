//! Bars into a complete Plotly figure: pure, deterministic, valid in plotly.js 4 and plotly.py.
//!
//! The figure is self-contained (data, layout with a pruned template, config) and leaves view state
//! to the client: no axis range is ever sent, and `uirevision` and every `uid` stay the same from
//! one update to the next, so a zoom survives.

mod breaks;
mod buttons;
mod charts;
mod compare;
mod density;
mod last;
mod layout;
mod marks;
mod meta;
mod panes;
mod patch;
mod patterns;
mod scale;
mod shades;
mod studies;
mod table;
mod theme;
mod time;
mod traces;
mod unit;
mod window;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, SessionNow, Timetable};
use crate::view::{Chart, View};
pub use compare::Compared;
use compare::Comparison;
use density::Drawn;
use layout::{Config, Layout};
use meta::Omitted;
pub use patch::patch;
use studies::Studies;
pub use table::{Format, table};
pub use theme::{ColorTable, color_tables};
use time::Axis;
use traces::Trace;

/// Everything a figure is made of.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What to draw, and how.
    pub view: &'a View,
    /// The feed's whole series; the view's window is cut from its end.
    pub bars: &'a Bars,
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// When it trades.
    pub hours: &'a Hours,
    /// Those of the view's compared symbols that there are bars of.
    pub compared: &'a [Compared<'a>],
    /// Newest price where it is known apart from the bars and no older, and its instant.
    pub quote: Option<(f64, Timestamp)>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// What the market is doing.
    pub session: Option<SessionNow>,
    /// What it does at any time.
    pub timetable: &'a Timetable,
    /// Name of the source.
    pub source: &'static str,
    /// Sequence number of the frame this figure becomes.
    pub seq: u64,
}

#[derive(Serialize)]
struct Figure<'a> {
    data: Vec<Trace<'a>>,
    layout: Layout<'a>,
    config: Config,
}

/// Draws the scene as figure JSON, on one line.
#[must_use]
pub fn render(scene: &Scene<'_>) -> String {
    with_figure(scene, |figure| serde_json::to_string(&figure))
        .expect("a figure has string keys only and no failing serializer")
}

/// Looks at the scene's figure, which borrows what it is made of.
fn with_figure<T>(scene: &Scene<'_>, see: impl FnOnce(Figure<'_>) -> T) -> T {
    let drawn = Drawn::of(scene);
    let compared = drawn.compared(scene);
    let scene = &Scene { bars: &drawn.bars, compared: &compared, ..*scene };
    let is_compared = !scene.view.compare.is_empty();
    let window = window::cut(scene.bars, scene, drawn.interval);
    let comparison = is_compared.then(|| Comparison::of(scene, &window));
    let mut omitted = comparison.as_ref().map_or_else(Omitted::default, Comparison::omitted);
    // A chart beside which nothing can be drawn is a chart of prices.
    let comparison = comparison.filter(Comparison::has_others);
    let compared = if comparison.is_some() { scene.compared } else { &[] };
    let scene = &Scene { compared, ..*scene };
    // What is drawn are prices, or the same in percent.
    let series = comparison.as_ref().map_or(scene.bars, |comparison| &comparison.bars).clone();
    let quote = comparison.as_ref().map_or(scene.quote, |comparison| comparison.quote(scene));
    let percent = &Scene { bars: &series, quote, ..*scene };
    let window = shown(scene, &series, drawn.interval);
    let studies = Studies::of(percent, &window);
    let axis = Axis::of(window.times(), &scene.instrument.zone, drawn.interval);
    let window = charts::Window::new(window, scene.view.chart, drawn.interval);
    let mut data = charts::traces(percent, &window, &axis);
    data.extend(studies.traces(percent, &window.bars, &axis));
    if let Some(comparison) = &comparison {
        comparison.extend(scene, &mut data, &axis);
    }
    let aggregated = drawn.aggregated(scene);
    omitted.notes.extend(scale::note(percent, &window.bars));
    omitted.studies.clone_from(&studies.omitted);
    let meta = meta::of(scene, &omitted, comparison.as_ref(), aggregated, &axis);
    let times = comparison.as_ref().map(|comparison| comparison.times(window.bars.times()));
    let times = times.as_deref().unwrap_or(window.bars.times());
    see(Figure {
        data,
        layout: layout::of(percent, &window.bars, times, &axis, &studies, meta),
        config: Config::PLAIN,
    })
}

/// The view's window of `series`, bars of `interval`, as its chart shows bars.
fn shown(scene: &Scene<'_>, series: &Bars, interval: Interval) -> Bars {
    match scene.view.chart {
        Chart::HeikinAshi => window::cut(&series.heikin_ashi(), scene, interval),
        _ => window::cut(series, scene, interval),
    }
}

#[cfg(test)]
mod tests;
