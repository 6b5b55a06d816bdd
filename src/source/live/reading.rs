//! What the clients of exchanges have in common: reading JSON, and where a request begins and ends.

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::bars::{Bar, Bars};
use crate::interval::{DAY, Interval};
use crate::market::calendar;
use crate::source::error::SourceError;
use crate::source::fetch::Window;

/// Reads an answer of REST.
///
/// # Errors
/// `Malformed`, without the bytes themselves.
pub fn answered<'a, T: Deserialize<'a>>(
    origin: &'static str,
    body: &'a [u8],
) -> Result<T, SourceError> {
    serde_json::from_slice(body).map_err(|error| SourceError::Malformed {
        origin,
        detail: format!("line {} column {} is unexpected", error.line(), error.column()),
    })
}

/// Reads a message of a socket.
///
/// # Errors
/// Where it is unexpected, without the bytes themselves.
pub fn said<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    let unexpected = |error: serde_json::Error| format!("column {} is unexpected", error.column());
    serde_json::from_slice(text).map_err(unexpected)
}

/// The first epoch second that a request asks for, of a market that never closes: days are whole.
#[must_use]
pub fn first_second(window: Window, now: i64) -> i64 {
    match window {
        Window::Days(days) => {
            let since = now - i64::from(days) * DAY;
            since - since.rem_euclid(DAY)
        }
        Window::Months(months) => {
            calendar::months_before(now, months, &TimeZone::UTC).unwrap_or_default()
        }
        Window::All => 0,
        Window::Since(since) => since.max(0),
    }
}

/// Bars of an answer, as far as there can be any when it is `now`.
pub fn bars_until(now: i64, grain: Interval, rows: impl IntoIterator<Item = Bar>) -> Bars {
    Bars::from_rows(rows).before(now.saturating_add(2 * grain.seconds()))
}
