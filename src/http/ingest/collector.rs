//! Collects the rows of a push, and what is wrong with those that are none.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cells::{Instant, Precision, RowCell, SECOND};
use crate::bars::Bar;
use crate::history::{PushRows, RowFault, SymbolPush, Tick, TimedBar};
use crate::http::error::Problem;
use crate::interval::Interval;
use crate::market::calendar;
use crate::symbol::Symbol;

/// Most faults that are kept in words; all are counted.
const TOLD: usize = 20;
/// How far ahead of the server's clock a tick may be, in seconds: clocks differ.
const AHEAD: i64 = 120;
/// How many intervals ahead a bar may begin.
const INTERVALS_AHEAD: i64 = 2;
/// Longest id of a tick.
const LONGEST_ID: usize = 128;

/// What a push says of all its rows, and where it arrives.
pub struct Context<'a> {
    /// Whose rows they are, where they do not say it themselves.
    pub symbol: Option<Symbol>,
    /// The length of bars.
    pub interval: Interval,
    /// The unit of times that are numbers.
    pub precision: Precision,
    /// What time it is.
    pub now: Timestamp,
    /// Most rows.
    pub most: usize,
    /// The zone of a symbol's days.
    pub zones: &'a dyn Fn(&Symbol) -> TimeZone,
}

/// The cells of a row by what they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowCells<'a>(pub [Option<RowCell<'a>>; COLUMNS.len()]);

/// What a row may have, by the names that senders give it; the first is ours.
pub const COLUMNS: [&[&str]; 10] = [
    &["time", "timestamp", "ts", "t", "date", "datetime"],
    &["open", "o"],
    &["high", "h"],
    &["low", "l"],
    &["close", "c"],
    &["volume", "vol", "v"],
    &["price", "p", "last", "value"],
    &["size", "qty", "quantity", "amount"],
    &["id", "trade_id"],
    &["symbol", "ticker"],
];
/// What a bar may have besides.
pub const FINAL: &[&str] = &["final", "closed"];

pub const TIME: usize = 0;
pub const CLOSE: usize = 4;
const VOLUME: usize = 5;
pub const PRICE: usize = 6;
const SIZE: usize = 7;
const ID: usize = 8;
pub const SYMBOL: usize = 9;

/// Rows, and those that are none.
#[derive(Debug, Default)]
pub struct Rows {
    /// The good rows.
    pub symbols: Vec<SymbolPush>,
    /// The others: how many, and the first of them.
    pub count: usize,
    /// What is wrong with these.
    pub faults: Vec<RowFault>,
}

/// Takes rows as they are read.
pub struct Collector<'a> {
    context: Context<'a>,
    rows: Rows,
    /// Where each symbol's bars and ticks are.
    places: HashMap<(Symbol, bool), usize>,
    zones: HashMap<Symbol, TimeZone>,
    /// The text of the last symbol and what it is.
    last: Option<(String, Symbol)>,
    taken: usize,
}

/// Why a row is none: the column and what would be right.
type Wrong = (&'static str, String);

impl<'a> Collector<'a> {
    /// Nothing was read.
    pub fn new(context: Context<'a>) -> Self {
        Self {
            context,
            rows: Rows::default(),
            places: HashMap::new(),
            zones: HashMap::new(),
            last: None,
            taken: 0,
        }
    }

    /// All that was read.
    pub fn finish(self) -> Rows {
        self.rows
    }

    /// Takes a row that has these cells.
    ///
    /// # Errors
    /// 413 for one too many.
    pub fn row(
        &mut self,
        line: usize,
        cells: &RowCells<'_>,
        is_final: Option<&RowCell<'_>>,
    ) -> Result<(), Problem> {
        self.taken += 1;
        if self.taken > self.context.most {
            return Err(Problem::too_many_rows(self.context.most));
        }
        if let Err((column, detail)) = self.read(line, cells, is_final) {
            self.refuse(line, column, detail);
        }
        Ok(())
    }

    /// Notes a row that is none.
    pub fn refuse(&mut self, line: usize, column: &str, detail: String) {
        self.rows.count += 1;
        if self.rows.faults.len() < TOLD {
            self.rows.faults.push(RowFault { line, column: column.to_owned(), detail });
        }
    }

    fn read(
        &mut self,
        line: usize,
        cells: &RowCells<'_>,
        is_final: Option<&RowCell<'_>>,
    ) -> Result<(), Wrong> {
        let symbol = self.symbol(cells.said(SYMBOL))?;
        match (cells.said(CLOSE), cells.said(PRICE)) {
            (Some(_), None) => {
                let bar = self.bar(&symbol, cells, is_final)?;
                let interval = self.context.interval;
                match self.part(&symbol, false, || PushRows::Bars(interval, Vec::new())) {
                    PushRows::Bars(_, bars) => bars.push((line, bar)),
                    PushRows::Ticks(_) => {}
                }
            }
            (None, Some(price)) => {
                let tick = self.tick(price, cells)?;
                match self.part(&symbol, true, || PushRows::Ticks(Vec::new())) {
                    PushRows::Ticks(ticks) => ticks.push((line, tick)),
                    PushRows::Bars(..) => {}
                }
            }
            (None, None) => {
                return Err((
                    "close",
                    "it is missing: a bar has a close, and a tick a price".into(),
                ));
            }
            (Some(_), Some(_)) => {
                return Err(("price", "a row with close is a bar and has no price".into()));
            }
        }
        Ok(())
    }

    /// The rows of a symbol.
    fn part(
        &mut self,
        symbol: &Symbol,
        are_ticks: bool,
        new: impl FnOnce() -> PushRows,
    ) -> &mut PushRows {
        let parts = &mut self.rows.symbols;
        let place = *self.places.entry((symbol.clone(), are_ticks)).or_insert_with(|| {
            parts.push(SymbolPush { symbol: symbol.clone(), rows: new() });
            parts.len() - 1
        });
        &mut parts[place].rows
    }

    fn symbol(&mut self, cell: Option<&RowCell<'_>>) -> Result<Symbol, Wrong> {
        match (cell, &self.context.symbol) {
            (None, Some(symbol)) => Ok(symbol.clone()),
            (None, None) => Err((
                "symbol",
                "it is missing: name it in each row, or push to /ingest/MINE".into(),
            )),
            (Some(cell), known) => {
                let text = cell.text();
                if let Some((last, symbol)) = &self.last
                    && *last == text
                {
                    return Ok(symbol.clone());
                }
                let bare = match text.split_once(':') {
                    Some((prefix, rest)) if prefix.eq_ignore_ascii_case("pushed") => rest,
                    _ => &*text,
                };
                let symbol = Symbol::parse(bare).map_err(|error| ("symbol", error.to_string()))?;
                if let Some(known) = known.as_ref().filter(|known| **known != symbol) {
                    return Err(("symbol", format!("it is {symbol}, and the push is for {known}")));
                }
                self.last = Some((text.into_owned(), symbol.clone()));
                Ok(symbol)
            }
        }
    }

    fn bar(
        &mut self,
        symbol: &Symbol,
        cells: &RowCells<'_>,
        is_final: Option<&RowCell<'_>>,
    ) -> Result<TimedBar, Wrong> {
        let price = |column: usize| {
            let name = COLUMNS[column][0];
            let cell = cells.said(column).ok_or_else(|| (name, "it is missing".to_owned()))?;
            cell.number().map_err(|wrong| (name, wrong))
        };
        let [open, high, low, close] = [price(1)?, price(2)?, price(3)?, price(CLOSE)?];
        if high < open.max(close).max(low) {
            return Err(("high", format!("{high} is below another price of its bar")));
        }
        if low > open.min(close) {
            return Err(("low", format!("{low} is above another price of its bar")));
        }
        let volume = cells.amount(VOLUME)?;
        if let Some(column) = [SIZE, ID].into_iter().find(|column| cells.said(*column).is_some()) {
            return Err((COLUMNS[column][0], "a bar has none, a tick has".to_owned()));
        }
        let is_final = is_final.map_or(Ok(false), super::cells::RowCell::flag);
        let ts = self.start(symbol, cells)?;
        Ok(TimedBar {
            bar: Bar { ts, open, high, low, close, volume },
            is_final: is_final.map_err(|wrong| ("final", wrong))?,
        })
    }

    /// The start of a bar, in seconds.
    fn start(&mut self, symbol: &Symbol, cells: &RowCells<'_>) -> Result<i64, Wrong> {
        let interval = self.context.interval;
        let at = self.instant(cells)?;
        let horizon = self.context.now.as_second() + INTERVALS_AHEAD * interval.seconds();
        let start = if interval.is_intraday() {
            let Instant::At(at) = at else {
                return Err(("time", format!("a bar of {interval} has a time of day")));
            };
            let second = at.div_euclid(SECOND);
            if second.rem_euclid(60) != 0 || at.rem_euclid(SECOND) != 0 {
                return Err(("time", format!("a bar of {interval} begins at a whole minute")));
            }
            second
        } else {
            let zones = self.context.zones;
            let zone = self.zones.entry(symbol.clone()).or_insert_with(|| zones(symbol));
            let date = match at {
                Instant::On(date) => Some(date),
                Instant::At(at) => calendar::date(at.div_euclid(SECOND), zone),
            };
            let start = date.and_then(|date| calendar::midnight(date, zone));
            start.ok_or_else(|| ("time", "it is beyond all years".to_owned()))?
        };
        if start > horizon {
            return Err(("time", "it lies in the future by the server's clock".to_owned()));
        }
        Ok(start)
    }

    fn instant(&self, cells: &RowCells<'_>) -> Result<Instant, Wrong> {
        let cell = cells.said(TIME).ok_or_else(|| ("time", "it is missing".to_owned()))?;
        cell.time(self.context.precision).map_err(|wrong| ("time", wrong))
    }

    fn tick(&self, price: &RowCell<'_>, cells: &RowCells<'_>) -> Result<Tick, Wrong> {
        let price = price.number().map_err(|wrong| ("price", wrong))?;
        let size = cells.amount(SIZE)?;
        if let Some(column) =
            [1, 2, 3, VOLUME].into_iter().find(|column| cells.said(*column).is_some())
        {
            let name = COLUMNS[column][0];
            return Err((
                name,
                "a tick has none: it has a price and perhaps a size and an id".into(),
            ));
        }
        let Instant::At(at) = self.instant(cells)? else {
            return Err(("time", "a tick has a time of day".to_owned()));
        };
        if at.div_euclid(SECOND) > self.context.now.as_second() + AHEAD {
            return Err(("time", "it lies in the future by the server's clock".to_owned()));
        }
        let id = cells.said(ID).map(|id| id.text());
        if id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
            return Err(("id", format!("an id has at most {LONGEST_ID} bytes")));
        }
        Ok(Tick { at, price, size, id: id.map(std::convert::Into::into) })
    }
}

impl<'a> RowCells<'a> {
    /// The cell of a column, if it says something.
    fn said(&self, column: usize) -> Option<&RowCell<'a>> {
        self.0[column].as_ref().filter(|cell| !cell.is_empty())
    }

    /// A number that is not negative; 0 where nothing is said.
    fn amount(&self, column: usize) -> Result<f64, Wrong> {
        let Some(cell) = self.said(column) else { return Ok(0.0) };
        let name = COLUMNS[column][0];
        let amount = cell.number().map_err(|wrong| (name, wrong))?;
        if amount < 0.0 {
            return Err((name, format!("{amount} is below zero")));
        }
        Ok(amount)
    }
}

/// The column that a name stands for.
pub fn column_of(name: &str) -> Option<usize> {
    let name = name.trim().to_ascii_lowercase();
    COLUMNS.iter().position(|names| names.contains(&&*name))
}

/// Whether a name stands for the flag of a bar that is over.
pub fn is_final(name: &str) -> bool {
    FINAL.contains(&&*name.trim().to_ascii_lowercase())
}
