//! The table of markets, which says when an instrument trades as far as its source does not.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::trading_calendar::{CalendarEntry, TradingCalendar};
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
        static TABLE: LazyLock<Calendars> =
            LazyLock::new(|| Calendars::parse(STANDARD).expect("a constant that a test parses"));
        TABLE.clone()
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`CalendarError`] for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let entries: BTreeMap<String, CalendarEntry> =
            toml::from_str(text).map_err(|error| CalendarError::Form(error.to_string()))?;
        let calendar =
            |(market, entry): (String, CalendarEntry)| match TradingCalendar::try_from(entry) {
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
        // The exchange of several markets leaves it to the ending, and the longest one goes before.
        let suffix = |market: &&TradingCalendar| market.suffix_of(symbol.as_str());
        let called = exchanges.into_iter().find_map(|name| {
            self.0.values().filter(|market| market.is_called(name)).max_by_key(suffix)
        });
        let listed = || self.0.values().filter(|market| suffix(market).is_some());
        called.or_else(|| listed().max_by_key(suffix))
    }

    /// The same of an instrument that lives by `zone`: a symbol without an ending, such as `AAPL`, is of
    /// the home market of its zone.
    #[must_use]
    pub fn of<'a>(
        &self,
        symbol: &Symbol,
        exchanges: impl IntoIterator<Item = &'a str>,
        zone: &TimeZone,
    ) -> Option<&TradingCalendar> {
        let text = symbol.as_str();
        let is_plain = !text.contains(['.', '=', '/', ':'])
            || [".A", ".B"].iter().any(|class| text.ends_with(class));
        let home = || self.0.values().find(|market| market.is_home() && market.zone() == zone);
        self.find(symbol, exchanges).or_else(|| is_plain.then(home).flatten())
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
