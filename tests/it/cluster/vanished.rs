//! A Redis behind a network that loses every packet.

use std::time::Duration;

use super::node::{Cluster, Watcher};
use super::redis::Redis;
use super::{HEALED, all_is_well_again, alone, until, watch_all};
use crate::hardening::vanished::Network;

#[test]
#[ignore = "needs root, `ip netns` and redis-server"]
fn a_redis_that_vanished_without_a_word_is_noticed_and_found_again() {
    let _alone = alone();
    let network = Network::new(2);
    let redis = Redis::start_in(&network);
    let cluster = Cluster::start(&redis, 2, &[]);
    let watchers = watch_all(&cluster);
    network.vanish();
    let noticed = until("every chart is stale, with the reason", HEALED, || {
        let is_stale = |w: &Watcher| w.status() == "stale" && w.message().contains("Redis");
        watchers.iter().all(is_stale)
    });
    println!("noticed after {noticed:?}");
    std::thread::sleep(Duration::from_secs(3));
    network.come_back();
    all_is_well_again(&watchers);
}
