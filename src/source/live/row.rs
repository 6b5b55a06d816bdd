//! Rows of exchanges: arrays of numbers, some of them written as texts, of which the first cells matter.

use std::fmt;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::bars::Bar;
use crate::interval::Interval;

/// A number, or a text that is one; nothing where it is neither.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LooseNumber(pub Option<f64>);

impl LooseNumber {
    /// The number, if it is finite.
    #[must_use]
    pub fn finite(self) -> Option<f64> {
        self.0.filter(|number| number.is_finite())
    }

    /// The price, which is above zero.
    #[must_use]
    pub fn price(self) -> Option<f64> {
        self.finite().filter(|price| *price > 0.0)
    }

    /// The whole number, if a float holds it exactly.
    #[expect(clippy::cast_possible_truncation, reason = "it is checked to be whole and small")]
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let number = self.finite().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT)?;
        Some(number as i64)
    }
}

/// The bar of `grain` that begins at `ts`, in epoch seconds, of open, high, low and close; nothing where that is
/// no bar of an exchange, whose prices are above zero and whose bars begin on the grid of their interval.
#[must_use]
pub fn bar_at(
    ts: i64,
    prices: [LooseNumber; 4],
    volume: LooseNumber,
    grain: Interval,
) -> Option<Bar> {
    let is_on_grid = ts > 0 && ts % grain.seconds() == 0;
    let are_prices = prices.iter().all(|price| price.price().is_some());
    let bar = Bar::from_row(ts, prices.map(LooseNumber::price), volume.finite());
    bar.filter(|_| is_on_grid && are_prices)
}

/// The same of a start in milliseconds.
#[must_use]
pub fn bar_of(
    millisecond: i64,
    prices: [LooseNumber; 4],
    volume: LooseNumber,
    grain: Interval,
) -> Option<Bar> {
    let is_whole = millisecond % 1_000 == 0;
    bar_at(millisecond / 1_000, prices, volume, grain).filter(|_| is_whole)
}

/// The first numbers of a row; a row that is shorter has none there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellRow<const N: usize>(pub [LooseNumber; N]);

impl<'de> Deserialize<'de> for LooseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseNumberVisitor)
    }
}

struct LooseNumberVisitor;

impl<'de> Visitor<'de> for LooseNumberVisitor {
    type Value = LooseNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_f64<E>(self, number: f64) -> Result<LooseNumber, E> {
        Ok(LooseNumber(Some(number)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<LooseNumber, E> {
        Ok(LooseNumber(Some(number as f64)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<LooseNumber, E> {
        Ok(LooseNumber(Some(number as f64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<LooseNumber, E> {
        Ok(LooseNumber(text.parse().ok()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<LooseNumber, E> {
        Ok(LooseNumber(None))
    }

    fn visit_unit<E>(self) -> Result<LooseNumber, E> {
        Ok(LooseNumber(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<LooseNumber, A::Error> {
        while cells.next_element::<IgnoredAny>()?.is_some() {}
        Ok(LooseNumber(None))
    }
}

impl<'de, const N: usize> Deserialize<'de> for CellRow<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowVisitor::<N>)
    }
}

struct RowVisitor<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for RowVisitor<N> {
    type Value = CellRow<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<CellRow<N>, A::Error> {
        let mut cells = [LooseNumber::default(); N];
        for cell in &mut cells {
            match row.next_element()? {
                Some(read) => *cell = read,
                None => return Ok(CellRow(cells)),
            }
        }
        while row.next_element::<IgnoredAny>()?.is_some() {}
        Ok(CellRow(cells))
    }
}

#[cfg(test)]
mod tests {
    use super::{CellRow, LooseNumber};

    #[test]
    fn a_row_is_read_as_far_as_it_matters_whatever_its_cells_are() {
        let read =
            |text: &str| serde_json::from_str::<CellRow<3>>(text).map(|CellRow(cells)| cells);
        let cells = |cells: [Option<f64>; 3]| cells.map(LooseNumber);
        assert_eq!(
            read(r#"[1499040000000, "0.0163479", 7.5, "later", {}]"#).unwrap(),
            cells([Some(1_499_040_000_000.0), Some(0.016_347_9), Some(7.5)])
        );
        assert_eq!(read(r#"["x", null]"#).unwrap(), cells([None, None, None]));
        assert!(read(r#"{"0":1}"#).is_err());
        let [text, zero, nan] = read(r#"["NaN", 0, -3]"#).unwrap();
        assert_eq!((text.finite(), zero.price(), nan.price()), (None, None, None));
        assert_eq!(
            (LooseNumber(Some(1.5)).whole(), LooseNumber(Some(-7.0)).whole()),
            (None, Some(-7))
        );
    }
}
