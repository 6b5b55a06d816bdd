//! Questions for bars.

use jiff::Timestamp;

use super::parse::{self, BarsPage};
use super::spelling::{NAME, spelling, timeframe};
use crate::bars::{Bar, Bars};
use crate::config::AlpacaFeed;
use crate::interval::DAY;
use crate::source::error::SourceError;
use crate::source::fetch::{FetchRequest, Window};
use crate::source::live::{bars_until, first_second};
use crate::source::upstream::{Ask, Rest};

/// Most rows of one answer.
const PAGE: &str = "10000";
/// Most answers for one series: two years of quarters of an hour, with those before and after the sessions, are 4.
const MAX_PAGES: usize = 8;
/// The first day of which there are bars: 2016-01-01.
const FIRST: i64 = 1_451_606_400;

/// The bars that a request asks for, page by page, oldest first.
pub async fn bars(
    rest: &Rest,
    feed: AlpacaFeed,
    request: &FetchRequest,
) -> Result<Bars, SourceError> {
    let symbol = spelling(&request.symbol).ok_or_else(|| SourceError::NotFound {
        symbol: request.symbol.clone(),
        origin: NAME,
        detail: "its symbols are letters and digits, such as AAPL or BRK.B".to_owned(),
    })?;
    let grain = request.interval;
    let timeframe = timeframe(grain).ok_or_else(|| SourceError::Refused {
        origin: NAME,
        detail: format!("there are no bars of {grain}"),
    })?;
    let ask = Ask { priority: request.priority, watchers: &request.watchers };
    let now = rest.now().as_second();
    let start = first_day(request.window, now).max(FIRST);
    let start = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH).to_string();
    let path = format!("/v2/stocks/{symbol}/bars");
    let (mut all, mut token) = (Vec::<Bar>::new(), None::<String>);
    for _ in 0..MAX_PAGES {
        let mut query = vec![
            ("timeframe", timeframe),
            ("start", start.as_str()),
            ("limit", PAGE),
            ("adjustment", "split"),
            ("feed", feed.as_str()),
        ];
        query.extend(token.as_deref().map(|token| ("page_token", token)));
        let page =
            rest.get(&path, &query, ask, |answer| parse::bars(answer, &request.symbol, grain));
        let BarsPage { bars, next } = page.await?;
        all.extend(bars);
        token = next;
        if token.is_none() {
            break;
        }
    }
    Ok(bars_until(now, grain, all))
}

/// The first second that is asked for: so many trading days are more days, over a weekend and a holiday.
fn first_day(window: Window, now: i64) -> i64 {
    match window {
        Window::Days(days) => {
            let days = i64::from(days);
            first_second(Window::Since(now - (days + days / 5 * 2 + 4) * DAY), now)
        }
        other => first_second(other, now),
    }
}
