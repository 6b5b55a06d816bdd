//! What a source covers: which bar lengths it has, how far back, and what a view is made from.

use super::key::SeriesKey;
use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::{Range, Session, View, listed};

/// Days that a source without a bound reaches back.
const ANY: u32 = u32::MAX;
/// Trading hours of a day that a warm-up counts on at most: a shorter session takes more days.
const SHORTEST_DAY: i64 = 4 * 3_600;

/// Which bars of a symbol a source has, and how far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Calendar days that bars of each interval reach back, where it has them.
    days: [Option<u32>; Interval::ALL.len()],
    /// The same of bars that were kept, which reach further back than the source where they reach further.
    kept: [Option<u32>; Interval::ALL.len()],
    /// Whether it has bars from before and after regular trading. Where not, both parts of a day are the
    /// same series.
    has_extended: bool,
}

/// What a view is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchPlan {
    /// The length of the bars to fetch.
    pub grain: Interval,
    /// How far back to fetch them; at least as far as the view reaches.
    pub depth: Range,
}

/// A view that a source cannot serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin} does not reach back {} in {interval} bars of {symbol}: {offer}", range.as_str())]
pub struct OutOfRange {
    /// The source's name.
    pub origin: &'static str,
    /// Whose bars.
    pub symbol: Symbol,
    /// Length of a bar.
    pub interval: Interval,
    /// How far back.
    pub range: Range,
    /// What can be had instead.
    pub offer: String,
}

impl Coverage {
    /// A source that has nothing.
    pub const NONE: Self = Self {
        days: [None; Interval::ALL.len()],
        kept: [None; Interval::ALL.len()],
        has_extended: false,
    };

    /// Bars of 1m, 5m, 1h and 1d as far back as anybody asks.
    pub const UNBOUNDED: Self = Self::NONE
        .with_all(Interval::Minute1)
        .with_all(Interval::Minute5)
        .with_all(Interval::Hour1)
        .with_all(Interval::Day1);

    /// The same and bars of `interval`, `days` calendar days back.
    #[must_use]
    pub const fn with(mut self, interval: Interval, days: u32) -> Self {
        self.days[interval as usize] = Some(days);
        self
    }

    /// The same and every bar of `interval` there ever was.
    #[must_use]
    pub const fn with_all(self, interval: Interval) -> Self {
        self.with(interval, ANY)
    }

    /// The same, and bars from before and after regular trading.
    #[must_use]
    pub const fn with_extended(self) -> Self {
        Self { has_extended: true, ..self }
    }

    /// The same, and bars of `interval` that were kept, `days` calendar days back without a gap.
    #[must_use]
    pub const fn with_kept(mut self, interval: Interval, days: u32) -> Self {
        self.kept[interval as usize] = Some(days);
        self
    }

    /// What the source has, and behind it what was kept of the same bars.
    fn with_all_kept(mut self) -> Self {
        for (days, kept) in self.days.iter_mut().zip(&mut self.kept) {
            let kept = kept.take();
            *days = days.map(|days| kept.map_or(days, |kept| kept.max(days)));
        }
        self
    }

    /// As much of `depth` as the source itself has in bars of `grain`.
    #[must_use]
    pub fn depth_at_source(&self, grain: Interval, depth: Range) -> Range {
        let reach = self.days(grain).unwrap_or(0);
        if depth.days() <= reach { depth } else { longest_within(reach) }
    }

    /// What a chart of `interval` over `range` is made from, with `warm_up` more bars before it;
    /// `None` when there are no such bars.
    ///
    /// Kept bars serve what the source alone cannot: no chart of it becomes another one by them. Of either,
    /// the finest grain that divides the interval and reaches back far enough, so that short views of
    /// a symbol share the feed of its minutes. Days, weeks and months are made of days where the
    /// source has them: its day knows the auctions and the official close, which minutes do not.
    #[must_use]
    pub fn plan(&self, interval: Interval, range: Range, warm_up: u32) -> Option<FetchPlan> {
        let plan = self.plan_of_source(interval, range, warm_up);
        plan.or_else(|| self.with_all_kept().plan_of_source(interval, range, warm_up))
    }

    fn plan_of_source(&self, interval: Interval, range: Range, warm_up: u32) -> Option<FetchPlan> {
        // The first week or month of the window begins before it, and has to be whole.
        let begun = if interval > Interval::Day1 { Range::Month1.days() } else { 0 };
        let days = range.days().saturating_add(begun + warm_up_days(interval, warm_up));
        let daily = !interval.is_intraday() && self.days(Interval::Day1).is_some();
        let grains = Interval::ALL
            .into_iter()
            .filter(|grain| interval.is_made_of(*grain) && !(daily && grain.is_intraday()))
            .filter(|grain| self.days(*grain).is_some_and(|reach| reach >= days))
            .map(|grain| FetchPlan { grain, depth: self.depth(grain, days) });
        // No range names all that a source has of minutes: the warm-up may be in the next grain only.
        grains.clone().find(|plan| plan.depth.days() >= days).or_else(|| grains.clone().next())
    }

    /// Whether there is a chart of `interval` over `range`.
    #[must_use]
    pub fn serves(&self, interval: Interval, range: Range) -> bool {
        self.plan(interval, range, 0).is_some()
    }

    /// The ranges that a chart of `interval` can have.
    #[must_use]
    pub fn ranges(&self, interval: Interval) -> Vec<Range> {
        let mut ranges = Range::of(interval);
        ranges.retain(|range| self.serves(interval, *range));
        ranges
    }

    /// What `view` is made from at the source `origin`: with the bars that its studies begin with,
    /// where the source reaches back so far. Where it does not, they begin as well as they can.
    ///
    /// # Errors
    /// [`OutOfRange`], saying what can be had instead.
    pub fn plan_of(&self, view: &View, origin: &'static str) -> Result<FetchPlan, OutOfRange> {
        let (interval, range) = (view.interval, view.range);
        let warm_up = u32::try_from(view.studies.warm_up()).unwrap_or(0);
        let plan = self.plan(interval, range, warm_up);
        plan.or_else(|| self.plan(interval, range, 0)).ok_or_else(|| OutOfRange {
            origin,
            symbol: view.symbol.clone(),
            interval,
            range,
            offer: self.offer(interval),
        })
    }

    /// The series that the chart of a view's own symbol is drawn from.
    ///
    /// # Errors
    /// [`OutOfRange`], saying what can be had instead.
    pub fn series_of(&self, view: &View, origin: &'static str) -> Result<SeriesKey, OutOfRange> {
        let FetchPlan { grain, depth } = self.plan_of(view, origin)?;
        let session = if self.has_extended { view.session } else { Session::Regular };
        Ok(SeriesKey { symbol: view.symbol.clone(), grain, depth, session })
    }

    /// Which parts of a trading day there are in bars of `interval`.
    #[must_use]
    pub const fn sessions(&self, interval: Interval) -> &'static [Session] {
        let has_both = interval.is_intraday() && self.has_extended;
        if has_both { &Session::ALL } else { &[Session::Regular] }
    }

    fn offer(&self, interval: Interval) -> String {
        let ranges = self.ranges(interval);
        if !ranges.is_empty() {
            let ranges = listed(ranges.into_iter().map(Range::as_str));
            return format!("range can be {ranges} with interval {interval}");
        }
        let intervals = Interval::ALL.into_iter().filter(|other| !self.ranges(*other).is_empty());
        format!("interval can be {}", listed(intervals.map(Interval::as_str)))
    }

    fn days(&self, grain: Interval) -> Option<u32> {
        self.days[grain as usize]
    }

    /// How far back a feed of `grain` goes that has to reach `days`.
    ///
    /// Depths come in a few steps, so that views of similar ranges share a feed, and nobody fetches
    /// forty years of days to draw one: with Yahoo's answers, two years of days are 60 kB and all of
    /// them a megabyte. Whoever then asks for more than a step has starts a deeper feed beside it.
    fn depth(&self, grain: Interval, days: u32) -> Range {
        let steps: &[Range] = match grain {
            Interval::Day1 | Interval::Week1 | Interval::Month1 => &[Range::Year2],
            Interval::Hour1 | Interval::Hour2 | Interval::Hour4 => &[Range::Month3, Range::Year2],
            _ => &[Range::Day5, Range::Month1, Range::Month6, Range::Year2],
        };
        let reach = self.days(grain).unwrap_or(0);
        let step = steps.iter().copied().find(|step| step.days() >= days).unwrap_or(Range::Max);
        if step.days() <= reach {
            return step;
        }
        // The warm-up may be cut short by it.
        longest_within(reach)
    }
}

/// The longest that a source has which reaches back `reach` days and that a range names.
fn longest_within(reach: u32) -> Range {
    let named = Range::ALL.iter().rev().copied().filter(|range| *range != Range::YearToDate);
    named.into_iter().find(|range| range.days() <= reach).unwrap_or(Range::Max)
}

/// Calendar days that hold `bars` bars of `interval` on any exchange.
fn warm_up_days(interval: Interval, bars: u32) -> u32 {
    let trading = i64::from(bars) * interval.seconds();
    let days = if interval.is_intraday() {
        trading.div_euclid(SHORTEST_DAY) + i64::from(bars > 0)
    } else {
        trading / crate::interval::DAY
    };
    // Five of seven days are traded, less the holidays.
    u32::try_from(days * 3 / 2).unwrap_or(ANY / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Coverage, FetchPlan, Session};
    use crate::interval::Interval;
    use crate::symbol::Symbol;
    use crate::view::{Range, View};

    const YAHOO: Coverage = Coverage::NONE
        .with(Interval::Minute1, 8)
        .with(Interval::Minute5, 60)
        .with(Interval::Hour1, 730)
        .with_all(Interval::Day1);

    #[test]
    fn kept_bars_serve_what_the_source_alone_cannot_and_change_no_other_chart() {
        let kept = YAHOO.with_kept(Interval::Minute1, 100).with_kept(Interval::Minute2, 100);
        for (interval, range, alone, with_kept) in [
            (Interval::Minute1, Range::Day5, "1m 5d", "1m 5d"),
            (Interval::Minute1, Range::Month1, "-", "1m 1mo"),
            (Interval::Minute2, Range::Month3, "-", "1m 3mo"),
            (Interval::Minute5, Range::Month1, "5m 1mo", "5m 1mo"),
            (Interval::Hour1, Range::Month3, "1h 3mo", "1h 3mo"),
            (Interval::Minute1, Range::Month6, "-", "-"),
        ] {
            assert_eq!(made_of(YAHOO, interval, range), alone, "{interval} {range:?}");
            assert_eq!(made_of(kept, interval, range), with_kept, "{interval} {range:?}");
        }
        assert_eq!(kept.depth_at_source(Interval::Minute1, Range::Month3), Range::Day5);
        assert_eq!(kept.depth_at_source(Interval::Minute1, Range::Day5), Range::Day5);
        assert_eq!(kept.depth_at_source(Interval::Day1, Range::Max), Range::Max);
    }

    fn made_of(coverage: Coverage, interval: Interval, range: Range) -> String {
        match coverage.plan(interval, range, 0) {
            Some(FetchPlan { grain, depth }) => format!("{grain} {}", depth.as_str()),
            None => "-".to_owned(),
        }
    }

    #[test]
    fn a_study_is_warm_where_a_coarser_grain_reaches_further_back() {
        let plan = |warm_up| YAHOO.plan(Interval::Minute5, Range::Day5, warm_up);
        let five = |grain, depth| Some(FetchPlan { grain, depth });
        assert_eq!(plan(0), five(Interval::Minute1, Range::Day5));
        assert_eq!(plan(20), five(Interval::Minute5, Range::Month1));
        // There is nothing but minutes to make minutes of: cut short they are better than none.
        let minutes = YAHOO.plan(Interval::Minute1, Range::Day5, 20);
        assert_eq!(minutes, five(Interval::Minute1, Range::Day5));
    }

    #[test]
    fn a_view_is_made_of_the_finest_bars_that_reach_back_far_enough() {
        for (interval, range, grain) in [
            (Interval::Minute1, Range::Day1, "1m 5d"),
            (Interval::Minute2, Range::Day5, "1m 5d"),
            (Interval::Minute15, Range::Day5, "1m 5d"),
            (Interval::Minute5, Range::Month1, "5m 1mo"),
            (Interval::Minute30, Range::Month1, "5m 1mo"),
            (Interval::Minute30, Range::Month3, "-"),
            (Interval::Hour1, Range::Month1, "5m 1mo"),
            (Interval::Hour1, Range::Month3, "1h 3mo"),
            (Interval::Hour1, Range::Month6, "1h 2y"),
            (Interval::Hour1, Range::Year2, "1h 2y"),
            (Interval::Day1, Range::Day5, "1d 2y"),
            (Interval::Day1, Range::Year2, "1d 2y"),
            (Interval::Day1, Range::Year5, "1d max"),
            (Interval::Week1, Range::Year5, "1d max"),
            (Interval::Month1, Range::Year1, "1d 2y"),
            (Interval::Month1, Range::Year2, "1d max"),
            (Interval::Month1, Range::Max, "1d max"),
        ] {
            assert_eq!(made_of(YAHOO, interval, range), grain, "{interval} {range:?}");
        }
    }

    #[test]
    fn days_can_be_made_of_minutes_where_there_is_nothing_else() {
        let minutes = Coverage::NONE.with_all(Interval::Minute1);
        assert_eq!(made_of(minutes, Interval::Day1, Range::Year1), "1m 2y");
        let quarters = Coverage::NONE.with_all(Interval::Minute15);
        assert_eq!(made_of(quarters, Interval::Hour1, Range::Day5), "15m 5d");
        assert_eq!(made_of(quarters, Interval::Minute5, Range::Day1), "-");
    }

    #[test]
    fn a_warm_up_takes_bars_that_reach_back_further() {
        let with = |warm_up| YAHOO.plan(Interval::Minute5, Range::Day5, warm_up);
        assert_eq!(with(0), Some(FetchPlan { grain: Interval::Minute1, depth: Range::Day5 }));
        assert_eq!(with(200), Some(FetchPlan { grain: Interval::Minute5, depth: Range::Month1 }));
        assert_eq!(with(100_000), None);
        let days = YAHOO.plan(Interval::Day1, Range::Year2, 200);
        assert_eq!(days, Some(FetchPlan { grain: Interval::Day1, depth: Range::Max }));
    }

    #[test]
    fn studies_reach_back_further_than_their_chart_where_the_source_does() {
        let made_of = |options: &[(&str, &str)]| {
            let symbol = Symbol::parse("AAPL").expect("valid");
            let view = View::parse(symbol, options.iter().copied()).expect("possible");
            let FetchPlan { grain, depth } = YAHOO.plan_of(&view, "yahoo").expect("served");
            format!("{grain} {}", depth.as_str())
        };
        let (five, rsi) = (("interval", "5m"), ("studies", "rsi:14"));
        assert_eq!(made_of(&[five]), "1m 5d");
        assert_eq!(made_of(&[five, rsi]), "5m 1mo");
        let day = ("interval", "1d");
        assert_eq!(made_of(&[day, ("studies", "ema:20")]), "1d 2y");
        assert_eq!(made_of(&[day, rsi]), "1d max");
        let minutes = [("interval", "1m"), ("range", "5d"), ("studies", "ema:500")];
        assert_eq!(made_of(&minutes), "1m 5d", "all there is");
    }

    #[test]
    fn extended_hours_are_a_series_of_their_own_where_the_source_has_them() {
        let series = |coverage: Coverage, key: &str| {
            coverage.series_of(&key.parse().expect("valid"), "yahoo").expect("served")
        };
        let (regular, extended) = ("AAPL", "AAPL;session=extended");
        let both = YAHOO.with_extended();
        assert_eq!(series(YAHOO, regular), series(YAHOO, extended));
        assert_eq!(series(both, regular), series(YAHOO, regular));
        assert_eq!(series(both, extended).session, Session::Extended);
        assert_eq!(both.sessions(Interval::Minute1), Session::ALL);
        assert_eq!(both.sessions(Interval::Day1), [Session::Regular]);
        assert_eq!(YAHOO.sessions(Interval::Minute1), [Session::Regular]);
    }

    #[test]
    fn who_asks_for_too_much_is_told_what_there_is() {
        let ask = |coverage: Coverage, options: &[(&str, &str)]| {
            let symbol = Symbol::parse("AAPL").expect("valid");
            let view = View::parse(symbol, options.iter().copied()).expect("possible");
            coverage.plan_of(&view, "yahoo").expect_err("too much").to_string()
        };
        assert_eq!(
            ask(YAHOO, &[("interval", "15m"), ("range", "6mo")]),
            "yahoo does not reach back 6mo in 15m bars of AAPL: range can be 1d, 5d or 1mo with \
             interval 15m"
        );
        let days = Coverage::NONE.with_all(Interval::Day1);
        assert_eq!(
            ask(days, &[]),
            "yahoo does not reach back 1d in 1m bars of AAPL: interval can be 1d, 1wk or 1mo"
        );
    }

    proptest! {
        #[test]
        fn what_nobody_said_of_a_view_is_what_the_source_has(
            days in proptest::array::uniform11(proptest::option::of(0u32..3_000)),
            interval in proptest::option::of(proptest::sample::select(Interval::ALL.to_vec())),
        ) {
            let coverage = Coverage { days, ..Coverage::NONE };
            let symbol = Symbol::parse("AAPL").expect("valid");
            let said = interval.map(|interval| ("interval", interval.as_str()));
            let served = |_: &Symbol, interval, range| coverage.serves(interval, range);
            let view = View::parse_in(symbol, said, &served).expect("possible");
            prop_assert_eq!(view.interval, interval.unwrap_or(view.interval));
            let any = Interval::ALL.into_iter().any(|other| {
                interval.is_none_or(|said| said == other) && !coverage.ranges(other).is_empty()
            });
            prop_assert_eq!(coverage.plan_of(&view, "yahoo").is_ok(), any);
        }

        #[test]
        fn a_feed_reaches_as_far_as_its_view_and_no_further_than_its_source(
            days in proptest::array::uniform11(proptest::option::of(0u32..3_000)),
            interval in proptest::sample::select(Interval::ALL.to_vec()),
            range in proptest::sample::select(Range::ALL.to_vec()),
            warm_up in 0u32..500,
        ) {
            let coverage = Coverage { days, ..Coverage::NONE };
            if let Some(FetchPlan { grain, depth }) = coverage.plan(interval, range, warm_up) {
                prop_assert!(interval.is_made_of(grain));
                prop_assert!(depth.days() >= range.days());
                prop_assert!(coverage.days(grain).is_some_and(|reach| depth.days() <= reach));
            }
        }
    }
}
