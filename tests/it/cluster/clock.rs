//! A node whose clock is an hour ahead of the others'.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use figcast::app::App;
use figcast::clock::{Clock, SystemClock};
use figcast::config::Config;
use figcast::http::Scope;
use figcast::source;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::node::{TICK, Watcher};
use super::redis::Redis;
use super::{HEALED, alone, assert_figures_grow, assert_one_id_is_one_figure, until};
use crate::support::PATIENCE;

/// A clock that somebody has set wrongly.
#[derive(Debug)]
struct Wrong(SignedDuration);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// A node in this process, as a process of its own has the clock of its machine.
struct NodeHere {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl NodeHere {
    fn start(runtime: &Runtime, redis: &Redis, ahead: SignedDuration) -> Self {
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().expect("an address");
        config.server.workers = 1;
        config.server.drain_notice = Duration::ZERO;
        config.sim.tick = TICK;
        config.cluster.redis = redis.url().parse().expect("an address");
        let clock: Arc<dyn Clock> = Arc::new(Wrong(ahead));
        let _entered = runtime.enter();
        let sources = source::open(&config, &clock).expect("opened");
        let app = App::build(&config, sources, clock).expect("bound");
        let address = app.addresses(Scope::Charts).next().expect("one");
        let (stop, stopped) = oneshot::channel::<()>();
        let running = runtime.spawn(app.run_until(async {
            let _ = stopped.await;
        }));
        Self { address, stop, running }
    }

    fn watch(&self) -> Watcher {
        Watcher::at(&self.address.to_string(), "BTC-USD", None).expect("connected")
    }

    fn stop(self, runtime: &Runtime) {
        let _ = self.stop.send(());
        runtime.block_on(self.running).expect("no panic").expect("no error");
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_node_whose_clock_is_an_hour_off_leads_and_is_followed_and_nothing_goes_back() {
    let _alone = alone();
    let redis = Redis::start();
    let runtime = Runtime::new().expect("a runtime");
    for hours in [1, -1] {
        let start = |ahead| NodeHere::start(&runtime, &redis, ahead);
        let wrong = start(SignedDuration::from_hours(hours));
        let right = [start(SignedDuration::ZERO), start(SignedDuration::ZERO)];
        // It leads, as it has the first client.
        let mut watchers = vec![wrong.watch()];
        until("figures of the wrong clock", PATIENCE, || watchers[0].figures().len() >= 2);
        watchers.extend(right.iter().map(NodeHere::watch));
        until("figures at all nodes", PATIENCE, || {
            watchers.iter().all(|watcher| watcher.figures().len() >= 4)
        });
        let before: Vec<_> = watchers.iter().map(Watcher::epoch).collect();
        wrong.stop(&runtime);
        until("figures of the next leader", HEALED, || {
            watchers[1..].iter().zip(&before[1..]).all(|(w, before)| w.epoch() > *before)
        });
        // It comes back, and follows.
        let again = start(SignedDuration::from_hours(hours));
        watchers.push(again.watch());
        until("it follows", PATIENCE, || watchers[3].figures().len() >= 3);
        assert!(watchers[1..].iter().all(|w| w.epoch() == watchers[1].epoch()), "one leads");
        assert_figures_grow(&watchers);
        assert_one_id_is_one_figure(&watchers);
        drop(watchers);
        for node in right.into_iter().chain([again]) {
            node.stop(&runtime);
        }
    }
}
