//! Figure: bars to the bytes of an event, beside plotly.py building and serialising the same figure.

use std::time::Duration;

use anyhow::{Error, anyhow, ensure};
use figcast::bars::{Bar, Bars};
use figcast::figure::{Scene, render};
use figcast::market::{Hours, Instrument, Period, SessionState};
use figcast::sse;
use figcast::symbol::Symbol;
use figcast::view::View;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::options::numbers;
use crate::python::{self, Plotly};
use crate::stats::{median, micros, times};

/// 2026-11-16, a Monday, 09:30 in New York.
const OPEN: i64 = 1_794_839_400;
const DAY: i64 = 86_400;
const SESSION: i64 = 390 * 60;

/// What is measured: the chart's name, its range and its other options.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const MOUNTAIN: &[(&str, &str)] = &[];
const CANDLES: &[(&str, &str)] =
    &[("chart", "candlestick"), ("studies", "volume,bb:20:2,vwap,rsi:14")];
const VOLUME: &[(&str, &str)] = &[("chart", "candlestick"), ("studies", "volume")];
const CASES: [Case; 5] = [
    ("mountain", "1d", MOUNTAIN),
    ("mountain", "5d", MOUNTAIN),
    ("candles with volume", "1d", VOLUME),
    ("candles with volume, bb, vwap, rsi", "1d", CANDLES),
    ("candles with volume, bb, vwap, rsi", "5d", CANDLES),
];

/// Runs the benchmark.
pub fn run(args: &[String]) -> anyhow::Result<String> {
    let options = [("--repetitions", 2_000, 100_000), ("--python", 50, 10_000)];
    let [repetitions, python] = numbers(args, options)?;
    ensure!(repetitions > 0, "nothing to measure");
    let week = Week::new()?;
    let views = CASES.map(|case| week.view(case));
    let mut samples = views.each_ref().map(|_| Samples::default());
    // Half before plotly.py and half after it, so that a machine that is busy for a while is so
    // for both.
    let mut sample = || {
        for (samples, view) in samples.iter_mut().zip(&views) {
            samples.json.extend(times(repetitions.div_ceil(2), || week.figure(view)));
            samples.event.extend(times(repetitions.div_ceil(2), || week.event(view)));
        }
    };
    sample();
    let plotly = match python {
        0 => Err(anyhow!("--python 0")),
        _ => python::measure(&views.each_ref().map(|view| week.figure(view)), python),
    };
    sample();
    let sizes = views.each_ref().map(|view| week.event(view).len());
    let ours = samples.into_iter().zip(sizes).map(Samples::medians).collect::<Vec<_>>();
    Ok(match plotly {
        Ok(plotly) => compared(&ours, &plotly),
        Err(error) => alone(&ours, &error),
    })
}

/// Times of one view.
#[derive(Default)]
struct Samples {
    json: Vec<Duration>,
    event: Vec<Duration>,
}

/// Their medians in microseconds, and the size of the event.
struct Ours {
    json: f64,
    event: f64,
    bytes: usize,
}

impl Samples {
    fn medians((samples, bytes): (Self, usize)) -> Ours {
        Ours { json: micros(median(samples.json)), event: micros(median(samples.event)), bytes }
    }
}

/// Five sessions of minute bars, as a feed keeps them.
struct Week {
    bars: Bars,
    instrument: Instrument,
    hours: Hours,
}

impl Week {
    fn new() -> anyhow::Result<Self> {
        let days = [0, 1, 2, 3, 4].map(|day| OPEN + day * DAY);
        let mut walk = Walk::new();
        let starts = days.iter().flat_map(|open| (*open..open + SESSION).step_by(60));
        let bars = starts.filter_map(|ts| walk.bar(ts));
        Ok(Self {
            bars: bars.collect(),
            instrument: Instrument {
                name: Some("Acme Corporation".to_owned()),
                currency: Some("USD".to_owned()),
                exchange: Some("NYSE".to_owned()),
                previous_close: Some(249.5),
                price_decimals: Some(2),
                ..Instrument::unnamed(Symbol::parse("ACME")?, TimeZone::get("America/New_York")?)
            },
            hours: Hours::Sessions(
                days.map(|start| Period { start, end: start + SESSION }).to_vec(),
            ),
        })
    }

    fn view(&self, (_, range, options): Case) -> View {
        let options = options.iter().copied().chain([("range", range)]);
        View::parse(self.instrument.symbol.clone(), options).expect("a view there is")
    }

    /// The figure's JSON.
    fn figure(&self, view: &View) -> String {
        let last = self.bars.last();
        render(&Scene {
            view,
            bars: &self.bars,
            instrument: &self.instrument,
            hours: &self.hours,
            compared: &[],
            quote: last.and_then(|bar| Some((bar.close, Timestamp::from_second(bar.ts).ok()?))),
            delay: None,
            session: Some(SessionState::Open),
            source: "bench",
            seq: 12_345,
        })
    }

    /// The bytes that every subscriber gets.
    fn event(&self, view: &View) -> bytes::Bytes {
        sse::message("19ab0c3d4e5-12345", self.figure(view))
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

fn compared(ours: &[Ours], plotly: &Plotly) -> String {
    let mut text = format!(
        "### Figure: out of bars; plotly.py {}, Python {}\n\n\
         | chart | bars | figcast: JSON | figcast: event | plotly.py: JSON, `plotly_dark` | ratio to event \
         | plotly.py: JSON, pruned template | ratio to event | bytes: figcast | gzip -6 | plotly.py |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        plotly.version, plotly.python
    );
    for (((name, ..), Ours { json, event, bytes }), theirs) in
        CASES.iter().zip(ours).zip(&plotly.figures)
    {
        let python::Figure { bars, dark_us, pruned_us, bytes: dark_bytes, gzip } = theirs;
        let row = format!(
            "| {name} | {bars} | {json:.1} us | {event:.1} us | {:.2} ms | **{:.0}** | {:.2} ms | **{:.0}** \
             | {bytes} | {gzip} | {dark_bytes} |\n",
            dark_us / 1e3,
            dark_us / event,
            pruned_us / 1e3,
            pruned_us / event,
        );
        text.push_str(&row);
    }
    text
}

fn alone(ours: &[Ours], reason: &Error) -> String {
    let mut text = format!(
        "### Figure: out of bars\n\nplotly.py was not measured: {reason:#}\n\n\
         | chart | range | JSON | event | bytes |\n|---|---|--:|--:|--:|\n"
    );
    for ((name, range, _), Ours { json, event, bytes }) in CASES.iter().zip(ours) {
        let row = format!("| {name} | {range} | {json:.1} us | {event:.1} us | {bytes} |\n");
        text.push_str(&row);
    }
    text
}
