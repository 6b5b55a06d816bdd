//! Reads bars out of a CSV, whatever program wrote it.
//!
//! The text is gone through three times: for the form of the table, for what all cells of a column say
//! together (whose rows, which sign stands before decimals, which number of a date is the day), and for
//! the bars. What two readings fit is refused, with the setting that decides.

mod columns;
mod layout;
mod lines;
mod numbers;
mod stamps;
mod tickers;
mod words;
mod written;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use self::layout::TableLayout;
use self::lines::{Cells, GAPS, Line, Splitter, lines};
use self::numbers::{Marks, number};
use self::stamps::{At, Form, Forms};
use super::error::FileProblem;
use crate::bars::Bar;
use crate::config::{DecimalMark, Reading};
use crate::symbol::Symbol;

/// Longest part of a bad cell that a message repeats, in characters.
const QUOTED: usize = 40;
/// Most tickers that are told apart.
const MAX_TICKERS: usize = 10_000;

/// Whose bars are wanted, and how the file is read as far as it does not tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) symbol: &'a Symbol,
    pub(super) zone: &'a TimeZone,
    pub(super) reading: &'a Reading,
}

/// What a table holds.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The bars in the order of the file.
    pub(super) bars: Vec<Bar>,
    /// Whether all times are dates without a time of day.
    pub(super) are_dates: bool,
    /// The line that is cut off at the end, if one is.
    pub(super) cut: Option<usize>,
    pub(super) dialect: Dialect,
}

/// How a table is read, once that is known: its rows, and those that are appended to it.
#[derive(Debug)]
pub(super) struct Dialect {
    layout: TableLayout,
    /// The tickers whose rows are wanted, where rows have one.
    tickers: Option<Vec<String>>,
    mark: DecimalMark,
    form: Form,
    volume: Option<usize>,
    zone: TimeZone,
}

/// A row that is a bar, but for its instant.
#[derive(Debug)]
struct BarRow {
    line: usize,
    at: At,
    prices: [Option<f64>; 4],
    volume: Option<f64>,
}

/// The bars of a CSV.
///
/// # Errors
/// [`FileProblem`], with the line and what would be right.
pub(super) fn read(text: &str, wanted: Wanted<'_>) -> Result<Sheet, FileProblem> {
    let layout = TableLayout::find(text, wanted.symbol, wanted.reading)?;
    let dialect = Dialect::find(text, layout, wanted)?;
    let (rows, cut) = dialect.rows(text)?;
    let are_dates = stamps::are_dates(rows.iter().map(|row| &row.at));
    let bars = dialect.bars(&rows, are_dates, i64::MIN);
    unrepeated(&bars)?;
    let bars = bars.into_iter().map(|(_, bar)| bar).collect();
    Ok(Sheet { bars, are_dates, cut, dialect })
}

/// The epoch second of a time as a file has it, by the clock of `zone`.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Option<i64> {
    let mut forms = Forms::default();
    forms.see(text, 1);
    let at = forms.decide(None, None, "").ok()?.read(text, false).ok()?;
    *stamps::instants(&[at], zone, false, i64::MIN).first()?
}

impl Dialect {
    fn find(text: &str, layout: TableLayout, wanted: Wanted<'_>) -> Result<Self, FileProblem> {
        let tickers = wanted_tickers(text, &layout, wanted)?;
        let (mut forms, mut marks) = (Forms::default(), Marks::default());
        let mut traded = vec![false; layout.columns.volumes.len()];
        let mut splitter = Splitter::new(layout.delimiter);
        for line in layout.rows_of(text) {
            let cells = splitter.cells(line.text);
            if !is_wanted(&layout, tickers.as_deref(), cells) {
                continue;
            }
            if let Some(start) = start(&layout, cells) {
                forms.see(&start, line.number);
            }
            for column in layout.columns.prices {
                if let Some(cell) = said(cells, column) {
                    marks.see(cell, line.number, column);
                }
            }
            for (column, traded) in layout.columns.volumes.iter().zip(&mut traded) {
                if let Some(cell) = said(cells, *column) {
                    marks.see(cell, line.number, *column);
                    *traded |= cell.contains(|c: char| ('1'..='9').contains(&c));
                }
            }
        }
        let Reading { date_order, decimal, .. } = *wanted.reading;
        let column = layout.columns.start.first().and_then(|start| layout.names.get(*start));
        let column = column.map_or("", |name| &**name);
        let form = forms.decide(date_order, layout.usual_order, column)?;
        let mark = marks.decide(decimal, layout.delimiter, &layout.names)?;
        let volumes = layout.columns.volumes.iter().zip(traded);
        let volume = volumes.clone().find(|(_, traded)| *traded).or_else(|| volumes.clone().next());
        let volume = volume.map(|(column, _)| *column);
        Ok(Self { tickers, mark, form, volume, zone: wanted.zone.clone(), layout })
    }

    /// The rows of a whole file, and the line that is cut off at its end, if one is.
    fn rows(&self, text: &str) -> Result<(Vec<BarRow>, Option<usize>), FileProblem> {
        let mut splitter = Splitter::new(self.layout.delimiter);
        let (mut rows, mut cut) = (Vec::new(), None);
        for line in self.layout.rows_of(text) {
            match self.row(line, splitter.cells(line.text)) {
                Err(problem @ FileProblem::Short { .. }) => {
                    cut.get_or_insert((line.number, problem));
                }
                // Only what comes after the last row may be shorter.
                row => match cut {
                    Some((_, problem)) => return Err(problem),
                    None => rows.extend(row?),
                },
            }
        }
        Ok((rows, cut.map(|(line, _)| line)))
    }

    /// The row of a line; none if it is a gap, or another ticker's.
    fn row(&self, line: Line<'_>, cells: Cells<'_>) -> Result<Option<BarRow>, FileProblem> {
        let (layout, number) = (&self.layout, line.number);
        let width = layout.names.len();
        if line.is_open() || cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            return Err(FileProblem::Ragged { line: number });
        }
        let columns = &layout.columns;
        let needed = columns.start.iter().chain(&columns.prices).max().map_or(0, |last| last + 1);
        if cells.len() < needed {
            // A time alone is a gap, and a note below the table is none of its rows.
            let has_price = columns.prices.iter().any(|column| *column < cells.len());
            let short = FileProblem::Short { line: number, found: cells.len(), needed: width };
            return if has_price { Err(short) } else { Ok(None) };
        }
        if !is_wanted(layout, self.tickers.as_deref(), cells) {
            return Ok(None);
        }
        let Some(start) = start(layout, cells) else { return Ok(None) };
        let at = self
            .form
            .read(&start, columns.is_utc)
            .map_err(|allowed| self.problem(number, columns.start[0], &start, allowed))?;
        let amount = |column: usize| match said(cells, column) {
            None => Ok(None),
            Some(cell) => number_of(cell, self.mark)
                .map(Some)
                .map_err(|allowed| self.problem(number, column, cell, allowed)),
        };
        let [open, high, low, close] = columns.prices.map(amount);
        let volume = self.volume.map_or(Ok(None), amount)?;
        Ok(Some(BarRow { line: number, at, prices: [open?, high?, low?, close?], volume }))
    }

    /// The bars of rows that were appended to the file, which have the numbers from `first` on and come after
    /// the instant `newest`, and the last problem with one of them.
    pub(super) fn appended(
        &self,
        text: &str,
        first: usize,
        are_dates: bool,
        newest: i64,
    ) -> (Vec<Bar>, Option<FileProblem>) {
        let mut splitter = Splitter::new(self.layout.delimiter);
        let (mut rows, mut problem) = (Vec::new(), None);
        for line in lines(text, first).filter(|line| !line.is_comment()) {
            match self.row(line, splitter.cells(line.text)) {
                Ok(row) => {
                    // A good row after a bad one is news enough.
                    problem = problem.filter(|_| row.is_none());
                    rows.extend(row);
                }
                Err(wrong) => problem = Some(wrong),
            }
        }
        let bars = self.bars(&rows, are_dates, newest);
        (bars.into_iter().map(|(_, bar)| bar).collect(), problem)
    }

    /// The bars of `rows`, which come after the instant `before`, with their lines.
    fn bars(&self, rows: &[BarRow], are_dates: bool, before: i64) -> Vec<(usize, Bar)> {
        let stamps: Vec<At> = rows.iter().map(|row| row.at.clone()).collect();
        let instants = stamps::instants(&stamps, &self.zone, are_dates, before);
        let bar = |(row, ts): (&BarRow, Option<i64>)| {
            Some((row.line, Bar::from_row(ts?, row.prices, row.volume)?))
        };
        rows.iter().zip(instants).filter_map(bar).collect()
    }

    fn problem(
        &self,
        line: usize,
        column: usize,
        cell: &str,
        allowed: &'static str,
    ) -> FileProblem {
        let name = self.layout.names.get(column).filter(|name| !name.is_empty());
        FileProblem::Cell {
            line,
            column: name.cloned().unwrap_or_else(|| format!("column {}", column + 1)),
            found: cell.chars().take(QUOTED).collect(),
            allowed,
        }
    }
}

impl TableLayout {
    /// The lines of `text` that are rows.
    fn rows_of<'a>(&self, text: &'a str) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let first = self.first;
        lines(text, 1).filter(move |line| line.number >= first && !line.is_comment())
    }
}

fn number_of(cell: &str, mark: DecimalMark) -> Result<f64, &'static str> {
    let allowed = match mark {
        DecimalMark::Point => numbers::ALLOWED[0],
        DecimalMark::Comma => numbers::ALLOWED[1],
    };
    number(cell, mark).ok_or(allowed)
}

/// What a cell says, if anything.
fn said(cells: Cells<'_>, column: usize) -> Option<&str> {
    let cell = cells.get(column)?;
    let is_gap = cell.len() <= 6 && GAPS.contains(&&*cell.to_ascii_lowercase());
    (!is_gap).then_some(cell)
}

/// The start of a row in one text.
fn start(layout: &TableLayout, cells: Cells<'_>) -> Option<String> {
    let parts = layout.columns.start.iter().map(|column| said(cells, *column));
    Some(parts.collect::<Option<Vec<_>>>()?.join(" "))
}

fn is_wanted(layout: &TableLayout, tickers: Option<&[String]>, cells: Cells<'_>) -> bool {
    let (Some(tickers), Some((column, _))) = (tickers, layout.columns.ticker) else { return true };
    cells.get(column).is_some_and(|cell| tickers.iter().any(|ticker| ticker == cell))
}

/// The tickers whose rows are those of the symbol; none where all rows are.
fn wanted_tickers(
    text: &str,
    layout: &TableLayout,
    wanted: Wanted<'_>,
) -> Result<Option<Vec<String>>, FileProblem> {
    let Some((column, is_name)) = layout.columns.ticker else { return Ok(None) };
    let mut splitter = Splitter::new(layout.delimiter);
    let mut held = BTreeSet::new();
    for line in layout.rows_of(text) {
        let cell = splitter.cells(line.text).get(column).unwrap_or_default();
        if !cell.is_empty() && !held.contains(cell) && held.len() < MAX_TICKERS {
            held.insert(cell.to_owned());
        }
    }
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    let told = wanted.reading.ticker.as_deref();
    match *held {
        [] => Ok(None),
        [only] if told.is_none() && !tickers::is_another(only, wanted.symbol, is_name) => Ok(None),
        _ => {
            let found = tickers::of(&held, wanted.symbol, told)?;
            Ok(Some(found.into_iter().map(str::to_owned).collect()))
        }
    }
}

/// Refuses bars of several instruments that nothing tells apart: most times stand more than once, with
/// different opens. A bar that is written again as it grows keeps its open.
fn unrepeated(bars: &[(usize, Bar)]) -> Result<(), FileProblem> {
    let mut sorted: Vec<&(usize, Bar)> = bars.iter().collect();
    sorted.sort_by_key(|(_, bar)| bar.ts);
    let differ = |two: &&[&(usize, Bar)]| {
        let [(_, one), (_, other)] = [two[0], two[1]];
        one.ts == other.ts && (one.open - other.open).abs() > 0.0
    };
    let repeated = sorted.windows(2).filter(differ).count();
    match sorted.windows(2).find(differ) {
        Some(two) if repeated > 2 && repeated * 4 > bars.len() => {
            let (first, again) = (two[0].0, two[1].0);
            Err(FileProblem::Repeated { first, again, count: repeated })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
