//! Fan-out: what a delivered event costs the server, beside others that send the same bytes in the same
//! run.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, value_parser};

use crate::comparison::{Comparison, Own};
use crate::load::Load;
use crate::recording::Recording;
use crate::scenario::Scenario;
use crate::server::{self, Binary};
use crate::target::{Peer, Plan, Target, measure};
use crate::{nchan, original};

/// Longest wait for the first figure.
const PATIENCE: Duration = Duration::from_secs(10);
/// The simulated market moves once a second.
pub const TICK: Duration = Duration::from_secs(1);
/// What is asked of peers; nchan sends raw chunks only to who says that it takes them.
const PEERS: &str =
    "GET / HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\nTE: chunked\r\n\r\n";
/// Longest time that the design which draws for each client is measured.
const MOST_ORIGINAL: u32 = 30;

/// What a delivered event costs, beside others that send the same bytes
#[derive(Debug, Args)]
pub struct Fanout {
    /// What subscribers ask for; each is a run of its own
    #[arg(long, value_enum, value_delimiter = ',', default_value = "small,figures,gzip,zstd")]
    scenario: Vec<Scenario>,
    /// Whom to compare with; those that are not installed are left out
    #[arg(long, value_enum, value_delimiter = ',', default_value = "floor")]
    peers: Vec<Peer>,
    /// Subscribers of one view
    #[arg(long, default_value_t = 5_000, value_parser = value_parser!(u16).range(1..=19_400))]
    subscribers: u16,
    /// Updates that count, one a second
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// How often all of them are measured in turns
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Clients of python-socketio; each costs tens of milliseconds a second
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u16).range(1..=25))]
    original_clients: u16,
    #[command(flatten)]
    binary: Binary,
}

impl Fanout {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let (mut text, mut peers) = (String::new(), self.peers.clone());
        if let Some(why) = nchan::missing().filter(|_| peers.contains(&Peer::Nchan)) {
            writeln!(text, "nchan was left out: {why}\n")?;
            peers.retain(|peer| *peer != Peer::Nchan);
        }
        let with_original = peers.contains(&Peer::Original);
        peers.retain(|peer| *peer != Peer::Original);
        for scenario in &self.scenario {
            text.push_str(&self.compare(*scenario, &peers)?.to_string());
        }
        if with_original {
            let time = Duration::from_secs(self.seconds.min(MOST_ORIGINAL).into());
            match original::measure(self.original_clients.into(), time) {
                Ok(original) => writeln!(text, "{original}")?,
                Err(error) => writeln!(text, "python-socketio was left out: {error:#}\n")?,
            }
        }
        Ok(text)
    }

    /// Measures figcast and then its peers, which send what it had sent, and again.
    fn compare(&self, scenario: Scenario, peers: &[Peer]) -> anyhow::Result<Comparison> {
        let plan = Plan {
            requests: vec![scenario.request("AAPL")],
            subscribers: self.subscribers.into(),
            updates: self.seconds,
            period: TICK,
        };
        let mut comparison = Comparison::new(scenario, &plan, peers);
        let peers_plan = Plan { requests: vec![PEERS.to_owned()], ..plan.clone() };
        for _ in 0..self.rounds {
            let recording = self.figcast(&plan, &mut comparison)?;
            for (index, peer) in peers.iter().enumerate() {
                let target = Target::start(*peer, &recording, &peers_plan)?;
                let measured = measure(&target, &mut Load::new(0)?, &peers_plan);
                comparison.add(1 + index, measured.with_context(|| format!("{peer:?}"))?);
            }
        }
        Ok(comparison)
    }

    /// A round of figcast, and what it sent.
    fn figcast(&self, plan: &Plan, comparison: &mut Comparison) -> anyhow::Result<Recording> {
        let target = server::start(&self.binary, plan.period)?;
        let mut load = Load::new(0)?;
        load.open_first(target.address, &plan.requests[0], PATIENCE)?;
        let count = || -> anyhow::Result<[u64; 2]> {
            let renders = server::counter(target.address, "figcast_renders_total")?;
            Ok([renders, server::counter(target.address, "figcast_figures_skipped_total")?])
        };
        let (before, had) = (count()?, load.first_had());
        let measured = measure(&target, &mut load, plan)?;
        let (after, had) = (count()?, load.first_had() - had);
        comparison.own(Own {
            coding: load.tap.coding()?,
            text: load.tap.figures()?,
            renders: (after[0] - before[0]) as f64 / f64::from(had),
            skipped: after[1] - before[1],
        });
        comparison.add(0, measured);
        Recording::new(load.tap.events())
    }
}
