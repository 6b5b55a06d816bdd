//! A `redis-server` of a run's own, and what it tells of itself.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::process::Process;

const PATIENCE: Duration = Duration::from_secs(5);

/// Ends when it is dropped.
pub struct Redis {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

/// Counters of a Redis, or what they rose by in a second.
pub struct Traffic {
    /// Seconds of CPU.
    cpu: f64,
    commands: f64,
    /// Bytes.
    received: f64,
    sent: f64,
    memory: f64,
}

impl Redis {
    /// One that writes nothing to a disk.
    pub fn start() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        // Redis does not tell which port it took, so it gets one that was free a moment ago.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--loglevel", "warning", "--port", &address.port().to_string(), "--dir"]);
        let process = Process::spawn(command.arg(folder.path()))?;
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            ensure!(Instant::now() < until, "redis-server does not listen");
            sleep(Duration::from_millis(20));
        }
        Ok(Self { process, address, _folder: folder })
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Its counters as they are.
    pub fn traffic(&self) -> anyhow::Result<Traffic> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"INFO\r\nQUIT\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let number = |name: &str| -> anyhow::Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            Ok(line.with_context(|| format!("no {name}"))?.trim().parse()?)
        };
        Ok(Traffic {
            cpu: self.process.cpu()?.as_secs_f64(),
            commands: number("total_commands_processed")?,
            received: number("total_net_input_bytes")?,
            sent: number("total_net_output_bytes")?,
            memory: number("used_memory")?,
        })
    }
}

impl Traffic {
    /// What the counters rose by in each second of `elapsed`; memory is as it is.
    pub fn since(&self, before: &Self, elapsed: Duration) -> Self {
        let rate = |now: f64, before: f64| (now - before) / elapsed.as_secs_f64();
        Self {
            cpu: rate(self.cpu, before.cpu),
            commands: rate(self.commands, before.commands),
            received: rate(self.received, before.received),
            sent: rate(self.sent, before.sent),
            memory: self.memory,
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, commands, received, sent, memory } = self;
        let [received, sent] = [received, sent].map(|bytes| bytes / 1e3);
        let (cpu, memory) = (100.0 * cpu, memory / 1e6);
        write!(
            out,
            "{cpu:.1} % | {commands:.0} | {received:.0} kB/s | {sent:.0} kB/s | {memory:.1} MB"
        )
    }
}
