//! What the program says of itself, and that nothing waits for its readers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::PATIENCE;
use crate::support::process::{Server, figcast, text};

/// A pipe that is full and that nobody reads, for as long as the reader is kept.
fn full_pipe() -> (std::io::PipeReader, Stdio) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut filler = writer.try_clone().expect("cloned");
    thread::spawn(move || while filler.write_all(&[b'x'; 4_096]).is_ok() {});
    (reader, Stdio::from(writer))
}

/// A server that cannot say where it listens.
fn silent(command: &mut Command) -> Server {
    let free = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
    let address = free.to_string();
    let child = command.args(["serve", "--listen", &address]).spawn().expect("started");
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(&address).is_err() {
        assert!(Instant::now() < deadline, "it does not listen");
        thread::sleep(Duration::from_millis(10));
    }
    Server { child, address }
}

fn ends(mut server: Server) {
    server.terminate();
    let told = Instant::now();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

/// More lines than a pipe and the queue hold.
fn flood(server: &Server) {
    let deadline = Instant::now() + PATIENCE;
    while server.metric("figcast_log_lines_dropped_total") < 1.0 {
        assert!(Instant::now() < deadline, "no line is dropped");
    }
}

#[test]
fn a_log_that_nobody_reads_stops_neither_serving_nor_the_end() {
    let server = Server::start_as(figcast().env("RUST_LOG", "trace"), &[]);
    flood(&server);
    for _ in 0..50 {
        assert!(server.get("/healthz").ends_with("ok\n"));
    }
    let mut socket = server.connect();
    socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let (mut seen, mut buffer) = (Vec::new(), [0; 16_384]);
    while !seen.windows(8).any(|window| window == b"\"data\":[") {
        let read = socket.read(&mut buffer).expect("something in time");
        seen.extend_from_slice(&buffer[..read]);
    }
    ends(server);
}

#[test]
fn a_log_that_is_read_late_tells_where_lines_are_missing() {
    let mut server = Server::start_as(figcast().env("RUST_LOG", "trace"), &[]);
    flood(&server);
    let mut stderr = server.child.stderr.take().expect("piped");
    let reading = thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).expect("readable");
        String::from_utf8_lossy(&log).into_owned()
    });
    // The queue empties, and goes on being filled.
    while !server.get("/healthz").ends_with("ok\n") {}
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = reading.join().expect("read");
    assert!(log.contains(" lines are missing here, as nobody read the log in time]\n"), "{log}");
    assert!(log.ends_with("stopped\n"), "{}", &log[log.len().saturating_sub(500)..]);
}

#[test]
fn a_server_that_cannot_say_where_it_listens_serves() {
    let (stalled, stdout) = full_pipe();
    let server = silent(figcast().stdout(stdout).stderr(Stdio::null()));
    assert!(server.get("/healthz").ends_with("ok\n"));
    ends(server);
    drop(stalled);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_for_stdout_is_a_warning_for_a_server_and_an_error_for_a_figure() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("on Linux");
    let mut server = silent(figcast().stdout(full()).stderr(Stdio::piped()));
    assert!(server.get("/healthz").ends_with("ok\n"));
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(log.contains("cannot write to stdout") && log.contains("listening on http"), "{log}");
    let output = figcast().args(["figure", "AAPL"]).stdout(full()).output().expect("started");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("figcast: No space left"), "{output:?}");
}

#[test]
fn a_mistake_ends_the_program_though_nobody_reads_of_it() {
    let (stalled, stderr) = full_pipe();
    let mut failing = figcast();
    failing.args(["serve", "--config", "no/such.toml"]).stdout(Stdio::null()).stderr(stderr);
    let started = Instant::now();
    assert_eq!(failing.status().expect("started").code(), Some(1));
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    drop(stalled);
}

#[test]
fn a_hangup_is_told_and_does_nothing() {
    let mut server = Server::start(&[]);
    server.signal("-HUP");
    server.signal("-HUP");
    assert!(server.get("/healthz").ends_with("ok\n"));
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(log.contains("INFO") && log.contains("SIGHUP does nothing: restart"), "{log}");
}

#[test]
fn what_clients_send_wrongly_is_no_line_of_the_log() {
    let mut server = Server::start(&[]);
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /stream/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nH\x01: x\r\n\r\n",
    ] {
        let mut socket = server.connect();
        socket.write_all(request).expect("sent");
        socket.shutdown(std::net::Shutdown::Write).expect("half closed");
        let _ = socket.read_to_end(&mut Vec::new());
    }
    // One that is gone in the middle of an answer.
    let mut socket = server.connect();
    socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    drop(socket);
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[test]
fn one_client_writes_a_line_a_second_and_what_was_left_out_is_counted() {
    let mut server = Server::start(&[]);
    let open = |client: &str| {
        let mut socket = server.connect();
        let head =
            format!("GET /stream/AAPL HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n");
        socket.write_all(head.as_bytes()).expect("sent");
        assert!(socket.read(&mut [0; 15]).expect("an answer") > 0);
    };
    let started = Instant::now();
    (0..100).for_each(|_| open("192.0.2.1"));
    open("192.0.2.2");
    server.terminate();
    server.child.wait().expect("ended");
    let seconds = started.elapsed().as_secs();
    let log = server.log();
    assert!(log.contains("from 192.0.2.2"), "another client has lines of its own: {log}");
    let lines = log.lines().filter(|line| line.contains("] stream "));
    let written = u64::try_from(lines.count()).expect("few");
    assert!((20..=2 + 20 + seconds + 1).contains(&written), "{written} in {seconds} s: {log}");
    // Of every stream a line at its opening and one at its end.
    let more = |line: &str| -> Option<u64> {
        let (before, _) = line.split_once(" more li")?;
        before.rsplit([' ', '(']).next()?.parse().ok()
    };
    let left_out: u64 = log.lines().filter_map(more).sum();
    assert_eq!(written + left_out, 2 * 101, "{log}");
}

#[test]
fn a_line_is_shorter_than_300_bytes_whatever_a_client_asks_for() {
    let mut server = Server::start(&[]);
    let view = |number: usize| {
        format!("view=AAPL;studies=sma:{number},ema:9,wma:20,bb:20:2,macd,stoch,rsi,atr")
    };
    for count in [1, 32] {
        let views: Vec<_> = (2..2 + count).map(view).collect();
        let request = format!("GET /stream?{} HTTP/1.1\r\nHost: x\r\n\r\n", views.join("&"));
        let mut socket = server.connect();
        socket.write_all(request.as_bytes()).expect("sent");
        assert!(socket.read(&mut [0; 15]).expect("an answer") > 0);
    }
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(log.contains("opened for AAPL;") && log.contains(" and 31 more"), "{log}");
    let longest = log.lines().max_by_key(|line| line.len()).expect("lines");
    assert!(longest.len() < 300, "{longest}");
}

#[test]
fn one_line_says_what_runs_where_by_which_file_and_how_much_it_takes() {
    let mut settings = tempfile::NamedTempFile::new().expect("a file");
    settings.write_all(b"[hub]\nstreams = 123\n").expect("written");
    let path = settings.path().to_str().expect("text").to_owned();
    let mut server = Server::start(&["--config", &path]);
    let address = server.address.clone();
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    let first = log.lines().next().expect("a line");
    for part in [
        concat!("figcast ", env!("CARGO_PKG_VERSION"), ": listening on http://"),
        &address,
        "source sim",
        " connections, 123 streams, 1024 views, 256 series",
        &format!("{path} was read"),
    ] {
        assert!(first.contains(part), "{part} is missing in {first}");
    }
}

#[test]
fn a_feed_is_no_line_of_the_log_by_default() {
    let mut server = Server::start(&[]);
    for symbol in ["AAPL", "MSFT", "TSLA"] {
        server.get(&format!("/figure/{symbol}"));
    }
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(!log.contains("] feed "), "{log}");
}

#[test]
fn every_line_of_a_json_log_is_an_object_also_those_of_no_module() {
    let mut server = Server::start(&["--log-format", "json"]);
    server.get("/figure/AAPL");
    let address = server.address.clone();
    let second = figcast()
        .args(["--log-format", "json", "serve", "--listen", &address])
        .output()
        .expect("started");
    assert_eq!(second.status.code(), Some(1), "the port is taken");
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log() + &text(&second.stderr);
    let mut messages = Vec::new();
    for line in log.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        let time = object["time"].as_str().expect("a time");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(object["level"].is_string() && object["target"].is_string(), "{line}");
        messages.push(object["message"].as_str().expect("a message").to_owned());
    }
    for part in ["listening on http://", "stopped", "cannot listen on "] {
        assert!(messages.iter().any(|message| message.contains(part)), "{part} in {messages:?}");
    }
}

#[test]
fn an_outage_of_a_source_is_one_warning_however_many_series_it_fails() {
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
    let url = format!("http://{free}");
    let config = ["--yahoo-base-url", &url];
    let mut command = figcast();
    command.env("FIGCAST_YAHOO__REQUEST_RATE", "100");
    let mut server = Server::start_as(&mut command, &config);
    let streams: Vec<_> = ["AAPL", "MSFT", "TSLA", "NVDA"]
        .map(|symbol| {
            let mut socket = server.connect();
            let head = format!("GET /stream/{symbol} HTTP/1.1\r\nHost: x\r\n\r\n");
            socket.write_all(head.as_bytes()).expect("sent");
            socket
        })
        .into();
    let failed = "figcast_fetches_total{source=\"yahoo\",outcome=\"unavailable\"}";
    let deadline = Instant::now() + PATIENCE;
    while !server.get("/metrics").contains(failed) || server.metric(failed) < 8.0 {
        assert!(Instant::now() < deadline, "nothing fails");
        thread::sleep(Duration::from_millis(20));
    }
    server.terminate();
    server.child.wait().expect("ended");
    drop(streams);
    let log = server.log();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("yahoo cannot be reached"), "{log}");
    let ends: Vec<_> =
        log.lines().filter(|line| line.contains("in trouble (unavailable)")).collect();
    assert!(matches!(ends[..], [end] if end.contains("failures of 4 series")), "{log}");
}

#[test]
fn an_access_log_has_a_line_for_each_request_that_names_the_route_and_nothing_of_the_query() {
    let mut server = Server::start_as(figcast().env("FIGCAST_SERVER__ACCESS_LOG", "true"), &[]);
    // More than the lines that one client has otherwise.
    for _ in 0..50 {
        server.get("/figure/AAPL?theme=light&_=letmein");
    }
    server.get("/figure/NOPE");
    server.get("/nowhere/letmein");
    server.answer(b"DELETE /healthz HTTP/1.0\r\n\r\n");
    server.answer(
        b"GET /views HTTP/1.0\r\nAccept-Encoding: gzip\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n",
    );
    let mut socket = server.connect();
    socket.write_all(b"GET /stream/AAPL?ticket=letmein HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut seen = Vec::new();
    while !seen.windows(8).any(|window| window == b"\"data\":[") {
        let mut buffer = [0; 16_384];
        let read = socket.read(&mut buffer).expect("something in time");
        seen.extend_from_slice(&buffer[..read]);
    }
    server.terminate();
    socket.read_to_end(&mut Vec::new()).expect("a clean end");
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(" figcast::access] ")).collect();
    assert_eq!(lines.len(), 55, "{log}");
    let count = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert_eq!(count("] GET /figure/{symbol:.*} 200 identity "), 50, "{log}");
    assert_eq!(count("] GET /figure/{symbol:.*} 404 identity "), 1, "{log}");
    assert_eq!(count("] GET /{path:.*} 404 identity "), 1, "{log}");
    assert_eq!(count("] DELETE /healthz 405 identity "), 1, "{log}");
    assert_eq!(count("] GET /views 200 gzip "), 1, "{log}");
    assert_eq!(count(" s from 192.0.2.7"), 1, "{log}");
    let stream = lines.iter().find(|line| line.contains("] GET /stream/{symbol:.*} 200 identity "));
    assert!(stream.is_some_and(|line| line.contains(" events ")), "{log}");
    assert!(!log.contains("letmein"), "{log}");
}

#[test]
fn an_access_log_counts_the_events_of_a_stream_and_not_what_keeps_it_alive() {
    let mut program = figcast();
    program.env("FIGCAST_SERVER__ACCESS_LOG", "true").env("FIGCAST_HUB__HEARTBEAT", "100ms");
    let mut server = Server::start_as(&mut program, &[]);
    let mut socket = server.connect();
    // Without chunks.
    socket.write_all(b"GET /stream?view=AAPL&view=MSFT HTTP/1.0\r\n\r\n").expect("sent");
    let (mut seen, mut buffer) = (String::new(), [0; 16_384]);
    while seen.matches("\n:\n").count() < 10 || seen.matches("\ndata: {\"data\":[").count() < 3 {
        let read = socket.read(&mut buffer).expect("something in time");
        seen += &String::from_utf8_lossy(&buffer[..read]);
    }
    server.terminate();
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).expect("a clean end");
    seen += &String::from_utf8_lossy(&rest);
    server.child.wait().expect("ended");
    let events = seen.lines().filter(|line| line.starts_with("data:")).count();
    let log = server.log();
    let line = log.lines().find(|line| line.contains("] GET /stream 200 ")).expect("a line");
    assert!(line.contains(&format!(" bytes {events} events ")), "{events} events: {line}");
}

#[test]
fn why_the_keys_of_an_issuer_cannot_be_had_is_told_with_its_cause() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
    let settings = [
        ("FIGCAST_AUTH__ISSUER", "https://id.example"),
        ("FIGCAST_AUTH__AUDIENCE", "figcast"),
        ("FIGCAST_AUTH__JWKS__URL", &format!("http://{nobody}/keys")),
        ("FIGCAST_AUTH__JWKS__ALGORITHMS", "ES256"),
    ];
    // An issuer of this machine is asked without it: a proxy on the way could name keys of its own.
    let proxy = TcpListener::bind("127.0.0.1:0").expect("bound");
    let through = format!("http://{}", proxy.local_addr().expect("an address"));
    let mut command = figcast();
    let mut server = Server::start_as(command.envs(settings).env("http_proxy", through), &[]);
    // Waits for the first fetch: {"alg":"ES256"} of a key that is not known.
    let answer = server.answer(
        b"GET /figure/AAPL HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
          Authorization: Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    proxy.set_nonblocking(true).expect("set");
    assert!(proxy.accept().is_err(), "the proxy was asked");
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    let (_, why) = log.split_once("and no token can be checked with them: ").expect(&log);
    let why = why.lines().next().expect("a line");
    assert!(why.starts_with("there is no whole answer: ") && why.contains("refused"), "{why}");
}
