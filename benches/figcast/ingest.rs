//! Ingest: how long a push takes to be kept, from the first byte of the request to the answer.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use clap::{Args, value_parser};
use tempfile::TempDir;

use crate::server::{self, Binary};
use crate::stats::{millis, percentile};
use crate::target::Target;

const PATIENCE: Duration = Duration::from_mins(1);
const MINUTE: u64 = 60;

/// Pushed bars in one request, and ticks of many symbols
#[derive(Debug, Args)]
pub struct Ingest {
    /// Bars of one request
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=100_000))]
    bars: u32,
    /// Symbols of which each has one tick a second
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(8..=10_000))]
    symbols: u32,
    /// Connections that bring them
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u32).range(1..=64))]
    senders: u32,
    /// How long ticks are sent, in seconds
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    seconds: u32,
    #[command(flatten)]
    binary: Binary,
}

/// What a server did for some pushes.
struct Cost {
    /// How long each request took.
    times: Vec<Duration>,
    /// Processor time of the server.
    cpu: Duration,
    /// From the first request to the last answer.
    elapsed: Duration,
}

impl Ingest {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let folder = TempDir::new()?;
        let target = server::start_ingest(&self.binary, &folder.path().join("bars.db"))?;
        let mut text = format!(
            "### Ingest: {} bars in one request\n\n| | time | server CPU |\n|---|--:|--:|\n",
            self.bars
        );
        for (name, close) in [("new", "1.5"), ("the same again", "1.5"), ("all corrected", "1.25")]
        {
            let body = self.bars_as_csv(close)?;
            let cost = costing(&target, || {
                let mut sender = Sender::connect(target.address)?;
                Ok(vec![sender.push("/ingest/BARS", &body)?])
            })?;
            let [time, cpu] = [cost.elapsed, cost.cpu].map(millis);
            writeln!(text, "| {name} | {time:.0} ms | {cpu:.0} ms |")?;
        }
        writeln!(
            text,
            "\n### Ingest: {} symbols, one tick a second each, for {} s\n\n\
             | | requests | answered, p50 | p99 | max | server CPU of one core |\n\
             |---|--:|--:|--:|--:|--:|",
            self.symbols, self.seconds
        )?;
        for (name, is_alone) in [("each tick in a request", true), ("a request a second", false)] {
            let mut cost = costing(&target, || self.ticks(target.address, is_alone))?;
            let count = cost.times.len();
            let [p50, p99, most] =
                [50, 99, 100].map(|percent| millis(percentile(&mut cost.times, percent)));
            let share = 100.0 * cost.cpu.as_secs_f64() / cost.elapsed.as_secs_f64();
            writeln!(
                text,
                "| {name} | {count} | {p50:.1} ms | {p99:.1} ms | {most:.1} ms | {share:.0} % |"
            )?;
        }
        Ok(text)
    }

    /// A bar a minute, the last one now.
    fn bars_as_csv(&self, close: &str) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let first = now - now % MINUTE - u64::from(self.bars) * MINUTE;
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for n in 0..u64::from(self.bars) {
            writeln!(text, "{}000,1,2,0.5,{close},{n}", first + n * MINUTE)?;
        }
        Ok(text)
    }

    /// Ticks of all symbols, once a second: the time of each request.
    fn ticks(&self, address: SocketAddr, is_alone: bool) -> anyhow::Result<Vec<Duration>> {
        let senders = if is_alone { self.senders } else { 1 };
        let each = self.symbols / senders;
        let work = |sender: u32| {
            let mut connection = Sender::connect(address)?;
            let begun = Instant::now();
            let mut times = Vec::new();
            for second in 0..self.seconds {
                let symbols = (0..each).map(|n| sender * each + n);
                if is_alone {
                    for (n, symbol) in (0..).zip(symbols) {
                        let due =
                            Duration::from_secs(second.into()) + Duration::from_secs(1) * n / each;
                        thread::sleep(due.saturating_sub(begun.elapsed()));
                        let row = format!("{},{second}\n", now()?);
                        times.push(connection.push(&format!("/ingest/S{symbol}"), &row)?);
                    }
                } else {
                    thread::sleep(
                        Duration::from_secs(second.into()).saturating_sub(begun.elapsed()),
                    );
                    let at = now()?;
                    let rows = symbols.map(|symbol| format!("S{symbol},{at},{second}\n"));
                    let rows = format!("symbol,time,price\n{}", rows.collect::<String>());
                    times.push(connection.push("/ingest", &rows)?);
                }
            }
            thread::sleep(Duration::from_secs(self.seconds.into()).saturating_sub(begun.elapsed()));
            anyhow::Ok(times)
        };
        thread::scope(|scope| {
            let senders: Vec<_> = (0..senders).map(|n| scope.spawn(move || work(n))).collect();
            let mut times = Vec::new();
            for sender in senders {
                times.extend(sender.join().ok().context("a sender panicked")??);
            }
            Ok(times)
        })
    }
}

/// What `pushes` cost the server.
fn costing(
    target: &Target,
    pushes: impl FnOnce() -> anyhow::Result<Vec<Duration>>,
) -> anyhow::Result<Cost> {
    let (before, begun) = (target.process.cpu()?, Instant::now());
    let times = pushes()?;
    Ok(Cost { times, cpu: target.process.cpu()?.saturating_sub(before), elapsed: begun.elapsed() })
}

/// Milliseconds of the epoch.
fn now() -> anyhow::Result<u128> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())
}

/// A connection that pushes go over, one after the other.
struct Sender {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Sender {
    fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// The time until a push is answered, which is to say that it is kept.
    fn push(&mut self, path: &str, rows: &str) -> anyhow::Result<Duration> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n",
            rows.len()
        );
        let request = [head.as_bytes(), rows.as_bytes()].concat();
        let begun = Instant::now();
        self.stream.write_all(&request)?;
        self.answer.clear();
        let mut buffer = [0; 4_096];
        while !is_whole(&self.answer) {
            let count = self.stream.read(&mut buffer)?;
            ensure!(count > 0, "the connection ended");
            self.answer.extend_from_slice(&buffer[..count]);
        }
        let told = String::from_utf8_lossy(&self.answer);
        ensure!(told.starts_with("HTTP/1.1 200"), "{told}");
        Ok(begun.elapsed())
    }
}

/// Whether an answer with its length in its head is there.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}
