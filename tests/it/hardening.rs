//! Hostile clients and bad networks: whatever one of them does, the others feel nothing, and the
//! server keeps no more for it than a socket's buffers.

mod connections;
mod fuzz;
mod readers;
#[cfg(target_os = "linux")]
mod soak;
pub mod vanished;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::str::FromStr;
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::http::raw;
use crate::support::PATIENCE;
use crate::support::app::{TestApp, json_of};
use crate::support::sse::{Event, Parser};
use crate::support::stub::Stub;

/// A number of a variable, for runs that are longer than those of `cargo test`.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_queries_of_any_size_and_kind_are_answered_or_refused() {
    let app = TestApp::spawn(Stub::quiet());
    let codings = "gzip;q=0.5, ".repeat(300);
    let lines = "Accept-Encoding: gzip\r\n".repeat(90);
    let views = |count: usize| vec!["view=AAPL;chart=spark"; count].join("&");
    let long = "x".repeat(20_000);
    let header = |line: &str| format!("GET /stream/AAPL HTTP/1.0\r\n{line}\r\n\r\n");
    let path = |path: &str| format!("GET {path} HTTP/1.0\r\n\r\n");
    for (request, status) in [
        (header(&format!("Accept-Encoding: {codings}zstd")), 200),
        (header(&format!("Accept-Encoding: zstd\r\n{lines}X: y")), 200),
        (header("Accept-Encoding: gzip;q=nan, zstd;q=1e9, \"; ;;,,,"), 200),
        (header("Accept-Encoding: \u{fc}ber"), 200),
        (header(&format!("Accept-Encoding: {}", "gzip, ".repeat(50_000))), 431),
        (header(&format!("Last-Event-ID: {long}")), 200),
        (header("Last-Event-ID: \t 1'; DROP TABLE bars; -- <script> \u{fc}"), 200),
        (header("Last-Event-ID: e\0-1"), 400),
        (header("Last-Event-ID: e\u{1}-1"), 400),
        (path("/stream/AAPL?last_event_id=%00%0d%0a%ff"), 200),
        (path(&format!("/stream/AAPL?last_event_id={long}")), 200),
        (path(&format!("/stream/AAPL?{}", "a=b&".repeat(8_000))), 400),
        (path(&format!("/stream/AAPL?{}", "a=b&".repeat(10_000))), 414),
        (path(&format!("/stream/{long}")), 400),
        (path(&format!("/stream?{}", views(32))), 200),
        (path(&format!("/stream?{}", views(33))), 400),
        (path(&format!("/stream?{}", views(1_000))), 400),
        (path(&format!("/stream?{}", views(2_000))), 414),
        (path(&format!("/stream?{}", views(3_000))), 400),
        (path(&format!("/stream?view={long}")), 400),
        (path(&format!("/stream?view=AAPL&view={long}")), 200),
        (path(&format!("/stream/AAPL?studies={}", "sma:20,".repeat(2_000))), 400),
        (path(&format!("/stream/AAPL?compare={}", "A,".repeat(2_000))), 400),
        (path("/stream/AAPL?max_rate=1e309"), 400),
        ("GET /stream/AAPL HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("\0\u{1}\u{2}\r\n\r\n".to_owned(), 400),
    ] {
        is_answered(&app, &request, status);
    }
    app.metric_becomes("figcast_streams", 0.0).await;
    app.stop().await;
}

fn is_answered(app: &TestApp, request: &str, status: u16) {
    let what = request.chars().take(80).collect::<String>();
    let answer = raw(app, request, |text| text.contains("\r\n\r\n"));
    let said = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    assert_eq!(said, Some(status), "{what:?}: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_none_is_refused() {
    let app = TestApp::spawn(Stub::quiet());
    let header = |line: &str| format!("GET /stream/AAPL HTTP/1.0\r\n{line}\r\n\r\n");
    for (request, status) in [
        (header("Host: a b"), 400),
        (header("Host: a/b"), 400),
        (header("Host: user@example.com"), 400),
        (header("Host: example.com:http"), 400),
        (header("Host: example.com:99999"), 400),
        (header("Host: :8080"), 400),
        (header("Host: \u{fc}ber.example"), 400),
        (header("Host: example.com:8080"), 200),
        (header("Host: example.com:"), 200),
        (header("Host: [::1]:8080"), 200),
        (header("Host: [::1]"), 200),
        (header("Host:"), 200),
        ("GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(), 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\tb\r\n\r\n".to_owned(), 400),
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), 400),
    ] {
        is_answered(&app, &request, status);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_with_anything_around_it_is_none_on_every_route() {
    let source = Stub::quiet();
    let app = TestApp::spawn(std::sync::Arc::<Stub>::clone(&source));
    for around in ["%0a", "%0d%0a", "%00", "%09", "%20", "+", "%7f", "%c2%a0", "%e2%80%8b"] {
        // A plus is a space in a query only.
        let path = around.replace('+', "%20");
        for path in [
            format!("/stream/AAPL{path}"),
            format!("/stream/{path}AAPL"),
            format!("/figure/AAPL{path}"),
            format!("/bars/AAPL{path}"),
            format!("/stream?view=AAPL{around}"),
            format!("/stream?view=AAPL{around};range=5d"),
            format!("/views?symbol=AAPL{around}"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(app.request(method, &path, &[]).await.status(), 400, "{path}");
            }
        }
    }
    assert_eq!(source.fetches(), 0);
    app.stop().await;
}

/// Headers that ask for another protocol, and a body that may follow.
const UPGRADES: [&str; 7] = [
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n",
    "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
    "Upgrade: websocket\r\n\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    "Connection: upgrade\r\nUpgrade: x\r\n\r\n",
    "Connection: upgrade\r\n\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody",
];

/// The body of a message as its head says it is framed.
fn unframed(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").expect("a head");
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("connection: upgrade") && !head.contains("\nupgrade:"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
    if let Some((_, length)) = head.split_once("content-length: ") {
        let length = length.lines().next().and_then(|length| length.parse().ok());
        assert_eq!(length, Some(body.len()), "{message}");
    }
    if !head.contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut plain, mut rest) = (String::new(), body);
    while let Some((size, chunk)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        // The last one may still be on its way.
        let Some(text) = chunk.get(..size) else { break };
        plain.push_str(text);
        rest = &chunk[size..];
        if size == 0 {
            assert_eq!(rest, "\r\n", "nothing comes after the end");
            return plain;
        }
        rest = rest.strip_prefix("\r\n").unwrap_or("");
    }
    plain
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_another_protocol_is_answered_in_this_one_on_every_route() {
    let app = TestApp::spawn(Stub::quiet());
    for asked in UPGRADES {
        for (path, status) in [
            ("/healthz", "200 OK"),
            ("/figure/AAPL", "200 OK"),
            ("/bars/AAPL?format=csv", "200 OK"),
            ("/nothing", "404 Not Found"),
            ("/stream/a/b", "400 Bad Request"),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{asked}");
            // It is over when the server closes.
            let answer = raw(&app, &request, |_| false);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}: {answer}");
            assert!(!unframed(&answer).is_empty(), "{request}: {answer}");
        }
    }
    let connect = raw(&app, "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", |_| false);
    assert!(connect.starts_with("HTTP/1.1 4"), "{connect}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_asked_for_with_an_upgrade_is_well_formed_to_its_end() {
    let mut app = TestApp::spawn(Stub::quiet());
    let mut sockets = UPGRADES.map(|asked| {
        let mut socket = TcpStream::connect(app.address).expect("connected");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        let request = format!("GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n{asked}");
        socket.write_all(request.as_bytes()).expect("sent");
        socket
    });
    let opened = f64::from(u32::try_from(sockets.len()).expect("few"));
    app.metric_becomes("figcast_figures_sent_total", opened).await;
    app.begin_stop();
    for (socket, asked) in sockets.iter_mut().zip(UPGRADES) {
        let mut message = String::new();
        tokio::task::block_in_place(|| socket.read_to_string(&mut message)).expect("a clean end");
        let mut parser = Parser::default();
        let events = parser.push(unframed(&message).as_bytes());
        assert_eq!(events.iter().filter(|event| event.is_figure()).count(), 1, "{asked}");
        assert!(parser.rest().is_some_and(|rest| rest.retry.is_some()), "{asked}: {events:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asked_for_an_upgrade_and_leaves_is_noticed() {
    let app = TestApp::spawn(Stub::quiet());
    for asked in UPGRADES {
        let mut socket = TcpStream::connect(app.address).expect("connected");
        let request = format!("GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n{asked}");
        socket.write_all(request.as_bytes()).expect("sent");
        app.metric_becomes("figcast_streams", 1.0).await;
        drop(socket);
        let left = Instant::now();
        app.metric_becomes("figcast_streams", 0.0).await;
        // Far below the 15 s until a heartbeat would meet the closed connection.
        assert!(left.elapsed() < Duration::from_secs(8), "{asked}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_symbol_view_or_id_writes_lines_of_its_own_into_an_answer() {
    let app = TestApp::spawn(Stub::quiet());
    let evil = "%0d%0aX-Evil:%20yes%0d%0a%0d%0aid:%20evil%0adata:%20evil%0a%0a";
    for path in [
        format!("/stream/AAPL{evil}"),
        format!("/figure/AAPL{evil}"),
        format!("/stream/AAPL?theme=dark{evil}"),
        format!("/stream/AAPL?{evil}=1"),
        format!("/stream?view=AAPL{evil}"),
    ] {
        let response = app.request(Method::GET, &path, &[]).await;
        assert_eq!(response.status(), 400, "{path}");
        assert!(!response.headers().contains_key("x-evil"), "{path}");
        assert!(json_of(response).await["detail"].is_string(), "a problem and nothing else");
    }
    for path in [
        format!("/stream?view=AAPL&view=MSFT;theme={evil}"),
        format!("/stream?view=AAPL&view={evil}"),
        format!("/stream/AAPL?last_event_id={evil}"),
    ] {
        let mut stream = app.stream(&path).await;
        assert!(!stream.headers().contains_key("x-evil"), "{path}");
        let mut seen = Vec::new();
        while !seen.iter().any(Event::is_figure) {
            seen.push(stream.next().await.expect("the stream goes on"));
        }
        let is_ours = |event: &Event| event.id.as_deref().is_none_or(|id| id != "evil");
        assert!(seen.iter().all(is_ours), "{path}: {seen:?}");
    }
    app.stop().await;
}
