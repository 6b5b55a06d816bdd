//! The layout of a figure, its `meta` and its config.

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::Serialize;

use super::theme::{Palette, SelectorColors, Template};
use super::time::{Axis, Stamp};
use super::{Scene, breaks};
use crate::bars::Bars;
use crate::market::SessionState;

/// Decimals of a price when the source gives no hint.
const DEFAULT_DECIMALS: u8 = 2;

/// `layout`.
#[derive(Serialize)]
pub struct Layout<'a> {
    title: Title,
    template: Template,
    uirevision: String,
    hovermode: &'static str,
    dragmode: &'static str,
    margin: Margin,
    xaxis: XAxis,
    yaxis: YAxis,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
    meta: Meta<'a>,
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
struct XAxis {
    r#type: &'static str,
    rangeselector: RangeSelector,
    rangeslider: RangeSlider,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rangebreaks: Vec<Break>,
}

#[derive(Serialize)]
struct Break {
    bounds: [Stamp; 2],
}

#[derive(Serialize)]
struct RangeSelector {
    buttons: [Button; 5],
    #[serde(flatten)]
    colors: SelectorColors,
}

/// A range button; its name lets a client that draws its own find and drop it.
#[derive(Serialize)]
struct Button {
    name: &'static str,
    label: &'static str,
    step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stepmode: Option<&'static str>,
}

/// The original's five: 15 and 45 minutes, hour to date, three hours, everything.
const BUTTONS: [Button; 5] = [
    button("range-15m", "15m", "minute", 15, "backward"),
    button("range-45m", "45m", "minute", 45, "backward"),
    button("range-htd", "HTD", "hour", 1, "todate"),
    button("range-3h", "3h", "hour", 3, "backward"),
    Button { name: "range-all", label: "all", step: "all", count: None, stepmode: None },
];

const fn button(
    name: &'static str,
    label: &'static str,
    step: &'static str,
    count: u8,
    mode: &'static str,
) -> Button {
    Button { name, label, step, count: Some(count), stepmode: Some(mode) }
}

#[derive(Serialize)]
struct RangeSlider {
    visible: bool,
    thickness: f64,
}

#[derive(Serialize)]
struct YAxis {
    side: &'static str,
    tickformat: String,
    hoverformat: String,
    fixedrange: bool,
}

#[derive(Serialize)]
struct Annotation {
    name: &'static str,
    text: &'static str,
    xref: &'static str,
    yref: &'static str,
    x: f64,
    y: f64,
    showarrow: bool,
}

/// `layout.meta`: the facts of the figure for a program to read.
#[derive(Serialize)]
struct Meta<'a> {
    instrument: InstrumentMeta<'a>,
    quote: QuoteMeta,
    view: String,
    source: &'static str,
    /// Seconds by which the data is late by design.
    delay: Option<u64>,
    session: Option<SessionState>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstrumentMeta<'a> {
    symbol: &'a str,
    name: Option<&'a str>,
    currency: Option<&'a str>,
    exchange: Option<&'a str>,
    zone: &'a str,
    previous_close: Option<f64>,
    price_decimals: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuoteMeta {
    last: Option<f64>,
    change: Option<f64>,
    change_percent: Option<f64>,
    as_of: Option<String>,
    seq: u64,
}

/// `config`: no logo, no button that sends the chart elsewhere, resized with its box.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    displaylogo: bool,
    show_send_to_cloud: bool,
    responsive: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { displaylogo: false, show_send_to_cloud: false, responsive: true }
    }
}

/// The layout of `bars`, the drawn window of the scene.
pub fn of<'a>(scene: &'a Scene<'_>, bars: &Bars, axis: &Axis) -> Layout<'a> {
    let instrument = scene.instrument;
    let palette = Palette::of(scene.view.theme);
    let decimals = instrument.price_decimals.unwrap_or(DEFAULT_DECIMALS);
    Layout {
        title: Title { text: title(scene), x: 0.01, xanchor: "left" },
        template: palette.template(),
        uirevision: revision(scene),
        hovermode: "x",
        dragmode: "pan",
        margin: Margin { l: 12, r: 64, t: 72, b: 32 },
        xaxis: XAxis {
            r#type: "date",
            rangeselector: RangeSelector { buttons: BUTTONS, colors: palette.selector() },
            rangeslider: RangeSlider { visible: true, thickness: 0.08 },
            rangebreaks: range_breaks(scene, bars, axis),
        },
        yaxis: YAxis {
            side: "right",
            tickformat: format!(",.{decimals}f"),
            hoverformat: format!(",.{decimals}f"),
            fixedrange: false,
        },
        annotations: no_bars_yet(bars),
        meta: meta(scene, bars, decimals),
    }
}

fn title(scene: &Scene<'_>) -> String {
    let symbol = &scene.instrument.symbol;
    match &scene.instrument.name {
        // Names come from upstream and titles take markup.
        Some(name) => format!("{symbol} · {}", name.replace('<', "&lt;")),
        None => symbol.to_string(),
    }
}

/// What the user's zoom belongs to: it is kept as long as this stays the same.
fn revision(scene: &Scene<'_>) -> String {
    let view = scene.view;
    format!("{}|{}|{}|regular", view.symbol, view.interval, view.range.as_str())
}

fn range_breaks(scene: &Scene<'_>, bars: &Bars, axis: &Axis) -> Vec<Break> {
    let date = |ts: i64| local_date(ts, &scene.instrument.zone);
    let interval = scene.view.interval.seconds();
    breaks::of(bars.times(), scene.hours, interval, |a, b| date(a) == date(b))
        .into_iter()
        .map(|bounds| Break { bounds: bounds.map(|ts| axis.stamp(ts)) })
        .collect()
}

fn local_date(ts: i64, zone: &TimeZone) -> Option<jiff::civil::Date> {
    Timestamp::from_second(ts).ok().map(|at| zone.to_datetime(at).date())
}

fn no_bars_yet(bars: &Bars) -> Vec<Annotation> {
    if !bars.is_empty() {
        return Vec::new();
    }
    vec![Annotation {
        name: "no-bars",
        text: "No bars yet",
        xref: "paper",
        yref: "paper",
        x: 0.5,
        y: 0.5,
        showarrow: false,
    }]
}

fn meta<'a>(scene: &'a Scene<'_>, bars: &Bars, price_decimals: u8) -> Meta<'a> {
    let instrument = scene.instrument;
    let bar = bars.last();
    let last = scene.quote.map(|(price, _)| price).or(bar.map(|bar| bar.close));
    let as_of = scene
        .quote
        .map(|(_, at)| at)
        .or_else(|| bar.and_then(|bar| Timestamp::from_second(bar.ts).ok()));
    let change = last.zip(instrument.previous_close).map(|(last, before)| last - before);
    let percent = change
        .zip(instrument.previous_close)
        .filter(|(_, before)| *before > 0.0)
        .map(|(change, before)| change / before * 100.0);
    Meta {
        instrument: InstrumentMeta {
            symbol: instrument.symbol.as_str(),
            name: instrument.name.as_deref(),
            currency: instrument.currency.as_deref(),
            exchange: instrument.exchange.as_deref(),
            zone: instrument.zone_name(),
            previous_close: instrument.previous_close,
            price_decimals,
        },
        quote: QuoteMeta {
            last,
            change: change.map(|change| round(change, 6)),
            change_percent: percent.map(|percent| round(percent, 4)),
            as_of: as_of.map(|at| local_text(at, &instrument.zone)),
            seq: scene.seq,
        },
        view: scene.view.to_string(),
        source: scene.source,
        delay: scene.delay.map(|delay| delay.as_secs()),
        session: scene.session,
    }
}

/// RFC 3339 with the exchange's offset, to the second.
fn local_text(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    let at = at.round(seconds).unwrap_or(at);
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// Cuts the noise of binary subtraction: 226.8 - 226.5 is 0.3.
fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}
