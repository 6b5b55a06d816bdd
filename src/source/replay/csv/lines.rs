//! Parts a text into numbered lines, and a line into cells.
//!
//! A line is a row: no cell of market data holds a line break, so a quote without its partner costs one
//! line and not the rest of the file.

use csv_core::{ReadRecordResult, ReaderBuilder};

/// Cells that say that there is nothing to say, in lower case.
pub(super) const GAPS: [&str; 11] =
    ["", "-", "--", "n/d", "n/a", "#n/a", "na", "nan", "null", "none", "<null>"];

/// A line that is not empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// The first is 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// Whether it is none of the table's own.
    pub(super) fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with(['#', '%']) || self.text.starts_with("//")
    }

    /// Whether a quote is opened and not closed.
    pub(super) fn is_open(&self) -> bool {
        self.text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
    }
}

/// The lines of `text`, which end as on any system; the first has the number `first`.
pub(super) fn lines(text: &str, first: usize) -> impl Iterator<Item = Line<'_>> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let numbered = text.split(end).zip(first..);
    let lines = numbered.map(|(text, number)| Line { number, text: text.trim_end_matches('\r') });
    lines.filter(|line| !line.text.trim().is_empty())
}

/// Parts lines at one delimiter; a cell may stand in quotes.
pub(super) struct Splitter {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    pub(super) fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, text: Vec::new(), ends: vec![0; 16] }
    }

    /// The cells of a line.
    pub(super) fn cells(&mut self, line: &str) -> Cells<'_> {
        self.reader.reset();
        self.text.resize(line.len().max(1), 0);
        let (mut input, mut length, mut count) = (line.as_bytes(), 0, 0);
        loop {
            let out = &mut self.text[length..];
            let (result, read, wrote, ended) =
                self.reader.read_record(input, out, &mut self.ends[count..]);
            (input, length, count) = (&input[read..], length + wrote, count + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputEndsFull => {
                    let longer = self.ends.len() * 2;
                    self.ends.resize(longer, 0);
                }
                ReadRecordResult::OutputFull => self.text.push(0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let text = std::str::from_utf8(&self.text[..length]);
        Cells { text: text.expect("text that is cut at ASCII signs"), ends: &self.ends[..count] }
    }
}

/// The cells of a line, without spaces around them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&'a str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(self.text[start..end].trim())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let cells = *self;
        (0..cells.len()).filter_map(move |index| cells.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::{Splitter, lines};

    #[test]
    fn lines_of_every_system_have_the_same_numbers() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a", "", " ", "b", ""].join(end);
            let found: Vec<_> =
                lines(&text, 1).map(|line| (line.number, line.text.to_owned())).collect();
            assert_eq!(found, [(1, "a".to_owned()), (4, "b".to_owned())], "{end:?}");
        }
    }

    #[test]
    fn a_cell_in_quotes_may_hold_the_delimiter_and_quotes() {
        let mut splitter = Splitter::new(b',');
        let mut cells =
            |line: &str| splitter.cells(line).iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cells("a, b ,,\"1,234.5\""), ["a", "b", "", "1,234.5"]);
        assert_eq!(cells("\"say \"\"a\"\"\",é"), ["say \"a\"", "é"]);
        assert_eq!(cells("x"), ["x"]);
        assert_eq!(cells(&"1,".repeat(99)).len(), 100);
        assert_eq!(cells("\"open,1"), ["open,1"]);
    }
}
