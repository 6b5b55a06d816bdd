//! The servers that are measured, and how.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::load::Load;
use crate::nchan::Publisher;
use crate::process::{self, Process};
use crate::recording::Recording;
use crate::stats::percentile;
use crate::{floor, lab, nchan};

/// Longest wait for all subscribers to be served.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longest wait for a silence, and for what is still on its way at the end.
const SILENCE: Duration = Duration::from_secs(5);

/// Who sends the same bytes beside figcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// One thread that calls write(2) on every socket
    Floor,
    /// actix-web-lab's `Sse` responder
    Lab,
    /// nchan, a module of nginx
    Nchan,
    /// A design that fetches and draws for every client: python-socketio and plotly.py
    Original,
}

impl Peer {
    /// A few words for a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor: write to every socket",
            Self::Lab => "actix-web-lab",
            Self::Nchan => "nchan",
            Self::Original => "python-socketio, plotly.py",
        }
    }
}

/// A running server.
pub struct Target {
    /// Stops before the process does.
    _publisher: Option<Publisher>,
    pub process: Process,
    pub address: SocketAddr,
}

impl Target {
    /// A server that needs nobody to publish.
    pub const fn new(process: Process, address: SocketAddr) -> Self {
        Self { _publisher: None, process, address }
    }

    /// A peer that sends a recording, an event a period.
    pub fn start(peer: Peer, recording: &Recording, plan: &Plan) -> anyhow::Result<Self> {
        Ok(match peer {
            Peer::Floor => {
                let (process, address) = floor::start(recording, plan.subscribers, plan.period)?;
                Self::new(process, address)
            }
            Peer::Lab => {
                let (process, address) = lab::start(recording, plan.period)?;
                Self::new(process, address)
            }
            Peer::Nchan => {
                let (process, address, publisher) = nchan::start(recording, plan.period)?;
                Self { _publisher: Some(publisher), process, address }
            }
            Peer::Original => anyhow::bail!("it sends no recordings"),
        })
    }
}

/// What all servers of a comparison are put through.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is asked for, by the subscribers in turn.
    pub requests: Vec<String>,
    pub subscribers: usize,
    /// Updates that count, of each view.
    pub updates: u32,
    /// Time between two updates.
    pub period: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Events that were delivered and that were due, and the bytes of those delivered.
    pub delivered: u64,
    pub due: u64,
    pub bytes: u64,
    /// CPU of the server and of the load, and the time that passed.
    pub cpu: Duration,
    pub load_cpu: Duration,
    pub elapsed: Duration,
    /// Growth of resident memory per subscriber in KiB: once all are served, and at the end.
    pub connected_kib: f64,
    pub sent_kib: f64,
    /// Of each update, the time from the first subscriber to have it to the last.
    pub spreads: Vec<Duration>,
}

impl Measured {
    /// Microseconds of the server's CPU per delivered event.
    pub fn micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.delivered.max(1) as f64
    }

    /// Share of a core that the server was busy.
    pub fn share(&self) -> f64 {
        self.cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Share of a core that the load was busy: near one, it is the load that is slow.
    pub fn load_share(&self) -> f64 {
        self.load_cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// A percentile of the spreads.
    pub fn spread(&self, percent: usize) -> Duration {
        percentile(&mut self.spreads.clone(), percent)
    }

    /// Adds another round of the same.
    pub fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.due += other.due;
        self.bytes += other.bytes;
        self.cpu += other.cpu;
        self.load_cpu += other.load_cpu;
        self.elapsed += other.elapsed;
        self.connected_kib = other.connected_kib;
        self.sent_kib = other.sent_kib;
        self.spreads.extend(other.spreads);
    }
}

/// Subscribes to a server, waits until all are served, and measures the updates that follow. `load`
/// may have a subscriber already.
pub fn measure(target: &Target, load: &mut Load, plan: &Plan) -> anyhow::Result<Measured> {
    let before_kib = target.process.resident_kib()?;
    let growth = || -> anyhow::Result<f64> {
        Ok((target.process.resident_kib()? - before_kib) / plan.subscribers as f64)
    };
    load.open(target.address, &plan.requests, plan.subscribers, false, PATIENCE)?;
    let connected_kib = growth()?;
    load.mark(plan.requests.len(), plan.period * 2 + SILENCE)?;
    let (started, cpu, load_cpu) = (Instant::now(), target.process.cpu()?, process::cpu("self")?);
    load.run_updates(plan.updates, plan.period * (2 * plan.updates) + PATIENCE)?;
    let due = plan.subscribers as u64 * u64::from(plan.updates);
    load.run_until_delivered(due, SILENCE)?;
    Ok(Measured {
        delivered: load.delivered,
        due,
        bytes: load.bytes,
        cpu: target.process.cpu()?.saturating_sub(cpu),
        load_cpu: process::cpu("self")?.saturating_sub(load_cpu),
        elapsed: started.elapsed(),
        connected_kib,
        sent_kib: growth()?,
        spreads: load.updates.iter().map(|update| update.last - update.first).collect(),
    })
}
