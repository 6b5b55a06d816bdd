//! A brand: the colours of one's own by what they stand for, and a font.
//!
//! An operator writes it in the configuration, and a client in `colors=` of a view. Its
//! [`Display`](fmt::Display) form is canonical: two brands that mean the same are equal.

mod rgb;

use std::fmt;
use std::str::FromStr;

pub use rgb::{Rgb, RgbError};
use serde::{Deserialize, Serialize};

/// Longest name of a font, in characters.
const MAX_FONT: usize = 40;
/// The part of a brand that names its font.
const FONT: &str = "font";
/// Longest part of a bad brand that an error message repeats, in characters.
const ECHO_LEN: usize = 40;

choice! {
    /// What a colour of a brand stands for.
    BrandRole {
        /// Ground of the whole figure.
        #[default]
        Background = "background",
        /// Words.
        Text = "text",
        /// Words and lines in the background; between text and background where it is not given.
        Muted = "muted",
        /// Lines of the grid; near the background where it is not given.
        Grid = "grid",
        /// What rises, in every palette.
        Up = "up",
        /// What falls, in every palette.
        Down = "down",
        /// A price that stands still.
        Flat = "flat",
        /// The chart's own line beside those of other symbols.
        Own = "own",
        /// The first line of studies.
        Line0 = "line0",
        /// The second.
        Line1 = "line1",
        /// The third.
        Line2 = "line2",
        /// The fourth; compared symbols take lines from the last one on.
        Line3 = "line3",
        /// The fifth.
        Line4 = "line4",
        /// The sixth.
        Line5 = "line5",
    }
}

/// Colours by their roles, and a font; what is not there is the theme's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Brand {
    /// In the order of the roles, each once.
    colors: Vec<(BrandRole, Rgb)>,
    font: Option<FontName>,
}

/// The name of one family of fonts: letters, digits, spaces, `-` and `_`. It needs no escaping anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct FontName(String);

/// Why a text is not a brand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrandError {
    /// A part that is no pair.
    #[error(
        "{0:?} is no part of colors: write a role and its colour, joined by commas, as in \
         up:00695c,down:b71c1c,font:Georgia"
    )]
    NoPair(String),
    /// A role that there is not.
    #[error("colors have no {0:?}: there are {1} and font")]
    UnknownRole(String, String),
    /// A colour that is none.
    #[error(transparent)]
    Color(#[from] RgbError),
    /// A font that is none.
    #[error(
        "{0:?} is no font: name one family with at most {MAX_FONT} letters, digits, spaces, - and _, \
         as in font:Georgia"
    )]
    Font(String),
    /// A role given twice.
    #[error("{0} is given more than once in colors")]
    Repeated(&'static str),
}

impl Brand {
    /// A brand of these colours.
    #[must_use]
    pub fn new(colors: impl IntoIterator<Item = (BrandRole, Rgb)>, font: Option<FontName>) -> Self {
        let mut colors: Vec<_> = colors.into_iter().collect();
        colors.sort_by_key(|(role, _)| *role as usize);
        Self { colors, font }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.colors.is_empty() && self.font.is_none()
    }

    /// The colour of a role.
    #[must_use]
    pub fn get(&self, role: BrandRole) -> Option<Rgb> {
        self.colors.iter().find(|(known, _)| *known == role).map(|(_, color)| *color)
    }

    /// The colours, in the order of their roles.
    #[must_use]
    pub fn colors(&self) -> &[(BrandRole, Rgb)] {
        &self.colors
    }

    /// The font.
    #[must_use]
    pub fn font(&self) -> Option<&str> {
        self.font.as_ref().map(|font| font.0.as_str())
    }

    /// The same, with what is not there taken from `base`.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        let below = base.colors.iter().filter(|(role, _)| self.get(*role).is_none());
        let font = self.font.as_ref().or(base.font.as_ref()).cloned();
        Self::new(self.colors.iter().chain(below).copied(), font)
    }

    /// Takes one part.
    fn take(&mut self, part: &str) -> Result<(), BrandError> {
        let pair = part.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        let (name, value) = pair.ok_or_else(|| BrandError::NoPair(shown(part)))?;
        if name == FONT {
            let font = value.parse()?;
            return match self.font.replace(font) {
                None => Ok(()),
                Some(_) => Err(BrandError::Repeated(FONT)),
            };
        }
        let found = BrandRole::ALL.into_iter().find(|role| role.as_str() == name);
        let role = found.ok_or_else(|| {
            let names = BrandRole::ALL.map(BrandRole::as_str).join(", ");
            BrandError::UnknownRole(shown(name), names)
        })?;
        let color = value.parse()?;
        if self.get(role).is_some() {
            return Err(BrandError::Repeated(role.as_str()));
        }
        self.colors.push((role, color));
        Ok(())
    }
}

impl FromStr for Brand {
    type Err = BrandError;

    /// Reads parts joined by commas, perhaps with spaces between. No text is no brand.
    fn from_str(text: &str) -> Result<Self, BrandError> {
        let mut brand = Self::default();
        if text.is_empty() {
            return Ok(brand);
        }
        // A part more than there can be is given twice.
        for part in text.split(',').take(BrandRole::ALL.len() + 2) {
            brand.take(part)?;
        }
        Ok(Self::new(brand.colors, brand.font))
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colors = self.colors.iter().map(|(role, color)| format!("{}:{color}", role.as_str()));
        let font = self.font().map(|font| format!("{FONT}:{font}"));
        for (index, part) in colors.chain(font).enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{part}")?;
        }
        Ok(())
    }
}

impl FromStr for FontName {
    type Err = BrandError;

    fn from_str(text: &str) -> Result<Self, BrandError> {
        let is_plain = |c: char| c.is_alphanumeric() || " -_".contains(c);
        let length = text.chars().take(MAX_FONT + 1).count();
        let fits =
            (1..=MAX_FONT).contains(&length) && text.trim() == text && text.chars().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(BrandError::Font(shown(text))) }
    }
}

impl TryFrom<String> for FontName {
    type Error = BrandError;

    fn try_from(text: String) -> Result<Self, BrandError> {
        text.parse()
    }
}

impl From<FontName> for String {
    fn from(font: FontName) -> Self {
        font.0
    }
}

/// The beginning of a text from outside.
fn shown(text: &str) -> String {
    text.chars().take(ECHO_LEN).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Brand, BrandRole, Rgb};

    fn brand(text: &str) -> Brand {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn brands_that_mean_the_same_are_equal_in_one_form() {
        let canonical = "background:fffdf7,up:00695c,font:Source Serif 4";
        for text in [
            canonical,
            "up:#00695C,background:FFFDF7,font:Source Serif 4",
            " up: 00695c , font:Source Serif 4,background:fffdf7",
        ] {
            assert_eq!(brand(text), brand(canonical));
            assert_eq!(brand(text).to_string(), canonical);
        }
        assert_eq!(brand("grid:abc"), brand("grid:aabbcc"));
        assert!(brand("").is_empty() && brand("").to_string().is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_brand_is_told_with_what_would_be_right() {
        let told = |text: &str| text.parse::<Brand>().expect_err(text).to_string();
        assert!(
            told("up:greenish").starts_with("\"greenish\" is no colour: write six hexadecimal")
        );
        assert!(told("up").starts_with("\"up\" is no part of colors"));
        assert!(
            told("sky:00695c").starts_with("colors have no \"sky\": there are background, text")
        );
        assert_eq!(told("up:000000,up:ffffff"), "up is given more than once in colors");
        assert_eq!(told("font:A,font:B"), "font is given more than once in colors");
        for font in ["", "a;b", "\"x\"", "url(x)", "a{}", &"x".repeat(41)] {
            assert!(
                told(&format!("font:{font}")).contains("is no font: name one family"),
                "{font}"
            );
        }
        let long = format!("up:{}", "0".repeat(100_000));
        assert!(told(&long).len() < 200);
    }

    #[test]
    fn a_brand_over_another_takes_what_it_lacks_from_there() {
        let both = brand("up:111111,font:A").over(&brand("up:222222,down:333333,font:B"));
        assert_eq!(both, brand("up:111111,down:333333,font:A"));
        assert_eq!(brand("").over(&both), both);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_reads_back(text in "[a-z0-9:,# \u{e9}-]{0,80}") {
            if let Ok(read) = text.parse::<Brand>() {
                prop_assert_eq!(read.to_string().parse::<Brand>(), Ok(read));
            }
        }

        #[test]
        fn any_colours_of_any_roles_read_back(
            colors in prop::collection::btree_map(0..BrandRole::ALL.len(), any::<[u8; 3]>(), 0..14),
        ) {
            let colors = colors.into_iter().map(|(role, color)| (BrandRole::ALL[role], Rgb::new(color)));
            let made = Brand::new(colors, None);
            prop_assert_eq!(made.to_string().parse::<Brand>(), Ok(made));
        }
    }
}
