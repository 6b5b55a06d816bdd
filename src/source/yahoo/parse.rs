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
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::client::Answer;
use super::rows::{Rows, price};
use super::{AHEAD, NAME, granularity, malformed};
use crate::market::{Hours, Instrument, Period, SessionState};
use crate::source::{Fetched, Quote, Request, SourceError, Window};
use crate::symbol::Symbol;

/// Longest text taken over from Yahoo, in characters.
const MAX_TEXT: usize = 200;
/// Most decimals a price hint may ask for.
const MAX_DECIMALS: u64 = 8;
/// A regular period of this length is a market that never closes: Yahoo ends the day at 23:59.
const ROUND_THE_CLOCK: i64 = 86_340;
/// Longest believable regular period, in seconds.
const MAX_PERIOD: i64 = 2 * 86_400;
/// Most regular periods kept, the newest; a window has one a day.
const MAX_PERIODS: usize = 64;
/// Prices this much younger than now are live: they are polled, and cached on the way.
const MIN_DELAY: i64 = 120;
/// Exchanges delay their data by up to half an hour. What is older has simply not been traded.
const MAX_DELAY: i64 = 3600;

/// What the answer is the answer to.
#[derive(Debug, Clone)]
pub struct Asked {
    pub symbol: Symbol,
    /// Yahoo's name of the interval.
    pub granularity: &'static str,
    /// Length of a bar in seconds.
    pub slot: i64,
    /// Whether one day alone was asked for.
    pub one_day: bool,
    /// Epoch second of the answer.
    pub now: i64,
    /// Bars from this epoch second on were not asked for.
    pub end: i64,
}

impl Asked {
    pub fn new(request: &Request, now: Timestamp) -> Self {
        let now = now.as_second();
        Self {
            symbol: request.symbol.clone(),
            granularity: granularity(request.interval),
            slot: request.interval.seconds(),
            one_day: request.window == Window::Days(1),
            now,
            end: now.saturating_add(AHEAD),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// Any [`SourceError`]; the wait of a `Blocked` is what the server asked for, possibly zero.
pub fn parse(answer: &Answer, asked: &Asked) -> Result<Fetched, SourceError> {
    let document: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if let Some(error) = document.as_ref().and_then(error_object) {
        return Err(told(error, answer, asked));
    }
    if !(200..300).contains(&answer.status) {
        return Err(untold(answer));
    }
    let document = document.ok_or_else(|| malformed(describe(&answer.body)))?;
    let chart = chart(&document, asked)?;
    let meta = &chart["meta"];
    let instrument = instrument(meta, asked);
    let hours = hours(meta, asked.now);
    let Rows { bars, after_close } = Rows::read(chart, &hours, &instrument.zone, asked);
    let traded = last_trade(meta, asked.now);
    Ok(Fetched {
        bars,
        delay: traded.and_then(|quote| delay(quote.at, &hours, asked.now)),
        quote: after_close.into_iter().chain(traded).max_by_key(|q| q.at),
        split: newest_split(&chart["events"]["splits"]),
        instrument,
        hours,
    })
}

/// The error object under the root key, which is `chart` or, for errors of the whole site, `finance`.
fn error_object(document: &Value) -> Option<&Value> {
    let mut roots = document.as_object()?.values();
    roots.find_map(|root| root.get("error").filter(|error| !error.is_null()))
}

/// The failure that Yahoo put into words. Only its own words make a permanent one.
fn told(error: &Value, answer: &Answer, asked: &Asked) -> SourceError {
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
        404 => not_found(asked, detail),
        400 | 422 => SourceError::Refused {
            origin: NAME,
            detail,
        },
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
        401 | 403 | 429 | 999 => SourceError::Blocked {
            origin: NAME,
            detail,
            retry_after,
        },
        500..600 => SourceError::Unavailable {
            origin: NAME,
            detail,
            cause: None,
        },
        _ => malformed(detail),
    }
}

fn not_found(asked: &Asked, detail: String) -> SourceError {
    SourceError::NotFound {
        symbol: asked.symbol.clone(),
        origin: NAME,
        detail,
    }
}

/// What a body is that is no JSON.
fn describe(body: &[u8]) -> String {
    let what = match body.trim_ascii_start() {
        [] => "an empty body",
        [b'<', ..] => "a web page instead of JSON",
        [b'{', ..] => "broken or truncated JSON",
        _ => "no JSON",
    };
    what.to_owned()
}

/// The one result of a well-formed answer.
fn chart<'a>(document: &'a Value, asked: &Asked) -> Result<&'a Value, SourceError> {
    let result = match &document["chart"] {
        Value::Object(chart) => chart.get("result").unwrap_or(&Value::Null),
        _ => return Err(malformed("no chart".to_owned())),
    };
    let chart = &result[0];
    if result.is_null() || result.as_array().is_some_and(Vec::is_empty) {
        return Err(not_found(asked, "no data".to_owned()));
    }
    if !chart.is_object() {
        return Err(malformed("no result".to_owned()));
    }
    let meta = &chart["meta"];
    // A symbol that Yahoo once knew is parked on the exchange YHD.
    if meta["exchangeName"] == "YHD" && price(&meta["regularMarketPrice"]).is_none() {
        return Err(not_found(asked, "no longer listed".to_owned()));
    }
    match text(&meta["dataGranularity"]) {
        Some(other) if other != asked.granularity => {
            let wanted = asked.granularity;
            Err(malformed(format!("bars of {other} instead of {wanted}")))
        }
        _ => Ok(chart),
    }
}

fn instrument(meta: &Value, asked: &Asked) -> Instrument {
    let offset = || {
        let seconds = meta["gmtoffset"].as_i64()?.try_into().ok()?;
        Some(TimeZone::fixed(Offset::from_seconds(seconds).ok()?))
    };
    let zone = meta["exchangeTimezoneName"]
        .as_str()
        .and_then(|name| TimeZone::get(name).ok())
        .or_else(offset)
        .unwrap_or(TimeZone::UTC);
    // The close before the first bar, so the previous one of a single day only.
    let before_window = || price(&meta["chartPreviousClose"]).filter(|_| asked.one_day);
    Instrument {
        symbol: asked.symbol.clone(),
        name: text(&meta["longName"]).or_else(|| text(&meta["shortName"])),
        currency: text(&meta["currency"]),
        exchange: text(&meta["fullExchangeName"]).or_else(|| text(&meta["exchangeName"])),
        zone,
        previous_close: price(&meta["previousClose"]).or_else(before_window),
        price_decimals: meta["priceHint"]
            .as_u64()
            .and_then(|hint| hint.min(MAX_DECIMALS).try_into().ok()),
    }
}

/// Regular trading, from `tradingPeriods` (the whole window) and `currentTradingPeriod` (today or
/// the next day, and not always in the former).
fn hours(meta: &Value, now: i64) -> Hours {
    let listed = match &meta["tradingPeriods"] {
        Value::Object(by_kind) => by_kind.get("regular").unwrap_or(&Value::Null),
        list => list,
    };
    let mut periods = Vec::new();
    for value in [listed, &meta["currentTradingPeriod"]["regular"]] {
        collect_periods(value, now, &mut periods);
    }
    if periods
        .last()
        .is_some_and(|period| period.end - period.start >= ROUND_THE_CLOCK)
    {
        return Hours::Continuous { day: 86_400 };
    }
    periods.sort_unstable_by_key(|period| (period.start, period.end));
    periods.dedup();
    periods.drain(..periods.len().saturating_sub(MAX_PERIODS));
    Hours::Sessions(periods)
}

/// Periods are listed by day, each day being a list of its own.
fn collect_periods(value: &Value, now: i64, periods: &mut Vec<Period>) {
    match value {
        Value::Array(values) => {
            for value in values {
                collect_periods(value, now, periods);
            }
        }
        _ => {
            if let (Some(start), Some(end)) = (value["start"].as_i64(), value["end"].as_i64())
                && (1..now.saturating_add(MAX_FUTURE)).contains(&start)
                && (1..=MAX_PERIOD).contains(&end.saturating_sub(start))
            {
                periods.push(Period { start, end });
            }
        }
    }
}

/// How far ahead a trading period may lie: beyond any holiday.
const MAX_FUTURE: i64 = 30 * 86_400;

fn last_trade(meta: &Value, now: i64) -> Option<Quote> {
    let at = meta["regularMarketTime"].as_i64()?;
    if !(1..now.saturating_add(AHEAD)).contains(&at) {
        return None;
    }
    Some(Quote {
        price: price(&meta["regularMarketPrice"])?,
        at: Timestamp::from_second(at).ok()?,
    })
}

/// The age of the newest price while the market trades, in whole minutes.
fn delay(last_trade: Timestamp, hours: &Hours, now: i64) -> Option<Duration> {
    let open = hours.state_at(Timestamp::from_second(now).ok()?) == Some(SessionState::Open);
    let age = now - last_trade.as_second();
    let late = open && (MIN_DELAY..=MAX_DELAY).contains(&age);
    late.then(|| Duration::from_secs(age.unsigned_abs() / 60 * 60))
}

fn newest_split(splits: &Value) -> Option<i64> {
    let splits = splits.as_object()?.values();
    splits.filter_map(|split| split["date"].as_i64()).max()
}

/// A text for people, without what could break a line of a log or a page.
fn text(value: &Value) -> Option<String> {
    Some(clean(value.as_str()?)).filter(|text| !text.is_empty())
}

fn clean(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_TEXT)
        .collect()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
