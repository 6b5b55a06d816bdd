//! The whole server with the Yahoo source, in front of a stub of its upstream.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use figcast::clock::SystemClock;
use figcast::config::YahooConfig;
use figcast::hub::StreamOptions;
use figcast::shares::Client;
use figcast::source::yahoo::Yahoo;
use figcast::source::{SearchQuery, SourceError};
use serde_json::Value;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::app::{TestApp, json_of};
use crate::support::client::subscribe;
use crate::support::sources::polled;
use crate::support::view;

async fn upstream(symbol: &str, body: &[u8], status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    let chart = format!("/v8/finance/chart/{symbol}");
    Mock::given(method("GET")).and(path(chart)).respond_with(answer).mount(&server).await;
    server
}

fn app(upstream: &MockServer) -> TestApp {
    let base_urls = vec![upstream.uri().parse().expect("a URL")];
    let yahoo =
        Yahoo::new(&YahooConfig { base_urls, ..YahooConfig::default() }, Arc::new(SystemClock));
    TestApp::spawn(polled(yahoo.expect("a source"), Arc::new(SystemClock)))
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo");
    fs::read(Path::new(folder).join(name)).expect("a body of our own")
}

/// A recorded answer, which is not part of this repository.
fn recorded(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("FIGCAST_FIXTURES").expect("FIGCAST_FIXTURES names a folder");
    fs::read(Path::new(&folder).join(name)).expect("a recorded answer")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a column").iter().map(|n| n.as_f64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the recorded fixtures"]
async fn every_recorded_close_but_the_stub_is_drawn_at_its_minute() {
    let body = recorded("yahoo_chart_AAPL_1m_2024-10-02.json");
    let upstream = upstream("AAPL", &body, 200).await;
    let app = app(&upstream);
    let figure = json_of(app.get("/figure/AAPL").await).await;
    let recorded: Value = serde_json::from_slice(&body).expect("JSON");
    let chart = &recorded["chart"]["result"][0];
    let closes = chart["indicators"]["quote"][0]["close"].as_array().expect("a column");
    let times = numbers(&chart["timestamp"]);
    let rows = times.into_iter().zip(closes);
    // The last row is a day later than the rest: the live price, not a bar.
    let rows: Vec<(f64, f64)> =
        rows.take(390).filter_map(|(ts, close)| Some((ts, close.as_f64()?))).collect();
    let drawn = &figure["data"][1];
    let (x, y) = (drawn["x"].as_array().expect("a column"), numbers(&drawn["y"]));
    assert_eq!((rows.len(), x.len(), y.len()), (389, 389, 389));
    for (((ts, close), x), y) in rows.into_iter().zip(x).zip(y) {
        let at: jiff::Timestamp = x.as_str().expect("text").parse().expect("RFC 3339");
        assert!((at.as_second() as f64 - ts).abs() < 0.5, "{x} is not {ts}");
        assert!((y - close).abs() <= 1e-6 * close, "{y} is not {close} at {x}");
    }
    assert_eq!(x[0], "2024-10-02T09:30:00-04:00");
    assert_eq!(figure["layout"]["meta"]["quote"]["last"], 225.67);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_streams_is_one_request_upstream() {
    let upstream = upstream("FICT", &fixture("session.json"), 200).await;
    let app = app(&upstream);
    let mut streams = Vec::new();
    for _ in 0..100 {
        let mut stream = app.stream("/stream/FICT").await;
        stream.figure().await;
        streams.push(stream);
    }
    assert_eq!(upstream.received_requests().await.map(|requests| requests.len()), Some(1));
    drop(streams);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_limits_us_is_told_and_asked_no_more() {
    let upstream = upstream("ACME", b"Edge: Too Many Requests", 429).await;
    let app = app(&upstream);
    let mut stream = app.stream("/stream/ACME").await;
    let status = stream.status().await;
    assert_eq!(status.state(), "error");
    let message = status.json()["message"].as_str().expect("a sentence").to_owned();
    assert!(message.starts_with("yahoo limits requests"), "{message}");
    let mut other = app.stream("/stream/OTHER").await;
    assert_eq!(other.status().await.state(), "error");
    assert_eq!(upstream.received_requests().await.map(|requests| requests.len()), Some(1));
    drop((stream, other));
    app.stop().await;
}

/// A server in front of an upstream that gives one answer to whatever it is asked.
async fn answering(body: Vec<u8>) -> (MockServer, TestApp) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let app = app(&server);
    (server, app)
}

/// Recorded days.
const RECORDED_DAYS: [(&str, &str); 6] = [
    ("AAPL", "AAPL_1d_6mo_2025-10"),
    ("MSFT", "MSFT_1d_252bars_dividends"),
    ("^SOX", "SOX_index_1d_2026-10"),
    ("EURUSD=X", "EURUSD_X_1d"),
    ("BTC-USD", "BTC-USD_1d"),
    ("GC=F", "GC_F_1d"),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the recorded fixtures"]
async fn the_bars_of_recorded_days_are_the_recordings_value_by_value() {
    for (symbol, name) in RECORDED_DAYS {
        let body = recorded(&format!("yahoo_chart_{name}.json"));
        let document: Value = serde_json::from_slice(&body).expect("JSON");
        let quote = &document["chart"]["result"][0]["indicators"]["quote"][0];
        let (_upstream, app) = answering(body).await;
        let path = format!("/bars/{symbol}?range=max&interval=1d&format=json");
        let table = json_of(app.get(&path).await).await;
        let rows = table["bars"].as_array().expect("rows");
        let closes = quote["close"].as_array().expect("a column");
        let told: Vec<usize> = (0..closes.len()).filter(|row| closes[*row].is_number()).collect();
        assert_eq!(rows.len(), told.len(), "{name}");
        for (row, index) in rows.iter().zip(told) {
            for column in ["open", "high", "low", "close", "volume"] {
                let (bar, recorded) = (row[column].as_f64(), quote[column][index].as_f64());
                let (bar, recorded) = (bar.expect("a number"), recorded.expect("a number"));
                // The recording has the same f32 in more digits than it has.
                assert!((bar - recorded).abs() <= 6e-8 * recorded.abs(), "{name} {row} {recorded}");
            }
        }
        app.stop().await;
    }
}

/// The plain answer as one of days, with these closes and a hint.
fn days(closes: &[f64], hint: u8) -> Vec<u8> {
    let mut chart: Value = serde_json::from_slice(&fixture("session.json")).expect("JSON");
    let result = &mut chart["chart"]["result"][0];
    result["meta"]["dataGranularity"] = "1d".into();
    result["meta"]["priceHint"] = hint.into();
    result["meta"]["regularMarketPrice"] = closes.last().copied().into();
    let day = |n: i64| 1_700_000_000 / 86_400 * 86_400 + 52_200 + n * 86_400;
    result["timestamp"] = (0..).take(closes.len()).map(day).collect();
    result["meta"]["regularMarketTime"] = result["timestamp"][closes.len() - 1].clone();
    let quote = &mut result["indicators"]["quote"][0];
    for column in ["open", "high", "low", "close"] {
        quote[column] = closes.iter().copied().collect();
    }
    quote["volume"] = closes.iter().map(|_| 7).collect();
    chart.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coin_of_a_thousandth_of_a_cent_has_its_decimals_whatever_yahoo_hints() {
    let (_upstream, app) = answering(days(&[7.12e-6, 7.09e-6, 7.15e-6], 2)).await;
    let figure = json_of(app.get("/figure/FICT?interval=1d&range=1mo").await).await;
    let layout = &figure["layout"];
    assert_eq!(layout["yaxis"]["tickformat"], ",.8f");
    assert_eq!(layout["meta"]["instrument"]["priceDecimals"], 8);
    assert_eq!(layout["meta"]["quote"]["change"], 6e-8);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yields_at_and_below_zero_go_through_to_bars_and_figure() {
    let closes = [0.03, -0.02, 0.0, -0.045];
    let (_upstream, app) = answering(days(&closes, 4)).await;
    let table = json_of(app.get("/bars/FICT?interval=1d&range=1mo&format=json").await).await;
    let rows = table["bars"].as_array().expect("rows").iter();
    assert_eq!(rows.filter_map(|row| row["close"].as_f64()).collect::<Vec<_>>(), closes);
    let figure = json_of(app.get("/figure/FICT?interval=1d&range=1mo").await).await;
    let quote = &figure["layout"]["meta"]["quote"];
    assert_eq!((&quote["last"], &quote["change"]), (&Value::from(-0.045), &Value::from(-0.045)));
    assert_eq!(quote["changePercent"], Value::Null, "of a close of zero");
    app.stop().await;
}

/// The plain answer, about the symbol in the path; a search finds nothing.
fn about_what_was_asked(request: &Request) -> ResponseTemplate {
    let last = request.url.path().rsplit('/').next().expect("a path");
    let body = match last {
        "search" => r#"{"quotes": []}"#.to_owned(),
        symbol => String::from_utf8(fixture("session.json"))
            .expect("text")
            .replace("\"FICT\"", &format!("\"{symbol}\"")),
    };
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

/// A server in front of an upstream that knows every symbol and may be asked so many times a second.
async fn rationed(request_rate: f64) -> (MockServer, TestApp) {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(about_what_was_asked).mount(&server).await;
    let base_urls = vec![server.uri().parse().expect("a URL")];
    let config = YahooConfig { base_urls, request_rate, ..YahooConfig::default() };
    let yahoo = Yahoo::new(&config, Arc::new(SystemClock)).expect("a source");
    let app = TestApp::spawn(polled(yahoo, Arc::new(SystemClock)));
    (server, app)
}

const GREEDY: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 1)));
const MODEST: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 2)));

#[tokio::test(flavor = "multi_thread")]
async fn a_new_chart_comes_at_once_beside_a_client_with_a_hundred() {
    let (_upstream, app) = rationed(10.0).await;
    let views: Vec<_> = (0..100).map(|n| view(&format!("A{n}"))).collect();
    let greedy = app.hub.subscribe(&views, GREEDY, StreamOptions::default()).expect("a place");
    for n in 0..5 {
        let asked = Instant::now();
        let view = view(&format!("NEW{n}"));
        app.hub.figure(&view, MODEST, Duration::from_secs(30)).await.expect("a figure");
        assert!(asked.elapsed() < Duration::from_secs(3), "all of them take ten");
    }
    // And one that is among the hundred comes for the one who joins.
    let asked = Instant::now();
    app.hub.figure(&views[99], MODEST, Duration::from_secs(30)).await.expect("a figure");
    assert!(asked.elapsed() < Duration::from_secs(3));
    drop(greedy);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_whose_clients_have_hung_up_are_not_asked_for() {
    let (upstream, app) = rationed(10.0).await;
    for n in 0..100 {
        let view = view(&format!("GONE{n}"));
        drop(subscribe(&app.hub, &view, GREEDY).expect("a place"));
    }
    app.hub.figure(&view("FICT"), GREEDY, Duration::from_secs(30)).await.expect("a figure");
    let asked = upstream.received_requests().await.expect("recorded").len();
    assert!(asked < 20, "{asked}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_one_client_block_neither_those_of_others_nor_charts() {
    let (_upstream, app) = rationed(5.0).await;
    let search = |words: String| SearchQuery::parse(&words).expect("a search");
    let patience = Duration::from_secs(30);
    let hub = app.hub.clone();
    let greedy = tokio::spawn(async move {
        for n in 0.. {
            let four = (0..4).map(|m| search(format!("word {n} {m}")));
            let four = four.map(|search| hub.search(search, GREEDY, patience));
            futures_util::future::join_all(four).await;
        }
    });
    for n in 0..5 {
        let asked = Instant::now();
        app.hub.search(search(format!("honest {n}")), MODEST, patience).await.expect("an answer");
        app.hub.figure(&view(&format!("NEW{n}")), MODEST, patience).await.expect("a figure");
        assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    }
    greedy.abort();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_a_filter_refuses_pauses_the_searches_of_its_client_alone() {
    let server = MockServer::start().await;
    let refused = Mock::given(path("/v1/finance/search")).and(query_param("q", "<script>"));
    let page = ResponseTemplate::new(403).set_body_raw("<html>Request denied", "text/html");
    refused.respond_with(page).mount(&server).await;
    Mock::given(method("GET")).respond_with(about_what_was_asked).mount(&server).await;
    let app = app(&server);
    let patience = Duration::from_secs(5);
    let search = |words: &str, client| {
        app.hub.search(SearchQuery::parse(words).expect("a search"), client, patience)
    };
    let kind = |outcome: Result<_, SourceError>| outcome.map_or_else(|e| e.kind(), |_| "ok");
    assert_eq!(kind(search("<script>", GREEDY).await), "refused");
    assert_eq!(kind(search("apple", GREEDY).await), "blocked");
    assert_eq!(kind(search("apple", MODEST).await), "ok");
    app.hub.figure(&view("FICT"), GREEDY, patience).await.expect("charts go on");
    app.stop().await;
}
