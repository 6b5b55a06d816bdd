//! Questions to Binance's REST interface.

use super::parse;
use super::spelling::{NAME, interval_name, spelling};
use crate::bars::{Bar, Bars};
use crate::source::error::SourceError;
use crate::source::fetch::FetchRequest;
use crate::source::live::{Product, bars_until, first_second};
use crate::source::upstream::{Ask, Rest};

/// Most rows of one answer.
const PAGE: usize = 1_000;
/// Most answers for one series: two years of hours are 18.
const MAX_PAGES: usize = 40;

/// The bars that a request asks for, page by page, oldest first.
pub async fn bars(rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
    let symbol = spelling(&request.symbol).ok_or_else(|| SourceError::NotFound {
        symbol: request.symbol.clone(),
        origin: NAME,
        detail: "its symbols are letters and digits, such as BTCUSDT".to_owned(),
    })?;
    let grain = request.interval;
    let interval = interval_name(grain).ok_or_else(|| SourceError::Refused {
        origin: NAME,
        detail: format!("there are no bars of {grain}"),
    })?;
    let ask = Ask { priority: request.priority, watchers: &request.watchers };
    let mut start = first_second(request.window, rest.now().as_second()).saturating_mul(1_000);
    let mut all: Vec<Bar> = Vec::new();
    for _ in 0..MAX_PAGES {
        let (from, limit) = (start.to_string(), PAGE.to_string());
        let query = [
            ("symbol", symbol),
            ("interval", interval),
            ("startTime", from.as_str()),
            ("limit", limit.as_str()),
        ];
        let page = rest.get("/api/v3/klines", &query, ask, |answer| {
            parse::klines(answer, &request.symbol, grain)
        });
        let page = page.await?;
        let Some(last) = page.last_open else { break };
        all.extend(page.bars);
        // A page that does not lead on is the last one.
        if page.rows < PAGE || last < start {
            break;
        }
        start = last + 1;
    }
    Ok(bars_until(rest.now().as_second(), grain, all))
}

/// All that is traded.
pub async fn products(rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
    let query =
        [("permissions", "SPOT"), ("showPermissionSets", "false"), ("symbolStatus", "TRADING")];
    rest.get("/api/v3/exchangeInfo", &query, ask, parse::products).await
}
