//! How far back a chart reaches, and which bar lengths that goes with.

use super::{ViewError, listed};
use crate::interval::Interval;

/// Most bars a view draws: a market that never closes has so many hours in two years, and minutes in
/// two weeks.
pub const MAX_BARS: usize = 20_000;

choice! {
    /// How far back a chart reaches, counted from its last bar.
    Range {
        /// The last session; on a market that never closes, its last day.
        #[default]
        Day1 = "1d",
        /// The last five sessions or days.
        Day5 = "5d",
        /// One month of the calendar, as all that follow.
        Month1 = "1mo",
        /// Three months.
        Month3 = "3mo",
        /// Six months.
        Month6 = "6mo",
        /// From 1 January of the last bar's year.
        YearToDate = "ytd",
        /// One year.
        Year1 = "1y",
        /// Two years.
        Year2 = "2y",
        /// Five years.
        Year5 = "5y",
        /// Everything there is.
        Max = "max",
    }
}

impl Range {
    /// Most calendar days it can span; [`u32::MAX`] when it has no bound. Five sessions of a week
    /// with its weekend are seven days, and the year to date may be a whole one.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Day1 => 1,
            Self::Day5 => 7,
            Self::Month1 => 31,
            Self::Month3 => 92,
            Self::Month6 => 184,
            Self::YearToDate | Self::Year1 => 365,
            Self::Year2 => 730,
            Self::Year5 => 1_826,
            Self::Max => u32::MAX,
        }
    }

    /// Months of the calendar back from the last bar; `None` for those counted otherwise.
    #[must_use]
    pub const fn months(self) -> Option<u16> {
        match self {
            Self::Month1 => Some(1),
            Self::Month3 => Some(3),
            Self::Month6 => Some(6),
            Self::Year1 => Some(12),
            Self::Year2 => Some(24),
            Self::Year5 => Some(60),
            Self::Day1 | Self::Day5 | Self::YearToDate | Self::Max => None,
        }
    }

    /// The ranges a chart of `interval` can have at any source: at least two bars, and no more than
    /// [`MAX_BARS`] however long the market trades. Shortest first, never none.
    #[must_use]
    pub fn of(interval: Interval) -> Vec<Self> {
        let fits = |range: &Self| {
            let seconds = i64::from(range.days()) * crate::interval::DAY;
            let bars = seconds / interval.seconds();
            // Everything there is of days, weeks and months is a few thousand bars.
            let few = bars <= 20_000 || (*range == Self::Max && !interval.is_intraday());
            few && bars >= 2
        };
        Self::ALL.iter().copied().filter(fits).collect()
    }

    /// The range of a chart of which only the interval is given.
    #[must_use]
    pub const fn usual(interval: Interval) -> Self {
        match interval {
            Interval::Minute1 => Self::Day1,
            Interval::Minute2 | Interval::Minute5 => Self::Day5,
            Interval::Minute15 | Interval::Minute30 => Self::Month1,
            Interval::Hour1 => Self::Month3,
            Interval::Day1 => Self::Year1,
            Interval::Week1 => Self::Year5,
            Interval::Month1 => Self::Max,
        }
    }

    /// The interval of a chart of which only the range is given: a few hundred bars.
    #[must_use]
    pub const fn usual_interval(self) -> Interval {
        match self {
            Self::Day1 => Interval::Minute1,
            Self::Day5 => Interval::Minute5,
            Self::Month1 => Interval::Minute30,
            Self::Month3 => Interval::Hour1,
            Self::Month6 | Self::YearToDate | Self::Year1 | Self::Year2 => Interval::Day1,
            Self::Year5 => Interval::Week1,
            Self::Max => Interval::Month1,
        }
    }
}

/// Completes a pair of which either or both may be omitted.
///
/// # Errors
/// [`ViewError::Impossible`] for a pair that no chart has.
pub(super) fn pair(
    interval: Option<Interval>,
    range: Option<Range>,
) -> Result<(Interval, Range), ViewError> {
    let interval = interval.unwrap_or_else(|| range.unwrap_or_default().usual_interval());
    let range = range.unwrap_or_else(|| Range::usual(interval));
    let possible = Range::of(interval);
    if possible.contains(&range) {
        return Ok((interval, range));
    }
    let allowed = listed(possible.into_iter().map(Range::as_str));
    Err(ViewError::Impossible { interval, range, allowed })
}

#[cfg(test)]
mod tests {
    use super::{Interval, Range, pair};

    fn ranges(interval: Interval) -> Vec<&'static str> {
        Range::of(interval).into_iter().map(Range::as_str).collect()
    }

    #[test]
    fn every_interval_has_the_ranges_of_two_to_twenty_thousand_bars() {
        assert_eq!(ranges(Interval::Minute1), ["1d", "5d"]);
        assert_eq!(ranges(Interval::Minute2), ["1d", "5d"]);
        assert_eq!(ranges(Interval::Minute5), ["1d", "5d", "1mo"]);
        assert_eq!(ranges(Interval::Minute15), ["1d", "5d", "1mo", "3mo", "6mo"]);
        assert_eq!(ranges(Interval::Minute30), ["1d", "5d", "1mo", "3mo", "6mo", "ytd", "1y"]);
        assert_eq!(ranges(Interval::Hour1), ["1d", "5d", "1mo", "3mo", "6mo", "ytd", "1y", "2y"]);
        assert_eq!(
            ranges(Interval::Day1),
            ["5d", "1mo", "3mo", "6mo", "ytd", "1y", "2y", "5y", "max"]
        );
        assert_eq!(ranges(Interval::Week1), ["1mo", "3mo", "6mo", "ytd", "1y", "2y", "5y", "max"]);
        assert_eq!(ranges(Interval::Month1), ["3mo", "6mo", "ytd", "1y", "2y", "5y", "max"]);
    }

    #[test]
    fn what_is_omitted_is_completed_to_a_pair_that_is_possible() {
        let texts = |interval: Option<Interval>, range: Option<Range>| {
            let (interval, range) = pair(interval, range).expect("possible");
            format!("{interval}/{}", range.as_str())
        };
        assert_eq!(texts(None, None), "1m/1d");
        let by_interval: Vec<String> =
            Interval::ALL.into_iter().map(|interval| texts(Some(interval), None)).collect();
        assert_eq!(
            by_interval,
            [
                "1m/1d", "2m/5d", "5m/5d", "15m/1mo", "30m/1mo", "1h/3mo", "1d/1y", "1wk/5y",
                "1mo/max"
            ]
        );
        let by_range: Vec<String> =
            Range::ALL.iter().map(|range| texts(None, Some(*range))).collect();
        assert_eq!(
            by_range,
            [
                "1m/1d", "5m/5d", "30m/1mo", "1h/3mo", "1d/6mo", "1d/ytd", "1d/1y", "1d/2y",
                "1wk/5y", "1mo/max"
            ]
        );
    }

    #[test]
    fn an_impossible_pair_is_refused_with_the_ranges_of_its_interval() {
        let text = |interval, range| {
            pair(Some(interval), Some(range)).expect_err("impossible").to_string()
        };
        assert_eq!(
            text(Interval::Minute1, Range::Year5),
            "there is no chart of 1m bars over 5y: range can be 1d or 5d with interval 1m"
        );
        assert_eq!(
            text(Interval::Month1, Range::Day1),
            "there is no chart of 1mo bars over 1d: range can be 3mo, 6mo, ytd, 1y, 2y, 5y or max \
             with interval 1mo"
        );
    }
}
