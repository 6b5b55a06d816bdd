//! What the price axis counts in, and how that is written.

use super::Scene;

/// Decimals of a price when the source gives no hint.
const DEFAULT_DECIMALS: u8 = 2;

/// The unit of the price axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceUnit {
    /// The instrument's currency, with so many decimals.
    Price(u8),
    /// Percent from the first bar that all compared symbols have.
    Percent,
}

impl PriceUnit {
    /// The unit of a scene.
    pub fn of(scene: &Scene<'_>) -> Self {
        if scene.compared.is_empty() { Self::Price(decimals(scene)) } else { Self::Percent }
    }

    /// A value for people.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Price(decimals) => format!("{value:.*}", usize::from(decimals)),
            Self::Percent => format!("{value:+.2}%"),
        }
    }

    /// plotly's format of ticks and hover labels.
    pub fn tick_format(self) -> String {
        match self {
            Self::Price(decimals) => format!(",.{decimals}f"),
            Self::Percent => "+,.2f".to_owned(),
        }
    }

    /// What follows each tick.
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Price(_) => None,
            Self::Percent => Some("%"),
        }
    }
}

/// Decimals of the instrument's prices.
#[must_use]
pub fn decimals(scene: &Scene<'_>) -> u8 {
    scene.instrument.price_decimals.unwrap_or(DEFAULT_DECIMALS)
}
