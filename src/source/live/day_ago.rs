//! The price of a day ago, which the change of a price that never rests is counted from.

use crate::bars::Bars;
use crate::interval::{DAY, Interval};
use crate::market::Hours;
use crate::source::update::Fetched;

/// How long after an answer of everything the price of a day ago is known, in seconds.
const KNOWN: i64 = 4 * 3_600;

/// How many days before the newest one may still change.
const NOTED: i64 = 2;

/// The closes of one series around a day ago.
#[derive(Debug)]
pub struct DayAgo {
    grain: Interval,
    /// When each bar ends, and its close; oldest first.
    closes: Vec<(i64, f64)>,
    /// The last instant of which they tell.
    until: i64,
    /// What the exchange says itself.
    told: Option<f64>,
    /// Whether the market rests at night.
    rests: bool,
}

impl DayAgo {
    /// Nothing is known.
    pub const fn new(grain: Interval) -> Self {
        Self { grain, closes: Vec::new(), until: i64::MIN, told: None, rests: false }
    }

    /// Takes an answer of everything, and the price that came with it. A market that rests has that alone.
    pub fn learn(&mut self, fetched: &Fetched, now: i64) {
        (self.told, self.rests) = (fetched.instrument.previous_close, false);
        if !matches!(fetched.hours, Hours::Continuous { .. }) {
            // The close of the session before, which the exchange tells.
            (self.closes, self.rests) = (Vec::new(), true);
            return;
        }
        let bars = &fetched.bars;
        let length = self.grain.seconds();
        let is_daily = !self.grain.is_intraday();
        // Of days the one that forms is the one before at the next midnight.
        self.until = self.instant(now) + if is_daily { DAY } else { KNOWN };
        let times = bars.times();
        let begun = times.partition_point(|ts| ts + length <= self.instant(now));
        let end = times.partition_point(|ts| ts + length <= self.until);
        let kept = begun.saturating_sub(1)..end;
        let ends = times[kept.clone()].iter().map(|ts| ts + length);
        self.closes = ends.zip(bars.closes()[kept].iter().copied()).collect();
    }

    /// Takes the newest bars of a series of days, of which one is the day before before long.
    pub fn note(&mut self, bars: &Bars) {
        if self.grain.is_intraday() || self.rests {
            return;
        }
        let newest = bars.last().map_or(i64::MAX, |last| last.ts - NOTED * self.grain.seconds());
        for bar in bars.since(newest).iter() {
            let end = bar.ts + self.grain.seconds();
            self.closes.retain(|(other, _)| *other < end);
            self.closes.push((end, bar.close));
            self.until = self.until.max(end + DAY);
        }
    }

    /// The price of 24 hours before `now`; in a series of days the close of the day before.
    pub fn price(&self, now: i64) -> Option<f64> {
        let instant = self.instant(now);
        let ended = self.closes.partition_point(|(end, _)| *end <= instant);
        let known = ended.checked_sub(1).filter(|_| instant <= self.until);
        known.map(|index| self.closes[index].1).or(self.told)
    }

    /// The instant whose price is asked for.
    const fn instant(&self, now: i64) -> i64 {
        if self.grain.is_intraday() { now - DAY } else { now - now.rem_euclid(DAY) }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, DayAgo, Fetched};
    use crate::bars::{Bar, Bars};
    use crate::interval::Interval;
    use crate::source::live::Products;
    use crate::source::search::AssetClass;
    use crate::symbol::Symbol;

    const MIDNIGHT: i64 = 20_000 * DAY;

    fn fetched(bars: Bars, told: Option<f64>) -> Fetched {
        let symbol = Symbol::parse("BTC-USD").expect("valid");
        let mut fetched = Products::new("Test", AssetClass::Crypto, &[]).describe(&symbol, bars);
        fetched.instrument.previous_close = told;
        fetched
    }

    fn bars(rows: &[(i64, f64)]) -> Bars {
        let flat = |&(ts, price): &(i64, f64)| Bar {
            ts,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 1.0,
        };
        rows.iter().map(flat).collect()
    }

    #[test]
    fn the_price_of_24_hours_ago_moves_on_with_the_clock() {
        let mut day_ago = DayAgo::new(Interval::Minute1);
        assert_eq!(day_ago.price(MIDNIGHT), None);
        let rows: Vec<_> = (0..2_000).map(|n| (MIDNIGHT + n * 60, n as f64)).collect();
        let now = MIDNIGHT + DAY + 600;
        day_ago.learn(&fetched(bars(&rows), Some(0.5)), now);
        assert_eq!(day_ago.price(now), Some(9.0), "the minute before has ended");
        assert_eq!(day_ago.price(now + 59), Some(9.0));
        assert_eq!(day_ago.price(now + 60), Some(10.0));
        assert_eq!(day_ago.price(now + 5 * 3_600), Some(0.5), "of that nothing was kept");
        day_ago.learn(&fetched(bars(&rows[1_000..]), Some(0.5)), now);
        assert_eq!(day_ago.price(now), Some(0.5), "what the exchange said itself");
    }

    #[test]
    fn in_an_outage_the_last_price_before_it_counts() {
        let mut day_ago = DayAgo::new(Interval::Minute1);
        let rows = [(MIDNIGHT, 1.0), (MIDNIGHT + 60, 2.0), (MIDNIGHT + 7_200, 3.0)];
        day_ago.learn(&fetched(bars(&rows), None), MIDNIGHT + DAY + 3_600);
        assert_eq!(day_ago.price(MIDNIGHT + DAY + 3_600), Some(2.0));
        assert_eq!(day_ago.price(MIDNIGHT + DAY + 7_260), Some(3.0));
    }

    #[test]
    fn a_series_of_days_counts_from_the_close_of_the_day_before() {
        let mut day_ago = DayAgo::new(Interval::Day1);
        day_ago
            .learn(&fetched(bars(&[(MIDNIGHT - DAY, 1.0), (MIDNIGHT, 2.0)]), None), MIDNIGHT + 60);
        assert_eq!(day_ago.price(MIDNIGHT + 60), Some(1.0));
        day_ago.note(&bars(&[(MIDNIGHT, 2.5)]));
        day_ago.note(&bars(&[(MIDNIGHT + DAY, 3.0)]));
        assert_eq!(day_ago.price(MIDNIGHT + 60), Some(1.0));
        assert_eq!(day_ago.price(MIDNIGHT + DAY + 60), Some(2.5), "with its last close");
    }
}
