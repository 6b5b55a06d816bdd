//! The price and the volume of one simulated symbol at any moment.

use std::ops::Range;

use super::noise::{Noise, float, fnv1a, nth, unit};
use crate::bars::Bar;
use crate::symbol::Symbol;

/// Length of a simulated trading day in minutes.
pub(super) const DAY_MINUTES: i64 = 390;

/// The centre of a symbol's price, and of its volume a minute, lies between these. Much below, a
/// minute would move the price by less than a cent or two.
const PRICES: [f64; 2] = [60.0, 450.0];
const VOLUMES: [f64; 2] = [20_000.0, 200_000.0];

/// Octaves of 1 to 32 s are read every second; the longer ones every minute, with a straight line
/// between, or a bar would cost four times as much.
const FINE_BITS: Range<u32> = 0..6;
/// Octaves up to 2^12 s (1 h) breathe with the market's mood. Those above, up to 2^26 s (2 years),
/// carry the price through the seasons. With none slower, a price stays within sight of its centre.
const FAST_BITS: Range<u32> = 6..13;
const SLOW_BITS: Range<u32> = 13..27;
/// The mood changes over 1, 5 and 18 hours.
const MOOD_BITS: [u32; 3] = [12, 14, 16];

/// Strength of the octave of one second. Octaves as strong as the root of their length add up to
/// something like a random walk: the change over 60 s has a deviation of about
/// `sqrt(4.67 * 60) * STEP`, 0.05 %.
const STEP: f64 = 3.0e-5;
/// Strength of each octave of the mood, whose exponential scales the faster octaves and the volume.
const MOOD: f64 = 0.35;

/// Most samples that the high and the low of a bar are taken from, besides the last: of bars of
/// minutes, and of those of an hour or a day, of which a chart wants thousands.
const SAMPLES: i64 = 60;
const FEW_SAMPLES: i64 = 12;
/// Bars of this length in seconds and longer are sampled at few whole minutes.
const LONG: i64 = 3_600;

/// What the slower octaves say of one minute.
struct Minute {
    /// Its first second.
    start: i64,
    /// Logarithm of the price without the fine octaves, and the activity, at its start.
    from: [f64; 2],
    /// The same at its end.
    to: [f64; 2],
}

/// One symbol's market.
#[derive(Debug)]
pub(super) struct Market {
    /// Logarithm of the price's centre.
    centre: f64,
    slow: Noise,
    fast: Noise,
    fine: Noise,
    mood: Noise,
    /// Units a quiet minute turns over.
    volume: f64,
    /// Stream of the volume's own noise.
    volume_key: u64,
}

impl Market {
    pub(super) fn new(seed: u64, symbol: &Symbol) -> Self {
        let key = nth(seed, fnv1a(symbol.as_str()));
        let walk = |bits: u32| STEP * float(1 << bits).sqrt();
        Self {
            centre: between(PRICES, unit(nth(key, 0))).ln(),
            slow: Noise::new(nth(key, 1), SLOW_BITS, walk),
            fast: Noise::new(nth(key, 1), FAST_BITS, walk),
            fine: Noise::new(nth(key, 1), FINE_BITS, walk),
            mood: Noise::new(nth(key, 2), MOOD_BITS, |_| MOOD),
            volume: between(VOLUMES, unit(nth(key, 3))),
            volume_key: nth(key, 4),
        }
    }

    /// Price during `second`, in whole cents and never below one.
    pub(super) fn price(&self, second: i64) -> f64 {
        self.price_in(&self.minute(second), second)
    }

    /// The same for a second of `minute`.
    fn price_in(&self, minute: &Minute, second: i64) -> f64 {
        let share = float(second - minute.start) / 60.0;
        let [level, activity] =
            [0, 1].map(|i| minute.from[i] + (minute.to[i] - minute.from[i]) * share);
        let price = (level + activity * self.fine.at(second)).exp();
        (price * 100.0).round().max(1.0) / 100.0
    }

    /// The minute that holds `second`.
    fn minute(&self, second: i64) -> Minute {
        let start = second - second.rem_euclid(60);
        let [from, to] = [start, start + 60].map(|second| self.slow_at(second));
        Minute { start, from, to }
    }

    /// Logarithm of the price without the fine octaves, and the activity.
    fn slow_at(&self, second: i64) -> [f64; 2] {
        let activity = self.activity(second);
        [self.centre + self.slow.at(second) + activity * self.fast.at(second), activity]
    }

    /// The bar of the `seconds` from `ts` on, as it is known at the end of second `until`.
    ///
    /// `seconds` is a whole number of minutes. Open and close are the prices of the first and the
    /// last second, so they agree at every length. High and low are sampled: every second of a
    /// minute, more thinly in a longer bar, so those of an hour lie within what its minutes reached.
    pub(super) fn bar(&self, ts: i64, seconds: i64, until: i64) -> Bar {
        let until = until.clamp(ts, ts + seconds - 1);
        if seconds >= LONG {
            return self.long_bar(ts, seconds, until);
        }
        let mut minute = self.minute(ts);
        let open = self.price_in(&minute, ts);
        let mut bar = Bar { ts, open, high: open, low: open, close: open, volume: 0.0 };
        let step = usize::try_from(seconds / SAMPLES).unwrap_or(1).max(1);
        for second in (ts..until).step_by(step).skip(1).chain([until]) {
            if second - minute.start >= 60 {
                minute = self.minute(second);
            }
            bar = bar.with_quote(self.price_in(&minute, second));
        }
        Bar { volume: self.volume(ts, until), ..bar }
    }

    fn long_bar(&self, ts: i64, seconds: i64, until: i64) -> Bar {
        let step = usize::try_from(seconds / FEW_SAMPLES / 60 * 60).unwrap_or(1).max(60);
        let open = self.price_at_minute(ts);
        let bar = Bar { ts, open, high: open, low: open, close: open, volume: 0.0 };
        let samples = (ts..until).step_by(step).skip(1).map(|minute| self.price_at_minute(minute));
        let bar = samples.chain([self.price(until)]).fold(bar, Bar::with_quote);
        Bar { volume: self.volume(ts, until), ..bar }
    }

    /// What [`price`](Self::price) is at the first second of a minute, for half the work: what the
    /// slower octaves say at the minute's end plays no part in it.
    fn price_at_minute(&self, second: i64) -> f64 {
        let from = self.slow_at(second);
        self.price_in(&Minute { start: second, from, to: from }, second)
    }

    /// Units traded from the start of minute `ts` to the end of second `until`.
    fn volume(&self, ts: i64, until: i64) -> f64 {
        let mut quarter = (i64::MIN, 0.0);
        let mut total = 0.0;
        for minute in ts.div_euclid(60)..=until.div_euclid(60) {
            // The mood is asked once a quarter of an hour: a bar of a day has 1,440 minutes.
            let start = minute - minute.rem_euclid(15);
            if quarter.0 != start {
                quarter = (start, self.activity(start * 60));
            }
            let elapsed = float((until - minute * 60 + 1).min(60));
            total += (quarter.1 * self.quiet_volume(minute) * elapsed / 60.0).floor();
        }
        total
    }

    /// Units a whole minute trades in an average mood: three times as many at the ends of a day as
    /// in its middle.
    fn quiet_volume(&self, minute: i64) -> f64 {
        let phase = float(minute.rem_euclid(DAY_MINUTES)) / float(DAY_MINUTES - 1);
        let shape = 1.0 + 2.0 * (2.0 * phase - 1.0).powi(4);
        let luck = 0.5 + unit(nth(self.volume_key, minute.cast_unsigned()));
        self.volume * shape * luck
    }

    /// How lively the market is; 1 on average, calm and lively stretches lasting for hours.
    fn activity(&self, second: i64) -> f64 {
        self.mood.at(second).exp()
    }
}

/// The point at `share` between two values on a logarithmic scale.
fn between([low, high]: [f64; 2], share: f64) -> f64 {
    low * (high / low).powf(share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DAY_MINUTES, Market};
    use crate::symbol::Symbol;

    /// 2 Oct 2024, 13:30 UTC.
    const START: i64 = 1_727_875_800;

    fn market(symbol: &str) -> Market {
        Market::new(1, &Symbol::parse(symbol).expect(symbol))
    }

    /// Logarithmic one-minute returns.
    fn returns(market: &Market, minutes: i64) -> Vec<f64> {
        let prices: Vec<f64> =
            (0..=minutes).map(|minute| market.price(START + minute * 60)).collect();
        prices.windows(2).map(|w| (w[1] / w[0]).ln()).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).expect("few"))
    }

    fn autocorrelation(values: &[f64], lag: usize) -> f64 {
        let centre = mean(values);
        let products: Vec<f64> =
            values.iter().zip(&values[lag..]).map(|(a, b)| (a - centre) * (b - centre)).collect();
        let squares: Vec<f64> = values.iter().map(|a| (a - centre).powi(2)).collect();
        mean(&products) / mean(&squares)
    }

    #[test]
    fn a_chart_stays_what_it_was_in_an_earlier_version() {
        let bar = market("AAPL").bar(START, 60, i64::MAX);
        assert_eq!(
            (bar.open, bar.high, bar.low, bar.close, bar.volume),
            (232.77, 232.95, 232.72, 232.92, 211_714.0)
        );
    }

    #[test]
    fn a_minute_moves_the_price_by_a_realistic_amount() {
        for symbol in ["AAPL", "MSFT", "BTC-USD", "^GSPC", "EURUSD=X"] {
            let squares: Vec<f64> =
                returns(&market(symbol), 20_000).iter().map(|r| r * r).collect();
            let deviation = mean(&squares).sqrt();
            assert!((0.0003..0.001).contains(&deviation), "{symbol}: {deviation}");
        }
    }

    #[test]
    fn lively_minutes_come_together_and_make_fat_tails() {
        let returns = returns(&market("AAPL"), 20_000);
        let sizes: Vec<f64> = returns.iter().map(|r| r.abs()).collect();
        for lag in [1, 10, 60] {
            let clustering = autocorrelation(&sizes, lag);
            assert!(clustering > 0.05, "at {lag} minutes: {clustering}");
        }
        let second = mean(&returns.iter().map(|r| r.powi(2)).collect::<Vec<_>>());
        let fourth = mean(&returns.iter().map(|r| r.powi(4)).collect::<Vec<_>>());
        let kurtosis = fourth / second.powi(2);
        assert!((3.2..12.0).contains(&kurtosis), "kurtosis {kurtosis}");
    }

    #[test]
    fn one_minute_does_not_tell_the_next() {
        let returns = returns(&market("AAPL"), 20_000);
        for lag in [1, 2, 64, 390] {
            let memory = autocorrelation(&returns, lag);
            assert!(memory.abs() < 0.1, "at {lag} minutes: {memory}");
        }
    }

    #[test]
    fn boundaries_of_powers_of_two_are_seconds_like_any_other() {
        let market = market("AAPL");
        let jump = |second: i64| (market.price(second) / market.price(second - 1)).ln().abs();
        let at = |first: i64| (0..2_000).map(|i| jump(first + i * 4096)).sum::<f64>() / 2_000.0;
        let (on, off) = (at(1_727_873_024), at(1_727_873_024 + 1_234));
        assert_eq!(1_727_873_024 % 4096, 0);
        assert!((0.8..1.25).contains(&(on / off)), "{on} against {off}");
    }

    #[test]
    fn a_price_stays_within_sight_of_its_centre_for_half_a_century() {
        for symbol in ["A", "AAPL", "MSFT", "TSLA", "BTC-USD", "^GSPC"] {
            let market = market(symbol);
            let days = (0..18_000).map(|day| market.price(day * 86_400 + 50_000));
            for price in days {
                assert!((3.0..4_000.0).contains(&price), "{symbol}: {price}");
            }
        }
    }

    #[test]
    fn the_ends_of_a_day_trade_more_than_its_middle() {
        let market = market("AAPL");
        let total = |phases: std::ops::Range<i64>| -> f64 {
            (0..50)
                .flat_map(|day| phases.clone().map(move |phase| day * DAY_MINUTES + phase))
                .map(|minute| market.quiet_volume(minute))
                .sum()
        };
        let middle = total(180..210);
        assert!(total(0..30) > 1.5 * middle);
        assert!(total(360..390) > 1.5 * middle);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn open_and_close_and_volume_agree_at_every_length(
            slot in 0i64..20_000, minutes in 2i64..400, seed: u64,
        ) {
            let market = Market::new(seed, &Symbol::parse("AAPL").expect("valid"));
            let (seconds, ts) = (minutes * 60, START + slot * minutes * 60);
            let long = market.bar(ts, seconds, i64::MAX);
            let first = market.bar(ts, 60, i64::MAX);
            let last = market.bar(ts + seconds - 60, 60, i64::MAX);
            let volumes: f64 = (0..minutes).map(|m| market.volume(ts + m * 60, ts + m * 60 + 59)).sum();
            prop_assert_eq!((long.open, long.close, long.volume), (first.open, last.close, volumes));
        }

        #[test]
        fn the_price_at_a_minute_is_the_price_of_its_first_second(minute in 0i64..60_000_000, seed: u64) {
            let market = Market::new(seed, &Symbol::parse("TSLA").expect("valid"));
            let (quick, price) = (market.price_at_minute(minute * 60), market.price(minute * 60));
            prop_assert_eq!(quick.to_bits(), price.to_bits());
        }

        #[test]
        fn high_and_low_hold_open_and_close(ts in 0i64..4_000_000_000, minutes in 1i64..1_440, until in 0i64..90_000) {
            let bar = market("MSFT").bar(ts, minutes * 60, ts + until);
            prop_assert!(bar.low > 0.0 && bar.low <= bar.open.min(bar.close));
            prop_assert!(bar.high >= bar.open.max(bar.close));
        }

        #[test]
        fn a_forming_minute_only_grows_into_the_final_one(minute in 0i64..60_000_000, seed: u64) {
            let market = Market::new(seed, &Symbol::parse("TSLA").expect("valid"));
            let ts = minute * 60;
            let mut before = market.bar(ts, 60, ts);
            for second in ts..ts + 60 {
                let bar = market.bar(ts, 60, second);
                prop_assert_eq!((bar.open, bar.close), (before.open, market.price(second)));
                prop_assert!(bar.high >= before.high && bar.low <= before.low);
                prop_assert!(bar.volume >= before.volume && bar.volume.fract() == 0.0);
                before = bar;
            }
            prop_assert_eq!(before, market.bar(ts, 60, i64::MAX));
        }
    }
}
