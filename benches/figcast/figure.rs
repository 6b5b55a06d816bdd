//! Figure: bars to the bytes of an event, beside plotly.py building and serialising the same figure.

use std::time::Duration;

use anyhow::{Error, anyhow};
use clap::{Args, value_parser};

use crate::python::{self, Plotly};
use crate::recorded::Recorded;
use crate::stats::{median, micros, times};

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

/// Bars to the bytes of an event, beside plotly.py
#[derive(Debug, Args)]
pub struct Figures {
    /// How often each figure is drawn
    #[arg(long, default_value_t = 2_000, value_parser = value_parser!(u32).range(1..=100_000))]
    repetitions: u32,
    /// How often plotly.py draws it; 0 leaves that out
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u16).range(..=10_000))]
    python: u16,
}

impl Figures {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let (repetitions, python) = (self.repetitions as usize, self.python.into());
        let week = Recorded::minutes()?;
        let views = CASES.map(|(_, range, options)| {
            let options = options.iter().copied().chain([("range", range)]);
            week.view(options).expect("a view there is")
        });
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
