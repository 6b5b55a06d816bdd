//! When a simulated market trades: around the clock, or in the sessions of its exchange.
//!
//! A price is a function of the second. So that a night moves it no further than a night does, the
//! price of an exchange with sessions is read on a clock that runs while the exchange trades, and for a
//! quarter of a day between two days.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::market::TradingClock;
use crate::market::{Period, SessionState, Timetable, TradingCalendar, calendar};

/// A week without holidays in any market, from which the length of a market's day is told: Monday to
/// Sunday, 7 to 13 October 2024.
const ORDINARY_WEEK: [i64; 2] = [1_728_259_200, 1_728_777_600];

/// Stretches of trading on one date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TradingDay {
    /// Midnight of its date at the exchange, epoch seconds.
    pub midnight: i64,
    /// Ascending; between two of them is lunch.
    pub stretches: Vec<Stretch>,
}

/// One stretch of trading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    /// When it is.
    pub period: Period,
    /// What is added to its seconds on the clock that its prices are read on.
    pub shift: i64,
}

/// The sessions of one market.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sessions<'a> {
    calendar: &'a TradingCalendar,
    clock: TradingClock,
}

/// Days of trading in one year.
const DAYS: i64 = 252;

impl<'a> Sessions<'a> {
    /// The sessions of a market that closes; `None` of one that does not.
    pub(super) fn of(calendar: &'a TradingCalendar) -> Option<Self> {
        if calendar.is_continuous() {
            return None;
        }
        let [from, to] = ORDINARY_WEEK;
        let days = open_days(&calendar.sessions(from, to), calendar);
        let length = |periods: &Vec<Period>| periods.iter().map(|p| p.end - p.start).sum::<i64>();
        let open = days.iter().map(|(_, periods)| length(periods)).max()?;
        let day = open + open / 4;
        Some(Self { calendar, clock: TradingClock { day, open, year: DAYS * day } })
    }

    /// The clock that its prices run by.
    pub(super) const fn clock(&self) -> TradingClock {
        self.clock
    }

    /// The zone of its exchange.
    pub(super) const fn zone(&self) -> &TimeZone {
        self.calendar.zone()
    }

    /// Of the days that begin between `from` and `to` those on which it trades, and what it does at
    /// any time from then to a week after `to`.
    pub(super) fn days(&self, from: i64, to: i64) -> (Vec<TradingDay>, Timetable) {
        let ahead = 7 * 86_400;
        let planned = self.calendar.sessions(from, to.saturating_add(ahead));
        let core = |state| matches!(state, SessionState::Open | SessionState::Lunch);
        let core = planned.phases().iter().filter(|phase| core(phase.state)).copied().collect();
        let timetable = Timetable::new(core);
        let days = open_days(&timetable, self.calendar).into_iter();
        let days = days.filter(|(_, periods)| periods.iter().any(|period| period.start <= to));
        (days.filter_map(|(date, periods)| self.day(date, &periods)).collect(), timetable)
    }

    fn day(&self, date: Date, periods: &[Period]) -> Option<TradingDay> {
        let begun = business_day(date) * self.clock.day;
        let mut elapsed = 0;
        let stretches = periods.iter().map(|&period| {
            let shift = begun + elapsed - period.start;
            elapsed += period.end - period.start;
            Stretch { period, shift }
        });
        let stretches = stretches.collect();
        Some(TradingDay { midnight: calendar::midnight(date, self.calendar.zone())?, stretches })
    }
}

/// The stretches of trading by their dates. What trades through the night trades for the next day.
fn open_days(timetable: &Timetable, calendar: &TradingCalendar) -> Vec<(Date, Vec<Period>)> {
    let open = timetable.phases().iter().filter(|phase| phase.state == SessionState::Open);
    let mut days: Vec<(Date, Vec<Period>)> = Vec::new();
    for phase in open {
        let Some(date) = calendar::date(phase.period.end - 1, calendar.zone()) else { continue };
        match days.last_mut() {
            Some((last, periods)) if *last == date => periods.push(phase.period),
            _ => days.push((date, vec![phase.period])),
        }
    }
    days
}

/// Working days since 1970, Monday to Friday; the days of a weekend count as the Friday before, which
/// markets that open on a Sunday do not trade.
fn business_day(date: Date) -> i64 {
    let days = i64::from((date - jiff::civil::date(1970, 1, 5)).get_days());
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(4)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Sessions, business_day};
    use crate::market::{Calendars, TradingCalendar};
    use crate::symbol::Symbol;

    fn calendar(symbol: &str) -> TradingCalendar {
        let symbol = Symbol::parse(symbol).expect("valid");
        Calendars::standard().find(&symbol, None).expect("known").clone()
    }

    fn ts(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_second()
    }

    #[test]
    fn tokyo_trades_in_two_stretches_a_day_whose_clock_has_no_lunch() {
        let tokyo = calendar("7203.T");
        let sessions = Sessions::of(&tokyo).expect("it closes");
        let (days, timetable) =
            sessions.days(ts("2026-11-25T15:00:00Z"), ts("2026-11-27T01:00:00Z"));
        let last = days.last().expect("Friday");
        let [morning, afternoon] = &last.stretches[..] else { panic!("{last:?}") };
        assert_eq!(last.midnight, ts("2026-11-26T15:00:00Z"));
        assert_eq!(morning.period.start, ts("2026-11-27T00:00:00Z"));
        assert_eq!(afternoon.period.start, ts("2026-11-27T03:30:00Z"));
        let on_clock = |stretch: &super::Stretch, at: i64| at + stretch.shift;
        assert_eq!(
            on_clock(morning, morning.period.end),
            on_clock(afternoon, afternoon.period.start)
        );
        // Monday's open is known on Friday.
        assert!(timetable.phases().iter().any(|p| p.period.start == ts("2026-11-30T00:00:00Z")));
    }

    #[test]
    fn a_weekend_is_no_longer_than_a_night_on_the_prices_clock() {
        let london = calendar("VOD.L");
        let sessions = Sessions::of(&london).expect("it closes");
        let (days, _) = sessions.days(ts("2026-11-19T00:00:00Z"), ts("2026-11-24T12:00:00Z"));
        let starts: Vec<i64> =
            days.iter().map(|day| day.stretches[0].period.start + day.stretches[0].shift).collect();
        assert!(starts.len() >= 4);
        assert!(starts.windows(2).all(|two| two[1] - two[0] == sessions.clock().day), "{starts:?}");
    }

    #[test]
    fn a_day_of_currencies_is_that_on_which_it_ends() {
        let currencies = calendar("EURUSD=X");
        let sessions = Sessions::of(&currencies).expect("it closes for the weekend");
        let (days, _) = sessions.days(ts("2026-11-22T12:00:00Z"), ts("2026-11-23T12:00:00Z"));
        let monday = days.last().expect("Monday");
        assert_eq!(monday.midnight, ts("2026-11-23T05:00:00Z"));
        assert_eq!(monday.stretches[0].period.start, ts("2026-11-22T22:00:00Z"));
    }

    #[test]
    fn working_days_are_counted_without_weekends() {
        let day = |text: &str| business_day(text.parse().expect("a date"));
        assert_eq!(day("1970-01-05"), 0);
        assert_eq!(day("2026-11-30") - day("2026-11-27"), 1);
        assert_eq!(day("2026-11-27") - day("2026-11-26"), 1);
        assert_eq!(day("1969-12-31"), -3);
    }
}
