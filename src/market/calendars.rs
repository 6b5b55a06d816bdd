//! The table of markets, which says when an instrument trades as far as its source does not.

use std::collections::BTreeMap;

use super::trading_calendar::{Entry, TradingCalendar};
use crate::symbol::Symbol;

/// The table in the binary.
const STANDARD: &str = include_str!("../../config/markets.toml");

/// Trading calendars by the name of their market.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendars(BTreeMap<String, TradingCalendar>);

/// Why a text is no table of markets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// It is not TOML, or has a key or value that does not fit.
    #[error("{0}")]
    Form(String),
    /// A market's hours make no sense.
    #[error("[{market}]: {detail}")]
    Market {
        /// Name of the section.
        market: String,
        /// What is wrong, and what would be right.
        detail: String,
    },
}

impl Calendars {
    /// The table in the binary.
    #[must_use]
    pub fn standard() -> Self {
        Self::parse(STANDARD).expect("a constant that a test parses")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`CalendarError`] for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let entries: BTreeMap<String, Entry> =
            toml::from_str(text).map_err(|error| CalendarError::Form(error.to_string()))?;
        let calendar = |(market, entry): (String, Entry)| match TradingCalendar::try_from(entry) {
            Ok(calendar) => Ok((market, calendar)),
            Err(detail) => Err(CalendarError::Market { market, detail }),
        };
        Ok(Self(entries.into_iter().map(calendar).collect::<Result<_, _>>()?))
    }

    /// The market of an instrument: that of the first of `exchanges` that is known, as a source calls
    /// them, else that of its symbol's ending.
    #[must_use]
    pub fn find<'a>(
        &self,
        symbol: &Symbol,
        exchanges: impl IntoIterator<Item = &'a str>,
    ) -> Option<&TradingCalendar> {
        let mut exchanges = exchanges.into_iter();
        let called =
            exchanges.find_map(|name| self.0.values().find(|market| market.is_called(name)));
        called.or_else(|| self.0.values().find(|market| market.lists(symbol.as_str())))
    }

    /// Every market with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TradingCalendar)> {
        self.0.iter().map(|(name, calendar)| (&**name, calendar))
    }
}

impl Default for Calendars {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod tests;
