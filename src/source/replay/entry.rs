//! One configured file and all that is needed to make a tape of it.

use std::path::Path;

use jiff::tz::TimeZone;
use log::warn;

use super::csv::{self, Wanted};
use super::error::{FileProblem, ReplayError};
use super::recording::Recording;
use super::spacing::Spacing;
use super::tape::Tape;
use crate::bars::Bar;
use crate::config::{RecordedFile, ReplayConfig};
use crate::interval::Interval;
use crate::market::{Calendars, TradingCalendar, TradingWeek};
use crate::symbol::Symbol;

/// A file, its symbol and its market.
#[derive(Debug)]
pub(super) struct Entry {
    symbol: Symbol,
    file: RecordedFile,
    zone: TimeZone,
    calendars: Calendars,
    from: String,
}

impl Entry {
    /// The entry of `symbol`. Its times are those of the file's zone by the configuration, else of all files',
    /// else of its market's.
    ///
    /// # Errors
    /// [`ReplayError::Zone`] for a zone that there is not.
    pub(super) fn new(
        symbol: Symbol,
        file: &RecordedFile,
        config: &ReplayConfig,
        calendars: &Calendars,
    ) -> Result<Self, ReplayError> {
        let told = file.reading.timezone.as_deref().or(Some(&*config.timezone));
        let zone = match told.filter(|name| !name.is_empty()) {
            Some(name) => TimeZone::get(name).map_err(|_| ReplayError::Zone {
                symbol: symbol.clone(),
                found: name.to_owned(),
            })?,
            None => {
                calendars.find(&symbol, None).map_or(TimeZone::UTC, |market| market.zone().clone())
            }
        };
        let (file, from, calendars) = (file.clone(), config.from.clone(), calendars.clone());
        Ok(Self { symbol, file, zone, calendars, from })
    }

    /// Reads the whole file, which blocks.
    ///
    /// # Errors
    /// [`ReplayError`]: the file and its line, or where playing was to begin, and what would be right.
    pub(super) fn load(&self) -> Result<Tape, ReplayError> {
        let read =
            Recording::load(self.path(), &self.symbol, self.zone.clone(), &self.file.reading);
        let tape = read.and_then(|recording| self.tape(recording));
        let (_, tape) = tape.map_err(|problem| self.wrong(problem))?;
        if self.from.is_empty() {
            return Ok(tape);
        }
        let from = csv::instant(&self.from, tape.zone())
            .ok_or_else(|| ReplayError::From { found: self.from.clone() })?;
        Ok(tape.starting_at(from))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// What its rows are read for.
    pub(super) const fn wanted(&self) -> Wanted<'_> {
        Wanted { symbol: &self.symbol, zone: &self.zone, reading: &self.file.reading }
    }

    /// Its market, where that is known by its symbol and its zone.
    pub(super) fn calendar(&self) -> Option<&TradingCalendar> {
        self.calendars.of(&self.symbol, None, &self.zone)
    }

    /// The problem with its file.
    pub(super) fn wrong(&self, problem: FileProblem) -> ReplayError {
        ReplayError::File { path: self.file.path.clone(), problem }
    }

    /// A recording of rows.
    pub(super) fn recording(
        &self,
        bars: impl IntoIterator<Item = Bar>,
        are_dates: bool,
    ) -> Recording {
        Recording::of_rows(bars, are_dates, &self.symbol, self.zone.clone())
    }

    /// The tape of what was read, and the length of its bars. What is left out of it is told.
    ///
    /// # Errors
    /// [`FileProblem`] when there are no bars, or none that a chart has.
    pub(super) fn tape(&self, recording: Recording) -> Result<(Interval, Tape), FileProblem> {
        let Spacing { interval, strays } = recording.spacing()?;
        let path = self.path().display();
        recording.notes.iter().for_each(|note| warn!("{path}: {note}"));
        if strays > 0 {
            let stand = if strays == 1 { "stands" } else { "stand" };
            warn!(
                "{path}: {strays} of its bars of {interval} {stand} beside their grid, and are part of \
                 the bars there"
            );
        }
        Ok((interval, self.tape_of(recording, interval)?))
    }

    /// The same of bars whose length is known.
    pub(super) fn tape_of(
        &self,
        recording: Recording,
        interval: Interval,
    ) -> Result<Tape, FileProblem> {
        let mut recording = recording;
        let instrument = &mut recording.instrument;
        let exchange = instrument.exchange.as_deref();
        let calendar = self.calendars.of(&self.symbol, exchange, &instrument.zone);
        instrument.week =
            calendar.map_or_else(TradingWeek::default, |market| market.week().clone());
        let recording = recording.in_slots(interval, calendar);
        Tape::new(recording, interval, calendar).ok_or(FileProblem::NoBars)
    }
}
