//! The server under test, a process of its own.

use std::env::{var_os, vars_os};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::process::Process;
use crate::tap::Tap;
use crate::target::Target;
use crate::wire::Response;

/// More feeds and views than any benchmark has.
const MOST_VIEWS: &str = "6000";
/// Longest wait for a byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// How the variables begin that cargo sets for a program of a package.
const PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// Which server is measured.
#[derive(Debug, Clone, Args)]
pub struct Binary {
    /// Measure this binary; without it what ships is built and measured
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Worker threads of the server: 0 for one a core, which is its default
    #[arg(long, default_value_t = 0, value_name = "N")]
    workers: u8,
}

impl Binary {
    /// The file to run. The binary that comes with a benchmark was built with the features that the
    /// tests ask of tokio and others; what ships takes its place.
    fn path(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.server {
            return Ok(path.clone());
        }
        let cargo = var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // What cargo tells a benchmark of its package would look to build scripts like a change.
        for (name, _) in vars_os().filter(|(name, _)| tells_package(name)) {
            build.env_remove(name);
        }
        let status = build.args(["build", "--release", "--locked", "--bin", "figcast"]).status()?;
        ensure!(status.success(), "the server cannot be built");
        Ok(env!("CARGO_BIN_EXE_figcast").into())
    }
}

fn tells_package(name: &OsStr) -> bool {
    let name = name.to_str().unwrap_or_default();
    PACKAGE.iter().any(|prefix| name.starts_with(prefix))
}

/// Starts `figcast serve` on a free port, with the simulated market looked at once a `tick` and
/// otherwise its defaults, except that the many subscribers come from few addresses and that there
/// may be more views than anybody should ask for.
pub fn start(binary: &Binary, tick: Duration) -> anyhow::Result<Target> {
    start_node(binary, tick, None)
}

/// Starts the same as a server of a cluster, if there is a `redis`.
pub fn start_node(binary: &Binary, tick: Duration, redis: Option<&str>) -> anyhow::Result<Target> {
    let (process, line) = Process::start(
        Command::new(binary.path()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--source", "sim"])
            .env("FIGCAST_SIM__TICK", format!("{}ms", tick.as_millis()))
            .env("FIGCAST_HUB__STREAMS_PER_ADDRESS", "0")
            .env("FIGCAST_HUB__REQUESTS_PER_ADDRESS", "0")
            .env("FIGCAST_HUB__FEEDS", MOST_VIEWS)
            .env("FIGCAST_HUB__VIEWS", MOST_VIEWS)
            .env("FIGCAST_SERVER__WORKERS", binary.workers.to_string())
            .envs(redis.map(|url| ("FIGCAST_CLUSTER__REDIS", url)))
            .env("RUST_LOG", "warn"),
        &[],
    )?;
    let address = line.strip_prefix("listening on http://").context("no address")?.parse()?;
    Ok(Target::new(process, address))
}

/// Starts `figcast serve` on a free port to take pushes into a history at `path`.
pub fn start_ingest(binary: &Binary, path: &Path) -> anyhow::Result<Target> {
    let (process, line) = Process::start(
        Command::new(binary.path()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--allow-ingest"])
            .env("FIGCAST_HISTORY__PATH", path)
            .env("FIGCAST_INGEST__REQUESTS_PER_ADDRESS", "0")
            .env("FIGCAST_INGEST__SYMBOLS", "20000")
            .env("FIGCAST_SERVER__WORKERS", binary.workers.to_string())
            .env("RUST_LOG", "warn"),
        &[],
    )?;
    let address = line.strip_prefix("listening on http://").context("no address")?.parse()?;
    Ok(Target::new(process, address))
}

/// Starts `figcast serve` on a free port with nothing but its defaults.
pub fn start_strict(binary: &Binary) -> anyhow::Result<Target> {
    let (process, line) = Process::start(
        Command::new(binary.path()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--source", "sim"])
            .env("RUST_LOG", "error"),
        &[],
    )?;
    let address = line.strip_prefix("listening on http://").context("no address")?.parse()?;
    Ok(Target::new(process, address))
}

/// A counter of a server's `/metrics`, by its full name with labels.
pub fn counter(address: SocketAddr, name: &str) -> anyhow::Result<u64> {
    let text = metrics(address)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    value.trim().parse().with_context(|| format!("{name}: {value}"))
}

/// A server's `/metrics`, with the head of the response.
pub fn metrics(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream = connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Connects, waits for the first whole figure, and leaves: the time that took from before the
/// connection, and everything received.
pub fn first_figure(address: SocketAddr, request: &str) -> anyhow::Result<(Duration, Vec<u8>)> {
    let started = Instant::now();
    let mut stream = connect(address)?;
    stream.write_all(request.as_bytes())?;
    let (mut response, mut tap) = (Response::default(), Tap::default());
    let (mut received, mut buffer) = (Vec::new(), [0; 16_384]);
    while !tap.has_figure() {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "the stream ended: {}", String::from_utf8_lossy(&received));
        response.feed(&buffer[..count], |part| tap.take(&part))?;
        received.extend_from_slice(&buffer[..count]);
    }
    Ok((started.elapsed(), received))
}

fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
