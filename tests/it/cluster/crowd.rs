//! A crowd at each of three nodes, for a minute.

/// Takes long: `make soak-cluster` runs it.
mod slow {
    use std::time::{Duration, Instant};

    use crate::cluster::node::{Cluster, Watcher, version};
    use crate::cluster::redis::Redis;
    use crate::cluster::{alone, until};
    use crate::hardening::setting;
    use crate::support::PATIENCE;

    /// Clients of each node.
    const CLIENTS: usize = 200;
    /// How often the market moves: what all clients get is kept in memory.
    const TICK: Duration = Duration::from_secs(1);
    const SYMBOLS: [&str; 4] = ["BTC-USD", "ETH-USD", "SOL-USD", "BTC-USD?interval=5m"];

    #[test]
    #[ignore = "takes a minute, and needs redis-server"]
    fn three_nodes_with_200_clients_each_ask_the_source_as_often_as_one() {
        let _alone = alone();
        let redis = Redis::start();
        let cluster = Cluster::start(&redis, 3, &[("FIGCAST_SIM__TICK", "1s")]);
        let nodes = cluster.nodes.iter();
        let watchers: Vec<_> = nodes
            .flat_map(|node| (0..CLIENTS).map(move |n| Watcher::of(node, SYMBOLS[n % 4], None)))
            .collect();
        until("a figure at each client", 3 * PATIENCE, || {
            watchers.iter().all(|watcher| !watcher.figures().is_empty())
        });
        let (fetched, since) = (cluster.fetches(), Instant::now());
        std::thread::sleep(Duration::from_secs(setting("CROWD_SECONDS", 60)));
        let (fetched, elapsed) = (cluster.fetches() - fetched, since.elapsed());
        let ticks = elapsed.as_secs_f64() / TICK.as_secs_f64() + 2.0;
        let of_one = ticks * f64::from(u32::try_from(SYMBOLS.len()).expect("few"));
        println!("{fetched} fetches in {elapsed:?}, of one node at most {of_one}");
        assert!(fetched <= of_one, "{fetched} fetches in {elapsed:?}");
        assert!(fetched > of_one / 10.0, "the market moves: {fetched} fetches in {elapsed:?}");
        for watcher in &watchers {
            let versions: Vec<_> = watcher.figures().iter().map(|f| version(&f.id)).collect();
            assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        }
    }
}
