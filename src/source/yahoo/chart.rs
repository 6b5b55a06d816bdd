//! The question for bars.

use std::sync::Arc;

use jiff::Timestamp;
use url::{Url, form_urlencoded};

use super::asked::Asked;
use super::parse;
use super::question::Question;
use super::spelling::upstream_symbol;
use crate::market::Calendars;
use crate::shares::Holders;
use crate::source::error::SourceError;
use crate::source::fetch::{FetchRequest, Priority, Window};
use crate::source::update::Fetched;
use crate::source::upstream::Answer;
use crate::view::Session;

/// How far past now a request asks: clocks differ, and bars start ahead of them.
const AHEAD: i64 = 86_400;

/// The question for bars.
pub struct ChartQuestion<'a> {
    pub request: &'a FetchRequest,
    pub calendars: &'a Calendars,
}

impl Question for ChartQuestion<'_> {
    type Reply = Fetched;

    fn priority(&self) -> Priority {
        self.request.priority
    }

    fn watchers(&self) -> &Arc<Holders> {
        &self.request.watchers
    }

    fn url(&self, base: &Url, now: Timestamp) -> Url {
        chart_url(base, self.request, now)
    }

    fn read(&self, answer: &Answer, now: Timestamp) -> Result<Fetched, SourceError> {
        parse::parse(answer, &Asked::new(self.request, now), self.calendars)
    }
}

/// The address of one chart. The symbol becomes one path segment, whatever it is made of.
pub fn chart_url(base: &Url, request: &FetchRequest, now: Timestamp) -> Url {
    let symbol = upstream_symbol(&request.symbol);
    let segment: String = form_urlencoded::byte_serialize(symbol.as_bytes()).collect();
    let mut url = base.clone();
    // Not through path_segments_mut, which leaves the ^ of an index as it is.
    let prefix = base.path().trim_end_matches('/');
    url.set_path(&format!("{prefix}/v8/finance/chart/{segment}"));
    let is_extended = request.session == Session::Extended;
    let mut query = url.query_pairs_mut();
    query
        // Yahoo's names of intervals are ours.
        .append_pair("interval", request.interval.as_str())
        .append_pair("includePrePost", if is_extended { "true" } else { "false" })
        .append_pair("events", "split");
    match request.window {
        Window::Days(..=1) => {
            query.append_pair("range", "1d");
        }
        Window::Days(2..=5) => {
            query.append_pair("range", "5d");
        }
        // A month has at least 18 trading days.
        Window::Days(days) => {
            query.append_pair("range", range_of(days.div_ceil(18)));
        }
        Window::Months(months) => {
            query.append_pair("range", range_of(months));
        }
        Window::All => {
            query.append_pair("range", "max");
        }
        Window::Since(since) => {
            query
                .append_pair("period1", &since.to_string())
                .append_pair("period2", &(now.as_second() + AHEAD).to_string());
        }
    }
    drop(query);
    url
}

/// The shortest range Yahoo names that holds so many months.
const fn range_of(months: u16) -> &'static str {
    match months {
        0..=1 => "1mo",
        2..=3 => "3mo",
        4..=6 => "6mo",
        7..=12 => "1y",
        13..=24 => "2y",
        25..=60 => "5y",
        _ => "max",
    }
}
