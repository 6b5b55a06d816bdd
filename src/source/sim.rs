//! A synthetic market, for running without a network.
//!
//! Every symbol exists and is drawn out of the seed: the price at a second is a pure function of
//! (seed, symbol, second), so a restart or another machine shows the same chart. Symbols of exchanges
//! trade around the clock, so that there is always something to see, and their "day" is 390 minutes, as
//! in New York. Symbols whose ending the table of markets knows keep the hours of their market: Tokyo's
//! `7203.T`, London's `VOD.L`, currencies.

mod instruments;
mod market;
mod noise;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::instruments::Character;
use self::market::{Market, TradingClock};
use self::sessions::{Sessions, TradingDay};
use super::coverage::Coverage;
use super::error::SourceError;
use super::fetch::{Fetch, FetchRequest, PollPolicy, Window};
use super::popular::{self, popular};
use super::search::{Listing, MAX_LISTINGS, Search, SearchQuery};
use super::update::{Fetched, Quote};
use crate::bars::{Bar, Bars};
use crate::clock::Clock;
use crate::config::SimConfig;
use crate::interval::{self, Interval};
use crate::market::{Calendars, Hours, Instrument, Timetable, TradingWeek, calendar};
use crate::shares::{Client, Desks};
use crate::symbol::Symbol;

const NAME: &str = "sim";
/// What its exchange is called.
const EXCHANGE: &str = "SIM";
/// Symbols that start so do not exist, so that a 404 can be tried.
const UNKNOWN: &str = "NOPE";
/// Seconds that a chart of one day shows of what never closes.
const DAY: i64 = 390 * 60;
/// The clock of what never closes.
const AROUND_THE_CLOCK: TradingClock =
    TradingClock { day: DAY, open: DAY, year: 365 * interval::DAY };
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
    calendars: Calendars,
    clock: Arc<dyn Clock>,
    /// Where whole series are drawn, for clients in turn: each takes milliseconds.
    desks: Arc<Desks>,
}

impl Sim {
    /// A market drawn out of `config`, at the time of `clock`; a tick below 100 ms counts as 100 ms.
    #[must_use]
    pub fn new(config: &SimConfig, clock: Arc<dyn Clock>) -> Self {
        let tick = config.tick.max(MIN_TICK);
        let desks = Desks::of_half_the_processors();
        Self { seed: config.seed, tick, calendars: Calendars::standard(), clock, desks }
    }

    /// The same with the hours of another table of markets.
    #[must_use]
    pub fn with_calendars(self, calendars: Calendars) -> Self {
        Self { calendars, ..self }
    }
}

#[async_trait]
impl Fetch for Sim {
    fn name(&self) -> &'static str {
        NAME
    }

    fn policy(&self) -> PollPolicy {
        PollPolicy { min_poll: self.tick, closed_poll: self.tick, request_rate: None }
    }

    fn coverage(&self, _symbol: &Symbol) -> Coverage {
        let minutes = Coverage::NONE.with(Interval::Minute1, MAX_DAYS.into());
        let [(five, few), (hour, more), (day, _)] = REACH;
        minutes.with(five, few).with(hour, more).with_all(day)
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// A bar of the past never changes.
    fn overlap(&self, _grain: Interval) -> i64 {
        0
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let _desk = match request.window {
            Window::Since(_) => None,
            _ => Some(self.desks.take(&request.watchers).await),
        };
        self.answer(request, self.clock.now().as_second())
    }
}

#[async_trait]
impl Search for Sim {
    async fn find(
        &self,
        query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        Ok(listings(query))
    }
}

/// Some of all the symbols there are. What could be a ticker is one, and so found too.
fn listings(query: &SearchQuery) -> Vec<Listing> {
    let here = |listing| Listing { exchange: Some(EXCHANGE.to_owned()), ..listing };
    let mut found = query.find(popular().map(here));
    let typed = Symbol::parse_bare(query.as_str()).ok();
    if let Some(symbol) = typed.filter(|symbol| !symbol.as_str().starts_with(UNKNOWN))
        && !found.iter().any(|listing| listing.symbol == symbol)
    {
        found.truncate(MAX_LISTINGS - 1);
        let name = Some(name_of(&symbol));
        found.push(Listing { symbol, name, exchange: Some(EXCHANGE.to_owned()), kind: None });
    }
    found
}

/// Its own name where it has one. That it is not the real thing is told by its exchange and its source.
fn name_of(symbol: &Symbol) -> String {
    popular::name_of(symbol).map_or_else(|| format!("Simulated {symbol}"), str::to_owned)
}

/// What there is of a symbol, besides what is known of it.
struct Traded {
    bars: Bars,
    hours: Hours,
    timetable: Timetable,
    zone: TimeZone,
    previous_close: Option<f64>,
    quote: Option<Quote>,
}

impl Sim {
    /// What is known at the end of the second `now`.
    fn answer(&self, request: &FetchRequest, now: i64) -> Result<Fetched, SourceError> {
        let symbol = &request.symbol;
        if symbol.as_str().starts_with(UNKNOWN) {
            return Err(SourceError::NotFound {
                symbol: symbol.clone(),
                origin: NAME,
                detail: format!("every symbol exists here but those that start with {UNKNOWN}"),
            });
        }
        let character = Character::of(symbol, self.seed);
        let market = |clock| Market::new(self.seed, symbol, &character, clock);
        let calendar = self.calendars.find(symbol, None);
        let traded = match calendar.and_then(Sessions::of) {
            Some(sessions) => in_sessions(request, market(sessions.clock()), &sessions, now),
            None => around_the_clock(request, &market(AROUND_THE_CLOCK), now),
        };
        let traded = traded.ok_or_else(|| SourceError::Refused {
            origin: NAME,
            detail: format!("bars of 1m, 5m, 1h and 1d are simulated, not of {}", request.interval),
        })?;
        Ok(Fetched {
            bars: traded.bars,
            instrument: Instrument {
                name: Some(name_of(symbol)),
                currency: Some(character.currency.to_owned()),
                exchange: Some(EXCHANGE.to_owned()),
                previous_close: traded.previous_close,
                price_decimals: Some(character.decimals),
                week: calendar.map_or_else(TradingWeek::default, |market| market.week().clone()),
                ..Instrument::unnamed(symbol.clone(), traded.zone)
            },
            hours: traded.hours,
            quote: traded.quote,
            delay: None,
            timetable: traded.timetable,
            split: None,
        })
    }
}

fn quoted(price: f64, second: i64) -> Option<Quote> {
    Timestamp::from_second(second).ok().map(|at| Quote { price, at })
}

/// What never closes; `None` of bars that are not simulated.
fn around_the_clock(request: &FetchRequest, market: &Market, now: i64) -> Option<Traded> {
    let (interval, seconds) = (request.interval, request.interval.seconds());
    let bars = slots(request.window, interval, now)?.map(|ts| market.bar(ts, seconds, now));
    // The close just before a chart of one day: it rolls with the chart, once a minute.
    let day_start = if interval.is_intraday() {
        window_start(1, Interval::Minute1, now)
    } else {
        floor(now, seconds)
    };
    Some(Traded {
        bars: bars.collect(),
        hours: Hours::Continuous { day: DAY },
        timetable: Timetable::always(),
        zone: TimeZone::UTC,
        previous_close: Some(market.price(day_start - 1)),
        quote: quoted(market.price(now), now),
    })
}

/// What is traded in the sessions of an exchange; `None` of bars that are not simulated.
fn in_sessions(
    request: &FetchRequest,
    mut market: Market,
    sessions: &Sessions<'_>,
    now: i64,
) -> Option<Traded> {
    let (interval, zone) = (request.interval, sessions.zone());
    let oldest = match REACH.iter().find(|(grain, _)| *grain == interval) {
        Some((_, days)) => now - i64::from(*days) * interval::DAY,
        // A week may have two days off besides its weekend.
        None if interval == Interval::Minute1 => now - i64::from(MAX_DAYS) * 2 * interval::DAY,
        None => return None,
    };
    let first = match request.window {
        Window::Days(days) => now - (i64::from(days) * 2 + 7) * interval::DAY,
        Window::Months(months) => calendar::months_before(now, months, zone).unwrap_or(oldest),
        Window::All => oldest,
        Window::Since(ts) => ts,
    };
    // From two days before, of which one may be a holiday: the close of the day before is told, too.
    let begun = first.max(oldest).min(now) - 7 * interval::DAY;
    let (days, timetable) = sessions.days(begun, now);
    let shown = match request.window {
        Window::Days(count) => days.len().saturating_sub(count.min(MAX_DAYS).into()),
        _ => days.partition_point(|day| day.midnight < first.max(oldest) - interval::DAY),
    };
    let mut bars: Vec<Bar> = Vec::new();
    for day in &days[shown..] {
        push_bars(&mut bars, &mut market, day, interval, now);
    }
    let since = if let Window::Since(ts) = request.window { ts } else { i64::MIN };
    let last_price = |market: &mut Market, day: &TradingDay| {
        let begun = day.stretches.iter().rfind(|stretch| stretch.period.start <= now)?;
        let second = now.min(begun.period.end - 1);
        Some((market.shifted(begun.shift).price(second), second))
    };
    let newest = days.last().and_then(|day| last_price(&mut market, day));
    let before = days.len().checked_sub(2).map(|index| &days[index]);
    let before = before.and_then(|day| last_price(&mut market, day));
    let periods = days[shown..].iter().flat_map(|day| &day.stretches).map(|one| one.period);
    Some(Traded {
        bars: Bars::from_rows(bars).since(since),
        hours: Hours::Sessions(periods.filter(|period| period.start <= now).collect()),
        timetable,
        zone: zone.clone(),
        previous_close: before.map(|(price, _)| price),
        quote: newest.and_then(|(price, second)| quoted(price, second)),
    })
}

/// The bars of one trading day as they are known at the end of the second `now`.
fn push_bars(
    bars: &mut Vec<Bar>,
    market: &mut Market,
    day: &TradingDay,
    interval: Interval,
    now: i64,
) {
    let begun = day.stretches.iter().filter(|stretch| stretch.period.start <= now);
    if interval == Interval::Day1 {
        let parts = begun.map(|stretch| {
            let length = stretch.period.end - stretch.period.start;
            market.shifted(stretch.shift).bar(stretch.period.start, length, now)
        });
        let whole = parts.reduce(|morning, afternoon| Bar {
            high: morning.high.max(afternoon.high),
            low: morning.low.min(afternoon.low),
            close: afternoon.close,
            volume: morning.volume + afternoon.volume,
            ..morning
        });
        bars.extend(whole.map(|bar| Bar { ts: day.midnight, ..bar }));
        return;
    }
    let seconds = interval.seconds();
    let step = usize::try_from(seconds).expect("an interval is a small positive number");
    for stretch in begun {
        let (start, end) = (stretch.period.start, stretch.period.end);
        let starts = (start..end.min(now + 1)).step_by(step);
        let market = market.shifted(stretch.shift);
        bars.extend(starts.map(|ts| market.bar(ts, seconds.min(end - ts), now)));
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
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{MAX_DAYS, MAX_LISTINGS, SearchQuery, Sim};
    use crate::clock::Clock;
    use crate::config::SimConfig;
    use crate::interval::Interval;
    use crate::market::{Hours, SessionState, Slots, Timetable, calendar};
    use crate::shares::Holders;
    use crate::source::{Fetch as _, FetchRequest, Fetched, Priority, SourceError, Window};
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    /// 2 Oct 2024, 13:30:30 UTC.
    const NOW: i64 = 1_727_875_830;

    #[derive(Debug)]
    struct FixedClock(i64);

    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0).expect("in range")
        }
    }

    fn request(symbol: &str, window: Window) -> FetchRequest {
        request_of(Interval::Minute1, symbol, window)
    }

    fn request_of(interval: Interval, symbol: &str, window: Window) -> FetchRequest {
        FetchRequest {
            symbol: Symbol::parse(symbol).expect(symbol),
            interval,
            window,
            session: Session::Regular,
            priority: Priority::Live,
            watchers: Holders::none(),
        }
    }

    fn sim_of(config: &SimConfig) -> Sim {
        Sim::new(config, Arc::new(FixedClock(NOW)))
    }

    fn fetch(seed: u64, symbol: &str, window: Window, now: i64) -> Fetched {
        let sim = sim_of(&SimConfig { seed, ..SimConfig::default() });
        sim.answer(&request(symbol, window), now).expect("exists")
    }

    fn fetch_of(interval: Interval, symbol: &str, window: Window, now: i64) -> Fetched {
        let sim = sim_of(&SimConfig::default());
        sim.answer(&request_of(interval, symbol, window), now).expect("exists")
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
        let (sim, symbol) = (sim_of(&SimConfig::default()), Symbol::parse("AAPL").expect("valid"));
        let coverage = sim.coverage(&symbol);
        let months = Range::ALL.iter().filter_map(|range| Some((range, range.months()?)));
        for (range, months) in months {
            for interval in Interval::ALL {
                let Some(plan) = coverage.plan(interval, *range, 0) else { continue };
                let first = starts(plan.grain, plan.depth.into())[0];
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
            let hours = Hours::Continuous { day: 1 };
            let made = minutes.resample(&Slots::new(interval, &hours, &TimeZone::UTC));
            let sim = sim_of(&SimConfig::default());
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
    fn the_whole_and_the_tails_from_the_last_bar_on_are_what_a_later_whole_is() {
        let sim = sim_of(&SimConfig::default());
        for (interval, symbol) in [
            (Interval::Minute1, "AAPL"),
            (Interval::Minute1, "VOD.L"),
            (Interval::Hour1, "AAPL"),
            (Interval::Day1, "7203.T"),
        ] {
            let window = Window::Days(2);
            let mut bars = fetch_of(interval, symbol, window, NOW).bars;
            for later in [1, 29, 31, 100, 3_700, 90_000] {
                let newest = bars.times().last().expect("some") - sim.overlap(interval);
                let tail = fetch_of(interval, symbol, Window::Since(newest), NOW + later).bars;
                bars = bars.merge(&tail);
                let whole = fetch_of(interval, symbol, window, NOW + later).bars;
                let first = whole.times()[0];
                assert_eq!(bars.since(first), whole, "{interval} {symbol} {later}");
            }
        }
    }

    #[test]
    fn the_instrument_is_described() {
        let fetched = fetch(1, "BTC-USD", Window::Days(1), NOW);
        let instrument = &fetched.instrument;
        assert_eq!(instrument.name.as_deref(), Some("Bitcoin / US dollar"));
        assert_eq!(instrument.currency.as_deref(), Some("USD"));
        assert_eq!(instrument.exchange.as_deref(), Some("SIM"));
        assert_eq!(instrument.zone_name(), "UTC");
        assert_eq!(fetched.hours, Hours::Continuous { day: 23_400 });
        let quote = fetched.quote.expect("always quoted");
        assert_eq!(quote.at.as_second(), NOW);
        assert_eq!(Some(quote.price), fetched.bars.last().map(|bar| bar.close));
        assert_eq!(fetched.timetable, Timetable::always());
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_second()
    }

    fn local(fetched: &Fetched) -> Vec<String> {
        let zone = &fetched.instrument.zone;
        let text = |&ts: &i64| {
            let at = Timestamp::from_second(ts).expect("in range");
            zone.to_datetime(at).strftime("%m-%d %H:%M").to_string()
        };
        fetched.bars.times().iter().map(text).collect()
    }

    #[test]
    fn a_share_of_tokyo_trades_in_its_sessions_and_rests_at_lunch_and_at_night() {
        let thursday = |time: &str| at(&format!("2026-11-26T{time}+09:00"));
        let day = |now| fetch(1, "7203.T", Window::Days(1), now);
        let at_lunch = day(thursday("12:00:00"));
        let starts = local(&at_lunch);
        assert_eq!((starts.len(), &*starts[0], &*starts[149]), (150, "11-26 09:00", "11-26 11:29"));
        let quote = at_lunch.quote.expect("quoted");
        assert_eq!(quote.at.as_second(), thursday("11:29:59"));
        assert_eq!(Some(quote.price), at_lunch.bars.last().map(|bar| bar.close));
        let session = at_lunch.timetable.session_at(thursday("12:00:00"));
        assert_eq!(session.map(|session| session.state), Some(SessionState::Lunch));
        assert_eq!(day(thursday("22:00:00")).bars.len(), 330);
        // Before the open the last session is the day before's.
        assert_eq!(local(&day(thursday("08:59:59")))[0], "11-25 09:00");
        assert_eq!(local(&day(thursday("09:00:00"))), ["11-26 09:00"]);
        let instrument = &at_lunch.instrument;
        assert_eq!(instrument.name.as_deref(), Some("Toyota Motor"));
        assert_eq!(
            (instrument.currency.as_deref(), instrument.zone_name()),
            (Some("JPY"), "Asia/Tokyo")
        );
        let yesterday = fetch(1, "7203.T", Window::Days(2), thursday("08:00:00")).bars;
        assert_eq!(instrument.previous_close, yesterday.last().map(|bar| bar.close));
    }

    #[test]
    fn currencies_rest_for_the_weekend_only() {
        let saturday = at("2026-11-28T12:00:00-05:00");
        let euro = fetch(1, "EURUSD=X", Window::Days(1), saturday);
        let starts = local(&euro);
        assert_eq!((starts.len(), &*starts[0]), (1_440, "11-26 17:00"));
        assert_eq!(starts.last().map(String::as_str), Some("11-27 16:59"));
        assert_eq!(euro.instrument.price_decimals, Some(5));
        assert!(euro.bars.iter().all(|bar| (0.8..1.4).contains(&bar.close) && bar.volume <= 0.0));
    }

    #[test]
    fn a_night_moves_a_share_less_than_a_day_does() {
        let days = fetch_of(Interval::Day1, "VOD.L", Window::All, at("2026-11-26T12:00:00Z")).bars;
        assert!((2_400..2_700).contains(&days.len()), "{}", days.len());
        let square = |ratio: f64| ratio.ln().powi(2);
        let bars: Vec<_> = days.iter().collect();
        let night: f64 = bars.windows(2).map(|two| square(two[1].open / two[0].close)).sum();
        let day: f64 = bars.iter().map(|bar| square(bar.close / bar.open)).sum();
        assert!(night < 0.6 * day, "{night} against {day}");
    }

    #[test]
    fn bars_of_sessions_open_and_close_together_at_every_length() {
        let now = at("2026-11-26T14:20:10+09:00");
        let minutes = fetch(1, "7203.T", Window::Days(5), now);
        for interval in [Interval::Minute5, Interval::Hour1] {
            let slots = minutes.instrument.slots(Interval::Minute1, interval, &minutes.hours);
            let made = minutes.bars.resample(&slots);
            let coarse = fetch_of(interval, "7203.T", Window::Days(5), now).bars;
            assert_eq!(made.times(), coarse.times());
            assert_eq!((made.opens(), made.closes()), (coarse.opens(), coarse.closes()));
            assert_eq!(made.volumes(), coarse.volumes());
        }
        let days = fetch_of(Interval::Day1, "7203.T", Window::Months(3), now).bars;
        assert_eq!(days.closes().last(), minutes.bars.closes().last());
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
        let sim = sim_of(&SimConfig::default());
        let answer = sim.fetch(&request("NOPE1", Window::Days(1))).await;
        match answer {
            Err(error @ SourceError::NotFound { .. }) => assert_eq!(
                error.to_string(),
                "NOPE1 is not known to sim: every symbol exists here but those that start with NOPE"
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn popular_symbols_are_found_by_ticker_and_name_and_any_ticker_by_itself() {
        let found = |text: &str| -> Vec<String> {
            let query = SearchQuery::parse(text).expect(text);
            super::listings(&query).iter().map(|listing| listing.symbol.to_string()).collect()
        };
        assert_eq!(found("apple"), ["AAPL", "APPLE"]);
        assert_eq!(found("aapl"), ["AAPL"]);
        assert_eq!(found("s&p"), ["^GSPC", "SPY", "S&P"]);
        assert_eq!(found("crude oil"), ["CL=F"]);
        assert_eq!(found("zzz.x"), ["ZZZ.X"]);
        assert!(found("nope1").is_empty() && found("no such company").is_empty());
        assert_eq!(found("").len(), MAX_LISTINGS);
        let listing = &super::listings(&SearchQuery::parse("zzz").expect("valid"))[0];
        assert_eq!(listing.name.as_deref(), Some("Simulated ZZZ"));
        assert_eq!(listing.exchange.as_deref(), Some("SIM"));
    }

    #[test]
    fn it_is_polled_once_a_tick() {
        let sim = |tick| sim_of(&SimConfig { tick, ..SimConfig::default() });
        assert_eq!(sim(Duration::from_secs(5)).policy().min_poll, Duration::from_secs(5));
        assert_eq!(sim(Duration::ZERO).policy().min_poll, Duration::from_millis(100));
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
        fn a_later_fetch_agrees_with_an_earlier_one_on_every_finished_bar(
            now in 0i64..4_000_000_000,
            later in 0i64..1_200,
            symbol in proptest::sample::select(vec!["AAPL", "EURUSD=X", "7203.T", "0700.HK"]),
        ) {
            let since = Window::Since(now - 1_200);
            let (early, late) = (fetch(1, symbol, since, now).bars, fetch(1, symbol, since, now + later).bars);
            let finished = early.before(now - now % 60);
            prop_assert_eq!(&finished, &late.before(now - now % 60));
            prop_assert_eq!(early.merge(&late), late);
        }
    }
}
