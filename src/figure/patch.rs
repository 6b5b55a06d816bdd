//! What turns one figure of a view into a later one: a JSON Patch (RFC 6902).
//!
//! The long columns are compared bar by bar: some have left at the front, some have changed, some
//! are new at the end. What is left of a figure without its columns is small and is compared whole,
//! so that nothing that a figure may ever say is forgotten here.

use serde::Serialize;
use serde_json::{Map, Value};

use super::time::Stamp;
use super::traces::TraceColumn;
use super::{Figure, Scene, with_figure};
use crate::bars::numbers::Number;

/// Most operations on one column; beyond that it is replaced.
const MOST_EDITS: usize = 48;

/// One operation.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Op {
    Add { path: String, value: Value },
    Remove { path: String },
    Replace { path: String, value: Value },
}

/// The operations that turn the figure of `before` into that of `after`, as a JSON array; `None` where
/// that is another kind of figure, with other traces.
#[must_use]
pub fn patch(before: &Scene<'_>, after: &Scene<'_>) -> Option<String> {
    let ops = with_figure(before, |before| with_figure(after, |after| between(before, after)))?;
    serde_json::to_string(&ops).ok()
}

fn between(mut before: Figure<'_>, mut after: Figure<'_>) -> Option<Vec<Op>> {
    let uids = |figure: &Figure<'_>| -> Vec<String> {
        figure.data.iter().map(|trace| trace.uid.to_string()).collect()
    };
    if uids(&before) != uids(&after) {
        return None;
    }
    let mut ops = Vec::new();
    for (index, (old, new)) in before.data.iter_mut().zip(&mut after.data).enumerate() {
        let (old, new) = (old.take_columns(), new.take_columns());
        if !old.iter().map(|(name, _)| name).eq(new.iter().map(|(name, _)| name)) {
            return None;
        }
        let gone = gone(&old, &new);
        for ((name, old), (_, new)) in old.iter().zip(&new) {
            ops.extend(edits(&format!("/data/{index}/{name}"), old, new, gone));
        }
    }
    let rest = |figure| serde_json::to_value(figure).ok();
    ops.extend(changes("", &rest(&before)?, &rest(&after)?));
    Some(ops)
}

/// How many of a trace's old bars lie before its first new one.
fn gone(old: &[(&'static str, TraceColumn<'_>)], new: &[(&'static str, TraceColumn<'_>)]) -> usize {
    match (old.first(), new.first()) {
        (Some((_, TraceColumn::Times(old))), Some((_, TraceColumn::Times(new)))) => {
            let first = new.times().first().copied().unwrap_or(i64::MIN);
            old.times().partition_point(|&ts| ts < first)
        }
        _ => 0,
    }
}

/// A column's value at a bar.
enum ListItem {
    Time(Stamp),
    Number(f64),
}

impl PartialEq for ListItem {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(one), Self::Time(other)) => one.as_str() == other.as_str(),
            // A gap is no news.
            (Self::Number(one), Self::Number(other)) => one.to_bits() == other.to_bits(),
            _ => false,
        }
    }
}

impl ListItem {
    fn value(&self) -> Value {
        match self {
            Self::Time(stamp) => stamp.as_str().into(),
            Self::Number(number) => serde_json::to_value(Number(*number)).unwrap_or(Value::Null),
        }
    }
}

impl TraceColumn<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Times(stamps) => stamps.times().len(),
            Self::Numbers(numbers) => numbers.as_slice().len(),
        }
    }

    fn item(&self, index: usize) -> ListItem {
        match self {
            Self::Times(stamps) => ListItem::Time(stamps.stamp(index)),
            Self::Numbers(numbers) => ListItem::Number(numbers.as_slice()[index]),
        }
    }
}

/// The edits of a column of which `gone` bars have left at the front, or fewer edits if there are.
fn edits(path: &str, old: &TraceColumn<'_>, new: &TraceColumn<'_>, gone: usize) -> Vec<Op> {
    let edits = [gone, 0].map(|gone| edits_after(path, old, new, gone));
    let [rolled, in_place] = edits;
    let fewer = if in_place.len() < rolled.len() { in_place } else { rolled };
    if fewer.len() <= MOST_EDITS {
        return fewer;
    }
    let all = (0..new.len()).map(|index| new.item(index).value()).collect();
    vec![Op::Replace { path: path.to_owned(), value: Value::Array(all) }]
}

fn edits_after(path: &str, old: &TraceColumn<'_>, new: &TraceColumn<'_>, gone: usize) -> Vec<Op> {
    let gone = gone.min(old.len());
    let kept = (old.len() - gone).min(new.len());
    let at = |place: &dyn std::fmt::Display| format!("{path}/{place}");
    let front = (0..gone).map(|_| Op::Remove { path: at(&0) });
    let changed = (0..kept).filter_map(|index| {
        let item = new.item(index);
        let differs = old.item(gone + index) != item;
        differs.then(|| Op::Replace { path: at(&index), value: item.value() })
    });
    let back = (kept..old.len() - gone).rev();
    let back = back.map(|index| Op::Remove { path: at(&index) });
    let added = (kept..new.len()).map(|index| {
        let value = new.item(index).value();
        Op::Add { path: at(&"-"), value }
    });
    // More than is of use need not be written down.
    front.chain(changed).chain(back).chain(added).take(MOST_EDITS + 1).collect()
}

/// The changes of a small part of the figure: one by one, or the part as a whole if that is shorter.
fn changes(path: &str, old: &Value, new: &Value) -> Vec<Op> {
    if old == new {
        return Vec::new();
    }
    let whole = vec![Op::Replace { path: path.to_owned(), value: new.clone() }];
    let parts = match (old, new) {
        (Value::Object(old), Value::Object(new)) => changes_of_object(path, old, new),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).enumerate();
            pairs.flat_map(|(n, (old, new))| changes(&format!("{path}/{n}"), old, new)).collect()
        }
        _ => return whole,
    };
    let length = |ops: &[Op]| serde_json::to_string(ops).map_or(usize::MAX, |text| text.len());
    // The root has no parent to be replaced in that is shorter than the figure.
    if path.is_empty() || length(&parts) < length(&whole) { parts } else { whole }
}

fn changes_of_object(path: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Op> {
    let below = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    let gone = gone.map(|key| Op::Remove { path: below(key) });
    let kept = new.iter().flat_map(|(key, value)| match old.get(key) {
        Some(before) => changes(&below(key), before, value),
        None => vec![Op::Add { path: below(key), value: value.clone() }],
    });
    gone.chain(kept).collect()
}
