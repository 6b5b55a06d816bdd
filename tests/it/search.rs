//! `/search`, over real connections and with the Yahoo source in front of a stub of its upstream.

use std::sync::Arc;
use std::time::Duration;

use figcast::clock::SystemClock;
use figcast::config::{SimConfig, YahooConfig};
use figcast::source::SearchQuery;
use figcast::source::yahoo::Yahoo;
use reqwest::Method;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::app::{TestApp, json_of};
use crate::support::sources::{self, polled};
use crate::support::stub::Stub;

fn sim() -> TestApp {
    TestApp::spawn(sources::sim(&SimConfig::default()))
}

fn yahoo(upstream: &MockServer) -> TestApp {
    let base_urls = vec![upstream.uri().parse().expect("a URL")];
    let yahoo =
        Yahoo::new(&YahooConfig { base_urls, ..YahooConfig::default() }, Arc::new(SystemClock));
    TestApp::spawn(polled(yahoo.expect("a source"), Arc::new(SystemClock)))
}

async fn upstream(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let search = Mock::given(method("GET")).and(path("/v1/finance/search"));
    search.respond_with(answer).mount(&server).await;
    server
}

async fn asked(upstream: &MockServer) -> Option<usize> {
    upstream.received_requests().await.map(|requests| requests.len())
}

fn symbols(found: &Value) -> Vec<&str> {
    let results = found["results"].as_array().expect("results");
    results.iter().map(|result| result["symbol"].as_str().expect("text")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_market_is_searched_by_ticker_and_by_name() {
    let app = sim();
    let response = app.get("/search?q=+Micro%20soft&_=1").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=60");
    let found = json_of(response).await;
    let microsoft = json!({"symbol": "MSFT", "name": "Microsoft", "exchange": "SIM", "type": "stock",
        "source": "sim"});
    assert_eq!(found, json!({"query": "Micro soft", "source": "sim", "results": [microsoft]}));
    assert_eq!(symbols(&json_of(app.get("/search?q=btc").await).await), ["BTC-USD", "BTC"]);
    for path in ["/search", "/search?q=", "/search?q=%20"] {
        let found = json_of(app.get(path).await).await;
        assert_eq!((symbols(&found).len(), symbols(&found)[0]), (20, "AAPL"), "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_symbol_that_is_found_can_be_charted() {
    let source = sources::sim(&SimConfig::default());
    // Nobody stays to watch.
    let app = TestApp::spawn_with(source, |config| config.hub.linger = Duration::ZERO);
    for path in ["/search", "/search?q=us+dollar", "/search?q=my-own.ticker"] {
        for symbol in symbols(&json_of(app.get(path).await).await) {
            let chart = format!("/stream/{symbol}");
            assert_eq!(app.request(Method::HEAD, &chart, &[]).await.status(), 200, "{symbol}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_may_search_and_other_methods_are_refused() {
    let app = sim();
    let head = app.request(Method::HEAD, "/search?q=a", &[("origin", "https://a.example")]).await;
    assert_eq!(
        (head.status().as_u16(), &head.headers()["access-control-allow-origin"]),
        (200, &"*".parse().expect("a value"))
    );
    assert_eq!(app.request(Method::POST, "/search?q=a", &[]).await.status(), 405);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_search_is_told_with_what_would_be_right() {
    let app = sim();
    let longest = "x".repeat(64);
    assert_eq!(app.get(&format!("/search?q={longest}")).await.status(), 200);
    for (path, detail) in [
        (format!("/search?q={longest}x"), "q has at most 64 characters"),
        ("/search?q=a%0Ab".to_owned(), "q is one line of a ticker or a name"),
        ("/search?q=a&q=b".to_owned(), "q is given more than once"),
        ("/search?query=a".to_owned(), "unknown option \"query\": there is q"),
    ] {
        let response = app.get(&path).await;
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem = json_of(response).await;
        let text = problem["detail"].as_str().expect("a sentence");
        assert!(text.starts_with(detail), "{path}: {text}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_an_answer_is_not_waited_for_and_not_left_searching() {
    let app = TestApp::spawn(Stub::quiet());
    let search = SearchQuery::parse("apple").expect("valid");
    let outcome = app.hub.search(search, None, Duration::from_millis(10)).await;
    assert_eq!(
        outcome.expect_err("never answered").to_string(),
        "stub cannot be reached: no answer in time"
    );
    app.metric_becomes("figcast_searches_total{source=\"stub\",outcome=\"unavailable\"}", 1.0)
        .await;
    let begun = SearchQuery::parse("begun").expect("valid");
    let abandoned = app.hub.search(begun, None, Duration::MAX);
    assert!(tokio::time::timeout(Duration::from_millis(10), abandoned).await.is_err());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yahoo_is_asked_once_for_what_many_search() {
    let quotes = json!({"quotes": [
        {"symbol": "ACME", "longname": "Acme Corp.", "exchDisp": "NYSE", "quoteType": "EQUITY",
         "isYahooFinance": true},
    ]});
    let upstream = upstream(ResponseTemplate::new(200).set_body_json(quotes)).await;
    let app = yahoo(&upstream);
    for query in ["acme corp", "Acme%20%20CORP", "acme+corp"] {
        let found = json_of(app.get(&format!("/search?q={query}")).await).await;
        let acme = json!({"symbol": "ACME", "name": "Acme Corp.", "exchange": "NYSE", "type": "stock",
            "source": "yahoo"});
        assert_eq!((&found["source"], &found["results"]), (&json!("yahoo"), &json!([acme])));
    }
    let favourites = json_of(app.get("/search").await).await;
    assert_eq!(symbols(&favourites)[0], "AAPL");
    let requests = upstream.received_requests().await.expect("recorded");
    assert_eq!(requests.len(), 1);
    assert!(requests[0].url.query_pairs().any(|pair| pair == ("q".into(), "acme corp".into())));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_upstream_is_503_and_says_when_to_come_back() {
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "300");
    for (answer, waits) in [(limited, 290..=300), (ResponseTemplate::new(502), 5..=5)] {
        let upstream = upstream(answer).await;
        let app = yahoo(&upstream);
        for query in ["a", "b"] {
            let response = app.get(&format!("/search?q={query}")).await;
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["cache-control"], "no-store");
            let wait = response.headers()["retry-after"].to_str().expect("text").parse();
            assert!(waits.contains(&wait.expect("seconds")), "{response:?}");
            let problem = json_of(response).await;
            assert!(problem["detail"].as_str().expect("a sentence").starts_with("yahoo "));
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_search_pauses_charts_too() {
    let upstream = upstream(ResponseTemplate::new(429)).await;
    let chart = Mock::given(path("/v8/finance/chart/ACME"));
    chart.respond_with(ResponseTemplate::new(500)).mount(&upstream).await;
    let app = yahoo(&upstream);
    assert_eq!(app.get("/search?q=acme").await.status(), 503);
    assert_eq!(app.stream("/stream/ACME").await.status().await.state(), "error");
    assert_eq!(asked(&upstream).await, Some(1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_yahoo_does_not_take_is_the_askers_to_mend() {
    let error = json!({"finance": {"result": null, "error": {
        "code": "Bad Request", "description": "Missing required query parameter=q"}}});
    let upstream = upstream(ResponseTemplate::new(400).set_body_json(error)).await;
    let app = yahoo(&upstream);
    let response = app.get("/search?q=%3F").await;
    assert_eq!(response.status(), 400);
    let detail = "yahoo refuses the request: Missing required query parameter=q";
    assert_eq!(json_of(response).await["detail"], detail);
    app.stop().await;
}
