//! Zeros that are prices, and zeros that stand for nothing.
//!
//! Oil and yields are traded at zero and below. A share is not, but sources write 0 where they have no
//! price. A zero is a price where the prices beside it come near it: where it is no further from them
//! than three times the range in which they move.

use super::{Bar, Bars};

/// So many bars on either side tell where a price moves.
const BESIDE: usize = 8;
/// How far from the prices beside it a zero may lie, in ranges of theirs.
const REACH: f64 = 3.0;

/// `rows`, in time order, without the zeros that are no prices: a bar that closes at one is a gap, any
/// other takes the prices that it has.
#[must_use]
pub fn without_false(rows: Vec<Bar>) -> Vec<Bar> {
    if !rows.iter().copied().any(has_zero) {
        return rows;
    }
    let traded: Vec<Bar> = rows.iter().copied().filter(|bar| bar.close != 0.0).collect();
    let believed = |bar: Bar| {
        let at = traded.partition_point(|other| other.ts < bar.ts);
        let beside = &traded[at.saturating_sub(BESIDE)..traded.len().min(at + BESIDE + 1)];
        if !has_zero(bar) || comes_near(beside.iter().copied().chain([bar])) {
            return Some(bar);
        }
        let price = |price: f64| Some(price).filter(|price| *price != 0.0);
        Bar::from_row(bar.ts, bar.prices().map(price), Some(bar.volume))
    };
    rows.into_iter().filter_map(believed).collect()
}

/// Whether `price`, told beside the newest of `bars`, is one.
#[must_use]
pub fn is_price(price: f64, bars: &Bars) -> bool {
    price != 0.0 || comes_near(bars.rows(bars.len().saturating_sub(BESIDE), bars.len()).iter())
}

fn has_zero(bar: Bar) -> bool {
    bar.prices().contains(&0.0)
}

/// Whether the prices of `rows` come near zero.
fn comes_near(rows: impl Iterator<Item = Bar>) -> bool {
    let prices = rows.flat_map(Bar::prices).filter(|price| *price != 0.0);
    let (low, high) = prices.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), price| {
        (low.min(price), high.max(price))
    });
    // Below zero where zero is between them.
    let distance = low.max(-high);
    low <= high && distance <= (high - low) * REACH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_price, without_false};
    use crate::bars::Bar;

    fn bars(rows: &[[f64; 4]]) -> Vec<Bar> {
        let rows = rows.iter().zip(0..);
        rows.filter_map(|(row, ts)| Bar::from_row(ts * 60, row.map(Some), None)).collect()
    }

    fn closes(rows: &[f64]) -> Vec<f64> {
        let rows: Vec<[f64; 4]> = rows.iter().map(|close| [*close; 4]).collect();
        without_false(bars(&rows)).into_iter().map(|bar| bar.close).collect()
    }

    #[test]
    fn a_zero_among_prices_near_it_is_one_of_them() {
        for rows in [
            &[0.02, -0.02, -0.045, 0.0, 0.008, 0.058][..],
            &[0.01, 0.015, 0.0, 0.01],
            &[-0.5, 0.0, 0.0, 0.5],
        ] {
            assert_eq!(closes(rows), rows);
        }
    }

    #[test]
    fn a_zero_far_from_the_prices_beside_it_is_a_gap() {
        assert_eq!(closes(&[100.0, 101.5, 0.0, 99.0, 0.0]), [100.0, 101.5, 99.0]);
        assert_eq!(closes(&[-100.0, -99.0, 0.0]), [-100.0, -99.0]);
        assert!(closes(&[0.0, 0.0]).is_empty(), "nothing tells that they are prices");
        // What happened long before and long after tells nothing.
        let fell: Vec<f64> = [1.0; 20].into_iter().chain([0.0]).chain([40.0; 20]).collect();
        assert_eq!(closes(&[&[0.1; 20][..], &[50.0; 20], &[0.0], &[50.0; 20]].concat()).len(), 60);
        assert_eq!(closes(&fell).len(), 41);
    }

    #[test]
    fn a_false_zero_low_or_open_takes_what_the_bar_has() {
        let rows =
            bars(&[[50.0, 51.0, 49.0, 50.0], [50.5, 51.0, 0.0, 50.5], [0.0, 51.0, 0.0, 50.5]]);
        let lows: Vec<[f64; 4]> = without_false(rows).into_iter().map(Bar::prices).collect();
        assert_eq!(lows[1..], [[50.5, 51.0, 50.5, 50.5], [50.5, 51.0, 50.5, 50.5]]);
    }

    #[test]
    fn a_zero_quote_is_one_where_the_newest_bars_come_near() {
        let quote = |rows: &[f64], price| {
            let rows: Vec<[f64; 4]> = rows.iter().map(|close| [*close; 4]).collect();
            is_price(price, &bars(&rows).into_iter().collect())
        };
        assert!(quote(&[0.01, -0.01], 0.0));
        assert!(!quote(&[50.0, 51.0], 0.0));
        assert!(!quote(&[], 0.0));
        assert!(quote(&[], -3.0));
    }

    proptest! {
        #[test]
        fn prices_that_are_not_zero_stay_as_they_are(
            rows in proptest::collection::vec(prop_oneof![3 => -50.0f64..50.0, 1 => Just(0.0)], 0..60),
        ) {
            let before: Vec<[f64; 4]> = rows.iter().map(|close| [*close; 4]).collect();
            let after = without_false(bars(&before));
            let traded = |rows: &[Bar]| rows.iter().copied().filter(|bar| bar.close != 0.0).collect::<Vec<_>>();
            prop_assert_eq!(traded(&after), traded(&bars(&before)));
            prop_assert_eq!(without_false(after.clone()), after);
        }
    }
}
