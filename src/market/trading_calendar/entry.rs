//! A section of the table of markets as it is written, and what is wrong with it.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Plan, TimeSpan, TradingCalendar};
use crate::market::{TradingWeek, Weekdays};

/// A market.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::market) struct CalendarEntry {
    zone: String,
    #[serde(default = "usual_days")]
    days: Vec<String>,
    regular: Vec<String>,
    #[serde(default)]
    ends: BTreeMap<String, String>,
    pre: Option<String>,
    post: Option<String>,
    #[serde(default)]
    closed: Vec<String>,
    #[serde(default)]
    early: BTreeMap<String, String>,
    #[serde(default)]
    before: Vec<Former>,
    #[serde(default)]
    exchanges: Vec<String>,
    #[serde(default)]
    suffixes: Vec<String>,
    #[serde(default)]
    home: bool,
}

/// What held until a date.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Former {
    until: String,
    days: Option<Vec<String>>,
    regular: Option<Vec<String>>,
    ends: Option<BTreeMap<String, String>>,
}

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn usual_days() -> Vec<String> {
    WEEK[..5].iter().map(|day| (*day).to_owned()).collect()
}

impl TryFrom<CalendarEntry> for TradingCalendar {
    /// What is wrong, and what would be right.
    type Error = String;

    fn try_from(entry: CalendarEntry) -> Result<Self, String> {
        let zone = TimeZone::get(&entry.zone)
            .map_err(|_| format!("zone {:?} is not known: write Europe/Berlin", entry.zone))?;
        let plan = plan(&entry.days, &entry.regular, &entry.ends)?;
        let pre = entry.pre.as_deref().map(time).transpose()?;
        let post = entry.post.as_deref().map(time).transpose()?;
        let first = plan.opens();
        if pre.is_some_and(|pre| pre >= first) {
            return Err("pre must be before the first stretch of regular".to_owned());
        }
        if post.is_some_and(|post| plan.is_through_midnight() || post <= plan.closes()) {
            return Err(
                "post must be after the last stretch of regular, on the same day".to_owned()
            );
        }
        let closed = entry.closed.iter().map(|text| date(text)).collect::<Result<_, _>>()?;
        let early = entry.early.iter().map(|(day, end)| Ok((date(day)?, time(end)?)));
        let early: BTreeMap<Date, Time> = early.collect::<Result<_, String>>()?;
        if let Some((day, _)) = early.iter().find(|(_, end)| **end <= first) {
            return Err(format!("early on {day} must be after regular begins"));
        }
        let former = entry.before.iter().map(|former| {
            let days = former.days.as_ref().unwrap_or(&entry.days);
            let regular = former.regular.as_ref().unwrap_or(&entry.regular);
            let ends = former.ends.as_ref().unwrap_or(&entry.ends);
            Ok((date(&former.until)?, self::plan(days, regular, ends)?))
        });
        let former: Vec<(Date, Plan)> = former.collect::<Result<_, String>>()?;
        if former.windows(2).any(|two| two[0].0 >= two[1].0) {
            return Err("before must be ascending by its dates".to_owned());
        }
        let weeks = former.iter().map(|(until, plan)| (*until, plan.trading_days())).collect();
        let week = TradingWeek::new(plan.trading_days(), weeks);
        let CalendarEntry { exchanges, suffixes, home, .. } = entry;
        Ok(Self { zone, plan, former, week, pre, post, closed, early, exchanges, suffixes, home })
    }
}

fn plan(
    days: &[String],
    regular: &[String],
    ends: &BTreeMap<String, String>,
) -> Result<Plan, String> {
    let days: Weekdays = days.iter().map(|day| weekday(day)).collect::<Result<_, _>>()?;
    let regular: Vec<TimeSpan> =
        regular.iter().map(|text| stretch(text)).collect::<Result<_, _>>()?;
    if regular.is_empty() {
        return Err("regular is empty: write [\"09:30-16:00\"]".to_owned());
    }
    // On the day on which one ends the next one begins, and all of them end before the first one does
    // again.
    let ascends = regular.windows(2).all(|two| two[0].to <= two[1].from);
    let nights = regular.iter().filter(|stretch| stretch.is_overnight()).count();
    let last = regular.last().map_or(regular[0].to, |stretch| stretch.to);
    if !ascends || nights > 1 || (nights == 1 && last > regular[0].from) {
        return Err("regular must be ascending, and end within a day".to_owned());
    }
    let ends = ends.iter().map(|(day, end)| Ok((weekday(day)?, time(end)?)));
    let ends: Vec<(Weekday, Time)> = ends.collect::<Result<_, String>>()?;
    if ends.iter().any(|(_, end)| *end <= regular[0].from) {
        return Err("ends must be after regular begins".to_owned());
    }
    Ok(Plan { days, regular, ends })
}

fn weekday(text: &str) -> Result<Weekday, String> {
    let number = WEEK.iter().position(|day| *day == text).and_then(|at| i8::try_from(at).ok());
    let day = number.and_then(|at| Weekday::from_monday_zero_offset(at).ok());
    day.ok_or_else(|| format!("{text:?} is no day: write {}", WEEK.join(", ")))
}

fn stretch(text: &str) -> Result<TimeSpan, String> {
    let (from, to) =
        text.split_once('-').ok_or_else(|| format!("{text:?} is no stretch: write 09:30-16:00"))?;
    Ok(TimeSpan { from: time(from)?, to: time(to)? })
}

fn date(text: &str) -> Result<Date, String> {
    Date::strptime("%Y-%m-%d", text).map_err(|_| format!("{text:?} is no date: write 2026-11-26"))
}

fn time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| format!("{text:?} is no time: write 09:30"))
}
