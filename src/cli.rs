//! The command line: what was typed, and what it makes the program do.

mod alive;
mod check;
mod cluster;
mod doctor;
mod history;
mod manager;
mod push;
mod recording;
mod shell;
mod signals;
mod started;
mod token;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use log::{info, warn};
use tokio_util::task::AbortOnDropHandle;
use toml::{Table, Value};

use self::alive::AliveArgs;
use self::cluster::ClusterCommand;
use self::doctor::DoctorArgs;
use self::history::HistoryCommand;
use self::manager::Manager;
use self::push::PushArgs;
use self::shell::{CompletionsArgs, ManArgs};
use self::signals::Signals;
use self::token::TokenCommand;
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{Flag, Layers, Loaded, SourceName};
use crate::figure::{Appearance, Format};
use crate::hub::{Hub, SubscribeError};
use crate::logging::{LogFormat, Logging};
use crate::source;
use crate::symbol::Symbol;
use crate::view::{View, pick};

/// How long `figure` waits for its bars.
const PATIENCE: Duration = Duration::from_secs(30);

/// Live market charts over Server-Sent Events.
///
/// `figcast serve`, then open `http://127.0.0.1:8080` or `curl -N localhost:8080/stream/AAPL`.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// How lines of the log are written
    #[arg(
        long,
        value_name = "NAME",
        default_value = "text",
        global = true,
        hide_default_value = true
    )]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve charts until SIGTERM or Ctrl-C.
    Serve(ServeArgs),
    /// Read the configuration and open what `serve` would, report all that is wrong, and exit.
    CheckConfig(ServeArgs),
    /// Print one figure as JSON, for scripts.
    Figure(FigureArgs),
    /// Print the bars and studies of a figure as a table, for scripts.
    Bars(BarsArgs),
    /// Send bars or ticks to a server, line by line as they come
    Push(PushArgs),
    /// Look at, fill or thin the file in which bars are kept
    History(HistoryArgs),
    /// Sign, show and check the tokens that [auth] asks for
    Token(AuthArgs),
    /// Say what is wrong between a server and its clients, or with the machine of a server
    Doctor(Box<DoctorArgs>),
    /// Print a script by which a shell completes commands and flags
    Completions(CompletionsArgs),
    /// Exit with 0 if a server answers, for the health checks of containers
    #[command(hide = true)]
    Alive(AliveArgs),
    /// Print the manual page, or write those of all commands
    #[command(hide = true)]
    Man(ManArgs),
    /// Look at several servers that are one service
    Cluster(ClusterArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Host and port, such as 0.0.0.0:8080 (all interfaces); a port alone is localhost's, 0 a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The path that everything is below, such as /charts, where the host has other services
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
    /// Let programs on this machine push bars and ticks without a token
    #[arg(long)]
    allow_ingest: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Settings that flags can override; the rest is in the configuration file.
#[derive(Debug, Args)]
struct Settings {
    /// Configuration file [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where bars come from, one or several, such as sim,yahoo: the symbols of all but the first are named as in
    /// YAHOO:AAPL
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    source: Vec<SourceName>,
    /// Recorded bars to show, CSV or Yahoo chart JSON; may be given many times
    #[arg(long, value_name = "SYMBOL=PATH[@ZONE]")]
    file: Vec<String>,
    /// Play the files from their beginning; else they are shown whole
    #[arg(long)]
    play: bool,
    /// Recorded seconds that pass in a second of playing; implies --play
    #[arg(long, value_name = "N")]
    speed: Option<f64>,
    /// Where playing begins, such as "2024-10-02 09:30"; implies --play
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Read rows that are appended to the files as they come
    #[arg(long, conflicts_with_all = ["play", "speed", "from"])]
    follow: bool,
    /// Zone of times without one in recorded files, such as Asia/Tokyo [default: the market's, else UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Where Yahoo's chart endpoint is; the next one given is tried when this one is out
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    yahoo_base_url: Vec<String>,
}

#[derive(Debug, Args)]
struct FigureArgs {
    /// Whose chart, such as AAPL
    symbol: String,
    /// View options as in a stream's query, such as range=5d chart=candlestick theme=light
    #[arg(value_name = "OPTION=VALUE")]
    options: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
struct HistoryArgs {
    #[command(subcommand)]
    command: HistoryCommand,
    /// Configuration file [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The file of bars [default: history.path]
    #[arg(long, value_name = "FILE", global = true)]
    path: Option<String>,
}

#[derive(Debug, Args)]
struct AuthArgs {
    #[command(subcommand)]
    command: TokenCommand,
    /// Configuration file [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ClusterArgs {
    #[command(subcommand)]
    command: ClusterCommand,
    /// Configuration file [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct BarsArgs {
    /// How the table is written: json or csv
    #[arg(long, value_name = "NAME", default_value = "json")]
    format: String,
    #[command(flatten)]
    figure: FigureArgs,
}

impl Cli {
    /// How lines of the log are written.
    #[must_use]
    pub const fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// What went wrong, with its causes.
    pub fn run(self, logging: &Logging) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve(&args.layers()?.load()?, logging),
            Command::CheckConfig(args) => say(&check::check(&args.layers()?)?),
            Command::Figure(args) => figure(&args, None),
            Command::Push(args) => say(&push::push(&args)?),
            Command::History(args) => args.run(),
            Command::Token(args) => args.run(),
            Command::Cluster(args) => args.run(),
            Command::Completions(args) => say(&args.script(Self::command())?),
            Command::Alive(args) => args.ask(),
            Command::Man(args) => say(&args.pages(Self::command())?),
            Command::Doctor(args) => doctor::run(&args, say),
            Command::Bars(args) => figure(&args.figure, Some(pick("format", &args.format)?)),
        }
    }
}

impl HistoryArgs {
    fn run(&self) -> anyhow::Result<()> {
        let env = std::env::vars_os().collect();
        let path = self.path.clone().map(|path| ("--path", "history.path", Value::from(path)));
        let layers = Layers { file: self.config.clone(), env, flags: path.into_iter().collect() };
        say(&history::run(&self.command, &layers.load()?.config)?)
    }
}

impl AuthArgs {
    fn run(&self) -> anyhow::Result<()> {
        let env = std::env::vars_os().collect();
        let layers = Layers { file: self.config.clone(), env, flags: Vec::new() };
        say(&token::run(&self.command, &layers.load()?.config)?)
    }
}

impl ClusterArgs {
    fn run(&self) -> anyhow::Result<()> {
        let env = std::env::vars_os().collect();
        let layers = Layers { file: self.config.clone(), env, flags: Vec::new() };
        say(cluster::run(&self.command, &layers.load()?.config)?.trim_end())
    }
}

impl ServeArgs {
    fn layers(&self) -> anyhow::Result<Layers> {
        let mut layers = self.settings.layers()?;
        let listen = self.listen.clone().map(Value::from);
        layers.flags.extend(listen.map(|listen| ("--listen", "server.listen", listen)));
        let base_path = self.base_path.clone().map(Value::from);
        layers.flags.extend(base_path.map(|path| ("--base-path", "server.base_path", path)));
        let allow =
            self.allow_ingest.then_some(("--allow-ingest", "ingest.allow_loopback", true.into()));
        layers.flags.extend(allow);
        Ok(layers)
    }
}

impl Settings {
    fn layers(&self) -> anyhow::Result<Layers> {
        let env = std::env::vars_os().collect();
        Ok(Layers { file: self.config.clone(), env, flags: self.flags()? })
    }

    fn flags(&self) -> anyhow::Result<Vec<Flag>> {
        // Recordings are for replay and a server's address for yahoo: no need to say it twice.
        let implied = [
            (!self.file.is_empty()).then_some(SourceName::Replay),
            (!self.yahoo_base_url.is_empty()).then_some(SourceName::Yahoo),
        ];
        let source = self.source.first().copied().or(implied[0]).or(implied[1]);
        let others = self.source.get(1..).filter(|others| !others.is_empty());
        let others: Option<Vec<_>> =
            others.map(|others| others.iter().map(|name| name.as_str()).collect());
        let plays = [
            ("--play", self.play),
            ("--speed", self.speed.is_some()),
            ("--from", self.from.is_some()),
        ];
        let plays = plays.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag));
        let urls = Some(&self.yahoo_base_url).filter(|urls| !urls.is_empty());
        let flags = [
            ("--source", "source.name", source.map(|name| name.as_str().into())),
            ("--source", "source.others", others.map(Value::from)),
            (plays.unwrap_or("--play"), "replay.play", plays.map(|_| true.into())),
            ("--follow", "replay.follow", self.follow.then_some(true.into())),
            ("--from", "replay.from", self.from.clone().map(Value::from)),
            ("--speed", "replay.speed", self.speed.map(Value::from)),
            ("--timezone", "replay.timezone", self.timezone.clone().map(Value::from)),
            ("--yahoo-base-url", "yahoo.base_urls", urls.cloned().map(Value::from)),
            ("--file", "replay.files", self.files()?),
        ];
        Ok(flags.into_iter().filter_map(|(flag, key, value)| Some((flag, key, value?))).collect())
    }

    fn files(&self) -> anyhow::Result<Option<Value>> {
        let files = self.file.iter().map(|file| recording::parse(file));
        let files: Table = files.collect::<anyhow::Result<_>>()?;
        Ok(Some(files).filter(|files| !files.is_empty()).map(Value::from))
    }
}

fn serve(loaded: &Loaded, logging: &Logging) -> anyhow::Result<()> {
    let config = &loaded.config;
    for note in check::notes(loaded) {
        warn!("{note}");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let sources = source::open(config, &clock)?;
        // Listened for before anybody is told that the server is there, and may tell it to stop.
        let signals = Signals::listen()?;
        let app = App::build_on(manager::passed()?, config, sources, clock)?;
        let listening = started::listening(&app, &config.server.base_path);
        let manager = Manager::start()?;
        manager.ready(&listening);
        let _alive = AbortOnDropHandle::new(tokio::spawn(manager.clone().keep_alive()));
        info!("{}", started::line(&listening, app.bounds(), loaded));
        announce(listening);
        let reload = app.reload();
        let stop = async {
            signals.until_stop(reload, &manager).await;
            manager.stopping();
        };
        logging.serve(&app.metrics().log_lines_dropped);
        app.run_until(stop).await
    })
}

/// Prints a figure, or what it shows as a table.
fn figure(args: &FigureArgs, table: Option<Format>) -> anyhow::Result<()> {
    let options = args.options.iter().map(|option| {
        let pair = option.split_once('=');
        pair.with_context(|| format!("{option}: write OPTION=VALUE, such as range=5d"))
    });
    let options: Vec<_> = options.collect::<anyhow::Result<_>>()?;
    let symbol = Symbol::parse(&args.symbol)?;
    let config = args.settings.layers()?.load()?.config;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sources = source::open(&config, &clock)?;
    let appearance = Appearance::from(&config.appearance);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let text = runtime.block_on(async {
        let hub = Hub::new(sources, clock, config.hub, appearance, Arc::default());
        let view = View::parse_in(symbol, options, &hub)?;
        let text = printed(&hub, &view, table).await;
        // A feed that the end of the runtime takes from a renderer would look like one that died.
        hub.stop().await;
        anyhow::Ok(text?)
    })?;
    say(std::str::from_utf8(&text)?.trim_end())
}

async fn printed(hub: &Hub, view: &View, table: Option<Format>) -> Result<Bytes, SubscribeError> {
    let frame = hub.figure(view, None, PATIENCE).await?;
    match table {
        Some(format) => hub.table(&frame, format, None).await,
        None => Ok(frame.figure.clone()),
    }
}

/// Says a line on stdout if it can be said. A server serves whether or not anybody reads, and on a full disk.
fn announce(line: String) {
    thread::spawn(move || {
        if let Err(error) = say(&line) {
            warn!("cannot write to stdout, where it would say that it is {line}: {error}");
        }
    });
}

/// A line on stdout. A reader that has gone (`| head -1`) is not an error.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
