//! From the `meta` of an answer to the instrument and its newest price.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::asked::Asked;
use super::rows::price;
use crate::market::{Instrument, SessionState, Timetable, TradingWeek};
use crate::source::update::Quote;

/// Longest text taken over from Yahoo, in characters.
const MAX_TEXT: usize = 200;
/// How far past now a price is believed, in seconds: clocks differ.
const AHEAD: i64 = 120;
/// Most decimals a price hint may ask for.
const MAX_DECIMALS: u64 = 8;
/// Up to this age in seconds a price is live: it is polled, and cached on the way.
const MIN_DELAY: i64 = 120;
/// Exchanges delay their data by up to half an hour. What is older, in seconds, was not traded.
const MAX_DELAY: i64 = 3600;

/// Names, zone and yesterday's close.
pub fn instrument(meta: &Value, asked: &Asked) -> Instrument {
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
        week: TradingWeek::default(),
        previous_close: price(&meta["previousClose"]).or_else(before_window),
        price_decimals: meta["priceHint"]
            .as_u64()
            .and_then(|hint| hint.min(MAX_DECIMALS).try_into().ok()),
    }
}

/// The newest price of regular trading.
pub fn last_trade(meta: &Value, now: i64) -> Option<Quote> {
    let at = meta["regularMarketTime"].as_i64()?;
    if !(1..=now.saturating_add(AHEAD)).contains(&at) {
        return None;
    }
    Some(Quote { price: price(&meta["regularMarketPrice"])?, at: Timestamp::from_second(at).ok()? })
}

/// The age of the newest price while the market trades, in whole minutes.
pub fn delay(last_trade: Timestamp, timetable: &Timetable, now: i64) -> Option<Duration> {
    let session = timetable.session_at(now);
    let open = session.is_some_and(|session| session.state == SessionState::Open);
    let age = now - last_trade.as_second();
    let late = open && (MIN_DELAY..=MAX_DELAY).contains(&age);
    late.then(|| Duration::from_secs(age.unsigned_abs() / 60 * 60))
}

/// A text for people, without what could break a line of a log or a page.
pub fn text(value: &Value) -> Option<String> {
    Some(clean(value.as_str()?)).filter(|text| !text.is_empty())
}

/// `text` on one line, cut to [`MAX_TEXT`].
pub fn clean(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}
