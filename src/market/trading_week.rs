//! The days of the week on which a market trades, and the day that its week begins with.

use jiff::Span;
use jiff::civil::{Date, Weekday};

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Monday to Friday.
    pub const USUAL: Self = Self(0b001_1111);
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `day` is one of them.
    #[must_use]
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }

    /// Each of them a day later.
    #[must_use]
    pub fn later(self) -> Self {
        WEEK.into_iter().filter(|day| self.contains(day.previous())).collect()
    }

    /// The trading day after the longest stretch without one; Monday where there is none.
    fn first(self) -> Weekday {
        let rest =
            |day: Weekday| (1..7).take_while(|n| !self.contains(day.wrapping_sub(*n))).count();
        let opens = WEEK.into_iter().filter(|day| self.contains(*day));
        // `max_by_key` keeps the last of equals, hence the reversal.
        opens.rev().max_by_key(|day| rest(*day)).unwrap_or(Weekday::Monday)
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | 1 << day.to_monday_zero_offset()))
    }
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The trading days of a market's week, also of the time before it was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradingWeek {
    days: Weekdays,
    /// Those of former times, ascending, each with the first date on which it no longer held.
    former: Vec<(Date, Weekdays)>,
}

impl TradingWeek {
    /// A week of `days`, and of others until the dates beside them, ascending.
    #[must_use]
    pub const fn new(days: Weekdays, former: Vec<(Date, Weekdays)>) -> Self {
        Self { days, former }
    }

    /// The days on which it trades now.
    #[must_use]
    pub const fn days(&self) -> Weekdays {
        self.days
    }

    /// The days of former times, ascending, each with the first date on which they no longer held.
    #[must_use]
    pub fn former(&self) -> &[(Date, Weekdays)] {
        &self.former
    }

    /// Whether the market trades on days of the week like that of `date`.
    #[must_use]
    pub fn trades_on(&self, date: Date) -> bool {
        self.at(date).0.contains(date.weekday())
    }

    /// Whether the market trades on every day of the week.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.days == Weekdays::ALL
    }

    /// The first date of the week of `date`, and of the week after it. A week ends early where
    /// another kind of week begins; `None` beyond the calendar's end.
    #[must_use]
    pub fn around(&self, date: Date) -> Option<[Date; 2]> {
        let (days, since, until) = self.at(date);
        let passed = date.weekday().since(days.first());
        let first = date.checked_sub(Span::new().days(i64::from(passed))).ok()?;
        let next = first.checked_add(Span::new().days(7)).ok()?;
        Some([first.max(since.unwrap_or(first)), next.min(until.unwrap_or(next))])
    }

    /// The date itself if the market trades on it, else the next one on which it does: a week that is
    /// stamped on the weekend before it is the week after.
    #[must_use]
    pub fn trading_date_from(&self, date: Date) -> Option<Date> {
        let dates = std::iter::successors(Some(date), |date| date.tomorrow().ok());
        dates.take(7).find(|date| self.trades_on(*date))
    }

    /// The days of the week that hold on `date`, since when, and until when.
    fn at(&self, date: Date) -> (Weekdays, Option<Date>, Option<Date>) {
        let index = self.former.partition_point(|(until, _)| *until <= date);
        let since = index.checked_sub(1).map(|before| self.former[before].0);
        match self.former.get(index) {
            Some((until, days)) => (*days, since, Some(*until)),
            None => (self.days, since, None),
        }
    }
}

impl Default for TradingWeek {
    fn default() -> Self {
        Self::new(Weekdays::USUAL, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, Weekday, date};
    use proptest::prelude::*;

    use super::{TradingWeek, WEEK, Weekdays};

    fn week(days: impl IntoIterator<Item = Weekday>) -> TradingWeek {
        TradingWeek::new(days.into_iter().collect(), Vec::new())
    }

    #[test]
    fn a_week_begins_with_the_trading_day_after_the_weekend() {
        use Weekday::{Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        let first = |week: TradingWeek| {
            let [first, next] = week.around(date(2026, 9, 2)).expect("in range");
            assert_eq!(first.until(next).expect("ordered").get_days(), 7);
            first.weekday()
        };
        assert_eq!(first(TradingWeek::default()), Monday);
        assert_eq!(first(week(WEEK)), Monday, "no weekend");
        assert_eq!(first(week([Sunday, Monday, Tuesday, Wednesday, Thursday])), Sunday);
        assert_eq!(first(week([Saturday, Sunday, Monday, Tuesday, Wednesday])), Saturday);
        assert_eq!(first(week([])), Monday);
    }

    #[test]
    fn where_the_weekend_changes_the_last_week_of_the_old_kind_ends_early() {
        let old: Weekdays =
            WEEK.into_iter().filter(|day| day.to_sunday_zero_offset() < 5).collect();
        let changed = TradingWeek::new(Weekdays::USUAL, vec![(date(2022, 1, 3), old)]);
        let around = |day: Date| changed.around(day).expect("in range");
        assert_eq!(around(date(2021, 12, 30)), [date(2021, 12, 26), date(2022, 1, 2)]);
        assert_eq!(around(date(2022, 1, 2)), [date(2022, 1, 2), date(2022, 1, 3)]);
        assert_eq!(around(date(2022, 1, 7)), [date(2022, 1, 3), date(2022, 1, 10)]);
        assert!(!changed.trades_on(date(2021, 12, 31)) && changed.trades_on(date(2022, 1, 7)));
        let from = |day: Date| changed.trading_date_from(day);
        assert_eq!(from(date(2021, 12, 24)), Some(date(2021, 12, 26)));
        assert_eq!(from(date(2022, 1, 8)), Some(date(2022, 1, 10)));
    }

    proptest! {
        #[test]
        fn weeks_hold_their_dates_and_follow_each_other(
            days in 0u8..128, before in 0u8..128, change in 0i32..60, at in 0i32..60,
        ) {
            let day = |n: i32| date(2026, 1, 1).checked_add(jiff::Span::new().days(n)).expect("in range");
            let week = TradingWeek::new(Weekdays(days), vec![(day(change), Weekdays(before))]);
            let [first, next] = week.around(day(at)).expect("in range");
            prop_assert!(first <= day(at) && day(at) < next);
            prop_assert_eq!(week.around(first), Some([first, next]));
            prop_assert_eq!(week.around(next).map(|[first, _]| first), Some(next));
        }
    }
}
