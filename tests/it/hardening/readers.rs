//! Readers that are slow, and readers that have stopped.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use figcast::codec::Coding;
use figcast::config::{Config, SimConfig};

use crate::support::app::TestApp;
use crate::support::client::CODINGS;
use crate::support::decode::Body;
use crate::support::sources::sim;
use crate::support::sse::{Event, Parser};
use crate::support::stub::{Steps, Stub};
use crate::support::{PATIENCE, small_reader};

/// Longer than any test.
pub const NEVER: Duration = Duration::from_mins(10);
/// Most that a reader that has stopped is sent before the newest figure: what its own buffer holds, what
/// the server's kernel keeps unsent (16 KiB) and in flight, and what the connection had taken already.
const UNDER_WAY: usize = 160 * 1_024;

/// A client that reads when the test says so.
pub struct Reader {
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
    pub fn open(app: &TestApp, path: &str, coding: Coding) -> Self {
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
    pub fn read_up_to(&mut self, newest: &Event) {
        while self.figures.last().is_none_or(|figure| figure.id != newest.id) {
            self.read(1 << 16);
        }
    }

    /// How many figures it was not given, between the first and the last one that it was.
    fn skipped(&self) -> u64 {
        self.figures.windows(2).map(|two| two[1].number() - two[0].number() - 1).sum()
    }
}

pub fn spawn(change: impl FnOnce(&mut Config)) -> (TestApp, Steps) {
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
    assert!(all.is_sorted_by(|one, next| one.number() + 1 == next.number()), "each one, in turn");
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
        assert_eq!(reader.figures[reader.figures.len() - 2].number(), newest.number());
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
            late = late.max(newest.number() - seen.number());
        }
    }
    println!("{late} figures late, {} seen, {} skipped", slow.figures.len(), slow.skipped());
    assert!(slow.skipped() > 100, "{}", slow.skipped());
    assert!(late < (UNDER_WAY / 1_024) as u64, "{late} figures late");
    drop((steady, slow));
    app.stop().await;
}

/// Lets the market move until only `left` streams are open.
pub async fn until_cut(app: &TestApp, steps: &Steps, left: f64) {
    let mut steady = app.stream("/stream/AAPL").await;
    let mut last = steady.figure().await.number();
    let deadline = Instant::now() + PATIENCE;
    while app.metric("figcast_streams").await > left + 1.0 {
        assert!(Instant::now() < deadline, "nobody is cut");
        steps.step();
        let next = steady.figure().await.number();
        assert_eq!(next, last + 1, "the others get every figure");
        last = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_of_its_stream_for_the_stall_timeout_is_cut() {
    let timeout = Duration::from_millis(500);
    let (app, steps) = spawn(|config| config.server.stall_timeout = timeout);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_pauses_for_longer_than_the_write_timeout_is_slow_and_not_gone() {
    let timeout = Duration::from_millis(200);
    let (app, steps) = spawn(|config| config.server.write_timeout = timeout);
    let path = "/stream/AAPL?chart=candlestick&studies=volume";
    let mut steady = app.stream(path).await;
    steady.figure().await;
    let mut paused = CODINGS.map(|coding| Reader::open(&app, path, coding));
    app.metric_becomes("figcast_streams", 4.0).await;
    let opened = Instant::now();
    // Its window is closed after some figures, and the kernel has nothing to do but to ask.
    let newest = loop {
        steps.step();
        let newest = steady.figure().await;
        if opened.elapsed() > 20 * timeout {
            break newest;
        }
    };
    for reader in &mut paused {
        reader.read_up_to(&newest);
        assert!(reader.skipped() > 10, "{}", reader.skipped());
    }
    assert!(app.metric("figcast_figures_skipped_total").await > 30.0);
    drop((steady, paused));
    app.stop().await;
}

/// Reads `rate` bytes of a stream per second, in four steps, for `duration`.
fn crawl(socket: &mut TcpStream, path: &str, rate: usize, duration: Duration) -> io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let begun = Instant::now();
    let mut buffer = vec![0; rate / 4];
    while begun.elapsed() < duration {
        if socket.read(&mut buffer)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        thread::sleep(Duration::from_millis(250));
    }
    Ok(())
}

mod slow {
    use super::*;

    #[ignore = "takes two minutes: make slow"]
    #[tokio::test(flavor = "multi_thread")]
    async fn slow_readers_of_half_two_and_eight_kilobytes_a_second_live_for_two_minutes() {
        let sim = sim(&SimConfig::default());
        let app = TestApp::spawn_with(sim, |_| {});
        let address = app.address;
        let path = "/stream/AAPL?chart=candlestick&studies=volume,sma:20";
        let crawlers = [512, 2_048, 8_192].into_iter().flat_map(|rate| {
            // With the buffer that a connection has by itself, and with a small one.
            let sockets = [TcpStream::connect(address).expect("connected"), small_reader(address)];
            sockets.map(|mut socket| {
                let crawl = move || crawl(&mut socket, path, rate, Duration::from_mins(2));
                (rate, thread::spawn(crawl))
            })
        });
        let crawlers: Vec<_> = crawlers.collect();
        tokio::task::block_in_place(|| {
            for (rate, crawler) in crawlers {
                let end = crawler.join().expect("no panic");
                assert!(end.is_ok(), "the reader of {rate} bytes a second: {end:?}");
            }
        });
        app.stop().await;
    }
}
