//! Bars into a complete Plotly figure: pure, deterministic, valid in plotly.js 4 and plotly.py.
//!
//! The figure is self-contained (data, layout with a pruned template, config) and leaves view state
//! to the client: no axis range is ever sent, and `uirevision` and every `uid` stay the same from
//! one update to the next, so a zoom survives.

mod breaks;
mod buttons;
mod charts;
mod layout;
mod marks;
mod meta;
mod panes;
mod patterns;
mod studies;
mod theme;
mod time;
mod traces;
mod window;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::bars::Bars;
use crate::market::{Hours, Instrument, SessionState};
use crate::view::{Chart, View};
use layout::{Config, Layout};
use studies::Studies;
use time::Axis;
use traces::Trace;

/// Everything a figure is made of.
#[derive(Debug)]
pub struct Scene<'a> {
    /// What to draw, and how.
    pub view: &'a View,
    /// The feed's whole series; the view's window is cut from its end.
    pub bars: &'a Bars,
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// When it trades.
    pub hours: &'a Hours,
    /// Newest price where it is known apart from the bars, and its instant.
    pub quote: Option<(f64, Timestamp)>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// What the market is doing.
    pub session: Option<SessionState>,
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
    let zone = &scene.instrument.zone;
    let cut = |bars: &Bars| window::cut(bars, scene.hours, scene.view, zone);
    let bars = match scene.view.chart {
        Chart::HeikinAshi => cut(&scene.bars.heikin_ashi()),
        _ => cut(scene.bars),
    };
    let window = charts::Window::new(bars, scene.view.chart);
    let axis = Axis::of(window.bars.times(), zone, scene.view.interval);
    let studies = Studies::of(scene, &window.bars);
    let mut data = charts::traces(scene, &window, &axis);
    data.extend(studies.traces(scene, &window.bars, &axis));
    let figure = Figure {
        data,
        layout: layout::of(scene, &window.bars, &axis, &studies),
        config: Config::default(),
    };
    serde_json::to_string(&figure).expect("a figure has string keys only and no failing serializer")
}

#[cfg(test)]
mod tests;
