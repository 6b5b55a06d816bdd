//! Bars of the trades that a socket tells one by one, where the exchange tells no bars.
//!
//! The numbers of trades have no holes. So a bar whose first trade follows another one that was heard is
//! whole, and a hole says that trades were lost. A pure state without a clock.

use super::channel::{LiveBar, LiveTrade};
use super::size::TradeSize;
use crate::bars::Bar;
use crate::interval::Interval;

/// The bar that trades make, of one series.
#[derive(Debug)]
pub struct TradeBars {
    /// Seconds of a bar.
    length: i64,
    /// The number of the newest trade.
    last: Option<i64>,
    /// The newest number that the exchange has named besides.
    named: Option<i64>,
    /// Whether trades behind the newest are known to be lost.
    is_torn: bool,
    forming: Option<TradeBar>,
}

/// A bar and the exact sum of its sizes.
#[derive(Debug)]
struct TradeBar {
    bar: Bar,
    size: TradeSize,
    is_whole: bool,
}

/// What a trade makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// The bar as it stands.
    pub live: LiveBar,
    /// Whether trades before it were lost.
    pub is_gap: bool,
}

impl TradeBars {
    /// No trade was heard.
    pub const fn new(grain: Interval) -> Self {
        Self { length: grain.seconds(), last: None, named: None, is_torn: false, forming: None }
    }

    /// Takes a trade; nothing of one that was heard before.
    pub fn take(&mut self, trade: LiveTrade) -> Option<Made> {
        let LiveTrade { id, at, price, size } = trade;
        if self.last.is_some_and(|last| id <= last) {
            return None;
        }
        let follows = self.last == Some(id - 1) && !self.is_torn;
        let is_gap = self.last.is_some() && !follows;
        (self.last, self.is_torn) = (Some(id), false);
        let second = at.div_euclid(1_000);
        let ts = second - second.rem_euclid(self.length);
        let (open, high, low) = (price, price, price);
        let first = Bar { ts, open, high, low, close: price, volume: 0.0 };
        // A trade that is stamped before the bar that forms is rare, and of a bar that REST corrects.
        let known = self.forming.take().filter(|known| known.bar.ts >= ts);
        let mut forming = match known {
            Some(known) if known.bar.ts == ts => known,
            Some(later) => {
                self.forming = Some(later);
                return None;
            }
            None => TradeBar { bar: first, size: TradeSize::default(), is_whole: true },
        };
        forming.is_whole &= follows;
        forming.size = forming.size.plus(size);
        forming.bar = Bar { volume: forming.size.nearest(), ..forming.bar.with_quote(price) };
        let TradeBar { bar, is_whole, .. } = *self.forming.insert(forming);
        Some(Made { live: LiveBar { bar, order: (id, 0), is_final: false, is_whole }, is_gap })
    }

    /// Takes the number of the newest trade that the exchange names beside the trades; whether trades were lost.
    /// One that was named just now may still be on its way, so the one before it counts.
    pub fn name(&mut self, id: i64) -> bool {
        let (last, named) = (self.last, self.named.replace(id));
        let missed = named.filter(|named| last.is_some_and(|last| *named > last));
        if missed.is_some() {
            (self.last, self.is_torn) = (missed, true);
            if let Some(forming) = &mut self.forming {
                forming.is_whole = false;
            }
        }
        missed.is_some()
    }

    /// When the bar that forms begins.
    pub fn forming(&self) -> Option<i64> {
        self.forming.as_ref().map(|forming| forming.bar.ts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LiveTrade, TradeBars, TradeSize};
    use crate::bars::Bar;
    use crate::interval::Interval;

    fn trade(id: i64, second: i64, cents: i64, size: &str) -> LiveTrade {
        let size = TradeSize::parse(size).expect("a size");
        LiveTrade { id, at: second * 1_000, price: cents as f64 / 100.0, size }
    }

    fn bar(ts: i64, [open, high, low, close]: [f64; 4], volume: f64) -> Bar {
        Bar { ts, open, high, low, close, volume }
    }

    #[test]
    fn a_bar_is_whole_when_the_trade_before_its_first_one_was_heard() {
        let mut bars = TradeBars::new(Interval::Minute1);
        let mut take = |id, second, cents| {
            let made = bars.take(trade(id, second, cents, "0.5"));
            made.map(|made| (made.live.bar, made.live.is_whole, made.is_gap))
        };
        let first = bar(0, [1.0; 4], 0.5);
        assert_eq!(take(7, 10, 100), Some((first, false, false)), "others may come before it");
        assert_eq!(take(8, 59, 300), Some((bar(0, [1.0, 3.0, 1.0, 3.0], 1.0), false, false)));
        assert_eq!(take(8, 59, 300), None, "twice");
        assert_eq!(take(9, 60, 200), Some((bar(60, [2.0; 4], 0.5), true, false)));
        assert_eq!(take(11, 70, 100), Some((bar(60, [2.0, 2.0, 1.0, 1.0], 1.0), false, true)));
        assert_eq!(take(10, 65, 100), None, "late, so REST has to say what became of it");
        assert_eq!(take(12, 130, 100), Some((bar(120, [1.0; 4], 0.5), true, false)));
    }

    #[test]
    fn the_numbers_that_are_named_beside_the_trades_tell_that_the_last_one_was_lost() {
        let mut bars = TradeBars::new(Interval::Minute1);
        assert!(!bars.name(5), "nothing was heard");
        bars.take(trade(7, 10, 100, "1"));
        assert!(!bars.name(8), "it may be on its way");
        assert!(bars.name(8), "it is not");
        assert!(!bars.name(8), "which is told once");
        let made = bars.take(trade(9, 61, 100, "1")).expect("news");
        assert!(!made.live.is_whole, "what was lost may have been in this bar");
        assert!(bars.take(trade(10, 121, 100, "1")).is_some_and(|made| made.live.is_whole));
    }

    proptest! {
        /// Whatever is lost, doubled or late: a bar that is whole is the bar of all its trades.
        #[test]
        fn a_whole_bar_has_all_its_trades(
            trades in prop::collection::vec((0i64..40, 1i64..500, 1u32..1_000), 1..60),
            heard in prop::collection::vec((0usize..60, 0usize..4), 0..80),
        ) {
            let mut second = 0;
            let trades: Vec<_> = (0i64..).zip(trades).map(|(id, (later, cents, size))| {
                second += later;
                trade(id, second, cents, &format!("{}.{size:04}", size % 7))
            }).collect();
            let mut bars = TradeBars::new(Interval::Minute1);
            for (at, run) in heard {
                for trade in trades.iter().skip(at).take(run) {
                    let Some(made) = bars.take(*trade) else { continue };
                    let of_bar = |other: &&LiveTrade| {
                        other.at / 60_000 * 60 == made.live.bar.ts && other.id <= trade.id
                    };
                    let all: Vec<_> = trades.iter().filter(of_bar).collect();
                    let sizes = all.iter().map(|one| one.size);
                    let volume = sizes.reduce(TradeSize::plus).unwrap_or_default().nearest();
                    prop_assert!(made.live.bar.volume <= volume);
                    if made.live.is_whole {
                        let prices = || all.iter().map(|one| one.price);
                        let bar = Bar {
                            ts: made.live.bar.ts,
                            open: all[0].price,
                            high: prices().fold(f64::MIN, f64::max),
                            low: prices().fold(f64::MAX, f64::min),
                            close: trade.price,
                            volume,
                        };
                        prop_assert_eq!(made.live.bar, bar);
                    }
                }
            }
        }
    }
}
