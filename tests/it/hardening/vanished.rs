//! Clients whose machines are gone, without a word.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::readers::{NEVER, spawn, until_cut};

/// A network of one client, whose answers can be made to disappear.
pub struct Network {
    pub name: String,
    /// The server's address in it.
    host: String,
    /// The address of the other side.
    pub client: String,
}

impl Network {
    /// Needs root and iproute2.
    pub fn new(nth: u32) -> Self {
        // A process has four of them.
        let id = 4 * std::process::id() + nth;
        let (third, fourth) = (id / 64 % 256, id % 64 * 4);
        let (name, link) = (format!("figcast{id}"), format!("fc{id}"));
        let host = format!("10.203.{third}.{}", fourth + 1);
        let client = format!("10.203.{third}.{}", fourth + 2);
        let network = Self { name: name.clone(), host: host.clone(), client: client.clone() };
        let made = [
            format!("netns add {name}"),
            format!("link add {link} type veth peer name eth0 netns {name}"),
            format!("addr add {host}/30 dev {link}"),
            format!("link set {link} up"),
            format!("-n {name} addr add {client}/30 dev eth0"),
            format!("-n {name} link set eth0 up"),
        ];
        for command in made {
            assert!(ip(&command), "ip {command}");
        }
        network
    }

    fn curl(&self, url: &str) -> Killed {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "curl", "-sSN", url]).stdout(Stdio::null());
        Killed(command.spawn().expect("started"))
    }

    /// From now on the client's side answers nothing, not even that it is gone.
    pub fn vanish(&self) {
        assert!(ip(&format!("-n {} route add blackhole {}/32", self.name, self.host)));
    }
}

impl Network {
    /// It answers again.
    pub fn come_back(&self) {
        assert!(ip(&format!("-n {} route del blackhole {}/32", self.name, self.host)));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.name));
    }
}

fn ip(command: &str) -> bool {
    let mut run = Command::new("ip");
    run.args(command.split(' ')).stderr(Stdio::null());
    run.status().is_ok_and(|status| status.success())
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Killed {
    /// Has it do nothing more; its machine goes on.
    fn stop(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.0.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()));
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root and `ip netns` to lose packets"]
async fn a_peer_that_vanished_is_cut_whether_its_stream_is_busy_or_silent() {
    let network = Network::new(0);
    let (app, steps) = spawn(|config| {
        config.server.listen = "0.0.0.0:0".parse().expect("an address");
        config.server.write_timeout = Duration::from_millis(500);
        config.hub.heartbeat = Duration::from_millis(400);
    });
    let port = app.address.port();
    let url = |query: &str| format!("http://{}:{port}/stream/AAPL{query}", network.host);
    // At that rate the second figure comes in a minute: nothing but heartbeats tells that it is gone.
    let clients = [network.curl(&url("")), network.curl(&url("?max_rate=0.016"))];
    app.metric_becomes("figcast_streams", 2.0).await;
    app.metric_becomes("figcast_figures_sent_total", 2.0).await;
    network.vanish();
    until_cut(&app, &steps, 0.0).await;
    drop(clients);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root and `ip netns` to lose packets"]
async fn a_peer_that_had_stopped_reading_before_it_vanished_is_cut_too() {
    let network = Network::new(1);
    let (app, steps) = spawn(|config| {
        config.server.listen = "0.0.0.0:0".parse().expect("an address");
        config.server.write_timeout = Duration::from_millis(300);
        config.server.stall_timeout = NEVER;
    });
    let url = format!("http://{}:{}/stream/AAPL", network.host, app.address.port());
    let client = network.curl(&url);
    app.metric_becomes("figcast_streams", 1.0).await;
    client.stop();
    let mut steady = app.stream("/stream/AAPL").await;
    // More than its kernel and ours keep. It has no more room, and says so as long as it is there.
    for _ in 0..60 {
        steps.step();
        steady.figure().await;
    }
    assert!((app.metric("figcast_streams").await - 2.0).abs() < 0.1, "it lives");
    network.vanish();
    drop(steady);
    until_cut(&app, &steps, 0.0).await;
    drop(client);
    app.stop().await;
}
