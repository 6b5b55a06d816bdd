//! Nodes of two releases, of which the older one cannot read what the newer one writes.

use super::node::{Cluster, Node, Watcher, leader_of};
use super::redis::Redis;
use super::{HEALED, alone, assert_figures_grow, assert_one_id_is_one_figure, until, watch_all};
use crate::support::PATIENCE;

/// What a node of a newer release writes: its forms have another number.
const NEWER: &str = "\u{2}a form of a newer release";

/// The newest epoch of a series, by its tail.
fn epoch_in(redis: &Redis, tail: &str) -> i64 {
    let newest = redis.ask(&["XREVRANGE", tail, "+", "-", "COUNT", "1"]);
    let id = newest.lines().find(|line| line.contains('-')).expect("an entry").trim();
    id.split_once('-').expect("an id").0.parse().expect("a number")
}

/// A node of a newer release: it holds the lease of a series, and writes what others cannot read.
struct NewerNode<'a> {
    redis: &'a Redis,
    series: String,
    epoch: i64,
}

impl<'a> NewerNode<'a> {
    /// Takes the lease at once, whichever node holds it: one that is free for a moment may be taken by any.
    fn leads(redis: &'a Redis, series: &str) -> Self {
        let lease = format!("{series}:lease");
        let epoch = epoch_in(redis, &format!("{series}:tail")) + 10_000_000;
        let holder = format!("newer {epoch}");
        assert_eq!(redis.ask(&["SET", &lease, &holder, "PX", "60000"]), "+OK\r\n");
        let node = Self { redis, series: series.to_owned(), epoch };
        redis.set(&format!("{series}:snapshot"), NEWER);
        node.write(1);
        node
    }

    fn write(&self, number: u64) {
        let (tail, id) = (format!("{}:tail", self.series), format!("{}-{number}", self.epoch));
        self.redis.ask(&["XADD", &tail, &id, "entry", NEWER, "at", "0"]);
    }

    fn leaves(self) {
        self.redis.ask(&["DEL", &format!("{}:lease", self.series)]);
    }
}

fn the_series(redis: &Redis) -> String {
    let keys = redis.keys();
    let snapshot = keys.iter().find(|key| key.ends_with(":snapshot")).expect("a snapshot");
    snapshot.trim_end_matches(":snapshot").to_owned()
}

fn unreadable(node: &Node) -> f64 {
    node.role("unreadable")
}

#[test]
#[ignore = "needs redis-server"]
fn a_node_that_cannot_read_a_newer_one_says_so_once_and_goes_on_when_it_can() {
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = Cluster::start(&redis, 3, &[]);
    let mut watchers = watch_all(&cluster);
    let series = the_series(&redis);
    let leader = leader_of(&cluster.nodes);
    drop(watchers.remove(leader));
    cluster.nodes.remove(leader).kill();
    let newer = NewerNode::leads(&redis, &series);
    until("every chart is stale, with the reason", PATIENCE, || {
        watchers.iter().all(|w| {
            w.status() == "stale" && w.message().contains("form 2 is newer than this release")
        })
    });
    for number in 2..200 {
        newer.write(number);
    }
    assert!(cluster.nodes.iter().all(|node| unreadable(node) > 0.9), "and it is counted");
    let shown: Vec<_> = watchers.iter().map(|w| w.figures().len()).collect();
    newer.leaves();
    until("every chart is live, and goes on", HEALED, || {
        watchers.iter().zip(&shown).all(|(w, shown)| {
            w.status() == "live" && w.message().is_empty() && w.figures().len() > shown + 2
        })
    });
    assert!(cluster.nodes.iter().all(|node| unreadable(node) < 0.1));
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
    drop(watchers);
    for mut node in cluster.nodes {
        node.server.terminate();
        node.server.child.wait().expect("ended");
        let log = node.server.log();
        let told = log.lines().filter(|line| line.contains("is newer than this release")).count();
        assert_eq!(told, 1, "{log}");
    }
}

#[test]
#[ignore = "needs redis-server"]
fn nodes_are_replaced_one_by_one_under_load_and_no_client_goes_back() {
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = Cluster::start(&redis, 3, &[]);
    let mut all = watch_all(&cluster);
    let series = the_series(&redis);
    for round in 0..3 {
        let fresh = Cluster::start(&redis, 1, &[]).nodes.remove(0);
        let mut leaving = std::mem::replace(&mut cluster.nodes[round], fresh);
        leaving.server.terminate();
        assert_eq!(leaving.server.child.wait().expect("ended").code(), Some(0));
        if round == 1 {
            // For a moment one of a newer release leads, which the others wait for.
            let others: Vec<_> =
                cluster.nodes.iter().map(|node| Watcher::open(node, None)).collect();
            until("figures", PATIENCE, || others.iter().all(|w| !w.figures().is_empty()));
            let newer = NewerNode::leads(&redis, &series);
            until("every chart is stale", PATIENCE, || {
                others.iter().all(|w| w.status() == "stale")
            });
            newer.leaves();
            all.extend(others);
        }
        let has = all.iter().filter_map(|w| w.figures().pop()).map(|figure| figure.id);
        let has = has.max_by_key(|id| super::node::version(id)).expect("figures");
        let moved = Watcher::open(&cluster.nodes[round], Some(&has));
        until("the moved client has later figures", HEALED, || moved.figures().len() >= 3);
        let first = moved.figures().remove(0);
        assert!(super::node::version(&first.id) > super::node::version(&has));
        all.push(moved);
    }
    assert_figures_grow(&all);
    assert_one_id_is_one_figure(&all);
}
