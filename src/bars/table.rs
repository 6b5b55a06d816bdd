//! Bars and what was computed from them as a table, for programs.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{SerializeMap as _, Serializer};
use serde::{Serialize, ser};

use super::numbers::Number;
use super::{Bars, FLOATS};

/// Name of the first column.
const TIME: &str = "time";
/// Why a table can be written.
const WRITES: &str = "memory takes rows of one length";

/// Rows of a time and numbers; NaN is a number that is not there.
pub struct Table<'a> {
    times: Vec<String>,
    columns: Vec<(Cow<'a, str>, Cow<'a, [f64]>)>,
}

impl<'a> Table<'a> {
    /// The names of the columns that every table has.
    pub const BARS: [&'static str; 6] =
        [TIME, FLOATS[0], FLOATS[1], FLOATS[2], FLOATS[3], FLOATS[4]];

    /// The six columns of `bars`, their times as `time` writes them.
    pub fn of(bars: &'a Bars, time: impl Fn(i64) -> String) -> Self {
        let columns = FLOATS
            .into_iter()
            .zip(0..)
            .map(|(name, index)| (name.into(), bars.floats(index).into()));
        Self {
            times: bars.times().iter().map(|ts| time(*ts)).collect(),
            columns: columns.collect(),
        }
    }

    /// One more column, as long as the others.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, values: impl Into<Cow<'a, [f64]>>) {
        self.columns.push((name.into(), values.into()));
    }

    /// The names of all columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(TIME).chain(self.columns.iter().map(|(name, _)| &**name))
    }

    /// CSV after RFC 4180, names first; what is not there is empty.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut text =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        text.write_record(self.names()).expect(WRITES);
        let mut buffer = zmij::Buffer::new();
        for (index, time) in self.times.iter().enumerate() {
            text.write_field(time).expect(WRITES);
            for (_, values) in &self.columns {
                let known = values.get(index).filter(|value| !value.is_nan());
                let number = known.map_or("", |value| buffer.format(*value));
                text.write_field(number).expect(WRITES);
            }
            text.write_record(None::<&[u8]>).expect(WRITES);
        }
        text.into_inner().expect(WRITES)
    }
}

/// A list of objects, a row each; what is not there is null.
impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.times.len()).map(|index| Row { table: self, index }))
    }
}

struct Row<'a> {
    table: &'a Table<'a>,
    index: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { table, index } = *self;
        let mut row = serializer.serialize_map(Some(1 + table.columns.len()))?;
        row.serialize_entry(TIME, &table.times[index])?;
        for (name, values) in &table.columns {
            row.serialize_entry(name, &values.get(index).copied().map(Number))?;
        }
        row.end()
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::bars::{Bar, Bars};

    fn bars() -> Bars {
        let bar =
            |ts, close| Bar { ts, open: 1.5, high: 3e9, low: 1e-7, close, volume: 1_234_567.0 };
        Bars::from_rows([bar(60, 0.1 + 0.2), bar(120, 226.835)])
    }

    #[test]
    fn csv_has_a_header_whole_numbers_and_nothing_where_nothing_is_known() {
        let bars = bars();
        let mut table = Table::of(&bars, |ts| format!("t{ts}"));
        table.push("bb:20:2 upper".to_owned(), vec![f64::NAN, -0.5]);
        let text = String::from_utf8(table.csv()).expect("text");
        assert_eq!(
            text,
            "time,open,high,low,close,volume,bb:20:2 upper\r\n\
             t60,1.5,3000000000.0,1e-7,0.30000000000000004,1234567.0,\r\n\
             t120,1.5,3000000000.0,1e-7,226.835,1234567.0,-0.5\r\n"
        );
    }

    #[test]
    fn json_is_an_object_a_row_with_null_where_nothing_is_known() {
        let bars = bars().before(120);
        let mut table = Table::of(&bars, |ts| format!("t{ts}"));
        table.push("sma:20".to_owned(), vec![f64::NAN]);
        assert_eq!(
            serde_json::to_string(&table).expect("JSON"),
            r#"[{"time":"t60","open":1.5,"high":3000000000,"low":1e-7,"close":0.30000000000000004,"volume":1234567,"sma:20":null}]"#
        );
        let empty = Table::of(&bars, |_| String::new());
        assert_eq!(empty.names().count(), 6);
    }

    #[test]
    fn no_bars_are_a_header_and_an_empty_list() {
        let bars = Bars::empty();
        let table = Table::of(&bars, |_| String::new());
        assert_eq!(table.csv(), b"time,open,high,low,close,volume\r\n");
        assert_eq!(serde_json::to_string(&table).expect("JSON"), "[]");
    }
}
