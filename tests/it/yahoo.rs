//! The whole server with the Yahoo source, in front of a stub of its upstream.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use figcast::config::YahooConfig;
use figcast::source::yahoo::Yahoo;
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::app::{TestApp, json_of};

async fn upstream(symbol: &str, body: &[u8], status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    let chart = format!("/v8/finance/chart/{symbol}");
    Mock::given(method("GET")).and(path(chart)).respond_with(answer).mount(&server).await;
    server
}

fn app(upstream: &MockServer) -> TestApp {
    let base_urls = vec![upstream.uri().parse().expect("a URL")];
    let yahoo = Yahoo::new(&YahooConfig { base_urls, ..YahooConfig::default() });
    TestApp::spawn(Arc::new(yahoo.expect("a source")))
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo");
    fs::read(Path::new(folder).join(name)).expect("a body of our own")
}

/// A recorded answer, when the recordings are there.
fn recorded(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("FIGCAST_FIXTURES") else {
        println!("skipped: FIGCAST_FIXTURES does not name the folder of recorded answers");
        return None;
    };
    Some(fs::read(Path::new(&folder).join(name)).expect("a recorded answer"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a column").iter().map(|n| n.as_f64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_close_but_the_stub_is_drawn_at_its_minute() {
    let Some(body) = recorded("yahoo_chart_AAPL_1m_2024-10-02.json") else { return };
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
    let upstream = upstream("ACME", &fixture("session.json"), 200).await;
    let app = app(&upstream);
    let mut streams = Vec::new();
    for _ in 0..100 {
        let mut stream = app.stream("/stream/ACME").await;
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
