//! From the `meta` of an answer to the instrument, its hours and its newest price.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::AHEAD;
use super::parse::Asked;
use super::rows::price;
use crate::market::{Hours, Instrument, Period, SessionState};
use crate::source::Quote;

/// Longest text taken over from Yahoo, in characters.
const MAX_TEXT: usize = 200;
/// Most decimals a price hint may ask for.
const MAX_DECIMALS: u64 = 8;
/// A regular period of this length in seconds is a market that never closes: Yahoo ends the day at 23:59.
const ROUND_THE_CLOCK: i64 = 86_340;
/// Longest believable regular period, in seconds.
const MAX_PERIOD: i64 = 2 * 86_400;
/// Most regular periods kept, the newest; a window has one a day.
const MAX_PERIODS: usize = 64;
/// Up to this age in seconds a price is live: it is polled, and cached on the way.
const MIN_DELAY: i64 = 120;
/// Exchanges delay their data by up to half an hour. What is older, in seconds, was not traded.
const MAX_DELAY: i64 = 3600;
/// How far ahead a trading period may lie, in seconds: beyond any holiday.
const MAX_FUTURE: i64 = 30 * 86_400;

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
        previous_close: price(&meta["previousClose"]).or_else(before_window),
        price_decimals: meta["priceHint"]
            .as_u64()
            .and_then(|hint| hint.min(MAX_DECIMALS).try_into().ok()),
    }
}

/// Regular trading, from `tradingPeriods` (the whole window) and `currentTradingPeriod` (today or
/// the next day, and not always in the former).
pub fn hours(meta: &Value, now: i64) -> Hours {
    let listed = match &meta["tradingPeriods"] {
        Value::Object(by_kind) => by_kind.get("regular").unwrap_or(&Value::Null),
        list => list,
    };
    let mut periods = Vec::new();
    for value in [listed, &meta["currentTradingPeriod"]["regular"]] {
        collect_periods(value, now, &mut periods);
    }
    // The current period if it is told, else the last one listed.
    if periods.last().is_some_and(|period| period.end - period.start >= ROUND_THE_CLOCK) {
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

/// The newest price of regular trading.
pub fn last_trade(meta: &Value, now: i64) -> Option<Quote> {
    let at = meta["regularMarketTime"].as_i64()?;
    if !(1..now.saturating_add(AHEAD)).contains(&at) {
        return None;
    }
    Some(Quote { price: price(&meta["regularMarketPrice"])?, at: Timestamp::from_second(at).ok()? })
}

/// The age of the newest price while the market trades, in whole minutes.
pub fn delay(last_trade: Timestamp, hours: &Hours, now: i64) -> Option<Duration> {
    let open = hours.state_at(now) == Some(SessionState::Open);
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
