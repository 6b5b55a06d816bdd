//! Questions to Coinbase's REST interface.

use jiff::Timestamp;

use super::parse;
use super::spelling::{NAME, seconds, spelling};
use crate::bars::{Bar, Bars};
use crate::source::error::SourceError;
use crate::source::fetch::FetchRequest;
use crate::source::live::{Product, bars_until, first_second};
use crate::source::upstream::{Ask, Rest};

/// Most rows of one answer. The exchange refuses a request for more.
const WINDOW: i64 = 300;
/// Most answers for one series: 740 days of hours are 60.
const MAX_WINDOWS: usize = 64;

/// Windows without a bar in a row, before which no bar is looked for: the symbol is younger, or was not traded for long.
const MAX_EMPTY: usize = 3;

/// The bars that a request asks for, window by window, newest first.
pub async fn bars(rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
    let symbol = spelling(&request.symbol).ok_or_else(|| SourceError::NotFound {
        symbol: request.symbol.clone(),
        origin: NAME,
        detail: "its symbols are pairs, such as BTC-USD".to_owned(),
    })?;
    let grain = request.interval;
    let length = seconds(grain).ok_or_else(|| SourceError::Refused {
        origin: NAME,
        detail: format!("there are no bars of {grain}"),
    })?;
    let ask = Ask { priority: request.priority, watchers: &request.watchers };
    let (path, granularity) = (format!("/products/{symbol}/candles"), length.to_string());
    let now = rest.now().as_second();
    let mut last = now - now.rem_euclid(length);
    let first = first_second(request.window, now).min(last);
    let mut all: Vec<Bar> = Vec::new();
    let mut empty = 0;
    for _ in 0..MAX_WINDOWS {
        let start = (last - (WINDOW - 1) * length).max(first - first.rem_euclid(length));
        let (from, until) = (instant(start), instant(last));
        let query = [
            ("granularity", granularity.as_str()),
            ("start", from.as_str()),
            ("end", until.as_str()),
        ];
        let window =
            rest.get(&path, &query, ask, |answer| parse::candles(answer, &request.symbol, grain));
        let window = window.await?;
        empty = if window.is_empty() { empty + 1 } else { 0 };
        // Rows of before the window may come along.
        all.extend(window.into_iter().filter(|bar| (start..=last).contains(&bar.ts)));
        last = start - length;
        if last < first || empty >= MAX_EMPTY {
            break;
        }
    }
    Ok(bars_until(rest.now().as_second(), grain, all))
}

/// An epoch second as the exchange reads it.
fn instant(second: i64) -> String {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// All that is traded.
pub async fn products(rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
    rest.get("/products", &[], ask, parse::products).await
}
