//! A day of an exchange with all its faults: messages lost, doubled, late and in another order, connections
//! cut in the middle of a message, about to be closed and starved, REST that is slow during a cut.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use figcast::bars::Bar;
use figcast::source::Source;

use super::market::{Candle, Dice, Market, OPEN};
use super::socket::{Act, Connection, Sockets};
use super::watcher::Watcher;
use crate::support::PATIENCE;

/// Half minutes at which a connection is cut, about to be closed, cut while REST is slow, and starved.
const CUT: i64 = 500;
const GOODBYE: i64 = 1_000;
const SLOW_CUT: i64 = 1_500;
const QUICK_AGAIN: i64 = 1_900;
const STARVED: i64 = 2_000;
const END: i64 = 2_880;

/// What differs between the exchanges.
pub trait Venue {
    fn market(&self) -> &Market;
    fn sockets(&self) -> &Sockets;
    /// Has REST take so long.
    fn set_delay(&self, milliseconds: u64);
    /// Whether a message may be lost: one that says which bars are final lets that be noticed.
    fn loses(&self) -> bool;
    /// The last message of a candle that is over, where there is one.
    fn closed(&self, candle: &Candle, at: i64) -> Option<String>;
    /// The message of a candle that forms.
    fn moved(&self, candle: &Candle, at: i64) -> String;
    /// The message that the connection is about to be closed, where there is one.
    fn goodbye(&self, at: i64) -> Option<String>;
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The exchange, and what it has said.
struct Day<'a> {
    venue: &'a dyn Venue,
    dice: Dice,
    said: Vec<String>,
    sent: Option<Candle>,
    /// The connection that hears nothing more.
    starved: Option<usize>,
}

/// Replays the day to one that watches: it ends with the bars of REST, and no bar ever goes back.
pub async fn a_day_of_faults(venue: &dyn Venue, source: &dyn Source, symbol: &str) {
    let market = venue.market();
    market.set_time((OPEN + 600) * 1_000);
    let watcher = Watcher::of(source, symbol);
    until("it is subscribed", || venue.sockets().live().is_some()).await;
    let mut day = Day { venue, dice: Dice(3), said: Vec::new(), sent: None, starved: None };
    for step in 21..END {
        day.step(step);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut candles = market.candles();
    // One without a trade that still forms is in the answers of some exchanges, and no socket says it.
    candles.pop_if(|last| last.count == 0);
    let expected: Vec<_> = candles.iter().map(Candle::bar).collect();
    let last = candles.last().copied().expect("a candle");
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The last messages may have been lost: the next one is a sign of life.
        if let Some(live) = venue.sockets().live() {
            live.act(Act::Say(venue.moved(&last, market.time() + 2)));
        }
        let others = {
            let seen = watcher.watched.lock().expect("not poisoned");
            let seen = seen.bars.range(..=last.ts).map(|(_, bar)| *bar);
            others(&expected, &seen.collect::<Vec<_>>())
        };
        if others.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "these bars are not those of REST: {others:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seen = watcher.watched.lock().expect("not poisoned");
    assert_eq!(seen.backward, []);
    assert!(seen.moves > 500, "the socket moved it {} times", seen.moves);
    let connections = venue.sockets().all().len();
    assert!(connections >= 4, "{connections} connections");
}

/// The bars of one that the other does not have: the minute of the day, what is expected, and what was seen.
fn others(expected: &[Bar], seen: &[Bar]) -> Vec<(i64, Option<Bar>, Option<Bar>)> {
    let by_time = |bars: &[Bar]| bars.iter().map(|bar| (bar.ts, *bar)).collect::<BTreeMap<_, _>>();
    let (expected, seen) = (by_time(expected), by_time(seen));
    let times: BTreeSet<_> = expected.keys().chain(seen.keys()).collect();
    let pair = |ts: &i64| (expected.get(ts).copied(), seen.get(ts).copied());
    let differing = times.into_iter().filter(|ts| pair(ts).0 != pair(ts).1);
    differing.map(|ts| ((ts - OPEN) / 60, pair(ts).0, pair(ts).1)).collect()
}

impl Day<'_> {
    /// Half a minute passes.
    fn step(&mut self, step: i64) {
        let messages = self.messages(step);
        let live = self.venue.sockets().live();
        if let Some(live) = live.filter(|live| self.starved != Some(live.number)) {
            if step % 8 == 0 {
                live.act(Act::Ping);
            }
            messages.iter().cloned().map(Act::Say).for_each(|act| live.act(act));
            self.break_at(step, &live);
        }
        if step == QUICK_AGAIN {
            self.venue.set_delay(0);
        }
        self.said.extend(messages);
    }

    /// What the exchange says of the half minute, and what becomes of it on the way.
    fn messages(&mut self, step: i64) -> Vec<String> {
        let (venue, market) = (self.venue, self.venue.market());
        let before = market.candles().last().copied();
        let at = (OPEN + step * 30) * 1_000;
        market.set_time(at);
        let candles = market.candles();
        let newest = candles.last().copied();
        let ended = before.filter(|before| before.ts + 60 <= at / 1_000);
        let closed = candles.iter().find(|candle| Some(candle.ts) == ended.map(|ended| ended.ts));
        let mut messages: Vec<_> =
            closed.and_then(|closed| venue.closed(closed, at)).into_iter().collect();
        if newest != self.sent {
            messages.extend(newest.map(|newest| venue.moved(&newest, at + 1)));
            self.sent = newest;
        }
        let dice = &mut self.dice;
        if dice.below(40) == 0 && venue.loses() {
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
            GOODBYE => match self.venue.goodbye(self.venue.market().time()) {
                Some(goodbye) => live.act(Act::Say(goodbye)),
                None => live.act(Act::Cut),
            },
            SLOW_CUT => {
                self.venue.set_delay(400);
                live.act(Act::Cut);
            }
            STARVED => self.starved = Some(live.number),
            _ => {}
        }
    }
}
