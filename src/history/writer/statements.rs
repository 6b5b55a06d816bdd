//! What the writer asks of SQLite, each prepared once a transaction.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, Statement, params};

use crate::bars::Bar;
use crate::history::push::TimedBar;
use crate::history::ticks::FormingBar;
use crate::interval::Interval;
use crate::symbol::Symbol;

/// A series as the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesRow {
    pub(super) id: i64,
    pub(super) bars: usize,
    pub(super) ticks: usize,
    /// Up to this nanosecond ticks are forgotten.
    pub(super) forgotten: Option<i64>,
}

/// A series from which bars were taken: its source, its symbol and the length of its bars.
pub(super) type PrunedSeries = (String, Symbol, Interval);

/// The statements.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    find_symbol: Statement<'c>,
    touch_symbol: Statement<'c>,
    find_series: Statement<'c>,
    set_series: Statement<'c>,
    get_bar: Statement<'c>,
    put_bar: Statement<'c>,
    last_bar: Statement<'c>,
    add_tick: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        let prepare = |text| connection.prepare(text);
        Ok(Self {
            connection,
            find_symbol: prepare("SELECT id FROM symbol WHERE source = ?1 AND name = ?2")?,
            touch_symbol: prepare("UPDATE symbol SET written = max(written, ?2) WHERE id = ?1")?,
            find_series: prepare(
                "SELECT id, bars, ticks, forgotten FROM series WHERE symbol = ?1 AND interval = ?2",
            )?,
            set_series: prepare(
                "UPDATE series SET bars = ?2, ticks = ?3, forgotten = ?4 WHERE id = ?1",
            )?,
            get_bar: prepare(
                "SELECT time, open, high, low, close, volume, final, opened, closed FROM bar \
                 WHERE series = ?1 AND time = ?2",
            )?,
            put_bar: prepare(
                "INSERT OR REPLACE INTO bar (series, time, open, high, low, close, volume, final, opened, \
                 closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            last_bar: prepare("SELECT max(time) FROM bar WHERE series = ?1")?,
            add_tick: prepare(
                "INSERT OR IGNORE INTO tick (series, identity, time) VALUES (?1, ?2, ?3)",
            )?,
        })
    }

    pub(super) fn symbol(&mut self, source: &str, symbol: &Symbol) -> Result<Option<i64>> {
        self.find_symbol.query_row(params![source, symbol.as_str()], |row| row.get(0)).optional()
    }

    /// How many symbols a source has.
    pub(super) fn symbols(&self, source: &str) -> Result<usize> {
        let count = "SELECT count(*) FROM symbol WHERE source = ?1";
        self.connection.query_row(count, [source], |row| row.get(0))
    }

    pub(super) fn add_symbol(&self, source: &str, symbol: &Symbol, at: i64) -> Result<i64> {
        let add = "INSERT INTO symbol (source, name, written) VALUES (?1, ?2, ?3)";
        self.connection.execute(add, params![source, symbol.as_str(), at])?;
        Ok(self.connection.last_insert_rowid())
    }

    pub(super) fn touch_symbol(&mut self, id: i64, at: i64) -> Result<()> {
        self.touch_symbol.execute(params![id, at]).map(drop)
    }

    pub(super) fn describe(&self, id: i64, about: &str) -> Result<()> {
        let set = "UPDATE symbol SET about = ?2 WHERE id = ?1";
        self.connection.execute(set, params![id, about]).map(drop)
    }

    pub(super) fn remove_symbol(&self, source: &str, symbol: &Symbol) -> Result<bool> {
        let remove = "DELETE FROM symbol WHERE source = ?1 AND name = ?2";
        Ok(self.connection.execute(remove, params![source, symbol.as_str()])? > 0)
    }

    /// The series of a symbol, which may be new.
    pub(super) fn series(&mut self, symbol: i64, interval: Interval) -> Result<SeriesRow> {
        let row = |row: &Row<'_>| {
            Ok(SeriesRow {
                id: row.get(0)?,
                bars: row.get(1)?,
                ticks: row.get(2)?,
                forgotten: row.get(3)?,
            })
        };
        let key = params![symbol, interval.as_str()];
        if let Some(found) = self.find_series.query_row(key, row).optional()? {
            return Ok(found);
        }
        let add = "INSERT INTO series (symbol, interval) VALUES (?1, ?2)";
        self.connection.execute(add, key)?;
        let id = self.connection.last_insert_rowid();
        Ok(SeriesRow { id, bars: 0, ticks: 0, forgotten: None })
    }

    pub(super) fn set_series(&mut self, series: &SeriesRow) -> Result<()> {
        let SeriesRow { id, bars, ticks, forgotten } = *series;
        self.set_series.execute(params![id, bars, ticks, forgotten]).map(drop)
    }

    pub(super) fn bar(&mut self, series: i64, time: i64) -> Result<Option<FormingBar>> {
        let bar = |row: &Row<'_>| {
            let bar = Bar {
                ts: row.get(0)?,
                open: row.get(1)?,
                high: row.get(2)?,
                low: row.get(3)?,
                close: row.get(4)?,
                volume: row.get(5)?,
            };
            let kept = TimedBar { bar, is_final: row.get(6)? };
            Ok(FormingBar { kept, opened: row.get(7)?, closed: row.get(8)? })
        };
        self.get_bar.query_row(params![series, time], bar).optional()
    }

    pub(super) fn put_bar(&mut self, series: i64, forming: &FormingBar) -> Result<()> {
        let FormingBar { kept: TimedBar { bar, is_final }, opened, closed } = *forming;
        let Bar { ts, open, high, low, close, volume } = bar;
        let values = params![series, ts, open, high, low, close, volume, is_final, opened, closed];
        self.put_bar.execute(values).map(drop)
    }

    pub(super) fn last_bar(&mut self, series: i64) -> Result<Option<i64>> {
        self.last_bar.query_row([series], |row| row.get(0))
    }

    /// The start of the first bar that is one too many.
    pub(super) fn bar_beyond(&self, series: i64, most: usize) -> Result<Option<i64>> {
        let beyond = "SELECT time FROM bar WHERE series = ?1 ORDER BY time DESC LIMIT 1 OFFSET ?2";
        self.connection.query_row(beyond, params![series, most], |row| row.get(0)).optional()
    }

    /// Takes out the bars up to `last`; how many these were.
    pub(super) fn drop_bars(&self, series: i64, last: i64) -> Result<usize> {
        let drop = "DELETE FROM bar WHERE series = ?1 AND time <= ?2";
        self.connection.execute(drop, params![series, last])
    }

    /// Remembers a tick; false if it was known.
    pub(super) fn add_tick(&mut self, series: i64, identity: &[u8], at: i64) -> Result<bool> {
        Ok(self.add_tick.execute(params![series, identity, at])? > 0)
    }

    pub(super) fn knows_tick(&self, series: i64, identity: &[u8]) -> Result<bool> {
        let known = "SELECT 1 FROM tick WHERE series = ?1 AND identity = ?2";
        let found = self.connection.query_row(known, params![series, identity], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }

    /// The instant of the first tick that is one too many.
    pub(super) fn tick_beyond(&self, series: i64, most: usize) -> Result<Option<i64>> {
        let beyond = "SELECT time FROM tick WHERE series = ?1 ORDER BY time DESC LIMIT 1 OFFSET ?2";
        self.connection.query_row(beyond, params![series, most], |row| row.get(0)).optional()
    }

    pub(super) fn drop_ticks(&self, series: i64, last: i64) -> Result<usize> {
        let drop = "DELETE FROM tick WHERE series = ?1 AND time <= ?2";
        self.connection.execute(drop, params![series, last])
    }

    /// Takes out old bars, by the length of bars those that begin before a second: how many, and of which series.
    pub(super) fn prune(&self, before: &[(Interval, i64)]) -> Result<(usize, Vec<PrunedSeries>)> {
        let of_interval = "SELECT series.id, symbol.source, symbol.name FROM series \
             JOIN symbol ON symbol.id = series.symbol WHERE interval = ?1";
        let (mut count, mut pruned) = (0, Vec::new());
        for (interval, before) in before {
            let mut all = self.connection.prepare(of_interval)?;
            let row = |row: &Row<'_>| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            };
            for series in all.query_map([interval.as_str()], row)? {
                let (id, source, name) = series?;
                let gone = self.drop_bars(id, before.saturating_sub(1))?;
                if gone > 0 {
                    let less = "UPDATE series SET bars = bars - ?2 WHERE id = ?1";
                    self.connection.execute(less, params![id, gone])?;
                    count += gone;
                    pruned.extend(
                        Symbol::parse(&name).ok().map(|symbol| (source, symbol, *interval)),
                    );
                }
            }
        }
        Ok((count, pruned))
    }
}
