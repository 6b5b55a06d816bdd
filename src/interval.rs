//! Bar lengths: what one bar of a series spans.

use std::fmt;

/// Seconds of a nominal day.
pub const DAY: i64 = 86_400;

choice! {
    /// The length of a bar.
    #[derive(PartialOrd, Ord)]
    Interval {
        /// One minute.
        #[default]
        Minute1 = "1m",
        /// Two minutes.
        Minute2 = "2m",
        /// Five minutes.
        Minute5 = "5m",
        /// A quarter of an hour.
        Minute15 = "15m",
        /// Half an hour.
        Minute30 = "30m",
        /// One hour.
        Hour1 = "1h",
        /// Two hours.
        Hour2 = "2h",
        /// Four hours.
        Hour4 = "4h",
        /// A day of the exchange.
        Day1 = "1d",
        /// A week of the exchange, from its first trading day on.
        Week1 = "1wk",
        /// A month of the exchange, from the 1st on.
        Month1 = "1mo",
    }
}

impl Interval {
    /// Length in seconds; nominal for a day (24 h), a week (7 days) and a month (30 days), whose true
    /// bounds are those of the exchange's calendar.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute1 => 60,
            Self::Minute2 => 120,
            Self::Minute5 => 300,
            Self::Minute15 => 900,
            Self::Minute30 => 1_800,
            Self::Hour1 => 3_600,
            Self::Hour2 => 7_200,
            Self::Hour4 => 14_400,
            Self::Day1 => DAY,
            Self::Week1 => 7 * DAY,
            Self::Month1 => 30 * DAY,
        }
    }

    /// Whether a day has more than one bar.
    #[must_use]
    pub const fn is_intraday(self) -> bool {
        self.seconds() < DAY
    }

    /// Whether bars of this length can be put together from whole bars of `grain`.
    #[must_use]
    pub const fn is_made_of(self, grain: Self) -> bool {
        match (self, grain) {
            // Weeks do not end with the month.
            (Self::Month1, Self::Week1) => false,
            _ if self.is_intraday() => self.seconds() % grain.seconds() == 0,
            _ => self.seconds() >= grain.seconds(),
        }
    }

    /// The interval whose bars usually start `seconds` after each other. Days, weeks and months vary
    /// by the hour of a clock change, months by their lengths too.
    #[must_use]
    pub fn from_spacing(seconds: i64) -> Option<Self> {
        let near = |days: i64| (days * DAY - seconds).abs() <= 3_600;
        match seconds {
            _ if near(1) => Some(Self::Day1),
            _ if near(7) => Some(Self::Week1),
            _ if (28..=31).any(near) => Some(Self::Month1),
            _ => Self::ALL.into_iter().find(|i| i.is_intraday() && i.seconds() == seconds),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Interval};

    #[test]
    fn an_interval_is_made_of_those_that_divide_it() {
        let parts = |interval: Interval| -> Vec<&str> {
            let parts = Interval::ALL.into_iter().filter(|grain| interval.is_made_of(*grain));
            parts.map(Interval::as_str).collect()
        };
        assert_eq!(parts(Interval::Minute1), ["1m"]);
        assert_eq!(parts(Interval::Minute15), ["1m", "5m", "15m"]);
        assert_eq!(parts(Interval::Hour1), ["1m", "2m", "5m", "15m", "30m", "1h"]);
        assert_eq!(parts(Interval::Hour4), ["1m", "2m", "5m", "15m", "30m", "1h", "2h", "4h"]);
        assert_eq!(parts(Interval::Day1), ["1m", "2m", "5m", "15m", "30m", "1h", "2h", "4h", "1d"]);
        assert!(parts(Interval::Month1).contains(&"1d"));
        assert!(!parts(Interval::Month1).contains(&"1wk"));
    }

    #[test]
    fn a_spacing_tells_the_interval_whatever_clocks_and_months_do() {
        for interval in Interval::ALL {
            assert_eq!(Interval::from_spacing(interval.seconds()), Some(interval));
        }
        assert_eq!(Interval::from_spacing(DAY - 3_600), Some(Interval::Day1));
        assert_eq!(Interval::from_spacing(28 * DAY + 3_600), Some(Interval::Month1));
        assert_eq!(Interval::from_spacing(90), None);
        assert_eq!(Interval::from_spacing(2 * DAY), None);
    }
}
