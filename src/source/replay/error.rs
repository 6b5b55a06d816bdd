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
    /// A file cannot be both.
    #[error("replay.play and replay.follow exclude each other: a file that grows is not played")]
    PlayAndFollow,
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
    #[error("is not text: expected CSV, perhaps in gzip, or the JSON of a Yahoo chart")]
    NotText,
    /// It is a file of another program.
    #[error("is {found}: {instead}")]
    Foreign {
        /// What it is.
        found: &'static str,
        /// What to do with it.
        instead: &'static str,
    },
    /// There is nothing in it.
    #[error("is empty: expected CSV or the JSON of a Yahoo chart")]
    Empty,
    /// No line says what the columns are.
    #[error(
        "line {line}: no header: {found:?}; say what the columns are in the file's table, as in \
         [replay.files] AAPL = {{ path = \"bars.csv\", columns = [\"time\", \"open\", \"high\", \"low\", \
         \"close\", \"volume\"] }}"
    )]
    NoHeader {
        /// Line, the first being 1.
        line: usize,
        /// Its beginning.
        found: String,
    },
    /// The setting that names the columns lacks some.
    #[error(
        "columns = [{found}] must name time (or date and time), open, high, low and close, from the \
         left; \"\" is a column that does not matter"
    )]
    Setting {
        /// The names.
        found: String,
    },
    /// It holds bars, and none of the symbol.
    #[error(
        "holds bars of {held}, and none of {wanted}; if one of them is its ticker, say so in the file's \
         table, as in [replay.files] AAPL = {{ path = \"bars.csv\", ticker = \"APPLE\" }}"
    )]
    OtherTickers {
        /// The symbol.
        wanted: String,
        /// The tickers in the file.
        held: String,
    },
    /// It holds bars of several instruments that the symbol may mean.
    #[error(
        "holds bars of {held}, any of which may be {wanted}; say which in the file's table, as in \
         [replay.files] AAPL = {{ path = \"bars.csv\", ticker = \"AAPL.US\" }}"
    )]
    SeveralTickers {
        /// The symbol.
        wanted: String,
        /// The tickers in the file that it may mean.
        held: String,
    },
    /// Bars of several instruments that no column tells apart.
    #[error(
        "lines {first} and {again} are bars of one time with different prices, as are {count} in all; if \
         they are of several instruments, call the column that tells them apart symbol, in the header \
         or by columns = [..] in the file's table"
    )]
    Repeated {
        /// Line of a bar, the first being 1.
        first: usize,
        /// Line of another bar of the same time.
        again: usize,
        /// How many there are.
        count: usize,
    },
    /// A date can be read in two ways, and no other date tells.
    #[error(
        "line {line}: {column} is {found:?}, and no line tells whether dates have the day or month first; \
         say so in the file's table: date_order = \"day-first\" or date_order = \"month-first\", as in \
         [replay.files] AAPL = {{ path = \"bars.csv\", date_order = \"month-first\" }}"
    )]
    DoubtfulDate {
        /// Line, the first being 1.
        line: usize,
        /// The column's name in the header.
        column: String,
        /// The cell.
        found: String,
    },
    /// A number can be read in two ways, and no other number tells.
    #[error(
        "line {line}: {column} is {found:?}, and no number tells whether its sign stands before decimals or \
         thousands; say so in the file's table: decimal = \"comma\" or decimal = \"point\", as in \
         [replay.files] AAPL = {{ path = \"bars.csv\", decimal = \"comma\" }}"
    )]
    DoubtfulNumber {
        /// Line, the first being 1.
        line: usize,
        /// The column's name in the header.
        column: String,
        /// The cell.
        found: String,
    },
    /// A line has more cells than anything that is read.
    #[error("line {line} has more than {limit} cells, the most that a table may have")]
    Wide {
        /// Line, the first being 1.
        line: usize,
        /// Most cells.
        limit: usize,
    },
    /// A row is cut off, and others follow.
    #[error("line {line}: {found} cells where the header has {needed}")]
    Short {
        /// Line, the first being 1.
        line: usize,
        /// Cells of the line.
        found: usize,
        /// Cells of the header.
        needed: usize,
    },
    /// A file that cannot be read as it grows.
    #[error("cannot be followed: rows are appended to plain CSV in UTF-8, and this is {found}")]
    Unfollowed {
        /// What it is.
        found: &'static str,
    },
    /// A line breaks the form of a CSV.
    #[error(
        "line {line}: more cells than the header has, or a quote without its partner; \
         a cell with a comma is quoted, as in \"1,234.5\""
    )]
    Ragged {
        /// Line, the first being 1.
        line: usize,
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
        "bars are {} apart; charts have bars of {}",
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
