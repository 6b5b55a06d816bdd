//! Parses the command line, loads the configuration, runs, and reports.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use figcast::cli::Cli;
use figcast::logging::Logging;

/// glibc's keeps what a crowd of clients took after they have left; this one gives it back. It takes the place of
/// C's `malloc` too, which zstd calls.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How long the process waits at its end for a log that nobody reads.
const LAST_LINES: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let logging = match Logging::start(cli.log_format()) {
        Ok(logging) => logging,
        Err(error) => {
            eprintln!("figcast: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = cli.run(&logging);
    if let Err(error) = &outcome {
        // The alternate form prints the chain of causes on one line.
        logging.say(&format!("figcast: {error:#}"));
    }
    logging.finish(LAST_LINES);
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
