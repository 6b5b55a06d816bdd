//! A time as it is written: its date, its time of day and its zone, as far as the text has them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::config::DateOrder;

/// The years in which anything was traded that anybody has bars of.
const YEARS: std::ops::RangeInclusive<i16> = 1600..=2400;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A time that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) at: DateTime,
    /// Whether a time of day was written at all.
    pub(super) has_clock: bool,
    pub(super) zone: Option<TimeZone>,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The year has two digits.
    ShortYear,
    /// Anything else.
    Form,
}

/// The numbers of a date of which either may be the day, as written, and the sign between them.
pub(super) fn day_and_month(text: &str) -> Option<(i8, i8, char)> {
    let date = parts(text).date;
    let runs = runs(&date);
    let [first, second, year] = *runs else { return None };
    let numbers = [first, second, year].iter().all(|run| run.bytes().all(|b| b.is_ascii_digit()));
    let sign = date.chars().find(|c| !c.is_ascii_digit())?;
    if !numbers || first.len() > 2 || second.len() > 2 || year.len() != 4 {
        return None;
    }
    Some((first.parse().ok()?, second.parse().ok()?, sign))
}

/// Reads a time; `order` says which number of 02/03/2024 is the day.
pub(super) fn read(text: &str, order: DateOrder) -> Result<Written, Unreadable> {
    let Parts { date, clock, zone } = parts(text);
    let date = read_date(&runs(&date), order)?;
    let zone = match &*zone {
        "" => None,
        zone => Some(read_zone(zone).ok_or(Unreadable::Form)?),
    };
    let time = clock.as_deref().map(read_clock);
    let time = time.map_or(Some(Time::midnight()), |time| time).ok_or(Unreadable::Form)?;
    Ok(Written { at: date.to_datetime(time), has_clock: clock.is_some(), zone })
}

/// The texts of a time. The clock is in 24 hours, or has `AM` or `PM` at its end.
struct Parts {
    date: String,
    clock: Option<String>,
    zone: String,
}

fn parts(text: &str) -> Parts {
    // 2024-10-02T09:30 and 20241002-09:30 are two words.
    let text = text.split_once('[').map_or(text, |(text, _)| text);
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace().map(|word| word.trim_matches(',')) {
        let cut = parting(word).filter(|_| words.is_empty());
        match cut {
            Some(at) => words.extend([&word[..at], &word[at + 1..]]),
            None => words.push(word),
        }
    }
    words.retain(|word| !word.is_empty());
    let digits = |word: &str| word.len() <= 6 && word.bytes().all(|b| b.is_ascii_digit());
    // A clock without colons stands only behind a date of one word.
    let is_whole = |word: &str| runs(word).len() == 3 || word.len() == 8;
    let compact = || words.get(1).filter(|word| is_whole(words[0]) && digits(word)).map(|_| 1);
    let at = words.iter().position(|word| word.contains(':')).or_else(compact);
    let (date, rest) = words.split_at(at.unwrap_or(words.len()));
    let weekday =
        |word: &&&str| !WEEKDAYS.iter().any(|day| starts_with(word, day) && is_word(word));
    let date: Vec<&str> = date.iter().filter(weekday).copied().collect();
    let date = date.join(" ");
    let Some((clock, rest)) = rest.split_first() else {
        return Parts { date, clock: None, zone: String::new() };
    };
    let end =
        clock.char_indices().skip(1).find(|(_, c)| !(c.is_ascii_digit() || ":.,".contains(*c)));
    let (clock, tail) = clock.split_at(end.map_or(clock.len(), |(at, _)| at));
    let mut zone: Vec<&str> = std::iter::once(tail).chain(rest.iter().copied()).collect();
    zone.retain(|word| !word.is_empty());
    let half =
        zone.first().filter(|word| ["AM", "PM"].iter().any(|half| word.eq_ignore_ascii_case(half)));
    let clock = format!("{clock}{}", half.map_or(String::new(), |half| half.to_ascii_uppercase()));
    let zone = zone[usize::from(half.is_some())..].concat();
    Parts { date, clock: Some(clock), zone }
}

/// Where a word is a date and a clock in one.
fn parting(word: &str) -> Option<usize> {
    let bytes = word.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let sign = bytes.iter().position(|byte| byte.eq_ignore_ascii_case(&b'T'));
    let iso = sign.filter(|at| *at >= 8 && is_digit(at - 1) && is_digit(at + 1));
    let compact =
        bytes.len() > 8 && bytes[..8].iter().all(u8::is_ascii_digit) && word.contains(':');
    iso.or((compact && matches!(bytes[8], b'-' | b':')).then_some(8))
}

/// The stretches of digits and of letters of a date.
fn runs(date: &str) -> Vec<&str> {
    let class = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
    let mut runs: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut signs = date.char_indices().peekable();
    while let Some((at, c)) = signs.next() {
        let next = signs.peek().map_or(date.len(), |(next, _)| *next);
        let ends = signs.peek().is_none_or(|(_, other)| class(*other) != class(c));
        if ends && class(c) != (false, false) {
            runs.push(&date[start..next]);
        }
        if ends {
            start = next;
        }
        debug_assert!(at < next, "characters ascend");
    }
    runs
}

fn read_date(runs: &[&str], order: DateOrder) -> Result<Date, Unreadable> {
    let number = |run: &str| run.parse::<i16>().map_err(|_| Unreadable::Form);
    let (year, month, day) = match *runs {
        [compact] if compact.len() == 8 && compact.is_ascii() => {
            (number(&compact[..4])?, number(&compact[4..6])?, number(&compact[6..])?)
        }
        [first, second, third] => match [first, second, third].map(month_named) {
            [None, Some(month), None] if first.len() == 4 => {
                (number(first)?, month, number(third)?)
            }
            [None, Some(month), None] => (full(third)?, month, number(first)?),
            [Some(month), None, None] => (full(third)?, month, number(second)?),
            [None, None, None] if first.len() == 4 => {
                (number(first)?, number(second)?, number(third)?)
            }
            [None, None, None] => {
                let (one, other) = (number(first)?, number(second)?);
                match order {
                    DateOrder::DayFirst => (full(third)?, other, one),
                    DateOrder::MonthFirst => (full(third)?, one, other),
                }
            }
            _ => return Err(Unreadable::Form),
        },
        _ => return Err(Unreadable::Form),
    };
    if !YEARS.contains(&year) {
        return Err(Unreadable::Form);
    }
    let narrow = |number: i16| i8::try_from(number).map_err(|_| Unreadable::Form);
    Date::new(year, narrow(month)?, narrow(day)?).map_err(|_| Unreadable::Form)
}

/// A year of four digits.
fn full(year: &str) -> Result<i16, Unreadable> {
    match year.parse() {
        Ok(number) if year.len() == 4 => Ok(number),
        Ok(_) if year.len() <= 2 => Err(Unreadable::ShortYear),
        _ => Err(Unreadable::Form),
    }
}

fn month_named(name: &str) -> Option<i16> {
    let at = MONTHS.iter().position(|month| starts_with(name, month) && is_word(name))?;
    i16::try_from(at + 1).ok()
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_word(text: &str) -> bool {
    text.trim_end_matches('.').chars().all(char::is_alphabetic)
}

/// `9:30`, `09:30:00.999`, `9:30PM`, `0930` and `93000`.
fn read_clock(clock: &str) -> Option<Time> {
    let half = clock.strip_suffix("AM").map(|clock| (clock, 0));
    let half = half.or_else(|| clock.strip_suffix("PM").map(|clock| (clock, 12)));
    let clock = half.map_or(clock, |(clock, _)| clock);
    let numbers: Vec<&str> = if clock.contains(':') {
        clock.split(':').collect()
    } else {
        // Leading zeros are lost where the column was taken for a number.
        let cut = if clock.len() <= 4 { 2 } else { 4 };
        let (head, tail) = clock.split_at(clock.len().saturating_sub(cut));
        let head = if head.is_empty() { "0" } else { head };
        [&[head][..], &if cut == 2 { vec![tail] } else { vec![&tail[..2], &tail[2..]] }].concat()
    };
    let number = |text: &str| text.parse::<i8>().ok();
    let (hour, minute) = (number(numbers.first()?)?, number(numbers.get(1)?)?);
    // Parts of a second are after the bar's start in no file, but for the last of a bar.
    let second = match numbers.get(2) {
        Some(second) => number(second.split(['.', ',']).next()?)?,
        None => 0,
    };
    let hour = match half {
        Some((_, after)) if (1..=12).contains(&hour) => hour % 12 + after,
        Some(_) => return None,
        None => hour,
    };
    (numbers.len() <= 3).then(|| Time::new(hour, minute, second, 0).ok()).flatten()
}

/// `Z`, `UTC`, `+01:00`, `-0400`, `GMT+0100` or a name of the zone database.
fn read_zone(zone: &str) -> Option<TimeZone> {
    let stripped = ["UTC", "GMT"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    if stripped.is_empty() || zone.eq_ignore_ascii_case("z") {
        return Some(TimeZone::UTC);
    }
    let Some(sign) = stripped.strip_prefix(['+', '-']) else {
        return TimeZone::get(zone).ok();
    };
    let digits: String = sign.split(':').collect();
    let number = |part: Option<&str>| part.map_or(Some(0), |part| part.parse::<i32>().ok());
    let hours = number(Some(digits.get(..2).unwrap_or(&digits)))?;
    let minutes = number(digits.get(2..4))?;
    let seconds = hours * 3_600 + minutes * 60;
    let seconds = if stripped.starts_with('-') { -seconds } else { seconds };
    (digits.len() <= 4).then(|| Offset::from_seconds(seconds).ok()).flatten().map(TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Unreadable, day_and_month, read};
    use crate::config::DateOrder;

    fn told(text: &str) -> Result<String, Unreadable> {
        let written = read(text, DateOrder::MonthFirst)?;
        let clock =
            if written.has_clock { written.at.to_string() } else { written.at.date().to_string() };
        let zone = written.zone.map(|zone| match zone.iana_name() {
            Some(name) => format!(" {name}"),
            None => zone.to_fixed_offset().map_or(String::new(), |offset| format!(" {offset}")),
        });
        Ok(clock + &zone.unwrap_or_default())
    }

    #[test]
    fn every_way_to_write_a_date_is_read() {
        for text in [
            "2024-07-12",
            "2024/7/12",
            "2024.07.12",
            "20240712",
            "7/12/2024",
            "07-12-2024",
            "12-Jul-2024",
            "12 July 2024",
            "Jul 12, 2024",
            "July 12 2024",
            "Fri, 12 Jul 2024",
            "Fri Jul 12, 2024",
            "12JUL2024",
            "2024-Jul-12",
        ] {
            assert_eq!(told(text).as_deref(), Ok("2024-07-12"), "{text}");
        }
        assert_eq!(told("1896-05-26").as_deref(), Ok("1896-05-26"));
    }

    #[test]
    fn every_way_to_write_a_time_of_day_is_read() {
        for text in [
            "2024-07-12 09:30",
            "2024-07-12T09:30:00",
            "2024-07-12 9:30",
            "20240712 0930",
            "20240712 930",
            "20240712 093000",
            "20240712 93000",
            "20240712-09:30:00",
            "20240712  09:30:00",
            "2024.07.12 09:30",
            "7/12/2024 9:30 AM",
            "7/12/2024, 9:30:00 am",
            "7/12/2024 9:30AM",
            "12-Jul-2024 09:30:00.999",
            "Jul 12, 2024 09:30",
            "2024-07-12 09:30:00,5",
        ] {
            assert_eq!(told(text).as_deref(), Ok("2024-07-12T09:30:00"), "{text}");
        }
        for (text, expected) in [
            ("7/12/2024 12:05 AM", "2024-07-12T00:05:00"),
            ("7/12/2024 12:05 PM", "2024-07-12T12:05:00"),
            ("20240712 0", "2024-07-12T00:00:00"),
            ("2024-07-12 09:30Z", "2024-07-12T09:30:00 UTC"),
            ("2024-07-12 09:30 UTC", "2024-07-12T09:30:00 UTC"),
            ("2024-07-12T09:30:00-04:00", "2024-07-12T09:30:00 -04"),
            ("2024-07-12T09:30-0400", "2024-07-12T09:30:00 -04"),
            ("2024-07-12 09:30:00+05:30", "2024-07-12T09:30:00 +05:30"),
            ("2024-07-12 09:30:00.000 GMT+0100", "2024-07-12T09:30:00 +01"),
            ("20240712 09:30:00 US/Eastern", "2024-07-12T09:30:00 US/Eastern"),
        ] {
            assert_eq!(told(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_year_of_two_digits_and_what_is_no_time_are_told_apart() {
        for text in ["7/12/24", "12-Jul-24", "12.07.24 09:30", "Jul 12, 24"] {
            assert_eq!(told(text), Err(Unreadable::ShortYear), "{text}");
        }
        for text in [
            "",
            "soon",
            "09:30",
            "930",
            "13/45/2024",
            "2024-13-01",
            "2024-02-30",
            "2024-07-12 25:30",
            "24",
            "2024-07-12 09:30 Mars/Olympus",
            "0024-07-12",
            "2024-07-12 13:00 PM",
            "20240712T",
        ] {
            assert_eq!(told(text), Err(Unreadable::Form), "{text}");
        }
    }

    #[test]
    fn only_dates_of_two_readings_have_a_day_and_a_month_to_tell_apart() {
        assert_eq!(day_and_month("01/07/2024 09:30"), Some((1, 7, '/')));
        assert_eq!(day_and_month("1.7.2024"), Some((1, 7, '.')));
        for text in ["2024-07-01", "1-Jul-2024", "20240701", ""] {
            assert_eq!(day_and_month(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_refused(text in "\\PC{0,30}", signs in "[-0-9TZ:/., +AMPJul]{0,24}") {
            let _ = (read(&text, DateOrder::DayFirst), day_and_month(&text));
            let _ = (read(&signs, DateOrder::DayFirst), day_and_month(&signs));
        }
    }
}
