//! The range buttons above a chart: what they offer fits the length of its bars.

use serde::Serialize;

use crate::interval::Interval;

/// A range button; its name lets a client that draws its own find and drop it.
#[derive(Serialize)]
pub struct Button {
    name: &'static str,
    label: &'static str,
    step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stepmode: Option<&'static str>,
}

const ALL: Button =
    Button { name: "range-all", label: "all", step: "all", count: None, stepmode: None };

/// The original's five: 15 and 45 minutes, hour to date, three hours, everything.
const MINUTES: &[Button] = &[
    button("range-15m", "15m", "minute", 15, "backward"),
    button("range-45m", "45m", "minute", 45, "backward"),
    button("range-htd", "HTD", "hour", 1, "todate"),
    button("range-3h", "3h", "hour", 3, "backward"),
    ALL,
];

const HOURS: &[Button] = &[
    button("range-1d", "1d", "day", 1, "backward"),
    button("range-1w", "1w", "day", 7, "backward"),
    button("range-1mo", "1mo", "month", 1, "backward"),
    button("range-3mo", "3mo", "month", 3, "backward"),
    ALL,
];

const DAYS: &[Button] = &[
    button("range-1mo", "1mo", "month", 1, "backward"),
    button("range-6mo", "6mo", "month", 6, "backward"),
    button("range-ytd", "YTD", "year", 1, "todate"),
    button("range-1y", "1y", "year", 1, "backward"),
    ALL,
];

/// The buttons of a chart of `interval`.
pub const fn of(interval: Interval) -> &'static [Button] {
    match interval {
        Interval::Minute1 | Interval::Minute2 | Interval::Minute5 => MINUTES,
        Interval::Minute15
        | Interval::Minute30
        | Interval::Hour1
        | Interval::Hour2
        | Interval::Hour4 => HOURS,
        Interval::Day1 | Interval::Week1 | Interval::Month1 => DAYS,
    }
}

const fn button(
    name: &'static str,
    label: &'static str,
    step: &'static str,
    count: u8,
    mode: &'static str,
) -> Button {
    Button { name, label, step, count: Some(count), stepmode: Some(mode) }
}
