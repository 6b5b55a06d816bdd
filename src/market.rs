//! What is known of an instrument besides its bars: names, zone and trading hours.
//!
//! [`Hours`] are those of the bars of a series, [`Timetable`] is what the market does at any time, and
//! [`Calendars`] knows what sources leave out.

pub mod calendar;
mod calendars;
mod hours;
pub mod observed;
mod slots;
pub mod stamps;
mod timetable;
mod trading_calendar;
mod trading_week;

use jiff::tz::TimeZone;

pub use calendars::{CalendarError, Calendars};
pub use hours::{Hours, Period};
pub use slots::{Slot, Slots};
pub use timetable::{Phase, SessionNow, SessionState, Timetable};
pub use trading_calendar::TradingCalendar;
pub use trading_week::{TradingWeek, Weekdays};

use crate::interval::Interval;
use crate::symbol::Symbol;

/// The static facts of one instrument, as its source tells them.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The symbol it was asked for by.
    pub symbol: Symbol,
    /// Name for people, such as "Apple Inc.".
    pub name: Option<String>,
    /// Currency as the source spells it (ISO 4217, or `GBp` for pence).
    pub currency: Option<String>,
    /// Exchange for people, such as "`NasdaqGS`".
    pub exchange: Option<String>,
    /// The zone the exchange lives by; its clock is the chart's x axis.
    pub zone: TimeZone,
    /// The days of the week on which it trades.
    pub week: TradingWeek,
    /// Close of the session before the newest one, in the instrument's currency.
    pub previous_close: Option<f64>,
    /// Decimals for ticks and hover; prices themselves are never rounded by it.
    pub price_decimals: Option<u8>,
}

impl Instrument {
    /// An instrument of which only the symbol and the zone are known.
    #[must_use]
    pub fn unnamed(symbol: Symbol, zone: TimeZone) -> Self {
        Self {
            symbol,
            name: None,
            currency: None,
            exchange: None,
            zone,
            week: TradingWeek::default(),
            previous_close: None,
            price_decimals: None,
        }
    }

    /// IANA name of the zone, `UTC` when it has none.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The slots of `interval` for its bars of `grain`, which were traded in `hours`.
    #[must_use]
    pub fn slots<'a>(&'a self, grain: Interval, interval: Interval, hours: &'a Hours) -> Slots<'a> {
        Slots::new(interval, hours.of_bars(grain), &self.zone).in_weeks(&self.week)
    }
}
