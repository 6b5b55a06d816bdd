//! The server under test, a process of its own.

use std::env::{var_os, vars_os};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::load::{Events, REQUEST};
use crate::process::Process;

/// Longest wait for a byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// How the variables begin that cargo sets for a program of a package.
const PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// `figcast serve` on a free port, with the simulated market and its defaults.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// To be measured.
    pub process: Process,
}

impl Server {
    /// Starts the release binary. Every subscriber comes from one address, so that bound is off.
    pub fn start() -> anyhow::Result<Self> {
        build()?;
        let (process, line) = Process::start(
            Command::new(env!("CARGO_BIN_EXE_figcast"))
                .args(["serve", "--listen", "127.0.0.1:0", "--source", "sim"])
                .env("FIGCAST_HUB__STREAMS_PER_ADDRESS", "0")
                .env("RUST_LOG", "warn"),
        )?;
        let address = line.strip_prefix("listening on http://").context("no address")?.parse()?;
        Ok(Self { address, process })
    }

    /// A counter of `/metrics`, by its full name with labels.
    pub fn counter(&self, name: &str) -> anyhow::Result<u64> {
        let mut stream = connect(self.address)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        value.trim().parse().with_context(|| format!("{name}: {value}"))
    }
}

/// Connects, waits for the first whole figure, and leaves: the time that took from before the
/// connection, and everything received.
pub fn first_figure(address: SocketAddr) -> anyhow::Result<(Duration, Vec<u8>)> {
    let started = Instant::now();
    let mut stream = connect(address)?;
    stream.write_all(REQUEST)?;
    let (mut events, mut received, mut buffer) = (Events::default(), Vec::new(), [0; 16_384]);
    while events.figures() == 0 {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "the stream ended: {}", String::from_utf8_lossy(&received));
        events.feed(&buffer[..count]);
        received.extend_from_slice(&buffer[..count]);
    }
    Ok((started.elapsed(), received))
}

/// Builds what ships. The binary that comes with a benchmark was built with the features that the
/// tests ask of tokio and others; this one takes its place.
fn build() -> anyhow::Result<()> {
    let cargo = var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells a benchmark of its package would look to build scripts like a change.
    for (name, _) in vars_os() {
        if name.to_str().is_some_and(|name| PACKAGE.iter().any(|prefix| name.starts_with(prefix))) {
            build.env_remove(name);
        }
    }
    let status = build.args(["build", "--release", "--bin", "figcast"]).status()?;
    ensure!(status.success(), "the server cannot be built");
    Ok(())
}

fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
