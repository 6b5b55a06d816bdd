//! What a figure shows as a table: the same window of the same bars with the same studies.

use serde::Serialize;

use super::studies::DrawnStudies;
use super::time::Axis;
use super::{Scene, compare, meta, window};
use crate::bars::Bars;
use crate::bars::table::Table;
use crate::study::Study;

choice! {
    /// How a table is written.
    Format {
        /// An object that says what the bars are, with a list of them, an object each.
        #[default]
        Json = "json",
        /// Comma-separated values with a header, after RFC 4180.
        Csv = "csv",
    }
}

/// The table as JSON, and what must be known of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TableDocument<'a> {
    symbol: &'a str,
    name: Option<&'a str>,
    view: String,
    currency: Option<&'a str>,
    /// The exchange's, whose clock the times show.
    zone: &'a str,
    as_of: Option<String>,
    /// Seconds by which the data is late by design.
    delay: Option<u64>,
    session: Option<meta::SessionMeta>,
    source: &'static str,
    /// What was asked for and there is nothing of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<String>,
    columns: Vec<&'a str>,
    bars: &'a Table<'a>,
}

/// Writes the bars of the scene's window with the values of its studies, in whole precision.
///
/// Bars are those of the market, or averaged where the chart is of Heikin-Ashi bars; prices stay
/// prices in a comparison, which adds the closes of the other symbols. Times are the figure's `x`.
#[must_use]
pub fn table(scene: &Scene<'_>, format: Format) -> Vec<u8> {
    let bars = window::shown(scene, scene.bars, scene.view.interval);
    let axis = Axis::of(bars.times(), &scene.instrument.zone, scene.view.interval);
    let studies = DrawnStudies::of(scene, &bars);
    let mut table = Table::of(&bars, |ts| axis.stamp(ts).as_str().to_owned());
    for (name, values) in studies.columns() {
        table.push(name, values);
    }
    let mut omitted: Vec<String> = studies.omitted.iter().map(Study::to_string).collect();
    for symbol in scene.view.compare.as_slice() {
        let other = scene.compared.iter().find(|other| other.instrument.symbol == *symbol);
        match other.map(|other| closes(&compare::aligned(other, scene), &bars)) {
            Some(closes) if closes.iter().any(|close| !close.is_nan()) => {
                table.push(symbol.to_string(), closes);
            }
            _ => omitted.push(symbol.to_string()),
        }
    }
    match format {
        Format::Csv => table.csv(),
        Format::Json => json(scene, &table, omitted),
    }
}

fn json(scene: &Scene<'_>, table: &Table<'_>, omitted: Vec<String>) -> Vec<u8> {
    let sheet = TableDocument {
        symbol: scene.instrument.symbol.as_str(),
        name: scene.instrument.name.as_deref(),
        view: scene.view.to_string(),
        currency: scene.instrument.currency.as_deref(),
        zone: scene.instrument.zone_name(),
        as_of: meta::as_of(scene),
        delay: scene.delay.map(|delay| delay.as_secs()),
        session: meta::session(scene),
        source: scene.source,
        omitted,
        columns: table.names().collect(),
        bars: table,
    };
    serde_json::to_vec(&sheet).expect("a table has string keys only and no failing serializer")
}

/// The closes of `other` at the times of `bars`; NaN where it has no bar.
fn closes(other: &Bars, bars: &Bars) -> Vec<f64> {
    let close = |ts| other.times().binary_search(ts).map_or(f64::NAN, |at| other.closes()[at]);
    bars.times().iter().map(close).collect()
}

#[cfg(test)]
mod tests;
