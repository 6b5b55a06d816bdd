//! The colours of each theme for a program that draws in them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::appearance::Appearance;
use super::color::{Color, opaque};
use super::theme::{Colors, Role};
use crate::brand::{Brand, BrandRole};
use crate::view::{Palette, Theme};

/// The colours of a theme.
#[derive(Serialize)]
pub struct ColorTable {
    roles: BTreeMap<&'static str, String>,
    /// Rising and falling bars, by palette.
    directions: BTreeMap<&'static str, [String; 2]>,
    /// What the brand of the server and of the view sets of colours and font around the bars.
    brand: BTreeMap<&'static str, String>,
}

/// The colours of every theme by its name: of a view in `own` colours, in an appearance.
#[must_use]
pub fn color_tables(appearance: &Appearance, own: &Brand) -> BTreeMap<&'static str, ColorTable> {
    let table = |theme| {
        let brand = &own.over(appearance.brand(theme));
        let colors = Colors::of_theme(theme).branded(brand);
        let directions = Palette::ALL.map(|palette| {
            (palette.as_str(), colors.directions(palette).map(|color| color.to_string()))
        });
        let roles = Role::ALL.map(|role| (role.name(), colors.get(role).to_string()));
        let is_own = brand.get(BrandRole::Background).or(brand.get(BrandRole::Text)).is_some();
        let set = |role| brand.get(role).map(|color| format!("#{color}"));
        let ground = |role, color: Color| set(role).or(is_own.then(|| color.to_string()));
        let around = [
            ("background", ground(BrandRole::Background, colors.paper)),
            ("text", ground(BrandRole::Text, colors.text)),
            ("muted", ground(BrandRole::Muted, colors.muted)),
            ("grid", ground(BrandRole::Grid, colors.grid)),
            ("up", set(BrandRole::Up)),
            ("down", set(BrandRole::Down)),
            ("font", brand.font().map(str::to_owned)),
        ];
        let brand = around.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        ColorTable { roles: roles.into(), directions: directions.into(), brand }
    };
    Theme::ALL.map(|theme| (theme.as_str(), table(theme))).into()
}

/// How well the words of a theme can be told from its ground in an appearance, from 1 to 21.
#[must_use]
pub fn contrast_of(appearance: &Appearance, theme: Theme) -> Option<f64> {
    let colors = Colors::of_theme(theme).branded(appearance.brand(theme));
    Some(opaque(colors.text)?.contrast(opaque(colors.paper)?))
}
