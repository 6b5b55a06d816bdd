//! What a figure shows as a table: the same window of the same bars with the same studies.

use serde::Serialize;

use super::meta;
use super::rows::ViewRows;
use super::scene::Scene;
use crate::bars::table::Table;

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
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    omitted: &'a [String],
    columns: Vec<&'a str>,
    bars: &'a Table<'a>,
}

/// Writes the [`ViewRows`] of a scene.
#[must_use]
pub fn table(scene: &Scene<'_>, format: Format) -> Vec<u8> {
    let rows = ViewRows::of(scene);
    match format {
        Format::Csv => rows.table().csv(),
        Format::Json => json(scene, &rows.table(), &rows.omitted),
    }
}

fn json(scene: &Scene<'_>, table: &Table<'_>, omitted: &[String]) -> Vec<u8> {
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

#[cfg(test)]
mod tests;
