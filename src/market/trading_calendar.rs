//! The weekly hours of one market and its exceptions, and the trading days that follow from them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::timetable::{Phase, SessionState, Timetable};
use super::{Period, calendar};

/// How far ahead sessions are told, in seconds: beyond any weekend.
const AHEAD: i64 = 7 * 86_400;
/// Most days that are generated at once: ten years.
const MAX_DAYS: usize = 3_660;

/// The weekly hours of a market, and the days on which they do not hold as far as those are known.
#[derive(Debug, Clone, PartialEq)]
pub struct TradingCalendar {
    zone: TimeZone,
    /// Days on which a session opens.
    days: Vec<Weekday>,
    /// Regular trading; at least one stretch.
    regular: Vec<Stretch>,
    /// When trading before it begins.
    pre: Option<Time>,
    /// When trading after it ends.
    post: Option<Time>,
    /// Dates on which no session opens.
    closed: BTreeSet<Date>,
    /// Dates on which regular trading ends earlier, and when.
    early: BTreeMap<Date, Time>,
    /// Names of its exchanges, as sources tell them.
    exchanges: Vec<String>,
    /// Endings of its symbols.
    suffixes: Vec<String>,
}

/// From one time of a day to another, which is of the next day unless it is later.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: Time,
    to: Time,
}

impl Stretch {
    fn is_overnight(self) -> bool {
        self.to <= self.from
    }
}

/// A section of the table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    zone: String,
    #[serde(default = "weekdays")]
    days: Vec<String>,
    regular: Vec<String>,
    pre: Option<String>,
    post: Option<String>,
    #[serde(default)]
    closed: Vec<String>,
    #[serde(default)]
    early: BTreeMap<String, String>,
    #[serde(default)]
    exchanges: Vec<String>,
    #[serde(default)]
    suffixes: Vec<String>,
}

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn weekdays() -> Vec<String> {
    WEEK[..5].iter().map(|day| (*day).to_owned()).collect()
}

impl TryFrom<Entry> for TradingCalendar {
    /// What is wrong, and what would be right.
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let zone = TimeZone::get(&entry.zone)
            .map_err(|_| format!("zone {:?} is not known: write Europe/Berlin", entry.zone))?;
        let days: Vec<Weekday> =
            entry.days.iter().map(|day| weekday(day)).collect::<Result<_, _>>()?;
        let regular: Vec<Stretch> =
            entry.regular.iter().map(|text| stretch(text)).collect::<Result<_, _>>()?;
        let pre = entry.pre.as_deref().map(time).transpose()?;
        let post = entry.post.as_deref().map(time).transpose()?;
        let (Some(first), Some(last)) = (regular.first(), regular.last()) else {
            return Err("regular is empty: write [\"09:30-16:00\"]".to_owned());
        };
        let ascends =
            regular.windows(2).all(|two| !two[0].is_overnight() && two[0].to <= two[1].from);
        if !ascends {
            return Err(
                "regular must be ascending, and only its last stretch reach into the next day"
                    .to_owned(),
            );
        }
        if pre.is_some_and(|pre| pre >= first.from) {
            return Err("pre must be before the first stretch of regular".to_owned());
        }
        if post.is_some_and(|post| last.is_overnight() || post <= last.to) {
            return Err(
                "post must be after the last stretch of regular, on the same day".to_owned()
            );
        }
        let closed = entry.closed.iter().map(|text| date(text)).collect::<Result<_, _>>()?;
        let early = entry.early.iter().map(|(day, end)| Ok((date(day)?, time(end)?)));
        let early: BTreeMap<Date, Time> = early.collect::<Result<_, String>>()?;
        if let Some((day, _)) = early.iter().find(|(_, end)| **end <= first.from) {
            return Err(format!("early on {day} must be after regular begins"));
        }
        let Entry { exchanges, suffixes, .. } = entry;
        Ok(Self { zone, days, regular, pre, post, closed, early, exchanges, suffixes })
    }
}

fn weekday(text: &str) -> Result<Weekday, String> {
    let number = WEEK.iter().position(|day| *day == text).and_then(|at| i8::try_from(at).ok());
    let day = number.and_then(|at| Weekday::from_monday_zero_offset(at).ok());
    day.ok_or_else(|| format!("{text:?} is no day: write {}", WEEK.join(", ")))
}

fn stretch(text: &str) -> Result<Stretch, String> {
    let (from, to) =
        text.split_once('-').ok_or_else(|| format!("{text:?} is no stretch: write 09:30-16:00"))?;
    Ok(Stretch { from: time(from)?, to: time(to)? })
}

fn date(text: &str) -> Result<Date, String> {
    Date::strptime("%Y-%m-%d", text).map_err(|_| format!("{text:?} is no date: write 2026-11-26"))
}

fn time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| format!("{text:?} is no time: write 09:30"))
}

impl TradingCalendar {
    /// Whether this is the market that a source calls `exchange`.
    #[must_use]
    pub fn is_called(&self, exchange: &str) -> bool {
        self.exchanges.iter().any(|name| name.eq_ignore_ascii_case(exchange))
    }

    /// Whether a symbol of this market ends as `symbol` does.
    #[must_use]
    pub fn lists(&self, symbol: &str) -> bool {
        self.suffixes.iter().any(|end| symbol.ends_with(end.as_str()))
    }

    /// Whether it never closes.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        let around = matches!(self.regular[..], [stretch] if stretch.from == stretch.to);
        around && WEEK.len() == self.days.len()
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
            .filter(|date| self.days.contains(&date.weekday()) && !self.closed.contains(date))
    }

    /// The phases of the session that opens on `date`, whatever day of the week that is.
    fn day(&self, date: Date) -> Vec<Phase> {
        let at = |date: Date, time: Time| {
            self.zone.to_timestamp(date.to_datetime(time)).ok().map(jiff::Timestamp::as_second)
        };
        let planned = self.regular.iter().filter_map(|stretch| {
            let last = if stretch.is_overnight() { date.tomorrow().ok()? } else { date };
            Some(Period { start: at(date, stretch.from)?, end: at(last, stretch.to)? })
        });
        let planned: Vec<Period> = planned.collect();
        let early = self.early.get(&date).and_then(|end| at(date, *end)).unwrap_or(i64::MAX);
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
