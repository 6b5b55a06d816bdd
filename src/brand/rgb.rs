//! A colour of red, green and blue.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest part of what is no colour that an error message repeats, in characters.
const ECHO_LEN: usize = 40;

/// A colour. It is written with six hexadecimal digits, or three of which each counts twice, perhaps after `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rgb([u8; 3]);

/// Why a text is not a colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour: write six hexadecimal digits, as in 00695c or #00695c")]
pub struct RgbError(String);

impl Rgb {
    /// The colour of these shares of 255.
    #[must_use]
    pub const fn new(parts: [u8; 3]) -> Self {
        Self(parts)
    }

    /// The shares of red, green and blue.
    #[must_use]
    pub const fn parts(self) -> [u8; 3] {
        self.0
    }

    /// So much of the way to another colour, from 0 to 1.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        let mixed = |from: u8, to: u8| {
            let value = f64::from(from) + (f64::from(to) - f64::from(from)) * share;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is between two bytes"
            )]
            let byte = value.round() as u8;
            byte
        };
        let [from, to] = [self.0, other.0];
        Self([0, 1, 2].map(|part: usize| mixed(from[part], to[part])))
    }

    /// How well two colours can be told apart, from 1 to 21, as WCAG 2 counts it.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let [one, two] = [self, other].map(Self::luminance);
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for Rgb {
    type Err = RgbError;

    fn from_str(text: &str) -> Result<Self, RgbError> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let read: Option<Vec<u8>> = digits.chars().take(7).map(digit).collect();
        match read.as_deref() {
            Some(&[r, g, b]) => Ok(Self([r, g, b].map(|digit| digit * 17))),
            Some(digits) if digits.len() == 6 => {
                Ok(Self([0, 2, 4].map(|first: usize| digits[first] * 16 + digits[first + 1])))
            }
            _ => Err(RgbError(text.chars().take(ECHO_LEN).collect())),
        }
    }
}

impl TryFrom<String> for Rgb {
    type Error = RgbError;

    fn try_from(text: String) -> Result<Self, RgbError> {
        text.parse()
    }
}

impl From<Rgb> for String {
    fn from(color: Rgb) -> Self {
        format!("#{color}")
    }
}

#[cfg(test)]
mod tests {
    use super::Rgb;

    #[test]
    fn contrast_is_as_wcag_counts_it() {
        let color = |text: &str| text.parse::<Rgb>().expect(text);
        for (one, other, contrast) in
            [("000000", "ffffff", 21.0), ("777777", "ffffff", 4.48), ("123456", "123456", 1.0)]
        {
            let found = color(one).contrast(color(other));
            assert!((found - contrast).abs() < 0.005, "{one} on {other}: {found}");
            assert!((color(other).contrast(color(one)) - found).abs() < 1e-9);
        }
    }

    #[test]
    fn a_colour_between_two_is_a_share_of_the_way() {
        let [black, white] = ["000", "fff"].map(|text| text.parse::<Rgb>().expect(text));
        assert_eq!(black.towards(white, 0.5).to_string(), "808080");
        assert_eq!(white.towards(black, 0.0), white);
        assert_eq!(white.towards(black, 1.0), black);
    }
}
