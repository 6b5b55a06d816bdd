//! Numbers as people write them, and what tells decimals from thousands.
//!
//! `149,123` is a number of three decimals in one country and of six digits in another. One cell does not
//! say which; all numbers of a file together mostly do, and where they do not the setting has to.

use std::borrow::Cow;

use crate::config::DecimalMark;
use crate::source::replay::error::FileProblem;

/// What a number looks like, for people.
pub(super) const ALLOWED: [&str; 2] =
    ["a number such as 1234.5 or 1,234.5", "a number such as 1234,5 or 1.234,5"];
/// Signs that stand before or behind an amount.
const CURRENCIES: [char; 8] = ['$', '€', '£', '¥', '₹', '₩', '₽', '฿'];
/// What a letter behind a number multiplies it by.
const MULTIPLES: [(char, f64); 4] = [('K', 1e3), ('M', 1e6), ('B', 1e9), ('T', 1e12)];

/// What the numbers of a file say of the sign before their decimals.
#[derive(Debug, Default)]
pub(super) struct Marks {
    points: usize,
    commas: usize,
    /// The first number with a comma that says neither: its line, column and text.
    comma: Option<(usize, usize, String)>,
    /// The same with a point.
    point: Option<(usize, usize, String)>,
}

impl Marks {
    /// Takes in a cell.
    pub(super) fn see(&mut self, cell: &str, line: usize, column: usize) {
        let Some((number, _)) = amount(cell) else { return };
        let digits = number.split(['e', 'E']).next().unwrap_or_default();
        let doubtful = || Some((line, column, cell.to_owned()));
        match told(digits) {
            Told::Mark(DecimalMark::Point) => self.points += 1,
            Told::Mark(DecimalMark::Comma) => self.commas += 1,
            Told::Either(DecimalMark::Comma) if self.comma.is_none() => self.comma = doubtful(),
            Told::Either(DecimalMark::Point) if self.point.is_none() => self.point = doubtful(),
            Told::Either(_) | Told::Nothing => {}
        }
    }

    /// The mark: what the configuration says, else what most numbers say.
    ///
    /// # Errors
    /// [`FileProblem::DoubtfulNumber`] when both would do. A point is that of decimals, unless cells are
    /// parted by semicolons: then decimals have a comma where the file was written.
    pub(super) fn decide(
        self,
        setting: Option<DecimalMark>,
        delimiter: u8,
        names: &[String],
    ) -> Result<DecimalMark, FileProblem> {
        let told = match setting {
            Some(mark) => Some(mark),
            None if self.points + self.commas == 0 => None,
            None if self.points >= self.commas => Some(DecimalMark::Point),
            None => Some(DecimalMark::Comma),
        };
        let doubtful = match told {
            Some(mark) => return Ok(mark),
            None if delimiter == b';' => self.comma.or(self.point),
            None => self.comma,
        };
        doubtful.map_or(Ok(DecimalMark::Point), |(line, column, found)| {
            let column = names.get(column).cloned().unwrap_or_default();
            Err(FileProblem::DoubtfulNumber { line, column, found })
        })
    }
}

/// What one number says of the sign before its decimals.
#[derive(Debug, PartialEq)]
enum Told {
    Nothing,
    Mark(DecimalMark),
    /// The sign in it stands before decimals, or before the last three digits of thousands.
    Either(DecimalMark),
}

fn told(digits: &str) -> Told {
    use DecimalMark::{Comma, Point};
    let count = |sign| digits.matches(sign).count();
    match (count(','), count('.')) {
        (0, 0) => Told::Nothing,
        (0, 1) => one(digits, '.', Point),
        (1, 0) => one(digits, ',', Comma),
        (0, _) => Told::Mark(Comma),
        (_, 0) => Told::Mark(Point),
        _ if digits.rfind('.') > digits.rfind(',') => Told::Mark(Point),
        _ => Told::Mark(Comma),
    }
}

/// A sign that comes once is that of thousands if exactly three digits follow one to three others.
fn one(digits: &str, sign: char, mark: DecimalMark) -> Told {
    let (head, tail) = digits.split_once(sign).unwrap_or((digits, ""));
    let head = head.trim_start_matches(['-', '+']);
    let is_group = tail.len() == 3 && (1..=3).contains(&head.len()) && !head.starts_with('0');
    if is_group { Told::Either(mark) } else { Told::Mark(mark) }
}

/// The number in a cell: thousands grouped or not, perhaps an amount of money, perhaps in millions.
pub(super) fn number(cell: &str, mark: DecimalMark) -> Option<f64> {
    let (text, multiple) = amount(cell)?;
    let (group, point) = match mark {
        DecimalMark::Point => (',', '.'),
        DecimalMark::Comma => ('.', ','),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (&*text, None),
    };
    let (whole, fraction) = mantissa.split_once(point).unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let whole = whole.trim_start_matches(['-', '+']);
    let mut groups = whole.rsplit(group);
    // India groups by two before the last three.
    let last = groups.next().unwrap_or_default();
    let grouped = whole.contains(group);
    let fits = digits(last)
        && (!grouped || last.len() == 3)
        && groups.all(|part| (1..=3).contains(&part.len()) && digits(part));
    if !fits || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let exponent = exponent.map(|exponent| format!("e{exponent}")).unwrap_or_default();
    let plain = format!("{sign}0{}.{fraction}0{exponent}", whole.replace(group, ""));
    plain.parse().ok().map(|number: f64| number * multiple)
}

/// The digits and signs of a cell and what multiplies them; `None` where it is no number.
fn amount(cell: &str) -> Option<(Cow<'_, str>, f64)> {
    let mut text = cell.trim();
    let negative = text.starts_with('(') && text.ends_with(')');
    if negative {
        text = &text[1..text.len() - 1];
    }
    let dressed = |c: char| CURRENCIES.contains(&c) || c.is_whitespace();
    let minus = text.starts_with(['-', '−']);
    text = text.trim_start_matches(['-', '−', '+']).trim_matches(dressed);
    let last = text.chars().next_back()?.to_ascii_uppercase();
    let multiple = MULTIPLES.iter().find(|(letter, _)| *letter == last);
    if multiple.is_some() {
        text = text[..text.len() - 1].trim_end();
    }
    let first = text.trim_start_matches(['-', '+']).chars().next()?;
    if !(first.is_ascii_digit() || first == '.' || first == ',') {
        return None;
    }
    let minus = if minus || negative { "-" } else { "" };
    let is_group = |c: char| c.is_whitespace() || c == '\'' || c == '’';
    let text = if minus.is_empty() && !text.contains(is_group) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{minus}{}", ungrouped(text, is_group)?))
    };
    Some((text, multiple.map_or(1.0, |(_, by)| *by)))
}

/// Without the spaces or apostrophes between groups of three digits.
fn ungrouped(text: &str, is_group: impl Fn(char) -> bool) -> Option<String> {
    let mut groups = text.split(&is_group);
    let first = groups.next()?.to_owned();
    groups.try_fold(first, |number, group| {
        let digits = group.bytes().take_while(u8::is_ascii_digit).count();
        (digits == 3).then(|| number + group)
    })
}

#[cfg(test)]
mod tests {
    use super::{Marks, number};
    use crate::config::DecimalMark::{self, Comma, Point};

    fn decided(cells: &[&str], delimiter: u8) -> Result<DecimalMark, String> {
        let mut marks = Marks::default();
        for (cell, line) in cells.iter().zip(2..) {
            marks.see(cell, line, 0);
        }
        marks.decide(None, delimiter, &["Open".to_owned()]).map_err(|problem| problem.to_string())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, mark, expected) in [
            ("1234.5", Point, 1234.5),
            ("1,234,567.25", Point, 1_234_567.25),
            ("12,34,567.5", Point, 1_234_567.5),
            ("$1,234.50", Point, 1234.5),
            ("-$0.5", Point, -0.5),
            ("(40.32)", Point, -40.32),
            ("−37.63", Point, -37.63),
            ("12.3M", Point, 12.3e6),
            ("1.2B", Point, 1.2e9),
            ("3K", Point, 3e3),
            ("1.5e-5", Point, 1.5e-5),
            (".5", Point, 0.5),
            ("5.", Point, 5.0),
            ("1 234.5", Point, 1234.5),
            ("1'234.5", Point, 1234.5),
            ("0.00001234", Point, 0.000_012_34),
            ("149,123", Comma, 149.123),
            ("1.234,5", Comma, 1234.5),
            ("1\u{a0}234,5 €", Comma, 1234.5),
            ("12,3M", Comma, 12.3e6),
        ] {
            assert_eq!(number(cell, mark), Some(expected), "{cell}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_made_one() {
        for cell in [
            "",
            "one",
            "1,5",
            "1,2345",
            "1.234,5",
            "1,234.5,6",
            "1.2.3",
            "inf",
            "NaN",
            "1e",
            "0x10",
            "-",
            ".",
            "1 23",
            "12:30",
            "$",
            "M",
            "1,,234",
            "e5",
        ] {
            assert_eq!(number(cell, Point), None, "{cell}");
        }
        for cell in ["1.5", "1,5,2", "12.3M", "1,234.5"] {
            assert_eq!(number(cell, Comma), None, "{cell}");
        }
    }

    #[test]
    fn all_numbers_together_tell_what_stands_before_the_decimals() {
        for (cells, mark) in [
            (&["149,123", "149,1"][..], Comma),
            (&["149,123", "1.234,5"], Comma),
            (&["149,123", "0,123"], Comma),
            (&["100,00", "1.000"], Comma),
            (&["149,123", "1,234,567"], Point),
            (&["1,234", "100.5"], Point),
            (&["1.234", "1.235"], Point),
            (&["100", "101"], Point),
            (&["2,31,456"], Point),
        ] {
            assert_eq!(decided(cells, b','), Ok(mark), "{cells:?}");
        }
    }

    #[test]
    fn two_readings_are_refused_with_the_setting_that_decides() {
        let message = decided(&["100", "149,123"], b',').expect_err("doubtful");
        assert!(message.starts_with("line 3: Open is \"149,123\""), "{message}");
        assert!(
            message.contains("decimal = \"comma\"") && message.contains("\"point\""),
            "{message}"
        );
        assert!(decided(&["1.234"], b';').is_err());
        let mut marks = Marks::default();
        marks.see("149,123", 2, 0);
        assert_eq!(marks.decide(Some(Comma), b',', &[]).expect("told"), Comma);
    }
}
