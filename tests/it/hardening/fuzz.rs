//! Requests that nobody would send in good faith, drawn by a seed: over all routes, with hostile methods,
//! queries, ids, headers and framing. The server answers each or hangs up, never with a fault of its own,
//! and serves afterwards.
//!
//! `cargo test` sends a few hundred; `make fuzz` sends 10,000. A failure names the seed and the request:
//! `FUZZ_SEED=7 FUZZ_FIRST=1234 FUZZ_REQUESTS=1` sends that one alone.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::setting;
use crate::auth::{config_file, token};
use crate::support::process::{Server, figcast};

/// Requests of an ordinary run.
const FEW: usize = 400;
const CLIENTS: usize = 8;
/// Longest wait for what comes next of an answer. Half a request has none.
const SILENCE: Duration = Duration::from_millis(400);
/// Most of an answer that is read: streams have no end.
const ENOUGH: usize = 32 * 1_024;

const ROUTES: &[&str] = &[
    "/stream/{}",
    "/stream",
    "/figure/{}",
    "/bars/{}",
    "/search",
    "/views",
    "/healthz",
    "/readyz",
    "/metrics",
    "/ticket",
    "/ingest/{}",
    "/ingest/{}/about",
    "/write",
    "/",
    "/chart/{}",
    "/assets/{}",
    "/{}",
    "*",
    "",
    "//",
    "/./stream/{}",
    "/stream/../{}",
    "/STREAM/{}",
    "/stream/{}/",
    "http://x/stream/{}",
];
/// How many of them, from the first on, are in the table of routes.
const REAL_ROUTES: usize = 15;
const METHODS: &[&str] = &[
    "GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE",
    "CONNECT", "PATCH", "get", "BREW", "",
];
/// Options as they should be.
const PAIRS: &[&str] = &[
    "interval=1m",
    "interval=1h&range=1y",
    "range=5d",
    "chart=candlestick",
    "theme=light",
    "studies=sma:20,bb:20:2,macd,rsi",
    "compare=MSFT,GOOG",
    "view=AAPL",
    "view=MSFT;chart=line",
    "as=bars",
    "max_rate=1",
    "last_event_id=1-1",
    "q=apple",
    "symbol=AAPL",
    "format=csv",
    "embed=1",
];
const NAMES: &[&str] = &[
    "interval",
    "range",
    "session",
    "chart",
    "theme",
    "palette",
    "scale",
    "studies",
    "compare",
    "view",
    "updates",
    "max_rate",
    "last_event_id",
    "lastEventId",
    "q",
    "symbol",
    "format",
    "ticket",
    "embed",
    "limit",
    "",
];
const VALUES: &[&str] = &[
    "1m",
    "5m",
    "1h",
    "1d",
    "1w",
    "1mo",
    "1d",
    "5d",
    "1y",
    "2y",
    "max",
    "regular",
    "extended",
    "line",
    "candlestick",
    "heikin_ashi",
    "dark",
    "light",
    "log",
    "sma:20",
    "ema:0",
    "bb:20:2",
    "rsi:99999999999",
    "sma:-1",
    "sma:2,sma:3,sma:4,sma:5,sma:6,sma:7,sma:8,sma:9,sma:10",
    "MSFT",
    "MSFT,GOOG,AMZN,NOPE,TSLA",
    "AAPL;chart=line",
    "AAPL;studies=bb:20:2;compare=MSFT",
    ";;;",
    "=",
    "patch",
    "figure",
    "0",
    "-1",
    "1e309",
    "nan",
    "inf",
    "0.0000001",
    "csv",
    "json",
    "true",
    "",
    "%",
    "%zz",
    "%00",
    "%0d%0aX-Y:%20z",
    "%ff%fe",
    "\u{202e}",
    "..%2f..%2fetc%2fpasswd",
    "${jndi}",
    "'%20or%201=1",
    "<script>",
];
const SYMBOLS: &[&str] = &[
    "AAPL",
    "MSFT",
    "NOPE",
    "NOPEX",
    "7203.T",
    "EURUSD=X",
    "^GSPC",
    "BRK-B",
    "aapl",
    "%41APL",
    "A%20B",
    "AAPL%00",
    "AAPL%0d%0a",
    "..",
    "%2e%2e%2f",
    "%",
    "%f",
    "AAPL;chart=line",
    "AAPL?x",
    "\u{20ac}",
    "%e2%82%ac",
    "",
    ".",
    "A/B",
    "-",
    "index.html",
    "robots.txt",
];
const HEADERS: &[&str] = &[
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "If-None-Match",
    "If-Modified-Since",
    "Last-Event-ID",
    "X-Forwarded-For",
    "Forwarded",
    "Origin",
    "Access-Control-Request-Method",
    "Referer",
    "Access-Control-Request-Headers",
    "Range",
    "Upgrade",
    "Connection",
    "Content-Length",
    "Expect",
    "Transfer-Encoding",
    "Host",
    "Cookie",
    "Authorization",
    "TE",
    "Trailer",
    "Content-Type",
    "Cache-Control",
    "X",
    "H\u{1}",
    "",
];
const HEADER_VALUES: &[&str] = &[
    "*/*",
    "Bearer",
    "Bearer a.b.c",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Basic YTpi",
    "__Host-figcast=a.b.c",
    "text/event-stream",
    "text/event-stream;q=0",
    "application/json;q=1.5",
    ",,,;q=;=",
    "gzip",
    "zstd",
    "identity;q=0",
    "*;q=0",
    "gzip;q=0, zstd;q=0, identity;q=0",
    "br, x-gzip;q=0.5",
    "*",
    "W/\"1-2\"",
    "\"\"",
    "\"unfinished",
    "1-1",
    "18446744073709551616-9",
    "unknown",
    "_hidden",
    "1.2.3.4, 5.6.7.8:99",
    "[::1]:80",
    "for=\"[2001:db8::1]:80\";by=_x",
    "for=\"",
    "http://evil.example",
    "null",
    "bytes=0-",
    "bytes=-1,5-2",
    "websocket",
    "h2c",
    "close",
    "keep-alive, Upgrade",
    "0",
    "5",
    "-1",
    "99999999999999999999",
    "chunked",
    "chunked, chunked",
    "gzip, chunked",
    "identity",
    "100-continue",
    "x:99999",
    "a b",
    "127.0.0.1:8080",
    "",
    " ",
    "\t",
    "a\u{0}b",
    "\u{7f}",
    "\u{e9}",
];
/// Headers that say where a request ends, and some that are none.
const FRAMING: &[&str] =
    &["Content-Length", "Transfer-Encoding", "Host", "Expect", "Upgrade", "H\u{1}", ""];
const ENDS: &[&str] =
    &["\r\n\r\n", "\r\n\r\n", "\r\n\r\n", "\r\n\r\n", "\n\n", "\r\n", "", "\r\n\r\nGET"];
const VERSIONS: &[&str] = &[
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/9",
    "http/1.1",
    "",
    "HTTP/1.1 x",
];
const BODIES: &[&[u8]] = &[
    b"",
    b"",
    b"",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\nA: b\r\n\r\n",
    b"hello",
    b"\x16\x03\x01\x02\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

/// Draws the parts of one request.
struct Draw(StdRng);

impl Draw {
    /// The request of a number, the same for the same seed whatever is sent besides.
    /// Half of them show one of the credentials, if there are any.
    fn request(seed: u64, number: usize, credentials: &[String]) -> Vec<u8> {
        let number = u64::try_from(number).expect("few");
        let mut draw = Self(StdRng::seed_from_u64(seed.rotate_left(32) ^ number));
        let mut head = draw.head();
        if let Some(end) = head.find("\r\n").filter(|_| !credentials.is_empty() && draw.odds(2)) {
            head.insert_str(
                end,
                draw.of(&credentials.iter().map(String::as_str).collect::<Vec<_>>()),
            );
        }
        let mut request = head.into_bytes();
        if draw.odds(6) {
            request.extend_from_slice(draw.of(BODIES));
        }
        if draw.odds(15) {
            draw.spoil(&mut request);
        }
        request
    }

    /// Much of a request is as it should be, so that the rest of it is reached.
    fn head(&mut self) -> String {
        let method = if self.odds(5) { self.of(METHODS) } else { "GET" };
        let version = if self.odds(12) { self.of(VERSIONS) } else { "HTTP/1.1" };
        let mut head = format!("{method} {} {version}\r\n", self.target());
        if !self.odds(15) {
            head += "Host: x\r\n";
        }
        for _ in 0..self.count(4) {
            let is_framing = self.odds(6);
            let (name, value) = (self.of(HEADERS), self.of(HEADER_VALUES));
            let value =
                if self.odds(25) { value.repeat(self.count(4_000)) } else { value.to_owned() };
            // Of what says where a request ends or of no header there is little: nothing gets past it.
            let is_control = value.bytes().any(|byte| byte == 0 || byte == 127);
            if is_framing || !(is_control || FRAMING.contains(&name)) {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.truncate(head.len() - 2);
        head + if self.odds(12) { self.of(ENDS) } else { "\r\n\r\n" }
    }

    fn target(&mut self) -> String {
        let symbol = if self.odds(2) { self.of(SYMBOLS) } else { "AAPL" };
        let symbol = if self.odds(30) { symbol.repeat(self.count(400)) } else { symbol.to_owned() };
        let routes = if self.odds(4) { ROUTES } else { &ROUTES[..REAL_ROUTES] };
        let mut target = self.of(routes).replace("{}", &symbol);
        for position in 0..self.count(5) {
            target.push(if position == 0 { '?' } else { '&' });
            if self.odds(3) {
                let (name, value) = (self.of(NAMES), self.of(VALUES));
                let value =
                    if self.odds(40) { value.repeat(self.count(2_000)) } else { value.to_owned() };
                let _ = write!(target, "{name}={value}");
            } else {
                target += self.of(PAIRS);
            }
        }
        target
    }

    /// Bytes that are other ones, missing, or there twice.
    fn spoil(&mut self, request: &mut Vec<u8>) {
        for _ in 0..=self.count(4) {
            if request.is_empty() {
                return;
            }
            let at = self.0.random_range(0..request.len());
            match self.count(4) {
                0 => request.truncate(at),
                1 => request.insert(at, self.0.random()),
                2 => request.extend_from_within(at..),
                _ => request[at] = self.0.random(),
            }
        }
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        *choices.choose(&mut self.0).expect("some")
    }

    fn odds(&mut self, of: u32) -> bool {
        self.0.random_ratio(1, of)
    }

    fn count(&mut self, below: usize) -> usize {
        self.0.random_range(0..below)
    }
}

/// The status of an answer; `None` where the server hung up or waits for more.
fn status(server: &Server, request: &[u8]) -> Result<Option<u16>, String> {
    let mut socket = server.connect();
    socket.set_read_timeout(Some(SILENCE)).expect("set");
    // The server may hang up in the middle of it, which is an answer.
    let _ = socket.write_all(request);
    let (mut answer, mut buffer) = (Vec::new(), [0; 16_384]);
    while answer.len() < ENOUGH {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
        // A stream has said what there is to see.
        if answer.windows(6).any(|window| window == b"\nevent") {
            break;
        }
    }
    if answer.is_empty() {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    status.map(Some).ok_or_else(|| format!("an answer that is none: {line:?}"))
}

/// Sends the requests from `first` on to a server of their own.
fn fuzz(first: usize, count: usize, seed: u64, is_guarded: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config_file(folder.path());
    let args: &[&str] = if is_guarded { &["--config", &config] } else { &[] };
    let claim = json!({ "symbols": ["*"], "admin": true, "ingest": ["AAPL"] });
    let all = token(&claim, 3_600);
    let shown = [
        format!("\r\nAuthorization: Bearer {all}"),
        format!("\r\nCookie: __Host-figcast={all}"),
        format!("\r\nAuthorization: Bearer {}", token(&claim, -1)),
        format!("\r\nAuthorization: Bearer {}x", &all[..all.len() - 9]),
    ];
    let credentials = if is_guarded { &shown[..] } else { &[] };
    let mut program = figcast();
    // Shares of one client would turn away what is to be looked at.
    program.env("FIGCAST_HUB__REQUESTS_PER_ADDRESS", "0").env("FIGCAST_HUB__LINGER", "100ms");
    let mut server = Server::start_as(&mut program, args);
    let started = Instant::now();
    #[cfg(target_os = "linux")]
    let before = {
        // What is made once for all is made by then.
        send(&server, first, count / 5, seed, credentials);
        server.memory()
    };
    let mut statuses = send(&server, first, count, seed, credentials);
    println!(
        "seed {seed}: {count} requests in {:.1?}, {} answered: {}",
        started.elapsed(),
        statuses.len(),
        counted(&mut statuses)
    );
    #[cfg(target_os = "linux")]
    {
        let after = server.memory();
        println!("memory: {} MB, then {} MB", before >> 20, after >> 20);
        assert!(after < before + (48 << 20), "memory grows from {before} to {after} bytes");
    }
    let authorization = if is_guarded { &*shown[0] } else { "" };
    let figure = format!("GET /figure/AAPL HTTP/1.0{authorization}\r\n\r\n");
    let figure = server.answer(figure.as_bytes());
    assert!(figure.starts_with("HTTP/1.0 200") && figure.ends_with('}'), "it serves afterwards");
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
    // Most of what is drawn is a request after all, and the routes behind it are reached.
    if count >= FEW {
        assert!(statuses.len() * 2 > count, "only {} of {count} are answered", statuses.len());
        let fine = statuses.iter().filter(|status| **status == 200).count();
        let part = if is_guarded { 10 } else { 5 };
        assert!(fine * part > count && statuses.contains(&400), "{fine} of {count} are fine");
    }
}

/// The statuses of the answers.
fn send(
    server: &Server,
    first: usize,
    count: usize,
    seed: u64,
    credentials: &[String],
) -> Vec<u16> {
    let next = AtomicUsize::new(first);
    let work = || {
        let mut answers = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= first + count {
                return answers;
            }
            let request = Draw::request(seed, number, credentials);
            let fault = match status(server, &request) {
                Ok(None) => continue,
                Ok(Some(status)) if status < 500 || status == 503 => {
                    answers.push(Ok(status));
                    continue;
                }
                Ok(Some(status)) => format!("status {status}"),
                Err(fault) => fault,
            };
            let shown = request[..request.len().min(600)].escape_ascii();
            answers.push(Err(format!("FUZZ_SEED={seed} FUZZ_FIRST={number}: {fault}: {shown}")));
        }
    };
    let answers = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect::<Vec<_>>()
    });
    let faults: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
    answers.into_iter().filter_map(Result::ok).collect()
}

fn counted(statuses: &mut [u16]) -> String {
    statuses.sort_unstable();
    let counts = statuses.chunk_by(|a, b| a == b).map(|of| format!("{} x {}", of[0], of.len()));
    counts.collect::<Vec<_>>().join(", ")
}

#[test]
fn requests_that_nobody_would_send_find_no_fault_of_the_server() {
    fuzz(0, FEW, 1, false);
}

#[test]
fn such_requests_with_and_without_tokens_find_none_either() {
    fuzz(0, FEW, 2, true);
}

mod slow {
    use super::{fuzz, setting};

    #[test]
    #[ignore = "takes minutes: make fuzz"]
    fn ten_thousand_requests_that_nobody_would_send_find_no_fault_of_the_server() {
        for is_guarded in [false, true] {
            let (first, count) = (setting("FUZZ_FIRST", 0), setting("FUZZ_REQUESTS", 10_000));
            fuzz(first, count, setting("FUZZ_SEED", 1), is_guarded);
        }
    }
}
