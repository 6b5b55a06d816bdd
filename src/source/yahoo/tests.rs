//! The source against stub servers: what it asks, whom, how often, and what it makes of trouble.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{any, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{MAX_RATE, MIN_RATE, Yahoo, YahooConfig};
use crate::clock::Clock;
use crate::interval::Interval;
use crate::shares::Holders;
use crate::source::{Fetch as _, FetchRequest, Fetched, Priority, SourceError, Window};
use crate::symbol::Symbol;
use crate::view::Session;

const SESSION: &[u8] = include_bytes!("../../../tests/fixtures/yahoo/session.json");
const SESSION_GZ: &[u8] = include_bytes!("../../../tests/fixtures/yahoo/session.json.gz");
const NOT_FOUND: &[u8] = include_bytes!("../../../tests/fixtures/yahoo/error_not_found.json");
const NOW: i64 = 1_930_401_300;

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }
}

fn config(servers: &[&str]) -> YahooConfig {
    YahooConfig {
        base_urls: servers.iter().map(|url| url.parse().unwrap()).collect(),
        request_rate: MAX_RATE,
        timeout: Duration::from_secs(5),
        ..YahooConfig::default()
    }
}

fn made(config: &YahooConfig) -> Yahoo {
    Yahoo::new(config, Arc::new(Stopped)).unwrap()
}

fn yahoo(servers: &[&MockServer]) -> Yahoo {
    let urls: Vec<String> = servers.iter().map(|server| server.uri()).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    made(&config(&urls))
}

fn request(symbol: &str, window: Window) -> FetchRequest {
    FetchRequest {
        symbol: Symbol::parse(symbol).unwrap(),
        interval: Interval::Minute1,
        window,
        session: Session::Regular,
        priority: Priority::Live,
        watchers: Holders::none(),
    }
}

async fn fetch(yahoo: &Yahoo, symbol: &str) -> Result<Fetched, SourceError> {
    yahoo.fetch(&request(symbol, Window::Days(1))).await
}

/// The word for a failure, or `ok`.
async fn outcome(yahoo: &Yahoo, symbol: &str) -> &'static str {
    match fetch(yahoo, symbol).await {
        Ok(_) => "ok",
        Err(error) => error.kind(),
    }
}

fn good() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(SESSION, "application/json;charset=utf-8")
}

/// The plain answer, about the symbol in the path.
fn about_what_was_asked(request: &wiremock::Request) -> ResponseTemplate {
    let segment = request.url.path().rsplit('/').next().unwrap();
    let (symbol, _) = url::form_urlencoded::parse(segment.as_bytes()).next().unwrap();
    let body = str::from_utf8(SESSION).unwrap().replace("\"FICT\"", &format!("\"{symbol}\""));
    ResponseTemplate::new(200).set_body_raw(body, "application/json;charset=utf-8")
}

/// A server that gives everybody the same answer.
async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_request_looks_like_a_browsers_and_asks_for_regular_minutes() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v8/finance/chart/FICT"))
        .and(query_param("interval", "1m"))
        .and(query_param("range", "1d"))
        .and(query_param("includePrePost", "false"))
        .and(query_param("events", "split"))
        .and(query_param_is_missing("period1"))
        .respond_with(good())
        .mount(&server)
        .await;
    let fetched = fetch(&yahoo(&[&server]), "FICT").await.unwrap();
    assert_eq!(fetched.bars.len(), 3);
    assert_eq!(fetched.instrument.symbol.as_str(), "FICT");
    let headers = &server.received_requests().await.unwrap()[0].headers;
    assert_eq!(headers["user-agent"], YahooConfig::default().user_agent);
    assert_eq!(headers["accept"], "application/json,*/*");
    assert_eq!(headers["accept-language"], "en-US,en;q=0.9");
    assert_eq!(headers["accept-encoding"], "gzip");
}

#[tokio::test]
async fn a_window_becomes_a_range_or_two_periods() {
    let server = server(good()).await;
    let yahoo = yahoo(&[&server]);
    for window in [Window::Days(2), Window::Since(NOW - 600)] {
        yahoo.fetch(&request("FICT", window)).await.unwrap();
    }
    let received = server.received_requests().await.unwrap();
    let queries: Vec<_> = received.iter().map(|r| r.url.query().unwrap()).collect();
    assert_eq!(
        queries,
        [
            "interval=1m&includePrePost=false&events=split&range=5d",
            "interval=1m&includePrePost=false&events=split&period1=1930400700&period2=1930487700",
        ]
    );
}

#[tokio::test]
async fn extended_hours_are_asked_for_by_name() {
    let server = server(good()).await;
    let request = FetchRequest { session: Session::Extended, ..request("FICT", Window::Days(1)) };
    yahoo(&[&server]).fetch(&request).await.unwrap();
    let query = server.received_requests().await.unwrap()[0].url.query().unwrap().to_owned();
    assert_eq!(query, "interval=1m&includePrePost=true&events=split&range=1d");
}

#[tokio::test]
async fn every_grain_is_asked_for_by_yahoos_names() {
    let server = server(good()).await;
    let yahoo = yahoo(&[&server]);
    for (interval, window) in [
        (Interval::Minute5, Window::Months(1)),
        (Interval::Hour1, Window::Months(24)),
        (Interval::Day1, Window::Months(25)),
        (Interval::Day1, Window::All),
        (Interval::Day1, Window::Days(40)),
    ] {
        let request = FetchRequest { interval, ..request("FICT", window) };
        // The answer is one of minutes.
        let outcome = yahoo.fetch(&request).await;
        assert_eq!(outcome.unwrap_err().kind(), "malformed");
    }
    let received = server.received_requests().await.unwrap();
    let asked = |url: &url::Url| -> Vec<String> {
        let pairs = url.query_pairs().filter(|(name, _)| matches!(&**name, "interval" | "range"));
        pairs.map(|(_, value)| value.into_owned()).collect()
    };
    let asked: Vec<_> = received.iter().map(|r| asked(&r.url).join(" ")).collect();
    assert_eq!(asked, ["5m 1mo", "1h 2y", "1d 5y", "1d max", "1d 3mo"]);
}

#[test]
fn a_symbol_reaches_back_as_far_as_yahoo_lets_it() {
    let yahoo = made(&YahooConfig::default());
    let coverage = yahoo.coverage(&Symbol::parse("FICT").unwrap());
    let longest = |interval| coverage.ranges(interval).last().map(|range| range.as_str());
    assert_eq!(
        Interval::ALL.map(|interval| longest(interval).unwrap()),
        ["5d", "5d", "1mo", "1mo", "1mo", "2y", "2y", "2y", "max", "max", "max"]
    );
}

#[tokio::test]
async fn a_symbol_is_one_encoded_segment_and_a_share_class_takes_a_dash() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(about_what_was_asked).mount(&server).await;
    let yahoo = yahoo(&[&server]);
    let paths = [
        ("^GSPC", "%5EGSPC"),
        ("EURUSD=X", "EURUSD%3DX"),
        ("M&M.NS", "M%26M.NS"),
        ("BRK.B", "BRK-B"),
        ("VOD.L", "VOD.L"),
        ("BHPGRP.A", "BHPGRP.A"),
        ("600000.A", "600000.A"),
    ];
    for (symbol, _) in paths {
        let fetched = fetch(&yahoo, symbol).await.unwrap();
        assert_eq!(fetched.instrument.symbol.as_str(), symbol);
    }
    let received = server.received_requests().await.unwrap();
    for (request, (_, segment)) in received.iter().zip(paths) {
        assert_eq!(request.url.path(), format!("/v8/finance/chart/{segment}"));
    }
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let server = server(good()).await;
    let base = format!("{}/mirror/", server.uri());
    let yahoo = made(&config(&[&base]));
    fetch(&yahoo, "FICT").await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert_eq!(received[0].url.path(), "/mirror/v8/finance/chart/FICT");
}

#[tokio::test]
async fn a_server_that_is_down_is_replaced_at_once_and_from_then_on() {
    let (down, up) = (server(ResponseTemplate::new(503)).await, server(good()).await);
    let yahoo = yahoo(&[&down, &up]);
    for _ in 0..3 {
        assert_eq!(outcome(&yahoo, "FICT").await, "ok");
    }
    assert_eq!((requests(&down).await, requests(&up).await), (1, 3));
}

#[tokio::test]
async fn a_refused_connection_and_a_silent_server_are_outages() {
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Accepts into its backlog, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let up = server(good()).await;
    for down in [refusing, silent.local_addr().unwrap()] {
        let config = YahooConfig {
            timeout: Duration::from_millis(200),
            ..config(&[&format!("http://{down}"), &up.uri()])
        };
        assert_eq!(outcome(&made(&config), "FICT").await, "ok");
    }
}

#[tokio::test]
async fn when_all_servers_are_down_each_is_asked_once() {
    let down = [server(ResponseTemplate::new(500)).await, server(ResponseTemplate::new(502)).await];
    let yahoo = yahoo(&[&down[0], &down[1]]);
    assert_eq!(outcome(&yahoo, "FICT").await, "unavailable");
    assert_eq!((requests(&down[0]).await, requests(&down[1]).await), (1, 1));
}

#[tokio::test]
async fn the_other_server_is_not_asked_when_the_first_one_answered() {
    for (status, kind) in [
        (400, "malformed"),
        (401, "blocked"),
        (403, "blocked"),
        (404, "not_found"),
        (422, "malformed"),
        (429, "blocked"),
    ] {
        let mut answer = ResponseTemplate::new(status);
        if kind == "not_found" {
            answer = answer.set_body_bytes(NOT_FOUND);
        }
        let (first, second) = (server(answer).await, server(good()).await);
        let yahoo = yahoo(&[&first, &second]);
        assert_eq!(outcome(&yahoo, "FICT").await, kind, "{status}");
        assert_eq!(requests(&second).await, 0, "{status}");
    }
}

#[tokio::test]
async fn one_refusal_pauses_every_symbol_for_as_long_as_yahoo_asks() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "300");
    let server = server(answer).await;
    let yahoo = yahoo(&[&server]);
    for symbol in ["FICT", "OTHER"] {
        let Err(SourceError::Blocked { retry_after, .. }) = fetch(&yahoo, symbol).await else {
            panic!("not blocked");
        };
        assert!((290..=300).contains(&retry_after.as_secs()), "{retry_after:?}");
    }
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_good_answer_to_the_probe_ends_the_pause() {
    let server = MockServer::start().await;
    let refusal = Mock::given(any()).respond_with(ResponseTemplate::new(999));
    refusal.up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(good()).mount(&server).await;
    let yahoo = made(&YahooConfig { breaker_open: Duration::ZERO, ..config(&[&server.uri()]) });
    assert_eq!(outcome(&yahoo, "FICT").await, "blocked");
    assert_eq!(outcome(&yahoo, "FICT").await, "ok");
}

#[tokio::test]
async fn fetches_that_wait_for_their_turn_hear_of_a_refusal_at_once() {
    let answer = ResponseTemplate::new(429).set_delay(Duration::from_millis(50));
    let server = server(answer).await;
    let yahoo = made(&YahooConfig { request_rate: MIN_RATE, ..config(&[&server.uri()]) });
    // Five leave at once, the sixth would wait for a quarter of an hour.
    let all = futures_util::future::join_all((0..6).map(|_| outcome(&yahoo, "FICT"))).await;
    assert_eq!(all, ["blocked"; 6]);
    assert_eq!(requests(&server).await, 5);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_packed_or_not() {
    let gzipped = || {
        ResponseTemplate::new(200)
            .insert_header("content-encoding", "gzip")
            .set_body_bytes(SESSION_GZ)
    };
    let (plain, packed) = (server(good()).await, server(gzipped()).await);
    assert!(SESSION_GZ.len() < SESSION.len() - 1);
    for (limit, kind) in [(SESSION.len(), "ok"), (SESSION.len() - 1, "malformed")] {
        for server in [&plain, &packed] {
            let yahoo = made(&YahooConfig { body_limit: limit, ..config(&[&server.uri()]) });
            assert_eq!(outcome(&yahoo, "FICT").await, kind, "{limit}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_inside_the_body_is_an_outage() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let read = socket.read(&mut [0; 4096]).await.unwrap();
        assert!(read > 0);
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"chart\":";
        socket.write_all(half).await.unwrap();
    };
    let yahoo = made(&config(&[&url]));
    let (kind, ()) = tokio::join!(outcome(&yahoo, "FICT"), serve);
    assert_eq!(kind, "unavailable");
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_configured_servers_only() {
    let elsewhere = server(good()).await;
    let leading = |to: String| ResponseTemplate::new(302).insert_header("location", to);
    let away = server(leading(elsewhere.uri())).await;
    assert_eq!(outcome(&yahoo(&[&away]), "FICT").await, "malformed");
    assert_eq!(requests(&elsewhere).await, 0);
    assert_eq!(outcome(&yahoo(&[&away, &elsewhere]), "FICT").await, "ok");
}

#[tokio::test]
async fn the_third_redirect_is_one_too_many() {
    let server = MockServer::start().await;
    let hops = ["/v8/finance/chart/NEAR", "/1", "/2", "/end"];
    for hop in hops.windows(2) {
        let onward = ResponseTemplate::new(302).insert_header("location", hop[1]);
        Mock::given(path(hop[0])).respond_with(onward).mount(&server).await;
    }
    let start = ResponseTemplate::new(302).insert_header("location", "/1");
    Mock::given(path("/v8/finance/chart/FAR")).respond_with(start).mount(&server).await;
    Mock::given(path("/end")).respond_with(good()).mount(&server).await;
    let short = ResponseTemplate::new(302).insert_header("location", "/2");
    Mock::given(path("/v8/finance/chart/FICT")).respond_with(short).mount(&server).await;
    let yahoo = yahoo(&[&server]);
    assert_eq!(outcome(&yahoo, "FICT").await, "ok");
    assert_eq!(outcome(&yahoo, "NEAR").await, "malformed");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let with = |change: fn(&mut YahooConfig)| {
        let mut config = YahooConfig::default();
        change(&mut config);
        Yahoo::new(&config, Arc::new(Stopped)).map_err(|error| error.to_string())
    };
    assert!(with(|_| {}).is_ok());
    let refused: [fn(&mut YahooConfig); 6] = [
        |config| config.base_urls.clear(),
        |config| config.base_urls.push("ftp://localhost".parse().unwrap()),
        |config| config.request_rate = 0.0,
        |config| config.request_rate = f64::NAN,
        |config| config.request_rate = f64::INFINITY,
        |config| config.user_agent = "two\nlines".to_owned(),
    ];
    for change in refused {
        assert!(with(change).is_err());
    }
}

#[test]
fn the_policy_is_what_the_settings_say() {
    let yahoo = made(&YahooConfig::default());
    assert_eq!(yahoo.name(), "yahoo");
    assert_eq!(yahoo.policy().min_poll, Duration::from_secs(20));
    assert_eq!(yahoo.policy().request_rate, Some(1.0));
    let poll = |interval| yahoo.policy().of(interval).min_poll.as_secs();
    assert_eq!(Interval::ALL.map(poll), [20, 20, 20, 20, 20, 60, 60, 60, 120, 120, 120]);
}
