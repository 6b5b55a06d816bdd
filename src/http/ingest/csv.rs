//! Rows as lines of cells, below a header that names them; without one by how many they are.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::cells::RowCell;
use super::collector::{CLOSE, COLUMNS, Collector, PRICE, RowCells, TIME, column_of, is_final};
use crate::http::error::Problem;

/// What parts cells, the surest first.
const DELIMITERS: [u8; 3] = [b'\t', b';', b','];
/// Most cells of a line.
const MOST_CELLS: usize = 64;
/// Longest part of a header that a message repeats, in characters.
const QUOTED: usize = 40;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellPlace {
    Column(usize),
    Final,
}

/// Reads rows.
///
/// # Errors
/// 400 for a header that names no rows, 413 for too many rows. What is wrong with a row is the collector's.
pub fn read(text: &str, rows: &mut Collector<'_>) -> Result<(), Problem> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| is_row(line));
    let Some((first, head)) = lines.next() else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "there are no rows"));
    };
    let delimiter = DELIMITERS.into_iter().find(|delimiter| head.as_bytes().contains(delimiter));
    let mut splitter = LineSplitter::new(delimiter.unwrap_or(b','));
    let cells = splitter.cells(head);
    let places = match headless(&cells) {
        Some(places) => {
            take(first, &cells, &places, rows)?;
            places
        }
        None => header(first, &cells)?,
    };
    for (number, line) in lines {
        let cells = splitter.cells(line);
        if cells.len() > places.len() {
            let detail = format!("it has {} cells, and its header {}", cells.len(), places.len());
            rows.refuse(number, "line", detail);
            continue;
        }
        take(number, &cells, &places, rows)?;
    }
    Ok(())
}

fn is_row(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn take(
    line: usize,
    cells: &[Cow<'_, str>],
    places: &[CellPlace],
    rows: &mut Collector<'_>,
) -> Result<(), Problem> {
    let (mut row, mut over) = (RowCells::default(), None);
    for (cell, place) in cells.iter().zip(places) {
        let cell = RowCell::Text(Cow::Borrowed(&**cell));
        match place {
            CellPlace::Column(column) => row.0[*column] = Some(cell),
            CellPlace::Final => over = Some(cell),
        }
    }
    rows.row(line, &row, over.as_ref())
}

/// What a line without a header holds, if the first line is a row: its first cell begins with a digit.
fn headless(cells: &[Cow<'_, str>]) -> Option<Vec<CellPlace>> {
    let is_time = |cell: &Cow<'_, str>| cell.trim().starts_with(|c: char| c.is_ascii_digit());
    if !cells.first().is_some_and(is_time) {
        return None;
    }
    let tick = [TIME, PRICE, PRICE + 1, PRICE + 2].map(CellPlace::Column);
    let bar = [TIME, 1, 2, 3, CLOSE, CLOSE + 1].map(CellPlace::Column);
    Some(match cells.len() {
        count @ ..=4 => tick[..count].to_vec(),
        _ => bar.into_iter().chain([CellPlace::Final]).collect(),
    })
}

fn header(line: usize, cells: &[Cow<'_, str>]) -> Result<Vec<CellPlace>, Problem> {
    let bad = |detail: String| {
        let rows =
            "bars are time,open,high,low,close[,volume][,final] and ticks time,price[,size][,id]";
        Problem::new(StatusCode::BAD_REQUEST, format!("line {line}: {detail}; {rows}"))
    };
    let mut places = Vec::new();
    for cell in cells {
        let place = match column_of(cell) {
            Some(column) => CellPlace::Column(column),
            None if is_final(cell) => CellPlace::Final,
            None => {
                let name: String = cell.chars().take(QUOTED).collect();
                return Err(bad(format!("there is no column {name:?}")));
            }
        };
        if places.contains(&place) {
            return Err(bad(format!("{:?} stands there twice", &**cell)));
        }
        places.push(place);
    }
    let has = |column: usize| places.contains(&CellPlace::Column(column));
    if !has(TIME) {
        return Err(bad(format!("there is no column {:?}", COLUMNS[TIME][0])));
    }
    match (has(CLOSE), has(PRICE)) {
        (true, false) | (false, true) => Ok(places),
        (true, true) => Err(bad("a header has close or price, and not both".to_owned())),
        (false, false) => Err(bad("a header has close or price".to_owned())),
    }
}

/// Parts lines at one delimiter; a cell may stand in quotes.
struct LineSplitter {
    reader: Reader,
    delimiter: u8,
}

impl LineSplitter {
    fn new(delimiter: u8) -> Self {
        Self { reader: ReaderBuilder::new().delimiter(delimiter).build(), delimiter }
    }

    fn cells<'l>(&mut self, line: &'l str) -> Vec<Cow<'l, str>> {
        if !line.contains('"') {
            let parts = line.split(char::from(self.delimiter)).take(MOST_CELLS);
            return parts.map(Cow::Borrowed).collect();
        }
        self.reader.reset();
        let mut text = vec![0; line.len() + 1];
        let mut ends = [0; MOST_CELLS];
        let (result, _, _, count) = self.reader.read_record(line.as_bytes(), &mut text, &mut ends);
        let count = match result {
            ReadRecordResult::InputEmpty => {
                let rest = &mut ends[count..];
                let (_, _, _, more) = self.reader.read_record(&[], &mut text[line.len()..], rest);
                (count + more).min(MOST_CELLS)
            }
            _ => count,
        };
        let cell = |at: usize| {
            let start = at.checked_sub(1).map_or(0, |before| ends[before]);
            Cow::Owned(String::from_utf8_lossy(&text[start..ends[at]]).into_owned())
        };
        (0..count).map(cell).collect()
    }
}
