//! A chart beside others: all as percent from the first bar that they share.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::omitted::Omitted;
use super::theme::Role;
use super::time::{Axis, Stamp, Stamps};
use super::traces::{Scatter, Trace, TraceForm, uid};
use super::unit::PriceUnit;
use super::{Compared, Scene, last};
use crate::bars::{Bar, Bars, percent};
use crate::interval::Interval;
use crate::market::{Instrument, calendar};
use crate::symbol::Symbol;

/// The lines of a comparison.
pub struct Comparison<'a> {
    /// The scene's own whole series in percent.
    pub bars: Bars,
    /// The bar that its percents are counted from.
    base: Option<Bar>,
    others: Vec<Other<'a>>,
    /// Symbols that have no line: without a bar in the window, or without a base above zero.
    omitted: Vec<Symbol>,
    /// Why not, in sentences.
    notes: Vec<String>,
}

struct Other<'a> {
    instrument: &'a Instrument,
    /// The newest price.
    last: f64,
    base: Bar,
    /// The drawn window in percent.
    bars: Bars,
}

/// What a program may want to know of one line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineMeta<'a> {
    pub symbol: &'a str,
    name: Option<&'a str>,
    currency: Option<&'a str>,
    last: f64,
    /// The close that is 0 %, and the start of its bar.
    base: f64,
    base_at: Stamp,
}

impl<'a> Comparison<'a> {
    /// Compares what is drawn of the scene's own bars, `window`, with the others, which are
    /// [aligned](aligned) to them.
    pub fn of(scene: &'a Scene<'_>, window: &Bars) -> Self {
        let first = window.times().first().copied().unwrap_or(i64::MIN);
        let windows: Vec<Bars> =
            scene.compared.iter().map(|other| other.bars.since(first)).collect();
        let drawn: Vec<&Bars> = windows.iter().filter(|bars| !bars.is_empty()).collect();
        let common = window
            .times()
            .iter()
            .find(|ts| drawn.iter().all(|bars| bars.times().binary_search(ts).is_ok()));
        // Markets that never trade at one time each count from their own first bar.
        let base = |bars: &Bars| match common {
            Some(ts) => bars.since(*ts).get(0),
            None => bars.get(0),
        };
        let other = |(other, bars): (&Compared<'a>, &Bars)| {
            let base = base(bars).filter(is_base)?;
            let last = bars.last()?.close;
            Some(Other { instrument: other.instrument, last, base, bars: bars.rebased(base.close) })
        };
        let others: Vec<_> = scene.compared.iter().zip(&windows).filter_map(other).collect();
        let is_drawn = |symbol: &&Symbol| others.iter().any(|o| o.instrument.symbol == **symbol);
        let wanted = scene.view.compare.as_slice().iter();
        let omitted = wanted.filter(|symbol| !is_drawn(symbol)).cloned();
        let own = &scene.instrument.symbol;
        let bases = scene.compared.iter().map(|other| &other.instrument.symbol).zip(&windows);
        let bases = bases.chain([(own, window)]).filter_map(|(s, bars)| Some((s, base(bars)?)));
        let baseless: Vec<(&Symbol, Bar)> = bases.filter(|(_, base)| !is_base(base)).collect();
        let is_baseless = baseless.iter().any(|(symbol, _)| *symbol == own);
        let notes = baseless.iter().map(|(symbol, base)| no_percent(symbol, base.close)).collect();
        let omitted = is_baseless.then(|| own.clone()).into_iter().chain(omitted).collect();
        let base = base(window).filter(is_base);
        let bars = base.map_or_else(Bars::empty, |base| scene.bars.rebased(base.close));
        Self { bars, base, others, omitted, notes }
    }

    /// The scene's own newest price in percent.
    pub fn quote(&self, scene: &Scene<'_>) -> Option<(f64, Timestamp)> {
        let base = self.base?.close;
        scene.quote.map(|(price, at)| (percent(price, base), at))
    }

    /// What is not drawn.
    pub fn omitted(&self) -> Omitted {
        let (symbols, notes) = (self.omitted.clone(), self.notes.clone());
        Omitted { symbols, notes, ..Omitted::default() }
    }

    /// Whether there is anything to draw beside the scene's own.
    pub const fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// When any of the lines has a bar, given when the scene's own has.
    pub fn times(&self, own: &[i64]) -> Vec<i64> {
        let others = self.others.iter().flat_map(|other| other.bars.times());
        own.iter().chain(others).copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The scene's own traces named in the legend, and a line for each of the others.
    pub fn extend(&'a self, scene: &Scene<'_>, data: &mut Vec<Trace<'a>>, axis: &'a Axis) {
        let colors = scene.colors;
        for trace in data.iter_mut().filter(|trace| trace.uid == "price") {
            let last = last::price(scene).zip(self.base).map(|(last, b)| percent(last, b.close));
            trace.name = label(&scene.instrument.symbol, last.unwrap_or_default()).into();
            trace.showlegend = true;
            if let TraceForm::Scatter(line) = &mut trace.form {
                line.tell(hover(&scene.instrument.symbol));
            }
        }
        for (index, other) in self.others.iter().enumerate() {
            let symbol = &other.instrument.symbol;
            let last = other.bars.last().map_or(0.0, |bar| bar.close);
            let role = Role::compared(index);
            let mut line = Scatter::line(other.bars.closes().into(), colors.get(role), 1.6);
            line.tell(hover(symbol));
            data.push(Trace {
                uid: uid(&format!("compare/{symbol}")).into(),
                name: label(symbol, last).into(),
                x: Some(Stamps::of(axis, other.bars.times())),
                yaxis: None,
                legendgroup: Some(format!("compare/{symbol}")),
                showlegend: true,
                meta: Some(role),
                form: TraceForm::Scatter(line),
            });
        }
    }

    /// The facts of all lines, the scene's own first.
    pub fn meta(&self, scene: &'a Scene<'_>, axis: &Axis) -> Vec<LineMeta<'_>> {
        let line = |instrument: &'a Instrument, last, base: Bar| LineMeta {
            symbol: instrument.symbol.as_str(),
            name: instrument.name.as_deref(),
            currency: instrument.currency.as_deref(),
            last,
            base: base.close,
            base_at: axis.stamp(base.ts),
        };
        let own = last::price(scene).zip(self.base);
        let own = own.map(|(last, base)| line(scene.instrument, last, base));
        let others = self.others.iter().map(|o| line(o.instrument, o.last, o.base));
        own.into_iter().chain(others).collect()
    }
}

/// The other's bars on the scene's time: a day begins when that date does at the scene's exchange,
/// so that one date is one place on the axis whatever the zones.
pub fn aligned(other: &Compared<'_>, scene: &Scene<'_>) -> Bars {
    let (own, zone) = (&other.instrument.zone, &scene.instrument.zone);
    if scene.view.interval < Interval::Day1 || own == zone {
        return other.bars.clone();
    }
    let moved = other.bars.iter().filter_map(|bar| {
        let ts = calendar::midnight(calendar::date(bar.ts, own)?, zone)?;
        Some(Bar { ts, ..bar })
    });
    moved.collect()
}

/// Percents are counted from a price above zero: of any other they would have no meaning.
fn is_base(bar: &Bar) -> bool {
    bar.close > 0.0
}

fn no_percent(symbol: &Symbol, base: f64) -> String {
    format!("{symbol} is left out: it begins at {base}, and percents are counted from above zero")
}

/// A symbol and where it is now.
fn label(symbol: &Symbol, percent: f64) -> String {
    format!("{symbol} {}", PriceUnit::Percent.text(percent))
}

/// What a line tells on hover: the value there, and not the name in the legend, which has the newest.
fn hover(symbol: &Symbol) -> String {
    format!("{symbol} %{{y}}<extra></extra>")
}
