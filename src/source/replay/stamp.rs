//! Reads the ways a CSV tells the time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What [`parse`] reads, for people.
pub(super) const ALLOWED: &str = "epoch seconds or milliseconds, 2024-10-02T09:30:00-04:00, \
     2024-10-02 09:30, 10/2/2024 9:30 or a date";

/// Wall clock times beside ISO 8601.
const FORMATS: [&str; 7] = [
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
];

/// The epoch second that `text` names; without an offset it is a time on the walls of `zone`.
///
/// A wall time that a clock change skipped or repeated is read as most programs do: the skipped one
/// by the offset before the change, the repeated one as its first occurrence.
pub(super) fn parse(text: &str, zone: &TimeZone) -> Option<i64> {
    epoch(text).or_else(|| text.parse().ok().map(Timestamp::as_second)).or_else(|| wall(text, zone))
}

/// Seconds, or a finer unit told by the number's size. Fewer than nine digits are no epoch time but,
/// say, a date such as 20241002.
fn epoch(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let per_second = match whole.len() {
        9..=11 => 1,
        12..=14 => 1_000,
        15..=17 => 1_000_000,
        18..=19 => 1_000_000_000,
        _ => return None,
    };
    Some(whole.parse::<i64>().ok()? / per_second)
}

fn wall(text: &str, zone: &TimeZone) -> Option<i64> {
    let formats = FORMATS.iter().filter_map(|format| DateTime::strptime(format, text).ok());
    let time = text.parse().ok().into_iter().chain(formats).next()?;
    // A year of two digits would be read as one of antiquity.
    let stamp = (time.year() >= 1900).then(|| zone.to_timestamp(time).ok());
    stamp.flatten().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::parse;

    fn new_york(text: &str) -> Option<i64> {
        parse(text, &TimeZone::get("America/New_York").expect("known"))
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
            "10/2/2024 9:30",
            "10/02/2024 09:30:00",
            "10/2/2024 9:30 AM",
        ] {
            assert_eq!(new_york(text), Some(1_727_875_800), "{text}");
        }
    }

    #[test]
    fn a_date_is_its_midnight() {
        for text in ["2024-10-02", "20241002", "10/2/2024"] {
            assert_eq!(new_york(text), Some(1_727_841_600), "{text}");
        }
    }

    #[test]
    fn a_wall_time_that_a_clock_change_skipped_or_repeated_is_still_read() {
        assert_eq!(new_york("2024-03-10 02:30"), new_york("2024-03-10 03:30"));
        assert_eq!(new_york("2024-11-03 01:30"), new_york("2024-11-03T01:30-04:00"));
    }

    #[test]
    fn what_names_no_instant_is_not_guessed_at() {
        for text in
            ["", "930", "13/2/2024 9:30", "10/2/24 9:30", "soon", "09:30", "-1727875800", "1.5e9"]
        {
            assert_eq!(new_york(text), None, "{text}");
        }
    }
}
