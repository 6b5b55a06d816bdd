//! From the columns of an answer to bars: gaps, stubs, strays and the true decimals.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::parse::Asked;
use super::trading::Trading;
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Hours, Period, Slots, TradingCalendar, stamps};
use crate::source::Quote;
use crate::source::decimal::shortest;

/// What the rows hold.
#[derive(Debug)]
pub struct Rows {
    /// One bar a slot, of regular trading.
    pub bars: Bars,
    /// The last price after a close. Yahoo sends it as a bar, which it is not.
    pub after_close: Option<Quote>,
}

impl Rows {
    /// Reads the rows of `chart`; whatever cannot be a bar is a gap.
    ///
    /// Yahoo's own hours, those `told`, say what a bar is: the table's lunch break must not drop the last
    /// trades before it. The slots of hours are those of the trading `hours`, and the dates of days those
    /// of their stamps.
    pub fn read(
        chart: &Value,
        Trading { told, hours, .. }: &Trading,
        zone: &TimeZone,
        asked: &Asked,
        calendar: Option<&TradingCalendar>,
    ) -> Self {
        let sessions = Sessions::new(told, zone, asked);
        let mut rows = usable_rows(chart, asked.end);
        rows.sort_by_key(|row| row.ts);
        let times: Vec<i64> = rows.iter().map(|row| row.ts).collect();
        let starts: Vec<i64> = if asked.interval.is_intraday() {
            let slots = Slots::new(asked.interval, hours, zone);
            times.iter().map(|ts| slot(*ts, asked.interval, &slots)).collect()
        } else {
            stamps::starts(&times, asked.interval, zone, calendar)
        };
        let mut bars: Vec<Bar> = Vec::with_capacity(rows.len());
        let mut after_close = None;
        for (row, ts) in rows.into_iter().zip(starts) {
            match sessions.place(row.ts) {
                Place::Regular => after_close = None,
                Place::AfterClose if is_flat(row) => {
                    after_close = Timestamp::from_second(row.ts)
                        .ok()
                        .map(|at| Quote { price: row.close, at });
                    continue;
                }
                Place::AfterClose | Place::Off => continue,
            }
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

/// The rows that have a time before `end` and a close, in Yahoo's order. A column that is too short
/// ends in gaps.
fn usable_rows(chart: &Value, end: i64) -> Vec<Bar> {
    let times = chart["timestamp"].as_array().map_or(&[][..], Vec::as_slice);
    let quote = &chart["indicators"]["quote"][0];
    let prices = ["open", "high", "low", "close"].map(|name| &quote[name]);
    let volumes = &quote["volume"];
    let row = |(i, ts): (usize, &Value)| {
        let ts = ts.as_i64().filter(|ts| (1..end).contains(ts))?;
        let prices = prices.map(|column| price(&column[i]));
        Bar::from_row(ts, prices, volumes[i].as_f64())
    };
    times.iter().enumerate().filter_map(row).collect()
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

/// A price above zero, in the decimals it was made of.
pub fn price(value: &Value) -> Option<f64> {
    value.as_f64().filter(|value| *value > 0.0).map(shortest)
}

/// The regular periods, each with the local day it opens on.
struct Sessions<'a> {
    periods: Vec<(Date, Period)>,
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

impl<'a> Sessions<'a> {
    fn new(hours: &Hours, zone: &'a TimeZone, asked: &Asked) -> Self {
        let periods = match hours {
            Hours::Sessions(periods) if asked.interval.is_intraday() => periods
                .iter()
                .filter_map(|&period| Some((local_day(period.start, zone)?, period)))
                .collect(),
            _ => Vec::new(),
        };
        Self { periods, zone }
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
}

fn local_day(ts: i64, zone: &TimeZone) -> Option<Date> {
    let instant = Timestamp::from_second(ts).ok()?;
    Some(zone.to_datetime(instant).date())
}
