//! Fan-out: what a delivered figure costs the server, beside the floor measured at the same time.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::floor::Floor;
use crate::load::Load;
use crate::options::numbers;
use crate::server::{Server, first_figure};
use crate::stats::micros;

/// Longest wait for all subscribers to be served.
const PATIENCE: Duration = Duration::from_mins(1);
/// The floor writes this long after the server's figure, so that the two stay out of each other's
/// way, and counters are read this long after that, when nothing is on its way.
const APART: Duration = Duration::from_millis(500);
const SETTLE: Duration = Duration::from_millis(250);

/// Runs the benchmark.
pub fn run(args: &[String]) -> anyhow::Result<String> {
    let options = [("--subscribers", 1_000, 20_000), ("--seconds", 30, 600)];
    let [subscribers, seconds] = numbers(args, options)?;
    ensure!(subscribers > 0 && seconds > 0, "nothing to measure");
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(subscribers, seconds))
}

async fn measure(subscribers: usize, seconds: usize) -> anyhow::Result<String> {
    let server = Server::start()?;
    let payload = one_event(first_figure(server.address)?.1)?;
    let resident = server.process.resident_kib()?;
    let load = Load::open(server.address, subscribers).await?;
    load.all_served(PATIENCE).await?;
    let mut floor = Floor::start(subscribers)?;
    let floor_load = Load::open(floor.address, subscribers).await?;

    load.reaches(load.updates() + 1, PATIENCE).await?;
    sleep(APART).await;
    floor.write(&payload)?;
    sleep(SETTLE).await;
    let before = Reading::take(&server, &load, &floor, &floor_load)?;
    let patience = PATIENCE + Duration::from_secs(2 * seconds as u64);
    load.reaches(before.updates + seconds as u64, patience).await?;
    sleep(APART + SETTLE).await;
    let spent = Reading::take(&server, &load, &floor, &floor_load)?.since(&before);

    let growth = (server.process.resident_kib()? - resident) / subscribers as f64;
    Ok(report(subscribers, payload.len(), &spent, growth))
}

/// The first figure's event as one chunk, as the server writes it.
fn one_event(received: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let text = String::from_utf8(received)?;
    let (_, event) = text.split_once("\r\nid: ").context("no figure")?;
    let event = format!("id: {}", event.trim_end_matches("\r\n"));
    Ok(format!("{:X}\r\n{event}\r\n", event.len()).into_bytes())
}

/// Counters at one moment, or what was added between two.
struct Reading {
    fetches: u64,
    renders: u64,
    skipped: u64,
    updates: u64,
    delivered: u64,
    cpu: Duration,
    floor_delivered: u64,
    floor_cpu: Duration,
}

impl Reading {
    fn take(
        server: &Server,
        load: &Load,
        floor: &Floor,
        floor_load: &Load,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            cpu: server.process.cpu()?,
            floor_cpu: floor.process.cpu()?,
            fetches: server.counter("figcast_fetches_total{outcome=\"ok\"}")?,
            renders: server.counter("figcast_renders_total")?,
            skipped: server.counter("figcast_figures_skipped_total")?,
            updates: load.updates(),
            delivered: load.delivered(),
            floor_delivered: floor_load.delivered(),
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            floor_cpu: self.floor_cpu.saturating_sub(before.floor_cpu),
            fetches: self.fetches - before.fetches,
            renders: self.renders - before.renders,
            skipped: self.skipped - before.skipped,
            updates: self.updates - before.updates,
            delivered: self.delivered - before.delivered,
            floor_delivered: self.floor_delivered - before.floor_delivered,
        }
    }
}

fn report(subscribers: usize, bytes: usize, spent: &Reading, kib: f64) -> String {
    let per_event = |cpu: Duration, events: u64| micros(cpu) / events.max(1) as f64;
    let ours = per_event(spent.cpu, spent.delivered);
    let floor = per_event(spent.floor_cpu, spent.floor_delivered);
    let Reading { fetches, renders, skipped, updates, delivered, floor_delivered, .. } = spent;
    let due = subscribers as u64 * updates;
    let per_update = *renders as f64 / (*updates).max(1) as f64;
    format!(
        "### Fan-out: {subscribers} subscribers of one view, {updates} updates of {bytes} bytes\n\n\
         | | figcast | floor: write to every socket |\n\
         |---|--:|--:|\n\
         | upstream fetches | {fetches} | |\n\
         | renders per update | {per_update:.2} | |\n\
         | figures delivered | {delivered} of {due} | {floor_delivered} |\n\
         | figures skipped | {skipped} | |\n\
         | CPU in all (user + system) | {:.2} s | {:.2} s |\n\
         | **CPU per delivered event** | **{ours:.1} us** | {floor:.1} us |\n\
         | ratio to the floor | {:.2} | 1 |\n\
         | resident memory per subscriber | {kib:.1} KiB | |\n",
        spent.cpu.as_secs_f64(),
        spent.floor_cpu.as_secs_f64(),
        ours / floor,
    )
}
