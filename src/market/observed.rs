//! The sessions of bars whose source tells none, or not all of them.
//!
//! A session begins when its market opens, as far as the bars keep to the market's hours; else at the
//! earliest time of day of all days; else, as of a single day, by the clock. It never begins with the first
//! trade of its own day: the hours of a share that is seldom traded stand at 09:30 on every day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::{Hours, Period, Phase, SessionState, Timetable, TradingCalendar, calendar};
use crate::interval::DAY;

/// Shortest stretch of the day, in seconds, that is a night if nothing is ever traded in it.
const NIGHT: i64 = 4 * 3_600;
/// The same of a daily pause of what is traded all day.
const PAUSE: i64 = 1_800;
/// Days that a pause has to be seen on.
const PAUSED_DAYS: usize = 3;
/// Sessions begin at a quarter of an hour.
const QUARTER: i64 = 900;
/// From this second of the day on a session that goes through midnight is one of the next day.
const NOON: i64 = DAY / 2;
/// A day whose last trade is so many seconds before the close ended early.
const EARLY: i64 = 2 * 3_600;
/// Longest stretch of trades after a close, in seconds, that is its auction.
const AUCTION: i64 = 600;
/// Longest time from a close to its auction.
const UNTIL_AUCTION: i64 = 1_800;

/// What the bars of `seconds` that start at `times`, ascending, tell of the days that `told`, the periods
/// of the source, leaves out. `calendar` is that of their market, where it is known.
#[must_use]
pub fn sessions(
    times: &[i64],
    seconds: i64,
    zone: &TimeZone,
    calendar: Option<&TradingCalendar>,
    told: &[Period],
) -> Timetable {
    let days: BTreeSet<Date> =
        told.iter().filter_map(|period| calendar::date(period.start, zone)).collect();
    let is_told = |ts: i64| {
        super::hours::session_at(told, ts).is_some()
            || calendar::date(ts, zone).is_some_and(|date| days.contains(&date))
    };
    let untold: Vec<i64> = times.iter().copied().filter(|ts| !is_told(*ts)).collect();
    let bars = Observed { times: &untold, seconds, zone };
    let phases = calendar.and_then(|calendar| bars.by_market(calendar));
    let open = |period: Period| Phase { period, state: SessionState::Open };
    let phases = phases.unwrap_or_else(|| bars.by_clock().into_iter().map(open).collect());
    Timetable::new(told.iter().copied().map(open).chain(phases).collect())
}

/// Hours of a series: those `told`, and those of the days that they leave out. A market that never closes
/// has none.
#[must_use]
pub fn hours(
    times: &[i64],
    seconds: i64,
    zone: &TimeZone,
    calendar: Option<&TradingCalendar>,
    told: &[Period],
) -> Hours {
    if told.is_empty() && calendar.is_some_and(TradingCalendar::is_continuous) {
        return Hours::Continuous { day: DAY };
    }
    let traded = [SessionState::Pre, SessionState::Open, SessionState::Post];
    Hours::Sessions(sessions(times, seconds, zone, calendar, told).periods(&traded))
}

/// Bars of which the sessions are wanted.
struct Observed<'a> {
    times: &'a [i64],
    seconds: i64,
    zone: &'a TimeZone,
}

impl Observed<'_> {
    /// The phases of a market in which something was traded; `None` if one bar in ten lies in none.
    fn by_market(&self, calendar: &TradingCalendar) -> Option<Vec<Phase>> {
        let plan = self.planned(calendar)?;
        let plan = plan.phases();
        let mut traded: BTreeMap<usize, [i64; 2]> = BTreeMap::new();
        let mut others = Vec::new();
        for &ts in self.times {
            let next = plan.partition_point(|phase| phase.period.start <= ts);
            match next.checked_sub(1).filter(|at| plan[*at].period.contains(ts)) {
                Some(at) => traded.entry(at).or_insert([ts, ts])[1] = ts,
                None => others.push(ts),
            }
        }
        if others.len() * 10 > self.times.len() {
            return None;
        }
        let mut phases = Vec::new();
        for (at, phase) in plan.iter().enumerate() {
            let mut period = phase.period;
            let goes_on = trades_later(plan, at, &traded);
            let joins =
                phases.last().is_some_and(|before: &Phase| before.period.end == period.start);
            match (traded.get(&at), phase.state) {
                // Nothing is traded at lunch, nor in the morning of a share that is seldom traded.
                (None, state) if !is_core(state) || !goes_on => continue,
                (Some(&[_, last]), SessionState::Open) => {
                    let is_early = period.end - last > EARLY && !calendar.is_overnight();
                    if is_early && !goes_on {
                        period.end = last + self.seconds;
                    }
                }
                (Some(&[_, last]), SessionState::Lunch | SessionState::Post)
                    if joins && last + self.seconds - period.start <= AUCTION =>
                {
                    extend(&mut phases, last + self.seconds);
                    period.start = last + self.seconds;
                    if !goes_on {
                        continue;
                    }
                }
                _ => {}
            }
            phases.push(Phase { period, ..*phase });
        }
        self.add_others(&others, &mut phases);
        Some(phases)
    }

    /// The phases of a market on every date with a bar, whatever day of the week that is.
    fn planned(&self, calendar: &TradingCalendar) -> Option<Timetable> {
        let mut dates = BTreeSet::new();
        for &ts in self.times {
            let date = calendar::date(ts, calendar.zone())?;
            dates.insert(date);
            if calendar.is_overnight() {
                dates.insert(date.yesterday().ok()?);
            }
        }
        Some(Timetable::new(dates.into_iter().flat_map(|date| calendar.day(date)).collect()))
    }

    /// Adds what was traded outside of a market's hours: auctions to the session before them, and
    /// sessions of their own, which no rule foretells.
    fn add_others(&self, others: &[i64], phases: &mut Vec<Phase>) {
        phases.sort_by_key(|phase| phase.period.start);
        let near = |a: &i64, b: &i64| b - a <= NIGHT;
        let mut extra = Vec::new();
        for run in others.chunk_by(near) {
            let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
            let end = last + self.seconds;
            let next = phases.partition_point(|phase| phase.period.start <= first);
            let before = next.checked_sub(1).map(|at| &mut phases[at]);
            match before {
                Some(session)
                    if end - first <= AUCTION && first - session.period.end <= UNTIL_AUCTION =>
                {
                    session.period.end = session.period.end.max(end);
                }
                _ => {
                    let start = first - self.second_of_day(first).rem_euclid(QUARTER);
                    let period = Period { start, end };
                    extra.push(Phase { period, state: SessionState::Open });
                }
            }
        }
        phases.extend(extra);
    }

    /// Sessions that begin at the earliest time of day after the night, or after a daily pause; whole days
    /// of the clock where there is neither.
    fn by_clock(&self) -> Vec<Period> {
        let opening = self.opening().unwrap_or(Opening { second: 0, pause: 0, is_night: false });
        let mut days: BTreeMap<Date, i64> = BTreeMap::new();
        for &ts in self.times {
            let Some(date) = calendar::date(ts, self.zone) else { continue };
            let is_before = self.second_of_day(ts) < opening.second;
            let date = if is_before { date.yesterday().unwrap_or(date) } else { date };
            days.insert(date, ts + self.seconds);
        }
        let ends_with_bars = days.len() == 1 || (opening.is_night && opening.second < NOON);
        let start = |date: Date| calendar::at(date, opening.second, self.zone);
        let session = |(date, last): (Date, i64)| {
            // A night ends a day; an evening goes on into its own day, however soon it ends.
            let next = start(date.tomorrow().ok()?)? - opening.pause;
            let end = if ends_with_bars { last } else { next.max(last) };
            Some(Period { start: start(date)?, end })
        };
        days.into_iter().filter_map(session).collect()
    }

    /// When sessions begin; `None` where days cannot tell it.
    fn opening(&self) -> Option<Opening> {
        let dates = self.times.iter().filter_map(|ts| calendar::date(*ts, self.zone));
        let days = dates.collect::<BTreeSet<_>>().len();
        let seconds: BTreeSet<i64> = self.times.iter().map(|ts| self.second_of_day(*ts)).collect();
        let (&first, &last) = (seconds.first()?, seconds.last()?);
        let gaps = seconds.iter().zip(seconds.iter().skip(1)).map(|(a, b)| [*a, *b]);
        let gaps = gaps.chain([[last, first + DAY]]).map(|[a, b]| [b - a - self.seconds, b % DAY]);
        let [pause, second] = gaps.max()?;
        let slots = usize::try_from((DAY - pause) / self.seconds).unwrap_or(usize::MAX);
        let is_dense = || self.times.len() * 5 > slots.saturating_mul(days) * 3;
        let is_night = days > 1 && pause >= NIGHT;
        let is_pause = days >= PAUSED_DAYS && pause >= PAUSE && is_dense();
        let early = second.rem_euclid(QUARTER);
        let opening = Opening { second: second - early, pause: (pause - early).max(0), is_night };
        if is_night || is_pause { Some(opening) } else { self.opening_of_the_week() }
    }

    /// The second of Sunday, in the afternoon or later, at which a week begins that has no bar before it:
    /// the days of such a week begin then, too.
    fn opening_of_the_week(&self) -> Option<Opening> {
        let pairs = self.times.windows(2).filter(|pair| pair[1] - pair[0] > DAY);
        let sundays = pairs.map(|pair| pair[1]).filter(|ts| {
            calendar::date(*ts, self.zone).is_some_and(|date| date.weekday() == Weekday::Sunday)
        });
        let second = sundays.map(|ts| self.second_of_day(ts)).min()?;
        let second = second - second.rem_euclid(QUARTER);
        (second >= NOON).then_some(Opening { second, pause: 0, is_night: false })
    }

    fn second_of_day(&self, ts: i64) -> i64 {
        calendar::second_of_day(ts, self.zone)
    }
}

/// When the sessions of every day begin.
#[derive(Debug, Clone, Copy)]
struct Opening {
    /// Seconds since midnight by the clock.
    second: i64,
    /// Seconds before it in which nothing is ever traded.
    pause: i64,
    /// Whether those are a night, and no pause of what is traded all day.
    is_night: bool,
}

/// Has the last session end with its auction.
fn extend(phases: &mut [Phase], end: i64) {
    if let Some(session) = phases.last_mut() {
        session.period.end = session.period.end.max(end);
    }
}

/// Whether a part of the day that follows that at `at` is traded in.
fn trades_later(plan: &[Phase], at: usize, traded: &BTreeMap<usize, [i64; 2]>) -> bool {
    let is_joined = |at: &usize| plan[*at].period.end == plan[*at + 1].period.start;
    let parts = (at..plan.len() - 1).take_while(is_joined).map(|at| at + 1);
    let mut parts = parts.take_while(|at| is_core(plan[*at].state));
    parts.any(|at| plan[at].state == SessionState::Open && traded.contains_key(&at))
}

const fn is_core(state: SessionState) -> bool {
    matches!(state, SessionState::Open | SessionState::Lunch)
}

#[cfg(test)]
mod tests;
