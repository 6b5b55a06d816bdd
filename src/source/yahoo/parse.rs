//! From bytes to [`Fetched`], believing nothing: not the status, not the shape, not the arrays.
//!
//! ```text
//! {"chart":{"error":null,"result":[{
//!    "meta":{"symbol":"..","currency":"USD",..,"tradingPeriods":[[{"start":..,"end":..}],..]},
//!    "timestamp":[..], "events":{"splits":{"<epoch>":{"date":..,..}}},
//!    "indicators":{"quote":[{"open":[..],"high":[..],"low":[..],"close":[..],"volume":[..]}]}}]}}
//! ```
//!
//! Every part of it has been seen null, missing or of another type. So the body stays a JSON value,
//! of which whatever is not as expected reads as absent.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::asked::Asked;
use super::fault::{NAME, malformed};
use super::meta::{self, clean, text};
use super::rows::{ChartRows, is_time, price};
use super::spelling::is_spelling_of;
use super::trading::Trading;
use crate::bars::{Bars, zeros};
use crate::interval::Interval;
use crate::market::{Calendars, TradingWeek, calendar};
use crate::source::error::SourceError;
use crate::source::update::{Fetched, Quote};
use crate::source::upstream::Answer;
use crate::view::Session;

/// Reads an answer.
///
/// # Errors
/// Any [`SourceError`]; the wait of a `Blocked` is what the server asked for, possibly zero.
pub fn parse(
    answer: &Answer,
    asked: &Asked,
    calendars: &Calendars,
) -> Result<Fetched, SourceError> {
    let document = document(answer, |detail| not_found(asked, detail))?;
    let chart = chart(&document, asked)?;
    let facts = &chart["meta"];
    let mut instrument = meta::instrument(facts, asked);
    let exchanges = ["exchangeName", "fullExchangeName"].map(|name| facts[name].as_str());
    let exchanges = exchanges.into_iter().flatten();
    let calendar = calendars.find(&asked.symbol, exchanges);
    instrument.week = calendar.map_or_else(TradingWeek::default, |market| market.week().clone());
    let trading = Trading::of(chart, asked, calendar);
    let ChartRows { bars, after_close } =
        ChartRows::read(chart, &trading, &instrument.zone, asked, calendar);
    let timetable = trading.timetable.clone();
    let hours = trading.hours_of(&bars, asked, &instrument.zone, calendar);
    let believed = |price: &f64| zeros::is_price(*price, &bars);
    instrument.previous_close = instrument.previous_close.filter(believed);
    let traded = meta::last_trade(facts, asked.now).filter(|quote| believed(&quote.price));
    // Yahoo's newest price is one of regular trading.
    let newest = bars.last().filter(|_| asked.session == Session::Extended);
    let outside = newest
        .and_then(|bar| Some(Quote { price: bar.close, at: Timestamp::from_second(bar.ts).ok()? }));
    let quote = after_close.into_iter().chain(outside).chain(traded).max_by_key(|q| q.at);
    if !asked.interval.is_intraday() {
        // Answers of days do not tell it, but hold it.
        let before = close_before(&bars, quote, &instrument.zone);
        instrument.previous_close = before.or(instrument.previous_close);
    }
    Ok(Fetched {
        bars,
        delay: traded.and_then(|quote| meta::delay(quote.at, &timetable, asked.now)),
        quote,
        split: newest_split(&chart["events"]["splits"], asked),
        instrument,
        hours,
        timetable,
    })
}

/// The close of the day before that of the newest price, which a bar of its day may not have yet.
fn close_before(days: &Bars, quote: Option<Quote>, zone: &TimeZone) -> Option<f64> {
    let newest = days.last()?.ts;
    let today = quote
        .and_then(|quote| calendar::date(quote.at.as_second(), zone))
        .and_then(|date| calendar::midnight(date, zone));
    days.before(today.map_or(newest, |today| today.max(newest))).closes().last().copied()
}

/// The JSON of an answer that tells of no failure; `absent` is the one for what does not exist.
///
/// # Errors
/// As of [`parse`].
pub fn document(
    answer: &Answer,
    absent: impl FnOnce(String) -> SourceError,
) -> Result<Value, SourceError> {
    let document: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if let Some(error) = document.as_ref().and_then(error_object) {
        return Err(told(error, answer, absent));
    }
    if !(200..300).contains(&answer.status) {
        return Err(untold(answer));
    }
    document.ok_or_else(|| malformed(describe(&answer.body)))
}

/// The error object under the root key, which is `chart` or, for errors of the whole site, `finance`.
fn error_object(document: &Value) -> Option<&Value> {
    let mut roots = document.as_object()?.values();
    roots.find_map(|root| root.get("error").filter(|error| !error.is_null()))
}

/// The failure that Yahoo put into words. Only its own words make a permanent one.
fn told(error: &Value, answer: &Answer, absent: impl FnOnce(String) -> SourceError) -> SourceError {
    let code = error["code"].as_str().unwrap_or_default();
    let detail = [&error["description"], error, &error["code"]]
        .into_iter()
        .find_map(text)
        .unwrap_or_else(|| "no reason given".to_owned());
    let status = match code {
        "Bad Request" => 400,
        "Unauthorized" => 401,
        "Forbidden" => 403,
        "Not Found" => 404,
        "Unprocessable Entity" => 422,
        "Too Many Requests" => 429,
        _ => answer.status,
    };
    match status {
        404 => absent(detail),
        400 | 422 => SourceError::Refused { origin: NAME, detail },
        _ => temporary(status, detail, answer.retry_after),
    }
}

/// The failure that only the status tells of.
fn untold(answer: &Answer) -> SourceError {
    let status = answer.status;
    let detail = match str::from_utf8(&answer.body) {
        Ok(words) if !words.trim().is_empty() && !words.trim_start().starts_with(['<', '{']) => {
            format!("HTTP status {status}, {}", clean(words))
        }
        _ => format!("HTTP status {status}"),
    };
    temporary(status, detail, answer.retry_after)
}

fn temporary(status: u16, detail: String, retry_after: Duration) -> SourceError {
    match status {
        401 | 403 | 429 | 999 => SourceError::Blocked { origin: NAME, detail, retry_after },
        500..600 => SourceError::Unavailable { origin: NAME, detail, cause: None },
        _ => malformed(detail),
    }
}

fn not_found(asked: &Asked, detail: String) -> SourceError {
    SourceError::NotFound { symbol: asked.symbol.clone(), origin: NAME, detail }
}

/// What a body is that is no JSON.
fn describe(body: &[u8]) -> &'static str {
    match body.trim_ascii_start() {
        [] => "an empty body",
        [b'<', ..] => "a web page instead of JSON",
        [b'{', ..] => "broken or truncated JSON",
        _ => "no JSON",
    }
}

/// The one result of a well-formed answer.
fn chart<'a>(document: &'a Value, asked: &Asked) -> Result<&'a Value, SourceError> {
    let Some(result) = document["chart"].get("result") else {
        return Err(malformed("no chart"));
    };
    if result.is_null() || result.as_array().is_some_and(Vec::is_empty) {
        return Err(not_found(asked, "no data".to_owned()));
    }
    let chart = &result[0];
    if !chart.is_object() {
        return Err(malformed("no result"));
    }
    let meta = &chart["meta"];
    if let Some(told) = text(&meta["symbol"]).filter(|told| !is_spelling_of(told, &asked.symbol)) {
        return Err(malformed(format!("it is about {told}")));
    }
    // A symbol that Yahoo once knew is parked on the exchange YHD.
    let has_price = price(&meta["regularMarketPrice"]).is_some_and(|price| price != 0.0);
    if meta["exchangeName"] == "YHD" && !has_price {
        return Err(not_found(asked, "no longer listed".to_owned()));
    }
    match text(&meta["dataGranularity"]) {
        // An hour has two names.
        Some(hour) if hour == "60m" && asked.interval == Interval::Hour1 => Ok(chart),
        Some(other) if other != asked.interval.as_str() => {
            let wanted = asked.interval;
            Err(malformed(format!("bars of {other} instead of {wanted}")))
        }
        _ => Ok(chart),
    }
}

fn newest_split(splits: &Value, asked: &Asked) -> Option<i64> {
    let splits = splits.as_object()?.values();
    let dates = splits.filter_map(|split| split["date"].as_i64());
    dates.filter(|date| is_time(*date, asked)).max()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
