//! A series of price bars in a polars frame, and the only place that knows the frame's columns.
//!
//! Columns: `ts` (`i64`, epoch seconds of the bar's start, ascending and unique), `open`, `high`,
//! `low`, `close` (`f64`, in the instrument's currency) and `volume` (`f64`, units traded, 0 when
//! the source has none). No column holds a null; a missing bar is a missing row.

mod bar;
pub mod decimals;
mod heikin_ashi;
mod merge;
pub mod numbers;
mod rebase;
mod resample;
pub mod studies;
pub mod table;
pub mod zeros;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

pub use bar::Bar;
use polars::prelude::{Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn as _};
pub use rebase::percent;

const TS: &str = "ts";
/// The columns of floats.
const FLOATS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Bars in time order, one a slot.
///
/// A clone and a cut share one frame, of which they are some rows: neither makes columns. Nothing here asks
/// polars for what it does on its pool of threads: they spin for a while after each piece of work, which costs
/// more than the work on a few bars.
#[derive(Clone)]
pub struct Bars {
    frame: Arc<DataFrame>,
    rows: Range<usize>,
}

impl Bars {
    /// No bars. All such series share one frame.
    #[must_use]
    pub fn empty() -> Self {
        static EMPTY: LazyLock<Bars> = LazyLock::new(|| Bars::from_sorted(&[]));
        EMPTY.clone()
    }

    /// Sorts the rows by time; of two with one timestamp the later in `rows` stays.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = Bar>) -> Self {
        let mut rows: Vec<Bar> = rows.into_iter().collect();
        rows.sort_by_key(|bar| bar.ts);
        rows.reverse();
        rows.dedup_by_key(|bar| bar.ts);
        rows.reverse();
        Self::from_sorted(&rows)
    }

    fn from_sorted(rows: &[Bar]) -> Self {
        let values: [fn(&Bar) -> f64; 5] =
            [|bar| bar.open, |bar| bar.high, |bar| bar.low, |bar| bar.close, |bar| bar.volume];
        let times = time_column(rows.iter().map(|bar| bar.ts).collect());
        let floats = (0..)
            .zip(values)
            .map(|(index, value)| float_column(index, rows.iter().map(value).collect()));
        Self::of_columns(rows.len(), std::iter::once(times).chain(floats))
    }

    /// The six columns, `height` values each.
    fn of_columns(height: usize, columns: impl Iterator<Item = Column>) -> Self {
        let frame = DataFrame::new(height, columns.collect());
        let frame = frame.expect("six columns of one length and six names");
        Self { frame: Arc::new(frame), rows: 0..height }
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes of its columns, which other series may share.
    #[must_use]
    pub fn bytes(&self) -> usize {
        8 * self.frame.width() * self.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bar starts in epoch seconds.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        let times = self.frame.columns()[0].i64().and_then(|values| values.cont_slice());
        &times.expect(CONTIGUOUS)[self.rows.clone()]
    }

    /// Opening prices.
    #[must_use]
    pub fn opens(&self) -> &[f64] {
        self.floats(0)
    }

    /// Highest prices.
    #[must_use]
    pub fn highs(&self) -> &[f64] {
        self.floats(1)
    }

    /// Lowest prices.
    #[must_use]
    pub fn lows(&self) -> &[f64] {
        self.floats(2)
    }

    /// Closing prices; the last is the forming bar's newest price.
    #[must_use]
    pub fn closes(&self) -> &[f64] {
        self.floats(3)
    }

    /// Units traded.
    #[must_use]
    pub fn volumes(&self) -> &[f64] {
        self.floats(4)
    }

    /// The bar at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Bar> {
        Some(Bar {
            ts: *self.times().get(index)?,
            open: *self.opens().get(index)?,
            high: *self.highs().get(index)?,
            low: *self.lows().get(index)?,
            close: *self.closes().get(index)?,
            volume: *self.volumes().get(index)?,
        })
    }

    /// The newest bar.
    #[must_use]
    pub fn last(&self) -> Option<Bar> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All bars in order.
    pub fn iter(&self) -> impl Iterator<Item = Bar> + '_ {
        // Columns are looked up once, not once a bar.
        let times = self.times();
        let [opens, highs, lows, closes, volumes] = [0, 1, 2, 3, 4].map(|index| self.floats(index));
        (0..times.len()).map(move |row| Bar {
            ts: times[row],
            open: opens[row],
            high: highs[row],
            low: lows[row],
            close: closes[row],
            volume: volumes[row],
        })
    }

    /// The bars that start at `ts` or later.
    #[must_use]
    pub fn since(&self, ts: i64) -> Self {
        self.rows(self.index_of(ts), self.len())
    }

    /// The bars that start before `ts`.
    #[must_use]
    pub fn before(&self, ts: i64) -> Self {
        self.rows(0, self.index_of(ts))
    }

    /// The index of the first bar that starts at `ts` or later.
    fn index_of(&self, ts: i64) -> usize {
        self.times().partition_point(|&start| start < ts)
    }

    /// How many bars both begin with.
    #[must_use]
    pub fn common(&self, other: &Self) -> usize {
        let times = agreeing(self.times(), other.times(), |ts| *ts);
        let floats = (0..FLOATS.len()).map(|index| {
            agreeing(self.floats(index), other.floats(index), |value| value.to_bits())
        });
        floats.fold(times, usize::min)
    }

    /// The bars of the indexes `from..to`; shares the frame.
    fn rows(&self, from: usize, to: usize) -> Self {
        let begin = self.rows.start;
        Self { frame: Arc::clone(&self.frame), rows: begin + from..begin + to }
    }

    /// The times, or the floats from 1 on, as a column that shares the frame's memory.
    fn column(&self, index: usize) -> Column {
        let column = &self.frame.columns()[index];
        if self.len() == self.frame.height() {
            return column.clone();
        }
        column.slice(i64::try_from(self.rows.start).unwrap_or(i64::MAX), self.len())
    }

    /// The column of [`FLOATS`] at `index`. Not looked up by its name, which every bar read would pay for.
    fn floats(&self, index: usize) -> &[f64] {
        let values = self.frame.columns()[1 + index].f64().and_then(|values| values.cont_slice());
        &values.expect(CONTIGUOUS)[self.rows.clone()]
    }
}

/// Why a column can be lent as a slice.
const CONTIGUOUS: &str = "columns are typed, without nulls and in one chunk";

/// The column of times. It takes the memory of `times` over.
fn time_column(times: Vec<i64>) -> Column {
    Int64Chunked::from_vec(TS.into(), times).into_column()
}

/// The column of [`FLOATS`] at `index`. It takes the memory of `values` over.
fn float_column(index: usize, values: Vec<f64>) -> Column {
    Float64Chunked::from_vec(FLOATS[index].into(), values).into_column()
}

impl PartialEq for Bars {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.times(), other.times())
            && (0..FLOATS.len()).all(|index| is_same(self.floats(index), other.floats(index)))
    }
}

/// Whether both are equal, which one memory is at once. A tick changes the last value, so the last ones are looked at
/// first.
fn is_same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    std::ptr::eq(one, other) || (one.last() == other.last() && one == other)
}

/// How many values both begin with, which of one memory are all.
fn agreeing<T, I: PartialEq>(one: &[T], other: &[T], identity: impl Fn(&T) -> I) -> usize {
    if std::ptr::eq(one, other) {
        return one.len();
    }
    one.iter().zip(other).take_while(|(one, other)| identity(one) == identity(other)).count()
}

impl Default for Bars {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FromIterator<Bar> for Bars {
    fn from_iter<I: IntoIterator<Item = Bar>>(rows: I) -> Self {
        Self::from_rows(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, Bars};

    fn bar(ts: i64, close: f64) -> Bar {
        Bar { ts, open: close, high: close, low: close, close, volume: 1.0 }
    }

    #[test]
    fn rows_are_sorted_and_the_later_of_two_with_one_timestamp_stays() {
        let bars = Bars::from_rows([bar(120, 3.0), bar(60, 1.0), bar(120, 4.0)]);
        assert_eq!(bars.times(), [60, 120]);
        assert_eq!(bars.closes(), [1.0, 4.0]);
    }

    #[test]
    fn a_slice_keeps_the_rows_on_its_side_of_the_cut() {
        let bars = Bars::from_rows([bar(60, 1.0), bar(120, 2.0), bar(180, 3.0)]);
        assert_eq!(bars.since(120).times(), [120, 180]);
        assert_eq!(bars.since(120).before(180).closes(), [2.0]);
        assert_eq!(bars.closes()[1..].as_ptr(), bars.since(120).closes().as_ptr(), "one memory");
        assert_eq!(bars.before(120).times(), [60]);
        assert_eq!(bars.since(999).len(), 0);
        assert_eq!(bars.last().map(|b| b.close), Some(3.0));
        assert_eq!(Bars::empty().last(), None);
    }
}
