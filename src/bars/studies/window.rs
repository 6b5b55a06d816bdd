//! Folding every window of a series in linear time, without ever taking a value out again.

/// `merge` over each `length` consecutive items, oldest first; `None` where there are not yet so many.
///
/// The items are cut into blocks of `length`. A window is the tail of one block and the head of the
/// next, so it takes one merge of a fold from the right and one from the left, about three merges an
/// item whatever the length (van Herk 1992; Gil and Werman 1993). Unlike a sum that adds the new item
/// and takes off the old one, it cannot drift, and a NaN leaves with the window that holds it.
///
/// `merge` must be associative and is given the older part first; `length` is at least 1.
pub fn fold<T: Copy>(items: &[T], length: usize, merge: impl Fn(T, T) -> T) -> Vec<Option<T>> {
    let mut windows = Vec::with_capacity(items.len());
    let mut tails: Vec<T> = Vec::new();
    for block in items.chunks(length) {
        let mut head: Option<T> = None;
        for (at, &item) in block.iter().enumerate() {
            let heads = head.map_or(item, |older| merge(older, item));
            head = Some(heads);
            windows.push(if at + 1 == length {
                Some(heads)
            } else {
                tails.get(at + 1).map(|&older| merge(older, heads))
            });
        }
        tails = block.to_vec();
        for at in (1..tails.len()).rev() {
            tails[at - 1] = merge(tails[at - 1], tails[at]);
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    proptest! {
        #[test]
        fn every_window_is_folded_in_order(count in 0usize..60, length in 1usize..20) {
            let items: Vec<(usize, usize)> = (0..count).map(|at| (at, at)).collect();
            // The merge refuses anything but neighbours, so the result proves the order.
            let windows = fold(&items, length, |older, newer| {
                assert_eq!(older.1 + 1, newer.0);
                (older.0, newer.1)
            });
            let wanted: Vec<_> =
                (0..count).map(|at| (at + 1).checked_sub(length).map(|from| (from, at))).collect();
            prop_assert_eq!(windows, wanted);
        }
    }

    #[test]
    fn a_nan_is_felt_in_the_windows_that_hold_it_and_in_no_other() {
        let items = [1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0, 7.0];
        let sums = fold(&items, 3, |a, b| a + b);
        assert!(sums[2..5].iter().all(|sum| sum.is_some_and(f64::is_nan)));
        assert_eq!(sums[5..], [Some(15.0), Some(18.0)]);
    }
}
