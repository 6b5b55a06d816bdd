//! What is known of an instrument besides its bars: names, zone and trading hours.
//!
//! [`Hours`] are those of the bars of a series, [`Timetable`] is what the market does at any time, and
//! [`Calendars`] knows what sources leave out.

pub mod calendar;
mod calendars;
mod slots;
mod timetable;
mod trading_calendar;

use jiff::tz::TimeZone;

pub use calendars::{CalendarError, Calendars};
pub use slots::Slots;
pub use timetable::{Phase, SessionNow, SessionState, Timetable};
pub use trading_calendar::TradingCalendar;

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
            previous_close: None,
            price_decimals: None,
        }
    }

    /// IANA name of the zone, `UTC` when it has none.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// A stretch of trading, `start <= t < end`, in epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First second of trading.
    pub start: i64,
    /// First second after it.
    pub end: i64,
}

impl Period {
    /// Whether `ts` lies inside.
    #[must_use]
    pub const fn contains(self, ts: i64) -> bool {
        self.start <= ts && ts < self.end
    }
}

/// When the bars of a series were traded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Stretches of trading, oldest first, as far as they are known; possibly none. Of extended hours
    /// those before and after the regular ones, too.
    Sessions(Vec<Period>),
    /// Never closed. A chart of one day shows the last stretch of `day`.
    Continuous {
        /// Its length in seconds, back from the last bar: 86,400 for a real 24/7 market. Sums of a day,
        /// as of the volume-weighted price, begin with that of the calendar all the same.
        day: i64,
    },
}

impl Hours {
    /// Where the trading day of `ts` begins: at the exchange's midnight, or, where a session goes through
    /// the night, with the session. Of a market that never closes it is the calendar's day, too.
    #[must_use]
    pub fn day_of(&self, ts: i64, zone: &TimeZone) -> Option<i64> {
        let session = match self {
            Self::Sessions(periods) => periods
                .partition_point(|period| period.start <= ts)
                .checked_sub(1)
                .map(|index| periods[index])
                .filter(|period| period.contains(ts)),
            Self::Continuous { .. } => None,
        };
        let overnight = |session: &Period| {
            calendar::date(session.start, zone) != calendar::date(session.end - 1, zone)
        };
        match session.filter(overnight) {
            Some(session) => Some(session.start),
            None => calendar::midnight(calendar::date(ts, zone)?, zone),
        }
    }

    /// These hours with `newer` laid over their end: a source asked for the tail of a series tells
    /// the sessions of the tail alone.
    #[must_use]
    pub fn merge(&self, newer: Self) -> Self {
        match (self, newer) {
            (Self::Sessions(known), Self::Sessions(newer)) => {
                let begins = newer.first().map_or(i64::MAX, |period| period.start);
                let before = known.iter().filter(|period| period.end <= begins).copied();
                Self::Sessions(before.chain(newer).collect())
            }
            (_, newer) => newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Hours, Period};

    fn sessions(periods: &[(i64, i64)]) -> Hours {
        Hours::Sessions(periods.iter().map(|&(start, end)| Period { start, end }).collect())
    }

    #[test]
    fn a_trading_day_begins_at_midnight_or_with_a_session_that_goes_through_it() {
        const HOUR: i64 = 3_600;
        let day = |hours: &Hours, hour: i64| {
            hours.day_of(hour * HOUR, &TimeZone::UTC).expect("in range") / HOUR
        };
        let stocks = sessions(&[(9 * HOUR, 16 * HOUR), (33 * HOUR, 40 * HOUR)]);
        assert_eq!([10, 20, 34].map(|hour| day(&stocks, hour)), [0, 0, 24]);
        let currencies = sessions(&[(21 * HOUR, 45 * HOUR), (45 * HOUR, 69 * HOUR)]);
        assert_eq!(
            [20, 21, 30, 44, 45, 70].map(|hour| day(&currencies, hour)),
            [0, 21, 21, 21, 45, 48]
        );
        let never_closed = Hours::Continuous { day: 390 * 60 };
        assert_eq!([5, 23, 24].map(|hour| day(&never_closed, hour)), [0, 0, 24]);
    }

    #[test]
    fn the_sessions_of_a_tail_are_laid_over_the_known_ones() {
        let known = sessions(&[(0, 10), (20, 30), (40, 50)]);
        assert_eq!(known.merge(sessions(&[(40, 45)])), sessions(&[(0, 10), (20, 30), (40, 45)]));
        assert_eq!(known.merge(sessions(&[])), known);
        let continuous = Hours::Continuous { day: 10 };
        assert_eq!(known.merge(continuous.clone()), continuous);
    }
}
