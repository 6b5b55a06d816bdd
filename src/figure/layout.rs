//! The layout of a figure, and its config.

use std::collections::BTreeMap;

use serde::Serialize;

use super::buttons::{self, Button};
use super::color::Color;
use super::marks::{self, Annotation};
use super::meta::Meta;
use super::panes::Panes;
use super::patterns::Break;
use super::studies::{DrawnStudies, DrawnStudy};
use super::template::{SelectorColors, Template};
use super::theme::Colors;
use super::time::Axis;
use super::timeline::Timeline;
use super::unit::PriceUnit;
use super::{Scene, shades};
use crate::bars::Bars;
use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::{Chart, Scale};

/// `layout`.
#[derive(Serialize)]
pub struct Layout<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Title>,
    template: Template,
    uirevision: String,
    hovermode: Hover,
    /// Hovering goes through all panes of the x axis.
    hoversubplots: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    legend: Option<Legend>,
    dragmode: &'static str,
    /// Every figure is as wide as its box is then. Said aloud, as `Plotly.react` keeps the first
    /// width of a layout that leaves it out.
    autosize: bool,
    margin: Margin,
    xaxis: XAxis<'a>,
    yaxis: YAxis,
    /// `yaxis2` and so on, from the top.
    #[serde(flatten)]
    panes: BTreeMap<String, PaneAxis>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shapes: Vec<Shape>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
    meta: Meta<'a>,
}

/// An entry of `shapes`.
#[derive(Serialize)]
#[serde(untagged)]
enum Shape {
    Shade(shades::Shade),
    Level(marks::Level),
}

/// `hovermode`: by column, or off.
#[derive(Serialize)]
#[serde(untagged)]
enum Hover {
    By(&'static str),
    Off(bool),
}

#[derive(Serialize)]
struct Title {
    text: String,
    x: f64,
    xanchor: &'static str,
}

#[derive(Serialize)]
struct Margin {
    l: u8,
    r: u8,
    t: u8,
    b: u8,
}

#[derive(Serialize)]
#[serde(untagged)]
enum XAxis<'a> {
    Dates {
        r#type: &'static str,
        /// The lowest pane: times stand below it.
        anchor: String,
        rangeselector: RangeSelector,
        rangeslider: RangeSlider,
        tickformatstops: &'static [TickFormat],
        #[serde(skip_serializing_if = "<[Break]>::is_empty")]
        rangebreaks: &'a [Break],
    },
    Hidden {
        visible: bool,
    },
}

/// How ticks are written that are so far apart, in milliseconds.
#[derive(Serialize)]
struct TickFormat {
    dtickrange: [u32; 2],
    value: &'static str,
}

/// Plotly's own dates have a year below the minutes: too wide for a chart of 600 pixels, where it turns all labels
/// aside.
const TICKS: [TickFormat; 1] =
    [TickFormat { dtickrange: [60_000, 43_200_000], value: "%H:%M\n%b %-d" }];

#[derive(Serialize)]
struct RangeSelector {
    buttons: &'static [Button],
    #[serde(flatten)]
    colors: SelectorColors,
}

#[derive(Serialize)]
struct RangeSlider {
    visible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thickness: Option<f64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum YAxis {
    Prices {
        r#type: &'static str,
        domain: [f64; 2],
        side: &'static str,
        tickformat: String,
        hoverformat: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticksuffix: Option<&'static str>,
        fixedrange: bool,
    },
    Hidden {
        visible: bool,
    },
}

/// The y axis of a pane below the prices.
#[derive(Serialize)]
struct PaneAxis {
    domain: [f64; 2],
    side: &'static str,
    tickformat: String,
    nticks: u8,
}

#[derive(Serialize)]
struct Legend {
    orientation: &'static str,
    x: f64,
    y: f64,
    xanchor: &'static str,
    yanchor: &'static str,
    bgcolor: Color,
    /// Lines of one study stand no further apart than others.
    tracegroupgap: u8,
    /// One for ever: what is hidden stays hidden when the symbol changes.
    uirevision: &'static str,
}

/// The legend of so many lines: a few go above the prices, at the other end of the range buttons'
/// line; more stand in the chart's corner.
fn legend(lines: usize, colors: &Colors) -> Option<Legend> {
    let above = Legend {
        orientation: "h",
        x: 1.0,
        y: 1.0,
        xanchor: "right",
        yanchor: "bottom",
        bgcolor: Color::Named("rgba(0,0,0,0)"),
        tracegroupgap: 0,
        uirevision: "legend",
    };
    match lines {
        0 => None,
        1..=3 => Some(above),
        _ => Some(Legend {
            orientation: "v",
            x: 0.005,
            y: 0.99,
            xanchor: "left",
            yanchor: "top",
            bgcolor: colors.glass,
            ..above
        }),
    }
}

/// `config`: no logo and no button that sends the chart elsewhere. It is not `responsive`: in a box
/// without a height of its own, a responsive chart is 450 and 0 pixels high in turn, as each
/// `Plotly.react` takes the height that the last one made for the box's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlotlyConfig {
    displaylogo: bool,
    show_send_to_cloud: bool,
}

impl PlotlyConfig {
    /// That of every figure.
    pub const PLAIN: Self = Self { displaylogo: false, show_send_to_cloud: false };
}

/// The layout of `bars`, the drawn window of the scene; at `times` anything is drawn.
pub fn of<'a>(
    scene: &Scene<'_>,
    bars: &Bars,
    times: &[i64],
    timeline: &'a Timeline,
    studies: &DrawnStudies,
    meta: Meta<'a>,
) -> Layout<'a> {
    if scene.view.chart == Chart::Spark {
        return bare(scene, meta);
    }
    let axis = &timeline.axis;
    let colors = scene.colors;
    let unit = PriceUnit::of(scene);
    let panes = Panes::new(studies.panes());
    let mut annotations = marks::labels(scene, bars, axis, !times.is_empty());
    annotations.extend(meta.note().map(|note| marks::note(note, colors)));
    annotations.extend(studies.below().map(|(s, pane)| marks::pane_label(s.label(), pane, colors)));
    let compared = scene.compared.len() + usize::from(unit == PriceUnit::Percent);
    Layout {
        title: Some(Title { text: title(scene, &meta, axis.interval()), x: 0.01, xanchor: "left" }),
        hovermode: Hover::By("x unified"),
        legend: legend(studies.overlays() + compared, colors),
        margin: Margin { l: 12, r: 64, t: 72, b: 32 },
        xaxis: x_axis(scene, timeline, studies.panes()),
        yaxis: y_axis(scene, unit, panes),
        panes: studies
            .below()
            .map(|(s, pane)| pane_axis(s, panes.study(pane), pane, unit))
            .collect(),
        shapes: shapes(scene, bars, times, axis),
        annotations,
        ..bare(scene, meta)
    }
}

fn pane_axis(
    study: &DrawnStudy,
    domain: [f64; 2],
    pane: usize,
    unit: PriceUnit,
) -> (String, PaneAxis) {
    let tickformat = study.tick_format(unit);
    (format!("yaxis{}", pane + 2), PaneAxis { domain, side: "right", tickformat, nticks: 4 })
}

/// A layout without axes, words and marks.
fn bare<'a>(scene: &Scene<'_>, meta: Meta<'a>) -> Layout<'a> {
    Layout {
        title: None,
        template: scene.colors.template(),
        uirevision: revision(scene),
        hovermode: Hover::Off(false),
        hoversubplots: "axis",
        legend: None,
        dragmode: "pan",
        autosize: true,
        margin: Margin { l: 0, r: 0, t: 2, b: 2 },
        xaxis: XAxis::Hidden { visible: false },
        yaxis: YAxis::Hidden { visible: false },
        panes: BTreeMap::new(),
        shapes: Vec::new(),
        annotations: Vec::new(),
        meta,
    }
}

fn shapes(scene: &Scene<'_>, bars: &Bars, times: &[i64], axis: &Axis) -> Vec<Shape> {
    let shades = shades::of(scene, times, axis).into_iter().map(Shape::Shade);
    shades.chain(marks::lines(scene, bars).into_iter().map(Shape::Level)).collect()
}

fn x_axis<'a>(scene: &Scene<'_>, timeline: &'a Timeline, panes: usize) -> XAxis<'a> {
    // The slider draws every trace a second time: cheap for a line, half the time of candles.
    let slider = matches!(scene.view.chart, Chart::Mountain | Chart::Line) && panes == 0;
    let colors = scene.colors.selector();
    XAxis::Dates {
        r#type: "date",
        anchor: if panes == 0 { "y".to_owned() } else { format!("y{}", panes + 1) },
        rangeselector: RangeSelector { buttons: buttons::of(timeline.axis.interval()), colors },
        rangeslider: RangeSlider { visible: slider, thickness: slider.then_some(0.08) },
        tickformatstops: &TICKS,
        rangebreaks: &timeline.breaks,
    }
}

fn y_axis(scene: &Scene<'_>, unit: PriceUnit, panes: Panes) -> YAxis {
    YAxis::Prices {
        r#type: match scene.view.scale {
            Scale::Linear => "linear",
            Scale::Log => "log",
        },
        domain: panes.price(),
        side: "right",
        tickformat: unit.tick_format(),
        hoverformat: unit.tick_format(),
        ticksuffix: unit.suffix(),
        fixedrange: false,
    }
}

/// Symbol and name, what it is compared with and what of that is left out, and how long the bars are
/// where that is not what was asked for.
fn title(scene: &Scene<'_>, meta: &Meta<'_>, drawn: Interval) -> String {
    let symbol = &scene.instrument.symbol;
    let mut title = match &scene.instrument.name {
        // Names come from upstream and titles take markup.
        Some(name) => format!("{symbol} · {}", name.replace('<', "&lt;")),
        None => symbol.to_string(),
    };
    let compared = scene.view.compare.as_slice().iter();
    let (beside, without): (Vec<_>, Vec<_>) = compared.partition(|other| meta.is_drawn(other));
    for (word, symbols) in [(" and", beside), (", without", without)] {
        let names: Vec<_> = symbols.into_iter().map(Symbol::as_str).collect();
        if !names.is_empty() {
            title = format!("{title}{word} {}", names.join(", "));
        }
    }
    if drawn == scene.view.interval { title } else { format!("{title} · {drawn} bars") }
}

/// What the user's zoom belongs to: it is kept as long as this stays the same.
fn revision(scene: &Scene<'_>) -> String {
    let view = scene.view;
    // Percents and prices are not the same place.
    let scale = if scene.compared.is_empty() { view.scale.as_str() } else { "percent" };
    let (range, session) = (view.range.as_str(), view.session.as_str());
    format!("{}|{}|{range}|{session}|{scale}", view.symbol, view.interval)
}
