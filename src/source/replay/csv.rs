//! Reads bars out of a CSV, whatever program wrote it: the header says which column is which.

use std::io::Cursor;

use jiff::tz::TimeZone;
use polars::prelude::{CsvReadOptions, DataFrame, SerReader as _, StringChunked};

use super::error::FileProblem;
use super::stamp;
use crate::bars::{Bar, Bars};

/// Names of the column that tells a bar's start, the surest first.
const TIMES: [&str; 8] =
    ["timestamp", "datetime", "opentime", "starttime", "startdate", "ts", "start", "date"];
/// Beside a date, the time of day; alone, the whole stamp.
const TIME: &str = "time";
/// Names of each price, as [`plain`] leaves them.
const PRICES: [[&str; 3]; 4] = [
    ["open", "openprice", "o"],
    ["high", "highprice", "h"],
    ["low", "lowprice", "l"],
    ["close", "closeprice", "c"],
];
const VOLUMES: [&str; 3] = ["volume", "vol", "v"];
/// Cells that say that there is nothing to say, in lower case.
const GAPS: [&str; 8] = ["", "-", "n/d", "n/a", "na", "nan", "null", "none"];
/// Longest part of a bad cell that a message repeats, in characters.
const QUOTED: usize = 40;

/// The bars of a CSV; naive times are read as times in `zone`.
///
/// # Errors
/// [`FileProblem`], with the line and what would be right.
pub(super) fn read(text: &str, zone: &TimeZone) -> Result<Bars, FileProblem> {
    let frame = cells(text)?;
    let columns = Columns::find(&frame)?;
    // The parser skips empty lines before the header, and none behind it.
    let header = text.lines().take_while(|line| line.is_empty()).count() + 1;
    let mut bars = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        bars.extend(columns.bar(row, header + 1 + row, zone)?);
    }
    Ok(Bars::from_rows(bars))
}

/// The cells as they stand, all of them text, so that a bad one can be told by its line.
fn cells(text: &str) -> Result<DataFrame, FileProblem> {
    let reader = CsvReadOptions::default()
        .with_infer_schema_length(Some(0))
        .with_rechunk(true)
        .into_reader_with_file_handle(Cursor::new(text));
    reader.finish().map_err(|error| match ragged_line(text) {
        Some(line) => FileProblem::Ragged { line },
        None => FileProblem::Csv {
            detail: error.to_string().lines().next().unwrap_or_default().to_owned(),
        },
    })
}

/// The first line with more cells than the header or an open quote: the parser's own message does
/// not tell where it stopped.
fn ragged_line(text: &str) -> Option<usize> {
    let shape = |line: &str| {
        line.chars().fold((1, false), |(cells, quoted), c| match c {
            '"' => (cells, !quoted),
            ',' if !quoted => (cells + 1, quoted),
            _ => (cells, quoted),
        })
    };
    let (header, _) = shape(text.lines().find(|line| !line.is_empty())?);
    let broken = |line| {
        let (cells, quoted) = shape(line);
        cells > header || quoted
    };
    text.lines().position(broken).map(|index| index + 1)
}

/// A column and its name in the header.
#[derive(Clone, Copy)]
struct Column<'a> {
    name: &'a str,
    cells: &'a StringChunked,
}

/// Which column is which.
struct Columns<'a> {
    /// The start, or the date and the time of day.
    start: Vec<Column<'a>>,
    /// Open, high, low, close.
    prices: [Column<'a>; 4],
    volume: Option<Column<'a>>,
}

impl<'a> Columns<'a> {
    fn find(frame: &'a DataFrame) -> Result<Self, FileProblem> {
        let columns: Vec<(String, Column)> = frame
            .columns()
            .iter()
            .filter_map(|column| {
                let (name, cells) = (column.name().as_str(), column.str().ok()?);
                Some((plain(name), Column { name, cells }))
            })
            .collect();
        let named = |wanted: &str| {
            columns.iter().find(|(name, _)| name == wanted).map(|(_, column)| *column)
        };
        let one_of = |names: &[&str]| names.iter().find_map(|name| named(name));

        let start: Vec<Column> = match (named("date"), named(TIME)) {
            (Some(date), Some(time)) => vec![date, time],
            (_, time) => one_of(&TIMES).or(time).into_iter().collect(),
        };
        let prices = PRICES.map(|names| one_of(&names));
        if let ([_, ..], [Some(open), Some(high), Some(low), Some(close)]) = (&*start, prices) {
            return Ok(Self { start, prices: [open, high, low, close], volume: one_of(&VOLUMES) });
        }
        let time = start.is_empty().then_some(TIME);
        let lacking = PRICES.iter().zip(prices).filter(|(_, found)| found.is_none());
        Err(FileProblem::Columns {
            missing: time.into_iter().chain(lacking.map(|(names, _)| names[0])).collect(),
            found: shortened(
                &columns.iter().map(|(_, column)| column.name).collect::<Vec<_>>().join(","),
            ),
        })
    }

    /// The bar of a row; none if the row is a gap.
    fn bar(&self, row: usize, line: usize, zone: &TimeZone) -> Result<Option<Bar>, FileProblem> {
        let start: Vec<&str> = self.start.iter().filter_map(|column| column.cell(row)).collect();
        if start.len() < self.start.len() {
            return Ok(None);
        }
        let start = start.join(" ");
        let ts = stamp::parse(&start, zone)
            .ok_or_else(|| self.start[0].problem(line, &start, stamp::ALLOWED))?;
        let [open, high, low, close] = self.prices.map(|column| column.number(row, line));
        let volume = self.volume.map_or(Ok(None), |column| column.number(row, line))?;
        Ok(Bar::from_row(ts, [open?, high?, low?, close?], volume))
    }
}

impl Column<'_> {
    /// What the cell says, if anything.
    fn cell(&self, row: usize) -> Option<&str> {
        let cell = self.cells.get(row)?.trim();
        (!GAPS.contains(&&*cell.to_ascii_lowercase())).then_some(cell)
    }

    fn number(&self, row: usize, line: usize) -> Result<Option<f64>, FileProblem> {
        let Some(cell) = self.cell(row) else {
            return Ok(None);
        };
        number(cell)
            .map(Some)
            .ok_or_else(|| self.problem(line, cell, "a number such as 1234.5 or 1,234.5"))
    }

    fn problem(&self, line: usize, found: &str, allowed: &'static str) -> FileProblem {
        FileProblem::Cell { line, column: self.name.to_owned(), found: shortened(found), allowed }
    }
}

/// A header in lower case, without a ticker before the last dot, spaces and signs:
/// `AAPL.Open` is `open`, `Open Time` and `open_time` are `opentime`.
fn plain(name: &str) -> String {
    let name = name.trim_end_matches('.');
    let name = name.rsplit('.').next().unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A number, its thousands perhaps grouped by commas. A comma elsewhere is no number: some countries
/// write their decimals so.
fn number(cell: &str) -> Option<f64> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    if fraction.contains(',') || whole.split(',').skip(1).any(|group| group.len() != 3) {
        return None;
    }
    cell.replace(',', "").parse().ok()
}

fn shortened(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use jiff::tz::TimeZone;

    use super::{number, read};
    use crate::bars::{Bar, Bars};

    fn new_york(text: &str) -> Result<Bars, String> {
        let zone = TimeZone::get("America/New_York").expect("known");
        read(text, &zone).map_err(|problem| problem.to_string())
    }

    #[test]
    fn every_dialect_says_the_same() {
        let bar = |ts, [open, high, low, close]: [f64; 4], volume| Bar {
            ts,
            open,
            high,
            low,
            close,
            volume,
        };
        let expected = Bars::from_rows([
            bar(1_727_875_800, [1234.5, 1235.25, 1234.0, 1235.0], 1200.0),
            bar(1_727_875_860, [1235.0, 1236.0, 1234.75, 1235.5], 800.0),
            bar(1_727_875_980, [1235.5, 1235.5, 1233.0, 1233.25], 1500.0),
        ]);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/dialects");
        let files: Vec<_> = fs::read_dir(folder)
            .expect("is there")
            .map(|entry| entry.expect("readable").path())
            .collect();
        assert!(files.len() >= 14);
        for file in files {
            let text = fs::read_to_string(&file).expect("text");
            let bars = new_york(text.trim_start_matches('\u{feff}'));
            assert_eq!(bars.as_ref(), Ok(&expected), "{}", file.display());
        }
    }

    #[test]
    fn a_bad_line_is_told_by_its_number() {
        for (text, message) in [
            (
                "Date,Open,High,Low,Close\n2024-10-02 09:30,1,1,1,1\n\nyesterday,1,1,1,1\n",
                "line 4: Date is \"yesterday\"; expected epoch seconds or milliseconds, \
                 2024-10-02T09:30:00-04:00, 2024-10-02 09:30, 10/2/2024 9:30 or a date",
            ),
            (
                "\r\nDate,Open,High,Low,Close\r\n2024-10-02 09:30,1,1,1,1\r\n2024-10-02 09:31,1,one,1,1\r\n",
                "line 4: High is \"one\"; expected a number such as 1234.5 or 1,234.5",
            ),
            (
                "Date,Time,Open,High,Low,Close,Vol\n2024-10-02,25:30,1,1,1,1,2\n",
                "line 2: Date is \"2024-10-02 25:30\"; expected epoch seconds or milliseconds, \
                 2024-10-02T09:30:00-04:00, 2024-10-02 09:30, 10/2/2024 9:30 or a date",
            ),
            (
                "Date,Open,High,Low,Close,Vol\n2024-10-02,1,1,1,1,\"1,5\"\n",
                "line 2: Vol is \"1,5\"; expected a number such as 1234.5 or 1,234.5",
            ),
            (
                "Date,Open,High,Low,Close\n2024-10-02,1,1,1,1\n2024-10-02,1,234.5,1,1,1\n",
                "line 3: more cells than the header has, or a quote without its partner; \
                 a cell with a comma is quoted, as in \"1,234.5\"",
            ),
            (
                "Date,Open,High,Low,Close\n2024-10-02,1,\"1,1,1\n",
                "line 2: more cells than the header has, or a quote without its partner; \
                 a cell with a comma is quoted, as in \"1,234.5\"",
            ),
            (
                "when,Open,High,close\n1,1,1,1\n",
                "the header has no column for time, low; it has when,Open,High,close, and needs a time \
                 (timestamp, datetime, date, open time), open, high, low and close, volume being optional",
            ),
            (
                "Date;Open;High;Low;Close\n2024-10-02;1;1;1;1\n",
                "the header has no column for time, open, high, low, close; it has \
                 Date;Open;High;Low;Close, and needs a time (timestamp, datetime, date, open time), open, \
                 high, low and close, volume being optional",
            ),
            ("", "is not a CSV: no data: empty CSV"),
        ] {
            assert_eq!(new_york(text), Err(message.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn rows_without_a_time_or_a_price_are_gaps() {
        let text = "Symbol,Date,Time,Open,High,Low,Close,Volume\nX,N/D,N/D,N/D,N/D,N/D,N/D,N/D\nX,,,1,1,1,1,1\n";
        assert_eq!(new_york(text), Ok(Bars::empty()));
        assert_eq!(new_york("Date,Open,High,Low,Close\n"), Ok(Bars::empty()));
    }

    #[test]
    fn commas_group_thousands_and_nothing_else() {
        assert_eq!(number("1,234,567.25"), Some(1_234_567.25));
        assert_eq!(number("-0.5"), Some(-0.5));
        for text in ["1,5", "1,2345", "1.234,5", "1 234", "$1", "1,234.5,6"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
