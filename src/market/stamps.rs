//! The date that is written in the stamp of a bar of a day, a week or a month.
//!
//! Providers stamp such a bar with the midnight of its date, in UTC or at the exchange, with the open of
//! its session, or with the evening before: five in the afternoon in New York for a day of currencies,
//! and 23:00 where a zone has given up its summer time since. The bar that still forms has the time of
//! its last trade. One stamp alone does not tell which of them it is; all stamps of a series do.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::hours::EVENING;
use super::{Hours, SessionState, TradingCalendar, TradingWeek, calendar};
use crate::interval::{DAY, Interval};

/// From this second of the day on a stamp may be one of the evening before.
const FIVE: i64 = DAY - EVENING;
/// From this second on it may be so if the days of the week say it.
const NOON: i64 = DAY / 2;
/// Usual times are so but for an hour: clocks of two zones change on different days.
const CHANGE: i64 = 3_600;
/// Months that have to be stamped in the afternoon of a last day for all of them to be of the next month.
const MONTHS: usize = 4;
/// How far around an instant sessions are looked up, in seconds: beyond any weekend.
const AROUND: i64 = 5 * DAY;

/// Where the bars of `interval`, a day or longer, stand that have these stamps, ascending, each in epoch
/// seconds: at the midnight in `zone` of the first date of their day, week or month. `calendar` is that
/// of their market, where it is known.
#[must_use]
pub fn starts(
    stamps: &[i64],
    interval: Interval,
    zone: &TimeZone,
    calendar: Option<&TradingCalendar>,
) -> Vec<i64> {
    let usual_week = TradingWeek::default();
    let week = calendar.map_or(&usual_week, TradingCalendar::week);
    let dates = StampReader { stamps, interval, zone, calendar, week }.dates();
    let start = |(index, date): (usize, &Option<Date>)| {
        let date = (*date)?;
        let first = match interval {
            Interval::Week1 => week.around(week_date(&dates, index, week)?)?[0],
            Interval::Month1 => date.first_of_month(),
            _ => date,
        };
        calendar::midnight(first, zone)
    };
    let starts = dates.iter().enumerate().map(start).zip(stamps);
    starts.map(|(start, stamp)| start.unwrap_or(*stamp)).collect()
}

/// A date of the week that is stamped with `dates[index]`: one on a weekend is of the week after. Where
/// there is no weekend it is so too if every week is stamped with that day, but not if the last one alone
/// is, which then is the week that still forms.
fn week_date(dates: &[Option<Date>], index: usize, week: &TradingWeek) -> Option<Date> {
    let date = dates[index]?;
    if !week.is_whole() {
        return week.trading_date_from(date);
    }
    let like = dates.iter().flatten().filter(|other| other.weekday() == date.weekday());
    let is_usual = like.count() > dates.len() / 2;
    if !is_usual || TradingWeek::default().trades_on(date) {
        return Some(date);
    }
    TradingWeek::default().trading_date_from(date)
}

/// The stamps of a series and all that is known of their market.
struct StampReader<'a> {
    stamps: &'a [i64],
    interval: Interval,
    zone: &'a TimeZone,
    calendar: Option<&'a TradingCalendar>,
    week: &'a TradingWeek,
}

/// What a stamp is.
#[derive(Debug, Clone, Copy)]
enum StampForm {
    /// A time of its date.
    Day(Date),
    /// One of the evening of a date, as other bars have it too.
    Evening(Date),
    /// The same of the afternoon: midnight in a zone further east.
    Afternoon(Date),
    /// The time of a trade on a date.
    Trade(Option<Date>),
}

impl StampReader<'_> {
    /// The trading date of each; `None` beyond the calendar's end.
    fn dates(&self) -> Vec<Option<Date>> {
        let is_date = |ts: &i64| ts.rem_euclid(DAY) == 0;
        let closed = self.stamps.len().saturating_sub(1).max(1);
        if self.stamps.iter().take(closed).all(is_date) {
            let utc = |ts: &i64| calendar::date(*ts, &TimeZone::UTC);
            let date = |ts: &i64| if is_date(ts) { utc(ts) } else { self.traded(*ts, None) };
            return self.stamps.iter().map(date).collect();
        }
        let forms = self.forms();
        let [evenings, afternoons] = self.are_of_the_day_before(&forms);
        // From the last to the first: a stamp of the evening is one of its own date where the next bar
        // has the date after it, and no bar has its own.
        let mut dates = vec![None; forms.len()];
        let mut next = None;
        for (index, form) in forms.iter().enumerate().rev() {
            let date = match *form {
                StampForm::Day(date) => Some(date),
                StampForm::Evening(date) | StampForm::Afternoon(date) => {
                    let before =
                        if matches!(form, StampForm::Evening(_)) { evenings } else { afternoons };
                    let follows = date.tomorrow().ok();
                    let has_own = matches!(
                        index.checked_sub(1).map(|before| forms[before]),
                        Some(StampForm::Day(other)) if other == date
                    );
                    let taken = next.is_some() && next == follows && !has_own;
                    if before && !taken { follows } else { Some(date) }
                }
                StampForm::Trade(date) => date,
            };
            next = date.filter(|_| !matches!(form, StampForm::Trade(_)));
            dates[index] = date;
        }
        dates
    }

    fn forms(&self) -> Vec<StampForm> {
        let times: Vec<i64> =
            self.stamps.iter().map(|ts| calendar::second_of_day(*ts, self.zone)).collect();
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let usual = sorted.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
        let usual = usual.map(|same| same[0]);
        let same = |time: i64| {
            let before = |time: i64| sorted.partition_point(|other| *other < time);
            before(time + 1) - before(time)
        };
        let last = self.stamps.len().saturating_sub(1);
        let form = |(index, (&ts, &time)): (usize, (&i64, &i64))| {
            let others = [time - CHANGE, time, time + CHANGE].map(same);
            // A single stamp is a usual one if it stands on the whole hour, and the last one only if the
            // one before it is like it.
            let is_usual = match index.checked_sub(1).map(|before| times[before]) {
                None if last == 0 => time % 3_600 == 0,
                Some(before) if index == last && time >= FIVE => before >= FIVE,
                _ => true,
            };
            let is_usual = is_usual && (last == 0 || others.iter().sum::<usize>() > 1);
            let date = calendar::date(ts, self.zone);
            match date.filter(|_| is_usual) {
                None => StampForm::Trade(self.traded(ts, usual)),
                // The last second of an hour is the end of a bar.
                Some(date) if time < NOON || time % 3_600 == 3_599 => StampForm::Day(date),
                Some(date) if time < FIVE => StampForm::Afternoon(date),
                Some(date) => StampForm::Evening(date),
            }
        };
        self.stamps.iter().zip(&times).enumerate().map(form).collect()
    }

    /// Whether stamps of the evening, and those of the afternoon, are those of the day before, which puts
    /// them on trading days. Stamps of the closes are on trading days themselves, and would not be a day
    /// later. Those of months are of the day before if they are on the last one of a month.
    fn are_of_the_day_before(&self, forms: &[StampForm]) -> [bool; 2] {
        let evenings = forms.iter().filter_map(|form| match form {
            StampForm::Evening(date) => Some(*date),
            _ => None,
        });
        let afternoons = forms.iter().filter_map(|form| match form {
            StampForm::Afternoon(date) => Some(*date),
            _ => None,
        });
        let [evenings, afternoons]: [Vec<Date>; 2] = [evenings.collect(), afternoons.collect()];
        if self.interval == Interval::Month1 {
            let last =
                |dates: &[Date]| dates.iter().filter(|date| **date == date.last_of_month()).count();
            let (evening, afternoon) = (last(&evenings), last(&afternoons));
            return [
                evening * 2 > evenings.len(),
                afternoon == afternoons.len() && afternoon >= MONTHS,
            ];
        }
        let off = |date: &Date| !self.week.trades_on(*date);
        let own = |dates: &[Date]| dates.iter().filter(|date| off(date)).count();
        let next = |dates: &[Date]| {
            dates.iter().filter_map(|date| date.tomorrow().ok()).filter(off).count()
        };
        [next(&evenings) <= own(&evenings), next(&afternoons) < own(&afternoons)]
    }

    /// The trading date of a trade: by the evening in which bars are `usual`ly stamped, and by the market's
    /// sessions where they go through the night. What trades around the clock has no end of a day but
    /// its source's, which is midnight; but on a weekend no day begins.
    fn traded(&self, ts: i64, usual: Option<i64>) -> Option<Date> {
        let date = calendar::date(ts, self.zone)?;
        let evening = usual.filter(|usual| *usual >= FIVE);
        if evening.is_some_and(|evening| calendar::second_of_day(ts, self.zone) >= evening) {
            return date.tomorrow().ok();
        }
        let by_session = |calendar: &&TradingCalendar| {
            let ends = calendar.has_pause() || !self.week.trades_on(date);
            calendar.is_overnight() && evening.is_none() && ends
        };
        let Some(calendar) = self.calendar.filter(by_session) else { return Some(date) };
        let sessions = calendar.sessions(ts.saturating_sub(AROUND), ts.saturating_add(AROUND));
        Hours::Sessions(sessions.periods(&[SessionState::Open])).trading_date(ts, self.zone)
    }
}

#[cfg(test)]
mod tests;
