//! What is written into the history at once, and what became of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::bars::Bar;
use crate::interval::Interval;
use crate::symbol::Symbol;

/// Bars and ticks that belong together: all of them are kept, or none.
#[derive(Debug, Clone)]
pub struct Push {
    /// The source that they are of.
    pub source: &'static str,
    /// Each symbol's part.
    pub symbols: Vec<SymbolPush>,
    /// Whether good rows are kept though others are not.
    pub is_partial: bool,
    /// How much is kept.
    pub limits: Limits,
    /// When it came.
    pub at: Timestamp,
}

/// The rows of one symbol.
#[derive(Debug, Clone)]
pub struct SymbolPush {
    /// Whose they are.
    pub symbol: Symbol,
    /// The rows, in the order in which they were sent.
    pub rows: PushRows,
}

/// Rows with the lines that they stand in.
#[derive(Debug, Clone)]
pub enum PushRows {
    /// Bars of one length.
    Bars(Interval, Vec<(usize, TimedBar)>),
    /// Ticks, of which minutes are made.
    Ticks(Vec<(usize, Tick)>),
}

/// A bar, and whether it is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedBar {
    /// The bar.
    pub bar: Bar,
    /// Whether its sender says that it is over.
    pub is_final: bool,
}

/// A trade, or a price of any other kind at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// When, in nanoseconds of the epoch.
    pub at: i64,
    /// At which price.
    pub price: f64,
    /// How much was traded; 0 when nobody says.
    pub size: f64,
    /// What its sender calls it. Of ticks with one name the first is kept.
    pub id: Option<Box<str>>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most symbols of the source.
    pub symbols: usize,
    /// Most bars of a series.
    pub bars: usize,
    /// Most ticks of a series that are remembered, so that none is counted twice.
    pub ticks: usize,
}

/// What became of a push.
#[derive(Debug, Clone, Default)]
pub struct PushOutcome {
    /// What became of each symbol's part.
    pub symbols: Vec<KeptRows>,
    /// The rows that were left out of a partial push.
    pub faults: Vec<RowFault>,
}

/// What became of the rows of one symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRows {
    /// Whose they are.
    pub symbol: Symbol,
    /// The length of the bars that they are, or that they are in.
    pub interval: Interval,
    /// Rows that are new.
    pub accepted: usize,
    /// Rows in the place of others.
    pub replaced: usize,
    /// Bars of these that are not the newest of their series.
    pub corrected: usize,
    /// Rows that were there as they are.
    pub unchanged: usize,
    /// The newest bar of the series, in seconds of the epoch.
    pub last: Option<i64>,
    /// The first and the last bar that have changed.
    pub changed: Option<(i64, i64)>,
}

/// A row that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {column}: {detail}")]
pub struct RowFault {
    /// Where it stands, the first line being 1.
    pub line: usize,
    /// The column that is wrong.
    pub column: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl SymbolPush {
    /// The lines of its rows.
    pub fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        let (bars, ticks) = match &self.rows {
            PushRows::Bars(_, bars) => (&bars[..], &[][..]),
            PushRows::Ticks(ticks) => (&[][..], &ticks[..]),
        };
        bars.iter().map(|(line, _)| *line).chain(ticks.iter().map(|(line, _)| *line))
    }

    /// The length of the bars that its rows are, or are made into.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        match self.rows {
            PushRows::Bars(interval, _) => interval,
            PushRows::Ticks(_) => Interval::Minute1,
        }
    }
}

impl Push {
    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        let rows = self.symbols.iter().map(|part| match &part.rows {
            PushRows::Bars(_, bars) => bars.len(),
            PushRows::Ticks(ticks) => ticks.len(),
        });
        rows.sum()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl RowFault {
    /// Of a symbol that would be one too many.
    #[must_use]
    pub fn of_symbol(line: usize, symbol: &Symbol, most: usize) -> Self {
        let detail =
            format!("{symbol} is new, and there are {most} symbols, the most that are kept");
        Self { line, column: "symbol".to_owned(), detail }
    }

    /// Of a bar that is older than those that are kept.
    #[must_use]
    pub fn of_old_bar(line: usize, most: usize) -> Self {
        let detail = format!("it is older than the newest {most} bars, which are kept");
        Self { line, column: "time".to_owned(), detail }
    }

    /// Of a tick that is older than those that are remembered.
    #[must_use]
    pub fn of_old_tick(line: usize, most: usize) -> Self {
        let detail = format!(
            "it is older than the {most} newest ticks, and whether it is known is forgotten: \
             correct the bar of its minute instead"
        );
        Self { line, column: "time".to_owned(), detail }
    }
}
