//! The column of times: which form its cells have, and the instants that they name.
//!
//! `03/04/2024` is a day of March or of April, and 1727875800 seconds or not; all cells of the column
//! together tell. Where they do not, the setting has to.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::written::{self, Unreadable, Written};
use crate::config::DateOrder;
use crate::source::replay::error::FileProblem;

/// What a time looks like, for people.
pub(super) const ALLOWED: &str = "epoch seconds or milliseconds, 2024-10-02T09:30:00-04:00, \
     2024-10-02 09:30, 10/2/2024 9:30 or a date";
const FULL_YEAR: &str = "a year of four digits, such as 10/2/2024";
/// The longest epoch times of each unit, and how many units a second has: those of seconds reach from the
/// 17th century to the 24th.
const UNITS: [(f64, f64); 4] = [(1.2e10, 1.0), (1.2e13, 1e3), (1.2e16, 1e6), (f64::INFINITY, 1e9)];
/// A column none of whose numbers is as far from 1970 holds no epoch times.
const SMALLEST: f64 = 1e7;
/// A day in seconds.
const DAY: i64 = crate::interval::DAY;

/// What the cells of the column say of their form.
#[derive(Debug)]
pub(super) struct Forms {
    cells: usize,
    numbers: usize,
    /// Numbers that are dates without signs, perhaps with a time of day.
    compact: usize,
    largest: f64,
    day_first: usize,
    month_first: usize,
    /// The first date of two readings: its line, its text, and whether it is parted by points.
    doubtful: Option<(usize, String, bool)>,
}

/// The form of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// Numbers, so many units a second.
    Epoch { units: f64 },
    /// Dates.
    Dates(DateOrder),
}

/// What a cell names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum At {
    /// An instant, epoch seconds.
    Instant(i64),
    /// The same, and the time by the clock where it was written.
    Home(i64, DateTime),
    /// A time by the clock of the file's zone.
    Wall(DateTime),
    /// A date alone.
    Date(DateTime),
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            cells: 0,
            numbers: 0,
            compact: 0,
            largest: 0.0,
            day_first: 0,
            month_first: 0,
            doubtful: None,
        }
    }
}

impl Forms {
    /// Takes in a cell.
    pub(super) fn see(&mut self, cell: &str, line: usize) {
        self.cells += 1;
        if let Some(number) = numeric(cell) {
            self.numbers += 1;
            self.compact += usize::from(compact(cell).is_some());
            self.largest = self.largest.max(number.abs());
            return;
        }
        match written::day_and_month(cell) {
            Some((first, _, _)) if first > 12 => self.day_first += 1,
            Some((_, second, _)) if second > 12 => self.month_first += 1,
            Some((first, second, sign)) if first != second && self.doubtful.is_none() => {
                self.doubtful = Some((line, cell.to_owned(), sign == '.'));
            }
            _ => {}
        }
    }

    /// The form: what `setting` says, else what the cells say, else what the program is known to write.
    ///
    /// # Errors
    /// [`FileProblem::DoubtfulDate`] when a date can be read in two ways.
    pub(super) fn decide(
        self,
        setting: Option<DateOrder>,
        usual: Option<DateOrder>,
        column: &str,
    ) -> Result<Form, FileProblem> {
        use DateOrder::{DayFirst, MonthFirst};
        let is_epoch = self.numbers == self.cells && self.compact < self.cells;
        if is_epoch && self.largest >= SMALLEST {
            let unit = UNITS.iter().find(|(longest, _)| self.largest <= *longest);
            return Ok(Form::Epoch { units: unit.map_or(1.0, |(_, units)| *units) });
        }
        let told = match (self.day_first, self.month_first) {
            _ if setting.is_some() => setting,
            (0, 0) => usual,
            (day, month) if day >= month => Some(DayFirst),
            _ => Some(MonthFirst),
        };
        match (told, self.doubtful) {
            (Some(order), _) => Ok(Form::Dates(order)),
            // Where dates are parted by points the day stands first.
            (None, None | Some((_, _, true))) => Ok(Form::Dates(DayFirst)),
            (None, Some((line, found, false))) => {
                Err(FileProblem::DoubtfulDate { line, column: column.to_owned(), found })
            }
        }
    }
}

impl Form {
    /// What the cell names; `is_utc` says that the column tells times in UTC.
    ///
    /// # Errors
    /// What would be right.
    pub(super) fn read(self, cell: &str, is_utc: bool) -> Result<At, &'static str> {
        let Written { at, has_clock, zone } = match self {
            Self::Epoch { units } => return epoch(cell, units).map(At::Instant).ok_or(ALLOWED),
            Self::Dates(order) => {
                let compact = compact(cell);
                let text = compact.as_deref().unwrap_or(cell);
                written::read(text, order).map_err(|unread| match unread {
                    Unreadable::ShortYear => FULL_YEAR,
                    Unreadable::Form => ALLOWED,
                })?
            }
        };
        if !has_clock {
            return Ok(At::Date(at));
        }
        match zone.or(is_utc.then_some(TimeZone::UTC)) {
            None => Ok(At::Wall(at)),
            Some(zone) => {
                let instant = zone.to_timestamp(at).map_err(|_| ALLOWED)?;
                Ok(At::Home(instant.as_second(), at))
            }
        }
    }
}

/// A number without an exponent.
fn numeric(cell: &str) -> Option<f64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let fits = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits.then(|| cell.parse().ok()).flatten()
}

/// `20241002`, `202410020930` and `20241002093000` in words that a date has.
fn compact(cell: &str) -> Option<String> {
    let has_clock = match cell.len() {
        8 => false,
        12 | 14 => true,
        _ => return None,
    };
    let text =
        if has_clock { format!("{} {}", &cell.get(..8)?, cell.get(8..)?) } else { cell.to_owned() };
    let year: i16 = cell.get(..4)?.parse().ok()?;
    let fits = (!has_clock || (1900..=2100).contains(&year))
        && written::read(&text, DateOrder::DayFirst).is_ok();
    fits.then_some(text)
}

fn epoch(cell: &str, units: f64) -> Option<i64> {
    let number = numeric(cell)?;
    let whole: i64 = cell.split('.').next()?.parse().ok()?;
    // Units are powers of ten up to 1e9.
    #[expect(clippy::cast_possible_truncation, reason = "a whole number")]
    let units = units as i64;
    let seconds = whole.div_euclid(units);
    let seconds =
        if units == 1 && number < 0.0 && number.fract() != 0.0 { seconds - 1 } else { seconds };
    Timestamp::from_second(seconds).ok().map(Timestamp::as_second)
}

/// The epoch second of each stamp, in the order of the file; `None` beyond the calendar's end. Where all
/// are `dates` they are their midnights in `zone`, wherever they were written. What comes before them stands at `before`.
///
/// By the clock of `zone` an hour comes twice where summer time ends: in a file in order of time, either
/// way, the second time comes after the first. A time that the clock has skipped is read by the offset
/// before the change.
pub(super) fn instants(
    stamps: &[At],
    zone: &TimeZone,
    dates: bool,
    mut before: i64,
) -> Vec<Option<i64>> {
    let steps = || stamps.windows(2).filter_map(|two| Some((two[0].wall()?, two[1].wall()?)));
    let falling = steps().filter(|(one, next)| next < one).count();
    let rising = steps().filter(|(one, next)| next > one).count();
    let mut instant = |at: &At| -> Option<i64> {
        let second = match at {
            At::Home(_, wall) if dates => zone.to_timestamp(*wall).ok()?.as_second(),
            At::Instant(second) | At::Home(second, _) => *second,
            At::Wall(wall) | At::Date(wall) => match zone.to_ambiguous_timestamp(*wall) {
                read if matches!(read.offset(), AmbiguousOffset::Fold { .. }) => {
                    let first = read.earlier().ok()?.as_second();
                    let again = read.later().ok()?.as_second();
                    if first <= before && before < again && !dates { again } else { first }
                }
                read => read.compatible().ok()?.as_second(),
            },
        };
        before = second;
        Some(second)
    };
    if falling > rising {
        let mut instants: Vec<_> = stamps.iter().rev().map(&mut instant).collect();
        instants.reverse();
        return instants;
    }
    stamps.iter().map(instant).collect()
}

impl At {
    /// The time by the clock where it was written, where that is known.
    const fn wall(&self) -> Option<DateTime> {
        match self {
            Self::Wall(wall) | Self::Date(wall) | Self::Home(_, wall) => Some(*wall),
            Self::Instant(_) => None,
        }
    }
}

/// Whether all of these are dates without a time of day: written so, or at the midnight of their clock.
pub(super) fn are_dates<'a>(stamps: impl IntoIterator<Item = &'a At>) -> bool {
    let is_date = |at: &At| match at {
        At::Date(_) => true,
        At::Instant(second) => second.rem_euclid(DAY) == 0,
        At::Wall(wall) | At::Home(_, wall) => wall.time() == Time::midnight(),
    };
    let mut stamps = stamps.into_iter().peekable();
    stamps.peek().is_some() && stamps.all(is_date)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{At, Form, Forms, are_dates, instants};
    use crate::config::DateOrder::{self, DayFirst, MonthFirst};

    fn decided(cells: &[&str]) -> Result<Form, String> {
        let mut forms = Forms::default();
        for (cell, line) in cells.iter().zip(2..) {
            forms.see(cell, line);
        }
        forms.decide(None, None, "Date").map_err(|problem| problem.to_string())
    }

    fn read(cells: &[&str], zone: &str) -> Vec<i64> {
        let form = decided(cells).expect("one reading");
        let stamps: Vec<At> =
            cells.iter().map(|cell| form.read(cell, false).expect(cell)).collect();
        let zone = TimeZone::get(zone).expect("known");
        instants(&stamps, &zone, are_dates(&stamps), i64::MIN)
            .into_iter()
            .map(|second| second.expect("in range"))
            .collect()
    }

    #[test]
    fn every_form_of_one_instant_is_read_alike() {
        for text in [
            "1727875800",
            "1727875800.0",
            "1727875800000",
            "1727875800000000",
            "1727875800000000000",
            "2024-10-02T13:30:00Z",
            "2024-10-02T09:30:00-04:00",
            "2024-10-02 15:30:00+02:00",
            "2024-10-02T15:30:00.000+0200",
            "2024-10-02 09:30",
            "2024-10-02 9:30",
            "2024-10-02 09:30:00.999",
            "20241002 0930",
            "202410020930",
            "20241002093000",
            "2-Oct-2024 9:30",
            "Oct 2, 2024 9:30 AM",
            "2.10.2024 9:30",
        ] {
            assert_eq!(read(&[text], "America/New_York"), [1_727_875_800], "{text}");
        }
        for text in ["2024-10-02", "20241002", "2.10.2024", "2 Oct 2024"] {
            assert_eq!(read(&[text], "America/New_York"), [1_727_841_600], "{text}");
        }
    }

    #[test]
    fn times_before_1970_and_before_1900_are_times() {
        assert_eq!(read(&["-147173400", "86400", "0"], "UTC"), [-147_173_400, 86_400, 0]);
        assert_eq!(read(&["-147173400500"], "UTC"), [-147_173_401]);
        assert_eq!(read(&["1896-05-26"], "UTC"), [-2_322_604_800]);
        assert_eq!(read(&["18960526"], "UTC"), [-2_322_604_800]);
    }

    #[test]
    fn the_whole_column_tells_day_and_month_and_the_unit() {
        for (cells, order) in [
            (&["01/02/2024", "13/02/2024"][..], DayFirst),
            (&["01/02/2024", "02/13/2024"], MonthFirst),
            (&["01.02.2024"], DayFirst),
            (&["2024-01-02"], DayFirst),
            (&["02-02-2024"], DayFirst),
        ] {
            assert_eq!(decided(cells), Ok(Form::Dates(order)), "{cells:?}");
        }
        assert_eq!(decided(&["1000", "1727875800000"]), Ok(Form::Epoch { units: 1e3 }));
        assert!(matches!(decided(&["930"]), Ok(Form::Dates(_))));
    }

    #[test]
    fn two_readings_are_refused_with_the_setting_that_decides() {
        let message = decided(&["2/2/2024", "1/2/2024"]).expect_err("two readings");
        assert!(message.starts_with("line 3: Date is \"1/2/2024\""), "{message}");
        assert!(message.contains("day or month first"), "{message}");
        for order in [DayFirst, MonthFirst] {
            let decide = |setting, usual| {
                let mut forms = Forms::default();
                forms.see("1/2/2024", 2);
                forms.decide(setting, usual, "Date").expect("told")
            };
            let other = if order == DayFirst { MonthFirst } else { DayFirst };
            assert_eq!(decide(Some(order), Some(other)), Form::Dates(order));
            assert_eq!(decide(None, Some(order)), Form::Dates(order));
        }
    }

    #[test]
    fn what_names_no_instant_is_refused_with_what_would_be_right() {
        let refused =
            |text: &str| Form::Dates(DateOrder::MonthFirst).read(text, false).expect_err(text);
        for text in ["", "930", "13/2/2024 9:30", "soon", "09:30", "1.5e9", "45567.4"] {
            assert!(refused(text).starts_with("epoch seconds"), "{text}");
        }
        assert_eq!(refused("10/2/24 9:30"), "a year of four digits, such as 10/2/2024");
        assert!(Form::Epoch { units: 1.0 }.read("99999999999999999999", false).is_err());
    }

    #[test]
    fn the_hour_that_the_clock_repeats_comes_after_itself_in_either_order() {
        let mut cells = vec!["2024-11-03 00:30"];
        cells.extend(["2024-11-03 01:00", "2024-11-03 01:30"].repeat(2));
        cells.push("2024-11-03 02:00");
        let rising = read(&cells, "America/New_York");
        assert!(rising.windows(2).all(|two| two[1] - two[0] == 1_800), "{rising:?}");
        cells.reverse();
        let falling = read(&cells, "America/New_York");
        assert!(falling.windows(2).all(|two| two[0] - two[1] == 1_800), "{falling:?}");
    }

    #[test]
    fn a_time_that_the_clock_skipped_is_still_read() {
        assert_eq!(
            read(&["2024-03-10 02:30"], "America/New_York"),
            read(&["2024-03-10 03:30"], "America/New_York")
        );
    }

    #[test]
    fn a_column_that_says_utc_is_in_utc_and_a_midnight_at_home_is_a_date() {
        let form = Form::Dates(DayFirst);
        let noon = form.read("2024-10-02 12:00", true).expect("a time");
        assert!(matches!(noon, At::Home(1_727_870_400, _)));
        let tokyo = |text: &str| form.read(text, false).expect("a time");
        let day = tokyo("2024-09-02 00:00:00+09:00");
        let hour = tokyo("2024-09-02 01:00:00+09:00");
        assert!(are_dates(std::slice::from_ref(&day)));
        assert_eq!(
            instants(std::slice::from_ref(&day), &TimeZone::UTC, true, i64::MIN),
            [Some(1_725_235_200)]
        );
        // Among hours it is an instant like any other.
        assert_eq!(
            instants(&[day, hour], &TimeZone::UTC, false, i64::MIN),
            [Some(1_725_202_800), Some(1_725_206_400)]
        );
        assert!(are_dates(&[At::Instant(86_400)]) && !are_dates(&[At::Instant(86_401)]));
        assert!(!are_dates(&[]));
    }
}
