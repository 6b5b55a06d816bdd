//! Lines and labels that explain a chart: previous close, last price, the day's high and low.
//!
//! All carry a `name`, so that a client that draws its own can find and drop them.

use std::borrow::Cow;

use serde::Serialize;

use super::Scene;
use super::color::Color;
use super::last;
use super::scale;
use super::theme::{Colors, Tone};
use super::time::{Axis, Stamp};
use super::unit::PriceUnit;
use crate::bars::Bars;
use crate::view::{Chart, Scale};

/// A horizontal line across the chart.
#[derive(Serialize)]
pub struct Level {
    name: &'static str,
    r#type: &'static str,
    xref: &'static str,
    yref: &'static str,
    x0: u8,
    x1: u8,
    y0: f64,
    y1: f64,
    line: LevelLine,
}

#[derive(Serialize)]
struct LevelLine {
    color: Color,
    width: u8,
    dash: &'static str,
}

/// A label at a place of the chart.
#[derive(Serialize)]
pub struct Annotation {
    name: &'static str,
    text: String,
    xref: &'static str,
    yref: Cow<'static, str>,
    x: LabelX,
    y: f64,
    showarrow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    xanchor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yanchor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yshift: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bgcolor: Option<Color>,
    #[serde(skip_serializing_if = "Option::is_none")]
    font: Option<LabelFont>,
}

/// A share of the width, or an instant.
#[derive(Serialize)]
#[serde(untagged)]
enum LabelX {
    Share(f64),
    At(Stamp),
}

#[derive(Serialize)]
struct LabelFont {
    color: Color,
    size: u8,
}

/// Previous close, or the base of a comparison, and last price.
pub fn lines(scene: &Scene<'_>, bars: &Bars) -> Vec<Level> {
    let colors = scene.colors;
    let line = |name, price, color, dash| Level {
        name,
        r#type: "line",
        xref: "paper",
        yref: "y",
        x0: 0,
        x1: 1,
        y0: price,
        y1: price,
        line: LevelLine { color, width: 1, dash },
    };
    let previous = match PriceUnit::of(scene) {
        PriceUnit::Price(_) => {
            let close = scene.instrument.previous_close.filter(|price| is_near(*price, bars));
            let close = close.filter(|price| scale::has_place(scene, *price));
            close.map(|price| line("previous-close", price, colors.muted, "dot"))
        }
        PriceUnit::Percent => Some(line("base", 0.0, colors.muted, "dot")),
    };
    let last =
        last::price(scene).filter(|price| !bars.is_empty() && scale::has_place(scene, *price));
    let tone = last_tone(scene, bars);
    previous
        .into_iter()
        .chain(last.map(|price| line("last-price", price, tone.line, "dash")))
        .collect()
}

/// The last price on its axis, the day's high and low at their bars; or that there is nothing yet, where
/// nothing `is_drawn` beside it.
pub fn labels(scene: &Scene<'_>, bars: &Bars, axis: &Axis, is_drawn: bool) -> Vec<Annotation> {
    let colors = scene.colors;
    let (Some(price), false) = (last::price(scene), bars.is_empty()) else {
        return if is_drawn { Vec::new() } else { vec![no_bars_yet()] };
    };
    let unit = PriceUnit::of(scene);
    let text = |price: f64| unit.text(price);
    // On a logarithmic axis plotly places shapes by value but annotations by exponent.
    let place = |price: f64| match scene.view.scale {
        Scale::Linear => price,
        Scale::Log => price.log10(),
    };
    let tone = last_tone(scene, bars);
    let extreme = |name, word, (ts, price): (i64, f64), yshift| Annotation {
        name,
        text: format!("{word} {}", text(price)),
        xref: "x",
        yref: "y".into(),
        x: LabelX::At(axis.stamp(ts)),
        y: place(price),
        showarrow: false,
        xanchor: Some(inward(ts, bars)),
        yanchor: None,
        yshift: Some(yshift),
        bgcolor: None,
        font: Some(LabelFont { color: colors.muted, size: 11 }),
    };
    let last = Annotation {
        name: "last-price",
        text: text(price),
        xref: "paper",
        yref: "y".into(),
        x: LabelX::Share(1.0),
        y: place(price),
        showarrow: false,
        xanchor: Some("left"),
        yanchor: None,
        yshift: None,
        bgcolor: Some(tone.line),
        font: Some(LabelFont { color: tone.ink, size: 12 }),
    };
    let mut labels = Vec::new();
    if unit != PriceUnit::Percent {
        // Words among several lines would name none of them.
        let [high, low] = extremes(scene, bars);
        labels.extend(high.map(|high| extreme("high", "high", high, 10)));
        labels.extend(low.map(|low| extreme("low", "low", low, -10)));
    }
    labels.extend(scale::has_place(scene, price).then_some(last));
    labels
}

/// What a reader has to know of the chart, in its corner.
pub fn note(text: String, colors: &Colors) -> Annotation {
    Annotation {
        name: "note",
        text,
        xref: "paper",
        yref: "y domain".into(),
        x: LabelX::Share(0.0),
        y: 0.0,
        showarrow: false,
        xanchor: Some("left"),
        yanchor: Some("bottom"),
        yshift: None,
        bgcolor: None,
        font: Some(LabelFont { color: colors.muted, size: 11 }),
    }
}

/// What a pane below the prices shows, above its corner.
pub fn pane_label(text: String, pane: usize, colors: &Colors) -> Annotation {
    Annotation {
        name: "pane",
        text,
        xref: "paper",
        yref: format!("y{} domain", pane + 2).into(),
        x: LabelX::Share(0.0),
        y: 1.0,
        showarrow: false,
        xanchor: Some("left"),
        yanchor: Some("bottom"),
        yshift: None,
        bgcolor: None,
        font: Some(LabelFont { color: colors.muted, size: 11 }),
    }
}

/// The colour of the last price: a line's own, or what rising and falling bars have.
fn last_tone(scene: &Scene<'_>, bars: &Bars) -> Tone {
    let colors = scene.colors;
    if PriceUnit::of(scene) == PriceUnit::Percent && draws_closes(scene.view.chart) {
        return colors.own();
    }
    let tone = last::tone(scene, bars);
    if draws_closes(scene.view.chart) {
        return tone;
    }
    let [up, down] = colors.directions(scene.view.palette);
    Tone { line: if last::falls(scene, bars) { down } else { up }, ..tone }
}

/// Whether a chart shows nothing of a bar but its close.
fn draws_closes(chart: Chart) -> bool {
    matches!(chart, Chart::Mountain | Chart::Line | Chart::Spark)
}

/// When and at what price the drawn bars were highest and lowest: by what is drawn of them, the last price
/// included.
fn extremes(scene: &Scene<'_>, bars: &Bars) -> [Option<(i64, f64)>; 2] {
    let (highs, lows) = if draws_closes(scene.view.chart) {
        (bars.closes(), bars.closes())
    } else {
        (bars.highs(), bars.lows())
    };
    let newest = bars.times().last().copied().zip(last::price(scene));
    let at = |prices: &[f64], best: fn(&f64, &f64) -> bool| {
        let drawn = bars.times().iter().copied().zip(prices.iter().copied());
        let placed = drawn.chain(newest).filter(|(_, price)| scale::has_place(scene, *price));
        placed.reduce(|found, new| if best(&new.1, &found.1) { new } else { found })
    };
    [at(highs, |a, b| a > b), at(lows, |a, b| a < b)]
}

/// The side on which a label near an end of the window is anchored: centred it would stand out of the
/// chart, and the automatic x range would make room for it.
fn inward(ts: i64, bars: &Bars) -> &'static str {
    let before = bars.times().partition_point(|&at| at < ts);
    match before * 8 / bars.len().max(1) {
        0 => "left",
        7.. => "right",
        _ => "center",
    }
}

/// A line far away would be drawn in by the automatic y range and flatten the chart.
fn is_near(price: f64, bars: &Bars) -> bool {
    let low = bars.lows().iter().copied().fold(f64::INFINITY, f64::min);
    let high = bars.highs().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low) * 0.5;
    price >= low - span && price <= high + span
}

fn no_bars_yet() -> Annotation {
    Annotation {
        name: "no-bars",
        text: "No bars yet".to_owned(),
        xref: "paper",
        yref: "paper".into(),
        x: LabelX::Share(0.5),
        y: 0.5,
        showarrow: false,
        xanchor: None,
        yanchor: None,
        yshift: None,
        bgcolor: None,
        font: None,
    }
}
