//! A market whose trades are drawn before it opens: what any exchange would answer of it at any time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};

use figcast::bars::Bar;
use figcast::clock::Clock;
use jiff::Timestamp;

/// 2026-11-26 00:00 UTC.
pub const OPEN: i64 = 1_795_651_200;
const MINUTE: i64 = 60;

/// One trade: prices are counted in hundredths, sizes in hundred-thousandths.
#[derive(Debug, Clone, Copy)]
pub struct Deal {
    pub id: i64,
    /// Milliseconds since the epoch.
    pub at: i64,
    pub cents: i64,
    pub size: i64,
}

/// A bar of trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candle {
    pub ts: i64,
    pub cents: [i64; 4],
    pub size: i64,
    pub count: i64,
    /// The number of the last trade; -1 of none.
    pub last_id: i64,
}

/// Trades, and the time.
#[derive(Debug)]
pub struct Market {
    deals: Vec<Deal>,
    /// The minutes of the whole day as they end, but those in which the exchange is down.
    ended: Vec<Candle>,
    /// Milliseconds since the epoch.
    now: AtomicI64,
}

impl Clock for Market {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.time()).expect("in range")
    }
}

/// A small generator that is the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub fn signed(&mut self, sides: u64) -> i64 {
        i64::try_from(self.below(sides)).expect("small")
    }
}

impl Market {
    /// A day of trades, some minutes without any, and hours in which the exchange is down.
    pub fn of_a_day(seed: u64) -> Self {
        Self::with_outages(seed, &[400..430, 900..961])
    }

    /// The same of an exchange that is up all day.
    pub fn of_a_day_without_outages(seed: u64) -> Self {
        Self::with_outages(seed, &[])
    }

    fn with_outages(seed: u64, outages: &[Range<i64>]) -> Self {
        let mut dice = Dice(seed);
        let (mut deals, mut cents) = (Vec::new(), 6_300_000);
        for minute in 0..1_440 {
            let is_down = outages.iter().any(|outage| outage.contains(&minute));
            let count = if is_down || dice.below(5) == 0 { 0 } else { dice.below(7) };
            let mut times: Vec<i64> = (0..count).map(|_| dice.signed(60_000)).collect();
            times.sort_unstable();
            for time in times {
                cents = (cents + dice.signed(2_001) - 1_000).max(100);
                let at = (OPEN + minute * MINUTE) * 1_000 + time;
                let id = i64::try_from(deals.len()).expect("few") + 1_000;
                deals.push(Deal { id, at, cents, size: 1 + dice.signed(500_000) });
            }
        }
        let ended = ended(&deals, outages);
        Self { deals, ended, now: AtomicI64::new(OPEN * 1_000) }
    }

    /// Milliseconds since the epoch.
    pub fn time(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    pub fn set_time(&self, millisecond: i64) {
        self.now.store(millisecond, Ordering::SeqCst);
    }

    /// The trades after an instant and until now.
    pub fn deals_since(&self, millisecond: i64) -> &[Deal] {
        let until = |at: i64| self.deals.partition_point(|deal| deal.at <= at);
        &self.deals[until(millisecond)..until(self.time())]
    }

    /// The newest trade.
    pub fn last_deal(&self) -> Option<Deal> {
        let traded = self.deals.partition_point(|deal| deal.at <= self.time());
        self.deals[..traded].last().copied()
    }

    /// The minutes that have begun, oldest first; those without a trade at the last price.
    pub fn candles(&self) -> Vec<Candle> {
        let begun = self.begun();
        let mut candles = self.ended[..begun].to_vec();
        if let Some(newest) = candles.last_mut() {
            *newest = self.so_far(begun - 1);
        }
        candles
    }

    /// The newest of them.
    pub fn newest(&self) -> Option<Candle> {
        self.begun().checked_sub(1).map(|index| self.so_far(index))
    }

    /// One of them that has ended.
    pub fn ended(&self, ts: i64) -> Option<Candle> {
        let found = self.ended.binary_search_by_key(&ts, |candle| candle.ts);
        found.ok().map(|index| self.so_far(index))
    }

    /// How many minutes have begun.
    fn begun(&self) -> usize {
        let is_open = self.deals.first().is_some_and(|deal| deal.at <= self.time());
        let begun = self.ended.partition_point(|candle| candle.ts * 1_000 <= self.time());
        if is_open { begun } else { 0 }
    }

    /// A minute by its place, as far as it has come.
    fn so_far(&self, index: usize) -> Candle {
        let ended = self.ended[index];
        if (ended.ts + MINUTE) * 1_000 <= self.time() {
            return ended;
        }
        let before = index.checked_sub(1).map_or(0, |index| self.ended[index].cents[3]);
        let deals = self.deals_since(ended.ts * 1_000 - 1);
        Candle::of(ended.ts, deals, before)
    }
}

/// All minutes of the day, from the first trade on.
fn ended(deals: &[Deal], outages: &[Range<i64>]) -> Vec<Candle> {
    let mut traded: BTreeMap<i64, Vec<Deal>> = BTreeMap::new();
    for deal in deals {
        traded.entry((deal.at / 1_000 - OPEN) / MINUTE).or_default().push(*deal);
    }
    let first = traded.keys().next().copied().unwrap_or(1_440);
    let up = (first..1_440).filter(|minute| outages.iter().all(|outage| !outage.contains(minute)));
    let mut last = 0;
    up.map(|minute| {
        let deals = traded.get(&minute).map_or(&[][..], Vec::as_slice);
        let candle = Candle::of(OPEN + minute * MINUTE, deals, last);
        last = candle.cents[3];
        candle
    })
    .collect()
}

impl Candle {
    fn of(ts: i64, deals: &[Deal], before: i64) -> Self {
        let cents: Vec<i64> = deals.iter().map(|deal| deal.cents).collect();
        let price = |found: Option<&i64>| found.copied().unwrap_or(before);
        Self {
            ts,
            cents: [
                price(cents.first()),
                price(cents.iter().max()),
                price(cents.iter().min()),
                price(cents.last()),
            ],
            size: deals.iter().map(|deal| deal.size).sum(),
            count: i64::try_from(deals.len()).expect("few"),
            last_id: deals.last().map_or(-1, |deal| deal.id),
        }
    }

    /// Its prices as texts.
    pub fn prices(&self) -> [String; 4] {
        self.cents.map(price)
    }

    pub fn volume(&self) -> String {
        size(self.size)
    }

    pub fn bar(&self) -> Bar {
        let [open, high, low, close] = self.prices().map(|text| text.parse().expect("a number"));
        let volume = self.volume().parse().expect("a number");
        Bar { ts: self.ts, open, high, low, close, volume }
    }
}

/// A price as a text.
pub fn price(cents: i64) -> String {
    format!("{}.{:02}000000", cents / 100, cents % 100)
}

/// A size as a text.
pub fn size(size: i64) -> String {
    format!("{}.{:05}000", size / 100_000, size % 100_000)
}
