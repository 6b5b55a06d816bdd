//! The design that figcast replaces: for every client, again and again, bars are made a frame, drawn
//! with plotly.py and sent through python-socketio. The download is free here.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::process::Process;
use crate::python::environment;
use crate::stats::millis;

const SCRIPT: &str = include_str!("original.py");
const PACKAGES: [&str; 4] =
    ["plotly==7.1.0", "pandas==3.1.1", "python-socketio==5.18.1", "aiohttp==3.14.5"];

/// What it took.
pub struct Original {
    /// Clients, each sent a figure a period.
    pub clients: usize,
    /// Figures delivered in all.
    pub delivered: u64,
    /// CPU of the server.
    pub cpu: Duration,
}

impl fmt::Display for Original {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, delivered, cpu } = self;
        let each = millis(*cpu) / (*delivered).max(1) as f64;
        writeln!(
            out,
            "python-socketio and plotly.py, {clients} clients: {delivered} figures delivered, \
             **{each:.1} ms** of CPU each."
        )
    }
}

/// Has `clients` connect in a process of their own and counts for `time`.
pub fn measure(clients: usize, time: Duration) -> anyhow::Result<Original> {
    let python = environment("original", "import plotly, pandas, socketio, aiohttp", &PACKAGES)?;
    let (server, address) =
        Process::start(Command::new(&python).args(["-c", SCRIPT, "serve"]), &[])?;
    let clients_text = clients.to_string();
    let seconds = time.as_secs().to_string();
    let mut command = Command::new(&python);
    command.args(["-c", SCRIPT, "load", &address, &clients_text, &seconds]);
    let (mut load, line) = Process::start(&mut command, &[])?;
    ensure!(line == "connected", "its clients cannot connect: {line}");
    let cpu = server.cpu()?;
    let delivered = load.next_line()?.parse().context("no number of figures")?;
    Ok(Original { clients, delivered, cpu: server.cpu()?.saturating_sub(cpu) })
}
