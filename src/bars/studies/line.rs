//! Lines of values that stand beside bars: as long as the series, NaN where there is no value.

/// `tail` moved to the end of a line of `length` values, NaN before it.
pub fn right_aligned(tail: &[f64], length: usize) -> Vec<f64> {
    let mut line = vec![f64::NAN; length.saturating_sub(tail.len())];
    line.extend_from_slice(tail);
    line
}

/// `values` from index `from` on; nothing when there are not so many.
pub fn since(values: &[f64], from: usize) -> &[f64] {
    values.get(from..).unwrap_or_default()
}

/// `line` with NaN wherever `other` is NaN: lines that are drawn together begin together.
pub fn where_known(line: Vec<f64>, other: &[f64]) -> Vec<f64> {
    line.into_iter().zip(other).map(|(v, o)| if o.is_nan() { f64::NAN } else { v }).collect()
}
