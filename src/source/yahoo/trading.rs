//! From the `meta` of an answer and the table of markets to when an instrument trades.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::asked::Asked;
use crate::bars::Bars;
use crate::market::{Hours, Period, Phase, SessionState, Timetable, TradingCalendar, observed};
use crate::view::Session;

/// A regular period of this length in seconds is told of what trades around the clock, on five days of
/// the week or on seven: Yahoo ends the day at 23:59.
const ROUND_THE_CLOCK: i64 = 86_340;
/// Longest believable period, in seconds.
const MAX_PERIOD: i64 = 2 * 86_400;
/// Most periods kept of each kind, the newest; a window has one a day, and hours reach back two years.
const MAX_PERIODS: usize = 800;
/// How far ahead a trading period may lie, in seconds: beyond any holiday.
const MAX_FUTURE: i64 = 30 * 86_400;
/// How far back sessions that Yahoo does not tell are generated, in seconds: as far as it has hours.
const MAX_PAST: i64 = 740 * 86_400;
/// The same for bars of a day and longer, whose charts do not ask.
const RECENT: i64 = 7 * 86_400;
/// Bars from so many seconds before the oldest period are of days that are no longer told.
const UNTOLD: i64 = 2 * 86_400;
/// How far ahead, beyond any weekend.
const AHEAD: i64 = 7 * 86_400;

/// When an instrument trades.
#[derive(Debug)]
pub struct Trading {
    /// What is a bar, by Yahoo's own periods.
    pub told: Hours,
    /// The hours before and after regular trading that Yahoo tells.
    pub around: Vec<Period>,
    /// When the bars were traded, without breaks that Yahoo does not tell.
    pub hours: Hours,
    /// What the market does at any time.
    pub timetable: Timetable,
}

impl Trading {
    /// From `tradingPeriods` (the whole window) and `currentTradingPeriod` (today or the next day, and
    /// not always in the former), with what the table has besides.
    pub fn of(chart: &Value, asked: &Asked, calendar: Option<&TradingCalendar>) -> Self {
        let meta = &chart["meta"];
        let [pre, regular, post] =
            ["pre", "regular", "post"].map(|kind| told(meta, kind, asked.now));
        // The current period if it is told, else the last one listed.
        if regular.last().is_some_and(|period| period.end - period.start >= ROUND_THE_CLOCK) {
            let around = Hours::Continuous { day: crate::interval::DAY };
            let Some(calendar) = calendar.filter(|calendar| !calendar.is_continuous()) else {
                return Self {
                    told: around.clone(),
                    around: Vec::new(),
                    hours: around,
                    timetable: Timetable::always(),
                };
            };
            let first = chart["timestamp"][0].as_i64().filter(|_| asked.interval.is_intraday());
            let oldest = asked.now.saturating_sub(MAX_PAST);
            let from = first.map_or(asked.now.saturating_sub(RECENT), |first| first.max(oldest));
            let timetable = calendar.sessions(from, asked.now.saturating_add(AHEAD));
            let hours = begun(&timetable, &[SessionState::Open], asked.now);
            return Self { told: around, around: Vec::new(), hours, timetable };
        }
        // An index is told the hours of its shares.
        let has_others = meta["hasPrePostMarketData"] != false;
        let is_extended = has_others && !(pre.is_empty() && post.is_empty());
        let (pre, post) = if is_extended { (pre, post) } else { Default::default() };
        let kinds =
            [(pre, SessionState::Pre), (regular, SessionState::Open), (post, SessionState::Post)];
        let phase = |state| move |period| Phase { period, state };
        let phases =
            kinds.into_iter().flat_map(|(periods, state)| periods.into_iter().map(phase(state)));
        let told = Timetable::new(phases.collect());
        let timetable = match calendar {
            Some(calendar) => calendar.complete(&told, is_extended, asked.now),
            None => told.clone(),
        };
        let drawn = match asked.session {
            Session::Regular => &[SessionState::Open][..],
            Session::Extended => &[SessionState::Pre, SessionState::Open, SessionState::Post],
        };
        Self {
            around: told.periods(&[SessionState::Pre, SessionState::Post]),
            told: Hours::Sessions(told.periods(drawn)),
            hours: begun(&timetable, drawn, asked.now),
            timetable,
        }
    }
}

impl Trading {
    /// The hours of bars that reach back further than what is told: hours of a day that is no longer told
    /// begin with its session, too.
    pub fn hours_of(
        self,
        bars: &Bars,
        asked: &Asked,
        zone: &TimeZone,
        calendar: Option<&TradingCalendar>,
    ) -> Hours {
        let first = bars.times().first().copied();
        match (self.hours, first) {
            (Hours::Sessions(told), Some(first))
                if asked.interval.is_intraday()
                    && told.first().is_some_and(|oldest| first < oldest.start - UNTOLD) =>
            {
                observed::hours(bars.times(), asked.interval.seconds(), zone, calendar, &told)
            }
            (hours, _) => hours,
        }
    }
}

/// The periods of `timetable` in one of `states` that have begun, or are told to be today's.
fn begun(timetable: &Timetable, states: &[SessionState], now: i64) -> Hours {
    let mut periods = timetable.periods(states);
    periods.retain(|period| period.start <= now);
    Hours::Sessions(periods)
}

/// The periods of one kind, ascending: `pre`, `regular` or `post`. Where there is no trading before and
/// after, they have no length.
fn told(meta: &Value, kind: &str, now: i64) -> Vec<Period> {
    // A list is one of regular periods.
    let listed = match &meta["tradingPeriods"] {
        Value::Object(by_kind) => by_kind.get(kind).unwrap_or(&Value::Null),
        list if kind == "regular" => list,
        _ => &Value::Null,
    };
    let mut periods = Vec::new();
    for value in [listed, &meta["currentTradingPeriod"][kind]] {
        collect_periods(value, now, &mut periods);
    }
    periods.sort_unstable_by_key(|period| (period.start, period.end));
    periods.dedup();
    periods.drain(..periods.len().saturating_sub(MAX_PERIODS));
    periods
}

/// Periods are listed by day, each day being a list of its own.
fn collect_periods(value: &Value, now: i64, periods: &mut Vec<Period>) {
    match value {
        Value::Array(values) => {
            for value in values {
                collect_periods(value, now, periods);
            }
        }
        _ => {
            if let (Some(start), Some(end)) = (value["start"].as_i64(), value["end"].as_i64())
                && (1..now.saturating_add(MAX_FUTURE)).contains(&start)
                && (1..=MAX_PERIOD).contains(&end.saturating_sub(start))
            {
                periods.push(Period { start, end });
            }
        }
    }
}
