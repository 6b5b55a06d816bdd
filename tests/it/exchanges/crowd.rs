//! A thousand symbols over a real socket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use figcast::config::ExchangeSettings;
use figcast::source::binance::Binance;

use super::binance::message;
use super::day::until_within;
use super::market::{Candle, Market, OPEN};
use super::socket::{Act, Connection};
use super::venue::{StubExchange, source};
use super::watcher::Watcher;

/// As long as a busy machine may take.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_symbols_are_subscribed_moved_and_left_and_nothing_is_left_behind() {
    let exchange = StubExchange::open::<Binance>(Market::of_a_day(5)).await;
    exchange.market.set_time((OPEN + 600) * 1_000);
    // Polls of series that wait for their subscription would keep the machine busy.
    let settings = ExchangeSettings {
        poll: PATIENCE,
        silence: PATIENCE,
        timeout: PATIENCE,
        ..exchange.settings()
    };
    let source = source(Binance, &settings, Arc::clone(&exchange.market) as _);
    let watchers: BTreeMap<i64, Watcher> =
        (0..1_000).map(|n| (n, Watcher::of(&*source, &format!("S{n}")))).collect();
    let subscribed = || -> usize {
        let topics = |one: &Arc<Connection>| one.topics.lock().map_or(0, |set| set.len());
        exchange.sockets.all().iter().map(topics).sum()
    };
    until_within(PATIENCE, "all are subscribed", || subscribed() == 1_000).await;
    let connection = exchange.sockets.live().expect("a connection");
    let newest = exchange.market.newest().expect("a candle");
    let moved =
        |n: i64| Candle { cents: [100_000 + n; 4], size: 1 << 40, last_id: 1 << 40, ..newest };
    for n in 0..1_000 {
        let candle = moved(n);
        connection.act(Act::Say(message(&candle, &format!("S{n}"), exchange.market.time(), false)));
    }
    let has_moved = |(n, watcher): (&i64, &Watcher)| {
        let seen = watcher.watched.lock().expect("not poisoned");
        seen.bars.get(&newest.ts) == Some(&moved(*n).bar())
    };
    until_within(PATIENCE, "each has moved", || watchers.iter().all(has_moved)).await;
    drop(watchers);
    until_within(PATIENCE, "none is subscribed", || subscribed() == 0).await;
    let is_open = || exchange.sockets.all().iter().any(|connection| connection.is_open());
    until_within(PATIENCE, "the connection is closed", || !is_open()).await;
    assert_eq!(exchange.sockets.all().len(), 1, "one connection carried them all");
}
