//! The wire contract, over real connections.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use figcast::config::SimConfig;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, json_of};
use crate::support::sources::sim;
use crate::support::sse::Event;
use crate::support::stub::{Answer, Stub, fetched, not_found, unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_a_stream_are_as_they_were() {
    let app = TestApp::spawn(Stub::quiet());
    let text = raw(&app, "GET /stream/AAPL HTTP/1.0\r\n\r\n", |text| text.ends_with("}}\n\n"));
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut head: Vec<&str> = head.lines().collect();
    head[1..].sort_unstable();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r#""(since|checked|next_check)":"[^"]+""#, "\"$1\":\"[instant]\"");
    settings.add_filter(r"id: [0-9a-z]{1,7}-[0-9a-z]{8}\.1\n", "id: [digest]-[epoch].1\n");
    settings.add_filter(r"retry: \d{4}\n", "retry: [jittered]\n");
    settings.add_filter(r"date: [^\n]*\n", "");
    settings.bind(|| insta::assert_snapshot!(format!("{}\n\n{body}", head.join("\n"))));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_request_is_told_with_what_would_be_right() {
    let source = Stub::quiet();
    let app = TestApp::spawn(std::sync::Arc::<Stub>::clone(&source));
    for (path, detail) in [
        ("/stream/", "a symbol is missing"),
        ("/stream/a/b", "a symbol is letters and digits"),
        ("/stream/%2e%2e%2fetc", "a symbol is letters and digits"),
        ("/stream/A%00B", "a symbol is letters and digits"),
        ("/stream/%ff", "a symbol is letters and digits"),
        (
            "/stream/AAPL?interval=7m",
            "interval cannot be \"7m\": it is 1m, 2m, 5m, 15m, 30m, 1h, 2h, 4h, 1d, 1wk or 1mo",
        ),
        ("/stream/AAPL?interval=1m&range=5y", "range can be 1d or 5d with interval 1m"),
        ("/stream/AAPL?range=1d&range=5d", "range is given more than once"),
        ("/stream/AAPL?colour=red", "unknown option \"colour\""),
        ("/figure/AAPL?theme=pink", "theme cannot be \"pink\": it is dark or light"),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = json_of(response).await;
        assert_eq!((&problem["status"], &problem["title"]), (&json!(400), &json!("Bad Request")));
        let text = problem["detail"].as_str().expect("a sentence");
        assert!(text.contains(detail), "{path}: {text}");
    }
    assert_eq!(source.fetches(), 0, "nothing of it reached the source");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_that_the_source_does_not_have_are_400_with_those_it_has() {
    let app = TestApp::spawn(sim(&SimConfig::default()));
    for path in ["/stream/AAPL?interval=15m&range=6mo", "/figure/AAPL?interval=15m&range=6mo"] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        let problem: Value = json_of(response).await;
        assert_eq!(
            problem["detail"],
            "sim does not reach back 6mo in 15m bars of AAPL: range can be 1d, 5d or 1mo with \
             interval 15m"
        );
        assert_eq!(app.request(Method::HEAD, path, &[]).await.status(), 400, "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_interval_of_the_simulated_market_is_drawn() {
    let app = TestApp::spawn(sim(&SimConfig::default()));
    for (query, bars) in [
        ("interval=2m&range=1d", 195),
        ("range=5d", 390),
        ("interval=15m&range=5d", 130),
        ("interval=1d&range=5d", 5),
    ] {
        let figure: Value = json_of(app.get(&format!("/figure/AAPL?{query}")).await).await;
        let drawn = figure["data"][1]["x"].as_array().map_or(0, Vec::len);
        // A bar that began before the window is not in it.
        assert!((bars - 1..=bars + 1).contains(&drawn), "{query}: {drawn}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_buster_means_nothing() {
    let app = TestApp::spawn(Stub::quiet());
    assert_eq!(app.get("/figure/AAPL?_=1700000000").await.status(), 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_symbol_is_404() {
    let app = TestApp::spawn(Stub::new(|_, _| Answer::Now(not_found())));
    for path in ["/stream/GONE", "/figure/GONE"] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        let problem: Value = json_of(response).await;
        assert_eq!(problem["detail"], "GONE is not known to the stub source");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_upstream_is_200_with_a_status_and_the_stream_stays() {
    let source = Stub::new(|n, request| {
        Answer::Now(if n == 0 { unavailable() } else { Ok(fetched(request, 3)) })
    });
    let app = TestApp::spawn(source);
    let mut stream = app.stream("/stream/AAPL").await;
    assert_eq!(stream.status().await.state(), "error");
    assert_eq!(stream.status().await.state(), "live");
    assert!(stream.next().await.expect("a figure").is_figure());
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_of_a_stream_has_its_headers_and_opens_none() {
    let source = Stub::quiet();
    let app = TestApp::spawn(std::sync::Arc::<Stub>::clone(&source));
    let response = app.request(Method::HEAD, "/stream/AAPL", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache, no-transform");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(app.request(Method::HEAD, "/stream/a/b", &[]).await.status(), 400);
    assert_eq!(source.fetches(), 1, "whether there is such a symbol");
    assert!(app.metric("figcast_streams_opened_total").await < 1.0);
    app.stop().await;
}

/// Every kind of answer of every route.
const ROUTES: [&str; 22] = [
    "/stream/AAPL",
    "/stream/AAPL?studies=sma:20&max_rate=1",
    "/stream/GONE",
    "/stream/a/b",
    "/stream",
    "/stream?view=AAPL&view=GONE",
    "/stream?view=GONE",
    "/figure/AAPL",
    "/figure/GONE",
    "/figure/AAPL?colour=red",
    "/bars/AAPL",
    "/bars/AAPL?format=csv",
    "/bars/GONE",
    "/views",
    "/views?symbol=AAPL",
    "/search?q=a%00",
    "/healthz",
    "/readyz",
    "/",
    "/chart/GONE",
    "/theme.js",
    "/nothing",
];

/// Status and headers as they were sent, in order.
fn head_of(app: &TestApp, request: &str) -> Vec<String> {
    let text = raw(app, request, |text| text.contains("\r\n\r\n"));
    let head = text.split("\r\n\r\n").next().expect("a head");
    let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
    lines.retain(|line| !line.starts_with("date: "));
    lines[1..].sort_unstable();
    lines
}

/// Knows all but `GONE`.
fn all_but_gone() -> std::sync::Arc<Stub> {
    Stub::new(|_, request| {
        let gone = request.symbol.as_str() == "GONE";
        Answer::Now(if gone { not_found() } else { Ok(fetched(request, 3)) })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn head_says_what_get_says_on_every_route() {
    for order in [["HEAD", "GET"], ["GET", "HEAD"]] {
        // The first request asks the source for a symbol, and the second hears what is remembered.
        let app = TestApp::spawn(all_but_gone());
        for path in ROUTES {
            for more in ["", "Accept-Encoding: gzip, br\r\n", "Accept: text/csv\r\n"] {
                for version in ["1.1", "1.0"] {
                    let [first, second] = order.map(|method| {
                        let line =
                            format!("{method} {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n");
                        tokio::task::block_in_place(|| head_of(&app, &line))
                    });
                    assert_eq!(first, second, "{order:?} {path} {more}");
                }
            }
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_of_a_stream_that_finds_no_place_says_what_get_says() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| config.hub.streams = 1);
    let first = app.stream("/stream/AAPL").await;
    for (accept, status) in [("text/event-stream", 200), ("text/event-stream;q=0, */*", 503)] {
        for method in [Method::GET, Method::HEAD] {
            let response = app.request(method, "/stream/AAPL", &[("accept", accept)]).await;
            assert_eq!(response.status(), status, "{accept}");
            assert!(response.headers().contains_key("content-length"), "{accept}");
        }
    }
    drop(first);
    app.stop().await;
}

type Headers<'a> = &'a [(&'static str, &'a str)];

#[tokio::test(flavor = "multi_thread")]
async fn no_browser_guesses_the_type_of_any_answer() {
    let app = TestApp::spawn(all_but_gone());
    let tag = app.get("/views").await.headers()["etag"].to_str().expect("text").to_owned();
    let origin = ("origin", "https://example.org");
    let preflight = [origin, ("access-control-request-method", "GET")];
    let refused = [origin, ("access-control-request-method", "PUT")];
    let mut asked: Vec<(Method, &str, Headers<'_>)> = Vec::new();
    let held = [("if-none-match", tag.as_str())];
    for path in ROUTES {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            asked.push((method, path, &[]));
        }
        asked.push((Method::OPTIONS, path, &preflight));
        asked.push((Method::OPTIONS, path, &refused));
        asked.push((Method::GET, path, &[("accept", "*/*;q=0")]));
        asked.push((Method::GET, path, &held));
        asked.push((Method::GET, path, &[("host", "a b")]));
    }
    asked.push((Method::GET, "/metrics", &[]));
    for (method, path, headers) in asked {
        let response = app.request(method.clone(), path, headers).await;
        let nosniff = response.headers().get("x-content-type-options");
        assert_eq!(
            nosniff.and_then(|value| value.to_str().ok()),
            Some("nosniff"),
            "{method} {path}"
        );
        let count = response.headers().get_all("x-content-type-options").iter().count();
        assert_eq!(count, 1, "{method} {path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_405_with_those_there_are() {
    let app = TestApp::spawn(Stub::quiet());
    for path in ["/stream/AAPL", "/figure/AAPL", "/metrics", "/"] {
        let response = app.request(Method::POST, path, &[]).await;
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
        let options = app.request(Method::OPTIONS, path, &[]).await;
        assert_eq!(
            (options.status().as_u16(), &options.headers()["allow"] == "GET, HEAD, OPTIONS"),
            (204, true)
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_may_read_and_a_preflight_for_last_event_id_is_granted() {
    let app = TestApp::spawn(Stub::quiet());
    let origin = ("origin", "https://example.org");
    let stream = app.stream_with("/stream/AAPL", &[origin]).await;
    assert_eq!(stream.headers()["access-control-allow-origin"], "*");
    let preflight = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "last-event-id"),
    ];
    let response = app.request(Method::OPTIONS, "/stream/AAPL", &preflight).await;
    assert_eq!(response.status(), 200);
    let allowed = response.headers()["access-control-allow-headers"].to_str().expect("text");
    assert!(allowed.to_ascii_lowercase().contains("last-event-id"), "{allowed}");
    for asked in [
        "authorization",
        "cache-control, pragma, last-event-id",
        "x-requested-with,content-type,accept",
        "if-none-match, traceparent, tracestate, baggage, sentry-trace",
        "X-Anything-At-All",
    ] {
        for path in ["/stream/AAPL", "/figure/AAPL", "/bars/AAPL", "/views", "/search", "/"] {
            let preflight = [
                origin,
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", asked),
            ];
            let response = app.request(Method::OPTIONS, path, &preflight).await;
            assert_eq!(response.status(), 200, "{path} {asked}");
            let allowed =
                response.headers()["access-control-allow-headers"].to_str().expect("text");
            let allowed = allowed.to_ascii_lowercase();
            let mut names = asked.split(',').map(|name| name.trim().to_ascii_lowercase());
            assert!(names.all(|name| allowed.contains(&name)), "{asked}: {allowed}");
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
        }
    }
    let put = [origin, ("access-control-request-method", "PUT")];
    assert_eq!(app.request(Method::OPTIONS, "/figure/AAPL", &put).await.status(), 400);
    drop(stream);
    app.stop().await;
}

/// Sends a request as typed and reads until the peer closes or `enough` says so.
pub fn raw(app: &TestApp, request: &str, enough: impl Fn(&str) -> bool) -> String {
    let mut socket = TcpStream::connect(app.address).expect("connected");
    socket.set_read_timeout(Some(crate::support::PATIENCE)).expect("set");
    socket.write_all(request.as_bytes()).expect("sent");
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    while !enough(&text) {
        match socket.read(&mut buffer).expect("something in time") {
            0 => break,
            read => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_1_0_client_gets_a_body_without_chunks_that_ends_with_the_connection() {
    let mut app = TestApp::spawn(Stub::quiet());
    let text = raw(&app, "GET /stream/AAPL HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", |text| {
        text.contains("\"data\":[")
    });
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding") && !head.contains("content-length"), "{head}");
    assert!(!head.contains("keep-alive"), "{head}");
    assert!(body.starts_with("retry: "), "no chunk size before the first byte: {body}");
    let address = app.address;
    let until_closed = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).expect("connected");
        socket.write_all(b"GET /stream/AAPL HTTP/1.0\r\n\r\n").expect("sent");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("a clean end");
        text
    });
    app.metric_becomes("figcast_figures_sent_total", 2.0).await;
    app.begin_stop();
    let text = until_closed.await.expect("read");
    assert!(
        text.rsplit("\n\n").next().is_some_and(|end| end.starts_with("retry: ")),
        "ends with a reconnection time"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_is_noticed_at_once() {
    let app = TestApp::spawn(Stub::quiet());
    for how in [Shutdown::Both, Shutdown::Write] {
        let mut socket = TcpStream::connect(app.address).expect("connected");
        socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        app.metric_becomes("figcast_streams", 1.0).await;
        socket.shutdown(how).expect("closed");
        let closed = std::time::Instant::now();
        app.metric_becomes("figcast_streams", 0.0).await;
        // Far below the 15 s until a heartbeat would meet the closed connection.
        assert!(closed.elapsed() < Duration::from_secs(5), "{how:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_quick_connections_leave_no_task_feed_or_descriptor_behind() {
    let app = TestApp::spawn_with(Stub::growing(), |config| config.hub.linger = Duration::ZERO);
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let round = |app: &TestApp| {
        for n in 0..100 {
            let mut socket = TcpStream::connect(app.address).expect("connected");
            let symbol = ["AAPL", "MSFT", "NVDA"][n % 3];
            let request = format!("GET /stream/{symbol} HTTP/1.1\r\nHost: x\r\n\r\n");
            socket.write_all(request.as_bytes()).expect("sent");
            if n % 2 == 0 {
                let mut some = [0; 64];
                let _ = socket.read(&mut some).expect("an answer");
            }
        }
    };
    tokio::task::block_in_place(|| round(&app));
    app.metric_becomes("figcast_streams", 0.0).await;
    let before = descriptors();
    for _ in 0..9 {
        tokio::task::block_in_place(|| round(&app));
    }
    app.metric_becomes("figcast_streams", 0.0).await;
    app.metric_becomes("figcast_feeds", 0.0).await;
    app.metric_becomes("figcast_views", 0.0).await;
    crate::support::eventually("all tasks end", || app.hub.tasks() == 0).await;
    crate::support::eventually("all descriptors close", || descriptors() <= before + 8).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_finds_no_place_is_told_in_his_own_language() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| config.hub.streams = 1);
    let first = app.stream("/stream/AAPL").await;
    let mut second = app.stream("/stream/AAPL").await;
    let status = second.next().await.expect("a status");
    assert!((2_000..=5_000).contains(&status.retry.expect("a reconnection time")));
    assert_eq!(status.state(), "busy");
    assert_eq!(second.next().await, None, "and a well-formed end");
    let third = app.get("/stream/AAPL").await;
    assert_eq!(third.status(), 503);
    assert_eq!(third.headers()["retry-after"], "5");
    drop(first);
    app.metric_becomes("figcast_streams", 0.0).await;
    let mut fourth = app.stream("/stream/AAPL").await;
    fourth.figure().await;
    drop((second, fourth));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_one_address_are_bounded_by_what_a_trusted_proxy_says_of_it() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| config.hub.streams_per_address = 1);
    let from = |address| [("x-forwarded-for", address)];
    let first = app.stream_with("/stream/AAPL", &from("192.0.2.1")).await;
    let mut other = app.stream_with("/stream/AAPL", &from("192.0.2.2")).await;
    other.figure().await;
    let mut again = app.stream_with("/stream/AAPL", &from("6.6.6.6, 192.0.2.1:51234")).await;
    assert_eq!(again.status().await.state(), "busy", "whatever stands left of it");
    let mut unnamed = Vec::new();
    for _ in 0..3 {
        let mut stream = app.stream_with("/stream/AAPL", &from("6.6.6.6, unknown")).await;
        stream.figure().await;
        unnamed.push(stream);
    }
    drop((first, other, again, unnamed));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_says_what_it_has_in_the_header_or_the_query() {
    let app = TestApp::spawn(Stub::quiet());
    let mut stream = app.stream("/stream/AAPL").await;
    let id = stream.figure().await.id.expect("an id");
    let by_query = format!("/stream/AAPL?last_event_id={id}");
    let mut resumed = [
        app.stream_with("/stream/AAPL", &[("last-event-id", &id)]).await,
        app.stream(&by_query).await,
        app.stream(&by_query.replace("last_event_id", "lastEventId")).await,
    ];
    for stream in &mut resumed {
        assert_eq!(stream.status().await.json()["resume"], "resumed");
    }
    let mut empty = app.stream_with(&by_query, &[("last-event-id", "")]).await;
    assert_eq!(empty.status().await.json()["resume"], "resumed", "an empty header hides nothing");
    let mut snapshot = app.stream_with("/stream/AAPL", &[("last-event-id", "no-such")]).await;
    assert_eq!(snapshot.status().await.json()["resume"], "snapshot");
    assert_eq!(snapshot.figure().await.id.as_deref(), Some(&*id));
    drop((stream, resumed, snapshot));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_figure_is_json_with_a_tag_and_304_for_who_has_it() {
    let app = TestApp::spawn(Stub::quiet());
    let response = app.get("/figure/AAPL?theme=light").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let tag = response.headers()["etag"].to_str().expect("text").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let figure: Value = json_of(response).await;
    assert_eq!(
        figure["layout"]["meta"]["view"],
        "AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=light;palette=safe;scale=linear"
    );
    let again =
        app.request(Method::GET, "/figure/AAPL?theme=light", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), 304);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_cannot_be_had_yet_is_503_with_the_reason() {
    let app = TestApp::spawn(Stub::new(|_, _| Answer::Now(unavailable())));
    let response = app.get("/figure/AAPL").await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    let problem: Value = json_of(response).await;
    assert_eq!(problem["detail"], "stub cannot be reached: an outage");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_sends_a_comment() {
    let source = Stub::new(|n, request| match n {
        0 => Answer::Now(Ok(fetched(request, 3))),
        _ => Answer::Never,
    });
    let app =
        TestApp::spawn_with(source, |config| config.hub.heartbeat = Duration::from_millis(50));
    let mut stream = app.stream("/stream/AAPL").await;
    stream.figure().await;
    let heartbeat = stream.next_where(|event| event.comment).await;
    assert_eq!(heartbeat, Event { comment: true, ..Event::default() });
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_is_not_ready_and_its_streams_end_well_formed() {
    let mut app = TestApp::spawn(Stub::growing());
    assert_eq!(app.get("/readyz").await.status(), 200);
    assert_eq!(app.get("/healthz").await.status(), 200);
    let mut stream = app.stream("/stream/AAPL").await;
    stream.figure().await;
    app.begin_stop();
    assert!((2_000..=5_000).contains(&stream.end().await));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_streams_share_one_fetch_and_one_rendering_a_tick() {
    let source = Stub::growing();
    let app = TestApp::spawn(std::sync::Arc::<Stub>::clone(&source));
    let mut streams = Vec::new();
    for _ in 0..500 {
        streams.push(app.stream("/stream/AAPL").await);
    }
    let mut last = Vec::new();
    for stream in &mut streams {
        last.push(stream.figure().await.id);
    }
    assert!(app.metric("figcast_streams").await > 499.0);
    let (fetches, renders) = (source.fetches(), app.metric("figcast_renders_total").await);
    assert!(renders <= f64::from(u32::try_from(fetches).expect("few")), "{renders} for {fetches}");
    assert!(fetches < 60, "one a second, not one a stream: {fetches}");
    drop(streams);
    app.metric_becomes("figcast_streams", 0.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nowhere_is_404_and_no_path_leads_out_of_the_page() {
    let app = TestApp::spawn(Stub::quiet());
    for path in ["/nothing", "/assets/nothing.js", "/..%2f..%2fCargo.toml", "/%2e%2e/Cargo.toml"] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_views_share_a_connection_and_a_bad_one_spoils_none_of_them() {
    let app = TestApp::spawn(Stub::new(|_, request| {
        let gone = request.symbol.as_str() == "GONE";
        Answer::Now(if gone { not_found() } else { Ok(fetched(request, 3)) })
    }));
    let path =
        "/stream?view=AAPL;chart=candlestick&view=MSFT;chart=spark&view=MSFT;range=7d&view=GONE";
    let mut stream = app.stream(path).await;
    let names = stream.next().await.expect("an event");
    assert!(names.retry.is_some() && names.name.as_deref() == Some("views"));
    let bad = stream.status().await.json();
    assert_eq!((&bad["view"], &bad["state"]), (&json!("MSFT;range=7d"), &json!("refused")));
    let (mut views, mut missing) = (Vec::new(), 0);
    while views.len() < 2 || missing == 0 {
        let event = stream.next().await.expect("an event");
        if event.is_figure() {
            views.push(event.json()["layout"]["meta"]["view"].to_string());
        } else if event.is_status() {
            missing += usize::from(event.state() == "not_found");
        }
    }
    views.sort_unstable();
    assert!(views[0].contains("AAPL;") && views[0].contains("chart=candlestick"));
    assert!(views[1].contains("MSFT;") && views[1].contains("chart=spark"));
    let head = app.request(Method::HEAD, path, &[]).await;
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    drop(stream);
    for (path, detail) in [
        ("/stream", "a stream has 1 to 32 views and not 0"),
        ("/stream?view=AAPL&theme=light", "unknown option \"theme\""),
        ("/stream?view=MSFT;range=7d", "range cannot be"),
        ("/stream/AAPL?max_rate=0", "max_rate is figures a second"),
        ("/figure/AAPL?max_rate=1", "unknown option \"max_rate\""),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        let problem = json_of(response).await;
        assert!(problem["detail"].as_str().expect("text").contains(detail), "{path}: {problem}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_refused_is_told_by_the_whole_key_it_was_asked_by() {
    let app = TestApp::spawn(Stub::quiet());
    let wrong = format!("MSFT;range=7d;studies={}", "sma:20,".repeat(500));
    let mut stream = app.stream(&format!("/stream?view=AAPL&view={wrong}")).await;
    let told = stream.status().await.json();
    assert_eq!((&told["view"], &told["state"]), (&json!(wrong), &json!("refused")));
    drop(stream);
    let long = "x".repeat(32 * 1_024);
    let response = app.get(&format!("/stream?view=AAPL&view={long}")).await;
    assert_eq!(response.status(), 414);
    let detail = json_of(response).await["detail"].to_string();
    assert!(detail.contains("a query has at most 32768 bytes"), "{detail}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_never_comes_holds_up_no_other_of_its_stream() {
    let app = TestApp::spawn_with(
        Stub::new(|_, request| match request.symbol.as_str() {
            "SLOW" => Answer::Never,
            _ => Answer::Now(Ok(fetched(request, 3))),
        }),
        // Longer than a test waits.
        |config| config.hub.first_figure = Duration::from_hours(1),
    );
    let mut stream = app.stream("/stream?view=SLOW&view=AAPL").await;
    let figure = stream.figure().await.json();
    assert_eq!(figure["layout"]["meta"]["instrument"]["symbol"], json!("AAPL"));
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_floods_the_connection_behind_its_stream_is_cut() {
    let app = TestApp::spawn(Stub::quiet());
    let mut client = TcpStream::connect(app.address).expect("connected");
    client.set_write_timeout(Some(crate::support::PATIENCE)).expect("set");
    let request = b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n";
    let cut = tokio::task::spawn_blocking(move || {
        let mut written = 0;
        // More than any buffer on the way holds; a server that reads it all never ends this.
        while written < 64 << 20 {
            match client.write(&request.repeat(100)) {
                Ok(count) => written += count,
                Err(error) => return error.kind(),
            }
        }
        std::io::ErrorKind::Other
    });
    let cut = cut.await.expect("no panic");
    let reset = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe];
    assert!(reset.contains(&cut), "{cut:?}");
    app.metric_becomes("figcast_streams", 0.0).await;
    app.stop().await;
}
