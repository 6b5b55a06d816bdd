//! The servers of a cluster, and clients that watch them.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use super::redis::Redis;
use super::until;
use crate::support::PATIENCE;
use crate::support::process::{Server, figcast};
use crate::support::sse::{Event, Parser};

/// How often the simulated market moves.
pub const TICK: Duration = Duration::from_millis(200);

pub struct Node {
    pub server: Server,
}

impl Node {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let mut command = figcast();
        let tick = format!("{}ms", TICK.as_millis());
        command.env("FIGCAST_SIM__TICK", tick).env("FIGCAST_HUB__LINGER", "100ms");
        command.env("FIGCAST_SERVER__WORKERS", "1").envs(settings.iter().copied());
        Self { server: Server::start_as(&mut command, &[]) }
    }

    /// The number of series in which it has that role.
    pub fn role(&self, role: &str) -> f64 {
        let page = self.server.get("/metrics");
        let name = format!("figcast_cluster_series{{role=\"{role}\"}} ");
        let value = page.lines().find_map(|line| line.strip_prefix(&name));
        value.map_or(0.0, |value| value.parse().expect("a number"))
    }

    pub fn kill(mut self) {
        self.server.child.kill().expect("killed");
        self.server.child.wait().expect("ended");
    }
}

pub struct Cluster {
    pub nodes: Vec<Node>,
}

impl Cluster {
    pub fn start(redis: &Redis, nodes: usize, settings: &[(&str, &str)]) -> Self {
        Self::at(&redis.url(), nodes, settings)
    }

    pub fn at(redis: &str, nodes: usize, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<_> =
            settings.iter().copied().chain([("FIGCAST_CLUSTER__REDIS", redis)]).collect();
        Self { nodes: (0..nodes).map(|_| Node::start(&settings)).collect() }
    }

    /// How often all of them have asked the source.
    pub fn fetches(&self) -> f64 {
        let name = "figcast_fetches_total{source=\"sim\",outcome=\"ok\"} ";
        let fetches = self.nodes.iter().map(|node| {
            let page = node.server.get("/metrics");
            let value = page.lines().find_map(|line| line.strip_prefix(name));
            value.map_or(0.0, |value| value.parse::<f64>().expect("a number"))
        });
        fetches.sum()
    }
}

/// The index of the node that leads the one series.
pub fn leader_of(nodes: &[Node]) -> usize {
    let find = || nodes.iter().position(|node| node.role("leader") > 0.9);
    until("a node leads", PATIENCE, || find().is_some());
    find().expect("one leads")
}

/// The version that an id says.
pub fn version(id: &str) -> (i64, u64) {
    let versions = id.split_once('-').expect("a view and its version").1;
    let (epoch, seq) = versions.split_once('.').expect("an epoch and a number");
    (i64::from_str_radix(epoch, 36).expect("an epoch"), seq.parse().expect("a number"))
}

/// A figure as a client got it.
#[derive(Debug, Clone)]
pub struct Figure {
    pub id: String,
    pub data: String,
}

impl Figure {
    /// The times of its bars.
    pub fn times(&self) -> Vec<String> {
        let figure: Value = serde_json::from_str(&self.data).expect("JSON");
        let traces = figure["data"].as_array().expect("traces");
        let times = traces.iter().filter_map(|trace| trace["x"].as_array());
        let times = times.max_by_key(|times| times.len()).expect("times");
        times.iter().map(|time| time.as_str().expect("a time").to_owned()).collect()
    }
}

/// A stream that is read in a thread of its own.
pub struct Watcher {
    events: Arc<Mutex<Vec<Event>>>,
    /// The first line of an answer that is no stream.
    refusal: Arc<Mutex<Option<String>>>,
    reader: JoinHandle<()>,
    socket: TcpStream,
}

impl Watcher {
    /// Watches a coin, which is traded at all times, from after a figure that it has.
    pub fn open(node: &Node, has: Option<&str>) -> Self {
        Self::of(node, "BTC-USD", has)
    }

    /// Watches a symbol, from after a figure that it has.
    pub fn of(node: &Node, symbol: &str, has: Option<&str>) -> Self {
        Self::at(&node.server.address, symbol, has).expect("connected")
    }

    /// Watches a symbol at an address, which may be that of a proxy.
    pub fn at(address: &str, symbol: &str, has: Option<&str>) -> io::Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        let has = has.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!("GET /stream/{symbol} HTTP/1.0\r\n{has}\r\n");
        socket.write_all(request.as_bytes())?;
        let (events, refusal) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<_>>::default());
        let (into, refused) = (Arc::clone(&events), Arc::clone(&refusal));
        let from = socket.try_clone()?;
        let reader = thread::spawn(move || {
            let mut lines = BufReader::new(from).lines().map_while(Result::ok);
            let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let mut parser = Parser::default();
            // The client left, or the node was killed, before there was an answer.
            let Some(first) = head.first() else { return };
            if !first.contains("200") {
                *refused.lock().expect("whole") = Some(first.clone());
                return;
            }
            for line in lines {
                let events = parser.push(format!("{line}\n").as_bytes());
                into.lock().unwrap_or_else(PoisonError::into_inner).extend(events);
            }
        });
        Ok(Self { events, refusal, reader, socket })
    }

    /// Whether the stream is over, or there was none.
    pub fn has_ended(&self) -> bool {
        self.reader.is_finished()
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The figures that came by a stream.
    pub fn figures(&self) -> Vec<Figure> {
        let refusal = self.refusal.lock().expect("whole").clone();
        assert_eq!(refusal, None, "it is a stream");
        self.figures_if_any()
    }

    /// The same; none where a proxy had nothing to connect to.
    pub fn figures_if_any(&self) -> Vec<Figure> {
        let figures = self.events().into_iter().filter(Event::is_figure);
        let figure = |event: Event| Figure {
            id: event.id.expect("a figure"),
            data: event.data.expect("a figure"),
        };
        figures.map(figure).collect()
    }

    /// The epoch of the newest figure.
    pub fn epoch(&self) -> i64 {
        self.figures().last().map_or(0, |figure| version(&figure.id).0)
    }

    fn newest_status(&self) -> Value {
        self.events().iter().rev().find(|event| event.is_status()).map_or(Value::Null, Event::json)
    }

    /// The state that was told last.
    pub fn status(&self) -> String {
        self.newest_status()["state"].as_str().unwrap_or_default().to_owned()
    }

    /// The message that was told last.
    pub fn message(&self) -> String {
        self.newest_status()["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
