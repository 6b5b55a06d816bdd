//! Folding newly fetched bars into a series.

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _, PlSmallStr};

use super::{Bar, Bars};

impl Bars {
    /// This series with `newer` folded in: a bar of `newer` replaces the one of its slot (the forming
    /// bar, or a late correction), all others stay.
    #[must_use]
    pub fn merge(&self, newer: &Self) -> Self {
        let Some(&first) = newer.times().first() else {
            return self.clone();
        };
        let overlap = self.since(first);
        let kept = overlap.without_slots_of(newer);
        let tail = if kept.is_empty() {
            newer.clone()
        } else {
            Self::from_rows(kept.iter().chain(newer.iter()))
        };
        Self(stack(self.before(first).0, &tail.0))
    }

    /// Whether both have bars at the same times, as far as both reach.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let ends = [self, other].map(|bars| bars.times().last().copied().unwrap_or(i64::MIN));
        let end = ends[0].min(ends[1]).saturating_add(1);
        self.before(end).times() == other.before(end).times()
    }

    /// The bars whose slot `other` does not fill.
    fn without_slots_of(&self, other: &Self) -> Self {
        let keep: Vec<bool> =
            self.times().iter().map(|ts| other.times().binary_search(ts).is_err()).collect();
        let mask = BooleanChunked::from_slice(PlSmallStr::EMPTY, &keep);
        Self(self.0.filter(&mask).expect("the mask has one value a row"))
    }
}

/// `head` followed by `tail`, in one chunk a column.
fn stack(mut head: DataFrame, tail: &DataFrame) -> DataFrame {
    head.vstack_mut(tail).expect("both have the columns of this module");
    head.rechunk_mut();
    head
}

impl Extend<Bar> for Bars {
    fn extend<I: IntoIterator<Item = Bar>>(&mut self, rows: I) {
        *self = self.merge(&Self::from_rows(rows));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use crate::bars::{Bar, Bars};

    fn rows() -> impl Strategy<Value = Vec<Bar>> {
        proptest::collection::vec((0i64..40, 1u32..1000), 0..30).prop_map(|rows| {
            rows.into_iter()
                .map(|(slot, price)| {
                    let price = f64::from(price);
                    Bar {
                        ts: slot * 60,
                        open: price,
                        high: price,
                        low: price,
                        close: price,
                        volume: 1.0,
                    }
                })
                .collect()
        })
    }

    #[test]
    fn series_agree_when_neither_has_a_bar_that_the_other_misses() {
        let bars = |slots: &[i64]| {
            let bar =
                |ts: &i64| Bar { ts: *ts, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 0.0 };
            slots.iter().map(bar).collect::<Bars>()
        };
        let known = bars(&[1, 2, 4]);
        assert!(known.agrees_with(&bars(&[1, 2, 4, 5])));
        assert!(known.agrees_with(&bars(&[1, 2])));
        assert!(!known.agrees_with(&bars(&[1, 4])));
        assert!(!known.agrees_with(&bars(&[2, 4])));
        assert!(!known.agrees_with(&bars(&[1, 2, 3, 4])));
    }

    proptest! {
        #[test]
        fn merging_batches_equals_inserting_every_row_into_a_map(batches in proptest::collection::vec(rows(), 1..6)) {
            let mut model = BTreeMap::new();
            let mut bars = Bars::empty();
            for batch in batches {
                model.extend(batch.iter().map(|bar| (bar.ts, *bar)));
                bars = bars.merge(&Bars::from_rows(batch));
            }
            prop_assert_eq!(bars.iter().collect::<Vec<_>>(), model.into_values().collect::<Vec<_>>());
        }
    }
}
