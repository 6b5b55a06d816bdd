//! Rush: everybody comes at once, as after a restart, and leaves at once.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, value_parser};

use crate::fanout::TICK;
use crate::load::Load;
use crate::scenario::Scenario;
use crate::server::{self, Binary};
use crate::stats::{millis, percentile};
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(30);
/// When memory is looked at after all have left, in seconds. Views outlive their last subscriber by
/// ten.
const LOOKS: [u64; 4] = [0, 2, 15, 30];

/// How long everybody waits who connects at once, and whether memory returns when all leave
#[derive(Debug, Args)]
pub struct Rush {
    /// What subscribers ask for
    #[arg(long, value_enum, default_value = "figures")]
    scenario: Scenario,
    /// How many connect at once
    #[arg(long, default_value_t = 5_000, value_parser = value_parser!(u16).range(1..=19_400))]
    subscribers: u16,
    /// How often they come and leave
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u8).range(1..=10))]
    waves: u8,
    /// How long they stay, in seconds
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u64).range(1..=300))]
    stay: u64,
    #[command(flatten)]
    binary: Binary,
}

impl Rush {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let target = server::start(&self.binary, TICK)?;
        let mut text = format!(
            "### Rush: {} subscribers at once, {}\n\n\
             Resident memory in MiB: before, with all of them, and so many seconds after all have \
             left at once.\n\n\
             | wave | first figure, p50 / p99 / max | before | with all |{}\n|---|--:|--:|--:|{}\n",
            self.subscribers,
            self.scenario.name(),
            LOOKS.map(|seconds| format!(" after {seconds} s |")).concat(),
            "--:|".repeat(LOOKS.len()),
        );
        for wave in 1..=self.waves {
            writeln!(text, "| {wave} | {} |", self.wave(&target)?.join(" | "))?;
        }
        Ok(text)
    }

    fn wave(&self, target: &Target) -> anyhow::Result<Vec<String>> {
        let request = self.scenario.request("AAPL");
        let mebibytes = || -> anyhow::Result<String> {
            Ok(format!("{:.1}", target.process.resident_kib()? / 1_024.0))
        };
        let mut load = Load::new(0)?;
        load.open_first(target.address, &request, PATIENCE)?;
        let before = mebibytes()?;
        let subscribers = self.subscribers.into();
        load.open(target.address, &[request], subscribers, true, PATIENCE)?;
        let mut served = std::mem::take(&mut load.served);
        let [p50, p99, max] = [50, 99, 100].map(|percent| millis(percentile(&mut served, percent)));
        load.run_for(Duration::from_secs(self.stay))?;
        let mut cells = vec![format!("{p50:.0} / {p99:.0} / {max:.0} ms"), before, mebibytes()?];
        drop(load);
        let mut passed = 0;
        for look in LOOKS {
            sleep(Duration::from_secs(look - passed));
            passed = look;
            cells.push(mebibytes()?);
        }
        Ok(cells)
    }
}
