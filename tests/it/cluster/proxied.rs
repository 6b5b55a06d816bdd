//! Clients behind a proxy, which go on at another node when theirs is gone.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::node::{Cluster, Figure, Watcher, version};
use super::redis::Redis;
use super::{HEALED, alone, until};
use crate::support::PATIENCE;

/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_millis(100);

/// Killed when it is dropped.
struct Nginx {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// One that spreads connections over the nodes, as docs/OPERATIONS.md has it.
    fn before(cluster: &Cluster) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("bound").to_string();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().display();
        let servers: Vec<_> = cluster.nodes.iter().map(|node| &*node.server.address).collect();
        let servers = servers.join("; server ");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|of| format!("{of}_temp_path {at}/{of};"))
            .concat();
        let lines = format!(
            "daemon off; pid {at}/pid; error_log {at}/log; events {{}}\n\
             http {{ access_log off; {temporary}\n\
             upstream figcast {{ least_conn; server {servers}; }}\n\
             server {{ listen {address}; location / {{ proxy_pass http://figcast; proxy_buffering off;\n\
             proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }} }}\n"
        );
        let path = folder.path().join("nginx.conf");
        fs::write(&path, lines).expect("written");
        let mut command = Command::new("nginx");
        command.arg("-e").arg(folder.path().join("log")).arg("-c").arg(path).stderr(Stdio::null());
        let child = command.spawn().expect("nginx is installed");
        let nginx = Self { child, address, _folder: folder };
        until("nginx answers", PATIENCE, || Watcher::at(&nginx.address, "BTC-USD", None).is_ok());
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it; they would outlive a kill.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

/// What an `EventSource` does: where its stream ends it connects again, with the id of the last figure that it got.
struct Browser {
    figures: Arc<Mutex<Vec<Figure>>>,
    closes: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Browser {
    fn open(address: &str) -> Self {
        let (figures, closes) =
            (Arc::<Mutex<Vec<Figure>>>::default(), Arc::<AtomicBool>::default());
        let (into, is_closed) = (Arc::clone(&figures), Arc::clone(&closes));
        let address = address.to_owned();
        let thread = thread::spawn(move || {
            while !is_closed.load(Ordering::Relaxed) {
                let before = into.lock().expect("whole").clone();
                let has = before.last().map(|figure| figure.id.as_str());
                if let Ok(stream) = Watcher::at(&address, "BTC-USD", has) {
                    while !stream.has_ended() && !is_closed.load(Ordering::Relaxed) {
                        let came = stream.figures_if_any();
                        *into.lock().expect("whole") = [&before[..], &came].concat();
                        thread::sleep(Duration::from_millis(20));
                    }
                    let came = stream.figures_if_any();
                    *into.lock().expect("whole") = [&before[..], &came].concat();
                }
                thread::sleep(RETRY);
            }
        });
        Self { figures, closes, thread: Some(thread) }
    }

    fn versions(&self) -> Vec<(i64, u64)> {
        self.figures.lock().expect("whole").iter().map(|figure| version(&figure.id)).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.closes.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[test]
#[ignore = "needs redis-server"]
fn clients_behind_a_proxy_go_on_by_their_ids_when_their_node_is_gone() {
    if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
        println!("left out: there is no nginx");
        return;
    }
    let _alone = alone();
    let redis = Redis::start();
    let mut cluster = Cluster::start(&redis, 3, &[]);
    let nginx = Nginx::before(&cluster);
    let browsers: Vec<_> = (0..9).map(|_| Browser::open(&nginx.address)).collect();
    let figures = |count: usize| browsers.iter().all(|browser| browser.versions().len() >= count);
    until("figures at all clients", PATIENCE, || figures(3));
    let streams = |node: &super::Node| node.server.metric("figcast_streams");
    assert!(cluster.nodes.iter().all(|node| streams(node) > 0.9), "each node has some of them");
    cluster.nodes.remove(0).kill();
    all_go_on(&browsers);
    let mut leaving = cluster.nodes.remove(0);
    leaving.server.terminate();
    leaving.server.child.wait().expect("ended");
    all_go_on(&browsers);
    for browser in &browsers {
        let versions = browser.versions();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }
}

/// Every client comes to one newest figure or a later one, and on from there.
fn all_go_on(browsers: &[Browser]) {
    let newest = browsers.iter().filter_map(|browser| browser.versions().pop()).max();
    let counts: Vec<_> = browsers.iter().map(|browser| browser.versions().len()).collect();
    let healed = until("every client has later figures", HEALED, || {
        browsers.iter().zip(&counts).all(|(browser, count)| {
            let versions = browser.versions();
            versions.len() > count + 1 && versions.last() > newest.as_ref()
        })
    });
    println!("all went on after {healed:?}");
}
