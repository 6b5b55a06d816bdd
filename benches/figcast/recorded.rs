//! A seeded walk as a feed keeps it: what is drawn where no server is measured.

use std::hint::black_box;
use std::time::{Duration, Instant};

use figcast::bars::{Bar, Bars};
use figcast::figure::{Colors, Memo, Scene, redraw, render};
use figcast::market::{Hours, Instrument, Period, SessionNow, SessionState, Timetable};
use figcast::sse;
use figcast::symbol::Symbol;
use figcast::view::View;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// 2026-11-16, a Monday, 09:30 in New York.
const OPEN: i64 = 1_794_839_400;
const DAY: i64 = 86_400;
const SESSION: i64 = 390 * 60;

/// A series that is the same every time.
pub struct Recorded {
    bars: Bars,
    instrument: Instrument,
    hours: Hours,
}

impl Recorded {
    /// Five sessions of minutes.
    pub fn minutes() -> anyhow::Result<Self> {
        let days = [0, 1, 2, 3, 4].map(|day| OPEN + day * DAY);
        let starts = days.iter().flat_map(|open| (*open..open + SESSION).step_by(60));
        Self::of(starts, &days)
    }

    /// Two years of days, five a week.
    pub fn days() -> anyhow::Result<Self> {
        let days: Vec<i64> = (-730i64..=0).filter(|day| day.rem_euclid(7) < 5).collect();
        let days: Vec<i64> = days.into_iter().map(|day| OPEN + day * DAY).collect();
        // A bar of a day begins with its date, which is half past nine hours before the open.
        let starts = days.iter().map(|open| open - 9 * 3_600 - 1_800);
        Self::of(starts, &days)
    }

    fn of(starts: impl Iterator<Item = i64>, opens: &[i64]) -> anyhow::Result<Self> {
        let mut walk = Walk::new();
        let period = |&start: &i64| Period { start, end: start + SESSION };
        Ok(Self {
            bars: starts.filter_map(|ts| walk.bar(ts)).collect(),
            instrument: Instrument {
                name: Some("Acme Corporation".to_owned()),
                currency: Some("USD".to_owned()),
                exchange: Some("NYSE".to_owned()),
                previous_close: Some(249.5),
                price_decimals: Some(2),
                ..Instrument::unnamed(Symbol::parse("ACME")?, TimeZone::get("America/New_York")?)
            },
            hours: Hours::Sessions(opens.iter().map(period).collect()),
        })
    }

    /// A view of it.
    pub fn view<'a>(
        &self,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> anyhow::Result<View> {
        Ok(View::parse(self.instrument.symbol.clone(), options)?)
    }

    /// The figure's JSON.
    pub fn figure(&self, view: &View) -> String {
        self.with_scene(&self.bars, view, render)
    }

    /// The bytes that every subscriber gets.
    pub fn event(&self, view: &View) -> bytes::Bytes {
        sse::message("19ab0c3d4e5-12345", self.figure(view))
    }

    /// The same after each of `count` ticks, drawn with what the figure before has left: how long a tick
    /// takes from its bar to the bytes.
    pub fn ticks(&self, view: &View, count: u32) -> Vec<Duration> {
        let (before, after) = sse::around("19ab0c3d4e5-12345");
        let (mut memo, mut bars) = (Memo::default(), self.bars.clone());
        let mut draw = |bars: &Bars| {
            self.with_scene(bars, view, |scene| redraw(scene, &mut memo, [&before, after]))
        };
        black_box(draw(&bars));
        let mut times = Vec::new();
        for price in (0..count).map(|tick| 250.0 + f64::from(tick % 100) / 100.0) {
            let tail: Bars = bars.last().map(|bar| bar.with_quote(price)).into_iter().collect();
            let started = Instant::now();
            bars = bars.merge(&tail);
            black_box(draw(&bars));
            times.push(started.elapsed());
        }
        times
    }

    fn with_scene<T>(&self, bars: &Bars, view: &View, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let last = bars.last();
        see(&Scene {
            view,
            colors: &Colors::plain(view),
            bars,
            instrument: &self.instrument,
            hours: &self.hours,
            compared: &[],
            quote: last.and_then(|bar| Some((bar.close, Timestamp::from_second(bar.ts).ok()?))),
            delay: None,
            session: Some(SessionNow { state: SessionState::Open, until: None, next: None }),
            timetable: &Timetable::UNKNOWN,
            source: "bench",
        })
    }
}

/// A random walk in whole cents that is the same every time.
struct Walk {
    state: u64,
    cents: f64,
}

impl Walk {
    const fn new() -> Self {
        Self { state: 1, cents: 25_000.0 }
    }

    /// The bar of eight steps of up to ten cents, and of up to a quarter of a million shares.
    fn bar(&mut self, ts: i64) -> Option<Bar> {
        let steps: [f64; 8] = std::array::from_fn(|_| self.step());
        let [open, .., close] = steps;
        let high = steps.into_iter().fold(open, f64::max);
        let low = steps.into_iter().fold(open, f64::min);
        let volume = f64::from(20_000 + self.random(230_000));
        Bar::from_row(ts, [open, high, low, close].map(Some), Some(volume))
    }

    fn step(&mut self) -> f64 {
        self.cents += f64::from(self.random(21)) - 10.0;
        self.cents / 100.0
    }

    fn random(&mut self, below: u32) -> u32 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) as u32 % below
    }
}
