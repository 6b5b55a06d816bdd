//! The traces of a chart's studies: over the prices, or in panes below them.

use std::borrow::Cow;
use std::mem;

use super::Scene;
use super::theme::{Colors, Role};
use super::time::{Axis, Stamps};
use super::traces::{BarTrace, Marker, Scatter, Trace, TraceForm, uid};
use super::unit::PriceUnit;
use super::window;
use crate::bars::Bars;
use crate::bars::numbers::Numbers;
use crate::bars::studies::{Anchors, compute, compute_since};
use crate::study::{Pane, Study};
use crate::view::Chart;

/// Width of a column in milliseconds for each second of a bar: seven tenths of its slot.
const COLUMN_WIDTH: i64 = 700;

/// A study computed for the drawn window.
pub struct DrawnStudy {
    study: Study,
    /// Its lines, as long as the window.
    lines: Vec<Vec<f64>>,
    /// Its pane below the prices, from 0.
    pub pane: Option<usize>,
}

/// The studies of a scene.
pub struct DrawnStudies {
    /// Those that are drawn.
    pub drawn: Vec<DrawnStudy>,
    /// Those of volume, of an instrument that has none.
    pub omitted: Vec<Study>,
    /// Volumes of rising and of falling bars.
    volumes: [VolumeColumn; 2],
    /// When trading days begin, for a study that begins anew with each.
    days: Vec<i64>,
    /// What they were computed of, none where no study is drawn, and the index of the first drawn bar.
    bars: Bars,
    first: usize,
}

/// Some of the window's bars: when they are, and their volume.
#[derive(Default)]
struct VolumeColumn {
    times: Vec<i64>,
    values: Vec<f64>,
}

impl DrawnStudies {
    /// Bytes that they keep, those of the bars included: where bars are made longer or percents, no other
    /// task has them.
    pub fn bytes(&self) -> usize {
        let lines = self.drawn.iter().flat_map(|study| &study.lines);
        let volumes =
            self.volumes.iter().flat_map(|column| [column.times.len(), column.values.len()]);
        let values = lines.map(Vec::len).chain(volumes).sum::<usize>() + self.days.len();
        8 * values + self.bars.bytes()
    }

    /// Computes them over the whole series and cuts the window, `drawn`, from the end: a recursive
    /// study of the window alone would change as bars leave it. Values of bars that are as they were are
    /// taken from the `known` ones of another figure.
    pub fn of(scene: &Scene<'_>, drawn: &Bars, known: Option<Self>) -> Self {
        let has_volume = scene.bars.volumes().iter().any(|volume| *volume > 0.0);
        let wanted = match scene.view.chart {
            Chart::Spark => &[],
            _ => scene.view.studies.as_slice(),
        };
        let (omitted, wanted): (Vec<Study>, Vec<Study>) =
            wanted.iter().partition(|study| study.needs_volume() && !has_volume);
        let first = scene.bars.len() - drawn.len();
        // Asked of the calendar and the volumes only where a study wants to know.
        let days = if wanted.contains(&Study::Vwap) {
            window::day_starts(scene.bars, scene.hours, &scene.instrument.zone)
        } else {
            Vec::new()
        };
        let volumes = if wanted.contains(&Study::Volume) {
            volumes(drawn)
        } else {
            <[VolumeColumn; 2]>::default()
        };
        let anchors = Anchors { sessions: &days, first_drawn: first };
        let is_any = !wanted.is_empty();
        let mut known = known.filter(|known| is_any && known.first == first && known.days == days);
        // To compare and to keep the whole series costs more than to draw a plain figure.
        let bars = if is_any { scene.bars.clone() } else { Bars::empty() };
        let same = known.as_ref().map_or(0, |known| known.bars.common(scene.bars));
        let mut lines = |study| {
            let known = known.as_mut().filter(|_| same > first).and_then(|known| known.take(study));
            match known {
                Some(known) => {
                    let tails = compute_since(study, scene.bars, anchors, same);
                    known
                        .into_iter()
                        .zip(tails)
                        .map(|(line, tail)| joined(line, same - first, &tail))
                        .collect()
                }
                None => cut(compute(study, scene.bars, anchors), first),
            }
        };
        let mut panes = 0..;
        let drawn_studies = wanted.into_iter().map(|study| DrawnStudy {
            study,
            lines: lines(study),
            pane: (study.pane() == Pane::Own).then(|| panes.next()).flatten(),
        });
        let drawn = drawn_studies.collect();
        Self { drawn, omitted, volumes, days, bars, first }
    }

    /// Takes out the lines of a study.
    fn take(&mut self, study: Study) -> Option<Vec<Vec<f64>>> {
        let known = self.drawn.iter_mut().find(|known| known.study == study)?;
        Some(mem::take(&mut known.lines))
    }

    /// Number of panes below the prices.
    pub fn panes(&self) -> usize {
        self.drawn.iter().filter(|drawn| drawn.pane.is_some()).count()
    }

    /// Number of studies over the prices, which a legend tells apart.
    pub fn overlays(&self) -> usize {
        self.drawn.len() - self.panes()
    }

    /// Those below the prices, from the top.
    pub fn below(&self) -> impl Iterator<Item = (&DrawnStudy, usize)> {
        self.drawn.iter().filter_map(|drawn| Some((drawn, drawn.pane?)))
    }

    /// The lines of those that are not of the bars themselves, in whole precision: `sma:20`,
    /// `bb:20:2 upper`.
    pub fn columns(&self) -> impl Iterator<Item = (String, &[f64])> {
        let computed = self.drawn.iter().filter(|drawn| drawn.study != Study::Volume);
        computed.flat_map(|DrawnStudy { study, lines, .. }| {
            lines.iter().zip(study.lines()).map(move |(values, line)| {
                let alone = study.lines().len() == 1;
                (if alone { study.to_string() } else { format!("{study} {line}") }, &**values)
            })
        })
    }

    /// The traces of all of them.
    pub fn traces<'a>(
        &'a self,
        scene: &'a Scene<'_>,
        drawn: &'a Bars,
        axis: &'a Axis,
    ) -> Vec<Trace<'a>> {
        let colors = scene.colors;
        let mut traces = Vec::new();
        for (index, study) in self.drawn.iter().enumerate() {
            if study.study == Study::Volume {
                traces.extend(self.volume(scene, study, axis));
                continue;
            }
            for &line in study.order() {
                let (mut times, mut values) =
                    (Cow::from(drawn.times()), Cow::from(&study.lines[line]));
                // A bar of a day or longer is a day that begins anew by itself.
                if study.study == Study::Vwap && axis.interval().is_intraday() {
                    (times, values) = day_by_day(&times, &values, &self.days);
                }
                let role = study.role(line, index);
                let values = Numbers::computed(values);
                let form = study.form(line, values, colors, role, axis.interval().seconds());
                let x = Stamps::of(axis, times);
                traces.push(study.trace(study.study.lines()[line], Some(role), x, form));
            }
        }
        traces
    }

    /// Volume as two traces, of rising and of falling bars: an array of colours would be as long as
    /// the bars.
    fn volume<'a>(
        &'a self,
        scene: &Scene<'_>,
        study: &'a DrawnStudy,
        axis: &'a Axis,
    ) -> impl Iterator<Item = Trace<'a>> {
        let colors = scene.colors.directions(scene.view.palette);
        let width = axis.interval().seconds() * COLUMN_WIDTH;
        let columns = self.volumes.iter().zip(colors).zip(["up", "down"]);
        // plotly finds a trace without points invalid.
        columns.filter(|((column, _), _)| !column.times.is_empty()).map(
            move |((column, color), line)| {
                let form = TraceForm::Bar(BarTrace {
                    y: (&*column.values).into(),
                    marker: Marker { color, opacity: 0.6 },
                    width,
                    hovertemplate: "%{y:.3s}",
                });
                study.trace(line, None, Stamps::of(axis, &*column.times), form)
            },
        )
    }
}

impl DrawnStudy {
    /// For people: `SMA 20`, `BB 20 2`.
    pub fn label(&self) -> String {
        match self.study {
            Study::Volume => "Volume".to_owned(),
            study => study.to_string().to_uppercase().replace(':', " "),
        }
    }

    /// How the ticks of its pane are written, prices being in `unit`.
    pub fn tick_format(&self, unit: PriceUnit) -> String {
        match self.study {
            Study::Volume | Study::Obv => "~s".to_owned(),
            Study::Rsi(_) | Study::Stoch { .. } => "d".to_owned(),
            _ => unit.tick_format(),
        }
    }

    /// The lines in the order in which they are drawn: a band is filled from its lower line up to
    /// the line before.
    const fn order(&self) -> &'static [usize] {
        match self.study {
            Study::Bb(..) => &[0, 2, 1],
            Study::Macd { .. } => &[2, 0, 1],
            Study::Stoch { .. } => &[0, 1],
            _ => &[0],
        }
    }

    fn trace<'a>(
        &self,
        line: &str,
        meta: Option<Role>,
        x: Stamps<'a>,
        form: TraceForm<'a>,
    ) -> Trace<'a> {
        let label = self.label();
        // One line lends its study its name, and stands for it in the legend.
        let main = self.study.lines().len() == 1 && self.study != Study::Volume || line == "middle";
        Trace {
            uid: uid(&format!("{}/{line}", self.study)).into(),
            name: if main { label } else { format!("{label} {line}") }.into(),
            x: Some(x),
            yaxis: self.pane.map(|pane| format!("y{}", pane + 2)),
            legendgroup: Some(self.study.to_string()),
            showlegend: main && self.pane.is_none(),
            meta,
            form,
        }
    }

    /// What a line's colour stands for in the study at `index`.
    const fn role(&self, line: usize, index: usize) -> Role {
        match (self.study, line) {
            (Study::Macd { .. }, 2) => Role::Muted,
            (Study::Macd { .. } | Study::Stoch { .. }, 1) => Role::study(index + 1),
            _ => Role::study(index),
        }
    }

    fn form<'a>(
        &self,
        line: usize,
        values: Numbers<'a>,
        colors: &Colors,
        role: Role,
        interval: i64,
    ) -> TraceForm<'a> {
        let color = colors.get(role);
        match (self.study, line) {
            (Study::Macd { .. }, 2) => TraceForm::Bar(BarTrace {
                y: values,
                marker: Marker { color, opacity: 0.6 },
                width: interval * COLUMN_WIDTH,
                hovertemplate: "%{y:.4g}",
            }),
            (Study::Bb(..), 0) => TraceForm::Scatter(Scatter::line(values, color, 1.0)),
            (Study::Bb(..), 2) => {
                TraceForm::Scatter(Scatter::line(values, color, 1.0).filled(colors.veil))
            }
            (Study::Macd { .. } | Study::Stoch { .. }, 1) => {
                TraceForm::Scatter(self.told(Scatter::line(values, color, 1.2)))
            }
            _ => TraceForm::Scatter(self.told(Scatter::line(values, color, 1.4))),
        }
    }

    /// A line of differences between prices tells more digits than the axis of prices shows.
    fn told<'a>(&self, mut line: Scatter<'a>) -> Scatter<'a> {
        if matches!(self.study, Study::Macd { .. } | Study::Atr(_)) {
            line.tell("%{y:.4g}");
        }
        line
    }
}

/// A line that is broken where a day begins: one day's last value and the next one's first have nothing
/// between them. The gap is a point more, at the time of the bar that follows it.
fn day_by_day<'a>(times: &[i64], values: &[f64], days: &[i64]) -> (Cow<'a, [i64]>, Cow<'a, [f64]>) {
    let day = |ts: i64| days.partition_point(|start| *start <= ts);
    let mut points: Vec<(i64, f64)> = Vec::with_capacity(times.len() + days.len());
    for (&ts, &value) in times.iter().zip(values) {
        if points.last().is_some_and(|(before, _)| day(*before) < day(ts)) {
            points.push((ts, f64::NAN));
        }
        points.push((ts, value));
    }
    let (times, values): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
    (times.into(), values.into())
}

/// The first `kept` values of `line` and then `tail`.
fn joined(mut line: Vec<f64>, kept: usize, tail: &[f64]) -> Vec<f64> {
    line.truncate(kept);
    line.extend_from_slice(tail);
    line
}

fn cut(lines: Vec<Vec<f64>>, first: usize) -> Vec<Vec<f64>> {
    let window = |line: Vec<f64>| line.into_iter().skip(first).collect();
    lines.into_iter().map(window).collect()
}

fn volumes(bars: &Bars) -> [VolumeColumn; 2] {
    let column = |rising: bool| {
        let rows = bars.iter().filter(|bar| (bar.close >= bar.open) == rising);
        let (times, values) = rows.map(|bar| (bar.ts, bar.volume)).unzip();
        VolumeColumn { times, values }
    };
    [column(true), column(false)]
}
