//! Parses the command line, loads the configuration, runs, and reports.

use std::process::ExitCode;

use clap::Parser as _;
use figcast::cli::Cli;

/// glibc's keeps what a crowd of clients took after they have left; this one gives it back.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The server library's start-up lines say nothing that ours do not.
    let level = env_logger::Env::default().default_filter_or("info,actix_server=warn");
    env_logger::Builder::from_env(level).target(env_logger::Target::Stderr).init();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The alternate form prints the chain of causes on one line.
            eprintln!("figcast: {error:#}");
            ExitCode::FAILURE
        }
    }
}
