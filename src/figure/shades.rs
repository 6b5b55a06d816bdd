//! Grounds behind the bars from before and after regular trading.
//!
//! Each carries a `name`, so that a client can find and drop them.

use serde::Serialize;

use super::Scene;
use super::color::Color;
use super::time::{Axis, Stamp};
use crate::market::{Phase, SessionState};
use crate::view::Session;

/// Most of them in one figure, the newest: a month has two a day.
const MAX_SHADES: usize = 50;

/// A ground over the whole height of the chart.
#[derive(Serialize)]
pub struct Shade {
    name: &'static str,
    r#type: &'static str,
    layer: &'static str,
    xref: &'static str,
    yref: &'static str,
    x0: Stamp,
    x1: Stamp,
    y0: u8,
    y1: u8,
    fillcolor: Color,
    line: Border,
}

#[derive(Serialize)]
struct Border {
    width: u8,
}

/// The grounds of a chart of extended hours whose bars start at `times`. None reaches beyond the first
/// and the last bar: the automatic x range would make room for it.
pub fn of(scene: &Scene<'_>, times: &[i64], axis: &Axis) -> Vec<Shade> {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Vec::new() };
    if scene.view.session != Session::Extended {
        return Vec::new();
    }
    let shade = |phase: &Phase| {
        let name = match phase.state {
            SessionState::Pre => "pre-market",
            SessionState::Post => "post-market",
            _ => return None,
        };
        let (start, end) = (phase.period.start.max(first), phase.period.end.min(last));
        let begun = times.partition_point(|&ts| ts < start);
        let has_bars = times.get(begun).is_some_and(|&ts| ts < end);
        has_bars.then(|| Shade {
            name,
            r#type: "rect",
            layer: "below",
            xref: "x",
            yref: "paper",
            x0: axis.stamp(start),
            x1: axis.stamp(end),
            y0: 0,
            y1: 1,
            fillcolor: scene.colors.veil,
            line: Border { width: 0 },
        })
    };
    let newest = scene.timetable.phases().iter().rev().filter_map(shade).take(MAX_SHADES);
    let mut shades: Vec<Shade> = newest.collect();
    shades.reverse();
    shades
}
