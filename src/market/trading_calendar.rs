//! The weekly hours of one market and its exceptions, and the trading days that follow from them.

mod entry;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::timetable::{Phase, SessionState, Timetable};
use super::{Period, TradingWeek, Weekdays, calendar};

pub(super) use entry::CalendarEntry;

/// How far ahead sessions are told, in seconds: beyond any weekend.
const AHEAD: i64 = 7 * 86_400;
/// Most days that are generated at once: ten years.
const MAX_DAYS: usize = 3_660;

/// The weekly hours of a market, and the days on which they do not hold as far as those are known.
#[derive(Debug, Clone, PartialEq)]
pub struct TradingCalendar {
    zone: TimeZone,
    /// What holds on an ordinary day.
    plan: Plan,
    /// What held in former times, ascending, each until a date.
    former: Vec<(Date, Plan)>,
    /// The days of the week that sessions are counted to.
    week: TradingWeek,
    /// When trading before the regular hours begins.
    pre: Option<Time>,
    /// When trading after them ends.
    post: Option<Time>,
    /// Dates on which no session opens.
    closed: BTreeSet<Date>,
    /// Dates on which regular trading ends earlier, and when.
    early: BTreeMap<Date, Time>,
    /// Names of its exchanges, as sources tell them.
    exchanges: Vec<String>,
    /// Endings of its symbols.
    suffixes: Vec<String>,
    /// Whether symbols without an ending are its own in its zone.
    home: bool,
}

/// Regular hours.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    /// Days on which a session opens.
    days: Weekdays,
    /// Regular trading; at least one stretch.
    regular: Vec<TimeSpan>,
    /// Days of the week on which it ends earlier, and when.
    ends: Vec<(Weekday, Time)>,
}

impl Plan {
    /// When the first stretch begins.
    fn opens(&self) -> Time {
        self.regular.first().map_or(Time::midnight(), |stretch| stretch.from)
    }

    /// When the last stretch ends.
    fn closes(&self) -> Time {
        self.regular.last().map_or(Time::midnight(), |stretch| stretch.to)
    }

    /// Whether it ends on the day after that on which it begins.
    fn is_through_midnight(&self) -> bool {
        self.regular.iter().any(|stretch| stretch.is_overnight())
    }

    /// Whether a session begins on the evening before the day that it is counted to.
    fn is_overnight(&self) -> bool {
        self.is_through_midnight() && self.opens() >= NOON
    }

    /// The days of the week that its sessions are counted to.
    fn trading_days(&self) -> Weekdays {
        if self.is_overnight() { self.days.later() } else { self.days }
    }
}

/// A session that begins later and goes through midnight is one of the next day.
const NOON: Time = Time::constant(12, 0, 0, 0);

/// From one time of a day to another, which is of the next day unless it is later.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TimeSpan {
    from: Time,
    to: Time,
}

impl TimeSpan {
    fn is_overnight(self) -> bool {
        self.to <= self.from
    }
}

impl TradingCalendar {
    /// Whether this is the market that a source calls `exchange`.
    #[must_use]
    pub fn is_called(&self, exchange: &str) -> bool {
        self.exchanges.iter().any(|name| name.eq_ignore_ascii_case(exchange))
    }

    /// The length of the ending that `symbol` shares with those of this market, if it does.
    #[must_use]
    pub fn suffix_of(&self, symbol: &str) -> Option<usize> {
        let shared = self.suffixes.iter().filter(|end| symbol.ends_with(end.as_str()));
        shared.map(String::len).max()
    }

    /// Whether symbols without an ending are this market's where their zone is its own.
    #[must_use]
    pub const fn is_home(&self) -> bool {
        self.home
    }

    /// Whether it never closes.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        !self.has_pause() && self.plan.days == Weekdays::ALL
    }

    /// Whether there is a time of the day at which it does not trade.
    #[must_use]
    pub fn has_pause(&self) -> bool {
        !matches!(self.plan.regular[..], [stretch] if stretch.from == stretch.to)
    }

    /// Whether its sessions begin on the evening before the day that they are counted to.
    #[must_use]
    pub fn is_overnight(&self) -> bool {
        self.plan.is_overnight()
    }

    /// The days of the week on which it trades; an evening is counted to the day after it.
    #[must_use]
    pub const fn week(&self) -> &TradingWeek {
        &self.week
    }

    /// The zone that its hours are in.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Every session that opens on the dates from that before `from` to that of `to`, epoch seconds.
    #[must_use]
    pub fn sessions(&self, from: i64, to: i64) -> Timetable {
        let first = calendar::date(from, &self.zone).and_then(|date| date.yesterday().ok());
        let phases = self.dates(first, to).flat_map(|date| self.day(date));
        Timetable::new(phases.collect())
    }

    /// `told` with what the source left out: lunch, trading before and after where the instrument
    /// `is_extended`, and the sessions from the last one told to a week after `now`. Periods of the
    /// source win: a day that it cuts short is short, and one that it leaves out between others is a
    /// holiday.
    #[must_use]
    pub fn complete(&self, told: &Timetable, is_extended: bool, now: i64) -> Timetable {
        let date = |phase: &Phase| calendar::date(phase.period.start, &self.zone);
        let days: Vec<&[Phase]> = told.phases().chunk_by(|a, b| date(a) == date(b)).collect();
        let last = days.last().and_then(|day| date(day.first()?));
        let mut phases = Vec::new();
        for day in days {
            let plan = date(&day[0]).map(|date| self.day(date)).unwrap_or_default();
            complete_day(day, &plan, is_extended, &mut phases);
        }
        let next = match last {
            Some(last) => last.tomorrow().ok(),
            None => calendar::date(now, &self.zone).and_then(|date| date.yesterday().ok()),
        };
        let to_come = self.dates(next, now.saturating_add(AHEAD)).flat_map(|date| self.day(date));
        phases.extend(to_come.filter(|phase| is_extended || is_core(phase.state)));
        Timetable::new(phases)
    }

    /// The dates on which a session opens, from `first` to that of `to`.
    fn dates(&self, first: Option<Date>, to: i64) -> impl Iterator<Item = Date> + '_ {
        let last = calendar::date(to, &self.zone);
        std::iter::successors(first, |date| date.tomorrow().ok())
            .take_while(move |date| last.is_some_and(|last| *date <= last))
            .take(MAX_DAYS)
            .filter(|date| {
                self.plan(*date).days.contains(date.weekday()) && !self.closed.contains(date)
            })
    }

    /// The hours that hold on a date.
    fn plan(&self, date: Date) -> &Plan {
        let index = self.former.partition_point(|(until, _)| *until <= date);
        self.former.get(index).map_or(&self.plan, |(_, plan)| plan)
    }

    /// The phases of the session that opens on `date`, whatever day of the week that is.
    pub(super) fn day(&self, date: Date) -> Vec<Phase> {
        let at = |date: Date, time: Time| {
            self.zone.to_timestamp(date.to_datetime(time)).ok().map(jiff::Timestamp::as_second)
        };
        let plan = self.plan(date);
        let mut today = date;
        let planned = plan.regular.iter().filter_map(|stretch| {
            let start = at(today, stretch.from)?;
            if stretch.is_overnight() {
                today = today.tomorrow().ok()?;
            }
            Some(Period { start, end: at(today, stretch.to)? })
        });
        let planned: Vec<Period> = planned.collect();
        let ends = plan.ends.iter().find(|(day, _)| *day == date.weekday()).map(|(_, end)| end);
        let early = self.early.get(&date).or(ends).and_then(|end| at(date, *end));
        let early = early.unwrap_or(i64::MAX);
        let cut = planned.iter().map(|period| Period { end: period.end.min(early), ..*period });
        let open: Vec<Period> = cut.filter(|period| period.start < period.end).collect();
        let (Some(first), Some(last)) = (open.first(), open.last()) else { return Vec::new() };
        let pre = self.pre.and_then(|pre| Some(Period { start: at(date, pre)?, end: first.start }));
        // As long after an early close as after any other.
        let earlier = planned.last().map_or(0, |planned| planned.end - last.end);
        let post = self
            .post
            .and_then(|post| Some(Period { start: last.end, end: at(date, post)? - earlier }));
        let lunch = open.windows(2).map(|two| Period { start: two[0].end, end: two[1].start });
        let phase = |state| move |period| Phase { period, state };
        let around = pre.map(phase(SessionState::Pre)).into_iter();
        let around = around.chain(post.map(phase(SessionState::Post)));
        let lunch: Vec<Phase> = lunch.map(phase(SessionState::Lunch)).collect();
        around.chain(open.into_iter().map(phase(SessionState::Open))).chain(lunch).collect()
    }
}

const fn is_core(state: SessionState) -> bool {
    matches!(state, SessionState::Open | SessionState::Lunch)
}

/// Adds the phases `told` of one day, with what the weekly `plan` of it has besides.
fn complete_day(told: &[Phase], plan: &[Phase], is_extended: bool, phases: &mut Vec<Phase>) {
    let of = |state| plan.iter().filter(move |phase| phase.state == state);
    let tells = |state| told.iter().any(|phase| phase.state == state);
    for phase in told {
        let mut rest = *phase;
        for lunch in of(SessionState::Lunch).filter(|_| phase.state == SessionState::Open) {
            let (start, end) = (lunch.period.start, lunch.period.end);
            // A day that ends with the morning has no lunch.
            if rest.period.start < start && end < rest.period.end {
                let morning = Period { end: start, ..rest.period };
                phases.extend([Phase { period: morning, ..rest }, *lunch]);
                rest.period.start = end;
            }
        }
        phases.push(rest);
    }
    let open = || told.iter().filter(|phase| phase.state == SessionState::Open);
    let (Some(first), Some(last)) = (open().next(), open().next_back()) else { return };
    // What a source tells in two parts has a break between them.
    for (morning, afternoon) in open().zip(open().skip(1)) {
        let period = Period { start: morning.period.end, end: afternoon.period.start };
        phases.push(Phase { period, state: SessionState::Lunch });
    }
    if !is_extended {
        return;
    }
    if let Some(pre) = of(SessionState::Pre).next().filter(|_| !tells(SessionState::Pre)) {
        phases.push(Phase { period: Period { end: first.period.start, ..pre.period }, ..*pre });
    }
    if let Some(post) = of(SessionState::Post).next().filter(|_| !tells(SessionState::Post)) {
        phases.push(Phase { period: Period { start: last.period.end, ..post.period }, ..*post });
    }
}
