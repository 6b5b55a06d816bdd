//! Growth: what subscribers, views and updates cost, one of them at a time.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum, value_parser};

use crate::fanout::TICK;
use crate::load::Load;
use crate::python::environment;
use crate::scenario::Scenario;
use crate::server::{self, Binary};
use crate::stats::millis;
use crate::target::{Measured, Plan, measure};

const PATIENCE: Duration = Duration::from_mins(1);
const SCRIPT: &str = include_str!("growth.py");

/// What grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Axis {
    /// Subscribers of one view, an update a second
    Subscribers,
    /// Views of as many symbols, an update a second each, with the same subscribers in all
    Views,
    /// Updates a second of one view with 1,000 subscribers
    Updates,
}

/// What subscribers, views and updates cost: a table, a CSV file and a plot
#[derive(Debug, Args)]
pub struct Growth {
    /// What grows; each is a run of its own
    #[arg(long, value_enum, value_delimiter = ',', default_value = "subscribers,views,updates")]
    axis: Vec<Axis>,
    /// What subscribers ask for
    #[arg(long, value_enum, default_value = "figures")]
    scenario: Scenario,
    /// How long each point is measured, in seconds
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..=300))]
    seconds: u32,
    /// Most subscribers; points above are left out
    #[arg(long, default_value_t = 19_000, value_parser = value_parser!(u16).range(1..=19_400))]
    most: u16,
    /// Where to write the numbers
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/growth.csv"))]
    csv: PathBuf,
    /// Where to draw them, with matplotlib; an SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    binary: Binary,
}

/// A point to measure.
struct Point {
    axis: Axis,
    subscribers: u16,
    views: u16,
    /// Seconds between two updates.
    every: u32,
}

/// A measured point.
struct Row {
    point: Point,
    measured: Measured,
    /// Growth of the server's memory in all, in MiB.
    mebibytes: f64,
    skipped: u64,
}

impl Growth {
    /// Runs the benchmark.
    pub fn run(&self) -> anyhow::Result<String> {
        let mut rows = Vec::new();
        for axis in &self.axis {
            let points = axis.points().into_iter().filter(|point| point.subscribers <= self.most);
            for point in points {
                let (subscribers, views) = (point.subscribers, point.views);
                let context = || format!("{subscribers} subscribers of {views} views");
                rows.push(self.measure(point).with_context(context)?);
            }
        }
        fs::write(&self.csv, csv(&rows)?)?;
        if let Some(plot) = &self.plot {
            let python = environment("matplotlib", "import matplotlib", &["matplotlib==3.10.7"])?;
            let mut draw = Command::new(python);
            let status = draw.args(["-c", SCRIPT]).arg(&self.csv).arg(plot).status()?;
            ensure!(status.success(), "the plot cannot be drawn");
        }
        table(self.scenario, &rows)
    }

    fn measure(&self, point: Point) -> anyhow::Result<Row> {
        let period = TICK * point.every;
        let target = server::start(&self.binary, period)?;
        let symbols = (1..=point.views).map(|number| format!("S{number}"));
        let requests: Vec<String> = symbols.map(|symbol| self.scenario.request(&symbol)).collect();
        let mut load = Load::new(0)?;
        load.open_first(target.address, &requests[0], PATIENCE)?;
        let before = target.process.resident_kib()?;
        let updates = self.seconds.div_ceil(point.every).max(2);
        let subscribers = point.subscribers.into();
        let plan = Plan { requests, subscribers, updates, period };
        let measured = measure(&target, &mut load, &plan)?;
        load.tap.figures()?;
        Ok(Row {
            mebibytes: (target.process.resident_kib()? - before) / 1_024.0,
            skipped: server::counter(target.address, "figcast_figures_skipped_total")?,
            point,
            measured,
        })
    }
}

impl Axis {
    fn points(self) -> Vec<Point> {
        let point = |subscribers, views, every| Point { axis: self, subscribers, views, every };
        match self {
            Self::Subscribers => [100, 1_000, 5_000, 10_000, 19_000]
                .map(|subscribers| point(subscribers, 1, 1))
                .into(),
            Self::Views => [1, 10, 50, 100, 200, 500].map(|views| point(1_000, views, 1)).into(),
            // The simulated market moves once a second and no faster.
            Self::Updates => [10, 5, 2, 1].map(|every| point(1_000, 1, every)).into(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::Views => "views",
            Self::Updates => "updates",
        }
    }
}

fn csv(rows: &[Row]) -> anyhow::Result<String> {
    let mut text = String::from(
        "axis,subscribers,views,updates_per_second,events_per_second,core_share,us_per_event,mib,\
         spread_p99_ms,delivered,due,skipped\n",
    );
    for Row { point, measured, mebibytes, skipped } in rows {
        writeln!(
            text,
            "{},{},{},{:.2},{:.1},{:.4},{:.2},{mebibytes:.1},{:.0},{},{},{skipped}",
            point.axis.name(),
            point.subscribers,
            point.views,
            1.0 / f64::from(point.every),
            measured.delivered as f64 / measured.elapsed.as_secs_f64(),
            measured.share(),
            measured.micros(),
            millis(measured.spread(99)),
            measured.delivered,
            measured.due,
        )?;
    }
    Ok(text)
}

fn table(scenario: Scenario, rows: &[Row]) -> anyhow::Result<String> {
    let mut text = format!(
        "### Growth: {}\n\n\
         | subscribers | views | updates a second, of a view | delivered, of those due | skipped \
         | share of a core | CPU per event | memory grew by | first to last subscriber, p99 |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        scenario.name()
    );
    for Row { point, measured, mebibytes, skipped } in rows {
        let spread = match point.views {
            1 => format!("{:.0} ms", millis(measured.spread(99))),
            // Updates of several views are no sequence.
            _ => String::new(),
        };
        writeln!(
            text,
            "| {} | {} | {:.1} | {} of {} | {skipped} | {:.1} % | {:.1} us | {mebibytes:.1} MiB | {spread} |",
            point.subscribers,
            point.views,
            1.0 / f64::from(point.every),
            measured.delivered,
            measured.due,
            100.0 * measured.share(),
            measured.micros(),
        )?;
    }
    Ok(text)
}
