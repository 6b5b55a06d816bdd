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
mod omitted;
mod panes;
mod patterns;
mod rows;
mod scale;
mod scene;
mod shades;
mod studies;
mod table;
mod theme;
mod time;
mod traces;
mod unit;
mod window;

use serde::Serialize;

use charts::DrawnWindow;
use compare::Comparison;
use density::DrawnSeries;
use layout::{Layout, PlotlyConfig};
use omitted::Omitted;
pub use rows::{RowChanges, ViewRows};
pub use scene::{Compared, Scene};
use studies::DrawnStudies;
pub use table::{Format, table};
pub use theme::{ColorTable, color_tables};
use time::Axis;
use traces::Trace;

#[derive(Serialize)]
struct Figure<'a> {
    data: Vec<Trace<'a>>,
    layout: Layout<'a>,
    config: PlotlyConfig,
}

/// Draws the scene as figure JSON, on one line.
#[must_use]
pub fn render(scene: &Scene<'_>) -> String {
    with_figure(scene, |figure| serde_json::to_string(&figure))
        .expect("a figure has string keys only and no failing serializer")
}

/// Looks at the scene's figure, which borrows what it is made of.
fn with_figure<T>(scene: &Scene<'_>, see: impl FnOnce(Figure<'_>) -> T) -> T {
    let drawn = DrawnSeries::of(scene);
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
    let window = window::shown(scene, &series, drawn.interval);
    let studies = DrawnStudies::of(percent, &window);
    let axis = Axis::of(window.times(), &scene.instrument.zone, drawn.interval);
    let window = DrawnWindow::new(window, scene.view.chart, drawn.interval);
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
        config: PlotlyConfig::PLAIN,
    })
}

#[cfg(test)]
mod tests;
