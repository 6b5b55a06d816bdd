//! Numbers as JSON has them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// Up to here every whole number is one of its own.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// [`Digits::Seven`].
const SEVEN: i32 = 7;
/// The powers of ten that a computed number is multiplied by before it is rounded.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// How many significant digits of a number are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// As many as it has.
    All,
    /// Seven: a computed number has sixteen, and a screen shows four.
    Seven,
}

/// A column of numbers, lent or our own.
pub struct Numbers<'a> {
    values: Cow<'a, [f64]>,
    digits: Digits,
}

impl<'a> Numbers<'a> {
    /// Numbers that were computed.
    pub fn computed(values: impl Into<Cow<'a, [f64]>>) -> Self {
        Self { values: values.into(), digits: Digits::Seven }
    }

    /// The numbers in whole precision.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// How many digits of them are written.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.digits
    }

    /// The number at `index` as it is written.
    #[must_use]
    pub fn number(&self, index: usize) -> Number {
        let value = self.values[index];
        Number(match self.digits {
            Digits::All => value,
            Digits::Seven => shortened(value),
        })
    }

    /// Writes the numbers from the index `from` on, as they stand in a list.
    pub fn write(&self, from: usize, out: &mut Vec<u8>) {
        for index in from..self.values.len() {
            if index > 0 {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, &self.number(index))
                .expect("a number is JSON, and memory takes it");
        }
    }
}

impl<'a> From<&'a [f64]> for Numbers<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self { values: values.into(), digits: Digits::All }
    }
}

impl From<Vec<f64>> for Numbers<'_> {
    fn from(values: Vec<f64>) -> Self {
        Self { values: values.into(), digits: Digits::All }
    }
}

/// A value with seven digits. Where a value begins, and that a flat line is flat, stays as it is.
fn shortened(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of a double")]
    let decimals = SEVEN - 1 - value.abs().log10().floor() as i32;
    let scale = POWERS[usize::try_from(decimals).unwrap_or(0).min(POWERS.len() - 1)];
    (value * scale).round() / scale
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
        let mut text = b"[".to_vec();
        Numbers::from(values).write(0, &mut text);
        text.push(b']');
        String::from_utf8(text).expect("ASCII")
    }

    #[test]
    fn computed_numbers_have_seven_digits() {
        let mut text = Vec::new();
        let values =
            vec![1.0 / 3.0, f64::NAN, -123_456.789_01, 5.0, 1e-20 / 3.0, 2e9 / 3.0, 0.1 + 0.2];
        Numbers::computed(values).write(1, &mut text);
        assert_eq!(text, b",null,-123456.8,5,0,666666667,0.3".as_slice());
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
