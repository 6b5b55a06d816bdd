//! The command line: what was typed, and what it makes the program do.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use log::info;
use tokio::signal::unix::{SignalKind, signal};
use toml::Value;

use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Layers, SourceName};
use crate::figure::{Scene, render};
use crate::source::{self, Lane, Request, Window};
use crate::symbol::Symbol;
use crate::view::View;

/// Live market charts over Server-Sent Events.
///
/// `figcast serve`, then open http://127.0.0.1:8080 or `curl -N localhost:8080/stream/AAPL`.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve charts until SIGTERM or Ctrl-C.
    Serve(Settings),
    /// Read the configuration as `serve` would, report what is wrong, and exit.
    CheckConfig(Settings),
    /// Print one figure as JSON, for scripts.
    Figure(FigureArgs),
}

/// Settings that flags can override; the rest is in the configuration file.
#[derive(Debug, Args)]
struct Settings {
    /// Configuration file [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where bars come from
    #[arg(long, value_name = "NAME")]
    source: Option<SourceName>,
    /// Recorded bars to replay, CSV or Yahoo chart JSON; may be given many times
    #[arg(long, value_name = "SYMBOL=PATH")]
    file: Vec<String>,
    /// Recorded seconds that replay plays in a second
    #[arg(long, value_name = "N")]
    speed: Option<f64>,
    /// Zone of times without one in recorded files, such as America/New_York
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Where Yahoo's chart endpoint is; the next one given is tried when this one is out
    #[arg(long, value_name = "URL")]
    yahoo_base_url: Vec<String>,
}

#[derive(Debug, Args)]
struct FigureArgs {
    /// Whose chart, such as AAPL
    symbol: String,
    /// Length of a bar: 1m
    #[arg(long, value_name = "INTERVAL")]
    interval: Option<String>,
    /// How far back: 1d, 5d
    #[arg(long, value_name = "RANGE")]
    range: Option<String>,
    /// How it is drawn: mountain
    #[arg(long, value_name = "CHART")]
    chart: Option<String>,
    /// Its colours: dark, light
    #[arg(long, value_name = "THEME")]
    theme: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What went wrong, with its causes.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(settings) => serve(&settings.load()?),
            Command::CheckConfig(settings) => {
                settings.load()?;
                say("the configuration is fine")
            }
            Command::Figure(args) => figure(&args),
        }
    }
}

impl Settings {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Layers {
            file: self.config.clone(),
            env: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            flags: self.flags()?,
        }
        .load()?)
    }

    fn flags(&self) -> anyhow::Result<Vec<(&'static str, String, Value)>> {
        let mut flags = Vec::new();
        let mut set = |flag, key: &str, value: Option<Value>| {
            flags.extend(value.map(|value| (flag, key.to_owned(), value)));
        };
        set("--listen", "server.listen", self.listen.clone().map(Value::from));
        // Recordings are for replay and a server's address for yahoo: no need to say it twice.
        let implied = if self.file.is_empty() { None } else { Some(SourceName::Replay) }
            .or_else(|| (!self.yahoo_base_url.is_empty()).then_some(SourceName::Yahoo));
        let source = self.source.or(implied);
        set("--source", "source.name", source.map(|name| name.as_str().into()));
        set("--speed", "replay.speed", self.speed.map(Value::from));
        set("--timezone", "replay.timezone", self.timezone.clone().map(Value::from));
        let urls = Some(self.yahoo_base_url.clone()).filter(|urls| !urls.is_empty());
        set("--yahoo-base-url", "yahoo.base_urls", urls.map(Value::from));
        if !self.file.is_empty() {
            let files = self.file.iter().map(|file| {
                let (symbol, path) = file.split_once('=').with_context(|| {
                    format!("--file {file}: write SYMBOL=PATH, such as AAPL=bars.csv")
                })?;
                Ok((symbol.to_owned(), Value::from(path)))
            });
            let files: toml::Table = files.collect::<anyhow::Result<_>>()?;
            set("--file", "replay.files", Some(files.into()));
        }
        Ok(flags)
    }
}

fn serve(config: &Config) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let source = source::open(config, &*clock)?;
        info!("figcast {} with the {} source", env!("CARGO_PKG_VERSION"), source.name());
        let app = App::build(config, source, clock)?;
        say(&format!("listening on http://{}", app.address()))?;
        app.run_until(told_to_stop()?).await
    })
}

/// Resolves at SIGTERM and at SIGINT, which is Ctrl-C.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn figure(args: &FigureArgs) -> anyhow::Result<()> {
    let options = [
        ("interval", &args.interval),
        ("range", &args.range),
        ("chart", &args.chart),
        ("theme", &args.theme),
    ];
    let options = options.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let view = View::parse(Symbol::parse(&args.symbol)?, options)?;
    let config = args.settings.load()?;
    let clock = SystemClock;
    let source = source::open(&config, &clock)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let request = Request {
        symbol: view.symbol.clone(),
        interval: view.interval,
        window: Window::Days(view.range.days()),
        lane: Lane::Live,
    };
    let fetched = runtime.block_on(source.fetch(&request, &clock))?;
    say(&render(&Scene {
        view: &view,
        bars: &fetched.bars,
        instrument: &fetched.instrument,
        hours: &fetched.hours,
        quote: fetched.quote.map(|quote| (quote.price, quote.at)),
        delay: fetched.delay,
        session: fetched.session,
        source: source.name(),
        seq: 0,
    }))
}

/// A line on stdout. A reader that has gone (`| head -1`) is not an error.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
