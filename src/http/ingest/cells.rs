//! The cells of a row: times and numbers as senders write them. Nothing in them is guessed.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Longest part of a bad cell that a message repeats, in characters.
const QUOTED: usize = 40;
/// A time that integers name and that is before this, 1980, was most likely meant in another unit.
const EARLIEST: i64 = 315_532_800;
/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum RowCell<'a> {
    /// Text of a CSV or a string.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A yes or a no.
    Flag(bool),
}

/// The unit of times that are whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl FromStr for Precision {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "s" => Ok(Self::Seconds),
            "ms" => Ok(Self::Milliseconds),
            "us" | "u" | "µ" => Ok(Self::Microseconds),
            "ns" | "n" => Ok(Self::Nanoseconds),
            _ => Err("precision is s, ms, us or ns: the unit of times that are numbers"),
        }
    }
}

impl Precision {
    /// Nanoseconds of the unit.
    const fn nanoseconds(self) -> i64 {
        match self {
            Self::Seconds => SECOND,
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1_000,
            Self::Nanoseconds => 1,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        }
    }
}

/// What a cell of time names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// An instant, in nanoseconds of the epoch.
    At(i64),
    /// A date without a time of day.
    On(Date),
}

impl RowCell<'_> {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// The cell as a message repeats it.
    pub fn quoted(&self) -> String {
        match self {
            Self::Text(text) => format!("{:?}", text.chars().take(QUOTED).collect::<String>()),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    /// The finite number that it is.
    ///
    /// # Errors
    /// What would be right.
    pub fn number(&self) -> Result<f64, String> {
        let number = match self {
            Self::Text(text) => text.trim().parse().ok().filter(|_| is_decimal(text.trim())),
            // Up to 2^53 every whole number is one of its own; a price beyond has none that is nearer.
            #[expect(clippy::cast_precision_loss, reason = "the nearest number is meant")]
            Self::Integer(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            Self::Flag(_) => None,
        };
        // Zero has one sign.
        number
            .filter(|number: &f64| number.is_finite())
            .map(|number| number + 0.0)
            .ok_or_else(|| format!("{} is not a number such as 1234.5", self.quoted()))
    }

    /// Whether it says yes.
    ///
    /// # Errors
    /// What would be right.
    pub fn flag(&self) -> Result<bool, String> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Integer(0) => Ok(false),
            Self::Integer(1) => Ok(true),
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "1" | "yes" => Ok(true),
                "false" | "f" | "0" | "no" | "" => Ok(false),
                _ => Err(format!("{} is neither true nor false", self.quoted())),
            },
            _ => Err(format!("{} is neither true nor false", self.quoted())),
        }
    }

    /// The instant that it names.
    ///
    /// # Errors
    /// What would be right.
    pub fn time(&self, precision: Precision) -> Result<Instant, String> {
        match self {
            Self::Integer(number) => whole(*number, precision).map(Instant::At),
            Self::Number(number) => written(&number.to_string(), precision),
            Self::Text(text) => written(text.trim(), precision),
            Self::Flag(_) => Err(self.unreadable()),
        }
    }

    fn unreadable(&self) -> String {
        unreadable(&self.quoted())
    }

    /// The text that it is, or the number in digits.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.trim()),
            other => Cow::Owned(other.quoted()),
        }
    }
}

fn unreadable(quoted: &str) -> String {
    format!(
        "{quoted} is not a time such as 2026-11-26T14:30:00Z, with its offset, or a whole number in \
         milliseconds or in what precision= says"
    )
}

/// Digits with at most one point, and perhaps an exponent.
fn is_decimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
}

fn whole(number: i64, precision: Precision) -> Result<i64, String> {
    in_nanoseconds(number, 0, precision).ok_or_else(|| beyond(&number.to_string(), precision))?;
    let at = in_nanoseconds(number, 0, precision).unwrap_or_default();
    plausible(at, &number.to_string(), precision)
}

fn beyond(number: &str, precision: Precision) -> String {
    format!("{number} is beyond all years in {}: say another precision", precision.name())
}

/// A number without its unit that names a time long ago is one in another unit.
fn plausible(at: i64, number: &str, precision: Precision) -> Result<i64, String> {
    if at >= EARLIEST * SECOND {
        return Ok(at);
    }
    let date = Timestamp::from_nanosecond(at.into()).map(|at| at.strftime("%Y-%m-%d").to_string());
    let (date, unit) = (date.unwrap_or_default(), precision.name());
    Err(format!(
        "{number} is {date} in {unit}: say its unit, as in precision=s (a time before 1980 is written \
         like 1975-01-31T00:00:00Z)"
    ))
}

/// A number and its fraction, in billionths of the unit, in nanoseconds.
fn in_nanoseconds(whole: i64, billionths: i64, precision: Precision) -> Option<i64> {
    let unit = precision.nanoseconds();
    let fraction = i64::try_from(i128::from(billionths) * i128::from(unit) / 1_000_000_000).ok()?;
    whole.checked_mul(unit)?.checked_add(fraction)
}

fn written(text: &str, precision: Precision) -> Result<Instant, String> {
    let quoted = || format!("{:?}", text.chars().take(QUOTED).collect::<String>());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
        let parsed = number.parse::<i64>().ok().zip(billionths(fraction));
        let (number, billionths) = parsed.ok_or_else(|| unreadable(&quoted()))?;
        let at =
            in_nanoseconds(number, billionths, precision).ok_or_else(|| beyond(text, precision))?;
        return plausible(at, text, precision).map(Instant::At);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        let at = i64::try_from(at.as_nanosecond());
        return at.map(Instant::At).map_err(|_| unreadable(&quoted()));
    }
    let date = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-26".len());
    date.map(Instant::On).ok_or_else(|| unreadable(&quoted()))
}

/// The digits behind a point, of which the first nine count.
fn billionths(fraction: &str) -> Option<i64> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<9.9}").parse().ok()
}

impl<'de> Deserialize<'de> for RowCell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowCellVisitor)
    }
}

struct RowCellVisitor;

impl<'de> Visitor<'de> for RowCellVisitor {
    type Value = RowCell<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(RowCell::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(RowCell::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let whole = i64::try_from(number).map(RowCell::Integer);
        whole.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(RowCell::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(RowCell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(RowCell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(RowCell::Text(Cow::Borrowed("")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Instant, Precision, RowCell, SECOND};

    fn text(text: &str) -> RowCell<'_> {
        RowCell::Text(text.into())
    }

    fn at(cell: &str, precision: Precision) -> Result<Instant, String> {
        text(cell).time(precision)
    }

    /// 26 November 2026, 14:30 in UTC.
    const AT: i64 = 1_795_703_400;

    #[test]
    fn one_instant_is_read_in_every_way_in_which_it_is_written() {
        use Precision::{Microseconds, Milliseconds, Nanoseconds, Seconds};
        for (cell, precision) in [
            ("1795703400", Seconds),
            ("1795703400.0", Seconds),
            ("1795703400000", Milliseconds),
            ("1795703400000000", Microseconds),
            ("1795703400000000000", Nanoseconds),
            ("2026-11-26T14:30:00Z", Milliseconds),
            ("2026-11-26 14:30:00+00:00", Milliseconds),
            (" 2026-11-26T09:30:00-05:00", Nanoseconds),
        ] {
            assert_eq!(at(cell, precision), Ok(Instant::At(AT * SECOND)), "{cell}");
        }
        let half = at("1795703400.5", Seconds);
        assert_eq!(half, Ok(Instant::At(AT * SECOND + SECOND / 2)));
        assert_eq!(at("1975-01-31T00:00:00Z", Seconds), Ok(Instant::At(160_358_400 * SECOND)));
        assert!(matches!(at("2026-11-26", Seconds), Ok(Instant::On(date)) if date.day() == 26));
    }

    #[test]
    fn a_time_that_is_none_or_may_be_another_is_refused_with_what_would_be_right() {
        use Precision::{Milliseconds, Nanoseconds, Seconds};
        for (cell, precision, part) in [
            ("1795703400", Milliseconds, "is 1970-01-21 in ms: say its unit, as in precision=s"),
            ("1795703400000000000", Seconds, "beyond all years in s"),
            ("99999999999999999999", Nanoseconds, "is not a time such as"),
            ("2026-11-26T14:30:00", Seconds, "with its offset"),
            ("26/11/2026", Seconds, "is not a time"),
            ("yesterday", Seconds, "\"yesterday\" is not a time"),
            ("", Seconds, "is not a time"),
            ("1e9", Seconds, "is not a time"),
            ("9999-12-30T00:00:00Z", Seconds, "is not a time"),
        ] {
            let told = at(cell, precision).expect_err(cell);
            assert!(told.contains(part), "{cell}: {told}");
        }
    }

    #[test]
    fn numbers_have_a_point_and_no_other_signs() {
        for (cell, number) in [("1.5", 1.5), ("-2", -2.0), (" 3e2 ", 300.0), ("-0", 0.0)] {
            assert_eq!(text(cell).number(), Ok(number), "{cell}");
        }
        for cell in ["", "1,5", "1 000", "NaN", "inf", "1e999", "0x10", "one", "infinity"] {
            assert!(text(cell).number().is_err(), "{cell}");
        }
        assert_eq!(RowCell::Integer(7).number(), Ok(7.0));
        assert!(RowCell::Flag(true).number().is_err());
    }

    proptest! {
        #[test]
        fn any_cell_is_read_or_refused(cell in "\\PC{0,40}") {
            for precision in [Precision::Seconds, Precision::Nanoseconds] {
                let _ = text(&cell).time(precision);
            }
            let _ = text(&cell).number();
            let _ = text(&cell).flag();
        }
    }
}
