//! Idle: what a subscriber takes who has had its first figure and is told nothing more.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, value_parser};

use crate::load::Load;
use crate::scenario::Scenario;
use crate::server::{self, Binary};

const PATIENCE: Duration = Duration::from_mins(1);
/// A market that is looked at so rarely stands still.
const NEVER: Duration = Duration::from_hours(1);

/// Resident memory of subscribers that are told nothing
#[derive(Debug, Args)]
pub struct Idle {
    /// What subscribers ask for; each is a run of its own
    #[arg(long, value_enum, value_delimiter = ',', default_value = "small,figures,gzip,zstd")]
    scenario: Vec<Scenario>,
    /// Subscribers of one view
    #[arg(long, default_value_t = 5_000, value_parser = value_parser!(u16).range(1..=19_400))]
    subscribers: u16,
    /// How long they are left alone, in seconds; heartbeats come every 15
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u64).range(1..=300))]
    seconds: u64,
    #[command(flatten)]
    binary: Binary,
}

impl Idle {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "### Idle: {} subscribers, {} s after their first figure\n\n\
             | | resident memory per subscriber |\n|---|--:|\n",
            self.subscribers, self.seconds
        );
        for scenario in &self.scenario {
            let kib = self.measure(*scenario).with_context(|| scenario.name())?;
            writeln!(text, "| {} | {kib:.1} KiB |", scenario.name())?;
        }
        Ok(text)
    }

    fn measure(&self, scenario: Scenario) -> anyhow::Result<f64> {
        let target = server::start(&self.binary, NEVER)?;
        let request = scenario.request("AAPL");
        let mut load = Load::new(0)?;
        load.open_first(target.address, &request, PATIENCE)?;
        let before = target.process.resident_kib()?;
        load.open(target.address, &[request], self.subscribers.into(), false, PATIENCE)?;
        load.run_for(Duration::from_secs(self.seconds))?;
        Ok((target.process.resident_kib()? - before) / f64::from(self.subscribers))
    }
}
