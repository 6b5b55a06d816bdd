//! The floor of the fan-out: one thread that writes the same bytes to every socket, once a period,
//! and does nothing else. No server can be cheaper without fewer or smaller writes.

use std::env::current_exe;
use std::io::{Write as _, stdin};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use socket2::SockRef;

use crate::process::Process;
use crate::recording::{Recording, chunk};

/// The command that makes this program the floor's process.
pub const NAME: &str = "floor-process";

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    transfer-encoding: chunked\r\n\r\n";
/// Rounds after which the process ends by itself.
const MOST_ROUNDS: u32 = 20_000;

/// What the process is told.
#[derive(Debug, Args)]
pub struct Floor {
    /// Connections to wait for
    #[arg(long)]
    subscribers: usize,
    /// Time between two rounds of writes in milliseconds
    #[arg(long)]
    period: u64,
}

/// Starts the process, which writes `recording` once there are `subscribers`.
pub fn start(
    recording: &Recording,
    subscribers: usize,
    period: Duration,
) -> anyhow::Result<(Process, SocketAddr)> {
    let mut command = Command::new(current_exe()?);
    command.args([NAME, "--subscribers", &subscribers.to_string()]);
    command.args(["--period", &period.as_millis().to_string()]);
    let (process, line) = Process::start(&mut command, &recording.to_bytes())?;
    Ok((process, line.parse()?))
}

/// The process itself: reads the recording, tells its address, accepts, writes.
pub fn run(floor: &Floor) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let recording = Recording::read(stdin().lock())?;
    let chunks: Vec<Vec<u8>> = recording.events().iter().map(|event| chunk(event)).collect();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // The standard library's backlog is too short for who comes in hundreds.
    SockRef::from(&listener).listen(4_096)?;
    crate::print(&listener.local_addr()?.to_string())?;
    let mut streams = Vec::with_capacity(floor.subscribers);
    for _ in 0..floor.subscribers {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.write_all(HEAD)?;
        streams.push(stream);
    }
    write_rounds(&mut streams, &chunks, Duration::from_millis(floor.period))
}

fn write_rounds(
    streams: &mut [TcpStream],
    chunks: &[Vec<u8>],
    period: Duration,
) -> anyhow::Result<()> {
    let started = Instant::now();
    for (round, chunk) in (1..=MOST_ROUNDS).zip(chunks.iter().cycle()) {
        sleep((period * round).saturating_sub(started.elapsed()));
        for stream in &mut *streams {
            stream.write_all(chunk)?;
        }
    }
    Ok(())
}
