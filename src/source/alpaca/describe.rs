//! What bars of the US are: when they were traded, and which session was the last one.

use crate::bars::Bars;
use crate::interval::DAY;
use crate::market::{Calendars, Hours, Instrument, Period, SessionState, Timetable};
use crate::source::fetch::FetchRequest;
use crate::source::update::Fetched;
use crate::view::Session;

/// An exchange of the US, as the table of markets has it.
const EXCHANGES: [&str; 2] = ["NYSE", "NasdaqGS"];
/// How far sessions are told ahead, beyond any weekend, and back where bars do not ask for more.
const AROUND: i64 = 7 * DAY;

/// Completes an answer by the calendar of the US: bars of another part of the day are left out.
pub fn of_the_us(
    fetched: Fetched,
    request: &FetchRequest,
    calendars: &Calendars,
    now: i64,
) -> Fetched {
    let Some(calendar) = calendars.find(&request.symbol, EXCHANGES) else { return fetched };
    let is_intraday = request.interval.is_intraday();
    let first = fetched.bars.times().first().copied().filter(|_| is_intraday);
    let from = first.map_or(now - AROUND, |first| first.min(now - AROUND));
    let timetable = calendar.sessions(from, now.saturating_add(AROUND));
    let drawn = match request.session {
        Session::Regular => &[SessionState::Open][..],
        Session::Extended => &[SessionState::Pre, SessionState::Open, SessionState::Post],
    };
    let periods = begun(&timetable, drawn, now);
    let previous_close = close_before(&fetched.bars, &timetable, is_intraday, now);
    let bars = if is_intraday { within(&fetched.bars, &periods) } else { fetched.bars };
    Fetched {
        bars,
        hours: Hours::Sessions(periods),
        instrument: Instrument {
            zone: calendar.zone().clone(),
            week: calendar.week().clone(),
            previous_close,
            ..fetched.instrument
        },
        timetable,
        ..fetched
    }
}

/// The periods of some states that have begun.
fn begun(timetable: &Timetable, states: &[SessionState], now: i64) -> Vec<Period> {
    let mut periods = timetable.periods(states);
    periods.retain(|period| period.start <= now);
    periods
}

/// The bars that begin within periods.
fn within(bars: &Bars, periods: &[Period]) -> Bars {
    let is_within = |ts: i64| {
        let begun = periods.partition_point(|period| period.start <= ts);
        begun.checked_sub(1).is_some_and(|index| periods[index].contains(ts))
    };
    bars.iter().filter(|bar| is_within(bar.ts)).collect()
}

/// The close of the last regular session before the newest one, as far as the bars tell it.
fn close_before(bars: &Bars, timetable: &Timetable, is_intraday: bool, now: i64) -> Option<f64> {
    let open = begun(timetable, &[SessionState::Open], now);
    let newest = open.last()?;
    if is_intraday {
        return within(&bars.before(newest.start), &open).last().map(|bar| bar.close);
    }
    // A day stands at its midnight, some hours before the session.
    bars.before(newest.start - DAY / 2).last().map(|bar| bar.close)
}
