//! Yahoo's search, as distrustful of its answers as of its charts.
//!
//! ```text
//! {"count":2,"quotes":[{"symbol":"AAPL","longname":"Apple Inc.","shortname":"..","exchDisp":"NASDAQ",
//!    "exchange":"NMS","quoteType":"EQUITY","isYahooFinance":true,..},..],..}
//! ```

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::fault::malformed;
use super::meta::text;
use super::parse;
use super::question::Question;
use crate::shares::Holders;
use crate::source::error::SourceError;
use crate::source::fetch::Priority;
use crate::source::search::{AssetClass, Listing, MAX_LISTINGS, SearchQuery};
use crate::source::upstream::Answer;
use crate::symbol::Symbol;

/// The question for symbols.
pub struct SearchQuestion<'a> {
    pub query: &'a SearchQuery,
    /// The clients that search for the same.
    pub watchers: &'a Arc<Holders>,
}

impl Question for SearchQuestion<'_> {
    type Reply = Vec<Listing>;

    fn priority(&self) -> Priority {
        Priority::Search
    }

    fn watchers(&self) -> &Arc<Holders> {
        self.watchers
    }

    fn url(&self, base: &Url, _now: Timestamp) -> Url {
        let mut url = base.clone();
        let prefix = base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}/v1/finance/search"));
        url.query_pairs_mut()
            .append_pair("q", self.query.as_str())
            .append_pair("quotesCount", &MAX_LISTINGS.to_string())
            .append_pair("newsCount", "0")
            .append_pair("listsCount", "0")
            .append_pair("enableFuzzyQuery", "false")
            .append_pair("lang", "en-US")
            .append_pair("region", "US");
        url
    }

    fn read(&self, answer: &Answer, _now: Timestamp) -> Result<Vec<Listing>, SourceError> {
        let document = parse::document(answer, malformed).map_err(|error| about(error, answer))?;
        let quotes = document["quotes"].as_array().ok_or_else(|| malformed("no search results"))?;
        let mut seen = HashSet::new();
        let found = quotes.iter().filter_map(listing);
        Ok(found.filter(|found| seen.insert(found.symbol.clone())).take(MAX_LISTINGS).collect())
    }
}

/// A refusal of an address is Yahoo's 429; what forbids a search is a filter that looks at its words, and
/// charts have none.
fn about(error: SourceError, answer: &Answer) -> SourceError {
    match error {
        SourceError::Blocked { origin, detail, .. } if matches!(answer.status, 401 | 403) => {
            SourceError::Refused { origin, detail }
        }
        error => error,
    }
}

/// What can be charted: Yahoo mixes companies that are not listed in, and symbols that are none.
fn listing(quote: &Value) -> Option<Listing> {
    if quote["isYahooFinance"] == false {
        return None;
    }
    Some(Listing {
        symbol: Symbol::parse_bare(quote["symbol"].as_str()?).ok()?,
        name: text(&quote["longname"]).or_else(|| text(&quote["shortname"])),
        exchange: text(&quote["exchDisp"]).or_else(|| text(&quote["exchange"])),
        kind: quote["quoteType"].as_str().and_then(kind),
    })
}

fn kind(name: &str) -> Option<AssetClass> {
    Some(match name {
        "EQUITY" => AssetClass::Stock,
        "ETF" => AssetClass::Etf,
        "MUTUALFUND" => AssetClass::Fund,
        "INDEX" => AssetClass::Index,
        "CURRENCY" => AssetClass::Currency,
        "CRYPTOCURRENCY" => AssetClass::Crypto,
        "FUTURE" => AssetClass::Future,
        "OPTION" => AssetClass::Option,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::question::Question as _;
    use super::SearchQuestion;
    use crate::fixtures;
    use crate::shares::Holders;
    use crate::source::upstream::Answer;
    use crate::source::{AssetClass, Listing, MAX_LISTINGS, SearchQuery, SourceError};

    fn search(text: &str) -> SearchQuery {
        SearchQuery::parse(text).unwrap()
    }

    fn read_bytes(status: u16, body: &[u8]) -> Result<Vec<Listing>, SourceError> {
        let answer = Answer { status, retry_after: Duration::ZERO, body: body.to_vec() };
        let (query, watchers) = (search("x"), Holders::none());
        SearchQuestion { query: &query, watchers: &watchers }.read(&answer, Timestamp::UNIX_EPOCH)
    }

    fn read(quotes: &Value) -> Vec<Listing> {
        read_bytes(200, json!({ "quotes": quotes }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn words_become_one_encoded_value() {
        let base = "https://query1.finance.yahoo.com/mirror/".parse().unwrap();
        let (query, watchers) = (search("s&p 500#é"), Holders::none());
        let words = SearchQuestion { query: &query, watchers: &watchers };
        assert_eq!(
            words.url(&base, Timestamp::UNIX_EPOCH).as_str(),
            "https://query1.finance.yahoo.com/mirror/v1/finance/search?q=s%26p+500%23%C3%A9\
             &quotesCount=20&newsCount=0&listsCount=0&enableFuzzyQuery=false&lang=en-US&region=US"
        );
    }

    #[test]
    fn what_can_be_charted_is_listed_once_with_the_better_of_its_names() {
        let found = read(&json!([
            {"symbol": "FICT", "longname": "Fictional Inc.", "shortname": "FICT INC",
             "exchDisp": "NASDAQ", "exchange": "NMS", "quoteType": "EQUITY", "isYahooFinance": true},
            {"symbol": "^FICT", "shortname": "Fictional\nIndex ", "exchange": "WCB", "quoteType": "INDEX"},
            {"symbol": "FICT", "quoteType": "EQUITY", "isYahooFinance": true},
            {"name": "Unlisted", "permalink": "unlisted", "isYahooFinance": false},
            {"symbol": "PRIV", "isYahooFinance": false},
            {"symbol": "../../etc", "isYahooFinance": true},
            {"symbol": 7}, null, "FICT",
            {"symbol": "OTHER", "longname": "", "exchDisp": null, "quoteType": "ECNQUOTE"},
        ]));
        let told: Vec<_> = found
            .iter()
            .map(|l| (l.symbol.as_str(), l.name.as_deref(), l.exchange.as_deref(), l.kind))
            .collect();
        assert_eq!(
            told,
            [
                ("FICT", Some("Fictional Inc."), Some("NASDAQ"), Some(AssetClass::Stock)),
                ("^FICT", Some("Fictional Index"), Some("WCB"), Some(AssetClass::Index)),
                ("OTHER", None, None, None),
            ]
        );
    }

    #[test]
    fn no_more_is_taken_than_may_be() {
        let quotes = |count| (0..count).map(|n| json!({"symbol": format!("A{n}")})).collect();
        for (count, taken) in [(0, 0), (MAX_LISTINGS, MAX_LISTINGS), (500, MAX_LISTINGS)] {
            assert_eq!(read(&Value::Array(quotes(count))).len(), taken);
        }
    }

    #[test]
    fn failures_are_told_apart_as_those_of_charts() {
        let error = |code: &str| json!({"finance": {"result": null, "error": {"code": code, "description": "why"}}});
        for (status, body, kind) in [
            (400, error("Bad Request").to_string(), "refused"),
            (404, error("Not Found").to_string(), "malformed"),
            (200, error("Too Many Requests").to_string(), "blocked"),
            (429, "Too Many Requests".to_owned(), "blocked"),
            (999, "<html>".to_owned(), "blocked"),
            (403, "<html>Request denied".to_owned(), "refused"),
            (403, error("Forbidden").to_string(), "refused"),
            (401, error("Unauthorized").to_string(), "refused"),
            (503, String::new(), "unavailable"),
            (200, "<html>".to_owned(), "malformed"),
            (200, r#"{"quotes":{}}"#.to_owned(), "malformed"),
            (200, "[]".to_owned(), "malformed"),
        ] {
            let error = read_bytes(status, body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {body}");
        }
    }

    #[test]
    #[ignore = "needs the recorded fixtures"]
    fn recorded_answers_are_read() {
        for (file, symbols) in [
            ("yahoo_search_VXAPL_single.json", "^VXAPL"),
            (
                "yahoo_search_AAPL.json",
                "AAPL AAPU AAPL251219C00120000 AAPL250620P00210000 AAPL260116P00170000 \
                 AAPL250620P00200000",
            ),
            ("yahoo_search_apple_2025-10.json", "AAPL APLE AAPL.VI APC.F AAPL.BA AAPI APC.DE"),
        ] {
            let found = read_bytes(200, &std::fs::read(fixtures::path(file)).unwrap()).unwrap();
            let found: Vec<_> = found.iter().map(|listing| listing.symbol.as_str()).collect();
            assert_eq!(found.join(" "), symbols, "{file}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 0..200), status in 100u16..1000) {
            let _ = read_bytes(status, &body);
        }

        #[test]
        fn any_texts_are_made_safe(symbol in ".{0,40}", name in ".{0,300}") {
            for listing in read(&json!([{"symbol": symbol, "longname": name, "exchange": name}])) {
                let texts = [listing.name, listing.exchange];
                prop_assert!(texts.into_iter().flatten().all(|t| !t.chars().any(char::is_control)));
            }
        }
    }
}
