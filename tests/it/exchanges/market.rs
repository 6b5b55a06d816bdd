//! A market whose trades are drawn before it opens: what any exchange would answer of it at any time.

use std::collections::BTreeMap;
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
    /// Minutes in which the exchange is down: it has no rows of them.
    outages: Vec<std::ops::Range<i64>>,
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
        Self::with_outages(seed, vec![400..430, 900..961])
    }

    /// The same of an exchange that is up all day.
    pub fn of_a_day_without_outages(seed: u64) -> Self {
        Self::with_outages(seed, Vec::new())
    }

    fn with_outages(seed: u64, outages: Vec<std::ops::Range<i64>>) -> Self {
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
        Self { deals, outages, now: AtomicI64::new(OPEN * 1_000) }
    }

    /// Milliseconds since the epoch.
    pub fn time(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    pub fn set_time(&self, millisecond: i64) {
        self.now.store(millisecond, Ordering::SeqCst);
    }

    /// The minutes that have begun, oldest first; those without a trade at the last price.
    pub fn candles(&self) -> Vec<Candle> {
        let now = self.time();
        let mut traded: BTreeMap<i64, Vec<Deal>> = BTreeMap::new();
        for deal in self.deals.iter().take_while(|deal| deal.at <= now) {
            traded.entry((deal.at / 1_000 - OPEN) / MINUTE).or_default().push(*deal);
        }
        let Some(&first) = traded.keys().next() else { return Vec::new() };
        let mut last = 0;
        let mut candles = Vec::new();
        for minute in first..=(now / 1_000 - OPEN) / MINUTE {
            if self.outages.iter().any(|outage| outage.contains(&minute)) {
                continue;
            }
            let candle = Candle::of(minute, traded.get(&minute).map_or(&[], Vec::as_slice), last);
            last = candle.cents[3];
            candles.push(candle);
        }
        candles
    }
}

impl Candle {
    fn of(minute: i64, deals: &[Deal], before: i64) -> Self {
        let cents: Vec<i64> = deals.iter().map(|deal| deal.cents).collect();
        let price = |found: Option<&i64>| found.copied().unwrap_or(before);
        Self {
            ts: OPEN + minute * MINUTE,
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
        self.cents.map(|cents| format!("{}.{:02}000000", cents / 100, cents % 100))
    }

    pub fn volume(&self) -> String {
        format!("{}.{:05}000", self.size / 100_000, self.size % 100_000)
    }

    pub fn bar(&self) -> Bar {
        let [open, high, low, close] = self.prices().map(|text| text.parse().expect("a number"));
        let volume = self.volume().parse().expect("a number");
        Bar { ts: self.ts, open, high, low, close, volume }
    }
}
