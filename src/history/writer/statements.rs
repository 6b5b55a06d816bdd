//! What the writer asks of SQLite, each prepared once a transaction.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, Statement, params};

use crate::bars::Bar;
use crate::history::push::TimedBar;
use crate::history::row::{self, interval_of};
use crate::history::ticks::FormingBar;
use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::Session;

/// A series as the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesRow {
    pub(super) id: i64,
    pub(super) bars: usize,
    pub(super) ticks: usize,
    /// Up to this nanosecond ticks are forgotten.
    pub(super) forgotten: Option<i64>,
    /// From this second on no bar of its source is missing.
    pub(super) unbroken: Option<i64>,
}

/// A series from which bars were taken.
#[derive(Debug, Clone)]
pub(super) struct PrunedSeries {
    pub(super) source: String,
    pub(super) symbol: Symbol,
    pub(super) interval: Interval,
    /// The start of the first bar that stays.
    pub(super) first: Option<i64>,
}

/// A series of a symbol: the length of its bars, its session, and from when on no bar is missing.
pub(super) type UnbrokenSeries = (Interval, String, Option<i64>);

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
        let prepare = |text: &str| connection.prepare(text);
        Ok(Self {
            connection,
            find_symbol: prepare("SELECT id FROM symbol WHERE source = ?1 AND name = ?2")?,
            touch_symbol: prepare("UPDATE symbol SET written = max(written, ?2) WHERE id = ?1")?,
            find_series: prepare(
                "SELECT id, bars, ticks, forgotten, unbroken FROM series \
                 WHERE symbol = ?1 AND interval = ?2 AND session = ?3",
            )?,
            set_series: prepare(
                "UPDATE series SET bars = ?2, ticks = ?3, forgotten = ?4, unbroken = ?5 WHERE id = ?1",
            )?,
            get_bar: prepare(&format!(
                "SELECT {}, final, opened, closed FROM bar WHERE series = ?1 AND time = ?2",
                row::BAR
            ))?,
            put_bar: prepare(&format!(
                "INSERT OR REPLACE INTO bar (series, {}, final, opened, closed) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                row::BAR
            ))?,
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
    pub(super) fn series(
        &mut self,
        symbol: i64,
        interval: Interval,
        session: Session,
    ) -> Result<SeriesRow> {
        let row = |row: &Row<'_>| {
            Ok(SeriesRow {
                id: row.get(0)?,
                bars: row.get(1)?,
                ticks: row.get(2)?,
                forgotten: row.get(3)?,
                unbroken: row.get(4)?,
            })
        };
        let key = params![symbol, interval.as_str(), session.as_str()];
        if let Some(found) = self.find_series.query_row(key, row).optional()? {
            return Ok(found);
        }
        let add = "INSERT INTO series (symbol, interval, session) VALUES (?1, ?2, ?3)";
        self.connection.execute(add, key)?;
        let id = self.connection.last_insert_rowid();
        Ok(SeriesRow { id, bars: 0, ticks: 0, forgotten: None, unbroken: None })
    }

    pub(super) fn set_series(&mut self, series: &SeriesRow) -> Result<()> {
        let SeriesRow { id, bars, ticks, forgotten, unbroken } = *series;
        self.set_series.execute(params![id, bars, ticks, forgotten, unbroken]).map(drop)
    }

    pub(super) fn describe_series(&self, id: i64, about: &[u8]) -> Result<()> {
        let set = "UPDATE series SET about = ?2 WHERE id = ?1 AND about IS NOT ?2";
        self.connection.execute(set, params![id, about]).map(drop)
    }

    /// The series of a symbol, each with the second from which on no bar is missing, as long as it has bars.
    pub(super) fn unbroken(&self, symbol: i64) -> Result<Vec<UnbrokenSeries>> {
        let all = "SELECT interval, session, \
             max(unbroken, (SELECT min(time) FROM bar WHERE series = series.id)) \
             FROM series WHERE symbol = ?1";
        let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
        let mut statement = self.connection.prepare(all)?;
        let rows = statement.query_map([symbol], row)?;
        // A file that was written by hand may hold what is none.
        rows.filter_map(|row| {
            row.map(|(name, session, since)| Some((interval_of(&name)?, session, since)))
                .transpose()
        })
        .collect()
    }

    /// The newest split that the prices of a symbol are after.
    pub(super) fn split(&self, symbol: i64) -> Result<Option<i64>> {
        let split = "SELECT split FROM symbol WHERE id = ?1";
        self.connection.query_row(split, [symbol], |row| row.get(0))
    }

    pub(super) fn set_split(&self, symbol: i64, split: i64) -> Result<()> {
        let set = "UPDATE symbol SET split = ?2 WHERE id = ?1";
        self.connection.execute(set, [symbol, split]).map(drop)
    }

    /// Takes the bars that begin before a second out of every series of a symbol.
    pub(super) fn drop_before(&self, symbol: i64, before: i64) -> Result<()> {
        let delete = "DELETE FROM bar \
             WHERE time < ?2 AND series IN (SELECT id FROM series WHERE symbol = ?1)";
        self.connection.execute(delete, [symbol, before])?;
        let left = "UPDATE series SET bars = (SELECT count(*) FROM bar WHERE series = series.id), \
             unbroken = max(unbroken, ?2) WHERE symbol = ?1";
        self.connection.execute(left, [symbol, before]).map(drop)
    }

    /// The bars from one start to another, both included, oldest first.
    pub(super) fn bars_between(&self, series: i64, first: i64, last: i64) -> Result<Vec<Bar>> {
        let bars = format!(
            "SELECT {} FROM bar WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time",
            row::BAR
        );
        self.connection.prepare(&bars)?.query_map([series, first, last], row::bar)?.collect()
    }

    pub(super) fn bar(&mut self, series: i64, time: i64) -> Result<Option<FormingBar>> {
        let bar = |row: &Row<'_>| {
            let kept = TimedBar { bar: row::bar(row)?, is_final: row.get(6)? };
            Ok(FormingBar { kept, opened: row.get(7)?, closed: row.get(8)? })
        };
        self.get_bar.query_row(params![series, time], bar).optional()
    }

    /// Takes out one bar; how many that were.
    pub(super) fn drop_bar(&self, series: i64, time: i64) -> Result<usize> {
        let delete = "DELETE FROM bar WHERE series = ?1 AND time = ?2";
        self.connection.execute(delete, [series, time])
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
                    let first = "SELECT min(time) FROM bar WHERE series = ?1";
                    let first = self.connection.query_row(first, [id], |row| row.get(0))?;
                    let interval = *interval;
                    let series = Symbol::parse(&name).map(|symbol| PrunedSeries {
                        source,
                        symbol,
                        interval,
                        first,
                    });
                    pruned.extend(series.ok());
                }
            }
        }
        Ok((count, pruned))
    }
}
