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

pub use bar::Bar;
use polars::prelude::{Column, DataFrame};
pub use rebase::percent;

const TS: &str = "ts";
const PRICES: [&str; 4] = ["open", "high", "low", "close"];
const VOLUME: &str = "volume";

/// Bars in time order, one a slot.
#[derive(Clone, PartialEq)]
pub struct Bars(DataFrame);

impl Bars {
    /// No bars.
    #[must_use]
    pub fn empty() -> Self {
        Self::from_sorted(&[])
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
        fn floats(name: &str, rows: &[Bar], value: impl Fn(&Bar) -> f64) -> Column {
            Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
        }
        let [open, high, low, close] = PRICES;
        let columns = vec![
            Column::new(TS.into(), rows.iter().map(|bar| bar.ts).collect::<Vec<_>>()),
            floats(open, rows, |bar| bar.open),
            floats(high, rows, |bar| bar.high),
            floats(low, rows, |bar| bar.low),
            floats(close, rows, |bar| bar.close),
            floats(VOLUME, rows, |bar| bar.volume),
        ];
        Self(DataFrame::new(rows.len(), columns).expect("six columns of one length and six names"))
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.height()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bar starts in epoch seconds.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        self.column(TS).i64().and_then(|values| values.cont_slice()).expect(CONTIGUOUS)
    }

    /// Opening prices.
    #[must_use]
    pub fn opens(&self) -> &[f64] {
        self.floats(PRICES[0])
    }

    /// Highest prices.
    #[must_use]
    pub fn highs(&self) -> &[f64] {
        self.floats(PRICES[1])
    }

    /// Lowest prices.
    #[must_use]
    pub fn lows(&self) -> &[f64] {
        self.floats(PRICES[2])
    }

    /// Closing prices; the last is the forming bar's newest price.
    #[must_use]
    pub fn closes(&self) -> &[f64] {
        self.floats(PRICES[3])
    }

    /// Units traded.
    #[must_use]
    pub fn volumes(&self) -> &[f64] {
        self.floats(VOLUME)
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
        let (times, [opens, highs, lows, closes], volumes) =
            (self.times(), PRICES.map(|name| self.floats(name)), self.volumes());
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
        self.rows(self.times().partition_point(|&t| t < ts), self.len())
    }

    /// The bars that start before `ts`.
    #[must_use]
    pub fn before(&self, ts: i64) -> Self {
        self.rows(0, self.times().partition_point(|&t| t < ts))
    }

    /// Rows `from..to`; shares the memory.
    fn rows(&self, from: usize, to: usize) -> Self {
        Self(self.0.slice(i64::try_from(from).unwrap_or(i64::MAX), to - from))
    }

    fn column(&self, name: &str) -> &Column {
        self.0.column(name).expect("every constructor makes all six columns")
    }

    fn floats(&self, name: &str) -> &[f64] {
        self.column(name).f64().and_then(|values| values.cont_slice()).expect(CONTIGUOUS)
    }
}

/// Why a column can be lent as a slice.
const CONTIGUOUS: &str = "columns are typed, without nulls and in one chunk";

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
        assert_eq!(bars.before(120).times(), [60]);
        assert_eq!(bars.since(999).len(), 0);
        assert_eq!(bars.last().map(|b| b.close), Some(3.0));
        assert_eq!(Bars::empty().last(), None);
    }
}
