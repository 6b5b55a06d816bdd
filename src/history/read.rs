//! Reads bars out of the file, on connections of their own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::HistoryError;
use super::key::HistoryKey;
use super::record::RecordedSeries;
use super::row::{self, interval_of};
use super::schema;
use super::symbols::KeptSymbol;
use crate::bars::Bars;
use crate::interval::DAY;
use crate::symbol::Symbol;
use crate::view::Session;

/// Connections that are kept for the next reader.
const IDLE: usize = 4;

/// Which bars of a series are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// So many days back from the newest bar.
    Days(u32),
    /// Those from one start to another, both included, in seconds of the epoch.
    Between(i64, i64),
    /// All.
    All,
}

/// Bars of a series as they are kept.
#[derive(Debug, Clone, Default)]
pub struct KeptBars {
    /// The bars, oldest first.
    pub bars: Bars,
    /// When the tick was traded that the close of the last one is, in nanoseconds of the epoch; nothing of a bar that
    /// was written whole.
    pub closed: Option<i64>,
}

/// A series that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSeries {
    /// Its source.
    pub source: String,
    /// Its symbol.
    pub symbol: String,
    /// The length of its bars.
    pub interval: String,
    /// The part of the trading day that they are of.
    pub session: String,
    /// How many it has.
    pub bars: usize,
    /// The start of the first and of the last one, in seconds of the epoch.
    pub span: Option<(i64, i64)>,
}

/// Connections for reading.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Bars of a series; none of one that is not kept. Blocks.
    pub(super) fn bars(&self, key: &HistoryKey, reach: Reach) -> Result<KeptBars, HistoryError> {
        self.read(|connection| match series(connection, key)? {
            Some(id) => bars(connection, id, reach),
            None => Ok(KeptBars::default()),
        })
    }

    /// A series that a source has told; nothing of one that has no bars. Blocks.
    pub(super) fn recorded(
        &self,
        key: &HistoryKey,
        reach: Reach,
    ) -> Result<Option<RecordedSeries>, HistoryError> {
        self.read(|connection| {
            let Some(id) = series(connection, key)? else { return Ok(None) };
            let facts = "SELECT series.about, split FROM series \
                 JOIN symbol ON symbol.id = series.symbol WHERE series.id = ?1";
            let facts = connection.query_row(facts, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (Some(about), split): (Option<Vec<u8>>, _) = facts else { return Ok(None) };
            let bars = bars(connection, id, reach)?.bars;
            Ok((!bars.is_empty()).then_some(RecordedSeries { bars, about, split }))
        })
    }

    /// Every symbol that is kept.
    pub(super) fn symbols(&self) -> Result<BTreeMap<(Arc<str>, Symbol), KeptSymbol>, HistoryError> {
        self.read(symbols)
    }

    /// Every series that is kept, with its extent.
    pub(super) fn series(&self) -> Result<Vec<KeptSeries>, HistoryError> {
        self.read(|connection| {
            let all = "SELECT source, name, interval, session, bars, \
                 (SELECT min(time) FROM bar WHERE series = series.id), \
                 (SELECT max(time) FROM bar WHERE series = series.id) \
                 FROM series JOIN symbol ON symbol.id = series.symbol \
                 ORDER BY source, name, interval, session DESC";
            let row = |row: &Row<'_>| {
                let span: (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
                Ok(KeptSeries {
                    source: row.get(0)?,
                    symbol: row.get(1)?,
                    interval: row.get(2)?,
                    session: row.get(3)?,
                    bars: row.get(4)?,
                    span: span.0.zip(span.1),
                })
            };
            connection.prepare(all)?.query_map([], row)?.collect()
        })
    }

    fn read<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => schema::open_reader(&self.path)?,
        };
        let answer = ask(&connection).map_err(|error| HistoryError::of(&self.path, &error))?;
        let mut idle = idle();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// The row of a series.
fn series(connection: &Connection, key: &HistoryKey) -> rusqlite::Result<Option<i64>> {
    let id = "SELECT series.id FROM series JOIN symbol ON symbol.id = series.symbol \
         WHERE source = ?1 AND name = ?2 AND interval = ?3 AND session = ?4";
    let (interval, session) = (key.interval.as_str(), key.session.as_str());
    let key = params![key.source, key.symbol.as_str(), interval, session];
    connection.query_row(id, key, |row| row.get(0)).optional()
}

fn bars(connection: &Connection, id: i64, reach: Reach) -> rusqlite::Result<KeptBars> {
    let (first, last) = match reach {
        Reach::All => (i64::MIN, i64::MAX),
        Reach::Between(first, last) => (first, last),
        Reach::Days(days) => {
            let newest = "SELECT max(time) FROM bar WHERE series = ?1";
            let newest: Option<i64> = connection.query_row(newest, [id], |row| row.get(0))?;
            (newest.unwrap_or(0).saturating_sub(i64::from(days) * DAY), i64::MAX)
        }
    };
    let rows = format!(
        "SELECT {}, closed FROM bar WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time",
        row::BAR
    );
    let mut closed = None;
    let mut rows = connection.prepare(&rows)?;
    let bars = rows.query_map([id, first, last], |row| {
        closed = row.get(6)?;
        row::bar(row)
    })?;
    let bars = bars.collect::<rusqlite::Result<Bars>>()?;
    Ok(KeptBars { bars, closed })
}

fn symbols(connection: &Connection) -> rusqlite::Result<BTreeMap<(Arc<str>, Symbol), KeptSymbol>> {
    let all = "SELECT source, name, symbol.about, written, interval, session, \
         max(unbroken, (SELECT min(time) FROM bar WHERE series = series.id)) \
         FROM symbol LEFT JOIN series ON series.symbol = symbol.id";
    let row = |row: &Row<'_>| {
        let texts: (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let series: (Option<String>, Option<String>, Option<i64>) =
            (row.get(4)?, row.get(5)?, row.get(6)?);
        Ok((texts, row.get::<_, i64>(3)?, series))
    };
    let mut symbols: BTreeMap<(Arc<str>, Symbol), KeptSymbol> = BTreeMap::new();
    for found in connection.prepare(all)?.query_map([], row)? {
        let ((source, name, about), written, (interval, session, since)) = found?;
        // A file that was written by hand may hold what is none.
        let Ok(symbol) = Symbol::parse(&name) else { continue };
        let kept = symbols.entry((source.into(), symbol)).or_default();
        kept.about = about.map(Into::into);
        kept.written = written;
        let interval = interval.as_deref().and_then(interval_of);
        kept.intervals.extend(interval);
        let is_regular = session.as_deref() == Some(Session::Regular.as_str());
        kept.since.extend(interval.zip(since).filter(|_| is_regular));
    }
    Ok(symbols)
}
