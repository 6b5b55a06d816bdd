//! First figure: how long a new client of a warm feed waits, from its connection to the last byte of
//! its first figure. Beside it, in turns, a thread that answers any connection with the same bytes:
//! what the machine itself makes a client wait.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{sleep, spawn};
use std::time::Duration;

use clap::{Args, value_parser};

use crate::fanout::TICK;
use crate::scenario::Scenario;
use crate::server::{self, Binary, first_figure};
use crate::stats::{millis, percentile};

/// Time between two connections: spread over seconds, some of them meet an update.
const PAUSE: Duration = Duration::from_millis(5);
/// Connections before the first that counts.
const WARM_UP: usize = 20;

/// How long a new client of a warm feed waits for its figure
#[derive(Debug, Args)]
pub struct FirstFigure {
    /// Connections, one after the other
    #[arg(long, default_value_t = 500, value_parser = value_parser!(u16).range(1..=10_000))]
    connections: u16,
    #[command(flatten)]
    binary: Binary,
}

impl FirstFigure {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let connections = usize::from(self.connections);
        let server = server::start(&self.binary, TICK)?;
        let request = Scenario::Figures.request("AAPL");
        let (cold, answer) = first_figure(server.address, &request)?;
        let bare = answer_all(request.len(), answer)?;
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for turn in 0..WARM_UP + connections {
            for (address, times) in [(server.address, &mut ours), (bare, &mut floor)] {
                let (time, _) = first_figure(address, &request)?;
                if turn >= WARM_UP {
                    times.push(time);
                }
                sleep(PAUSE);
            }
        }
        Ok(format!(
            "### First figure: {connections} connections to a warm feed, one after the other\n\n\
             | | p50 | p99 | max |\n\
             |---|--:|--:|--:|\n\
             | figcast | {} |\n\
             | a thread that writes the same bytes | {} |\n\n\
             The connection that started the feed took {:.2} ms.\n",
            row(&mut ours),
            row(&mut floor),
            millis(cold)
        ))
    }
}

fn row(times: &mut [Duration]) -> String {
    let [p50, p99, most] = [50, 99, 100].map(|percent| millis(percentile(times, percent)));
    format!("{p50:.2} ms | {p99:.2} ms | {most:.2} ms")
}

/// Answers every connection with `answer`, in a thread that lasts as long as the program.
fn answer_all(request: usize, answer: Vec<u8>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    spawn(move || {
        for stream in listener.incoming() {
            let mut request = vec![0; request];
            // A client that fails tells so itself.
            let _ = stream.and_then(|mut stream| {
                stream.read_exact(&mut request)?;
                stream.write_all(&answer)
            });
        }
    });
    Ok(address)
}
