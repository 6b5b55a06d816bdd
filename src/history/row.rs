//! Reads bars out of the rows of the file.

use rusqlite::{Result, Row};

use crate::bars::Bar;
use crate::interval::Interval;

/// The columns of a bar, in the order in which [`bar`] reads them.
pub(super) const BAR: &str = "time, open, high, low, close, volume";

/// The bar of a row that begins with [`BAR`].
pub(super) fn bar(row: &Row<'_>) -> Result<Bar> {
    Ok(Bar {
        ts: row.get(0)?,
        open: row.get(1)?,
        high: row.get(2)?,
        low: row.get(3)?,
        close: row.get(4)?,
        volume: row.get(5)?,
    })
}

/// The interval with a name.
pub(super) fn interval_of(name: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.as_str() == name)
}
