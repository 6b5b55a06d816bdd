//! Bar lengths as the protocol writes them: minutes as a number, and `1D`, `1W`, `1M`.

use actix_web::http::StatusCode;

use crate::http::error::Problem;
use crate::interval::Interval;

/// Each length and its name.
const NAMES: [(Interval, &str); 11] = [
    (Interval::Minute1, "1"),
    (Interval::Minute2, "2"),
    (Interval::Minute5, "5"),
    (Interval::Minute15, "15"),
    (Interval::Minute30, "30"),
    (Interval::Hour1, "60"),
    (Interval::Hour2, "120"),
    (Interval::Hour4, "240"),
    (Interval::Day1, "1D"),
    (Interval::Week1, "1W"),
    (Interval::Month1, "1M"),
];

/// The names of the lengths that are `served`, shortest first.
pub fn names(served: impl Fn(Interval) -> bool) -> Vec<&'static str> {
    NAMES.into_iter().filter(|(interval, _)| served(*interval)).map(|(_, name)| name).collect()
}

/// The length of a name; `D`, `W` and `M` are one of each.
///
/// # Errors
/// 400 with the names there are.
pub fn parse(name: &str) -> Result<Interval, Problem> {
    let is_it = |(_, known): &(Interval, &str)| {
        *known == name
            || known.strip_prefix('1').is_some_and(|unit| !unit.is_empty() && unit == name)
    };
    // "5" is five minutes, and what is left of "15" without its 1.
    let exact = NAMES.into_iter().find(|(_, known)| *known == name);
    let short = || NAMES.into_iter().filter(|(interval, _)| !interval.is_intraday()).find(is_it);
    exact.or_else(short).map(|(interval, _)| interval).ok_or_else(|| {
        let names = names(|_| true).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, format!("resolution must be one of {names}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, names, parse};
    use crate::interval::Interval;

    #[test]
    fn every_interval_has_a_name_and_is_found_by_it() {
        assert_eq!(NAMES.map(|(interval, _)| interval), Interval::ALL);
        for (interval, name) in NAMES {
            assert_eq!(parse(name).ok(), Some(interval), "{name}");
        }
        for (short, interval) in
            [("D", Interval::Day1), ("W", Interval::Week1), ("M", Interval::Month1)]
        {
            assert_eq!(parse(short).ok(), Some(interval));
        }
        for unknown in ["", "0", "3", "1S", "d", "12M", "1d"] {
            assert!(parse(unknown).is_err(), "{unknown}");
        }
        assert_eq!(names(|interval| !interval.is_intraday()), ["1D", "1W", "1M"]);
    }
}
