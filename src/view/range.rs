//! How far back a chart reaches, and which bar lengths that goes with.

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
            let few = usize::try_from(bars).is_ok_and(|bars| bars <= MAX_BARS)
                || (*range == Self::Max && !interval.is_intraday());
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
            Interval::Hour2 => Self::Month6,
            Interval::Hour4 | Interval::Day1 => Self::Year1,
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

/// The pair of interval and range where either or both may be omitted: what is omitted is what
/// customarily goes with the rest, or else the finest interval and the longest range that are `served`.
/// What is said stays, and where nothing fits the pair is the customary one.
pub fn complete(
    interval: Option<Interval>,
    range: Option<Range>,
    served: impl Fn(Interval, Range) -> bool,
) -> (Interval, Range) {
    let ranges_with = |interval| {
        let longest_first = Range::of(interval).into_iter().rev();
        std::iter::once(Range::usual(interval)).chain(longest_first).map(move |r| (interval, r))
    };
    // The best first.
    let pairs: Vec<_> = match (interval, range) {
        (Some(interval), Some(range)) => vec![(interval, range)],
        (Some(interval), None) => ranges_with(interval).collect(),
        (None, Some(range)) => std::iter::once(range.usual_interval())
            .chain(Interval::ALL)
            .map(|interval| (interval, range))
            .collect(),
        (None, None) => Interval::ALL.into_iter().flat_map(ranges_with).collect(),
    };
    let fits = |(interval, range): &(Interval, Range)| {
        Range::of(*interval).contains(range) && served(*interval, *range)
    };
    pairs.iter().copied().find(fits).unwrap_or(pairs[0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Interval, Range, complete};
    use crate::view::error::check_possible;

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
        assert_eq!(ranges(Interval::Hour2), ranges(Interval::Hour1));
        assert_eq!(ranges(Interval::Hour4), [&*ranges(Interval::Hour1), &["5y"]].concat());
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
            let (interval, range) = complete(interval, range, |_, _| true);
            check_possible(interval, range).expect("possible");
            format!("{interval}/{}", range.as_str())
        };
        assert_eq!(texts(None, None), "1m/1d");
        let by_interval: Vec<String> =
            Interval::ALL.into_iter().map(|interval| texts(Some(interval), None)).collect();
        assert_eq!(
            by_interval,
            [
                "1m/1d", "2m/5d", "5m/5d", "15m/1mo", "30m/1mo", "1h/3mo", "2h/6mo", "4h/1y",
                "1d/1y", "1wk/5y", "1mo/max"
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
        let text =
            |interval, range| check_possible(interval, range).expect_err("impossible").to_string();
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

    #[test]
    fn what_is_omitted_fits_what_is_served() {
        let texts = |interval, range, served: &[(Interval, Range)]| {
            let (interval, range) = complete(interval, range, |i, r| served.contains(&(i, r)));
            format!("{interval}/{}", range.as_str())
        };
        let (m15, h1, d1) = (Interval::Minute15, Interval::Hour1, Interval::Day1);
        let (day, month) = (Range::Day1, Range::Month1);
        let coarse = [(m15, day), (m15, month), (h1, Range::Day5), (d1, Range::Day5), (d1, month)];
        assert_eq!(texts(None, None, &coarse), "15m/1mo", "the finest, with its usual range");
        assert_eq!(texts(None, None, &coarse[..1]), "15m/1d", "or with its longest");
        assert_eq!(
            texts(None, Some(day), &coarse),
            "15m/1d",
            "the finest that reaches back so far"
        );
        assert_eq!(texts(None, Some(Range::Day5), &coarse), "1h/5d");
        assert_eq!(texts(Some(d1), None, &coarse), "1d/1mo", "the longest of the days");
        assert_eq!(texts(Some(Interval::Minute1), None, &coarse), "1m/1d", "nothing of it");
        assert_eq!(texts(None, Some(Range::Max), &coarse), "1mo/max", "nothing of it");
        assert_eq!(texts(Some(m15), Some(Range::Day5), &coarse), "15m/5d", "it was said");
        assert_eq!(texts(None, None, &[]), "1m/1d");
    }

    proptest! {
        #[test]
        fn a_completed_pair_is_served_when_any_is_and_keeps_what_was_said(
            interval in proptest::option::of(proptest::sample::select(Interval::ALL.to_vec())),
            range in proptest::option::of(proptest::sample::select(Range::ALL.to_vec())),
            offered in proptest::collection::hash_set(0usize..110, 0..20),
        ) {
            let served = |interval: Interval, range: Range| {
                offered.contains(&(interval as usize * Range::ALL.len() + range as usize))
                    && Range::of(interval).contains(&range)
            };
            let (found_interval, found_range) = complete(interval, range, served);
            prop_assert_eq!(found_interval, interval.unwrap_or(found_interval));
            prop_assert_eq!(found_range, range.unwrap_or(found_range));
            let fits = |i: Interval, r: Range| {
                interval.is_none_or(|said| said == i) && range.is_none_or(|said| said == r) && served(i, r)
            };
            let any = Interval::ALL.into_iter().any(|i| Range::ALL.iter().any(|r| fits(i, *r)));
            prop_assert_eq!(served(found_interval, found_range), any);
            if !any {
                prop_assert_eq!((found_interval, found_range), complete(interval, range, |_, _| true));
            }
        }
    }
}
