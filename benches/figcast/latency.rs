//! Latency: from an update that leaves the source to the last byte of the events that it becomes.
//!
//! The server runs in this process, so that one clock sees both ends. Each second of the simulated market
//! is one update of a symbol; its first answer is noted when the source gives it, and its event is known by
//! the second that the figure speaks of.

mod exchange;
mod market;

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::{Args, value_parser};
use figcast::app::App;
use figcast::clock::SystemClock;
use figcast::config::Config;
use figcast::http::Scope;
use figcast::source::Router;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use tokio::sync::oneshot;

use self::market::{Market, Moment};
use crate::stats::{millis, percentile};
use crate::wire::{Part, Response};

/// Views of one stream, the most that a stream may have.
const VIEWS_PER_STREAM: u16 = 32;
/// Time that passes once all symbols tick.
const WARM_UP: Duration = Duration::from_secs(4);
/// Longest wait for that: the simulated market gives first answers one after the other, and each takes it a while.
const MOST_WARM_UP: Duration = Duration::from_mins(2);
/// Time between two updates of a symbol.
const TICK: Duration = Duration::from_secs(1);
/// Shortest time in which prices of an exchange are measured: there are four a second.
const LEAST_SECONDS: u16 = 30;
/// Most that is read of a connection at once.
const BUFFER: usize = 256 * 1_024;

/// From an update leaving the source to the last byte of its event
#[derive(Debug, Args)]
pub struct Latency {
    /// Views, one of each symbol, in streams of 32; each number is a run of its own
    #[arg(long, value_delimiter = ',', default_value = "1,250,1000",
          value_parser = value_parser!(u16).range(1..=1_000))]
    views: Vec<u16>,
    /// Subscribers of one view of a stub exchange, to which its socket says a price four times a second; 0 leaves it out
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u16).range(0..=10_000))]
    subscribers: u16,
    /// How long each run is measured, in seconds
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u16).range(2..=600))]
    seconds: u16,
}

impl Latency {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let mut text =
            "### Latency: from an update leaving the source to its last byte read, mountains\n\n\
             | views | updates | p50 | p99 | max |\n|--:|--:|--:|--:|--:|\n"
                .to_owned();
        for views in &self.views {
            let mut times = self.measure(*views)?;
            let [p50, p99, most] = [50, 99, 100].map(|p| millis(percentile(&mut times, p)));
            let count = times.len();
            writeln!(text, "| {views} | {count} | {p50:.2} ms | **{p99:.2} ms** | {most:.2} ms |")?;
        }
        if self.subscribers > 0 {
            text.push_str(&self.exchange()?);
        }
        Ok(text)
    }

    /// The way from an exchange's socket.
    fn exchange(&self) -> anyhow::Result<String> {
        let subscribers = self.subscribers;
        let time = Duration::from_secs(u64::from(self.seconds.max(LEAST_SECONDS)));
        let mut times = exchange::measure(subscribers.into(), time)?;
        let [p50, p99, most] = [50, 99, 100].map(|p| millis(percentile(&mut times, p)));
        Ok(format!(
            "\n### Latency: from a price on an exchange's socket to its last byte at the last subscriber, a mountain\n\n\
             | subscribers | prices | p50 | p99 | max |\n|--:|--:|--:|--:|--:|\n\
             | {subscribers} | {} | {p50:.2} ms | **{p99:.2} ms** | {most:.2} ms |\n",
            times.len()
        ))
    }

    fn measure(&self, views: u16) -> anyhow::Result<Vec<Duration>> {
        let market = Arc::new(Market::default());
        let server = Server::start(Arc::clone(&market))?;
        let mut streams = Streams::open(server.address, views)?;
        streams.warm_up(views)?;
        streams.arrivals.clear();
        streams.read_for(Duration::from_secs(self.seconds.into()))?;
        let left = market.take();
        let times: Vec<Duration> = streams
            .arrivals
            .iter()
            .filter_map(|(moment, at)| Some(at.duration_since(*left.get(moment)?)))
            .collect();
        let due = u64::from(views) * u64::from(self.seconds);
        ensure!(times.len() as u64 * 2 > due, "{} of {due} updates arrived", times.len());
        Ok(times)
    }
}

/// A server in a thread of this process. Dropping it ends it.
struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<anyhow::Result<()>>>,
}

impl Server {
    fn start(source: impl Into<Router>) -> anyhow::Result<Self> {
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse()?;
        (config.server.drain, config.server.drain_notice) =
            (Duration::from_secs(1), Duration::ZERO);
        (config.hub.feeds, config.hub.requests_per_address) = (1_024, 0.0);
        (config.hub.streams_per_address, config.server.connections_per_address) = (0, 0);
        let router = source.into();
        let (stop, stopped) = oneshot::channel();
        let (told, address) = mpsc::channel();
        let serve = async move {
            let app = App::build(&config, router, Arc::new(SystemClock))?;
            told.send(app.addresses(Scope::Charts).next().context("no address")?)?;
            app.run_until(async {
                // Whichever way it ends.
                let _ = stopped.await;
            })
            .await
        };
        let run = || tokio::runtime::Runtime::new()?.block_on(serve);
        let thread = thread::spawn(run);
        let address = address.recv().context("the server did not start")?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        // What it says at its end was said to the log.
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

/// Streams that are read by one thread, and when each update arrived.
struct Streams {
    poll: Poll,
    open: Vec<Reader>,
    buffer: Box<[u8]>,
    arrivals: Vec<(Moment, Instant)>,
}

struct Reader {
    stream: TcpStream,
    response: Response,
    event: Vec<u8>,
}

impl Streams {
    fn open(address: SocketAddr, views: u16) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let symbols: Vec<String> = (1..=views).map(|n| format!("view=S{n}")).collect();
        let mut open = Vec::new();
        for (index, views) in symbols.chunks(VIEWS_PER_STREAM.into()).enumerate() {
            let mut stream = StdStream::connect(address)?;
            let query = views.join("&");
            write!(stream, "GET /stream?{query} HTTP/1.1\r\nHost: bench\r\n\r\n")?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            open.push(Reader { stream, response: Response::default(), event: Vec::new() });
        }
        Ok(Self { poll, open, buffer: vec![0; BUFFER].into(), arrivals: Vec::new() })
    }

    /// Reads until nearly all symbols have an update a tick: until then some of them wait for their first answer.
    fn warm_up(&mut self, views: u16) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            self.arrivals.clear();
            self.read_for(TICK)?;
            let ticking = self.arrivals.len();
            if ticking * 10 >= usize::from(views) * 9 {
                return self.read_for(WARM_UP);
            }
            ensure!(started.elapsed() < MOST_WARM_UP, "{ticking} of {views} symbols tick");
        }
    }

    fn read_for(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        let mut ready = Events::with_capacity(64);
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.poll.poll(&mut ready, Some(left))?;
            for event in &ready {
                self.read(event.token().0)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, index: usize) -> anyhow::Result<()> {
        let Reader { stream, response, event } = &mut self.open[index];
        loop {
            let count = match stream.read(&mut self.buffer) {
                Ok(0) => anyhow::bail!("the stream ended"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            response.feed(&self.buffer[..count], |part| match part {
                Part::Head(_) => {}
                Part::Bytes(bytes) => event.extend_from_slice(bytes),
                Part::Event(_) => {
                    self.arrivals.extend(Moment::of_event(event).map(|moment| (moment, now)));
                    event.clear();
                }
            })?;
        }
    }
}
