//! Reads bars out of the file, on connections of their own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Row, params};

use super::error::HistoryError;
use super::schema;
use super::symbols::KeptSymbol;
use crate::bars::{Bar, Bars};
use crate::interval::{DAY, Interval};
use crate::symbol::Symbol;

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

/// A series that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSeries {
    /// Its source.
    pub source: String,
    /// Its symbol.
    pub symbol: String,
    /// The length of its bars.
    pub interval: String,
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

    /// Bars of a series, oldest first; none of one that is not kept. Blocks.
    pub(super) fn bars(
        &self,
        source: &str,
        symbol: &Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<Bars, HistoryError> {
        self.read(|connection| bars(connection, source, symbol, interval, reach))
    }

    /// Every symbol that is kept.
    pub(super) fn symbols(&self) -> Result<BTreeMap<(Arc<str>, Symbol), KeptSymbol>, HistoryError> {
        self.read(symbols)
    }

    /// Every series that is kept, with its extent.
    pub(super) fn series(&self) -> Result<Vec<KeptSeries>, HistoryError> {
        self.read(|connection| {
            let all = "SELECT source, name, interval, bars, \
                 (SELECT min(time) FROM bar WHERE series = series.id), \
                 (SELECT max(time) FROM bar WHERE series = series.id) \
                 FROM series JOIN symbol ON symbol.id = series.symbol ORDER BY source, name, interval";
            let row = |row: &Row<'_>| {
                let span: (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
                Ok(KeptSeries {
                    source: row.get(0)?,
                    symbol: row.get(1)?,
                    interval: row.get(2)?,
                    bars: row.get(3)?,
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

fn bars(
    connection: &Connection,
    source: &str,
    symbol: &Symbol,
    interval: Interval,
    reach: Reach,
) -> rusqlite::Result<Bars> {
    let id = "SELECT series.id FROM series JOIN symbol ON symbol.id = series.symbol \
         WHERE source = ?1 AND name = ?2 AND interval = ?3";
    let key = params![source, symbol.as_str(), interval.as_str()];
    let id: i64 = match connection.query_row(id, key, |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(Bars::empty()),
        id => id?,
    };
    let (first, last) = match reach {
        Reach::All => (i64::MIN, i64::MAX),
        Reach::Between(first, last) => (first, last),
        Reach::Days(days) => {
            let newest = "SELECT max(time) FROM bar WHERE series = ?1";
            let newest: Option<i64> = connection.query_row(newest, [id], |row| row.get(0))?;
            (newest.unwrap_or(0).saturating_sub(i64::from(days) * DAY), i64::MAX)
        }
    };
    let rows = "SELECT time, open, high, low, close, volume FROM bar \
         WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time";
    let row = |row: &Row<'_>| {
        Ok(Bar {
            ts: row.get(0)?,
            open: row.get(1)?,
            high: row.get(2)?,
            low: row.get(3)?,
            close: row.get(4)?,
            volume: row.get(5)?,
        })
    };
    connection.prepare(rows)?.query_map(params![id, first, last], row)?.collect()
}

fn symbols(connection: &Connection) -> rusqlite::Result<BTreeMap<(Arc<str>, Symbol), KeptSymbol>> {
    let all = "SELECT source, name, about, written, interval FROM symbol \
         LEFT JOIN series ON series.symbol = symbol.id";
    let row = |row: &Row<'_>| {
        let texts: (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((texts, row.get::<_, i64>(3)?, row.get::<_, Option<String>>(4)?))
    };
    let mut symbols: BTreeMap<(Arc<str>, Symbol), KeptSymbol> = BTreeMap::new();
    for found in connection.prepare(all)?.query_map([], row)? {
        let ((source, name, about), written, interval) = found?;
        // A file that was written by hand may hold what is none.
        let Ok(symbol) = Symbol::parse(&name) else { continue };
        let kept = symbols.entry((source.into(), symbol)).or_default();
        kept.about = about.map(Into::into);
        kept.written = written;
        kept.intervals.extend(interval.as_deref().and_then(interval_of));
    }
    Ok(symbols)
}

/// The interval with a name.
pub fn interval_of(name: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.as_str() == name)
}
