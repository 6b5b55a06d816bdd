//! TLS in the process: the certificate and its exchange, and that the bounds of connections hold below it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use figcast::config::{Config, SimConfig, TlsConfig};
use reqwest::tls::TlsInfo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::support::app::{self, TestApp};
use crate::support::process::{Server, figcast, text};
use crate::support::sources::sim;
use crate::support::{PATIENCE, small_reader};

type TlsClient = StreamOwned<ClientConnection, TcpStream>;

/// A table of half a megabyte.
const TABLE: &str = "/bars/AAPL?interval=1m&range=5d&studies=macd,rsi,atr,stoch&format=json";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/tls").join(name)
}

/// A folder of certificate and key, which a test may exchange.
struct Pair(TempDir);

impl Pair {
    fn new(name: &str) -> Self {
        let pair = Self(tempfile::tempdir().expect("a temporary folder"));
        pair.put("certificate", name);
        pair.put("key", name);
        pair
    }

    fn path(&self, part: &str) -> PathBuf {
        self.0.path().join(format!("{part}.pem"))
    }

    fn put(&self, part: &str, name: &str) {
        fs::copy(file(&format!("{name}.{part}.pem")), self.path(part)).expect("copied");
    }

    fn config(&self) -> TlsConfig {
        let (certificate, key) = (self.path("certificate"), self.path("key"));
        TlsConfig { certificate, key, ..TlsConfig::default() }
    }

    fn spawn(&self, change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::spawn_with(sim(&SimConfig::default()), |config| {
            config.server.tls = self.config();
            change(config);
        })
    }

    fn start(&self) -> Server {
        let mut program = figcast();
        program
            .env("FIGCAST_SERVER__TLS__CERTIFICATE", self.path("certificate"))
            .env("FIGCAST_SERVER__TLS__KEY", self.path("key"));
        Server::start_as(&mut program, &[])
    }
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(&format!("{name}.certificate.pem"))).expect("a certificate")
}

/// The certificate that a new connection is shown.
async fn shown(app: &TestApp) -> Vec<u8> {
    let client = app::https_client();
    let answer = client.get(app.url("/healthz")).send().await.expect("answered");
    let info = answer.extensions().get::<TlsInfo>().expect("TLS");
    info.peer_certificate().expect("a certificate").to_vec()
}

async fn becomes(app: &TestApp, name: &str) {
    let deadline = Instant::now() + PATIENCE;
    while shown(app).await != certificate(name).to_vec() {
        assert!(Instant::now() < deadline, "the certificate does not become {name}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A connection that has shaken hands.
fn connect(socket: TcpStream) -> TlsClient {
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut roots = RootCertStore::empty();
    for name in ["first", "second"] {
        roots.add(certificate(name)).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut client = StreamOwned::new(session, socket);
    while client.conn.is_handshaking() {
        client.conn.complete_io(&mut client.sock).expect("hands are shaken");
    }
    client
}

fn tcp(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

fn ask(client: &mut TlsClient, path: &str, headers: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    client.write_all(head.as_bytes()).expect("sent");
    client.flush().expect("sent");
}

/// Waits until a metric has a value, as a connection that is kept is told it.
fn metric_becomes(client: &mut TlsClient, name: &str, value: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = body(client, "/metrics");
        let now = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        if now == Some(value) {
            return;
        }
        assert!(Instant::now() < deadline, "{name} stays {now:?}, not {value}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The body that a path answers with on a connection that is kept.
fn body(client: &mut TlsClient, path: &str) -> String {
    ask(client, path, "");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    let mut body = vec![0; content_length(&head)];
    client.read_exact(&mut body).expect("a body");
    String::from_utf8(body).expect("text")
}

fn content_length(head: &[u8]) -> usize {
    let head = text(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.expect("a length").parse().expect("a number")
}

/// Waits until the server has ended the connection, and sends `trickle` meanwhile.
fn ends(socket: &mut TcpStream, trickle: &[u8]) {
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("set");
    let deadline = Instant::now() + PATIENCE;
    loop {
        match socket.read(&mut [0; 4_096]) {
            Ok(0) => return,
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return,
            _ => assert!(Instant::now() < deadline, "the connection stays open"),
        }
        let _ = socket.write_all(trickle);
    }
}

/// The first bytes of a client that begins TLS: the header of a record of 512 bytes.
const HALF_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_read_over_tls_in_every_coding_and_ends_well_formed() {
    let pair = Pair::new("first");
    let mut app = pair.spawn(|_| {});
    let mut streams = Vec::new();
    for coding in ["identity", "gzip", "zstd"] {
        let mut stream = app.stream_with("/stream/AAPL", &[("accept-encoding", coding)]).await;
        assert_eq!(stream.response.version(), reqwest::Version::HTTP_11);
        stream.figure().await;
        stream.figure().await;
        streams.push(stream);
    }
    app.begin_stop();
    for mut stream in streams {
        stream.end().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_exchanged_below_a_running_stream_and_new_connections_see_the_new_one() {
    let pair = Pair::new("first");
    let app = pair.spawn(|_| {});
    let mut stream = app.stream("/stream/AAPL").await;
    stream.figure().await;
    becomes(&app, "first").await;
    // The key comes later than the certificate, and half of it first.
    pair.put("certificate", "second");
    let key = fs::read(file("second.key.pem")).expect("a key");
    fs::write(pair.path("key"), &key[..key.len() / 2]).expect("written");
    becomes(&app, "first").await;
    fs::write(pair.path("key"), &key).expect("written");
    becomes(&app, "second").await;
    for _ in 0..3 {
        stream.figure().await;
    }
    let ends = app.metric("figcast_tls_certificate_ends_timestamp_seconds").await;
    assert!(ends > 4e9, "in a hundred years: {ends}");
    drop(stream);
    app.stop().await;
}

#[test]
fn a_broken_pair_keeps_the_one_of_before_and_is_told_once() {
    let pair = Pair::new("first");
    let mut server = pair.start();
    let address = server.address.parse().expect("an address");
    let is_shown = |name: &str| {
        let client = connect(tcp(address));
        let chain = client.conn.peer_certificates().expect("a certificate").to_vec();
        chain == [certificate(name)]
    };
    let wait = |name: &str| {
        let deadline = Instant::now() + PATIENCE;
        while !is_shown(name) {
            assert!(Instant::now() < deadline, "{name} is not shown");
            thread::sleep(Duration::from_millis(20));
        }
    };
    // A pair that does not fit is looked at several times.
    pair.put("key", "second");
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(1) {
        server.signal("-HUP");
        assert!(is_shown("first"));
    }
    pair.put("certificate", "second");
    server.signal("-HUP");
    wait("second");
    fs::remove_file(pair.path("key")).expect("removed");
    for _ in 0..10 {
        server.signal("-HUP");
        thread::sleep(Duration::from_millis(50));
        assert!(is_shown("second"));
    }
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert_eq!(log.matches("does not fit the certificate in").count(), 1, "{log}");
    assert_eq!(log.matches("is served from now on, until 2126-").count(), 1, "{log}");
    assert_eq!(log.matches("the certificate of before is served on: cannot read").count(), 1);
    assert!(log.contains("SIGHUP has the certificate read again"), "{log}");
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[test]
fn a_server_does_not_start_with_a_broken_pair_and_says_what_is_wrong_with_it() {
    let path = |name: &str| file(name).to_str().expect("text").to_owned();
    let (first, key) = (path("first.certificate.pem"), path("first.key.pem"));
    let toml = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned();
    for (certificate, key, part) in [
        (
            "/nowhere/certificate.pem",
            &*key,
            "server.tls: cannot read /nowhere/certificate.pem: No such",
        ),
        (&first, "/nowhere/key.pem", "cannot read /nowhere/key.pem: No such file"),
        (&toml, &key, "Cargo.toml holds no certificate in PEM (BEGIN CERTIFICATE)"),
        (&key, &key, "first.key.pem holds no certificate in PEM"),
        (&first, &toml, "Cargo.toml holds no private key in PEM (BEGIN PRIVATE KEY)"),
        (&first, &first, "first.certificate.pem holds no private key"),
        (&first, &path("second.key.pem"), "second.key.pem does not fit the certificate in"),
        (&first, &path("encrypted.key.pem"), "encrypted.key.pem is encrypted, and nobody is there"),
        (&first, "", "server.tls needs both certificate and key, or neither"),
    ] {
        for command in ["serve", "check-config"] {
            let mut program = figcast();
            program
                .env("FIGCAST_SERVER__TLS__CERTIFICATE", certificate)
                .env("FIGCAST_SERVER__TLS__KEY", key)
                .env("FIGCAST_SERVER__LISTEN", "127.0.0.1:0");
            let output = program.arg(command).output().expect("started");
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{command}: {said}");
            let part =
                if command == "serve" { part } else { part.trim_start_matches("server.tls: ") };
            assert_eq!(said.matches(part).count(), 1, "{command}: {part}: {said}");
        }
    }
}

#[test]
fn a_certificate_that_has_ended_is_served_and_told_of() {
    let mut program = figcast();
    program
        .env("FIGCAST_SERVER__TLS__CERTIFICATE", file("expired.certificate.pem"))
        .env("FIGCAST_SERVER__TLS__KEY", file("first.key.pem"));
    let output = program.arg("check-config").output().expect("started");
    let said = text(&output.stdout);
    let note = "expired.certificate.pem ended at 2020-02-01T00:00:00Z: clients refuse it";
    assert!(said.starts_with("the configuration is fine") && said.contains(note), "{said}");
    let mut program = figcast();
    program
        .env("FIGCAST_SERVER__TLS__CERTIFICATE", file("expired.certificate.pem"))
        .env("FIGCAST_SERVER__TLS__KEY", file("first.key.pem"));
    let mut server = Server::start_as(&mut program, &[]);
    server.terminate();
    server.child.wait().expect("ended");
    let log = server.log();
    assert!(log.contains(note), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_ended_without_harm_to_others() {
    let pair = Pair::new("first");
    let app = pair.spawn(|_| {});
    let mut stream = app.stream("/stream/AAPL").await;
    stream.figure().await;
    let junk: [&[u8]; 5] = [
        b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[0; 4_096],
        &[0x16; 16_000],
        b"\x80\x2e\x01\x00\x02\x00\x15",
    ];
    block_in_place(|| {
        for bytes in junk {
            let mut socket = tcp(app.address);
            let _ = socket.write_all(bytes);
            let _ = socket.shutdown(std::net::Shutdown::Write);
            ends(&mut socket, b"");
        }
    });
    app.metric_becomes("figcast_tls_handshakes_failed_total", 5.0).await;
    stream.figure().await;
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_ends_its_handshake_is_cut_however_it_trickles() {
    let pair = Pair::new("first");
    let app = pair.spawn(|config| config.server.request_timeout = Duration::from_secs(1));
    let began = Instant::now();
    block_in_place(|| {
        thread::scope(|scope| {
            for (first, trickle) in
                [(&b""[..], &b""[..]), (b"\x16", b""), (HALF_HELLO, b""), (HALF_HELLO, b"\0")]
            {
                scope.spawn(move || {
                    let mut socket = tcp(app.address);
                    socket.write_all(first).expect("sent");
                    ends(&mut socket, trickle);
                });
            }
            // Hands are shaken, and then nothing comes, or half of a request, which HTTP knows how to end.
            for head in ["", "GET / HT"] {
                scope.spawn(move || {
                    let mut client = connect(tcp(app.address));
                    client.write_all(head.as_bytes()).expect("sent");
                    client.flush().expect("sent");
                    ends(&mut client.sock, b"");
                });
            }
        });
    });
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    app.metric_becomes("figcast_connections_cut_total{reason=\"late\"}", 4.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_shake_hands_make_room_and_hold_up_no_end() {
    let pair = Pair::new("first");
    let app = pair.spawn(|config| config.server.connections_per_address = 4);
    let idle: Vec<_> = block_in_place(|| (0..8).map(|_| tcp(app.address)).collect());
    // One that asks has a place.
    let mut stream = app.stream("/stream/AAPL").await;
    stream.figure().await;
    drop(stream);
    let told = Instant::now();
    app.stop().await;
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_shakes_hands_while_others_stall_in_all_the_places() {
    let pair = Pair::new("first");
    let app = pair.spawn(|config| config.server.tls.handshakes = 4);
    block_in_place(|| {
        // Another connection would take a place as well. An answer says that the server has ended the handshake, too.
        let mut kept = connect(tcp(app.address));
        assert_eq!(body(&mut kept, "/healthz"), "ok\n");
        let begins = [&b""[..], b"\x16", HALF_HELLO];
        let stall = |n: usize| {
            let mut socket = tcp(app.address);
            socket.write_all(begins[n % begins.len()]).expect("sent");
            socket
        };
        let stalled: Vec<_> = (0..30).map(stall).collect();
        metric_becomes(&mut kept, "figcast_connections_cut_total{reason=\"displaced\"}", "26");
        metric_becomes(&mut kept, "figcast_tls_handshakes", "4");
        let mut honest = connect(tcp(app.address));
        assert_eq!(body(&mut honest, "/healthz"), "ok\n");
        metric_becomes(&mut kept, "figcast_tls_handshakes", "3");
        metric_becomes(&mut kept, "figcast_tls_handshakes_refused_total", "0");
        drop(stalled);
        metric_becomes(&mut kept, "figcast_tls_handshakes", "0");
    });
    app.stop().await;
}

/// A connection that comes from an address of this machine.
fn tcp_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.bind(&SocketAddr::from((source, 0)).into()).expect("an address of this machine");
    socket.connect(&address.into()).expect("connected");
    socket.into()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_begins_no_more_handshakes_a_second_than_it_may_and_others_their_own() {
    let pair = Pair::new("first");
    let app = pair.spawn(|config| {
        config.server.trusted_proxies.clear();
        // One in twenty seconds.
        config.server.tls.handshakes_per_address = 0.05;
    });
    let stream = app.stream("/stream/AAPL").await;
    block_in_place(|| {
        let first = connect(tcp_from([127, 0, 0, 3], app.address));
        let mut second = tcp_from([127, 0, 0, 3], app.address);
        ends(&mut second, b"");
        let mut other = connect(tcp_from([127, 0, 0, 4], app.address));
        ask(&mut other, "/metrics", "Connection: close\r\n");
        let mut page = String::new();
        other.read_to_string(&mut page).expect("answered");
        assert!(page.contains("\nfigcast_tls_handshakes_refused_total 1\n"), "{page}");
        drop(first);
    });
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_of_an_answer_is_cut_below_tls() {
    let pair = Pair::new("first");
    let app = pair.spawn(|config| config.server.write_timeout = Duration::from_secs(1));
    let reader = block_in_place(|| {
        let mut client = connect(small_reader(app.address));
        ask(&mut client, TABLE, "");
        client.read_exact(&mut [0; 1]).expect("it has begun");
        client
    });
    let began = Instant::now();
    app.metric_becomes("figcast_connections_cut_total{reason=\"stalled\"}", 1.0).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(reader);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_reaches_a_client_that_has_said_that_it_asks_for_nothing_more() {
    let pair = Pair::new("first");
    let app = pair.spawn(|_| {});
    let answer = block_in_place(|| {
        let mut client = connect(small_reader(app.address));
        ask(&mut client, TABLE, "");
        let mut answer = vec![0];
        client.read_exact(&mut answer).expect("it has begun");
        client.conn.send_close_notify();
        client.flush().expect("sent");
        client.read_to_end(&mut answer).expect("a clean end");
        answer
    });
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let length = content_length(&answer[..head]);
    assert_eq!(answer.len() - head - 4, length);
    assert!(length > 300_000);
    app.stop().await;
}
