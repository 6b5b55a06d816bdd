//! A colour as it is written in a figure.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::brand::Rgb;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// By its name in CSS.
    Named(&'static str),
    /// Opaque.
    Solid(Rgb),
    /// With so many hundredths of it.
    Faded(Rgb, u8),
}

impl Color {
    pub const fn solid(hex: u32) -> Self {
        Self::Solid(rgb(hex))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Solid(color) => write!(f, "#{color}"),
            Self::Faded(color, hundredths) => {
                let [red, green, blue] = color.parts();
                write!(f, "rgba({red},{green},{blue},0.{hundredths:02})")
            }
        }
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The colour of six hexadecimal digits.
pub const fn rgb(hex: u32) -> Rgb {
    let [_, red, green, blue] = hex.to_be_bytes();
    Rgb::new([red, green, blue])
}

/// Words that can be read on a ground.
pub fn ink_on(ground: Rgb) -> Color {
    let [dark, light] = [DARK_INK, LIGHT_INK];
    Color::Solid(if ground.contrast(dark) >= ground.contrast(light) { dark } else { light })
}

/// Words on a light ground.
pub const DARK_INK: Rgb = rgb(0x10_1010);
/// Words on a dark ground.
pub const LIGHT_INK: Rgb = rgb(0xff_ffff);

/// A colour of which nothing shines through.
pub const fn opaque(color: Color) -> Option<Rgb> {
    match color {
        Color::Solid(color) => Some(color),
        Color::Named(_) | Color::Faded(..) => None,
    }
}
