//! Folding newly fetched bars into a series.

use super::{Bars, FLOATS, float_column, time_column};

impl Bars {
    /// This series with `newer` folded in: a bar of `newer` replaces the one of its slot (the forming
    /// bar, or a late correction), all others stay. A column in which nothing changes is not copied.
    #[must_use]
    pub fn merge(&self, newer: &Self) -> Self {
        let Some(&first) = newer.times().first() else {
            return self.clone();
        };
        let from = self.index_of(first);
        let is_replaced = |ts: &i64| newer.times().binary_search(ts).is_ok();
        if self.times()[from..].iter().all(is_replaced) {
            return self.with_tail(from, newer);
        }
        let kept = self.since(first);
        let kept = kept.iter().filter(|bar| !is_replaced(&bar.ts));
        self.with_tail(from, &Self::from_rows(kept.chain(newer.iter())))
    }

    /// The bars before the index `from`, and `tail` behind them.
    fn with_tail(&self, from: usize, tail: &Self) -> Self {
        let times = spliced(self.times(), from, tail.times(), |ts| *ts)
            .map_or_else(|| self.column(0), time_column);
        let floats = (0..FLOATS.len()).map(|index| {
            let (old, new) = (self.floats(index), tail.floats(index));
            spliced(old, from, new, |value| value.to_bits())
                .map_or_else(|| self.column(1 + index), |values| float_column(index, values))
        });
        Self::of_columns(from + tail.len(), std::iter::once(times).chain(floats))
    }
}

/// The values of `old` before the index `from` and `tail` behind them; `None` where that is `old`.
fn spliced<T: Copy, I: PartialEq>(
    old: &[T],
    from: usize,
    tail: &[T],
    identity: impl Fn(&T) -> I,
) -> Option<Vec<T>> {
    let replaced = &old[from..];
    let is_old = replaced.len() == tail.len()
        && replaced.iter().zip(tail).all(|(old, new)| identity(old) == identity(new));
    (!is_old).then(|| [&old[..from], tail].concat())
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
    fn a_merge_copies_the_columns_that_change_and_shares_the_others() {
        let bar = |slot: i64, close: f64| Bar {
            ts: slot * 60,
            open: 5.0,
            high: 9.0,
            low: 1.0,
            close,
            volume: 7.0,
        };
        let known: Bars = (0..100).map(|slot| bar(slot, 5.0)).collect();
        let ticked = known.merge(&Bars::from_rows([bar(98, 5.0), bar(99, 6.0)]));
        assert_eq!(ticked.last(), Some(bar(99, 6.0)));
        assert!(std::ptr::eq(known.times(), ticked.times()));
        assert!(std::ptr::eq(known.opens(), ticked.opens()));
        assert!(std::ptr::eq(known.volumes(), ticked.volumes()));
        assert!(!std::ptr::eq(known.closes(), ticked.closes()));
        assert!(known != ticked && ticked == ticked.merge(&ticked.since(98 * 60)));
    }

    proptest! {
        #[test]
        fn a_cut_is_merged_as_a_series_of_its_rows_is(all in rows(), newer in rows(), ends in (0i64..40, 0i64..40)) {
            let cut = Bars::from_rows(all).since(ends.0 * 60).before(ends.1 * 60);
            let rows: Bars = cut.iter().collect();
            prop_assert_eq!(&cut, &rows);
            let newer = Bars::from_rows(newer);
            prop_assert_eq!(cut.merge(&newer), rows.merge(&newer));
            prop_assert_eq!(newer.merge(&cut), newer.merge(&rows));
        }

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
