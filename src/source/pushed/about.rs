//! What a sender says of a symbol besides its bars.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::market::{Calendars, TradingCalendar};
use crate::source::search::AssetClass;

/// Most characters of a name or a currency.
const LONGEST: usize = 100;
/// Most decimals of a price.
const MOST_DECIMALS: u8 = 12;

/// What is known of a pushed symbol. All of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its currency, or any other unit of its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How many decimals of its values are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The IANA name of the zone of its chart and its days; UTC unless its hours have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When it trades; around the clock unless this says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<TradingHours>,
    /// What it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<AssetClass>,
}

/// When a pushed symbol trades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TradingHours {
    /// `24/7`, or a market of the table of markets, such as `us` or `tokyo`.
    Named(String),
    /// Stretches of every day from Monday to Friday, such as `09:30-16:00`.
    Stretches(Vec<String>),
}

/// What never closes, as hours are written.
const ALWAYS: &str = "24/7";

/// What is wrong with it, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AboutError {
    /// It is no JSON object of the known keys.
    #[error(
        "{0}; write for example {{\"name\": \"Mine\", \"currency\": \"USD\", \"decimals\": 2, \
         \"zone\": \"Europe/Berlin\", \"hours\": [\"09:00-17:30\"], \"type\": \"stock\"}}"
    )]
    Form(String),
    /// A text is too long or no line.
    #[error("{key} is one line of at most {LONGEST} characters")]
    Text {
        /// Its key.
        key: &'static str,
    },
    /// Too many decimals.
    #[error("decimals is 0 to {MOST_DECIMALS}, and not {0}")]
    Decimals(u8),
    /// There is no such zone.
    #[error("zone {0:?} is not an IANA name such as Europe/Berlin or UTC")]
    Zone(String),
    /// The hours are none.
    #[error(
        "hours: {0}; write \"24/7\", a market such as \"us\", or stretches such as [\"09:30-16:00\"]"
    )]
    Hours(String),
}

impl About {
    /// Reads what a sender says.
    ///
    /// # Errors
    /// [`AboutError`], with what would be right.
    pub fn parse(text: &[u8], calendars: &Calendars) -> Result<Self, AboutError> {
        // An array would be taken for the values in their order.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(AboutError::Form("it is no JSON object".to_owned()));
        }
        let about: Self =
            serde_json::from_slice(text).map_err(|error| AboutError::Form(error.to_string()))?;
        for (key, value) in [("name", &about.name), ("currency", &about.currency)] {
            let is_line = |value: &String| {
                !value.is_empty()
                    && value.chars().count() <= LONGEST
                    && !value.chars().any(char::is_control)
            };
            if value.as_ref().is_some_and(|value| !is_line(value)) {
                return Err(AboutError::Text { key });
            }
        }
        if let Some(decimals) = about.decimals.filter(|decimals| *decimals > MOST_DECIMALS) {
            return Err(AboutError::Decimals(decimals));
        }
        if let Some(zone) = about.zone.as_ref().filter(|zone| TimeZone::get(zone).is_err()) {
            return Err(AboutError::Zone(zone.clone()));
        }
        about.calendar(calendars)?;
        Ok(about)
    }

    /// As the history keeps it.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("it has string keys only")
    }

    /// What the history has kept. Of what a later release has written nothing is known.
    pub(super) fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// When it trades; `None` of what never closes.
    pub(super) fn calendar(
        &self,
        calendars: &Calendars,
    ) -> Result<Option<TradingCalendar>, AboutError> {
        match &self.hours {
            None => Ok(None),
            Some(TradingHours::Named(name)) if name == ALWAYS => Ok(None),
            Some(TradingHours::Named(name)) => {
                let found = calendars.iter().find(|(market, _)| market == name);
                let unknown = || AboutError::Hours(format!("there is no market {name:?}"));
                found.map(|(_, calendar)| Some(calendar.clone())).ok_or_else(unknown)
            }
            Some(TradingHours::Stretches(stretches)) => self.own_calendar(stretches).map(Some),
        }
    }

    fn own_calendar(&self, stretches: &[String]) -> Result<TradingCalendar, AboutError> {
        let mut market = Table::new();
        market.insert("zone".to_owned(), self.zone.as_deref().unwrap_or("UTC").into());
        market.insert("regular".to_owned(), stretches.to_vec().into());
        let table = Table::from_iter([("own".to_owned(), market.into())]);
        let own = Calendars::parse(&table.to_string())
            .map_err(|error| AboutError::Hours(error.to_string()))?;
        let calendar = own.iter().next().map(|(_, calendar)| calendar.clone());
        calendar.ok_or_else(|| AboutError::Hours("there are none".to_owned()))
    }

    /// The zone of its days.
    pub(super) fn zone(&self, calendar: Option<&TradingCalendar>) -> TimeZone {
        let own = self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        own.or_else(|| calendar.map(|calendar| calendar.zone().clone())).unwrap_or(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::About;
    use crate::market::Calendars;

    fn parse(text: &str) -> Result<About, String> {
        About::parse(text.as_bytes(), &Calendars::standard()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_said_of_a_symbol_is_kept_as_it_was_said() {
        for text in [
            "{}",
            r#"{"name":"Mine","currency":"°C","decimals":1,"zone":"Asia/Tokyo","type":"index"}"#,
            r#"{"hours":"24/7"}"#,
            r#"{"hours":"us"}"#,
            r#"{"zone":"Europe/Berlin","hours":["09:00-12:00","13:00-17:30"]}"#,
        ] {
            let about = parse(text).expect(text);
            assert_eq!(about.to_text(), text);
            assert_eq!(About::from_text(&about.to_text()), about);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (text, part) in [
            ("", "it is no JSON object"),
            ("[]", "\"hours\": [\"09:00-17:30\"]"),
            (r#"{"nam":"x"}"#, "unknown field `nam`"),
            (r#"{"name":"a\nb"}"#, "name is one line"),
            (r#"{"name":""}"#, "name is one line"),
            (r#"{"decimals":13}"#, "decimals is 0 to 12"),
            (r#"{"decimals":-1}"#, "invalid value"),
            (r#"{"zone":"Mars"}"#, "\"Mars\" is not an IANA name"),
            (r#"{"hours":"moon"}"#, "there is no market \"moon\""),
            (r#"{"hours":["9-17"]}"#, "write \"24/7\""),
            (r#"{"hours":[]}"#, "hours:"),
            (r#"{"type":"cheese"}"#, "unknown variant `cheese`"),
        ] {
            let told = parse(text).expect_err(text);
            assert!(told.contains(part), "{text}: {told}");
        }
    }
}
