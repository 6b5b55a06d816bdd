//! Hostile clients and bad networks: whatever one of them does, the others feel nothing, and the
//! server keeps no more for it than a socket's buffers.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use figcast::codec::Coding;
use figcast::config::Config;
use reqwest::Method;

use crate::http::raw;
use crate::support::app::{TestApp, json_of};
use crate::support::client::CODINGS;
use crate::support::decode::Body;
use crate::support::sse::{Event, Parser};
use crate::support::stub::{Steps, Stub};
use crate::support::{PATIENCE, small_reader};

/// Longer than any test.
const NEVER: Duration = Duration::from_mins(10);
/// Most that a reader that has stopped is sent before the newest figure: what its own buffer holds, what
/// the server's kernel keeps unsent (16 KiB) and in flight, and what the connection had taken already.
const UNDER_WAY: usize = 160 * 1_024;

/// A client that reads when the test says so.
struct Reader {
    socket: TcpStream,
    head: Vec<u8>,
    body: Body,
    parser: Parser,
    figures: Vec<Event>,
    /// Bytes so far.
    received: usize,
}

impl Reader {
    /// Asks for a stream and reads nothing of it.
    fn open(app: &TestApp, path: &str, coding: Coding) -> Self {
        let mut socket = small_reader(app.address);
        // HTTP/1.0, so that there are no chunks to be undone.
        let token = coding.token();
        let request = format!("GET {path} HTTP/1.0\r\nAccept-Encoding: {token}\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("sent");
        let (body, parser) = (Body::of(coding), Parser::default());
        Self { socket, head: Vec::new(), body, parser, figures: Vec::new(), received: 0 }
    }

    /// Takes what is there, up to `most` bytes.
    fn read(&mut self, most: usize) {
        let mut buffer = vec![0; most];
        let read = self.socket.read(&mut buffer).expect("something in time");
        assert_ne!(read, 0, "the stream goes on");
        self.received += read;
        self.take(&buffer[..read]);
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !self.head.ends_with(b"\r\n\r\n") {
            let Some((first, rest)) = bytes.split_first() else { return };
            self.head.push(*first);
            bytes = rest;
        }
        let text = self.body.push(bytes);
        self.figures.extend(self.parser.push(&text).into_iter().filter(Event::is_figure));
    }

    /// Reads until it has that figure.
    fn read_up_to(&mut self, newest: &Event) {
        while self.figures.last().is_none_or(|figure| figure.id != newest.id) {
            self.read(1 << 16);
        }
    }

    /// How many figures it was not given, between the first and the last one that it was.
    fn skipped(&self) -> u64 {
        self.figures.windows(2).map(|two| number(&two[1]) - number(&two[0]) - 1).sum()
    }
}

fn number(figure: &Event) -> u64 {
    let id = figure.id.as_deref().expect("a figure");
    id.rsplit('-').next().and_then(|number| number.parse().ok()).expect("epoch-number")
}

fn spawn(change: impl FnOnce(&mut Config)) -> (TestApp, Steps) {
    let (source, steps) = Stub::stepped();
    let app = TestApp::spawn_with(source, |config| {
        config.server.write_timeout = NEVER;
        change(config);
    });
    (app, steps)
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_stop_hold_nobody_up_and_find_the_newest_figure_when_they_read_on() {
    let (app, steps) = spawn(|_| {});
    let path = "/stream/AAPL?chart=candlestick&studies=volume";
    let mut steady = app.stream(path).await;
    let mut all = vec![steady.figure().await];
    let mut stopped = CODINGS.map(|coding| Reader::open(&app, path, coding));
    app.metric_becomes("figcast_streams", 4.0).await;
    for _ in 0..80 {
        steps.step();
        all.push(steady.figure().await);
    }
    assert!(all.is_sorted_by(|one, next| number(one) + 1 == number(next)), "each one, in turn");
    let newest = all.last().expect("many");
    let mut skipped = 0;
    for reader in &mut stopped {
        reader.read_up_to(newest);
        println!("{} bytes, {} skipped", reader.received, reader.skipped());
        assert!(reader.received < UNDER_WAY, "{} bytes", reader.received);
        assert!(reader.skipped() > 10, "{}", reader.skipped());
        assert!(reader.figures.iter().all(|figure| all.contains(figure)), "whole and the same");
        skipped += reader.skipped();
    }
    assert_eq!(
        app.metric("figcast_figures_skipped_total").await.to_bits(),
        (skipped as f64).to_bits()
    );
    // From here on they are like everybody else.
    steps.step();
    let next = steady.figure().await;
    for reader in &mut stopped {
        reader.read_up_to(&next);
        assert_eq!(number(&reader.figures[reader.figures.len() - 2]), number(newest));
    }
    drop((steady, stopped));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_a_kilobyte_a_figure_lags_by_what_its_buffers_hold_and_not_more_and_more() {
    let (app, steps) = spawn(|_| {});
    let path = "/stream/AAPL";
    let mut steady = app.stream(path).await;
    steady.figure().await;
    let mut slow = Reader::open(&app, path, Coding::Identity);
    let mut late = 0;
    for _ in 0..400 {
        steps.step();
        let newest = steady.figure().await;
        slow.read(1_024);
        if let Some(seen) = slow.figures.last() {
            late = late.max(number(&newest) - number(seen));
        }
    }
    println!("{late} figures late, {} seen, {} skipped", slow.figures.len(), slow.skipped());
    assert!(slow.skipped() > 100, "{}", slow.skipped());
    assert!(late < (UNDER_WAY / 1_024) as u64, "{late} figures late");
    drop((steady, slow));
    app.stop().await;
}

/// Lets the market move until only `left` streams are open.
async fn until_cut(app: &TestApp, steps: &Steps, left: f64) {
    let mut steady = app.stream("/stream/AAPL").await;
    let mut last = number(&steady.figure().await);
    let deadline = Instant::now() + PATIENCE;
    while app.metric("figcast_streams").await > left + 1.0 {
        assert!(Instant::now() < deadline, "nobody is cut");
        steps.step();
        let next = number(&steady.figure().await);
        assert_eq!(next, last + 1, "the others get every figure");
        last = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_for_the_write_timeout_is_cut() {
    let timeout = Duration::from_millis(500);
    let (app, steps) = spawn(|config| config.server.write_timeout = timeout);
    let opened = Instant::now();
    let mut stopped = CODINGS.map(|coding| Reader::open(&app, "/stream/AAPL", coding));
    app.metric_becomes("figcast_streams", 3.0).await;
    until_cut(&app, &steps, 0.0).await;
    assert!(opened.elapsed() >= timeout, "not before");
    for reader in &mut stopped {
        let mut rest = Vec::new();
        // What had arrived can still be read; then the connection is gone.
        let end = reader.socket.read_to_end(&mut rest).map_err(|error| error.kind());
        assert!(matches!(end, Err(ErrorKind::ConnectionReset | ErrorKind::TimedOut)), "{end:?}");
    }
    app.stop().await;
}

/// A network of one client, whose answers can be made to disappear.
struct Network {
    name: String,
    /// The server's address in it.
    host: String,
}

impl Network {
    /// Needs root and iproute2.
    fn new() -> Option<Self> {
        let id = std::process::id();
        let (third, fourth) = (id / 64 % 256, id % 64 * 4);
        let (name, link) = (format!("figcast{id}"), format!("fc{id}"));
        let host = format!("10.203.{third}.{}", fourth + 1);
        let client = format!("10.203.{third}.{}", fourth + 2);
        let network = Self { name: name.clone(), host: host.clone() };
        let made = [
            format!("netns add {name}"),
            format!("link add {link} type veth peer name eth0 netns {name}"),
            format!("addr add {host}/30 dev {link}"),
            format!("link set {link} up"),
            format!("-n {name} addr add {client}/30 dev eth0"),
            format!("-n {name} link set eth0 up"),
        ];
        made.iter().all(|command| ip(command)).then_some(network)
    }

    fn curl(&self, url: &str) -> Killed {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "curl", "-sSN", url]).stdout(Stdio::null());
        Killed(command.spawn().expect("started"))
    }

    /// From now on the client's side answers nothing, not even that it is gone.
    fn vanish(&self) {
        assert!(ip(&format!("-n {} route add blackhole {}/32", self.name, self.host)));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.name));
    }
}

fn ip(command: &str) -> bool {
    let mut run = Command::new("ip");
    run.args(command.split(' ')).stderr(Stdio::null());
    run.status().is_ok_and(|status| status.success())
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_vanished_is_cut_whether_its_stream_is_busy_or_silent() {
    let Some(network) = Network::new() else {
        return println!("skipped: root and `ip netns` are needed to lose packets");
    };
    let (app, steps) = spawn(|config| {
        config.server.listen = "0.0.0.0:0".parse().expect("an address");
        config.server.write_timeout = Duration::from_millis(500);
        config.hub.heartbeat = Duration::from_millis(400);
    });
    let port = app.address.port();
    let url = |query: &str| format!("http://{}:{port}/stream/AAPL{query}", network.host);
    // At that rate the second figure comes in a minute: nothing but heartbeats tells that it is gone.
    let clients = [network.curl(&url("")), network.curl(&url("?max_rate=0.016"))];
    app.metric_becomes("figcast_streams", 2.0).await;
    app.metric_becomes("figcast_figures_sent_total", 2.0).await;
    network.vanish();
    until_cut(&app, &steps, 0.0).await;
    drop(clients);
    app.stop().await;
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
        (path(&format!("/stream/AAPL?{}", "a=b&".repeat(10_000))), 400),
        (path(&format!("/stream/{long}")), 400),
        (path(&format!("/stream?{}", views(32))), 200),
        (path(&format!("/stream?{}", views(33))), 400),
        (path(&format!("/stream?{}", views(3_000))), 400),
        (path(&format!("/stream?view={long}")), 400),
        (path(&format!("/stream?view=AAPL&view={long}")), 200),
        (path(&format!("/stream/AAPL?studies={}", "sma:20,".repeat(2_000))), 400),
        (path(&format!("/stream/AAPL?compare={}", "A,".repeat(2_000))), 400),
        (path("/stream/AAPL?max_rate=1e309"), 400),
        ("GET /stream/AAPL HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("\0\u{1}\u{2}\r\n\r\n".to_owned(), 400),
    ] {
        let what = request.chars().take(80).collect::<String>();
        let answer = raw(&app, &request, |text| text.contains("\r\n\r\n"));
        let said = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        assert_eq!(said, Some(status), "{what:?}: {answer}");
    }
    app.metric_becomes("figcast_streams", 0.0).await;
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
