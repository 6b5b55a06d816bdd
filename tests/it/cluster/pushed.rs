//! Bars that are pushed to any of several servers.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::Connection;
use serde_json::Value;

use super::node::{Cluster, Node, Watcher, leader_of, version};
use super::redis::Redis;
use super::{HEALED, alone, assert_figures_grow, assert_one_id_is_one_figure, until};
use crate::hardening::setting;
use crate::ingest::{minute, written};
use crate::support::PATIENCE;
use crate::support::process::{figcast, text};

/// Nodes that take pushes of programs on their machine, as many as these want.
const TAKING: [(&str, &str); 2] =
    [("FIGCAST_INGEST__ALLOW_LOOPBACK", "true"), ("FIGCAST_INGEST__REQUESTS_PER_ADDRESS", "0")];

fn taking(redis: &Redis, nodes: usize) -> Cluster {
    Cluster::start(redis, nodes, &TAKING)
}

fn one_more(redis: &Redis) -> Node {
    Cluster::start(redis, 1, &TAKING).nodes.remove(0)
}

/// The whole answer of a server, if there is one.
fn send(address: &str, method: &str, path: &str, body: &str) -> Option<String> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut socket = TcpStream::connect(address).ok()?;
    socket.set_read_timeout(Some(2 * PATIENCE)).ok()?;
    socket.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).ok()?;
    Some(answer).filter(|answer| !answer.is_empty())
}

/// What a server says of rows that it takes.
fn push(node: &Node, path: &str, rows: &str) -> Value {
    let answer = send(&node.server.address, "POST", path, rows).expect("answered");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    json_in(&answer)
}

fn json_in(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// The bars of a pushed symbol as CSV without its header.
fn bars(node: &Node, symbol: &str) -> Vec<String> {
    bars_at(&node.server.address, symbol)
}

fn bars_at(address: &str, symbol: &str) -> Vec<String> {
    let path = format!("/bars/PUSHED:{symbol}?interval=1m&range=5d&format=csv");
    let answer = send(address, "GET", &path, "").expect("answered");
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let is_there = answer.starts_with("HTTP/1.0 200");
    body.lines().skip(1).filter(|_| is_there).map(str::to_owned).collect()
}

/// The start of a minute so many minutes before these tests began, in seconds.
fn ago(minutes: i64) -> i64 {
    static BEGUN: LazyLock<i64> = LazyLock::new(|| minute(0));
    *BEGUN - 60 * minutes
}

fn bar(at: i64, close: f64) -> String {
    format!("time,open,high,low,close\n{},1,9,0.5,{close}\n", written(at))
}

fn kept(at: i64, close: f64) -> String {
    format!("{},1.0,9.0,0.5,{close:?},0.0", written(at))
}

#[test]
#[ignore = "needs redis-server"]
fn what_is_pushed_to_one_node_is_seen_at_the_others_as_the_same_figure() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = taking(&redis, 3);
    let [first, second, third] = &cluster.nodes[..] else { panic!("three nodes") };
    for minutes in (1..=5).rev() {
        push(first, "/ingest/MINE", &bar(ago(minutes), 2.0));
    }
    let watchers: Vec<_> =
        cluster.nodes.iter().map(|node| Watcher::of(node, "PUSHED:MINE", None)).collect();
    until("the bars on each node", PATIENCE, || {
        watchers.iter().all(|w| w.figures().last().is_some_and(|f| f.times().len() == 5))
    });
    let answer = push(second, "/ingest/MINE", &format!("{}500,3.25,2\n", ago(0)));
    assert_eq!(answer["accepted"], 1, "{answer}");
    until("the tick on each node", PATIENCE, || {
        watchers.iter().all(|w| w.figures().last().is_some_and(|f| f.times().len() == 6))
    });
    // The same again changes nothing, a correction of an old bar does.
    let again = push(third, "/ingest/MINE", &format!("{}500,3.25,2\n", ago(0)));
    assert_eq!((&again["accepted"], &again["unchanged"]), (&0.into(), &1.into()), "{again}");
    let corrected = push(third, "/ingest/MINE", &bar(ago(4), 7.5));
    assert_eq!(corrected["replaced"], 1, "{corrected}");
    until("the correction on each node", PATIENCE, || {
        cluster.nodes.iter().all(|node| bars(node, "MINE").contains(&kept(ago(4), 7.5)))
    });
    // A large push goes in pieces.
    let many: Vec<_> =
        (0..5_000).map(|n| format!("{},1,9,0.5,2\n", written(ago(6_000 - n)))).collect();
    let many = format!("time,open,high,low,close\n{}", many.concat());
    let answer = push(first, "/ingest/BIG", &many);
    assert_eq!((&answer["accepted"], &answer["unchanged"]), (&5_000.into(), &0.into()), "{answer}");
    let again = push(second, "/ingest/BIG", &many);
    assert_eq!((&again["accepted"], &again["unchanged"]), (&0.into(), &5_000.into()), "{again}");
    assert_eq!(bars(third, "BIG").len(), 5_000);
    until("the same figure on each node", PATIENCE, || {
        let ids: BTreeSet<_> =
            watchers.iter().filter_map(|w| w.figures().last().map(|f| f.id.clone())).collect();
        ids.len() == 1
    });
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_node_that_joins_shows_what_was_pushed_while_nobody_watched() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = taking(&redis, 2);
    let [first, second] = &cluster.nodes[..] else { panic!("two nodes") };
    let about = r#"{"name":"Cellar","currency":"°C"}"#;
    send(&first.server.address, "PUT", "/ingest/MINE/about", about).expect("answered");
    let expected: Vec<_> = (1..=20).rev().map(|minutes| kept(ago(minutes), 4.0)).collect();
    for (row, minutes) in (1..=20).rev().enumerate() {
        push([first, second][row % 2], "/ingest/MINE", &bar(ago(minutes), 4.0));
    }
    let fourth = one_more(&redis);
    assert_eq!(bars(&fourth, "MINE"), expected);
    let found = send(&fourth.server.address, "GET", "/search?q=cellar", "").expect("answered");
    assert!(found.contains("PUSHED:MINE"), "{found}");
    // What is removed anywhere is gone everywhere.
    let watcher = Watcher::of(&fourth, "PUSHED:MINE", None);
    until("the bars", PATIENCE, || !watcher.figures().is_empty());
    let removed = send(&second.server.address, "DELETE", "/ingest/MINE", "").expect("answered");
    assert!(removed.starts_with("HTTP/1.0 204"), "{removed}");
    until("it is gone", PATIENCE, || watcher.status() == "not_found");
    let gone = send(&first.server.address, "DELETE", "/ingest/MINE", "").expect("answered");
    assert!(gone.starts_with("HTTP/1.0 404"), "{gone}");
    push(first, "/ingest/MINE", &bar(ago(3), 5.0));
    until("it is shown again", PATIENCE, || bars(&fourth, "MINE") == [kept(ago(3), 5.0)]);
}

/// Two senders, which push bars of their own to any of the nodes.
struct Senders {
    /// Where nodes are.
    known: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    /// The starts of the bars that were acknowledged.
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Senders {
    fn start(cluster: &Cluster) -> Self {
        let seed = setting("PUSH_SEED", 1);
        println!("PUSH_SEED={seed}");
        let mut senders = Self {
            known: Arc::default(),
            stop: Arc::default(),
            acknowledged: Arc::default(),
            threads: Vec::new(),
        };
        senders.know(cluster);
        senders.threads = (0..2).map(|number| senders.send(number, seed)).collect();
        senders
    }

    fn know(&self, cluster: &Cluster) {
        let addresses = cluster.nodes.iter().map(|node| node.server.address.clone());
        *self.known.lock().expect("whole") = addresses.collect();
    }

    fn send(&self, number: i64, seed: u64) -> JoinHandle<()> {
        let (known, stop) = (Arc::clone(&self.known), Arc::clone(&self.stop));
        let acknowledged = Arc::clone(&self.acknowledged);
        let mut dice = StdRng::seed_from_u64(seed + number.unsigned_abs());
        thread::spawn(move || {
            for row in 0..450 {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let at = ago(1_000) + (2 * row + number) * 60;
                let address = known.lock().expect("whole").choose(&mut dice).cloned();
                let address = address.expect("there are nodes");
                let answer = send(&address, "POST", "/ingest/MINE", &bar(at, 2.0));
                if answer.is_some_and(|answer| answer.starts_with("HTTP/1.0 200")) {
                    acknowledged.lock().expect("whole").insert(at);
                }
                thread::sleep(Duration::from_millis(dice.random_range(5..30)));
            }
        })
    }

    /// What was acknowledged in all.
    fn stop(self) -> BTreeSet<i64> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("no panic");
        }
        let acknowledged = self.acknowledged.lock().expect("whole");
        acknowledged.clone()
    }
}

#[test]
#[ignore = "needs redis-server"]
fn every_acknowledged_bar_is_drawn_once_though_leaders_are_killed() {
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = taking(&redis, 3);
    let senders = Senders::start(&cluster);
    let taken = || senders.acknowledged.lock().expect("whole").len();
    until("bars", PATIENCE, || taken() > 10);
    for _ in 0..3 {
        let watchers: Vec<_> =
            cluster.nodes.iter().map(|node| Watcher::of(node, "PUSHED:MINE", None)).collect();
        until("the chart on each node", PATIENCE, || {
            watchers.iter().all(|watcher| !watcher.figures().is_empty())
        });
        let before = taken();
        until("more bars", PATIENCE, || taken() > before + 20);
        assert_figures_grow(&watchers);
        let leader = leader_of(&cluster.nodes);
        cluster.nodes.remove(leader).kill();
        cluster.nodes.push(one_more(&redis));
        senders.know(&cluster);
    }
    let acknowledged = senders.stop();
    println!("{} bars were acknowledged", acknowledged.len());
    let watchers: Vec<_> =
        cluster.nodes.iter().map(|node| Watcher::of(node, "PUSHED:MINE", None)).collect();
    let expected: Vec<_> = acknowledged.iter().map(|at| kept(*at, 2.0)).collect();
    for node in &cluster.nodes {
        // A bar whose acknowledgement was lost with its node may be there, too.
        until("every bar on each node", HEALED, || {
            let there = bars(node, "MINE");
            assert!(there.is_sorted_by(|a, b| a < b), "one of them twice");
            expected.iter().all(|bar| there.contains(bar)) && there.len() <= expected.len() + 8
        });
    }
    until("the same figure on each node", HEALED, || {
        let ids: BTreeSet<_> =
            watchers.iter().filter_map(|w| w.figures().last().map(|f| f.id.clone())).collect();
        ids.len() == 1 && watchers.iter().all(|w| !w.figures().is_empty())
    });
    assert_figures_grow(&watchers);
    assert_one_id_is_one_figure(&watchers);
}

#[test]
#[ignore = "needs redis-server"]
fn while_redis_is_away_nothing_is_acknowledged_and_what_was_is_there_when_it_is_back() {
    let _alone = alone();
    let mut redis = Redis::start();
    let cluster = taking(&redis, 2);
    let [first, second] = &cluster.nodes[..] else { panic!("two nodes") };
    push(first, "/ingest/MINE", &bar(ago(9), 2.0));
    let watcher = Watcher::of(second, "PUSHED:MINE", None);
    until("the bar", PATIENCE, || !watcher.figures().is_empty());
    redis.signal("-STOP");
    let refused = send(&first.server.address, "POST", "/ingest/MINE", &bar(ago(8), 2.0));
    let refused = refused.expect("answered");
    let head = refused.to_ascii_lowercase();
    assert!(head.starts_with("http/1.0 503") && head.contains("\r\nretry-after: "), "{refused}");
    assert!(refused.contains("Redis at 127.0.0.1") && refused.contains("again"), "{refused}");
    println!("{}", refused.lines().last().unwrap_or_default());
    redis.restart(true);
    until("pushes are taken again", HEALED, || {
        send(&first.server.address, "POST", "/ingest/MINE", &bar(ago(7), 3.0))
            .is_some_and(|answer| answer.starts_with("HTTP/1.0 200"))
    });
    until("what was acknowledged is drawn", HEALED, || {
        let there = bars(second, "MINE");
        [kept(ago(9), 2.0), kept(ago(7), 3.0)].iter().all(|bar| there.contains(bar))
    });
    until("the chart is live", HEALED, || watcher.status() == "live");
}

#[test]
#[ignore = "needs redis-server"]
fn bytes_in_redis_that_are_no_bars_are_told_and_harm_nothing_else() {
    let _alone = alone();
    let redis = Redis::start();
    let cluster = taking(&redis, 1);
    let node = &cluster.nodes[0];
    push(node, "/ingest/MINE", &bar(ago(9), 2.0));
    let keys = redis.ask(&["KEYS", "*:bars:MINE:1m"]);
    let key = keys.lines().find(|line| line.contains("bars:MINE")).expect("its bars").to_owned();
    for (nonsense, part) in [("\u{1}nonsense", "a bar of that length"), ("\u{2}newer", "form 2")] {
        let at = ago(5).to_string();
        redis.ask(&["ZADD", &key, &at, nonsense]);
        let watcher = Watcher::of(node, "PUSHED:MINE", None);
        until("the reason", PATIENCE, || {
            watcher.message().contains("what Redis keeps of pushed bars cannot be read")
                && watcher.message().contains(part)
        });
        redis.ask(&["ZREM", &key, nonsense]);
        drop(watcher);
    }
    redis.ask(&["ZADD", &key, &ago(5).to_string(), "\u{2}a bar of a newer release"]);
    let refused = send(&node.server.address, "POST", "/ingest/MINE", &bar(ago(5), 2.0));
    let refused = refused.expect("answered");
    assert!(refused.starts_with("HTTP/1.0 503"), "{refused}");
    assert!(refused.contains("form 2 of a newer release"), "{refused}");
    push(node, "/ingest/YOURS", &bar(ago(5), 2.0));
    assert_eq!(bars(node, "YOURS"), [kept(ago(5), 2.0)]);
}

/// Limits that a few pushes reach.
const NARROW: [(&str, &str); 3] = [
    ("FIGCAST_INGEST__SYMBOLS", "3"),
    ("FIGCAST_INGEST__BARS", "100"),
    ("FIGCAST_INGEST__TICKS", "100"),
];

/// Rows as some sender would send them.
fn drawn(dice: &mut StdRng, now: i64) -> (String, String) {
    let symbol = ["A", "B", "C", "D"][dice.random_range(0..4_usize).min(dice.random_range(0..9))];
    let partial = if dice.random_bool(0.5) { "?partial=1" } else { "" };
    let reach = if dice.random_bool(0.1) { 400 } else { 120 };
    let rows = dice.random_range(1..25);
    let mut text = String::new();
    if dice.random_bool(0.5) {
        text.push_str("time,open,high,low,close,volume,final\n");
        for _ in 0..rows {
            let at = written(now - 60 * dice.random_range(0..reach));
            let (close, volume) = (dice.random_range(1..4), dice.random_range(0..3));
            let line = format!("{at},2,9,0.25,{close}.1,{volume},{}\n", dice.random_bool(0.2));
            text.push_str(&line);
        }
    } else {
        text.push_str("time,price,size,id\n");
        for _ in 0..rows {
            let at = (now - 60 * dice.random_range(0..reach)) * 1_000 + dice.random_range(0..2_000);
            let (price, size) = (dice.random_range(1..500), dice.random_range(0..30));
            let id = if dice.random_bool(0.3) {
                format!("t{}", dice.random_range(0..200))
            } else {
                String::new()
            };
            let line = format!("{at},{}.{price},0.{size},{id}\n", price % 7);
            text.push_str(&line);
        }
    }
    (format!("/ingest/{symbol}{partial}"), text)
}

#[test]
#[ignore = "needs redis-server"]
fn redis_keeps_of_any_pushes_what_the_file_of_one_server_keeps() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let redis = Redis::start();
    let settings: Vec<_> = TAKING.into_iter().chain(NARROW).collect();
    let several = Cluster::start(&redis, 2, &settings);
    let path = folder.path().join("bars.db").display().to_string();
    let own = [("FIGCAST_HISTORY__PATH", path.as_str())];
    let alone = Node::start(&settings.iter().copied().chain(own).collect::<Vec<_>>());
    let seed = setting("PUSH_SEED", 1);
    println!("PUSH_SEED={seed}");
    let (mut dice, now) = (StdRng::seed_from_u64(seed), ago(2));
    let mut refused = 0;
    for number in 0..300 {
        let (path, rows) = drawn(&mut dice, now);
        let shared = several.nodes.choose(&mut dice).expect("nodes");
        let answers = [shared, &alone]
            .map(|node| send(&node.server.address, "POST", &path, &rows).expect("answered"));
        let [of_redis, of_file] = answers
            .map(|answer| (answer.lines().next().unwrap_or_default().to_owned(), json_in(&answer)));
        refused += usize::from(of_file.0.contains("422"));
        assert_eq!(of_redis, of_file, "push {number}: {path}\n{rows}");
    }
    assert!(refused > 10, "{refused} were refused");
    let mut count = 0;
    for symbol in ["A", "B", "C", "D"] {
        let expected = bars(&alone, symbol);
        count += expected.len();
        for node in &several.nodes {
            until("the same bars", PATIENCE, || bars(node, symbol) == expected);
        }
    }
    assert!(count >= 250, "{count} bars of three symbols");
    assert!(!Path::new("figcast.db").exists(), "the servers of a cluster have no file");
}

/// A node with a copy of what is pushed in that file.
fn copying(redis: &Redis, path: &Path) -> Node {
    let (path, url) = (path.display().to_string(), redis.url());
    let copies = [
        ("FIGCAST_HISTORY__RECORD", "true"),
        ("FIGCAST_HISTORY__PATH", path.as_str()),
        ("FIGCAST_CLUSTER__REDIS", url.as_str()),
    ];
    Node::start(&TAKING.into_iter().chain(copies).collect::<Vec<_>>())
}

/// The time of a row of CSV and its numbers, however these are written.
fn cells(row: &str) -> (String, Vec<f64>) {
    let (time, numbers) = row.split_once(',').expect("a row");
    (time.to_owned(), numbers.split(',').map(|number| number.parse().expect("a number")).collect())
}

/// Waits until the copy in a file has the description of MINE.
fn until_described(path: &Path) {
    until("the description in the copy", PATIENCE, || {
        let file = Connection::open(path).expect("opened");
        let about = "SELECT coalesce(about, '') FROM symbol WHERE name = 'MINE'";
        let about: Result<String, _> = file.query_row(about, [], |row| row.get(0));
        about.is_ok_and(|about| about.contains("Cellar"))
    });
}

/// Sends a push until it is taken.
fn until_taken(node: &Node, path: &str, body: &str) {
    until("a push is taken", HEALED, || {
        let answer = send(&node.server.address, "POST", path, body);
        answer.is_some_and(|answer| answer.starts_with("HTTP/1.0 200"))
    });
}

/// Waits until the copy in a file has these bars.
fn until_copied(path: &Path, symbol: &str, expected: &[String]) {
    let expected: Vec<_> = expected.iter().map(|row| cells(row)).collect();
    until("the copy", PATIENCE, || {
        let mut export = figcast();
        export.env("FIGCAST_HISTORY__PATH", path).args(["history", "export", symbol]);
        let copied = text(&export.output().expect("started").stdout);
        copied.lines().skip(1).map(cells).collect::<Vec<_>>() == expected
    });
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_lost_everything_gets_it_back_from_the_file_of_a_node() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bars.db");
    let mut redis = Redis::start();
    let copying_node = copying(&redis, &path);
    let other = one_more(&redis);
    for minutes in (1..=9).rev() {
        push(&other, "/ingest/MINE", &bar(ago(minutes), 2.0));
    }
    push(&other, "/ingest/MINE", &bar(ago(5), 4.0));
    push(&other, "/ingest/GONE", &bar(ago(5), 2.0));
    let about = r#"{"name":"Cellar"}"#;
    send(&other.server.address, "PUT", "/ingest/MINE/about", about).expect("answered");
    let expected = bars(&other, "MINE");
    assert_eq!(expected.len(), 9);
    until_copied(&path, "MINE", &expected);
    until_copied(&path, "GONE", &bars(&other, "GONE"));
    until_described(&path);
    let watcher = Watcher::of(&other, "PUSHED:MINE", None);
    until("figures", PATIENCE, || !watcher.figures().is_empty());
    redis.restart(false);
    until_taken(&other, "/ingest/MINE", &bar(ago(0), 6.0));
    let all: Vec<_> = expected.iter().cloned().chain([kept(ago(0), 6.0)]).collect();
    for node in [&copying_node, &other] {
        until("all of it at each node", PATIENCE, || bars(node, "MINE") == all);
    }
    until("its description", PATIENCE, || {
        let found = send(&other.server.address, "GET", "/search?q=cellar", "");
        found.is_some_and(|found| found.contains("PUSHED:MINE"))
    });
    // A node that was away when a symbol was removed brings it back neither.
    copying_node.kill();
    send(&other.server.address, "DELETE", "/ingest/GONE", "").expect("answered");
    push(&other, "/ingest/MINE", &bar(ago(4), 8.0));
    let back = copying(&redis, &path);
    until("the correction", HEALED, || bars(&other, "MINE").contains(&kept(ago(4), 8.0)));
    let corrected = bars(&other, "MINE");
    until("the file follows", PATIENCE, || {
        let mut list = figcast();
        list.env("FIGCAST_HISTORY__PATH", &path).args(["history", "list"]);
        let list = text(&list.output().expect("started").stdout);
        list.contains("MINE") && !list.contains("GONE")
    });
    assert!(bars(&back, "GONE").is_empty());
    until_copied(&path, "MINE", &corrected);
    assert_it_only_grew(&watcher);
}

/// No figure is older or shorter than the one before it.
fn assert_it_only_grew(watcher: &Watcher) {
    let figures = watcher.figures();
    let versions: Vec<_> = figures.iter().map(|figure| version(&figure.id)).collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    let lengths: Vec<_> = figures.iter().map(|figure| figure.times().len()).collect();
    assert!(lengths.is_sorted(), "{lengths:?}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_chart_of_a_redis_that_lost_everything_begins_once_that_is_written_back() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bars.db");
    let mut redis = Redis::start();
    let copying_node = copying(&redis, &path);
    let other = one_more(&redis);
    let rows: String = (1..=9).rev().map(|minutes| bar(ago(minutes), 2.0)).collect();
    let rows: Vec<_> = rows.lines().filter(|row| !row.starts_with("time")).collect();
    push(&other, "/ingest/MINE", &format!("time,open,high,low,close\n{}\n", rows.join("\n")));
    let expected = bars(&other, "MINE");
    assert_eq!(expected.len(), 9);
    until_copied(&path, "MINE", &expected);
    until("nobody watches it", PATIENCE, || other.role("leader") + other.role("follower") < 0.1);
    copying_node.server.signal("-STOP");
    redis.restart(false);
    until_taken(&other, "/ingest/MINE", &bar(ago(0), 6.0));
    let watcher = Watcher::of(&other, "PUSHED:MINE", None);
    copying_node.server.signal("-CONT");
    until("a figure", PATIENCE, || !watcher.figures().is_empty());
    assert_eq!(watcher.figures()[0].times().len(), 10, "of all bars, and not of the new one");
}

#[test]
#[ignore = "needs redis-server"]
fn no_bar_that_was_written_back_has_a_tick_twice_though_it_is_sent_again() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bars.db");
    let mut redis = Redis::start();
    let _copying_node = copying(&redis, &path);
    let other = one_more(&redis);
    let tick = |minutes: i64| format!("{},2.5,4,t{minutes}\n", written(ago(minutes) + 7));
    let sent = (1..=3).rev().map(tick).collect::<String>();
    push(&other, "/ingest/MINE", &format!("time,price,size,id\n{sent}"));
    let expected = bars(&other, "MINE");
    assert_eq!(expected.len(), 3);
    until_copied(&path, "MINE", &expected);
    redis.restart(false);
    until("all of it is back", PATIENCE, || bars(&other, "MINE") == expected);
    let again = format!("time,price,size,id\n{}{}{}", tick(3), tick(2), tick(0));
    let again = push(&other, "/ingest/MINE?partial=1", &again);
    until("the new tick", HEALED, || bars(&other, "MINE").len() == 4);
    assert_eq!(bars(&other, "MINE")[..3], expected[..], "{again}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_push_is_acknowledged_once_as_many_replicas_have_it_as_are_configured() {
    let _alone = alone();
    let (redis, replica) = (Redis::start(), Redis::start());
    let replicas = [("FIGCAST_CLUSTER__REPLICAS", "1")];
    let settings: Vec<_> = TAKING.into_iter().chain(replicas).collect();
    let cluster = Cluster::start(&redis, 1, &settings);
    let address = &cluster.nodes[0].server.address;
    let sent = || send(address, "POST", "/ingest/MINE", &bar(ago(3), 2.0)).expect("answered");
    let refused = sent();
    assert!(refused.starts_with("HTTP/1.0 503"), "{refused}");
    assert!(
        refused.contains("only 0 of its replicas (cluster.replicas): send it again"),
        "{refused}"
    );
    replica.ask(&["REPLICAOF", "127.0.0.1", &redis.port.to_string()]);
    until("it is acknowledged", PATIENCE, || sent().starts_with("HTTP/1.0 200"));
    assert_eq!(json_in(&sent())["unchanged"], 1, "and was there already");
    assert_eq!(replica.ask(&["ZCARD", "figcast:{pushed}:bars:MINE:1m"]), ":1\r\n");
}
