//! A schedule of joins, leaves, kills and pauses that is drawn from a seed, and what holds all the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::node::{Figure, Node, Watcher, version};
use super::redis::Redis;
use super::{HEALED, alone, until};
use crate::hardening::setting;

/// Coins, which are traded at all times.
const SYMBOLS: [&str; 3] = ["BTC-USD", "ETH-USD", "BTC-USD?interval=5m"];
/// Most clients at a time.
const CLIENTS: usize = 12;
const NODES: usize = 3;

/// Knuth's generator of 64 bits, which is the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A client of a node, and what it watches.
struct Client {
    node: usize,
    symbol: &'static str,
    watcher: Watcher,
}

struct Schedule {
    dice: Dice,
    redis: Redis,
    nodes: Vec<Node>,
    clients: Vec<Client>,
    /// The figures of clients that have left.
    gone: Vec<(&'static str, Vec<Figure>)>,
    /// When a node or Redis that sleeps is woken.
    asleep: Option<(Option<usize>, Instant)>,
}

impl Schedule {
    fn start(seed: u64) -> Self {
        let redis = Redis::start();
        let nodes = (0..NODES).map(|_| node(&redis)).collect();
        let dice = Dice(seed);
        Self { dice, redis, nodes, clients: Vec::new(), gone: Vec::new(), asleep: None }
    }

    fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.dice.below(count as u64)).expect("small")
    }

    fn step(&mut self) {
        match self.pick(12) {
            0..=4 => self.join(),
            5..=7 => self.leave(),
            8 if self.asleep.is_none() => self.kill(),
            9 if self.asleep.is_none() => self.sleep(true),
            10 if self.asleep.is_none() => self.sleep(false),
            11 if self.asleep.is_none() && self.pick(3) == 0 => {
                let keeps = self.pick(2) == 0;
                println!("Redis is restarted, and keeps its data: {keeps}");
                self.redis.restart(keeps);
            }
            _ => {}
        }
        if self.asleep.is_some_and(|(_, until)| Instant::now() > until) {
            self.wake();
        }
    }

    fn join(&mut self) {
        let (node, symbol) = (self.pick(NODES), SYMBOLS[self.pick(SYMBOLS.len())]);
        let sleeps = matches!(self.asleep, Some((Some(other), _)) if other == node);
        if self.clients.len() < CLIENTS && !sleeps {
            let watcher = Watcher::of(&self.nodes[node], symbol, None);
            self.clients.push(Client { node, symbol, watcher });
        }
    }

    fn leave(&mut self) {
        if !self.clients.is_empty() {
            let index = self.pick(self.clients.len());
            let Client { symbol, watcher, .. } = self.clients.swap_remove(index);
            self.gone.push((symbol, watcher.figures()));
        }
    }

    fn kill(&mut self) {
        let killed = self.pick(NODES);
        println!("node {killed} is killed");
        let fresh = node(&self.redis);
        std::mem::replace(&mut self.nodes[killed], fresh).kill();
        let (lost, left) = self.clients.drain(..).partition(|client| client.node == killed);
        self.clients = left;
        let lost: Vec<Client> = lost;
        self.gone.extend(lost.into_iter().map(|client| (client.symbol, client.watcher.figures())));
    }

    fn sleep(&mut self, is_node: bool) {
        let node = is_node.then(|| self.pick(NODES));
        let sleep = Duration::from_millis(500 + self.dice.below(5_000));
        match node {
            Some(node) => self.nodes[node].server.signal("-STOP"),
            None => self.redis.signal("-STOP"),
        }
        println!(
            "{} sleeps for {sleep:?}",
            node.map_or("Redis".to_owned(), |n| format!("node {n}"))
        );
        self.asleep = Some((node, Instant::now() + sleep));
    }

    fn wake(&mut self) {
        match self.asleep.take() {
            Some((Some(node), _)) => self.nodes[node].server.signal("-CONT"),
            Some((None, _)) => self.redis.signal("-CONT"),
            None => {}
        }
    }

    /// No client is sent an older figure after a newer one, and no id stands for two figures.
    fn check(&self) {
        let now = self.clients.iter().map(|client| (client.symbol, client.watcher.figures()));
        let mut by_id: BTreeMap<String, String> = BTreeMap::new();
        for (symbol, figures) in self.gone.iter().cloned().chain(now) {
            let versions: Vec<_> = figures.iter().map(|figure| version(&figure.id)).collect();
            assert!(versions.is_sorted_by(|a, b| a < b), "{symbol}: {versions:?}");
            for Figure { id, data } in figures {
                let first = by_id.entry(id.clone()).or_insert_with(|| data.clone());
                assert_eq!(*first, data, "{id} of {symbol}");
            }
        }
    }

    /// Once nothing happens any more, all clients of a symbol come to one epoch, and go on.
    fn settle(&self) {
        let counts: Vec<_> = self.clients.iter().map(|c| c.watcher.figures().len()).collect();
        until("all go on, in one epoch of each series", 2 * HEALED, || {
            let mut epochs: BTreeMap<&str, i64> = BTreeMap::new();
            self.clients.iter().zip(&counts).all(|(client, count)| {
                let epoch = client.watcher.epoch();
                let first = *epochs.entry(client.symbol).or_insert(epoch);
                first == epoch && client.watcher.figures().len() > *count
            })
        });
    }
}

fn node(redis: &Redis) -> Node {
    Node::start(&[("FIGCAST_CLUSTER__REDIS", &redis.url())])
}

#[test]
#[ignore = "needs redis-server"]
fn a_minute_of_joins_leaves_kills_and_pauses_leaves_one_writer_and_growing_versions() {
    let _alone = alone();
    let (seed, seconds) = (setting("CLUSTER_SEED", 1), setting("CLUSTER_SECONDS", 60));
    println!("CLUSTER_SEED={seed} CLUSTER_SECONDS={seconds}");
    let mut schedule = Schedule::start(seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut settled = Instant::now();
    while Instant::now() < end {
        schedule.step();
        std::thread::sleep(Duration::from_millis(100 + schedule.dice.below(400)));
        if settled.elapsed() > Duration::from_secs(20) {
            schedule.wake();
            schedule.settle();
            schedule.check();
            settled = Instant::now();
        }
    }
    schedule.wake();
    schedule.settle();
    schedule.check();
}
