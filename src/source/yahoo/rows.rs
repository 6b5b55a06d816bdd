//! From the columns of an answer to bars: gaps, stubs, strays and the true decimals.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::asked::Asked;
use super::trading::Trading;
use crate::bars::decimals::shortest;
use crate::bars::{Bar, Bars, zeros};
use crate::interval::Interval;
use crate::market::{Hours, Period, Slots, TradingCalendar, stamps};
use crate::source::update::Quote;

/// No price is older, in epoch seconds: the year 1800.
pub const EARLIEST: i64 = -5_364_662_400;

/// What the rows hold.
#[derive(Debug)]
pub struct ChartRows {
    /// One bar a slot, of regular trading.
    pub bars: Bars,
    /// The last price after a close. Yahoo sends it as a bar, which it is not.
    pub after_close: Option<Quote>,
}

impl ChartRows {
    /// Reads the rows of `chart`; whatever cannot be a bar is a gap.
    ///
    /// Yahoo's own hours say what a bar is: the table's lunch break must not drop the last trades before
    /// it. What was traded outside of them was traded all the same, in an evening session that Yahoo
    /// does not tell of; unless it lies in the hours before or after regular trading, which a chart of
    /// regular trading leaves out. A price without a trade is no bar. The slots of hours are those of the
    /// trading hours, and the dates of days those of their stamps.
    pub fn read(
        chart: &Value,
        trading: &Trading,
        zone: &TimeZone,
        asked: &Asked,
        calendar: Option<&TradingCalendar>,
    ) -> Self {
        let sessions = ChartSessions::new(trading, zone, asked);
        let mut rows = usable_rows(chart, asked);
        rows.sort_by_key(|row| row.ts);
        let rows = zeros::without_false(rows);
        let times: Vec<i64> = rows.iter().map(|row| row.ts).collect();
        let starts: Vec<i64> = if asked.interval.is_intraday() {
            let slots = Slots::new(asked.interval, &trading.hours, zone);
            times.iter().map(|ts| slot(*ts, asked.interval, &slots)).collect()
        } else {
            stamps::starts(&times, asked.interval, zone, calendar)
        };
        let mut bars: Vec<Bar> = Vec::with_capacity(rows.len());
        let mut after_close = None;
        for (row, ts) in rows.into_iter().zip(starts) {
            match sessions.place(row.ts) {
                Place::Regular => {}
                _ if !is_flat(row) && !sessions.is_around(row.ts) => {}
                Place::AfterClose if is_flat(row) => {
                    after_close = Timestamp::from_second(row.ts)
                        .ok()
                        .map(|at| Quote { price: row.close, at });
                    continue;
                }
                Place::AfterClose | Place::Off => continue,
            }
            after_close = None;
            // The newest price comes as a row of its own, stamped with the second of the trade. That
            // of a day is the whole day so far, unless nothing is known but the price.
            let is_quote = is_flat(row) || (asked.interval.is_intraday() && ts != row.ts);
            match bars.last_mut() {
                Some(bar) if is_quote && bar.ts == ts => *bar = bar.with_quote(row.close),
                Some(bar) if bar.ts == ts => *bar = Bar { ts, ..row },
                _ => bars.push(Bar { ts, ..row }),
            }
        }
        Self { bars: Bars::from_rows(bars), after_close }
    }
}

/// The rows that have a time and a close, in Yahoo's order. A column that is too short
/// ends in gaps.
fn usable_rows(chart: &Value, asked: &Asked) -> Vec<Bar> {
    let times = chart["timestamp"].as_array().map_or(&[][..], Vec::as_slice);
    let quote = &chart["indicators"]["quote"][0];
    let prices = ["open", "high", "low", "close"].map(|name| &quote[name]);
    let volumes = &quote["volume"];
    let row = |(i, ts): (usize, &Value)| {
        let ts = ts.as_i64().filter(|ts| is_time(*ts, asked))?;
        let prices = prices.map(|column| price(&column[i]));
        Bar::from_row(ts, prices, volumes[i].as_f64())
    };
    times.iter().enumerate().filter_map(row).collect()
}

/// Whether `ts` can be when something was traded: before `end`, and of days before 1970 too. Zero is a stamp
/// that is missing: on New Year's Day of 1970 no exchange was open.
pub fn is_time(ts: i64, asked: &Asked) -> bool {
    let earliest = if asked.interval.is_intraday() { 1 } else { EARLIEST };
    ts != 0 && (earliest..asked.end).contains(&ts)
}

/// A bar in which nothing was traded.
fn is_flat(bar: Bar) -> bool {
    bar.low >= bar.high && bar.volume <= 0.0
}

/// The start of the slot that holds `ts`. Hours of a session that is no longer told begin where Yahoo
/// says; shorter bars lie on a grid everywhere.
fn slot(ts: i64, interval: Interval, slots: &Slots<'_>) -> i64 {
    if interval < Interval::Hour1 {
        ts - ts.rem_euclid(interval.seconds())
    } else if slots.is_in_session(ts) {
        slots.at(ts).start
    } else {
        ts
    }
}

/// A price, in the decimals it was made of; zero and below are prices.
pub fn price(value: &Value) -> Option<f64> {
    value.as_f64().filter(|price| price.is_finite()).map(shortest)
}

/// The periods of the drawn session, each with the local day it opens on, and those around them.
struct ChartSessions<'a> {
    periods: Vec<(Date, Period)>,
    around: &'a [Period],
    zone: &'a TimeZone,
}

/// Where an instant lies in its day.
enum Place {
    /// In regular trading, or on a day of which nothing is known.
    Regular,
    /// After the last regular period of its day.
    AfterClose,
    /// Before the first or between two.
    Off,
}

impl<'a> ChartSessions<'a> {
    fn new(trading: &'a Trading, zone: &'a TimeZone, asked: &Asked) -> Self {
        let periods = match &trading.told {
            Hours::Sessions(periods) if asked.interval.is_intraday() => periods
                .iter()
                .filter_map(|&period| Some((local_day(period.start, zone)?, period)))
                .collect(),
            _ => Vec::new(),
        };
        Self { periods, around: &trading.around, zone }
    }

    fn place(&self, ts: i64) -> Place {
        if self.periods.iter().any(|(_, period)| period.contains(ts)) {
            return Place::Regular;
        }
        let today = local_day(ts, self.zone);
        let periods = self.periods.iter().filter(|(day, _)| Some(*day) == today);
        match periods.map(|(_, period)| period.end).max() {
            None => Place::Regular,
            Some(close) if close <= ts => Place::AfterClose,
            Some(_) => Place::Off,
        }
    }

    fn is_around(&self, ts: i64) -> bool {
        self.around.iter().any(|period| period.contains(ts))
    }
}

fn local_day(ts: i64, zone: &TimeZone) -> Option<Date> {
    let instant = Timestamp::from_second(ts).ok()?;
    Some(zone.to_datetime(instant).date())
}
