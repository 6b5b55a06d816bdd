//! A master that dies, and a Sentinel that makes its replica the master.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use super::node::Cluster;
use super::redis::{Redis, ask};
use super::{Asleep, all_is_well_again, alone, until, watch_all};
use crate::support::PATIENCE;

/// Killed when it is dropped.
struct Sentinel {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sentinel {
    /// One that is quick to believe that the master is gone.
    fn start(master: &Redis) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", folder.path().display()),
            format!("sentinel monitor desk 127.0.0.1 {} 1", master.port),
            "sentinel down-after-milliseconds desk 1000".to_owned(),
            "sentinel failover-timeout desk 5000".to_owned(),
        ];
        fs::write(&path, lines.join("\n")).expect("written");
        let mut command = Command::new("redis-server");
        command.arg(path).arg("--sentinel").stdout(Stdio::null());
        let child = command.spawn().expect("redis-server is installed");
        let sentinel = Self { child, port, _folder: folder };
        until("the Sentinel answers", PATIENCE, || sentinel.ask(&["PING"]) == "+PONG\r\n");
        sentinel
    }

    fn ask(&self, command: &[&str]) -> String {
        ask("127.0.0.1", self.port, command).unwrap_or_default()
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_failover_that_loses_the_last_writes_takes_no_version_back() {
    let _alone = alone();
    let (master, replica) = (Redis::start(), Redis::start());
    replica.ask(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
    let sentinel = Sentinel::start(&master);
    until("the Sentinel knows the replica", PATIENCE, || {
        let known = sentinel.ask(&["SENTINEL", "REPLICAS", "desk"]);
        known.contains(&replica.port.to_string())
            && known.contains("master-link-status\r\n$2\r\nok")
    });
    let by_sentinel = format!("redis://127.0.0.1:{}", sentinel.port);
    let settings = [("FIGCAST_CLUSTER__SENTINELS", by_sentinel.as_str())];
    let cluster = Cluster::at("redis://desk", 3, &settings);
    let watchers = watch_all(&cluster);
    // From here on the replica knows nothing of what is written, of which another epoch is part.
    replica.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    Asleep::leader_of(&cluster, &watchers).wake();
    drop(master);
    let promoted = until("the replica is the master", 2 * PATIENCE, || {
        // The Sentinel has it cut all connections meanwhile.
        ask("127.0.0.1", replica.port, &["ROLE"]).is_ok_and(|role| role.contains("master"))
            && sentinel
                .ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "desk"])
                .contains(&replica.port.to_string())
    });
    println!("the replica is the master after {promoted:?}");
    all_is_well_again(&watchers);
}
