//! The benchmarks, each one command that prints a Markdown table, and with `--report` writes it into a section of a
//! page:
//!
//! ```text
//! cargo bench --bench figcast -- fanout --help
//! ```
//!
//! Everything stays on 127.0.0.0/8, except that some comparisons install a Python package the first
//! time they run.

mod attack;
mod cluster;
mod comparison;
mod fanout;
mod figure;
mod first_figure;
mod floor;
mod growth;
mod idle;
mod ingest;
mod lab;
mod latency;
mod load;
mod merge;
mod nchan;
mod original;
mod process;
mod python;
mod recorded;
mod recording;
mod report;
mod rush;
mod scenario;
mod server;
#[path = "../../tests/support/sse.rs"]
mod sse;
mod stats;
mod tap;
mod target;
mod views;
mod wire;

use std::env;
use std::io::{Write as _, stdout};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::attack::Attack;
use crate::cluster::Cluster;
use crate::fanout::Fanout;
use crate::figure::Figures;
use crate::first_figure::FirstFigure;
use crate::floor::Floor;
use crate::growth::Growth;
use crate::idle::Idle;
use crate::ingest::Ingest;
use crate::lab::Lab;
use crate::latency::Latency;
use crate::merge::Merge;
use crate::report::Report;
use crate::rush::Rush;
use crate::views::Views;

/// Measures figcast; every command prints a Markdown table
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench figcast --")]
struct Cli {
    /// Write the table into this page, too, between the marks of its section
    #[arg(long, global = true, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The section, if it has another name than the command
    #[arg(long, global = true, value_name = "NAME")]
    section: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Benchmark(Benchmark),
    #[command(flatten)]
    Process(PeerProcess),
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    Figure(Figures),
    Merge(Merge),
    FirstFigure(FirstFigure),
    Attack(Attack),
    Fanout(Fanout),
    Rush(Rush),
    Idle(Idle),
    Ingest(Ingest),
    Growth(Growth),
    Views(Views),
    Latency(Latency),
    Cluster(Cluster),
}

/// What this program is where a benchmark starts it once more.
#[derive(Debug, Subcommand)]
enum PeerProcess {
    #[command(name = floor::NAME, hide = true)]
    Floor(Floor),
    #[command(name = lab::NAME, hide = true)]
    Lab(Lab),
}

/// What runs when nothing is named.
const USUAL: [&str; 7] =
    ["figure", "merge", "views", "latency", "fanout", "first-figure", "ingest"];

fn main() -> anyhow::Result<()> {
    // `cargo bench` says so; `cargo test --benches` does not, and should not wait for minutes.
    let (asked, args): (Vec<_>, Vec<_>) = env::args().partition(|arg| arg == "--bench");
    let cli = Cli::parse_from(&args);
    if cli.command.is_some() {
        return run(&args);
    }
    if asked.is_empty() {
        return Ok(Cli::command().print_help()?);
    }
    ensure!(cli.section.is_none(), "--section is for one benchmark: name it");
    USUAL.iter().try_for_each(|name| run(&[&args[..], &[(*name).to_owned()]].concat()))
}

/// Runs the command that `args` name.
fn run(args: &[String]) -> anyhow::Result<()> {
    let matches = Cli::command().get_matches_from(args);
    let Cli { report, section, command } = Cli::from_arg_matches(&matches)?;
    let name = matches.subcommand_name().context("no command")?;
    match command.context("no command")? {
        Command::Process(PeerProcess::Floor(floor)) => floor::run(&floor),
        Command::Process(PeerProcess::Lab(lab)) => lab::run(&lab),
        Command::Benchmark(benchmark) => {
            let report = Report::begin(report.as_deref(), section.as_deref().unwrap_or(name))?;
            report.end(&benchmark.run()?)
        }
    }
}

impl Benchmark {
    fn run(&self) -> anyhow::Result<String> {
        match self {
            Self::Figure(figures) => figures.run(),
            Self::Merge(merge) => merge.run(),
            Self::FirstFigure(first) => first.run(),
            Self::Attack(attack) => attack.run(),
            Self::Fanout(fanout) => fanout.run(),
            Self::Rush(rush) => rush.run(),
            Self::Idle(idle) => idle.run(),
            Self::Ingest(ingest) => ingest.run(),
            Self::Growth(growth) => growth.run(),
            Self::Views(views) => views.run(),
            Self::Latency(latency) => latency.run(),
            Self::Cluster(cluster) => cluster.run(),
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout().lock(), "{text}")?)
}
