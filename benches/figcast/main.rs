//! The benchmarks, each one command that prints a Markdown table:
//!
//! ```text
//! cargo bench --bench figcast -- figure       [--repetitions 2000] [--python 50]
//! cargo bench --bench figcast -- merge        [--bars 10000] [--repetitions 2000]
//! cargo bench --bench figcast -- fanout       [--subscribers 1000] [--seconds 30]
//! cargo bench --bench figcast -- first-figure [--connections 500]
//! ```
//!
//! Without a name all of them run. Everything stays on 127.0.0.1, except that `figure` installs
//! plotly.py for its comparison; `--python 0` leaves that out.

mod fanout;
mod figure;
mod first_figure;
mod floor;
mod load;
mod merge;
mod options;
mod process;
mod python;
mod server;
mod stats;

use std::env;
use std::io::{Write as _, stdout};

/// Takes its options and returns its report.
type Benchmark = fn(&[String]) -> anyhow::Result<String>;

/// The benchmarks by name.
const BENCHMARKS: [(&str, Benchmark); 4] = [
    ("figure", figure::run),
    ("merge", merge::run),
    ("fanout", fanout::run),
    ("first-figure", first_figure::run),
];

fn main() -> anyhow::Result<()> {
    let mut args: Vec<String> = env::args().skip(1).collect();
    // `cargo bench` says so; `cargo test --benches` does not, and should not wait for minutes.
    let asked = args.iter().any(|arg| arg == "--bench");
    args.retain(|arg| arg != "--bench");
    match args.split_first() {
        Some((name, rest)) if name == floor::NAME => floor::run(rest),
        Some((name, rest)) => {
            let Some((_, run)) = BENCHMARKS.iter().find(|(known, _)| known == name) else {
                anyhow::bail!("{name} is no benchmark: figure, merge, fanout and first-figure are");
            };
            print(&run(rest)?)
        }
        None if asked => BENCHMARKS.iter().try_for_each(|(_, run)| print(&run(&[])?)),
        None => print("name a benchmark: figure, merge, fanout or first-figure"),
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout().lock(), "{text}")?)
}
