//! Senders that may not push, push too much, or push what nobody would in good faith.

use std::io::Write as _;
use std::time::Duration;

use figcast::config::TokenHash;
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{BEARER, Ingesting, TOKEN, minute};
use crate::support::app::json_of;
use crate::support::process::{Server, figcast};

/// A push without a token, with these headers.
async fn status(server: &Ingesting, headers: &[(&str, &str)]) -> (u16, String) {
    let response = server.push_with("/ingest/MINE", headers, format!("{}000,1", minute(1))).await;
    let asks = response
        .headers()
        .get("www-authenticate")
        .map(|value| value.to_str().expect("text").to_owned());
    (response.status().as_u16(), asks.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_opens_and_on_the_servers_machine_its_programs() {
    let closed = Ingesting::start_with(|config| config.ingest.tokens.clear());
    let response = closed.push("/ingest/MINE", "1,1").await;
    assert_eq!(response.status(), 403);
    assert!(response.text().await.expect("text").contains("ingest.tokens"));
    closed.app.stop().await;

    let server = Ingesting::start_with(|config| config.ingest.tokens.push(TokenHash::of(b"other")));
    for good in [BEARER, "bearer other", "Token other"] {
        assert_eq!(status(&server, &[("authorization", good)]).await.0, 200, "{good}");
    }
    let asked = "Bearer realm=\"figcast\"";
    assert_eq!(status(&server, &[]).await, (401, asked.to_owned()));
    for bad in ["Bearer another", "Bearer", "Basic b3RoZXI6b3RoZXI=", "other"] {
        let told = status(&server, &[("authorization", bad)]).await;
        assert_eq!(told, (401, format!("{asked}, error=\"invalid_token\"")), "{bad}");
    }
    server.app.stop().await;

    let local = Ingesting::start_with(|config| {
        config.ingest.tokens.clear();
        config.ingest.allow_loopback = true;
    });
    assert_eq!(status(&local, &[]).await.0, 200);
    for header in ["origin", "x-forwarded-for", "forwarded", "via", "sec-fetch-site"] {
        assert_eq!(status(&local, &[(header, "127.0.0.1")]).await.0, 401, "{header}");
    }
    assert_eq!(
        status(&local, &[("authorization", BEARER)]).await.0,
        401,
        "a bad token is no missing one"
    );
    local.app.stop().await;
}

#[expect(clippy::too_many_lines, reason = "a table of bodies")]
#[tokio::test(flavor = "multi_thread")]
async fn every_bound_is_told_with_its_key() {
    let server = Ingesting::start_with(|config| {
        config.ingest.body = 4_096;
        config.ingest.unpacked = 8_192;
        config.ingest.rows = 20;
        config.ingest.symbols = 2;
        config.ingest.bars = 10;
        config.ingest.timeout = Duration::from_secs(1);
    });
    let packed = |bytes: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).expect("packed");
        gzip.finish().expect("packed")
    };
    let ticks = |count: i64| {
        let rows = (0..count).map(|n| format!("{}000,1\n", minute(count) + n));
        rows.collect::<Vec<_>>().concat()
    };
    let typed =
        |name: &'static str, value: &'static str| vec![("authorization", BEARER), (name, value)];
    for (path, headers, body, status, part) in [
        ("/ingest/M", typed("x", "y"), vec![b'1'; 4_097], 413, "ingest.body"),
        (
            "/ingest/M",
            typed("content-encoding", "gzip"),
            packed(&vec![b'1'; 100_000]),
            413,
            "ingest.unpacked",
        ),
        (
            "/ingest/M",
            typed("content-encoding", "zstd"),
            zstd::encode_all(&*vec![b'1'; 100_000], 1).expect("packed"),
            413,
            "ingest.unpacked",
        ),
        (
            "/ingest/M",
            typed("content-encoding", "gzip"),
            b"not packed".to_vec(),
            400,
            "not packed as Content-Encoding says",
        ),
        (
            "/ingest/M",
            typed("content-encoding", "zstd"),
            // The head of a frame with a window of 2 GiB.
            vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0, 0],
            400,
            "without --long and --ultra",
        ),
        ("/ingest/M", typed("content-encoding", "br"), vec![1], 415, "gzip or zstd"),
        ("/ingest/M", typed("content-type", "image/png"), vec![1], 415, "text/csv"),
        ("/ingest/M", typed("x", "y"), ticks(21).into_bytes(), 413, "ingest.rows"),
        ("/ingest/M", typed("x", "y"), Vec::new(), 400, "no rows"),
        ("/ingest/M", typed("x", "y"), vec![0xff, 0xfe], 400, "UTF-8"),
        ("/ingest/M", typed("x", "y"), b"time,prize\n".to_vec(), 400, "no column \\\"prize\\\""),
        (
            "/ingest/M",
            typed("x", "y"),
            b"time,price,close\n".to_vec(),
            400,
            "close or price, and not both",
        ),
        ("/ingest/M", typed("x", "y"), b"time,size\n".to_vec(), 400, "has close or price"),
        (
            "/ingest/M?precision=min",
            typed("x", "y"),
            vec![b'1'],
            400,
            "precision is s, ms, us or ns",
        ),
        ("/ingest/M?interval=7m", typed("x", "y"), vec![b'1'], 400, "interval"),
        ("/ingest/M?symbl=A", typed("x", "y"), vec![b'1'], 400, "unknown option"),
        ("/ingest/M?symbol=A", typed("x", "y"), vec![b'1'], 400, "stands in the address"),
        ("/ingest/a b", typed("x", "y"), vec![b'1'], 400, "a symbol is letters"),
        ("/ingest", typed("x", "y"), ticks(1).into_bytes(), 422, "name it in each row"),
        (
            "/ingest",
            typed("x", "y"),
            format!("symbol,time,price\nA,{0}000,1\nB,{0}000,1\nC,{0}000,1\n", minute(1))
                .into_bytes(),
            422,
            "the most that are kept",
        ),
    ] {
        let response = server.push_with(path, &headers, body).await;
        let (answered, text) = (response.status(), response.text().await.expect("text"));
        assert_eq!(answered, status, "{path} {headers:?}: {text}");
        assert!(text.contains(part), "{path}: {part} is missing in {text}");
    }
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_bars_are_kept_and_older_ones_refused() {
    let server = Ingesting::start_with(|config| config.ingest.bars = 10);
    let bars = |from: i64, count: i64| {
        let rows = (0..count).map(|n| format!("{},1,1,1,1\n", minute(from - n) * 1_000));
        rows.collect::<Vec<_>>().concat()
    };
    server.pushed("/ingest/OLD", bars(20, 10)).await;
    server.pushed("/ingest/OLD", bars(10, 10)).await;
    let first = server.bars("OLD").await;
    assert_eq!(first.len(), 10, "the newest are kept");
    let response = server.push("/ingest/OLD", bars(30, 1)).await;
    assert_eq!(response.status(), 422);
    assert!(response.text().await.expect("text").contains("older than the newest 10 bars"));
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_slowed_down_when_it_asks_too_often() {
    let server = Ingesting::start_with(|config| config.ingest.requests_per_address = 0.2);
    let row = format!("{}000,1", minute(1));
    let mut last = server.push("/ingest/MINE", row.clone()).await;
    for _ in 0..10 {
        last = server.push("/ingest/MINE", row.clone()).await;
        if last.status() == 429 {
            break;
        }
    }
    assert_eq!(last.status(), 429);
    let wait: u64 = last.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    server.app.stop().await;
}

/// Parts of rows, good and bad.
const PIECES: &[&str] = &[
    "time",
    "price",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "symbol",
    "id",
    "final",
    ",",
    ",",
    ",",
    ";",
    "\t",
    "\n",
    "\n",
    "\"",
    "\"\"",
    "1",
    "-1",
    "1e308",
    "1e-400",
    "NaN",
    "inf",
    "0x1",
    "1795703400000",
    "9999999999999999999",
    "2026-11-26T14:30:00Z",
    "2026-02-30",
    "MINE",
    "../x",
    "PUSHED:MINE",
    "{",
    "}",
    "[",
    "]",
    ":",
    "null",
    "true",
    "\\",
    "\\u0000",
    "é",
    "\u{feff}",
    "#",
    " ",
    "MINE price=1",
    "[[[[[[",
    "{\"time\":1795703400000,\"price\":1}",
    "time,price\n1795703400000,1",
];

/// A body that nobody would send in good faith.
fn body(rng: &mut StdRng) -> Vec<u8> {
    let mut body = Vec::new();
    match rng.random_range(0..10) {
        0 => body.extend((0..rng.random_range(0..200)).map(|_| rng.random::<u8>())),
        1 => body.extend(std::iter::repeat_n(b'[', rng.random_range(1..20_000))),
        2 => body.extend(std::iter::repeat_n(b',', rng.random_range(1..20_000))),
        3 => body.extend(b"{\"a\":".repeat(rng.random_range(1..2_000))),
        _ => {
            for _ in 0..rng.random_range(0..60) {
                body.extend_from_slice(PIECES.choose(rng).expect("some").as_bytes());
            }
        }
    }
    body
}

/// A request with it, and its path.
fn request(rng: &mut StdRng, body: &[u8]) -> (&'static str, Vec<u8>) {
    let path = *[
        "/ingest/MINE",
        "/ingest/MINE",
        "/ingest",
        "/ingest/MINE?partial=1",
        "/write",
        "/api/v2/write?precision=ms",
        "/ingest/hook/open%20sesame?symbol=A",
        "/ingest/MINE/about",
    ]
    .choose(rng)
    .expect("some");
    let method = if path.ends_with("about") { "PUT" } else { "POST" };
    let form = *["text/csv", "application/json", "application/x-ndjson", "text/plain"]
        .choose(rng)
        .expect("some");
    let coding = *["identity", "identity", "identity", "gzip", "zstd"].choose(rng).expect("some");
    let head = format!(
        "{method} {path} HTTP/1.0\r\nAuthorization: {BEARER}\r\nContent-Type: {form}\r\nContent-Encoding: {coding}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    (path, [head.as_bytes(), body].concat())
}

/// Sends `count` of them to a server of its own.
fn storm(count: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let mut command = figcast();
    command
        .env("FIGCAST_HISTORY__PATH", &path)
        .env("FIGCAST_INGEST__REQUESTS_PER_ADDRESS", "0")
        .env("FIGCAST_INGEST__TOKENS", String::from(TokenHash::of(TOKEN.as_bytes())))
        .env("RUST_LOG", "debug");
    let mut server = Server::start_as(&mut command, &[]);
    let seed = crate::hardening::setting("FUZZ_SEED", 7_u64);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut settled = 0;
    for number in 0..count {
        let body = body(&mut rng);
        let (path, request) = request(&mut rng, &body);
        let answer = server.answer(&request);
        let status = answer.get(9..12).unwrap_or("none");
        let is_typed = matches!(status, "200" | "204" | "400" | "413" | "415" | "422");
        assert!(
            is_typed,
            "request {number} of seed {seed} to {path}: {answer}\n{}",
            String::from_utf8_lossy(&body)
        );
        if number == count / 2 {
            settled = memory(&server);
        }
    }
    let grown = memory(&server).saturating_sub(settled);
    assert!(grown < 48 << 20, "memory has grown by {grown} bytes");
    assert!(server.get("/healthz").ends_with("ok\n"));
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(!log.contains("panicked") && !log.contains(TOKEN) && !log.contains("sesame"), "{log}");
}

#[cfg(target_os = "linux")]
fn memory(server: &Server) -> u64 {
    server.memory()
}

#[cfg(not(target_os = "linux"))]
fn memory(_: &Server) -> u64 {
    0
}

#[test]
fn bodies_that_nobody_would_send_are_refused_with_a_reason() {
    storm(1_500);
}

#[test]
#[ignore = "slow"]
fn ten_thousand_bodies_that_nobody_would_send_are_refused_with_a_reason() {
    storm(10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_stops_in_the_middle_of_its_bodies_keeps_nobody_out() {
    let server = Ingesting::start();
    let head = format!(
        "POST /ingest/SLOW HTTP/1.1\r\nHost: x\r\nAuthorization: {BEARER}\r\nX-Forwarded-For: 192.0.2.1\r\n\
         Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\u{1f}\r\n"
    );
    let mut stopped = Vec::new();
    for _ in 0..20 {
        let mut socket = TcpStream::connect(server.app.pushes).await.expect("connected");
        socket.write_all(head.as_bytes()).await.expect("sent");
        stopped.push(socket);
    }
    for sender in ["192.0.2.1", "192.0.2.2"] {
        let headers = [("authorization", BEARER), ("x-forwarded-for", sender)];
        let response =
            server.push_with("/ingest/MINE", &headers, format!("{}000,1", minute(1))).await;
        assert_eq!(response.status(), 200, "{sender}");
    }
    drop(stopped);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_takes_rows_for_its_token_and_no_other() {
    let server = Ingesting::start();
    let row = format!("{{\"symbol\": \"HOOK\", \"time\": {}000, \"price\": 7}}", minute(1));
    let response = server.push_with("/ingest/hook/open%20sesame", &[], row.clone()).await;
    assert_eq!(response.status(), 200);
    let named = server
        .push_with("/ingest/hook/open%20sesame?symbol=OTHER", &[], format!("{}000,1", minute(1)))
        .await;
    assert_eq!(json_of(named).await["symbol"], "PUSHED:OTHER");
    let bad = server.push_with("/ingest/hook/guess", &[], row).await;
    assert_eq!(bad.status(), 401);
    assert!(!bad.text().await.expect("text").contains("guess"), "a token is not repeated");
    server.app.stop().await;
}
