//! Questions to Kraken's REST interface.

use super::parse;
use super::spelling::{NAME, minutes, pair, rest_name};
use crate::bars::Bars;
use crate::interval::{DAY, Interval};
use crate::source::error::SourceError;
use crate::source::fetch::{FetchRequest, Window};
use crate::source::live::{Product, bars_until};
use crate::source::upstream::{Ask, Rest};

/// The bars that a request asks for, as far as the exchange has them: one answer.
pub async fn bars(rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
    let pair = pair(&request.symbol).ok_or_else(|| SourceError::NotFound {
        symbol: request.symbol.clone(),
        origin: NAME,
        detail: "its symbols are pairs, such as BTC-USD".to_owned(),
    })?;
    let grain = request.interval;
    let minutes = minutes(grain).ok_or_else(|| SourceError::Refused {
        origin: NAME,
        detail: format!("there are no bars of {grain}"),
    })?;
    let (pair, minutes) = (rest_name(pair), minutes.to_string());
    let mut query = vec![("pair", pair.as_str()), ("interval", minutes.as_str())];
    // The exchange answers what is after an instant.
    let since = match request.window {
        Window::Since(since) => (since - 1).max(0).to_string(),
        _ => String::new(),
    };
    if !since.is_empty() {
        query.push(("since", &since));
    }
    let ask = Ask { priority: request.priority, watchers: &request.watchers };
    let bars = rest.get("/0/public/OHLC", &query, ask, |answer| {
        parse::candles(answer, &request.symbol, grain)
    });
    Ok(bars_until(rest.now().as_second(), grain, bars.await?.iter()))
}

/// The price of 24 hours ago, to a quarter of an hour: 720 minutes do not reach back as far. Without an answer
/// there is none.
pub async fn day_ago(rest: &Rest, request: &FetchRequest) -> Option<f64> {
    if request.interval != Interval::Minute1 || matches!(request.window, Window::Since(_)) {
        return None;
    }
    let (interval, instant) = (Interval::Minute15, rest.now().as_second() - DAY);
    let window = Window::Since(instant - DAY / 24);
    let quarters = bars(rest, &FetchRequest { interval, window, ..request.clone() }).await.ok()?;
    quarters.before(instant - interval.seconds() + 1).last().map(|bar| bar.close)
}

/// All that is traded.
pub async fn products(rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
    rest.get("/0/public/AssetPairs", &[], ask, parse::products).await
}
