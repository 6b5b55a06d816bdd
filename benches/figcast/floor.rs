//! The floor of the fan-out: one thread that writes the same bytes to every socket, once a second,
//! and does nothing else. No server can be cheaper without fewer or smaller writes.

use std::env::current_exe;
use std::io::{Read as _, Write as _, stdin};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::options::numbers;
use crate::process::Process;

/// The argument that makes this program the floor's process.
pub const NAME: &str = "floor-process";

/// Time between two rounds of writes, as the simulated market's tick.
const PERIOD: Duration = Duration::from_secs(1);
/// Rounds after which the process ends by itself.
const MOST_ROUNDS: u32 = 700;

/// The floor's process, seen from the one that measures it.
pub struct Floor {
    /// Where it listens.
    pub address: SocketAddr,
    /// To be measured.
    pub process: Process,
}

impl Floor {
    /// Starts the process, which takes `subscribers` connections.
    pub fn start(subscribers: usize) -> anyhow::Result<Self> {
        let count = subscribers.to_string();
        let mut command = Command::new(current_exe()?);
        let (process, line) = Process::start(command.args([NAME, "--subscribers", &count]))?;
        Ok(Self { address: line.parse()?, process })
    }

    /// Makes it write `payload`, first now and then every second.
    pub fn write(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        Ok(self.process.stdin()?.write_all(payload)?)
    }
}

/// The process itself: tells its address, accepts, reads the payload to its end, writes.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let [subscribers] = numbers(args, [("--subscribers", 1, usize::MAX)])?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    crate::print(&listener.local_addr()?.to_string())?;
    let mut streams = Vec::with_capacity(subscribers);
    for _ in 0..subscribers {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let mut payload = Vec::new();
    stdin().read_to_end(&mut payload)?;
    write_rounds(&mut streams, &payload)
}

fn write_rounds(streams: &mut [TcpStream], payload: &[u8]) -> anyhow::Result<()> {
    let started = Instant::now();
    for round in 1..=MOST_ROUNDS {
        for stream in &mut *streams {
            stream.write_all(payload)?;
        }
        sleep((PERIOD * round).saturating_sub(started.elapsed()));
    }
    Ok(())
}
