//! Why recorded bars cannot be replayed: the file, the line, what was found and what would be right.

use std::io;
use std::path::PathBuf;

use crate::interval::Interval;
use crate::symbol::{Symbol, SymbolError};
use crate::view::listed;

/// Settings or a file that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Nothing to play.
    #[error("replay needs at least one recorded file: --file AAPL=bars.csv")]
    NoFiles,
    /// The speed is not a number above zero.
    #[error("replay speed {found} is not a finite number above 0 (recorded seconds per second)")]
    Speed {
        /// The configured speed.
        found: f64,
    },
    /// The time zone is not in the zone database.
    #[error("timezone {found:?} of {symbol} is not an IANA name such as America/New_York or UTC")]
    Zone {
        /// Whose file was to be read in it.
        symbol: Symbol,
        /// The configured name.
        found: String,
    },
    /// Playing is to begin at what is no time.
    #[error(
        "replay.from {found:?} is not a time such as 2024-10-02, \"2024-10-02 09:30\" or \
         2024-10-02T09:30:00-04:00"
    )]
    From {
        /// The configured time.
        found: String,
    },
    /// A file is filed under something that is not a symbol.
    #[error("replay symbol {found:?} is not a symbol: {reason}")]
    Symbol {
        /// The configured symbol.
        found: String,
        /// What a symbol looks like.
        reason: SymbolError,
    },
    /// A file cannot be used.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileProblem,
    },
}

/// What is wrong with a recorded file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It cannot be read at all.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is longer than what is held in memory.
    #[error("is longer than {limit} bytes, the most a recording may have")]
    TooLarge {
        /// Most bytes.
        limit: u64,
    },
    /// It is not text.
    #[error("is not UTF-8 text: expected CSV or the JSON of a Yahoo chart")]
    NotText,
    /// A line breaks the form of a CSV.
    #[error(
        "line {line}: more cells than the header has, or a quote without its partner; \
         a cell with a comma is quoted, as in \"1,234.5\""
    )]
    Ragged {
        /// Line, the first being 1.
        line: usize,
    },
    /// Not a CSV for another reason.
    #[error("is not a CSV: {detail}")]
    Csv {
        /// The parser's words.
        detail: String,
    },
    /// The header lacks columns.
    #[error(
        "the header has no column for {}; it has {found}, and needs a time (timestamp, datetime, \
         date, open time), open, high, low and close, volume being optional",
        missing.join(", ")
    )]
    Columns {
        /// What was looked for.
        missing: Vec<&'static str>,
        /// The header, as it is.
        found: String,
    },
    /// A cell cannot be read.
    #[error("line {line}: {column} is {found:?}; expected {allowed}")]
    Cell {
        /// Line, the first being 1.
        line: usize,
        /// The column's name in the header.
        column: String,
        /// The beginning of the cell.
        found: String,
        /// What a cell of the column may hold.
        allowed: &'static str,
    },
    /// Not the JSON of a Yahoo chart.
    #[error("is not the JSON of a Yahoo chart: {0}")]
    Json(#[from] serde_json::Error),
    /// There is not a single bar in it.
    #[error("holds no bars")]
    NoBars,
    /// The bars are of a length that no chart has.
    #[error(
        "bars are {} apart; replay plays bars of {}",
        words(*seconds), listed(Interval::ALL.map(Interval::as_str))
    )]
    Spacing {
        /// The usual time from one bar to the next, seconds.
        seconds: i64,
    },
}

/// A length of time in the largest unit that divides it.
fn words(seconds: i64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, name) = units
        .into_iter()
        .find(|(length, _)| seconds % length == 0)
        .expect("one second divides every length");
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}
