//! A day of an exchange with all its faults: messages lost, doubled, late and in another order, connections
//! cut in the middle of a message, about to be closed and starved, REST that is slow during a cut.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use figcast::bars::Bar;

use super::market::{Candle, Dice, Market, OPEN};
use super::socket::{Act, Connection};
use super::venue::{StubExchange, Venue};
use super::watcher::Watcher;
use crate::support::PATIENCE;

/// Half minutes at which a connection is cut, about to be closed, cut while REST is slow, and starved.
const CUT: i64 = 500;
const GOODBYE: i64 = 1_000;
const SLOW_CUT: i64 = 1_500;
const QUICK_AGAIN: i64 = 1_900;
const STARVED: i64 = 2_000;
const END: i64 = 2_880;

/// Waits until something holds.
pub async fn until(what: &str, holds: impl FnMut() -> bool) {
    until_within(PATIENCE, what, holds).await;
}

/// Waits until something holds, as long as a busy machine may take.
pub async fn until_within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The exchange, and what it has said.
struct Day<'a, V> {
    exchange: &'a StubExchange,
    dice: Dice,
    said: Vec<String>,
    /// The connection that hears nothing more.
    starved: Option<usize>,
    venue: PhantomData<V>,
}

/// Replays the day of a market to one that watches: it ends with the bars of REST, and no bar ever goes back.
pub async fn a_day_of_faults<V: Venue>(market: Market) -> StubExchange {
    let exchange = StubExchange::open::<V>(market).await;
    let market = Arc::clone(&exchange.market);
    market.set_time((OPEN + 600) * 1_000);
    let source = exchange.source::<V>();
    let watcher = Watcher::of(&*source, V::SYMBOL);
    until("it is subscribed", || exchange.sockets.live().is_some()).await;
    let (dice, said, starved) = (Dice(3), Vec::new(), None);
    let mut day = Day::<V> { exchange: &exchange, dice, said, starved, venue: PhantomData };
    for step in 21..END {
        day.step(step);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut candles = V::candles(&market);
    // One without a trade that still forms is in the answers of some exchanges, and no socket says it.
    candles.pop_if(|last| last.count == 0);
    let expected: Vec<_> = candles.iter().map(Candle::bar).collect();
    let last = candles.last().copied().expect("a candle");
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The last messages may have been lost: the next one is a sign of life.
        if let Some(live) = exchange.sockets.live() {
            live.act(Act::Say(V::moved(&market, &last, market.time() + 2)));
        }
        let others = others(&expected, &watcher.bars_until(last.ts));
        if others.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "these bars are not those of REST: {others:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seen = watcher.watched.lock().expect("not poisoned");
    assert_eq!(seen.backward, []);
    assert!(seen.moves > 500, "the socket moved it {} times", seen.moves);
    let connections = exchange.sockets.all().len();
    assert!(connections >= 4, "{connections} connections");
    drop(seen);
    exchange
}

/// The bars of one that the other does not have: the minute of the day, what is expected, and what was seen.
pub fn others(expected: &[Bar], seen: &[Bar]) -> Vec<(i64, Option<Bar>, Option<Bar>)> {
    let by_time = |bars: &[Bar]| bars.iter().map(|bar| (bar.ts, *bar)).collect::<BTreeMap<_, _>>();
    let (expected, seen) = (by_time(expected), by_time(seen));
    let times: BTreeSet<_> = expected.keys().chain(seen.keys()).collect();
    let pair = |ts: &i64| (expected.get(ts).copied(), seen.get(ts).copied());
    let differing = times.into_iter().filter(|ts| pair(ts).0 != pair(ts).1);
    differing.map(|ts| ((ts - OPEN) / 60, pair(ts).0, pair(ts).1)).collect()
}

impl<V: Venue> Day<'_, V> {
    /// Half a minute passes.
    fn step(&mut self, step: i64) {
        let messages = self.messages(step);
        let live = self.exchange.sockets.live();
        if let Some(live) = live.filter(|live| self.starved != Some(live.number)) {
            if step % 8 == 0 {
                live.act(Act::Ping);
            }
            messages.iter().cloned().map(Act::Say).for_each(|act| live.act(act));
            self.break_at(step, &live);
        }
        if step == QUICK_AGAIN {
            self.exchange.set_delay(0);
        }
        self.said.extend(messages);
    }

    /// What the exchange says of the half minute, and what becomes of it on the way.
    fn messages(&mut self, step: i64) -> Vec<String> {
        let market = &self.exchange.market;
        let (since, before) = (market.time(), market.newest());
        market.set_time((OPEN + step * 30) * 1_000);
        let mut messages = V::news(market, since, before);
        let dice = &mut self.dice;
        if dice.below(40) == 0 && V::LOSES {
            messages.pop();
        }
        if dice.below(10) == 0 {
            messages.extend(self.said.last().cloned());
        }
        if dice.below(10) == 0 {
            let back = 1 + usize::try_from(dice.below(6)).expect("few");
            messages.extend(self.said.get(self.said.len().saturating_sub(back)).cloned());
        }
        if dice.below(10) == 0 {
            messages.reverse();
        }
        messages
    }

    fn break_at(&mut self, step: i64, live: &Arc<Connection>) {
        match step {
            CUT => live.act(Act::Cut),
            GOODBYE => match V::goodbye(self.exchange.market.time()) {
                Some(goodbye) => live.act(Act::Say(goodbye)),
                None => live.act(Act::Cut),
            },
            SLOW_CUT => {
                self.exchange.set_delay(400);
                live.act(Act::Cut);
            }
            STARVED => self.starved = Some(live.number),
            _ => {}
        }
    }
}
