//! `[appearance]`: colours and a font of an operator's own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::brand::{Brand, BrandRole, FontName, Rgb};

/// Colours of the two themes, and the font of both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppearanceConfig {
    /// One family of fonts; empty is the reader's system's.
    pub font: Setting<FontName>,
    /// Over the theme `dark`.
    pub dark: ThemeConfig,
    /// Over the theme `light`.
    pub light: ThemeConfig,
}

/// Colours over those of a theme, by what they stand for; an empty one is the theme's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThemeConfig {
    /// Ground of the figure.
    pub background: Setting<Rgb>,
    /// Words.
    pub text: Setting<Rgb>,
    /// Words and lines in the background.
    pub muted: Setting<Rgb>,
    /// The grid.
    pub grid: Setting<Rgb>,
    /// What rises, in every palette.
    pub up: Setting<Rgb>,
    /// What falls, in every palette.
    pub down: Setting<Rgb>,
    /// A price that stands still.
    pub flat: Setting<Rgb>,
    /// A chart's own line beside those of other symbols.
    pub own: Setting<Rgb>,
    /// Lines of studies and of compared symbols, up to six.
    pub lines: Vec<Rgb>,
}

/// A value that may be an empty text: then it is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
#[serde(bound(
    deserialize = "T: TryFrom<String, Error: fmt::Display>",
    serialize = "T: Clone + Into<String>"
))]
pub struct Setting<T>(Option<T>);

impl<T> Setting<T> {
    /// The value, if it is set.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: TryFrom<String>> TryFrom<String> for Setting<T> {
    type Error = T::Error;

    fn try_from(text: String) -> Result<Self, T::Error> {
        if text.is_empty() {
            Ok(Self(None))
        } else {
            T::try_from(text).map(|value| Self(Some(value)))
        }
    }
}

impl<T: Into<String>> From<Setting<T>> for String {
    fn from(setting: Setting<T>) -> Self {
        setting.0.map_or_else(Self::new, Into::into)
    }
}

impl AppearanceConfig {
    /// What is set of the theme `dark` and of the theme `light`.
    #[must_use]
    pub fn brands(&self) -> [Brand; 2] {
        [&self.dark, &self.light].map(|theme| theme.brand(self.font.get().cloned()))
    }
}

impl ThemeConfig {
    /// Most lines.
    pub const MAX_LINES: usize = LINES.len();

    fn brand(&self, font: Option<FontName>) -> Brand {
        let named = [
            (BrandRole::Background, self.background),
            (BrandRole::Text, self.text),
            (BrandRole::Muted, self.muted),
            (BrandRole::Grid, self.grid),
            (BrandRole::Up, self.up),
            (BrandRole::Down, self.down),
            (BrandRole::Flat, self.flat),
            (BrandRole::Own, self.own),
        ];
        let set = named.into_iter().filter_map(|(role, color)| Some((role, *color.get()?)));
        Brand::new(set.chain(LINES.into_iter().zip(self.lines.iter().copied())), font)
    }
}

/// The roles of lines, in their order.
const LINES: [BrandRole; 6] = [
    BrandRole::Line0,
    BrandRole::Line1,
    BrandRole::Line2,
    BrandRole::Line3,
    BrandRole::Line4,
    BrandRole::Line5,
];

#[cfg(test)]
mod tests {
    use super::AppearanceConfig;

    fn read(text: &str) -> Result<AppearanceConfig, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_is_set_is_a_brand_of_its_theme_with_the_font_of_both() {
        let text = "font = \"Georgia\"\n[dark]\nup = \"#0f0\"\nlines = [\"#123456\"]\n[light]\ntext = \"\"";
        let [dark, light] = read(text).expect("valid").brands();
        assert_eq!(dark.to_string(), "up:00ff00,line0:123456,font:Georgia");
        assert_eq!(light.to_string(), "font:Georgia");
        assert!(AppearanceConfig::default().brands().iter().all(super::Brand::is_empty));
    }

    #[test]
    fn what_is_no_colour_is_told_with_what_would_be_one() {
        let told = |text: &str| read(text).expect_err(text);
        assert!(told("[dark]\nup = \"green\"").contains("\"green\" is no colour: write six"));
        assert!(told("font = \"a;b\"").contains("is no font: name one family"));
        assert!(told("[light]\nsky = \"#fff\"").contains("unknown field `sky`"));
    }
}
