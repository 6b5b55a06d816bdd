//! `layout.meta`: what a program may want to know of a figure.

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::Serialize;

use super::compare::{Comparison, LineMeta};
use super::density::Aggregated;
use super::omitted::Omitted;
use super::time::Axis;
use super::{Scene, last, unit};
use crate::bars::decimals::difference;
use crate::market::SessionState;
use crate::study::Study;
use crate::symbol::Symbol;

/// `layout.meta`: the facts of the figure for a program to read.
#[derive(Serialize)]
pub struct Meta<'a> {
    instrument: InstrumentMeta<'a>,
    quote: QuoteMeta,
    view: String,
    source: &'static str,
    /// Seconds by which the data is late by design.
    delay: Option<u64>,
    session: Option<SessionMeta>,
    /// That bars are drawn longer than they were asked for, and how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregated: Option<Aggregated>,
    /// The lines of a comparison, the view's own first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compare: Vec<LineMeta<'a>>,
    /// What was asked for and is not drawn: studies that say nothing of this instrument, and symbols
    /// without bars to compare with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<String>,
    /// What a reader has to know of the chart, in sentences; the chart shows them too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl Meta<'_> {
    /// Whether a symbol that the scene's is compared with is drawn.
    pub fn is_drawn(&self, other: &Symbol) -> bool {
        self.compare.iter().any(|line| line.symbol == other.as_str())
    }
}

/// What the market was doing when the figure was drawn.
#[derive(Serialize)]
pub struct SessionMeta {
    state: SessionState,
    /// When that ends, on the exchange's clock.
    until: Option<String>,
    /// What comes then.
    next: Option<SessionState>,
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
    /// From the close of the session before the newest one.
    change: Option<f64>,
    /// The same in percent; of a close that is not above zero there is none.
    change_percent: Option<f64>,
    as_of: Option<String>,
}

impl Meta<'_> {
    /// What a reader has to know of the chart, on one line.
    pub fn note(&self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.notes.join("; "))
    }
}

/// The facts of a scene.
pub fn of<'a>(
    scene: &'a Scene<'_>,
    omitted: &Omitted,
    comparison: Option<&'a Comparison<'a>>,
    aggregated: Option<Aggregated>,
    axis: &Axis,
) -> Meta<'a> {
    let instrument = scene.instrument;
    let studies = omitted.studies.iter().map(Study::to_string);
    let last = last::price(scene);
    let change = last.zip(instrument.previous_close).map(|(last, before)| difference(last, before));
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
            price_decimals: unit::decimals(scene),
        },
        quote: QuoteMeta {
            last,
            change,
            change_percent: percent.map(|percent| round(percent, 4)),
            as_of: as_of(scene),
        },
        view: scene.view.to_string(),
        source: scene.source,
        delay: scene.delay.map(|delay| delay.as_secs()),
        session: session(scene),
        aggregated,
        compare: comparison.map(|comparison| comparison.meta(scene, axis)).unwrap_or_default(),
        omitted: studies.chain(omitted.symbols.iter().map(Symbol::to_string)).collect(),
        notes: omitted.notes.clone(),
    }
}

/// The instant that the newest data speaks of, on the exchange's clock.
pub fn as_of(scene: &Scene<'_>) -> Option<String> {
    let begun = || Timestamp::from_second(scene.bars.last()?.ts).ok();
    let at = scene.quote.map(|(_, at)| at).or_else(begun)?;
    Some(local_text(at, &scene.instrument.zone))
}

/// The session of a scene.
pub fn session(scene: &Scene<'_>) -> Option<SessionMeta> {
    let now = scene.session?;
    let until = now.until.map(|at| local_text(at, &scene.instrument.zone));
    Some(SessionMeta { state: now.state, until, next: now.next })
}

/// RFC 3339 with the exchange's offset, to the second.
fn local_text(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    let at = at.round(seconds).unwrap_or(at);
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// Cuts digits that nobody reads.
fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}
