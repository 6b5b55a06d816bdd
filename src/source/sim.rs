//! A synthetic market that never closes, for running without a network.
//!
//! Every symbol exists and is drawn out of the seed: the price at a second is a pure function of
//! (seed, symbol, second), so a restart or another machine shows the same chart. A "day" is 390
//! minutes, as at a New York exchange, and rolls with the clock.

mod market;
mod noise;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::market::{DAY_MINUTES, Market};
use super::favourites::favourites;
use super::{
    Fetched, Listing, Lookback, MAX_LISTINGS, Pace, Quote, Request, Search, Source, SourceError,
    Window,
};
use crate::bars::Bars;
use crate::clock::Clock;
use crate::config::SimConfig;
use crate::interval::{self, Interval};
use crate::market::{Hours, Instrument, SessionState, calendar};
use crate::symbol::Symbol;

const NAME: &str = "sim";
/// What its exchange is called.
const EXCHANGE: &str = "SIM";
/// Symbols that start so do not exist, so that a 404 can be tried.
const UNKNOWN: &str = "NOPE";
/// Seconds a chart of one day shows.
const DAY: i64 = DAY_MINUTES * 60;
/// Most days of minutes a fetch answers with, about what public providers keep.
const MAX_DAYS: u16 = 8;
/// Calendar days that longer bars reach back, so that any fetch is a matter of milliseconds. Ten years
/// of days stand for all the days of a market that never began.
const REACH: [(Interval, u32); 3] =
    [(Interval::Minute5, 32), (Interval::Hour1, 733), (Interval::Day1, 3_653)];
/// Shortest accepted tick. The price itself moves once a second.
const MIN_TICK: Duration = Duration::from_millis(100);

/// The simulated market.
#[derive(Debug, Clone)]
pub struct Sim {
    seed: u64,
    tick: Duration,
}

impl Sim {
    /// A market drawn out of `config`; a tick below 100 ms counts as 100 ms.
    #[must_use]
    pub fn new(config: &SimConfig) -> Self {
        Self { seed: config.seed, tick: config.tick.max(MIN_TICK) }
    }
}

#[async_trait]
impl Source for Sim {
    fn name(&self) -> &'static str {
        NAME
    }

    fn pace(&self) -> Pace {
        Pace { min_poll: self.tick, request_rate: None }
    }

    fn lookback(&self, _symbol: &Symbol) -> Lookback {
        let minutes = Lookback::NONE.with(Interval::Minute1, MAX_DAYS.into());
        let [(five, few), (hour, more), (day, _)] = REACH;
        minutes.with(five, few).with(hour, more).with_all(day)
    }

    async fn fetch(&self, request: &Request, clock: &dyn Clock) -> Result<Fetched, SourceError> {
        self.answer(request, clock.now().as_second())
    }

    async fn search(
        &self,
        search: &Search,
        _clock: &dyn Clock,
    ) -> Result<Vec<Listing>, SourceError> {
        Ok(listings(search))
    }
}

/// Some of all the symbols there are. What could be a ticker is one, and so found too.
fn listings(search: &Search) -> Vec<Listing> {
    let here = |listing| Listing { exchange: Some(EXCHANGE.to_owned()), ..listing };
    let mut found = search.find(favourites().map(here));
    let typed = Symbol::parse(search.as_str()).ok();
    if let Some(symbol) = typed.filter(|symbol| !symbol.as_str().starts_with(UNKNOWN))
        && !found.iter().any(|listing| listing.symbol == symbol)
    {
        found.truncate(MAX_LISTINGS - 1);
        let name = Some(name_of(&symbol));
        found.push(Listing { symbol, name, exchange: Some(EXCHANGE.to_owned()), kind: None });
    }
    found
}

fn name_of(symbol: &Symbol) -> String {
    format!("Simulated {symbol}")
}

impl Sim {
    /// What is known at the end of the second `now`.
    fn answer(&self, request: &Request, now: i64) -> Result<Fetched, SourceError> {
        if request.symbol.as_str().starts_with(UNKNOWN) {
            return Err(SourceError::NotFound {
                symbol: request.symbol.clone(),
                origin: NAME,
                detail: format!("every symbol exists here but those that start with {UNKNOWN}"),
            });
        }
        let market = Market::new(self.seed, &request.symbol);
        let (interval, seconds) = (request.interval, request.interval.seconds());
        let starts = slots(request.window, interval, now).ok_or_else(|| SourceError::Refused {
            origin: NAME,
            detail: format!("bars of 1m, 5m, 1h and 1d are simulated, not of {interval}"),
        })?;
        let bars: Bars = starts.map(|ts| market.bar(ts, seconds, now)).collect();
        // The close just before a chart of one day: it rolls with the chart, once a minute.
        let day_start = if interval.is_intraday() {
            window_start(1, Interval::Minute1, now)
        } else {
            floor(now, seconds)
        };
        Ok(Fetched {
            bars,
            instrument: Instrument {
                name: Some(name_of(&request.symbol)),
                currency: Some("USD".to_owned()),
                exchange: Some(EXCHANGE.to_owned()),
                previous_close: Some(market.price(day_start - 1)),
                price_decimals: Some(2),
                ..Instrument::unnamed(request.symbol.clone(), TimeZone::UTC)
            },
            hours: Hours::Continuous { day: DAY },
            quote: Timestamp::from_second(now)
                .ok()
                .map(|at| Quote { price: market.price(now), at }),
            delay: None,
            session: Some(SessionState::Open),
            split: None,
        })
    }
}

/// The starts of the bars in `window`, the forming one last; `None` for bars that are not simulated.
fn slots(window: Window, interval: Interval, now: i64) -> Option<impl Iterator<Item = i64>> {
    let seconds = interval.seconds();
    let oldest = match REACH.iter().find(|(grain, _)| *grain == interval) {
        Some((_, days)) => floor(now, seconds) - i64::from(*days) * interval::DAY,
        None if interval == Interval::Minute1 => window_start(MAX_DAYS, interval, now),
        None => return None,
    };
    let first = match window {
        Window::Days(days) => window_start(days, interval, now).max(oldest),
        Window::Months(months) => {
            calendar::months_before(now, months, &TimeZone::UTC).map_or(oldest, |ts| ts.max(oldest))
        }
        Window::All => oldest,
        Window::Since(ts) => floor(ts.max(oldest), seconds),
    };
    let step = usize::try_from(seconds).expect("an interval is a small positive number");
    Some((first..=now).step_by(step))
}

/// The start of the first bar of the last `days` days, the forming bar counted in.
fn window_start(days: u16, interval: Interval, now: i64) -> i64 {
    let seconds = interval.seconds();
    floor(floor(now, seconds) + seconds - i64::from(days) * DAY, seconds)
}

/// The start of the slot of `ts`. Days, too, are on the grid of a market in UTC.
const fn floor(ts: i64, seconds: i64) -> i64 {
    ts - ts.rem_euclid(seconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{MAX_DAYS, MAX_LISTINGS, Search, Sim};
    use crate::clock::Clock;
    use crate::config::SimConfig;
    use crate::interval::Interval;
    use crate::market::{Hours, SessionState, calendar};
    use crate::source::{Fetched, Lane, Request, Source as _, SourceError, Window};
    use crate::symbol::Symbol;
    use crate::view::Range;

    /// 2 Oct 2024, 13:30:30 UTC.
    const NOW: i64 = 1_727_875_830;

    #[derive(Debug)]
    struct FixedClock(i64);

    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0).expect("in range")
        }
    }

    fn request(symbol: &str, window: Window) -> Request {
        request_of(Interval::Minute1, symbol, window)
    }

    fn request_of(interval: Interval, symbol: &str, window: Window) -> Request {
        Request { symbol: Symbol::parse(symbol).expect(symbol), interval, window, lane: Lane::Live }
    }

    fn fetch(seed: u64, symbol: &str, window: Window, now: i64) -> Fetched {
        let sim = Sim::new(&SimConfig { seed, ..SimConfig::default() });
        sim.answer(&request(symbol, window), now).expect("exists")
    }

    #[test]
    fn the_same_seed_draws_the_same_chart_and_another_symbol_or_seed_another() {
        let apple = fetch(1, "AAPL", Window::Days(1), NOW);
        assert_eq!(apple, fetch(1, "AAPL", Window::Days(1), NOW));
        assert_ne!(apple.bars, fetch(1, "MSFT", Window::Days(1), NOW).bars);
        assert_ne!(apple.bars, fetch(2, "AAPL", Window::Days(1), NOW).bars);
    }

    #[test]
    fn a_day_is_390_bars_of_which_the_last_is_forming() {
        let fetched = fetch(1, "AAPL", Window::Days(1), NOW);
        let times = fetched.bars.times();
        assert_eq!(times.len(), 390);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 60));
        assert_eq!(times.last(), Some(&(NOW - 30)));
        assert_eq!(fetch(1, "AAPL", Window::Days(5), NOW).bars.len(), 1_950);
    }

    #[test]
    fn bars_reach_back_no_further_than_the_longest_window() {
        let most = usize::from(MAX_DAYS) * 390;
        for (window, count) in [
            (Window::Days(MAX_DAYS), most),
            (Window::Days(MAX_DAYS + 1), most),
            (Window::Since(i64::MIN), most),
            (Window::Since(NOW - 90), 2),
            (Window::Since(NOW - 30), 1),
            (Window::Since(NOW + 60), 0),
            (Window::Since(i64::MAX), 0),
            (Window::Days(0), 0),
        ] {
            assert_eq!(fetch(1, "AAPL", window, NOW).bars.len(), count, "{window:?}");
        }
    }

    #[test]
    fn bars_of_every_grain_lie_on_its_grid_and_reach_as_far_as_was_told() {
        let starts = |interval, window| -> Vec<i64> {
            super::slots(window, interval, NOW).expect("simulated").collect()
        };
        for (interval, window, count) in [
            (Interval::Minute5, Window::Days(5), 390),
            (Interval::Minute5, Window::Months(1), 30 * 288 + 13 * 12 + 7),
            (Interval::Hour1, Window::Months(3), 92 * 24 + 14),
            (Interval::Day1, Window::Months(24), 732),
            (Interval::Day1, Window::Months(60), 1_828),
            (Interval::Day1, Window::All, 3_654),
        ] {
            let starts = starts(interval, window);
            assert_eq!(starts.len(), count, "{interval} {window:?}");
            let step = interval.seconds();
            assert!(starts.iter().all(|ts| ts % step == 0), "{interval}");
            assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == step), "{interval}");
        }
        let (sim, symbol) =
            (Sim::new(&SimConfig::default()), Symbol::parse("AAPL").expect("valid"));
        let lookback = sim.lookback(&symbol);
        let months = Range::ALL.iter().filter_map(|range| Some((range, range.months()?)));
        for (range, months) in months {
            for interval in Interval::ALL {
                let Some(supply) = lookback.supply(interval, *range, 0) else { continue };
                let first = starts(supply.grain, supply.depth.into())[0];
                let needed =
                    calendar::months_before(NOW, months, &TimeZone::UTC).expect("in range");
                assert!(first <= needed, "{interval} over {range:?}");
            }
        }
        let weeks = sim.answer(&request_of(Interval::Week1, "AAPL", Window::All), NOW);
        assert!(weeks.is_err_and(|error| error.kind() == "refused"));
    }

    #[test]
    fn minutes_and_what_is_simulated_coarsely_open_and_close_together() {
        let minutes = fetch(1, "AAPL", Window::Days(8), NOW).bars;
        for interval in [Interval::Minute5, Interval::Hour1] {
            let made = minutes.resample(interval, &Hours::Continuous { day: 1 }, &TimeZone::UTC);
            let sim = Sim::new(&SimConfig::default());
            let request = request_of(interval, "AAPL", Window::Days(8));
            let coarse = sim.answer(&request, NOW).expect("exists").bars;
            // The first may begin before the minutes do.
            let (made, coarse) = (made.since(coarse.times()[1]), coarse.since(coarse.times()[1]));
            assert_eq!(made.times(), coarse.times());
            assert_eq!((made.opens(), made.closes()), (coarse.opens(), coarse.closes()));
            assert_eq!(made.volumes(), coarse.volumes());
        }
    }

    #[test]
    fn the_instrument_is_described() {
        let fetched = fetch(1, "BTC-USD", Window::Days(1), NOW);
        let instrument = &fetched.instrument;
        assert_eq!(instrument.name.as_deref(), Some("Simulated BTC-USD"));
        assert_eq!(instrument.currency.as_deref(), Some("USD"));
        assert_eq!(instrument.exchange.as_deref(), Some("SIM"));
        assert_eq!(instrument.zone_name(), "UTC");
        assert_eq!(fetched.hours, Hours::Continuous { day: 23_400 });
        let quote = fetched.quote.expect("always quoted");
        assert_eq!(quote.at.as_second(), NOW);
        assert_eq!(Some(quote.price), fetched.bars.last().map(|bar| bar.close));
        assert_eq!(fetched.session, Some(SessionState::Open));
    }

    #[test]
    fn the_previous_close_is_that_of_the_bar_before_the_day() {
        let two_days = fetch(1, "AAPL", Window::Days(2), NOW).bars;
        let before = two_days.get(389).map(|bar| bar.close);
        assert_eq!(fetch(1, "AAPL", Window::Days(1), NOW).instrument.previous_close, before);
        assert_eq!(fetch(1, "AAPL", Window::Days(1), NOW + 29).instrument.previous_close, before);
    }

    #[tokio::test]
    async fn a_symbol_that_starts_with_nope_does_not_exist() {
        let sim = Sim::new(&SimConfig::default());
        let answer = sim.fetch(&request("NOPE1", Window::Days(1)), &FixedClock(NOW)).await;
        match answer {
            Err(error @ SourceError::NotFound { .. }) => assert_eq!(
                error.to_string(),
                "NOPE1 is not known to sim: every symbol exists here but those that start with NOPE"
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn favourites_are_found_by_ticker_and_name_and_any_ticker_by_itself() {
        let found = |text: &str| -> Vec<String> {
            let search = Search::parse(text).expect(text);
            super::listings(&search).iter().map(|listing| listing.symbol.to_string()).collect()
        };
        assert_eq!(found("apple"), ["AAPL", "APPLE"]);
        assert_eq!(found("aapl"), ["AAPL"]);
        assert_eq!(found("s&p"), ["^GSPC", "SPY", "S&P"]);
        assert_eq!(found("crude oil"), ["CL=F"]);
        assert_eq!(found("zzz.x"), ["ZZZ.X"]);
        assert!(found("nope1").is_empty() && found("no such company").is_empty());
        assert_eq!(found("").len(), MAX_LISTINGS);
        let listing = &super::listings(&Search::parse("zzz").expect("valid"))[0];
        assert_eq!(listing.name.as_deref(), Some("Simulated ZZZ"));
        assert_eq!(listing.exchange.as_deref(), Some("SIM"));
    }

    #[test]
    fn the_pace_is_the_tick() {
        let sim = |tick| Sim::new(&SimConfig { tick, ..SimConfig::default() });
        assert_eq!(sim(Duration::from_secs(5)).pace().min_poll, Duration::from_secs(5));
        assert_eq!(sim(Duration::ZERO).pace().min_poll, Duration::from_millis(100));
    }

    #[test]
    fn settings_have_defaults_and_refuse_unknown_keys() {
        let parse = serde_json::from_str::<SimConfig>;
        assert_eq!(parse("{}").expect("defaults"), SimConfig::default());
        let config = parse(r#"{"seed": 7, "tick": "250ms"}"#).expect("valid");
        assert_eq!((config.seed, config.tick), (7, Duration::from_millis(250)));
        assert!(parse(r#"{"sead": 7}"#).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn a_later_fetch_agrees_with_an_earlier_one_on_every_finished_bar(now in 0i64..4_000_000_000, later in 0i64..1_200) {
            let since = Window::Since(now - 1_200);
            let (early, late) = (fetch(1, "AAPL", since, now).bars, fetch(1, "AAPL", since, now + later).bars);
            let finished = early.before(now - now % 60);
            prop_assert_eq!(&finished, &late.before(now - now % 60));
            prop_assert_eq!(early.merge(&late), late);
        }
    }
}
