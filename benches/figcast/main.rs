//! The benchmarks, each one command that prints a Markdown table:
//!
//! ```text
//! cargo bench --bench figcast -- fanout --help
//! ```
//!
//! Everything stays on 127.0.0.0/8, except that some comparisons install a Python package the first
//! time they run.

mod attack;
mod comparison;
mod fanout;
mod figure;
mod first_figure;
mod floor;
mod growth;
mod idle;
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
mod rush;
mod scenario;
mod server;
mod stats;
mod tap;
mod target;
mod views;
mod wire;

use std::env;
use std::io::{Write as _, stdout};

use clap::{Parser, Subcommand};

use crate::attack::Attack;
use crate::fanout::Fanout;
use crate::figure::Figures;
use crate::first_figure::FirstFigure;
use crate::floor::Floor;
use crate::growth::Growth;
use crate::idle::Idle;
use crate::lab::Lab;
use crate::latency::Latency;
use crate::merge::Merge;
use crate::rush::Rush;
use crate::views::Views;

/// Measures figcast; every command prints a Markdown table.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench figcast --")]
struct Cli {
    #[command(subcommand)]
    benchmark: Benchmark,
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
    Growth(Growth),
    Views(Views),
    Latency(Latency),
    #[command(name = floor::NAME, hide = true)]
    Floor(Floor),
    #[command(name = lab::NAME, hide = true)]
    Lab(Lab),
}

/// What runs when nothing is named.
const USUAL: [&str; 6] = ["figure", "merge", "views", "latency", "fanout", "first-figure"];

fn main() -> anyhow::Result<()> {
    // `cargo bench` says so; `cargo test --benches` does not, and should not wait for minutes.
    let (asked, mut args): (Vec<_>, Vec<_>) = env::args().partition(|arg| arg == "--bench");
    let program = args[0].clone();
    match args.len() {
        1 if !asked.is_empty() => {
            return USUAL.iter().try_for_each(|name| run(Cli::parse_from([&program, *name])));
        }
        1 => args.push("--help".to_owned()),
        _ => {}
    }
    run(Cli::parse_from(args))
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let report = match cli.benchmark {
        Benchmark::Figure(figures) => figures.run(),
        Benchmark::Merge(merge) => merge.run(),
        Benchmark::FirstFigure(first) => first.run(),
        Benchmark::Attack(attack) => attack.run(),
        Benchmark::Fanout(fanout) => fanout.run(),
        Benchmark::Rush(rush) => rush.run(),
        Benchmark::Idle(idle) => idle.run(),
        Benchmark::Growth(growth) => growth.run(),
        Benchmark::Views(views) => views.run(),
        Benchmark::Latency(latency) => latency.run(),
        Benchmark::Floor(floor) => return floor::run(&floor),
        Benchmark::Lab(lab) => return lab::run(&lab),
    };
    print(&report?)
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout().lock(), "{text}")?)
}
