//! From a file to a recording, whichever form it has.

use std::path::Path;

use jiff::tz::TimeZone;

use super::csv::{self, Wanted};
use super::error::FileProblem;
use super::recording::Recording;
use super::{chart, text};
use crate::config::Reading;
use crate::symbol::Symbol;

impl Recording {
    /// Reads a file; times without an offset are read as times in `zone`.
    ///
    /// # Errors
    /// [`FileProblem`]; a file without bars is one.
    pub(super) fn load(
        path: &Path,
        symbol: &Symbol,
        zone: TimeZone,
        reading: &Reading,
    ) -> Result<Self, FileProblem> {
        Self::read(&text::read(path)?, symbol, zone, reading)
    }

    /// Reads CSV, or a chart's JSON, which opens with a brace.
    pub(super) fn read(
        text: &str,
        symbol: &Symbol,
        zone: TimeZone,
        reading: &Reading,
    ) -> Result<Self, FileProblem> {
        let recording = if text.trim_start().starts_with(['{', '[']) {
            chart::read(text, symbol.clone(), zone)?
        } else {
            let sheet = csv::read(text, Wanted { symbol, zone: &zone, reading })?;
            let cut = sheet.cut.map(|line| {
                format!("line {line} has fewer cells than the header and is left out, as nothing follows it")
            });
            Self {
                notes: cut.into_iter().collect(),
                ..Self::of_rows(sheet.bars, sheet.are_dates, symbol, zone)
            }
        };
        if recording.bars.is_empty() {
            return Err(FileProblem::NoBars);
        }
        Ok(recording)
    }
}
