//! Connections that hold a place and do nothing for it.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use figcast::config::{Config, SimConfig};
use reqwest::Method;
use socket2::{Domain, Socket, Type};
use tokio::task::block_in_place;

use super::readers::NEVER;
use crate::support::app::TestApp;
use crate::support::sources::sim;
use crate::support::{PATIENCE, small_reader};

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const HALF: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ";
/// With a body that every route leaves unread.
const CHUNKED: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const SIZED: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
/// A table of half a megabyte.
const TABLE: &str = "/bars/AAPL?interval=1m&range=5d&studies=macd,rsi,atr,stoch&format=json";

/// A request for it.
fn table(header: &str) -> String {
    format!("GET {TABLE} HTTP/1.1\r\nHost: x\r\n{header}\r\n")
}

fn spawn(change: impl FnOnce(&mut Config)) -> TestApp {
    let source = sim(&SimConfig::default());
    TestApp::spawn_with(source, |config| {
        config.server.write_timeout = NEVER;
        change(config);
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

/// One of the other addresses of this machine.
fn connect_from(host: Ipv4Addr, address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((host, 0)).into()).expect("bound");
    socket.connect(&address.into()).expect("connected");
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

/// Sends a request and reads the head of its answer; nothing if the connection has been closed.
fn ask(socket: &mut TcpStream) -> io::Result<String> {
    socket.write_all(REQUEST)?;
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\"alive\"}") && !answer.ends_with(b"ok\n") {
        match socket.read(&mut byte)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            _ => answer.push(byte[0]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Waits until the server has ended the connection, and sends `trickle` meanwhile.
fn ends(socket: &mut TcpStream, trickle: &[u8]) {
    let deadline = Instant::now() + PATIENCE;
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("set");
    let mut buffer = [0; 4_096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return,
            _ => assert!(Instant::now() < deadline, "the connection stays open"),
        }
        let _ = socket.write_all(trickle);
    }
}

/// Sends the first, and the second when an answer has begun; then the connection ends.
fn all_end(address: SocketAddr, cases: &[(&[u8], &[u8], &[u8])]) {
    let each = |&(first, second, trickle): &(&[u8], &[u8], &[u8])| {
        let mut socket = connect(address);
        socket.write_all(first).expect("sent");
        if !second.is_empty() {
            socket.read_exact(&mut [0; 1]).expect("answered");
            socket.write_all(second).expect("sent");
        }
        ends(&mut socket, trickle);
    };
    block_in_place(|| {
        thread::scope(|scope| {
            for case in cases {
                scope.spawn(move || each(case));
            }
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_not_waited_for_be_it_the_first_or_another_and_bytes_keep_coming() {
    let app = spawn(|config| config.server.request_timeout = Duration::from_secs(1));
    let whole_and_half = [REQUEST, HALF].concat();
    all_end(
        app.address,
        &[
            (b"", b"", b""),
            (b"G", b"", b""),
            (HALF, b"", b""),
            (HALF, b"", b"a"),
            (REQUEST, b"G", b""),
            (REQUEST, HALF, b""),
            (REQUEST, HALF, b"a"),
            (&whole_and_half, b"", b""),
            (&whole_and_half, b"", b"a"),
        ],
    );
    app.metric_becomes("figcast_connections", 1.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_ends_its_connection_whether_it_trickles_stops_or_never_ends() {
    let app = spawn(|config| config.server.request_timeout = Duration::from_secs(1));
    for request in [CHUNKED, SIZED] {
        all_end(
            app.address,
            &[
                (request, b"", b""),
                (request, b"5\r\nhel", b""),
                (request, b"", b"1\r\na\r\n"),
                (request, b"400000\r\n", b"aaaaaaaaaaaaaaaaaaaaaaaa"),
            ],
        );
    }
    app.metric_becomes("figcast_connections", 1.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_behind_a_stream_is_read_for_some_bytes_and_no_more() {
    let app = spawn(|config| config.server.request_timeout = NEVER);
    let written = block_in_place(|| {
        let mut socket = connect(app.address);
        socket.set_write_timeout(Some(PATIENCE)).expect("set");
        let head = String::from_utf8_lossy(CHUNKED).replace("/healthz", "/stream/AAPL");
        socket.write_all(head.as_bytes()).expect("sent");
        socket.read_exact(&mut [0; 1]).expect("answered");
        let chunk = [&b"1000\r\n"[..], &[b'a'; 4_096], b"\r\n"].concat();
        // More than any buffer on the way holds.
        (0..16 << 10).find(|_| socket.write_all(&chunk).is_err())
    });
    assert!(written.is_some(), "it is never cut");
    let cut = "figcast_connections_cut_total{reason=\"flooded\"}";
    app.metric_becomes(cut, 1.0).await;
    app.metric_becomes("figcast_streams", 0.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_at_its_bound_is_closed_without_a_word_and_another_one_is_served() {
    let app = spawn(|config| {
        config.server.trusted_proxies = Vec::new();
        config.server.connections_per_address = 3;
    });
    block_in_place(|| {
        let streams = [(); 3].map(|()| {
            let mut socket = connect(app.address);
            socket.write_all(b"GET /stream/AAPL HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
            socket.read_exact(&mut [0; 1]).expect("answered");
            socket
        });
        let mut one_more = connect(app.address);
        assert!(ask(&mut one_more).is_err(), "closed");
        let mut other = connect_from(Ipv4Addr::new(127, 0, 0, 2), app.address);
        let answer = ask(&mut other).expect("answered");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(streams);
    });
    app.hub.drain();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_waits_makes_room_for_a_new_one() {
    for (of_all, of_one) in [(8, 0), (0, 8)] {
        let app = spawn(|config| {
            config.server.trusted_proxies = Vec::new();
            config.server.request_timeout = NEVER;
            config.server.connections = of_all;
            config.server.connections_per_address = of_one;
        });
        block_in_place(|| {
            let mut first = connect(app.address);
            first.write_all(HALF).expect("sent");
            // However many there are, the newest is served.
            let mut idle = Vec::new();
            for _ in 0..30 {
                let mut socket = connect(app.address);
                let answer = ask(&mut socket).expect("answered");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                idle.push(socket);
            }
            ends(&mut first, b"");
        });
        let displaced = "figcast_connections_cut_total{reason=\"displaced\"}";
        assert!(app.metric(displaced).await >= 23.0);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_of_a_large_answer_is_cut() {
    let timeout = Duration::from_millis(500);
    let app = spawn(|config| config.server.write_timeout = timeout);
    let mut socket = small_reader(app.address);
    let asked = Instant::now();
    socket.write_all(table("").as_bytes()).expect("sent");
    app.metric_becomes("figcast_connections_cut_total{reason=\"stalled\"}", 1.0).await;
    assert!(asked.elapsed() >= timeout, "not before");
    let mut taken = Vec::new();
    let end = block_in_place(|| socket.read_to_end(&mut taken));
    assert_eq!(end.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_a_large_answer_whole_and_so_does_one_that_has_closed_its_side() {
    let app = spawn(|_| {});
    let whole = app.get(TABLE).await.bytes().await.expect("a body");
    assert!(whole.len() > 300_000, "{}", whole.len());
    // Longer than an idle connection lives.
    let pause = Duration::from_secs(8) / u32::try_from(whole.len() / 16_384).expect("few");
    let slow = thread::spawn({
        let mut socket = small_reader(app.address);
        move || {
            let request = table("Connection: close\r\n");
            socket.write_all(request.as_bytes()).expect("sent");
            let (mut answer, mut buffer) = (Vec::new(), [0; 16_384]);
            loop {
                match socket.read(&mut buffer).expect("something in time") {
                    0 => return answer,
                    read => answer.extend_from_slice(&buffer[..read]),
                }
                thread::sleep(pause);
            }
        }
    });
    let mut closed = small_reader(app.address);
    closed.write_all(table("").as_bytes()).expect("sent");
    closed.shutdown(Shutdown::Write).expect("shut");
    let mut answer = Vec::new();
    block_in_place(|| closed.read_to_end(&mut answer)).expect("whole");
    assert!(answer.ends_with(&whole), "{} bytes", answer.len());
    let answer = block_in_place(|| slow.join()).expect("no panic");
    assert!(answer.ends_with(&whole), "{} bytes", answer.len());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_had_stopped_and_leaves_is_noticed_at_once() {
    let app = spawn(|config| config.server.stall_timeout = NEVER);
    let paths = ["/stream/AAPL?range=5d", TABLE];
    let sockets = paths.map(|path| {
        let mut socket = small_reader(app.address);
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("sent");
        block_in_place(|| socket.read_exact(&mut [0; 1])).expect("answered");
        socket
    });
    app.metric_becomes("figcast_connections", 3.0).await;
    drop(sockets);
    app.metric_becomes("figcast_connections", 1.0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_refused_more_and_another_is_answered() {
    // A table is half a megabyte, which the kernel does not take unread.
    let app = spawn(|config| config.server.unread_bytes = 2 * 1_024 * 1_024);
    let status = async |path: &str, client: &str| {
        let headers = [("x-forwarded-for", client)];
        app.request(Method::GET, path, &headers).await.status().as_u16()
    };
    let candles = format!("{TABLE}&chart=candlestick");
    let mut silent = small_reader(app.address);
    let request = format!("GET {TABLE} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n");
    silent.write_all(request.as_bytes()).expect("written");
    // Its answer is on its way before the client asks for another one.
    let mut answered = [0; 12];
    block_in_place(|| silent.read_exact(&mut answered)).expect("an answer");
    assert_eq!(&answered, b"HTTP/1.1 200");
    let becomes = async |wanted: u16| {
        let deadline = Instant::now() + PATIENCE;
        while status(&candles, "10.0.0.1").await != wanted {
            assert!(Instant::now() < deadline, "it never is {wanted}");
        }
    };
    becomes(503).await;
    assert_eq!(status(&candles, "10.0.0.2").await, 200, "another client");
    drop(silent);
    becomes(200).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_outlasts_the_drain_is_cut_and_nothing_goes_on_drawing() {
    let mut app = spawn(|config| config.server.drain = Duration::from_secs(1));
    let mut silent = small_reader(app.address);
    silent.write_all(table("").as_bytes()).expect("written");
    let mut byte = [0];
    block_in_place(|| silent.read_exact(&mut byte)).expect("the answer begins");
    let _stream = app.stream("/stream/AAPL").await;
    app.begin_stop();
    // Which sees that no feed and no view is left.
    app.stop().await;
}
