//! Several sources in one server, each of which answers, or does not, for itself.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::Router;
use crate::bars::Bars;
use crate::clock::SystemClock;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Timetable};
use crate::scripted::{Answer, Finding, Scripted};
use crate::shares::Holders;
use crate::source::{
    Coverage, FetchRequest, Fetched, MAX_LISTINGS, PollTiming, Polled, SearchQuery, SeriesKey,
    Source, SourceError, Update,
};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

/// A source of some symbols.
fn listed(name: &'static str, symbols: &'static [&'static str]) -> Scripted {
    let script = move |_: usize, request: &FetchRequest| {
        let symbol = request.symbol.clone();
        if !symbols.contains(&symbol.as_str()) {
            let detail = "no such symbol".to_owned();
            return Answer::Now(Err(SourceError::NotFound { symbol, origin: name, detail }));
        }
        Answer::Now(Ok(Fetched {
            bars: Bars::empty(),
            instrument: Instrument::unnamed(symbol, TimeZone::UTC),
            hours: Hours::UNKNOWN,
            quote: None,
            delay: None,
            timetable: Timetable::UNKNOWN,
            split: None,
        }))
    };
    let finding = Finding::Among(symbols, Duration::ZERO);
    Scripted { name, finding, ..Scripted::new(0, script) }
}

/// A source that has bars of days alone.
fn daily() -> Scripted {
    Scripted { coverage: Coverage::NONE.with_all(Interval::Day1), ..listed("daily", &[]) }
}

fn router(sources: impl IntoIterator<Item = Scripted>) -> Router {
    let polled = |source| {
        let polled = Polled::new(Arc::new(source), Arc::new(SystemClock), PollTiming::default());
        Arc::new(polled) as Arc<dyn Source>
    };
    let mut sources = sources.into_iter().map(polled);
    let default = sources.next().expect("at least one");
    Router::new(default, sources)
}

fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).expect(text)
}

/// The first update of a series, in words.
async fn opened(router: &Router, text: &str) -> String {
    let (grain, depth, session) = (Interval::Day1, Range::Year1, Session::Regular);
    let key = SeriesKey { symbol: symbol(text), grain, depth, session };
    match router.open(key, Holders::none(), None).next().await {
        Some(Update::Whole { fetched, .. }) => fetched.instrument.symbol.to_string(),
        Some(Update::NotFound(error)) => error.to_string(),
        other => format!("{other:?}"),
    }
}

/// The symbols that are found, and the sources that have no answer.
async fn found(router: &Router, text: &str) -> String {
    let query = SearchQuery::parse(text).expect(text);
    match router.search(&query, None).await {
        Ok(found) => {
            let listings = found.listings.iter().map(|found| found.listing.symbol.to_string());
            let unanswered = found.unanswered.iter().map(|error| format!("no {}", error.origin()));
            listings.chain(unanswered).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_symbol_has_one_spelling_and_the_default_source_is_not_named() {
    let router = router([listed("sim", &[]), daily()]);
    let spelled = |text| router.canonical(symbol(text)).map(|symbol| symbol.to_string());
    assert_eq!(spelled("AAPL").as_deref(), Ok("AAPL"));
    assert_eq!(spelled("sim:aapl").as_deref(), Ok("AAPL"));
    assert_eq!(spelled("daily:aapl").as_deref(), Ok("DAILY:AAPL"));
    let unknown = spelled("KRAKEN:BTC-USD").expect_err("not there").to_string();
    assert_eq!(
        unknown,
        "there is no source KRAKEN here, which KRAKEN:BTC-USD names: there is SIM, DAILY"
    );
    let names: Vec<_> = router.names().collect();
    assert_eq!(names, ["sim", "daily"]);
}

#[test]
fn a_symbol_has_the_name_and_the_coverage_of_its_source() {
    let router = router([listed("sim", &[]), daily()]);
    let minutes = |text| {
        let symbol = symbol(text);
        let serves = router.coverage(&symbol).serves(Interval::Minute1, Range::Day1);
        (router.name(&symbol), serves)
    };
    assert_eq!(minutes("AAPL"), ("sim", true));
    assert_eq!(minutes("DAILY:AAPL"), ("daily", false));
}

#[tokio::test]
async fn a_source_sees_a_symbol_without_its_name_and_clients_see_it_with_it() {
    let router = router([listed("sim", &["AAPL"]), listed("other", &["AAPL", "MSFT"])]);
    assert_eq!(opened(&router, "AAPL").await, "AAPL");
    assert_eq!(opened(&router, "OTHER:MSFT").await, "OTHER:MSFT");
    let unknown = "is not known to other: no such symbol";
    assert_eq!(opened(&router, "OTHER:NONE").await, format!("OTHER:NONE {unknown}"));
    assert!(opened(&router, "GONE:AAPL").await.contains("there is no source GONE here"));
}

#[tokio::test]
async fn a_search_asks_all_sources_and_the_better_fit_comes_first() {
    let sim = listed("sim", &["BTCX", "BTC"]);
    let router = router([sim, listed("other", &["BTC", "BTCY"])]);
    assert_eq!(found(&router, "btc").await, "BTC OTHER:BTC BTCX OTHER:BTCY");
    assert_eq!(found(&router, "other: btcy").await, "OTHER:BTCY");
    assert_eq!(found(&router, "sim:btc").await, "BTC BTCX");
    assert_eq!(found(&router, "").await, "BTCX OTHER:BTC BTC OTHER:BTCY");
}

#[tokio::test]
async fn no_more_is_found_in_many_sources_than_in_one() {
    const MANY: [&str; 16] = ["A"; 16];
    let router = router([listed("sim", &MANY), listed("other", &MANY)]);
    assert_eq!(found(&router, "a").await.split(' ').count(), MAX_LISTINGS);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_or_is_slow_does_not_touch_what_the_others_find() {
    let broken = |name| Scripted { finding: Finding::Nothing, ..listed(name, &["A"]) };
    let finding = Finding::Among(&["A"], Duration::from_mins(1));
    let slow = Scripted { finding, ..listed("slow", &["A"]) };
    let router_of_all = router([broken("broken"), listed("sim", &["A"]), slow]);
    let started = Instant::now();
    assert_eq!(found(&router_of_all, "a").await, "SIM:A no broken no slow");
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    let alone = router([broken("broken"), broken("broken2")]);
    assert_eq!(found(&alone, "a").await, "broken cannot be reached: it is out");
}
