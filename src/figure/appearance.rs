//! The server's own brand, which lies under that of a view.

use crate::brand::Brand;
use crate::config::AppearanceConfig;
use crate::view::Theme;

/// What figures look like where their views say nothing of it.
#[derive(Debug, Clone, Default)]
pub struct Appearance {
    dark: Brand,
    light: Brand,
}

impl Appearance {
    /// The brand of a theme.
    #[must_use]
    pub const fn brand(&self, theme: Theme) -> &Brand {
        match theme {
            Theme::Dark => &self.dark,
            Theme::Light => &self.light,
        }
    }
}

impl From<&AppearanceConfig> for Appearance {
    fn from(config: &AppearanceConfig) -> Self {
        let [dark, light] = config.brands();
        Self { dark, light }
    }
}
