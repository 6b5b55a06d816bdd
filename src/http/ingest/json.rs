//! Rows as objects: an array of them, or one a line.

use std::fmt;

use actix_web::http::StatusCode;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::cells::RowCell;
use super::collector::{COLUMNS, Collector, RowCells, column_of, is_final};
use crate::http::error::Problem;

/// Longest part of a name that a message repeats, in characters.
const QUOTED: usize = 40;

/// A row, and whether it is over.
#[derive(Debug, Default)]
struct ObjectRow<'a> {
    cells: RowCells<'a>,
    over: Option<RowCell<'a>>,
}

/// Reads an array of rows.
///
/// # Errors
/// 400 for what is none, 413 for too many rows. What is wrong with a row is the collector's.
pub fn read(text: &str, rows: &mut Collector<'_>) -> Result<(), Problem> {
    if text.trim_start().starts_with('{') {
        return read_lines(text, rows);
    }
    let mut array = serde_json::Deserializer::from_str(text);
    let mut problem = None;
    let read = array.deserialize_seq(ArrayVisitor { rows, problem: &mut problem });
    let ended = read.and_then(|()| array.end());
    match (problem, ended) {
        (Some(problem), _) => Err(problem),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => {
            let detail = format!("the body is no JSON array of rows: {error}");
            Err(Problem::new(StatusCode::BAD_REQUEST, detail))
        }
    }
}

/// Reads a row a line; one that spans several lines if it is the only one.
///
/// # Errors
/// 400 without a row, 413 for too many. What is wrong with a row is the collector's.
pub fn read_lines(text: &str, rows: &mut Collector<'_>) -> Result<(), Problem> {
    if let Ok(row) = object(text) {
        return rows.row(1, &row.cells, row.over.as_ref());
    }
    let mut any = false;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        any = true;
        match object(line) {
            Ok(row) => rows.row(number, &row.cells, row.over.as_ref())?,
            Err(error) => rows.refuse(number, "line", format!("it is no row: {error}")),
        }
    }
    if any { Ok(()) } else { Err(Problem::new(StatusCode::BAD_REQUEST, "there are no rows")) }
}

fn object(text: &str) -> serde_json::Result<ObjectRow<'_>> {
    let mut object = serde_json::Deserializer::from_str(text);
    let row = object.deserialize_map(ObjectVisitor)?;
    object.end()?;
    Ok(row)
}

/// Reads an array without keeping it.
struct ArrayVisitor<'r, 'c> {
    rows: &'r mut Collector<'c>,
    /// Why reading was broken off.
    problem: &'r mut Option<Problem>,
}

impl<'de> Visitor<'de> for ArrayVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows such as {\"time\": 1795703400000, \"price\": 1.5}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(row) = array.next_element_seed(ObjectSeed)? {
            number += 1;
            if let Err(problem) = self.rows.row(number, &row.cells, row.over.as_ref()) {
                *self.problem = Some(problem);
                return Err(A::Error::custom("too many rows"));
            }
        }
        Ok(())
    }
}

struct ObjectSeed;

impl<'de> DeserializeSeed<'de> for ObjectSeed {
    type Value = ObjectRow<'de>;

    fn deserialize<D: Deserializer<'de>>(self, object: D) -> Result<ObjectRow<'de>, D::Error> {
        object.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = ObjectRow<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row such as {\"time\": 1795703400000, \"price\": 1.5}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<ObjectRow<'de>, A::Error> {
        let mut row = ObjectRow::default();
        while let Some(name) = object.next_key::<String>()? {
            let place = match column_of(&name) {
                Some(column) => &mut row.cells.0[column],
                None if is_final(&name) => &mut row.over,
                None => {
                    object.next_value::<IgnoredAny>()?;
                    let name: String = name.chars().take(QUOTED).collect();
                    let names: Vec<&str> = COLUMNS.iter().map(|names| names[0]).collect();
                    let names = names.join(", ");
                    return Err(A::Error::custom(format!(
                        "a row has no {name:?}: it may have {names} and final"
                    )));
                }
            };
            if place.is_some() {
                return Err(A::Error::custom(format!("{name} stands there twice")));
            }
            *place = Some(object.next_value()?);
        }
        Ok(row)
    }
}
