//! The rows of a view: the bars of its window with the values of its studies, and which of them have
//! changed.

use std::fmt;

use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Serialize, ser};

use super::scene::Scene;
use super::studies::DrawnStudies;
use super::time::{Axis, Stamp};
use super::{compare, window};
use crate::bars::Bars;
use crate::bars::numbers::Number;
use crate::bars::table::Table;
use crate::study::Study;
use crate::view::View;

/// The rows of a view at one moment, in whole precision.
///
/// Bars are those of the market, or averaged where the chart is of Heikin-Ashi bars; prices stay prices
/// in a comparison, which adds the closes of the other symbols. Times are the figure's `x`.
pub struct ViewRows {
    axis: Axis,
    bars: Bars,
    /// The lines of the studies and the closes of the compared symbols, each as long as the bars; NaN
    /// where there is no value.
    computed: Vec<(String, Vec<f64>)>,
    /// Studies and symbols that were asked for and have no values.
    pub omitted: Vec<String>,
}

/// How the rows of a view differ from those of an earlier moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RowChanges {
    /// Indexes of the rows that are new or have other values.
    rows: Vec<usize>,
    /// Whether the window begins later than it did.
    is_shortened: bool,
}

/// What is told of the rows.
#[derive(Serialize)]
struct RowsEvent<'a> {
    view: String,
    /// The id of the rows that these are put into; null where they are all.
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<&'a str>>,
    /// The first row's time, where rows before it have left the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Stamp>,
    rows: Picked<'a>,
}

impl ViewRows {
    /// The rows of a scene.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let bars = window::shown(scene, scene.bars, scene.view.interval);
        let axis = Axis::of(bars.times(), &scene.instrument.zone, scene.view.interval);
        let studies = DrawnStudies::of(scene, &bars, None);
        let columns = studies.columns().map(|(name, values)| (name, values.to_vec()));
        let mut computed: Vec<_> = columns.collect();
        let mut omitted: Vec<String> = studies.omitted.iter().map(Study::to_string).collect();
        for symbol in scene.view.compare.as_slice() {
            let other = scene.compared.iter().find(|other| other.instrument.symbol == *symbol);
            match other.map(|other| closes(&compare::aligned(other, scene), &bars)) {
                Some(closes) if closes.iter().any(|close| !close.is_nan()) => {
                    computed.push((symbol.to_string(), closes));
                }
                _ => omitted.push(symbol.to_string()),
            }
        }
        Self { axis, bars, computed, omitted }
    }

    /// Bytes that they keep.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let computed = self.computed.iter().map(|(_, values)| size_of_val(&**values));
        computed.sum::<usize>() + self.bars.bytes()
    }

    /// The rows as a table.
    #[must_use]
    pub fn table(&self) -> Table<'_> {
        let mut table = Table::of(&self.bars, |ts| self.axis.stamp(ts).as_str().to_owned());
        for (name, values) in &self.computed {
            table.push(name, &values[..]);
        }
        table
    }

    /// All rows as JSON: `{"view", "from": null, "columns", "rows"}`, each row a list in the order of the
    /// columns.
    #[must_use]
    pub fn whole(&self, view: &View) -> String {
        let rows = Picked { rows: self, indexes: (0..self.bars.len()).collect() };
        let columns = Some(self.names().collect());
        written(&RowsEvent { view: view.to_string(), from: None, columns, since: None, rows })
    }

    /// The rows that changed as JSON: `{"view", "from", "rows"}`, each to be put in the place of the one
    /// of its time, or after all others. `since` is there when rows have left the window: all that are
    /// before it.
    #[must_use]
    pub fn changed(&self, changes: RowChanges, view: &View, from: &str) -> String {
        let first = self.bars.times().first().filter(|_| changes.is_shortened);
        let since = first.map(|&first| self.axis.stamp(first));
        let rows = Picked { rows: self, indexes: changes.rows };
        written(&RowsEvent { view: view.to_string(), from: Some(from), columns: None, since, rows })
    }

    /// How these rows differ from those `before`; nothing where they have other columns, where a row
    /// within the window is gone, or where most have changed: then all are to be told.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Option<RowChanges> {
        if self.axis != before.axis || !self.names().eq(before.names()) {
            return None;
        }
        let (times, old) = (self.bars.times(), before.bars.times());
        let first = times.first().copied().unwrap_or(i64::MAX);
        let gone = old.partition_point(|ts| *ts < first);
        let columns: Vec<_> = self.columns().zip(before.columns()).collect();
        let is_same = |new: usize, old: usize| {
            columns.iter().all(|(now, then)| now[new].to_bits() == then[old].to_bits())
        };
        let mut rows = Vec::new();
        let mut known = gone;
        for (row, &ts) in times.iter().enumerate() {
            match old.get(known) {
                Some(&then) if then < ts => return None,
                Some(&then) if then == ts => {
                    if !is_same(row, known) {
                        rows.push(row);
                    }
                    known += 1;
                }
                _ => rows.push(row),
            }
        }
        let is_whole = known < old.len() || rows.len() > times.len() / 2;
        (!is_whole).then_some(RowChanges { rows, is_shortened: gone > 0 })
    }

    /// The names of all columns, that of the times first.
    fn names(&self) -> impl Iterator<Item = &str> {
        Table::BARS.into_iter().chain(self.computed.iter().map(|(name, _)| &**name))
    }

    /// The values of all columns but the times.
    fn columns(&self) -> impl Iterator<Item = &[f64]> {
        let Self { bars, computed, .. } = self;
        let prices = [bars.opens(), bars.highs(), bars.lows(), bars.closes(), bars.volumes()];
        prices.into_iter().chain(computed.iter().map(|(_, values)| &**values))
    }
}

impl RowChanges {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.is_shortened
    }
}

/// The closes of `other` at the times of `bars`; NaN where it has no bar.
fn closes(other: &Bars, bars: &Bars) -> Vec<f64> {
    let close = |ts| other.times().binary_search(ts).map_or(f64::NAN, |at| other.closes()[at]);
    bars.times().iter().map(close).collect()
}

fn written(told: &RowsEvent<'_>) -> String {
    serde_json::to_string(told).expect("rows have string keys only and no failing serializer")
}

/// Some of the rows, as a list of lists.
struct Picked<'a> {
    rows: &'a ViewRows,
    indexes: Vec<usize>,
}

impl Serialize for Picked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns: Vec<_> = self.rows.columns().collect();
        let row = |&index: &usize| RowValues { rows: self.rows, columns: &columns, index };
        serializer.collect_seq(self.indexes.iter().map(row))
    }
}

struct RowValues<'a> {
    rows: &'a ViewRows,
    columns: &'a [&'a [f64]],
    index: usize,
}

impl Serialize for RowValues<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { rows, columns, index } = *self;
        let mut row = serializer.serialize_seq(Some(1 + columns.len()))?;
        row.serialize_element(&rows.axis.stamp(rows.bars.times()[index]))?;
        for column in columns {
            row.serialize_element(&Number(column[index]))?;
        }
        row.end()
    }
}

impl fmt::Debug for ViewRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
