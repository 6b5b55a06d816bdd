//! Attack: what honest clients notice of hostile ones, each of which takes what it can get in a way of its
//! own. All have addresses of their own in 127.0.0.0/8.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::{Args, value_parser};
use socket2::{Domain, Socket, Type};

use crate::server::{self, Binary};
use crate::stats::{millis, percentile};
use crate::tap::Tap;
use crate::target::Target;
use crate::wire::Response;

/// Longest wait of an honest client.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time between two honest clients.
const PAUSE: Duration = Duration::from_millis(40);
/// Time between two questions of one hostile client.
const BEAT: Duration = Duration::from_millis(8);
/// How long the hostile clients are at work before anybody honest comes.
const LEAD: Duration = Duration::from_secs(5);
/// The dearest table: two years of hours, four comparisons and eight studies.
const DEAREST: &str = "interval=1h&range=2y&compare=MSFT,NVDA,TSLA,AMZN&\
                       studies=ema:20,wma:20,bb:20:2,macd,stoch,rsi,atr,sma:";

/// What honest clients notice of hostile ones
#[derive(Debug, Args)]
pub struct Attack {
    /// Honest clients, one after the other, without and with the hostile ones; each wants a symbol of its own
    #[arg(long, default_value_t = 300, value_parser = value_parser!(u16).range(10..=5_000))]
    honest: u16,
    /// Of those the ones that stay at the same time
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u8).range(1..=200))]
    staying: u8,
    #[command(flatten)]
    binary: Binary,
}

/// What a hostile client does, again and again.
#[derive(Debug, Clone, Copy)]
enum Hostile {
    /// Streams of 32 views with four comparisons each: 160 symbols.
    Symbols,
    /// Streams of 32 views of five days with eight studies, in zstd.
    Heavy,
    /// Figures of ever other views.
    Figures,
    /// Tables of ever other views.
    Tables,
    /// One table, and hung up at once.
    HangUps,
    /// Tables that are asked for and never read.
    Silent,
    /// Half of a second request.
    Halves,
    /// Searches for ever other words.
    Searches,
    /// Symbols that do not exist.
    Unknown,
    /// Streams that are opened and left.
    Churn,
}

const HOSTILE: [Hostile; 10] = [
    Hostile::Symbols,
    Hostile::Heavy,
    Hostile::Figures,
    Hostile::Tables,
    Hostile::HangUps,
    Hostile::Silent,
    Hostile::Halves,
    Hostile::Searches,
    Hostile::Unknown,
    Hostile::Churn,
];

/// Hostile clients at work; they end when they are told to.
struct Gang {
    over: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

/// How honest clients fared.
#[derive(Default)]
struct Fared {
    waited: Vec<Duration>,
    refused: Vec<String>,
}

impl Attack {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let target = server::start_strict(&self.binary)?;
        // The first of all pays for what is made once.
        figure_of(target.address, Ipv4Addr::LOCALHOST, "AAPL")?;
        let (quiet, idle) = self.measured(&target, "Q")?;
        let gang = Gang::start(target.address);
        sleep(LEAD);
        let (beset, busy) = self.measured(&target, "H")?;
        let asked = gang.asked.load(Ordering::Relaxed);
        gang.stop();
        sleep(Duration::from_secs(15));
        let after = target.process.resident_kib()? / 1_024.0;
        let mut text = format!(
            "### Attack: {} hostile clients, {} honest ones of whom {} stay\n\n\
             Time from the connection to the last byte of the first figure of a symbol that nobody watched before. \
             The hostile clients asked {asked} times.\n\n\
             | | p50 | p99 | max | refused | server's memory at most | its CPU |\n\
             |---|--:|--:|--:|--:|--:|--:|\n",
            HOSTILE.len(),
            self.honest,
            self.staying
        );
        let p99 = [&quiet, &beset].map(|fared| percentile(&mut fared.waited.clone(), 99));
        for (name, fared, used) in [("alone", quiet, idle), ("with hostile ones", beset, busy)] {
            writeln!(text, "| {name} | {} | {used} |", fared.row())?;
            if let Some(first) = fared.refused.first() {
                writeln!(text, "\nThe first refusal: {first}\n")?;
            }
        }
        writeln!(
            text,
            "\nThe p99 is {:.1} times that of before; 15 s after the attack the server keeps {after:.0} MiB.",
            p99[1].as_secs_f64() / p99[0].as_secs_f64()
        )?;
        Ok(text)
    }

    /// Has the honest clients come, and looks at the server meanwhile.
    fn measured(&self, target: &Target, prefix: &str) -> anyhow::Result<(Fared, String)> {
        let (started, cpu) = (Instant::now(), target.process.cpu()?);
        let mut fared = Fared::default();
        let mut staying = Vec::new();
        let mut most: f64 = 0.0;
        for n in 0..self.honest {
            match figure_of(target.address, honest(n), &format!("{prefix}{n}")) {
                Ok((waited, stream)) => {
                    fared.waited.push(waited);
                    staying.push(stream);
                }
                Err(error) => fared.refused.push(format!("{error:#}")),
            }
            if staying.len() > usize::from(self.staying) {
                staying.remove(0);
            }
            for stream in &mut staying {
                drain(stream);
            }
            most = most.max(target.process.resident_kib()? / 1_024.0);
            sleep(PAUSE);
        }
        let used = target.process.cpu()?.saturating_sub(cpu);
        let busy = used.as_secs_f64() / started.elapsed().as_secs_f64();
        Ok((fared, format!("{most:.0} MiB | {:.0} %", busy * 100.0)))
    }
}

impl Fared {
    fn row(&self) -> String {
        let mut waited = self.waited.clone();
        let [p50, p99, max] = [50, 99, 100].map(|percent| millis(percentile(&mut waited, percent)));
        format!("{p50:.1} ms | {p99:.1} ms | {max:.1} ms | {}", self.refused.len())
    }
}

impl Gang {
    /// Sets all hostile clients to work.
    fn start(server: SocketAddr) -> Self {
        let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = HOSTILE.into_iter().zip(1..).map(|(hostile, n)| {
            let (over, asked) = (Arc::clone(&over), Arc::clone(&asked));
            spawn(move || {
                let mut held = Vec::new();
                for turn in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    // What the server does not take or gives up is what it should do.
                    if let Ok(stream) = hostile.act(server, Ipv4Addr::new(127, 66, 0, n), turn) {
                        held.extend(stream);
                    }
                    asked.fetch_add(1, Ordering::Relaxed);
                    held.iter_mut().filter(|_| hostile.reads()).for_each(drain);
                    if held.len() > hostile.holds() {
                        held.remove(0);
                    }
                    sleep(BEAT);
                }
            })
        });
        let threads = threads.collect();
        Self { over, asked, threads }
    }

    fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Hostile {
    /// Connections that it keeps open.
    const fn holds(self) -> usize {
        match self {
            Self::Symbols | Self::Heavy => 10,
            Self::Silent | Self::Halves => 300,
            _ => 0,
        }
    }

    /// Whether it reads what it is sent on those.
    const fn reads(self) -> bool {
        matches!(self, Self::Symbols | Self::Heavy)
    }

    /// What it asks for the time that is its `turn`.
    fn asks(self, turn: usize) -> String {
        match self {
            Self::Symbols => {
                let view = |n: usize| {
                    let first = (turn * 32 + n) * 5;
                    let others: Vec<_> = (1..5).map(|m| format!("A{}", first + m)).collect();
                    format!("view=A{first};compare={}", others.join(","))
                };
                format!("/stream?{}", (0..32).map(view).collect::<Vec<_>>().join("&"))
            }
            Self::Heavy => {
                let view = |n: usize| {
                    let study = 2 + (turn * 32 + n) % 480;
                    format!(
                        "view=AAPL;range=5d;chart=candlestick;\
                         studies=sma:{study},ema:20,wma:20,bb:20:2,macd,stoch,rsi,atr"
                    )
                };
                format!("/stream?{}", (0..32).map(view).collect::<Vec<_>>().join("&"))
            }
            Self::Figures => {
                format!("/figure/AAPL?studies=sma:{},ema:{}", 2 + turn % 480, 2 + turn / 480)
            }
            Self::Tables | Self::Silent => format!("/bars/AAPL?{DEAREST}{}", 2 + turn % 480),
            Self::HangUps => format!("/bars/AAPL?{DEAREST}2"),
            Self::Halves => "/healthz".to_owned(),
            Self::Searches => format!("/search?q=w{turn}"),
            Self::Unknown => format!("/figure/NOPE{turn}"),
            Self::Churn => "/stream/AAPL".to_owned(),
        }
    }

    /// Asks; the connection, where it stays open.
    fn act(
        self,
        server: SocketAddr,
        from: Ipv4Addr,
        turn: usize,
    ) -> anyhow::Result<Option<TcpStream>> {
        let mut stream = connect(server, from)?;
        let coding = if matches!(self, Self::Heavy) { "Accept-Encoding: zstd\r\n" } else { "" };
        let close = if self.holds() == 0 { "Connection: close\r\n" } else { "" };
        let request =
            format!("GET {} HTTP/1.1\r\nHost: bench\r\n{coding}{close}\r\n", self.asks(turn));
        stream.write_all(request.as_bytes())?;
        match self {
            Self::HangUps | Self::Unknown | Self::Churn => return Ok(None),
            Self::Halves => stream.write_all(b"G")?,
            _ if self.holds() > 0 => {}
            _ => {
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer)?;
                return Ok(None);
            }
        }
        stream.set_nonblocking(true)?;
        Ok(Some(stream))
    }
}

/// The address of an honest client.
const fn honest(n: u16) -> Ipv4Addr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(127, 77, high, low)
}

fn connect(server: SocketAddr, from: Ipv4Addr) -> anyhow::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&server.into(), PATIENCE)?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Opens a stream and waits for its first figure: the time that took, and the stream.
fn figure_of(
    server: SocketAddr,
    from: Ipv4Addr,
    symbol: &str,
) -> anyhow::Result<(Duration, TcpStream)> {
    let started = Instant::now();
    let mut stream = connect(server, from)?;
    let request = format!(
        "GET /stream/{symbol} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let (mut response, mut tap) = (Response::default(), Tap::default());
    let mut buffer = [0; 16_384];
    while !tap.has_figure() {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "the stream ended: {}", tap.text());
        response.feed(&buffer[..count], |part| tap.take(&part))?;
    }
    stream.set_nonblocking(true)?;
    Ok((started.elapsed(), stream))
}

/// Reads and forgets what there is.
fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 16_384];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
}
