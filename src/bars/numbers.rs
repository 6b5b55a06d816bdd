//! Numbers as JSON has them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// Up to here every whole number is one of its own.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// A column of numbers, lent or our own.
#[derive(Default)]
pub struct Numbers<'a>(Cow<'a, [f64]>);

impl Numbers<'_> {
    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

impl<'a> From<&'a [f64]> for Numbers<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self(values.into())
    }
}

impl From<Vec<f64>> for Numbers<'_> {
    fn from(values: Vec<f64>) -> Self {
        Self(values.into())
    }
}

impl Serialize for Numbers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().copied().map(Number))
    }
}

/// A number. A whole one is written without `.0`, which every volume would carry; NaN is null, which
/// plotly draws as a gap.
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = *self;
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
        if value.fract() == 0.0 && value.abs() < WHOLE {
            serializer.serialize_i64(value as i64)
        } else {
            serializer.serialize_f64(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Numbers;

    fn written(values: Vec<f64>) -> String {
        serde_json::to_string(&Numbers::from(values)).expect("numbers")
    }

    #[test]
    fn whole_numbers_are_short_and_what_is_not_there_is_null() {
        let values = vec![1_016_318.0, 0.0, -0.0, -3.0, 0.1, f64::NAN, f64::INFINITY, 1e16];
        assert_eq!(written(values), "[1016318,0,0,-3,0.1,null,null,1e+16]");
    }

    proptest! {
        #[test]
        fn every_number_is_read_back_as_it_was(value in proptest::num::f64::NORMAL, whole: i32) {
            for value in [value, f64::from(whole), value.trunc()] {
                let read: Vec<f64> = serde_json::from_str(&written(vec![value])).expect("JSON");
                prop_assert_eq!(read, [value]);
            }
        }
    }
}
