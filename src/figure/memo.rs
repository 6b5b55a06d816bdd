//! What the last figure of a view was, so that the next one is written at the price of what has changed.
//!
//! A tick changes the last bar of hundreds. The text of a column follows from its values alone, so where
//! they are as they were, their text is copied from the last figure. A figure that is written with a memo
//! is byte for byte the one that is written without.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::studies::DrawnStudies;
use super::time::{Axis, Stamps};
use super::timeline::Timeline;
use super::traces::TraceColumn;
use crate::bars::numbers::{Digits, Numbers};

/// Room for what a figure may be longer than the one before.
const ROOM: usize = 1_024;

/// The last figure of one view.
#[derive(Default)]
pub struct Memo {
    /// The figure with what stood around it. It shares the memory of the event that was sent.
    text: Bytes,
    columns: Vec<WrittenColumn>,
    pub(super) derived: Derived,
}

/// What is derived from the bars before a figure is written.
#[derive(Default)]
pub struct Derived {
    pub timeline: Option<Timeline>,
    pub studies: Option<DrawnStudies>,
}

/// A column of the last figure.
struct WrittenColumn {
    values: ColumnValues,
    /// Where its list stands in the text, brackets included.
    place: Range<usize>,
}

/// What a column's text follows from.
enum ColumnValues {
    /// Of times that several columns have there is one list.
    Times(Axis, Arc<[i64]>),
    /// Of numbers the bits: a gap is the same as a gap.
    Numbers(Digits, Vec<u64>),
}

impl Memo {
    /// Bytes that it keeps besides those of the event.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = |column: &WrittenColumn| match &column.values {
            ColumnValues::Times(_, times) => mem::size_of_val(&**times),
            ColumnValues::Numbers(_, bits) => mem::size_of_val(&**bits),
        };
        self.columns.iter().map(values).sum::<usize>() + self.derived.bytes()
    }
}

impl Derived {
    fn bytes(&self) -> usize {
        let timeline = self.timeline.as_ref().map_or(0, Timeline::bytes);
        timeline + self.studies.as_ref().map_or(0, DrawnStudies::bytes)
    }
}

/// Writes one figure.
pub struct Pen {
    out: Vec<u8>,
    written: Vec<WrittenColumn>,
    /// The text that was written last.
    known: Bytes,
    /// Its columns from the one on that is next.
    next: std::vec::IntoIter<WrittenColumn>,
    /// How many of the known bars the trace has no more at its front.
    gone: usize,
}

impl Pen {
    /// A pen that takes what it can from `memo`, which is empty until the pen [is done](Self::finish).
    pub fn new(memo: &mut Memo) -> Self {
        let known = mem::take(&mut memo.text);
        Self {
            out: Vec::with_capacity(known.len() + ROOM),
            written: Vec::with_capacity(memo.columns.len()),
            known,
            next: mem::take(&mut memo.columns).into_iter(),
            gone: 0,
        }
    }

    /// Writes text.
    pub fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a value as JSON.
    pub fn json(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.out, value)
            .expect("a figure has string keys only and no failing serializer");
    }

    /// Writes the members of an object, and leaves it open for more.
    pub fn open(&mut self, object: &impl Serialize) {
        self.json(object);
        self.out.pop();
    }

    /// Writes a column as a list.
    pub fn column(&mut self, column: TraceColumn<'_>) {
        let begun = self.out.len();
        self.out.push(b'[');
        let values = match column {
            TraceColumn::Times(stamps) => self.times(stamps),
            TraceColumn::Numbers(numbers) => self.numbers(numbers),
        };
        self.out.push(b']');
        self.written.push(WrittenColumn { values, place: begun..self.out.len() });
    }

    fn times(&mut self, stamps: &Stamps<'_>) -> ColumnValues {
        let (axis, times) = (stamps.axis(), stamps.times());
        let known = self.next.next().map(|known| (known.values, known.place));
        let Some((ColumnValues::Times(_, known), place)) =
            known.filter(|(values, _)| matches!(values, ColumnValues::Times(of, _) if of == axis))
        else {
            self.gone = 0;
            stamps.write(0, &mut self.out);
            return ColumnValues::Times(axis.clone(), self.list(times));
        };
        let first = times.first().copied().unwrap_or(i64::MIN);
        self.gone = known.partition_point(|&ts| ts < first);
        let kept = self.copy(&place, &known, times.iter().copied());
        stamps.write(kept, &mut self.out);
        let times = if *known == *times { known } else { self.list(times) };
        ColumnValues::Times(axis.clone(), times)
    }

    /// The times as a list, which the column before may have.
    fn list(&self, times: &[i64]) -> Arc<[i64]> {
        let mut lists = self.written.iter().rev().filter_map(|column| match &column.values {
            ColumnValues::Times(_, list) => Some(list),
            ColumnValues::Numbers(..) => None,
        });
        let list = lists.next().filter(|list| ***list == *times);
        list.map_or_else(|| times.into(), Arc::clone)
    }

    fn numbers(&mut self, numbers: &Numbers<'_>) -> ColumnValues {
        let digits = numbers.digits();
        let (mut known, place) = match self.next.next().map(|known| (known.values, known.place)) {
            Some((ColumnValues::Numbers(of, known), place)) if of == digits => (known, place),
            _ => (Vec::new(), 0..0),
        };
        let bits = || numbers.as_slice().iter().map(|number| number.to_bits());
        let kept = self.copy(&place, &known, bits());
        numbers.write(kept, &mut self.out);
        known.drain(..self.gone.min(known.len()));
        known.truncate(kept);
        known.extend(bits().skip(kept));
        ColumnValues::Numbers(digits, known)
    }

    /// Copies the text of those of the `known` values at `place` that `values` begins with, after those
    /// that are gone; how many they are.
    fn copy<T: PartialEq>(
        &mut self,
        place: &Range<usize>,
        known: &[T],
        values: impl Iterator<Item = T>,
    ) -> usize {
        let gone = self.gone.min(known.len());
        let kept = known[gone..].iter().zip(values).take_while(|(old, new)| *old == new).count();
        if kept > 0 {
            let list = &self.known[place.start + 1..place.end - 1];
            self.out.extend_from_slice(part(list, gone, known.len() - gone - kept));
        }
        kept
    }

    /// The text, which is kept in `memo`.
    pub fn finish(self, memo: &mut Memo) -> Bytes {
        memo.text = self.out.into();
        memo.columns = self.written;
        memo.text.clone()
    }
}

/// The items of a list without the first `before` and the last `after` of them; no item has a comma in it.
fn part(mut list: &[u8], before: usize, after: usize) -> &[u8] {
    let is_comma = |byte: &u8| *byte == b',';
    for _ in 0..before {
        list = list.iter().position(is_comma).map_or(&[], |at| &list[at + 1..]);
    }
    for _ in 0..after {
        list = list.iter().rposition(is_comma).map_or(&[], |at| &list[..at]);
    }
    list
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Derived, Memo, Pen};
    use crate::bars::numbers::Numbers;
    use crate::bars::{Bar, Bars};
    use crate::figure::traces::TraceColumn;
    use crate::figure::{Colors, Scene, with_figure};
    use crate::interval::DAY;
    use crate::market::{Hours, Instrument, Timetable};
    use crate::view::View;

    fn written(memo: &mut Memo, columns: &[Numbers<'_>]) -> String {
        let mut pen = Pen::new(memo);
        for column in columns {
            pen.column(TraceColumn::Numbers(column));
        }
        String::from_utf8(pen.finish(memo).into()).expect("text")
    }

    #[test]
    fn what_was_written_in_whole_precision_is_not_taken_for_what_is_computed() {
        let mut memo = Memo::default();
        let values = [0.123_456_789, 2.0];
        let (whole, computed) = (Numbers::from(&values[..]), Numbers::computed(&values[..]));
        assert_eq!(written(&mut memo, &[whole]), "[0.123456789,2]");
        assert_eq!(written(&mut memo, &[computed]), "[0.1234568,2]");
    }

    #[test]
    fn what_is_derived_counts_as_kept() {
        let bytes = |derived| Memo { derived, ..Memo::default() }.bytes();
        let bar = |ts| Bar { ts, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 };
        let bars: Bars = (0..100).map(|minute| bar(60 * minute)).collect();
        let kept = |view: &str| {
            let view = view.parse::<View>().expect("valid");
            let instrument = Instrument::unnamed(view.symbol.clone(), TimeZone::UTC);
            let scene = Scene {
                view: &view,
                colors: &Colors::plain(&view),
                bars: &bars,
                instrument: &instrument,
                hours: &Hours::Continuous { day: DAY },
                compared: &[],
                quote: None,
                delay: None,
                session: None,
                timetable: &Timetable::UNKNOWN,
                source: "test",
            };
            let mut derived = Derived::default();
            with_figure(&scene, &mut derived, |_| ());
            bytes(derived)
        };
        assert_eq!(bytes(Derived::default()), 0);
        // A line, the volumes, the columns of the bars and their times are eight bytes a bar each.
        assert!(kept("AAPL;studies=sma:5,volume") >= 100 * 8 * 9);
        assert_eq!(kept("AAPL"), 100 * 8, "without a study the times of the axis alone");
    }

    #[test]
    fn a_column_that_shrinks_grows_or_goes_is_written_as_it_is() {
        let mut memo = Memo::default();
        let mut figure = |columns: &[&[f64]]| {
            let columns: Vec<_> = columns.iter().map(|values| Numbers::from(*values)).collect();
            written(&mut memo, &columns)
        };
        assert_eq!(figure(&[&[1.0, f64::NAN, 3.0], &[4.0]]), "[1,null,3][4]");
        assert_eq!(figure(&[&[1.0, f64::NAN], &[4.0, 5.0]]), "[1,null][4,5]");
        assert_eq!(figure(&[&[], &[]]), "[][]");
        assert_eq!(figure(&[&[7.0]]), "[7]");
        assert_eq!(figure(&[&[7.0], &[]]), "[7][]");
    }
}
