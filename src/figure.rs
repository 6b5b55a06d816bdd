//! Bars into a complete Plotly figure: pure, deterministic, valid in plotly.js 4 and plotly.py.
//!
//! The figure is self-contained (data, layout with a pruned template, config) and leaves view state
//! to the client: no axis range is ever sent, and `uirevision` and every `uid` stay the same from
//! one update to the next, so a zoom survives.

mod appearance;
mod breaks;
mod buttons;
mod charts;
mod color;
mod color_table;
mod compare;
mod density;
mod last;
mod layout;
mod marks;
mod memo;
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
mod template;
mod theme;
mod time;
mod timeline;
mod traces;
mod unit;
mod window;

use bytes::Bytes;
use serde::Serialize;

use crate::bars::Bars;
pub use appearance::Appearance;
use charts::DrawnWindow;
pub use color_table::{ColorTable, color_tables, contrast_of};
use compare::Comparison;
use density::DrawnSeries;
use layout::{Layout, PlotlyConfig};
pub use memo::Memo;
use memo::{Derived, Pen};
use omitted::Omitted;
pub use rows::{RowChanges, ViewRows};
pub use scene::{Compared, Scene};
use studies::DrawnStudies;
pub use table::{Format, table};
pub use theme::Colors;
use timeline::{Timeline, When};
use traces::Trace;
pub use unit::decimals;

#[derive(Serialize)]
struct Figure<'a> {
    data: Vec<Trace<'a>>,
    layout: Layout<'a>,
    config: PlotlyConfig,
}

/// The bars of the scene's window.
#[must_use]
pub fn shown(scene: &Scene<'_>) -> Bars {
    window::shown(scene, scene.bars, scene.view.interval)
}

/// Draws the scene as figure JSON, on one line.
#[must_use]
pub fn render(scene: &Scene<'_>) -> String {
    let text = redraw(scene, &mut Memo::default(), ["", ""]);
    String::from_utf8(text.into()).expect("JSON is text")
}

/// Draws the scene as figure JSON, on one line, between `around`. What did not change since the last figure
/// that was drawn with `memo` is taken from there; the bytes are the same with any memo.
#[must_use]
pub fn redraw(scene: &Scene<'_>, memo: &mut Memo, around: [&str; 2]) -> Bytes {
    let mut pen = Pen::new(memo);
    pen.text(around[0]);
    with_figure(scene, &mut memo.derived, |figure| figure.write(&mut pen));
    pen.text(around[1]);
    pen.finish(memo)
}

impl Figure<'_> {
    fn write(&self, pen: &mut Pen) {
        pen.text("{\"data\":[");
        for (index, trace) in self.data.iter().enumerate() {
            pen.text(if index == 0 { "" } else { "," });
            pen.open(trace);
            for (name, column) in trace.columns() {
                pen.text(",\"");
                pen.text(name);
                pen.text("\":");
                pen.column(column);
            }
            pen.text("}");
        }
        pen.text("],\"layout\":");
        pen.json(&self.layout);
        pen.text(",\"config\":");
        pen.json(&self.config);
        pen.text("}");
    }
}

/// Looks at the scene's figure, which borrows what it is made of. `derived` is what was derived for
/// the figure before, and then for this one.
fn with_figure<T>(
    scene: &Scene<'_>,
    derived: &mut Derived,
    see: impl FnOnce(Figure<'_>) -> T,
) -> T {
    let drawn = DrawnSeries::of(scene);
    let compared = drawn.compared(scene);
    let scene = &Scene { bars: &drawn.bars, compared: &compared, ..*scene };
    let is_compared = !scene.view.compare.is_empty();
    let comparison =
        is_compared.then(|| Comparison::of(scene, &window::cut(scene.bars, scene, drawn.interval)));
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
    let Derived { timeline, studies } = derived;
    let known = studies.take();
    let studies = &*studies.insert(DrawnStudies::of(percent, &window, known));
    let own = window.clone();
    let window = DrawnWindow::new(window, scene.view.chart, drawn.interval);
    let times = comparison.as_ref().map(|comparison| comparison.times(window.bars.times()));
    let times = times.as_deref().unwrap_or(window.bars.times());
    let (zone, hours, interval) = (&scene.instrument.zone, scene.hours, drawn.interval);
    let when = When { own: own.times(), all: times, zone, hours, interval };
    let known = timeline.take();
    let timeline = &*timeline.insert(Timeline::of(when, known));
    let axis = &timeline.axis;
    let mut data = charts::traces(percent, &window, axis);
    data.extend(studies.traces(percent, &window.bars, axis));
    if let Some(comparison) = &comparison {
        comparison.extend(scene, &mut data, axis);
    }
    let aggregated = drawn.aggregated(scene);
    omitted.notes.extend(scale::note(percent, &window.bars));
    omitted.studies.clone_from(&studies.omitted);
    let meta = meta::of(scene, &omitted, comparison.as_ref(), aggregated, axis);
    see(Figure {
        data,
        layout: layout::of(percent, &window.bars, times, timeline, studies, meta),
        config: PlotlyConfig::PLAIN,
    })
}

#[cfg(test)]
mod tests;
