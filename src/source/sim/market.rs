//! The price and the volume of one simulated symbol at any moment.

use std::ops::Range;

use super::instruments::Character;
use super::noise::{Noise, float, fnv1a, nth, unit};
use crate::bars::Bar;
use crate::symbol::Symbol;

/// The clock that a market's prices run by, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TradingClock {
    /// From one trading day to the next.
    pub day: i64,
    /// The part of a day that is traded.
    pub open: i64,
    /// A year.
    pub year: i64,
}

/// Octaves of 1 to 32 s are read every second; the longer ones every minute, with a straight line
/// between, or a bar would cost four times as much.
const FINE_BITS: Range<u32> = 0..6;
/// Octaves up to 2^12 s (1 h) breathe with the market's mood. Those from [`SLOW_BITS`] on, up to about half
/// of its year, carry the price through the seasons. With none slower, a price stays near its level.
const FAST_BITS: Range<u32> = 6..13;
const SLOW_BITS: u32 = 13;
/// The mood changes over 1, 5 and 18 hours.
const MOOD_BITS: [u32; 3] = [12, 14, 16];

/// Octaves as strong as the root of their length add up to something like a random walk: with the octave
/// of one second `step` strong, the change over `t` seconds has a deviation of about
/// `sqrt(WALK * t) * step`.
const WALK: f64 = 4.67;
/// One octave in so many is common to all symbols, which makes their changes agree by about a third.
const COMMON: u32 = 3;
/// The stream that the common octaves are drawn from.
const COMMON_KEY: u64 = 0x6669_6763;
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
    clock: TradingClock,
    /// What is added to a second to have it on that clock.
    shift: i64,
    /// Smallest prices in one unit of the currency.
    ticks: f64,
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
    /// The market of `symbol`, which is like `character` over a year of `clock`.
    pub(super) fn new(
        seed: u64,
        symbol: &Symbol,
        character: &Character,
        clock: TradingClock,
    ) -> Self {
        let key = nth(seed, fnv1a(symbol.as_str()));
        let step = character.volatility / (WALK * float(clock.year)).sqrt();
        let walk = |bits: u32| step * float(1 << bits).sqrt();
        let source = |bits: u32| {
            if bits.is_multiple_of(COMMON) { nth(seed, COMMON_KEY) } else { nth(key, 1) }
        };
        Self {
            clock,
            shift: 0,
            ticks: 10f64.powi(character.decimals.into()),
            centre: character.level.ln(),
            slow: Noise::new(source, SLOW_BITS..clock.year.ilog2(), walk),
            fast: Noise::new(source, FAST_BITS, walk),
            fine: Noise::new(source, FINE_BITS, walk),
            mood: Noise::new(|_| nth(key, 2), MOOD_BITS, |_| MOOD),
            volume: character.volume,
            volume_key: nth(key, 4),
        }
    }

    /// The same on a clock that is `shift` seconds ahead.
    pub(super) fn shifted(&mut self, shift: i64) -> &Self {
        self.shift = shift;
        self
    }

    /// Price during `second`, in whole ticks and never below one.
    pub(super) fn price(&self, second: i64) -> f64 {
        self.price_in(&self.minute(second), second)
    }

    /// The same for a second of `minute`.
    fn price_in(&self, minute: &Minute, second: i64) -> f64 {
        let share = float(second - minute.start) / 60.0;
        let [level, activity] =
            [0, 1].map(|i| minute.from[i] + (minute.to[i] - minute.from[i]) * share);
        let price = (level + activity * self.fine.at(second + self.shift)).exp();
        (price * self.ticks).round().max(1.0) / self.ticks
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
        let at = second + self.shift;
        [self.centre + self.slow.at(at) + activity * self.fast.at(at), activity]
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
            total += whole(quarter.1 * self.quiet_volume(minute) * elapsed / 60.0);
        }
        total
    }

    /// Units a whole minute trades in an average mood: three times as many at the ends of a day as
    /// in its middle.
    fn quiet_volume(&self, minute: i64) -> f64 {
        let elapsed = (minute * 60 + self.shift).rem_euclid(self.clock.day);
        let phase = (float(elapsed) / float(self.clock.open - 60)).min(1.0);
        let shape = 1.0 + 2.0 * (2.0 * phase - 1.0).powi(4);
        let luck = 0.5 + unit(nth(self.volume_key, minute.cast_unsigned()));
        self.volume * shape * luck
    }

    /// How lively the market is; 1 on average, calm and lively stretches lasting for hours.
    fn activity(&self, second: i64) -> f64 {
        self.mood.at(second + self.shift).exp()
    }
}

/// The whole part of a number of units, which is at least 0. `floor` is a call where the processor is not known to
/// round, and a bar of a day has 1,440 minutes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the part that is cut off, of a number far below 2^53"
)]
const fn whole(units: f64) -> f64 {
    float(units as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AROUND_THE_CLOCK;
    use super::super::instruments::Character;
    use super::Market;
    use crate::symbol::Symbol;

    const DAY_MINUTES: i64 = AROUND_THE_CLOCK.day / 60;

    /// 2 Oct 2024, 13:30 UTC.
    const START: i64 = 1_727_875_800;

    fn market(symbol: &str) -> Market {
        market_of(1, symbol)
    }

    fn market_of(seed: u64, symbol: &str) -> Market {
        let symbol = Symbol::parse(symbol).expect(symbol);
        Market::new(seed, &symbol, &Character::of(&symbol, seed), AROUND_THE_CLOCK)
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
            (249.0, 249.05, 248.95, 248.96, 120_255.0)
        );
    }

    #[test]
    fn a_symbol_moves_as_much_as_its_volatility_says() {
        let root_of_year =
            (f64::from(u32::try_from(AROUND_THE_CLOCK.year).expect("small")) / 3600.0).sqrt();
        for symbol in ["AAPL", "MSFT", "BTC-USD", "^GSPC", "DOGE-USD"] {
            let market = market(symbol);
            let prices: Vec<f64> =
                (0..4_000).map(|hour| market.price(START + hour * 3_600)).collect();
            let squares: Vec<f64> =
                prices.windows(2).map(|two| (two[1] / two[0]).ln().powi(2)).collect();
            let told = mean(&squares).sqrt() * root_of_year;
            let wanted = Character::of(&Symbol::parse(symbol).expect(symbol), 1).volatility;
            assert!((0.6..1.6).contains(&(told / wanted)), "{symbol}: {told} and not {wanted}");
        }
    }

    #[test]
    fn prices_of_symbols_agree_in_part() {
        let (apple, microsoft) = (returns(&market("AAPL"), 5_000), returns(&market("MSFT"), 5_000));
        let product =
            |a: &[f64], b: &[f64]| mean(&a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<_>>());
        let correlation = product(&apple, &microsoft)
            / (product(&apple, &apple) * product(&microsoft, &microsoft)).sqrt();
        assert!((0.1..0.7).contains(&correlation), "{correlation}");
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
    fn a_price_stays_within_sight_of_its_level_for_half_a_century() {
        for symbol in ["A", "AAPL", "MSFT", "TSLA", "BTC-USD", "^GSPC"] {
            let market = market(symbol);
            let level = market.centre.exp();
            let days = (0..18_000).map(|day| market.price(day * 86_400 + 50_000));
            for price in days {
                assert!((level / 8.0..level * 8.0).contains(&price), "{symbol}: {price}");
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
            let market = market_of(seed, "AAPL");
            let (seconds, ts) = (minutes * 60, START + slot * minutes * 60);
            let long = market.bar(ts, seconds, i64::MAX);
            let first = market.bar(ts, 60, i64::MAX);
            let last = market.bar(ts + seconds - 60, 60, i64::MAX);
            let volumes: f64 = (0..minutes).map(|m| market.volume(ts + m * 60, ts + m * 60 + 59)).sum();
            prop_assert_eq!((long.open, long.close, long.volume), (first.open, last.close, volumes));
        }

        #[test]
        fn the_price_at_a_minute_is_the_price_of_its_first_second(minute in 0i64..60_000_000, seed: u64) {
            let market = market_of(seed, "TSLA");
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
            let market = market_of(seed, "TSLA");
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
