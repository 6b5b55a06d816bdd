//! Codings and resumption as they are agreed on over HTTP.

use std::sync::Arc;
use std::time::Duration;

use figcast::config::ServerConfig;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::http::raw;
use crate::support::PATIENCE;
use crate::support::app::{Stream, TestApp, json_of};
use crate::support::client::CODINGS;
use crate::support::sources::sim;
use crate::support::stub::Stub;

const EVERYTHING: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");

fn coding_of(headers: &HeaderMap) -> Option<&str> {
    headers.get("content-encoding").map(|value| value.to_str().expect("text"))
}

/// Whether a cache is told that the answer is for some `Accept-Encoding` only.
pub fn varies(headers: &HeaderMap) -> bool {
    let lines = headers.get_all("vary").into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|name| name.trim() == "Accept-Encoding")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_in_the_coding_that_its_headers_name_and_head_has_the_same_ones() {
    let app = TestApp::spawn(Stub::quiet());
    let mut plain = app.stream("/stream/AAPL").await;
    assert_eq!((coding_of(plain.headers()), varies(plain.headers())), (None, true));
    let figure = plain.figure().await;
    for (accepted, coding) in [
        ("zstd", Some("zstd")),
        ("gzip", Some("gzip")),
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("zstd;q=0.2, gzip;q=0.7, *;q=0.1", Some("gzip")),
        ("identity;q=0, *", Some("zstd")),
        ("gzip;q=0, zstd;q=0", None),
        ("br", None),
        ("x-gzip", Some("gzip")),
        ("gzip;q=0.5, zstd;q=1", Some("zstd")),
    ] {
        let header = [("accept-encoding", accepted)];
        for path in ["/stream/AAPL", "/stream?view=AAPL&view=MSFT"] {
            let mut stream = app.stream_with(path, &header).await;
            assert_eq!(coding_of(stream.headers()), coding, "{accepted}");
            assert!(varies(stream.headers()), "{accepted}");
            let is_it = |event: &_| *event == figure;
            assert_eq!(stream.next_where(is_it).await, figure, "{accepted}");
            let head = app.request(Method::HEAD, path, &header).await;
            assert_eq!((coding_of(head.headers()), varies(head.headers())), (coding, true));
        }
    }
    drop(plain);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_nothing_to_answer_with_is_told_what_there_is() {
    let codings = |zstd, gzip| {
        move |config: &mut figcast::config::Config| {
            config.server = ServerConfig { zstd, gzip, ..config.server.clone() };
        }
    };
    for (zstd, gzip, accepted, there_is) in [
        (true, true, "*;q=0", "zstd, gzip or identity"),
        (true, true, "br, identity;q=0", "zstd, gzip or identity"),
        (false, true, "zstd, identity;q=0", "gzip or identity"),
        (false, false, "gzip, zstd, identity;q=0", "identity"),
    ] {
        let source = Stub::quiet();
        let app = TestApp::spawn_with(Arc::<Stub>::clone(&source), codings(zstd, gzip));
        for path in ["/stream/AAPL", "/stream?view=AAPL"] {
            let header = [("accept-encoding", accepted)];
            let head = app.request(Method::HEAD, path, &header).await;
            let response = app.request(Method::GET, path, &header).await;
            assert_eq!((head.status(), response.status().as_u16()), (response.status(), 406));
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let problem: Value = json_of(response).await;
            assert_eq!(problem["title"], "Not Acceptable");
            let detail = format!(
                "Accept-Encoding leaves nothing to answer with: a stream is coded as {there_is}"
            );
            assert_eq!(problem["detail"], json!(detail), "{accepted}");
        }
        assert_eq!(source.fetches(), 0, "nothing was started for it");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_with_what_its_client_refuses() {
    let app = TestApp::spawn(Stub::quiet());
    for path in [
        "/figure/AAPL",
        "/bars/AAPL",
        "/bars/AAPL?format=csv",
        "/views",
        "/healthz",
        "/readyz",
        "/metrics",
        "/stream/AAPL",
        "/stream?view=AAPL",
        "/",
        "/chart/AAPL",
        "/theme.js",
        "/favicon.svg",
    ] {
        for (name, value, status) in [
            ("accept", "*/*;q=0", 406),
            ("accept", "application/*;q=0, text/*;q=0, image/*;q=0", 406),
            ("accept", "image/png", 200),
            ("accept", "*/*;q=0.001", 200),
            ("accept-encoding", "*;q=0", 406),
            ("accept-encoding", "identity;q=0, compress", 406),
            ("accept-encoding", "*;q=0, identity", 200),
            ("accept-encoding", "identity;q=0.001, *;q=0", 200),
            ("accept-encoding", "gzip;q=0, br;q=0, zstd;q=0", 200),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let response = app.request(method, path, &[(name, value)]).await;
                assert_eq!(response.status(), status, "{path} {name}: {value}");
            }
        }
    }
    // What is wrong is told whatever the client accepts.
    let refused = [("accept", "*/*;q=0"), ("accept-encoding", "identity;q=0")];
    assert_eq!(app.request(Method::GET, "/nothing", &refused).await.status(), 404);
    app.stop().await;
}

/// A whole body, decoded by others' decoders.
pub fn decoded(coding: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    match coding {
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(bytes);
            decoder.read_to_end(&mut plain).expect("gzip with an end");
            plain
        }
        Some("zstd") => ::zstd::decode_all(bytes).expect("zstd with an end"),
        _ => bytes.to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_end_are_compressed_as_streams_are_and_have_one_tag_in_every_coding() {
    let app = TestApp::spawn(sim(&figcast::config::SimConfig::default()));
    // A stream keeps the view, and its figure the same for long enough.
    for path in
        ["/figure/AAPL?range=5y", "/bars/AAPL?range=5y", "/bars/AAPL?range=5y&format=csv", "/views"]
    {
        let mut sizes = Vec::new();
        for (accepted, coding) in [
            ("identity", None),
            ("gzip, deflate, br", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("zstd")),
            ("gzip;q=0, identity;q=0, zstd", Some("zstd")),
            ("br", None),
        ] {
            let response = app.request(Method::GET, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(response.status(), 200, "{path} {accepted}");
            assert_eq!(coding_of(response.headers()), coding, "{path} {accepted}");
            assert!(varies(response.headers()), "{path} {accepted}");
            let tag = response.headers().get("etag").cloned();
            assert!(
                tag.is_none_or(|tag| tag.as_bytes().starts_with(b"W/")),
                "weak, as codings differ"
            );
            let bytes = response.bytes().await.expect("a body");
            let plain = decoded(coding, &bytes);
            let is_json = serde_json::from_slice::<serde_json::Value>(&plain).is_ok();
            assert!(is_json || plain.starts_with(b"time,"), "{path} {accepted}");
            sizes.push((bytes.len(), plain.len()));
        }
        let (coded, plain) = sizes[1];
        assert!(coded * 2 < plain, "{path}: {coded} of {plain}");
    }
    let asked = [("accept-encoding", "gzip")];
    let response = app.request(Method::GET, "/views", &asked).await;
    let tag = response.headers()["etag"].to_str().expect("text").to_owned();
    for accepted in ["identity", "gzip", "zstd"] {
        let headers = [("accept-encoding", accepted), ("if-none-match", &*tag)];
        let response = app.request(Method::GET, "/views", &headers).await;
        assert_eq!(response.status(), 304, "{accepted}");
        assert!(varies(response.headers()) && coding_of(response.headers()).is_none());
    }
    let head = app.request(Method::HEAD, "/views", &asked).await;
    assert_eq!(coding_of(head.headers()), Some("gzip"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_are_written_in_the_type_that_the_client_does_not_refuse() {
    let app = TestApp::spawn(Stub::quiet());
    for (accept, content_type) in [
        ("application/json;q=0, */*", "text/csv; charset=utf-8; header=present"),
        ("text/*", "text/csv; charset=utf-8; header=present"),
        ("text/csv;q=0, */*;q=0.1", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.8", "text/csv; charset=utf-8; header=present"),
    ] {
        let response = app.request(Method::GET, "/bars/AAPL", &[("accept", accept)]).await;
        assert_eq!(response.headers()["content-type"], content_type, "{accept}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_page_is_sent_in_the_coding_that_the_client_likes_best() {
    let app = TestApp::spawn(Stub::quiet());
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip;q=1, br;q=0.5", Some("gzip")),
        ("br;q=0, gzip", Some("gzip")),
        ("x-gzip", Some("gzip")),
        ("identity;q=0, gzip;q=0.1", Some("gzip")),
        ("*", Some("br")),
        ("*;q=0.5, br;q=0", Some("gzip")),
        ("identity, gzip;q=0.5", None),
        ("zstd", None),
        ("", None),
    ] {
        for path in ["/", "/chart/AAPL"] {
            let header = [("accept-encoding", accepted)];
            let response = app.request(Method::GET, path, &header).await;
            assert_eq!(response.status(), 200, "the page is built before it is tested");
            assert_eq!(coding_of(response.headers()), coding, "{accepted}");
            assert!(varies(response.headers()), "{accepted}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_with_a_tag_is_304_for_a_client_that_has_it() {
    let app = TestApp::spawn(Stub::quiet());
    for path in ["/figure/AAPL", "/bars/AAPL", "/bars/AAPL?format=csv", "/views", "/", "/theme.js"]
    {
        let tag = app.get(path).await.headers()["etag"].to_str().expect("text").to_owned();
        let strong = tag.trim_start_matches("W/").to_owned();
        for (held, status) in [
            ("*".to_owned(), 304),
            (tag.clone(), 304),
            (strong.clone(), 304),
            (format!("\"other\", {tag}"), 304),
            (format!("W/\"a,b\",{strong} , \"c\""), 304),
            ("\"other\"".to_owned(), 200),
            ("\"*\"".to_owned(), 200),
            (String::new(), 200),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let header = [("if-none-match", held.as_str())];
                let response = app.request(method, path, &header).await;
                assert_eq!(response.status(), status, "{path} {held}");
                assert_eq!(response.headers()["etag"], tag.as_str(), "{path} {held}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_that_is_switched_off_is_not_offered() {
    for (zstd, gzip, coding) in
        [(true, false, Some("zstd")), (false, true, Some("gzip")), (false, false, None)]
    {
        let app = TestApp::spawn_with(Stub::quiet(), |config| {
            (config.server.zstd, config.server.gzip) = (zstd, gzip);
        });
        let mut stream = app.stream_with("/stream/AAPL", &[EVERYTHING]).await;
        assert_eq!(coding_of(stream.headers()), coding);
        stream.figure().await;
        drop(stream);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_is_told_so_as_it_is_whatever_it_accepts() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| config.hub.streams = 1);
    let first = app.stream("/stream/AAPL").await;
    let mut second = app.stream_with("/stream/AAPL", &[EVERYTHING]).await;
    assert_eq!(coding_of(second.headers()), None);
    assert_eq!(second.status().await.state(), "busy");
    drop((first, second));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_1_0_client_gets_a_coded_body_that_ends_with_the_connection() {
    let app = TestApp::spawn(Stub::quiet());
    let request = "GET /stream/AAPL HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
    // The text is lossy from here on: the head is all that is looked at.
    let text = raw(&app, request, |text| text.contains("\r\n\r\n\u{1f}"));
    let head = text.split("\r\n\r\n").next().expect("a head").to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_with_the_current_figure_is_sent_the_next_one_in_every_coding() {
    let (source, steps) = Stub::stepped();
    // However long this takes, nothing but figures is said.
    let app = TestApp::spawn_with(source, |config| config.hub.heartbeat = Duration::from_mins(10));
    let mut plain = app.stream("/stream/AAPL").await;
    for coding in CODINGS {
        let id = plain.figure().await.id.expect("an id");
        let back = |id: &str| {
            let headers = [("accept-encoding", coding.token()), ("last-event-id", id)];
            let headers = headers.map(|(name, value)| (name, value.to_owned()));
            let app = &app;
            async move {
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                app.stream_with("/stream/AAPL", &headers).await
            }
        };
        let (mut resumed, mut snapshot) = (back(&id).await, back("another-1").await);
        assert_eq!(resume(&mut resumed).await, "resumed");
        assert_eq!(resume(&mut snapshot).await, "snapshot");
        assert_eq!(snapshot.figure().await.id, Some(id));
        steps.step();
        let next = plain.figure().await;
        assert_eq!(resumed.next().await, Some(next.clone()), "{coding:?}: no other before it");
        assert_eq!(snapshot.next().await, Some(next), "{coding:?}");
        // One more for the next coding, which whoever came back goes on to as well.
        steps.step();
        let last = plain.figure().await;
        assert_eq!((resumed.next().await, snapshot.next().await), (Some(last.clone()), Some(last)));
        steps.step();
    }
    drop(plain);
    app.stop().await;
}

/// What the first status says of a reconnection.
async fn resume(stream: &mut Stream) -> String {
    let status = stream.next().await.expect("an event");
    assert!(status.retry.is_some());
    status.json()["resume"].as_str().expect("an answer").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_stream_answers_who_comes_back_with_snapshots_in_every_coding() {
    let app = TestApp::spawn(Stub::quiet());
    let path = "/stream?view=AAPL&view=MSFT";
    let mut first = app.stream(path).await;
    first.figure().await;
    // Once both views have a figure, no more of them is to be told than the beginning.
    let id = first.figure().await.id.expect("an id");
    for coding in CODINGS {
        let headers = [("accept-encoding", coding.token()), ("last-event-id", &id)];
        let mut stream = app.stream_with(path, &headers).await;
        let (mut statuses, mut figures) = (0, 0);
        while figures < 2 {
            let event = stream.next().await.expect("an event");
            if event.is_status() {
                assert_eq!(event.json()["resume"], "snapshot", "{coding:?}");
                statuses += 1;
            }
            figures += usize::from(event.is_figure());
        }
        assert_eq!(statuses, 2);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_goes_through_every_coding() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| {
        config.hub.heartbeat = Duration::from_millis(200);
    });
    for coding in CODINGS {
        let header = [("accept-encoding", coding.token())];
        let mut stream = app.stream_with("/stream/AAPL", &header).await;
        stream.figure().await;
        let waited = stream.next_where(|event| event.comment);
        tokio::time::timeout(PATIENCE, waited).await.expect("not silent for ever");
    }
    app.stop().await;
}
