//! Subscribers that come and go, half of them hostile, for as long as there is time: memory and descriptors
//! stay flat, and nobody honest is refused.
//!
//! `cargo test` does it for ten seconds; `make soak` for 15 minutes with 200 subscribers.
//! `SOAK_SECONDS`, `SOAK_SUBSCRIBERS`, `SOAK_SEED` and `SOAK_SERVER`, which names the binary, change it.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use socket2::{Domain, Socket, Type};

use super::setting;
use crate::support::PATIENCE;
use crate::support::process::{Server, figcast};

/// A run of `cargo test`.
const SHORT: (u64, u8) = (10, 16);
/// A hostile stream has a view for so many subscribers: small crowds meet debug builds.
const SUBSCRIBERS_PER_VIEW: u8 = 8;
/// Descriptors of each subscriber, and those of the measurement.
const DESCRIPTORS: usize = 2;
const SPARE_DESCRIPTORS: usize = 32;
/// Seconds from which on memory has to be flat, and how far it may be from it besides a fifth.
const LONG: u64 = 60;
const SLACK: u64 = 16 << 20;
/// Addresses that the hostile have between them.
const HOSTILE_ADDRESSES: u8 = 4;

const SYMBOLS: &[&str] = &["AAPL", "MSFT", "GOOG", "AMZN", "TSLA", "7203.T", "EURUSD=X", "VOD.L"];
const CHARTS: &[&str] =
    &["", "?chart=candlestick", "?interval=5m&range=5d", "?theme=light", "?range=1y"];
const CODINGS: &[&str] = &["identity", "gzip", "zstd"];

/// What honest subscribers have seen.
#[derive(Debug, Default)]
struct Seen {
    opened: usize,
    reads: usize,
    /// Answers other than what was asked for.
    refused: Vec<String>,
    /// Milliseconds from the request to the first bytes of a figure.
    first: Vec<u128>,
}

/// One client, at an address of its own.
struct Actor<'a> {
    server: SocketAddr,
    address: Ipv4Addr,
    draw: StdRng,
    /// Views of a hostile stream.
    breadth: u32,
    over: &'a AtomicBool,
}

impl Actor<'_> {
    fn connect(&self) -> std::io::Result<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((self.address, 0)).into())?;
        socket.connect_timeout(&self.server.into(), PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(socket.into())
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices.choose(&mut self.draw).expect("some")
    }

    /// Waits, but not beyond the end.
    fn wait(&mut self, most: Duration) {
        let end = Instant::now() + most.mul_f64(self.draw.random());
        while Instant::now() < end && !self.over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Watches charts and asks for tables as a page does, and tells what came.
    fn honest(mut self, seen: &Mutex<Seen>) {
        while !self.over.load(Ordering::Relaxed) {
            let (symbol, chart) = (self.of(SYMBOLS), self.of(CHARTS));
            let outcome = if self.draw.random_ratio(1, 4) {
                let path = self.of(&["/figure/", "/bars/"]);
                self.ask(&format!("{path}{symbol}{chart}"))
            } else {
                self.watch(&format!("/stream/{symbol}{chart}"))
            };
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok((reads, first)) => {
                    seen.opened += 1;
                    seen.reads += reads;
                    seen.first.extend(first);
                }
                Err(refused) => seen.refused.push(format!("{}: {refused}", self.address)),
            }
            drop(seen);
            self.wait(Duration::from_millis(400));
        }
    }

    fn ask(&mut self, path: &str) -> Result<(usize, Option<u128>), String> {
        let mut socket = self.connect().map_err(|error| format!("{path}: {error}"))?;
        let head = format!("GET {path} HTTP/1.0\r\n\r\n");
        socket.write_all(head.as_bytes()).map_err(|error| format!("{path}: {error}"))?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).map_err(|error| format!("{path}: {error}"))?;
        let start = String::from_utf8_lossy(&answer[..answer.len().min(200)]).into_owned();
        let is_right = start.starts_with("HTTP/1.0 200") && answer.len() > 1_000;
        if is_right { Ok((0, None)) } else { Err(format!("{path}: {start}")) }
    }

    /// A stream for some seconds: its events, and how soon the first figure began.
    fn watch(&mut self, path: &str) -> Result<(usize, Option<u128>), String> {
        let failed = |error: std::io::Error| format!("{path}: {error}");
        let mut socket = self.connect().map_err(failed)?;
        let coding = self.of(CODINGS);
        let asked = Instant::now();
        let head = format!("GET {path} HTTP/1.0\r\nAccept-Encoding: {coding}\r\n\r\n");
        socket.write_all(head.as_bytes()).map_err(failed)?;
        let end = asked + Duration::from_secs(8).mul_f64(self.draw.random());
        let (mut start, mut buffer) = (Vec::new(), [0; 16_384]);
        let (mut reads, mut first) = (0, None);
        loop {
            let read = socket.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                return Err(format!("{path}: ended: {}", String::from_utf8_lossy(&start)));
            }
            reads += 1;
            if first.is_none() {
                start.extend_from_slice(&buffer[..read]);
                // More than a status has: a figure is under way.
                if start.len() > 1_500 {
                    first = Some(asked.elapsed().as_millis());
                }
            }
            if (Instant::now() > end || self.over.load(Ordering::Relaxed)) && first.is_some() {
                let is_right = start.starts_with(b"HTTP/1.0 200");
                let shown = || String::from_utf8_lossy(&start[..start.len().min(300)]).into_owned();
                return if is_right { Ok((reads, first)) } else { Err(shown()) };
            }
        }
    }

    /// Does what it should not, over and over, and does not care how it is answered.
    fn hostile(mut self) -> usize {
        let mut attempts = 0;
        while !self.over.load(Ordering::Relaxed) {
            attempts += 1;
            let number = self.draw.random_range(2..1_000_u32);
            let heavy = format!(
                "interval=1m&range=5d&chart=candlestick&studies=sma:{number},ema:9,bb:20:2,macd,rsi,atr"
            );
            let request = match self.draw.random_range(0..9) {
                0 => format!("GET /stream/AAPL?{heavy} HTTP/1.1\r\nHost: x\r\n\r\n"),
                1 => format!("GET /bars/AAPL?{heavy} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(20),
                2 => "GET /figure/AAPL HTTP/1.1\r\nHost: x\r\nX: ".to_owned(),
                3 => "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"
                    .to_owned(),
                4 => "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n".to_owned(),
                5 => format!("GET /stream/X{number}?{heavy} HTTP/1.1\r\nHost: x\r\n\r\n"),
                6 => {
                    let view = |n: u32| format!("view=Y{};studies=sma:{n}", n + number);
                    let views: Vec<_> = (2..2 + self.breadth).map(view).collect();
                    format!("GET /stream?{} HTTP/1.1\r\nHost: x\r\n\r\n", views.join("&"))
                }
                7 => format!("GET /search?q=w{number} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(5),
                _ => format!("GET /stream/NOPE{number} HTTP/1.1\r\nHost: x\r\n\r\n"),
            };
            // Refused or cut, it comes again.
            let Ok(mut socket) = self.connect() else {
                self.wait(Duration::from_millis(200));
                continue;
            };
            let _ = socket.write_all(request.as_bytes());
            if self.draw.random_ratio(1, 3) {
                let _ = socket.read(&mut [0; 1_024]);
            }
            // The others read nothing for a while, and then are gone.
            self.wait(Duration::from_secs(6));
        }
        attempts
    }
}

/// Memory and descriptors of the server, once in a while.
fn measure(server: &Server, over: &AtomicBool) -> Vec<(u64, usize)> {
    let mut samples = Vec::new();
    while !over.load(Ordering::Relaxed) {
        samples.push((server.memory(), server.descriptors()));
        thread::sleep(Duration::from_millis(250));
    }
    samples
}

fn soak(seconds: u64, subscribers: u8) {
    let mut program = env::var_os("SOAK_SERVER").map_or_else(figcast, Command::new);
    let mut server = Server::start_as(program.env_clear().env("RUST_LOG", "warn"), &[]);
    // All its threads run once it answers.
    assert!(server.get("/figure/AAPL").starts_with("HTTP/1.0 200"));
    let idle = server.descriptors();
    let (samples, seen, attempts) = crowd(&server, subscribers, Duration::from_secs(seconds));
    settle(&server, idle);
    report(&samples, server.memory(), &seen, attempts);
    assert!(seen.refused.is_empty(), "{} refused: {:#?}", seen.refused.len(), seen.refused);
    assert!(seen.opened > usize::from(subscribers) / 2, "{} honest requests", seen.opened);
    let most = samples.iter().map(|(_, descriptors)| *descriptors).max().unwrap_or_default();
    let bound = idle + DESCRIPTORS * usize::from(subscribers) + SPARE_DESCRIPTORS;
    assert!(most <= bound, "{most} descriptors were open, {idle} before");
    // A short run grows, as one does that begins.
    let [_, early, _, late] = quarters(&samples);
    assert!(seconds < LONG || late <= early + early / 5 + SLACK, "grew from {early} to {late}");
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

/// Lets them come and go for a time: the samples, what the honest ones have seen, and how often hostile ones came.
fn crowd(server: &Server, subscribers: u8, time: Duration) -> (Vec<(u64, usize)>, Seen, usize) {
    let seed = setting::<u64>("SOAK_SEED", 1).rotate_left(32);
    let (over, noticed) = (AtomicBool::new(false), Mutex::new(Seen::default()));
    let client = |number: u8, address: [u8; 4]| Actor {
        server: server.address.parse().expect("an address"),
        address: address.into(),
        draw: StdRng::seed_from_u64(seed ^ u64::from(number)),
        breadth: u32::from(subscribers / SUBSCRIBERS_PER_VIEW),
        over: &over,
    };
    let (samples, attempts) = thread::scope(|scope| {
        let (mut honest, mut hostile) = (Vec::new(), Vec::new());
        for number in 0..subscribers {
            if number % 2 == 0 {
                let (client, noticed) = (client(number, [127, 1, 0, number + 1]), &noticed);
                honest.push(scope.spawn(move || client.honest(noticed)));
            } else {
                let client = client(number, [127, 2, 0, 1 + number / 2 % HOSTILE_ADDRESSES]);
                hostile.push(scope.spawn(move || client.hostile()));
            }
        }
        let samples = scope.spawn(|| measure(server, &over));
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        for one in honest {
            one.join().expect("no panic");
        }
        let attempts = hostile.into_iter().map(|one| one.join().expect("no panic")).sum();
        (samples.join().expect("no panic"), attempts)
    });
    (samples, noticed.into_inner().unwrap_or_else(PoisonError::into_inner), attempts)
}

/// Everybody has gone, and nothing of them is left.
fn settle(server: &Server, idle: usize) {
    let deadline = Instant::now() + 3 * PATIENCE;
    let left =
        || ["figcast_streams", "figcast_views", "figcast_feeds"].map(|name| server.metric(name));
    while left().iter().any(|count| *count > 0.0) || server.descriptors() > idle + 4 {
        let open = server.descriptors();
        assert!(Instant::now() < deadline, "{:?} and {open} descriptors, {idle} before", left());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Medians of memory in the four quarters of the time.
fn quarters(samples: &[(u64, usize)]) -> [u64; 4] {
    let mut medians = samples.chunks(samples.len().div_ceil(4).max(1)).map(|quarter| {
        let mut memory: Vec<_> = quarter.iter().map(|(memory, _)| *memory).collect();
        memory.sort_unstable();
        memory[memory.len() / 2]
    });
    std::array::from_fn(|_| medians.next().unwrap_or_default())
}

fn report(samples: &[(u64, usize)], after: u64, seen: &Seen, attempts: usize) {
    let mut first = seen.first.clone();
    first.sort_unstable();
    let at = |share: usize| first.get(first.len() * share / 100).copied().unwrap_or_default();
    let most = |of: fn(&(u64, usize)) -> u64| samples.iter().map(of).max().unwrap_or_default();
    println!(
        "{} honest requests with {} reads, {} refused, first figure p50 {} ms, p99 {} ms; {attempts} \
         hostile connections; memory by quarters {:?} MB, at most {} MB, {} MB afterwards; at most {} \
         descriptors",
        seen.opened,
        seen.reads,
        seen.refused.len(),
        at(50),
        at(99),
        quarters(samples).map(|bytes| bytes >> 20),
        most(|(memory, _)| *memory) >> 20,
        after >> 20,
        most(|(_, descriptors)| u64::try_from(*descriptors).unwrap_or(u64::MAX)),
    );
}

#[test]
fn a_crowd_of_which_half_is_hostile_leaves_the_other_half_as_it_is() {
    soak(SHORT.0, SHORT.1);
}

mod slow {
    use super::{setting, soak};

    #[test]
    #[ignore = "takes a quarter of an hour: make soak"]
    fn a_large_crowd_of_which_half_is_hostile_leaves_memory_and_descriptors_flat() {
        soak(setting("SOAK_SECONDS", 900), setting("SOAK_SUBSCRIBERS", 200));
    }
}
