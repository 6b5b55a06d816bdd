//! Views: what an update costs the server in each kind of view and each coding, beside drawing the same
//! kind of figure without a server.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum, value_parser};

use crate::fanout::TICK;
use crate::load::Load;
use crate::recorded::Recorded;
use crate::server::{self, Binary};
use crate::stats::{median, micros, times};

/// Most views of a stream.
const MOST_PER_STREAM: u16 = 32;
/// Time that passes once all symbols tick.
const WARM_UP: Duration = Duration::from_secs(4);
/// Longest wait for that: a first answer takes the simulated market a tenth of a second, of two years of days.
const MOST_WARM_UP: Duration = Duration::from_mins(5);
const PATIENCE: Duration = Duration::from_mins(1);
/// How often each kind is drawn without a server.
const REPETITIONS: u32 = 400;
const RENDERS: &str = "figcast_renders_total";

/// A kind of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The spark line of a watchlist
    Spark,
    /// A day of minutes
    Mountain,
    /// A year of daily candles
    Days,
    /// A day of candles with volume, bb, vwap and rsi
    Studies,
}

/// The content coding that the subscribers ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Coding {
    Identity,
    Gzip,
    Zstd,
}

/// What an update costs, by the kind of view and the coding
#[derive(Debug, Args)]
pub struct Views {
    /// Kinds of views; each is a run of its own in each coding
    #[arg(long, value_enum, value_delimiter = ',', default_value = "spark,mountain,days,studies")]
    kind: Vec<Kind>,
    /// Codings
    #[arg(long, value_enum, value_delimiter = ',', default_value = "identity,gzip,zstd")]
    coding: Vec<Coding>,
    /// Symbols, a view of each, with an update a second each
    #[arg(long, default_value_t = 250, value_parser = value_parser!(u16).range(1..=5_000))]
    symbols: u16,
    /// Views of each stream; those that are alone in theirs are sent in chains
    #[arg(
        long,
        default_value_t = MOST_PER_STREAM,
        value_parser = value_parser!(u16).range(1..=i64::from(MOST_PER_STREAM)),
    )]
    per_stream: u16,
    /// How long each run is measured, in seconds
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u16).range(1..=600))]
    seconds: u16,
    #[command(flatten)]
    binary: Binary,
}

/// What came of one run.
struct Run {
    updates: u64,
    cpu: Duration,
    elapsed: Duration,
    kib_per_view: f64,
    bytes: u64,
    events: u64,
}

impl Views {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "### Views: {} symbols, an update a second each, views a stream: {}\n\n\
             The two columns of figures drawn are the time that drawing takes without a server: of the next figure \
             after a tick, and of a first figure. The ratio is that of the update to a first figure.\n\n\
             | view | coding | updates | CPU per update | next figure drawn | first figure drawn | ratio \
             | bytes per event | share of a core | memory per view |\n\
             |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            self.symbols, self.per_stream
        );
        for kind in &self.kind {
            // Before the runs and after them: the machine may be busy for a while.
            let (mut next, mut first) = kind.figures_drawn()?;
            let runs =
                self.coding.iter().map(|coding| Ok((*coding, self.measure(*kind, *coding)?)));
            let runs = runs.collect::<anyhow::Result<Vec<_>>>()?;
            let later = kind.figures_drawn()?;
            next.extend(later.0);
            first.extend(later.1);
            let [next, first] = [next, first].map(|times| micros(median(times)));
            for (coding, run) in runs {
                let cost = micros(run.cpu) / run.updates.max(1) as f64;
                writeln!(
                    text,
                    "| {} | {} | {} | **{cost:.0} us** | {next:.0} us | {first:.0} us | {:.2} | {} | {:.1} % | {:.0} KiB |",
                    kind.name(),
                    coding.name(),
                    run.updates,
                    cost / first,
                    run.bytes / run.events.max(1),
                    100.0 * run.cpu.as_secs_f64() / run.elapsed.as_secs_f64(),
                    run.kib_per_view,
                )?;
            }
        }
        Ok(text)
    }

    fn measure(&self, kind: Kind, coding: Coding) -> anyhow::Result<Run> {
        let target = server::start(&self.binary, TICK)?;
        let symbols: Vec<String> = (1..=self.symbols).map(|number| format!("S{number}")).collect();
        let streams = symbols.chunks(self.per_stream.into());
        let requests: Vec<String> = streams.map(|some| request(some, kind, coding)).collect();
        let mut load = Load::new(0)?;
        // What the first view of all costs, such as the code that it needs, is no cost of the others.
        server::first_figure(target.address, &request(&["FIRST".to_owned()], kind, coding))?;
        let before_kib = target.process.resident_kib()?;
        load.open(target.address, &requests, requests.len(), false, PATIENCE)?;
        let renders = || server::counter(target.address, RENDERS);
        self.warm_up(&mut load, renders)?;
        load.mark(2, TICK)?;
        let (started, cpu, drawn) = (Instant::now(), target.process.cpu()?, renders()?);
        load.run_for(Duration::from_secs(self.seconds.into()))?;
        let run = Run {
            updates: renders()? - drawn,
            cpu: target.process.cpu()?.saturating_sub(cpu),
            elapsed: started.elapsed(),
            kib_per_view: (target.process.resident_kib()? - before_kib) / f64::from(self.symbols),
            bytes: load.bytes,
            events: load.delivered,
        };
        let due = u64::from(self.symbols) * u64::from(self.seconds);
        ensure!(run.updates * 2 > due, "{} of {due} updates were drawn", run.updates);
        load.tap.coding().context("the first stream")?;
        Ok(run)
    }

    /// Goes on until nearly all symbols are drawn once a tick: until then some of them are fetched whole.
    fn warm_up(
        &self,
        load: &mut Load,
        renders: impl Fn() -> anyhow::Result<u64>,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut drawn = 0;
        while drawn * 10 < u64::from(self.symbols) * 9 {
            ensure!(started.elapsed() < MOST_WARM_UP, "{drawn} of {} symbols tick", self.symbols);
            let before = renders()?;
            load.run_for(TICK)?;
            drawn = renders()? - before;
        }
        load.run_for(WARM_UP)
    }
}

/// Requests for streams of spark lines, of so many symbols together.
pub fn sparks(symbols: u16) -> Vec<String> {
    let symbols: Vec<String> = (1..=symbols).map(|number| format!("S{number}")).collect();
    let streams = symbols.chunks(MOST_PER_STREAM.into());
    streams.map(|some| request(some, Kind::Spark, Coding::Identity)).collect()
}

/// A stream of `kind` of view of each symbol.
fn request(symbols: &[String], kind: Kind, coding: Coding) -> String {
    let views = symbols.iter().map(|symbol| {
        let options = kind.options().iter().map(|(key, value)| format!(";{key}={value}"));
        format!("view={symbol}{}", options.collect::<String>())
    });
    let views: Vec<String> = views.collect();
    let accept = match coding {
        Coding::Identity => String::new(),
        coding => format!("Accept-Encoding: {}\r\n", coding.name()),
    };
    format!(
        "GET /stream?{} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n{accept}\r\n",
        views.join("&")
    )
}

impl Kind {
    /// What it is in words.
    const fn name(self) -> &'static str {
        match self {
            Self::Spark => "spark line",
            Self::Mountain => "mountain",
            Self::Days => "a year of daily candles",
            Self::Studies => "candles with volume, bb, vwap, rsi",
        }
    }

    const fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Spark => &[("chart", "spark")],
            Self::Mountain => &[],
            Self::Days => &[("chart", "candlestick"), ("interval", "1d"), ("range", "1y")],
            Self::Studies => &[("chart", "candlestick"), ("studies", "volume,bb:20:2,vwap,rsi:14")],
        }
    }

    /// How long it takes to draw the next figure after a tick, and a first figure, and nothing else.
    fn figures_drawn(self) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
        let series = if self == Self::Days { Recorded::days()? } else { Recorded::minutes()? };
        let view = series.view(self.options().iter().copied())?;
        let first = times(REPETITIONS as usize, || series.event(&view));
        Ok((series.ticks(&view, REPETITIONS), first))
    }
}

impl Coding {
    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}
