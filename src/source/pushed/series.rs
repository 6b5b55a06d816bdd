//! What a series of a pushed symbol is besides its bars: its instrument, its hours and what its market does.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::about::About;
use crate::bars::Bars;
use crate::history::KeptBars;
use crate::interval::{DAY, Interval};
use crate::market::{
    Calendars, Hours, Instrument, Timetable, TradingCalendar, TradingWeek, observed,
};
use crate::source::update::{Fetched, Quote};
use crate::symbol::Symbol;

/// How far around now the sessions of a market are told, in seconds: beyond any weekend.
const AROUND: i64 = 7 * DAY;

/// What is known of a symbol.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    instrument: Instrument,
    /// When it trades; `None` of what never closes.
    calendar: Option<TradingCalendar>,
}

impl Facts {
    pub(super) fn new(symbol: Symbol, about: About, calendars: &Calendars) -> Self {
        // A table of markets that has changed since may lack the one it names.
        let calendar = about.calendar(calendars).unwrap_or(None);
        let zone = about.zone(calendar.as_ref());
        let week =
            calendar.as_ref().map_or_else(TradingWeek::default, |market| market.week().clone());
        let instrument = Instrument {
            name: about.name,
            currency: about.currency,
            price_decimals: about.decimals,
            week,
            ..Instrument::unnamed(symbol, zone)
        };
        Self { instrument, calendar }
    }

    /// The zone of its days.
    pub(super) const fn zone(&self) -> &TimeZone {
        &self.instrument.zone
    }

    /// What its market does around `now`.
    pub(super) fn timetable(&self, now: Timestamp) -> Timetable {
        let around = |market: &TradingCalendar| {
            let second = now.as_second();
            market.sessions(second.saturating_sub(AROUND), second.saturating_add(AROUND))
        };
        self.calendar.as_ref().map_or_else(Timetable::always, around)
    }

    /// Bars of `interval`, which begin after those with the last close `previous_close`, as a source tells them.
    pub(super) fn fetched(
        &self,
        kept: KeptBars,
        interval: Interval,
        previous_close: Option<f64>,
        now: Timestamp,
    ) -> Fetched {
        let KeptBars { bars, closed } = kept;
        // Of the last tick the instant is known, and not only the minute.
        let at = closed.and_then(|at| Timestamp::from_nanosecond(at.into()).ok());
        let quote = bars.last().zip(at).map(|(bar, at)| Quote { price: bar.close, at });
        let hours = self.hours(&bars, interval);
        let instrument = Instrument {
            previous_close: self.close_before(&bars, &hours).or(previous_close),
            ..self.instrument.clone()
        };
        let timetable = self.timetable(now);
        Fetched { bars, instrument, hours, quote, delay: None, timetable, split: None }
    }

    fn hours(&self, bars: &Bars, interval: Interval) -> Hours {
        match &self.calendar {
            None => Hours::Continuous { day: DAY },
            Some(_) if !interval.is_intraday() => Hours::UNKNOWN,
            Some(calendar) => {
                let (seconds, zone) = (interval.seconds(), &self.instrument.zone);
                observed::hours(bars.times(), seconds, zone, Some(calendar), &[])
            }
        }
    }

    /// The last close of the day before that of the newest bar.
    fn close_before(&self, bars: &Bars, hours: &Hours) -> Option<f64> {
        let day = hours.day_of(bars.last()?.ts, &self.instrument.zone)?;
        bars.before(day).last().map(|bar| bar.close)
    }
}
