//! `figcast history`: looks at, fills and thins the file of bars that stay.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::bars::{Bar, Bars};
use crate::config::{Config, RecordedFile};
use crate::history::{History, HistoryKey, Limits, Push, PushRows, Reach, SymbolPush, TimedBar};
use crate::interval::Interval;
use crate::source::{calendars, replay};
use crate::symbol::Symbol;
use crate::view::{Session, pick};

/// The source of what is imported, unless told otherwise.
const SOURCE: &str = "pushed";
/// Most bars that are written together.
const TOGETHER: usize = 50_000;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Print every series that is kept: source, symbol, interval, session, bars, first and last
    List,
    /// Keep the bars of a file; CSV as of `--file`, and those of their times are replaced
    Import(ImportArgs),
    /// Print the bars of a series as CSV
    Export(ExportArgs),
    /// Take out bars that are older than `history.keep_days` says
    Prune,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Whose bars they are, such as MINE
    symbol: String,
    /// CSV, or JSON of Yahoo's chart endpoint
    file: PathBuf,
    /// Zone of times without one, such as Asia/Tokyo [default: the market's, else UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Whose bars they are, such as MINE
    symbol: String,
    /// Length of bars
    #[arg(long, value_name = "NAME", default_value = "1m")]
    interval: String,
    /// The source that they are of
    #[arg(long, value_name = "NAME", default_value = SOURCE)]
    source: String,
    /// The part of the trading day that they are of: regular or extended
    #[arg(long, value_name = "NAME", default_value = "regular")]
    session: String,
}

/// Does it; what to print.
///
/// # Errors
/// When the file cannot be read or written, with what would be right.
pub fn run(command: &HistoryCommand, config: &Config) -> anyhow::Result<String> {
    let path = &config.history.path;
    // Looking makes no file.
    if !matches!(command, HistoryCommand::Import(_)) && !path.exists() {
        bail!("{} is not there: nothing was kept yet (history.path)", path.display());
    }
    let history = History::open(path)?;
    match command {
        HistoryCommand::List => list(&history),
        HistoryCommand::Export(args) => export(&history, args),
        HistoryCommand::Import(args) => within(import(&history, args, config)),
        HistoryCommand::Prune => within(prune(&history, config)),
    }
}

fn within<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(work)
}

fn list(history: &History) -> anyhow::Result<String> {
    let mut text = "source,symbol,interval,session,bars,first,last".to_owned();
    for series in history.series()? {
        let time = |ts: i64| Timestamp::from_second(ts).unwrap_or_default();
        let span = series.span.map(|(first, last)| format!("{},{}", time(first), time(last)));
        let span = span.unwrap_or_else(|| ",".to_owned());
        let (source, symbol, interval, session, bars) =
            (series.source, series.symbol, series.interval, series.session, series.bars);
        write!(text, "\n{source},{symbol},{interval},{session},{bars},{span}")?;
    }
    Ok(text)
}

fn export(history: &History, args: &ExportArgs) -> anyhow::Result<String> {
    let symbol = Symbol::parse(&args.symbol)?;
    let interval: Interval = pick("interval", &args.interval)?;
    let session: Session = pick("session", &args.session)?;
    let key = HistoryKey { session, ..HistoryKey::regular(&args.source, symbol.clone(), interval) };
    let bars = history.bars_now(&key, Reach::All)?.bars;
    if bars.is_empty() {
        bail!(
            "no bars of {interval} are kept of {symbol} of {}: see `figcast history list`",
            args.source
        );
    }
    let mut text = "time,open,high,low,close,volume".to_owned();
    for bar in bars.iter() {
        let time = Timestamp::from_second(bar.ts)?;
        let [open, high, low, close] = bar.prices();
        write!(text, "\n{time},{open},{high},{low},{close},{}", bar.volume)?;
    }
    Ok(text)
}

async fn import(history: &History, args: &ImportArgs, config: &Config) -> anyhow::Result<String> {
    let symbol = Symbol::parse(&args.symbol)?;
    let mut file = RecordedFile::from(args.file.clone());
    file.reading.timezone.clone_from(&args.timezone);
    let (interval, bars) = replay::read(&symbol, &file, &calendars(config)?)?;
    let (mut accepted, mut replaced, mut unchanged) = (0, 0, 0);
    for part in parts(&bars) {
        let rows = part.into_iter().enumerate();
        let rows = rows.map(|(at, bar)| (at + 1, TimedBar { bar, is_final: true })).collect();
        let rows = PushRows::Bars(interval, rows);
        let symbols = vec![SymbolPush { symbol: symbol.clone(), rows }];
        // A person who imports decides how much is kept.
        let limits =
            Limits { symbols: usize::MAX >> 1, bars: usize::MAX >> 1, ticks: config.ingest.ticks };
        let at = Timestamp::now();
        let push = Push { source: SOURCE, symbols, is_partial: false, limits, at };
        for kept in history.push(push).await?.symbols {
            accepted += kept.accepted;
            replaced += kept.replaced;
            unchanged += kept.unchanged;
        }
    }
    Ok(format!(
        "{symbol}: {} bars of {interval}: {accepted} accepted, {replaced} replaced, {unchanged} unchanged",
        bars.len()
    ))
}

fn parts(bars: &Bars) -> impl Iterator<Item = Vec<Bar>> {
    let all: Vec<_> = bars.iter().collect();
    let mut rest = all.into_iter();
    std::iter::from_fn(move || {
        let part: Vec<_> = rest.by_ref().take(TOGETHER).collect();
        (!part.is_empty()).then_some(part)
    })
}

async fn prune(history: &History, config: &Config) -> anyhow::Result<String> {
    let keep = &config.history.keep_days;
    if keep.bounded().next().is_none() {
        bail!("history.keep_days keeps everything: say for how many days bars are kept");
    }
    let count = history.prune(keep, Timestamp::now()).await?;
    Ok(format!("{count} bars were taken out"))
}
