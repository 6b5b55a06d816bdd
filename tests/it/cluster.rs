//! Several servers that are one service, as processes of their own over a Redis of their own.

mod clock;
mod crowd;
mod failover;
mod node;
mod proxied;
mod pushed;
mod redis;
mod refused;
mod schedule;
mod skew;
mod takeover;
mod vanished;
mod yahoo;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use node::{Cluster, Figure, Node, Watcher, leader_of, version};
use redis::Redis;

use crate::support::PATIENCE;
use crate::support::process::{figcast, text};

/// How soon the next figure comes after the leader of its series was lost, and how soon all is well after Redis came
/// back.
const HEALED: Duration = Duration::from_secs(5);
/// How soon the next figure comes after the leader gave its series away.
const HANDED: Duration = Duration::from_secs(1);

/// Each of these tests has the machine to itself.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until a condition holds; how long that took.
fn until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < patience, "within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    since.elapsed()
}

fn watch_all(cluster: &Cluster) -> Vec<Watcher> {
    let watchers: Vec<_> = cluster.nodes.iter().map(|node| Watcher::open(node, None)).collect();
    for watcher in &watchers {
        until("three figures", PATIENCE, || watcher.figures().len() >= 3);
    }
    watchers
}

/// A leader that was stopped, and that another node has taken the place of.
struct Asleep<'a> {
    cluster: &'a Cluster,
    leader: usize,
    /// The epoch in which it led.
    before: i64,
}

impl<'a> Asleep<'a> {
    /// Stops the leader of the one series, and waits until the clients of the other nodes have a figure of the next.
    fn leader_of(cluster: &'a Cluster, watchers: &[Watcher]) -> Self {
        let leader = leader_of(&cluster.nodes);
        let before = watchers[leader].epoch();
        cluster.nodes[leader].server.signal("-STOP");
        until("a figure of the next leader on each other node", HEALED, || {
            let others = watchers.iter().enumerate().filter(|(index, _)| *index != leader);
            others.into_iter().all(|(_, watcher)| watcher.epoch() > before)
        });
        Self { cluster, leader, before }
    }

    fn wake(self) {
        self.cluster.nodes[self.leader].server.signal("-CONT");
    }
}

/// No client got a figure twice, or an older one after a newer one, or one whose bars are not in order.
fn assert_figures_grow(watchers: &[Watcher]) {
    for watcher in watchers {
        let figures = watcher.figures();
        let versions: Vec<_> = figures.iter().map(|figure| version(&figure.id)).collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        for figure in figures {
            let times = figure.times();
            assert!(times.len() > 3 && times.is_sorted_by(|a, b| a < b), "{times:?}");
        }
    }
}

/// Where two clients got a figure of the same id, it is the same to the last byte.
fn assert_one_id_is_one_figure(watchers: &[Watcher]) -> usize {
    let mut by_id: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for Figure { id, data, .. } in watchers.iter().flat_map(Watcher::figures) {
        let (count, first) = by_id.entry(id.clone()).or_insert_with(|| (0, data.clone()));
        assert_eq!(*first, data, "{id}");
        *count += 1;
    }
    by_id.values().filter(|(count, _)| *count == watchers.len()).count()
}

#[test]
#[ignore = "needs redis-server"]
fn three_nodes_ask_the_source_as_often_as_one_and_send_the_same_bytes() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 3, &[]);
    let watchers = watch_all(&cluster);
    let (fetched, since) = (cluster.fetches(), Instant::now());
    until("ten more figures", PATIENCE, || watchers.iter().all(|w| w.figures().len() >= 13));
    let (fetched, elapsed) = (cluster.fetches() - fetched, since.elapsed());
    let of_one = elapsed.as_secs_f64() / node::TICK.as_secs_f64() + 2.0;
    println!("{fetched} fetches in {elapsed:?}, of one node at most {of_one}");
    assert!(fetched <= of_one, "{fetched} fetches in {elapsed:?}");
    let roles = |role| cluster.nodes.iter().map(|node| node.role(role)).sum::<f64>();
    assert!((roles("leader") - 1.0).abs() < 0.1, "one leads");
    assert!((roles("follower") - 2.0).abs() < 0.1, "two follow");
    assert_figures_grow(&watchers);
    let shared = assert_one_id_is_one_figure(&watchers);
    assert!(shared >= 8, "{shared} figures were seen on all nodes");
}

#[test]
#[ignore = "needs redis-server"]
fn a_leader_that_is_killed_is_replaced_when_its_lease_is_over() {
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = Cluster::start(&redis, 3, &[]);
    let mut watchers = watch_all(&cluster);
    let leader = leader_of(&cluster.nodes);
    drop(watchers.remove(leader));
    let lost = cluster.nodes.remove(leader);
    let killed = Instant::now();
    lost.kill();
    let before: Vec<_> = watchers.iter().map(Watcher::epoch).collect();
    until("a figure of the next leader on each node", HEALED, || {
        watchers.iter().zip(&before).all(|(watcher, before)| watcher.epoch() > *before)
    });
    println!("figures of the next leader after {:?}", killed.elapsed());
    until("five more figures", PATIENCE, || watchers.iter().all(|w| w.figures().len() >= 9));
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_leader_that_is_told_to_stop_gives_its_series_away_at_once() {
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = Cluster::start(&redis, 3, &[]);
    let mut watchers = watch_all(&cluster);
    let leader = leader_of(&cluster.nodes);
    drop(watchers.remove(leader));
    let mut leaving = cluster.nodes.remove(leader);
    let before: Vec<_> = watchers.iter().map(Watcher::epoch).collect();
    let told = Instant::now();
    leaving.server.terminate();
    until("the next leader", HANDED, || cluster.nodes.iter().any(|node| node.role("leader") > 0.9));
    println!("another node leads after {:?}", told.elapsed());
    until("the next price, of which there is one a second, on each node", 2 * HANDED, || {
        watchers.iter().zip(&before).all(|(watcher, before)| watcher.epoch() > *before)
    });
    println!("figures of the next leader after {:?}", told.elapsed());
    assert_eq!(leaving.server.child.wait().expect("ended").code(), Some(0));
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_leader_that_sleeps_through_its_lease_writes_nothing_when_it_wakes() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 3, &[]);
    let watchers = watch_all(&cluster);
    let asleep = Asleep::leader_of(&cluster, &watchers);
    let (leader, before) = (asleep.leader, asleep.before);
    std::thread::sleep(Duration::from_secs(10).saturating_sub(HEALED));
    asleep.wake();
    let awake = |(index, _): &(usize, &Watcher)| *index != leader;
    let others: Vec<_> = watchers.iter().enumerate().filter(awake).collect();
    let counts: Vec<_> = others.iter().map(|(_, watcher)| watcher.figures().len()).collect();
    until("the woken node follows", HEALED, || watchers[leader].epoch() > before);
    until("five more figures", PATIENCE, || {
        others.iter().zip(&counts).all(|((_, watcher), count)| watcher.figures().len() > count + 5)
    });
    assert!(cluster.nodes[leader].role("leader") < 0.1, "it leads no more");
    assert!(others.iter().all(|(_, w)| w.epoch() == watchers[leader].epoch()), "one leads");
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_client_that_is_moved_goes_on_by_its_id_gets_no_figure_twice_and_the_newest() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 3, &[]);
    let watchers = watch_all(&cluster);
    let mut seen: Vec<String> = Vec::new();
    for hop in 0..20 {
        let node = &cluster.nodes[hop % 3];
        let watcher = Watcher::open(node, seen.last().map(String::as_str));
        until("a new figure", PATIENCE, || !watcher.figures().is_empty());
        let newest = watchers.iter().filter_map(|w| w.figures().last().map(|f| version(&f.id)));
        let newest = newest.max().expect("figures");
        let figures = watcher.figures();
        for figure in &figures {
            let is_news = seen.last().is_none_or(|last| version(&figure.id) > version(last));
            assert!(is_news, "{} after {:?}", figure.id, seen.last());
        }
        until("the newest", PATIENCE, || {
            watcher.figures().last().is_some_and(|figure| version(&figure.id) >= newest)
        });
        seen.extend(watcher.figures().into_iter().map(|figure| figure.id));
    }
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn while_redis_is_silent_charts_stay_and_are_stale_and_it_heals_by_itself() {
    let _alone = alone();
    let mut redis = Redis::start();
    let cluster = Cluster::start(&redis, 3, &[]);
    let watchers = watch_all(&cluster);
    redis.signal("-STOP");
    until("every chart is stale, with the reason", PATIENCE, || {
        watchers.iter().all(|w| w.status() == "stale" && w.message().contains("Redis"))
    });
    let frozen: Vec<_> = watchers.iter().map(|w| w.figures().len()).collect();
    std::thread::sleep(Duration::from_secs(2));
    let still = watchers.iter().zip(&frozen).all(|(w, frozen)| w.figures().len() == *frozen);
    assert!(still, "nothing is drawn meanwhile");
    redis.signal("-CONT");
    all_is_well_again(&watchers);
    for (how, keeps) in [("it is empty", false), ("it reads its file", true)] {
        let before: Vec<_> = watchers.iter().map(Watcher::epoch).collect();
        redis.restart(keeps);
        println!("restarted, and {how}");
        // A leader whose lease is in the file may go on without having noticed.
        if !keeps {
            until("another epoch", HEALED, || {
                watchers.iter().zip(&before).all(|(w, before)| w.epoch() > *before)
            });
        }
        all_is_well_again(&watchers);
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_comes_back_older_than_it_was_takes_no_version_back() {
    let _alone = alone();
    let mut redis = Redis::start();
    let cluster = Cluster::start(&redis, 3, &[]);
    let watchers = watch_all(&cluster);
    let copy = redis.copy();
    // Another epoch, of which the copy knows nothing.
    let leader = Asleep::leader_of(&cluster, &watchers);
    let before = leader.before;
    leader.wake();
    until("all follow it", HEALED, || watchers.iter().all(|watcher| watcher.epoch() > before));
    redis.restart_from(copy);
    all_is_well_again(&watchers);
}

fn all_is_well_again(watchers: &[Watcher]) {
    let counts: Vec<_> = watchers.iter().map(|w| w.figures().len()).collect();
    let healed = until("every chart is live and goes on", HEALED, || {
        watchers.iter().zip(&counts).all(|(w, count)| {
            w.status() == "live" && w.message().is_empty() && w.figures().len() > *count
        })
    });
    println!("healed after {healed:?}");
    assert_figures_grow(watchers);
    assert_one_id_is_one_figure(watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn where_it_is_configured_nodes_follow_the_source_by_themselves_while_redis_is_gone() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 2, &[("FIGCAST_CLUSTER__WHEN_REDIS_IS_GONE", "poll")]);
    let watchers = watch_all(&cluster);
    redis.signal("-STOP");
    until("every chart is stale", PATIENCE, || watchers.iter().all(|w| w.status() == "stale"));
    until("every chart is live again", PATIENCE, || watchers.iter().all(|w| w.status() == "live"));
    let counts: Vec<_> = watchers.iter().map(|w| w.figures().len()).collect();
    until("it goes on", PATIENCE, || {
        watchers.iter().zip(&counts).all(|(w, count)| w.figures().len() > count + 2)
    });
    redis.signal("-CONT");
    until("one leads again", HEALED, || {
        cluster.nodes.iter().map(|node| node.role("leader")).sum::<f64>() > 0.9
    });
    until("all have one epoch", HEALED, || watchers[0].epoch() == watchers[1].epoch());
    assert_figures_grow(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn where_redis_lets_nobody_publish_the_others_are_a_second_late() {
    let _alone = alone();
    let redis = Redis::start();
    assert_eq!(redis.ask(&["ACL", "SETUSER", "default", "resetchannels"]), "+OK\r\n");
    let cluster = Cluster::start(&redis, 2, &[]);
    let watchers = watch_all(&cluster);
    until("five more figures at each node", PATIENCE, || {
        watchers.iter().all(|watcher| watcher.figures().len() >= 8)
    });
    assert!(watchers.iter().all(|watcher| watcher.status() == "live"));
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_series_that_nobody_watches_is_given_back_and_asked_for_no_more() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 2, &[]);
    let watchers = watch_all(&cluster);
    let leader = leader_of(&cluster.nodes);
    let follower = 1 - leader;
    let before = watchers[follower].epoch();
    let mut watchers = watchers;
    drop(watchers.remove(leader));
    until("the node that still has a client leads", PATIENCE, || {
        cluster.nodes[follower].role("leader") > 0.9
    });
    assert!(watchers[0].epoch() >= before);
    drop(watchers);
    until("no node leads", PATIENCE, || {
        cluster.nodes.iter().all(|node| node.role("leader") + node.role("follower") < 0.1)
    });
    let fetched = cluster.fetches();
    std::thread::sleep(3 * node::TICK);
    assert!((cluster.fetches() - fetched).abs() < 0.1, "nothing is asked for");
    assert!(redis.keys().iter().all(|key| !key.ends_with(":lease")), "{:?}", redis.keys());
}

#[test]
#[ignore = "needs redis-server"]
fn a_snapshot_that_is_damaged_is_written_again() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 2, &[]);
    let first = Watcher::open(&cluster.nodes[0], None);
    until("figures", PATIENCE, || first.figures().len() >= 3);
    let keys = redis.keys();
    let snapshot = keys.iter().find(|key| key.ends_with(":snapshot")).expect("a snapshot");
    redis.set(snapshot, "\u{1}nonsense");
    let second = Watcher::open(&cluster.nodes[1], None);
    until("the other node has figures all the same", PATIENCE, || second.figures().len() >= 3);
    let watchers = [first, second];
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
fn a_server_whose_redis_is_not_there_says_so_and_serves_all_the_same() {
    let nowhere = [("FIGCAST_CLUSTER__REDIS", "redis://127.0.0.1:1")];
    let node = node::Node::start(&nowhere);
    let watcher = Watcher::open(&node, None);
    until("the reason", PATIENCE, || {
        watcher.status() == "error" && watcher.message().contains("Redis at 127.0.0.1:1")
    });
    assert!(node.server.get("/readyz").starts_with("HTTP/1.0 200"));
}

#[test]
#[ignore = "needs redis-server"]
fn the_state_of_a_cluster_is_printed() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = Cluster::start(&redis, 2, &[]);
    let _watchers = watch_all(&cluster);
    let status = || {
        let mut command = figcast();
        command.env("FIGCAST_CLUSTER__REDIS", redis.url()).args(["cluster", "status"]);
        text(&command.output().expect("started").stdout)
    };
    until("both nodes and the series", PATIENCE, || {
        let status = status();
        let lines: Vec<_> = status.lines().collect();
        lines.len() == 6 && lines[5].starts_with("sim:BTC-USD:1m/5d ")
    });
    println!("{}", status());
    let leader = leader_of(&cluster.nodes);
    let pid = cluster.nodes[leader].server.child.id();
    let status = status();
    let row = status.lines().find(|line| line.contains(&format!("/{pid} "))).expect("the leader");
    let name = row.split_whitespace().next().expect("a name");
    assert!(status.lines().last().expect("a series").contains(name), "{status}");
}

#[test]
fn the_state_of_no_cluster_is_refused_with_words() {
    let refused = figcast().args(["cluster", "status"]).output().expect("started");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("cluster.redis is empty"), "{refused:?}");
    let mut nowhere = figcast();
    nowhere.env("FIGCAST_CLUSTER__REDIS", "redis://desk:hunter2@127.0.0.1:1");
    let refused = nowhere.args(["cluster", "status"]).output().expect("started");
    let told = text(&refused.stderr);
    assert!(
        told.contains("Redis at 127.0.0.1:1 cannot be reached") && !told.contains("hunter2"),
        "{told}"
    );
}
