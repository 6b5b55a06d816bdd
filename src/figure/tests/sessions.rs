//! Trading days of every market as a chart shows them: nothing is hidden that was traded, and nothing
//! is open that was closed.

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use super::minute;
use crate::bars::Bars;
use crate::figure::patterns::Break;
use crate::figure::time::Axis;
use crate::figure::{Colors, Scene, breaks, render};
use crate::interval::Interval;
use crate::market::{
    Calendars, Hours, Instrument, Period, SessionState, Timetable, TradingCalendar, calendar,
};
use crate::symbol::Symbol;
use crate::view::View;

const TRADED: [SessionState; 3] = [SessionState::Pre, SessionState::Open, SessionState::Post];

fn ts(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_second()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("in the bundled database")
}

fn market(name: &str) -> TradingCalendar {
    Calendars::standard().iter().find(|(market, _)| *market == name).expect(name).1.clone()
}

fn figure(
    bars: &Bars,
    timetable: &Timetable,
    hours: &Hours,
    zone: &TimeZone,
    query: &str,
) -> Value {
    let symbol = Symbol::parse("ACME").expect("valid");
    let options = query.split('&').filter_map(|option| option.split_once('='));
    let view = View::parse(symbol.clone(), options).expect("valid");
    let text = render(&Scene {
        view: &view,
        colors: &Colors::plain(&view),
        bars,
        instrument: &Instrument::unnamed(symbol, zone.clone()),
        hours,
        compared: &[],
        quote: None,
        delay: None,
        session: None,
        timetable,
        source: "test",
    });
    serde_json::from_str(&text).expect("JSON")
}

/// A bar every `minutes` of the periods.
fn bars(periods: &[Period], minutes: i64) -> Bars {
    let slots = |period: &Period| {
        (period.start..period.end).step_by(usize::try_from(minutes * 60).expect("small"))
    };
    periods.iter().flat_map(slots).map(|ts| minute(ts, 100.0)).collect()
}

/// Where the price stands on the x axis.
fn stamps(figure: &Value) -> Vec<&str> {
    let price =
        figure["data"].as_array().expect("traces").iter().find(|trace| trace["uid"] == "price");
    price.expect("a price")["x"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// What plotly.js reads of a stamp: it ignores the offset.
fn wall(stamp: &str) -> DateTime {
    stamp[..19].parse().expect(stamp)
}

/// Whether plotly.js hides a wall time by the explicit breaks of an axis.
fn is_hidden(figure: &Value, at: DateTime) -> bool {
    let breaks = figure["layout"]["xaxis"]["rangebreaks"].as_array();
    breaks.into_iter().flatten().any(|entry| {
        if let Some(values) = entry["values"].as_array() {
            let length = Span::new().milliseconds(entry["dvalue"].as_i64().expect("a length"));
            return values.iter().any(|from| {
                let from: DateTime = from.as_str().expect("a time").parse().expect("a time");
                from <= at && at < from.checked_add(length).expect("in range")
            });
        }
        let [from, to] = [0, 1].map(|side| wall(entry["bounds"][side].as_str().expect("a stamp")));
        from <= at && at < to
    })
}

/// Every bar once, in order, in its place and seen.
fn assert_whole(figure: &Value, bars: &[i64], what: &str) {
    let stamps = stamps(figure);
    let instants: Vec<i64> = stamps.iter().map(|stamp| ts(stamp)).collect();
    assert_eq!(instants, bars, "{what}");
    let walls: Vec<DateTime> = stamps.iter().map(|stamp| wall(stamp)).collect();
    assert!(walls.windows(2).all(|pair| pair[0] < pair[1]), "{what}: out of order");
    let hidden = walls.iter().find(|at| is_hidden(figure, **at));
    assert_eq!(hidden, None, "{what}: hidden by {}", figure["layout"]["xaxis"]["rangebreaks"]);
}

/// Markets that are drawn on the clocks of other cities too: one of every kind.
const ABROAD: [&str; 10] =
    ["us", "nse", "lse", "xetra", "tokyo", "hong-kong", "fx", "globex", "cbot-grains", "crypto"];

/// The dates on which clocks change in ten years; where they never do, two days of every year.
fn changes(zone: &TimeZone) -> Vec<Date> {
    let offset = |day: Date| {
        calendar::midnight(day, zone)
            .map(|ts| zone.to_offset(Timestamp::from_second(ts).expect("in range")))
    };
    let days =
        || std::iter::successors(Some(date(2020, 1, 1)), |day| day.tomorrow().ok()).take(3_653);
    let changes: Vec<Date> =
        days().filter(|day| offset(*day) != offset(day.tomorrow().expect("in range"))).collect();
    if changes.is_empty() { days().step_by(183).collect() } else { changes }
}

/// The traded periods of a market from four days before to two after a date, in one of its years.
fn around(market: &TradingCalendar, day: Date) -> Vec<Period> {
    let at = |days: i64| {
        calendar::midnight(
            day.checked_add(Span::new().days(days)).expect("in range"),
            market.zone(),
        )
    };
    let (from, to) = (at(-3).expect("in range"), at(2).expect("in range"));
    market.sessions(from, to).periods(&TRADED)
}

#[test]
fn every_bar_around_a_clock_change_is_drawn_once_in_order_in_every_market_of_ten_years() {
    let table = Calendars::standard();
    let mut checked = 0;
    for (name, market) in table.iter() {
        // Currencies of one city are drawn on the clock of another, which changes on other days.
        let mut zones = vec![market.zone().clone()];
        if ABROAD.contains(&name) {
            zones.extend([zone("Europe/London"), zone("America/New_York")]);
        }
        for zone in zones {
            for day in changes(&zone) {
                let periods = around(market, day);
                let bars = bars(&periods, 30);
                let hours = if market.is_continuous() {
                    Hours::Continuous { day: crate::interval::DAY }
                } else {
                    Hours::Sessions(periods.clone())
                };
                let timetable = market.sessions(periods[0].start, periods[0].start);
                let query = "interval=30m&range=1mo&session=extended";
                let figure = figure(&bars, &timetable, &hours, &zone, query);
                assert_whole(&figure, bars.times(), &format!("{name} on {day}"));
                checked += 1;
            }
        }
    }
    assert!(checked > 400, "{checked}");
}

proptest! {
    #[test]
    fn whatever_bars_there_are_of_a_clock_change_each_is_drawn_once(
        market in 0usize..200, change in 0usize..20, kept in proptest::collection::vec(any::<bool>(), 64),
        minutes in proptest::sample::select(vec![5i64, 30, 60]),
    ) {
        let table = Calendars::standard();
        let count = table.iter().count();
        let (name, market) = table.iter().nth(market % count).expect("one of them");
        let changes = changes(market.zone());
        let day = changes[change % changes.len()];
        let periods = around(market, day);
        let all = bars(&periods, minutes);
        let some: Bars = all.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(bar, _)| bar).collect();
        let hours = Hours::Sessions(periods);
        let interval = Interval::from_spacing(minutes * 60).expect("an interval");
        let query = format!("interval={interval}&range=1mo&session=extended");
        let figure = figure(&some, &Timetable::UNKNOWN, &hours, market.zone(), &query);
        assert_whole(&figure, some.times(), &format!("{name} on {day}"));
    }
}

#[test]
fn a_market_that_trades_through_a_clock_change_is_drawn_in_utc() {
    let new_york = zone("America/New_York");
    let periods = [Period { start: ts("2026-10-31T12:00:00Z"), end: ts("2026-11-01T12:00:00Z") }];
    let bars = bars(&periods, 5);
    let hours = Hours::Continuous { day: crate::interval::DAY };
    let figure = figure(&bars, &Timetable::always(), &hours, &new_york, "interval=5m&range=1d");
    assert!(stamps(&figure).iter().all(|stamp| stamp.ends_with('Z')));
    assert_whole(&figure, bars.times(), "around the clock");
}

/// The breaks as `from to` on the exchange's clock.
fn breaks(figure: &Value) -> Vec<String> {
    let text = |entry: &Value| {
        let side = |side: usize| entry["bounds"][side].as_str().expect("a stamp")[5..16].to_owned();
        format!("{} {}", side(0), side(1))
    };
    figure["layout"]["xaxis"]["rangebreaks"].as_array().into_iter().flatten().map(text).collect()
}

#[test]
fn nights_and_lunch_collapse_and_minutes_without_a_trade_stay() {
    for (name, lunch, night) in [
        ("tokyo", "08-31T11:30 08-31T12:30", "08-31T15:30 09-01T09:00"),
        ("hong-kong", "08-31T12:00 08-31T13:00", "08-31T16:00 09-01T09:30"),
    ] {
        let market = market(name);
        // Monday and the morning of Tuesday.
        let timetable = market.sessions(ts("2026-08-31T04:00:00Z"), ts("2026-09-01T04:00:00Z"));
        let mut periods = timetable.periods(&[SessionState::Open]);
        periods.retain(|period| period.start > ts("2026-08-30T12:00:00Z"));
        let all = bars(&periods[..3], 1);
        // Nothing is traded in the last minutes before lunch and the first ones of Tuesday.
        let quiet = [periods[0].end - 600, periods[2].start];
        let some: Bars = all
            .iter()
            .filter(|bar| !quiet.iter().any(|from| (*from..from + 600).contains(&bar.ts)))
            .collect();
        let hours = Hours::Sessions(periods);
        let figure = figure(&some, &timetable, &hours, market.zone(), "interval=1m&range=5d");
        assert_eq!(breaks(&figure), [lunch, night], "{name}");
        assert_whole(&figure, some.times(), name);
    }
}

#[test]
fn a_half_day_ends_at_one_and_a_holiday_is_no_day_at_all() {
    let new_york = zone("America/New_York");
    // Thanksgiving is on Thursday, and Friday closes at 13:00.
    let period = |start, end| Period { start: ts(start), end: ts(end) };
    let told = [
        period("2026-11-25T14:30:00Z", "2026-11-25T21:00:00Z"),
        period("2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z"),
        period("2026-11-30T14:30:00Z", "2026-11-30T21:00:00Z"),
    ];
    let bars = bars(&told, 5);
    let expected = ["11-25T16:00 11-27T09:30", "11-27T13:00 11-30T09:30"];
    // As the source tells it, and from the bars alone.
    for hours in [Hours::Sessions(told.to_vec()), Hours::Sessions(vec![])] {
        let figure = figure(&bars, &Timetable::UNKNOWN, &hours, &new_york, "interval=5m&range=5d");
        assert_eq!(breaks(&figure), expected);
        assert_whole(&figure, bars.times(), "Thanksgiving");
    }
}

#[test]
fn on_a_sunday_one_day_is_the_last_session_of_every_market() {
    for (name, first) in [
        ("us", "2026-08-28T09:30:00-04:00"),
        ("tokyo", "2026-08-28T09:00:00+09:00"),
        // A day of currencies begins in the afternoon before.
        ("fx", "2026-08-27T17:00:00-04:00"),
        ("globex", "2026-08-27T17:00:00-05:00"),
    ] {
        let market = market(name);
        let timetable = market.sessions(ts("2026-08-24T12:00:00Z"), ts("2026-08-28T21:30:00Z"));
        let periods = timetable.periods(&[SessionState::Open]);
        let figure = figure(
            &bars(&periods, 5),
            &timetable,
            &Hours::Sessions(periods),
            market.zone(),
            "interval=5m&range=1d",
        );
        assert_eq!(stamps(&figure)[0], first, "{name}");
        let sunday = timetable.session_at(ts("2026-08-30T12:00:00Z")).expect("known");
        assert_eq!(sunday.state, SessionState::Closed, "{name}");
    }
}

#[test]
fn the_pauses_and_weekends_of_futures_collapse_over_three_months() {
    let market = market("globex");
    let timetable = market.sessions(ts("2026-01-15T12:00:00Z"), ts("2026-04-16T12:00:00Z"));
    let mut periods = timetable.periods(&[SessionState::Open]);
    periods.retain(|period| period.start > ts("2026-01-16T12:00:00Z"));
    let bars = bars(&periods, 60);
    let nights = periods.len() - 1;
    let hours = Hours::Sessions(periods);
    let figure = figure(&bars, &timetable, &hours, market.zone(), "interval=1h&range=3mo");
    let breaks = figure["layout"]["xaxis"]["rangebreaks"].as_array().expect("breaks");
    let values: Vec<usize> =
        breaks.iter().map(|entry| entry["values"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!((values.len(), values.iter().sum()), (2, nights), "an hour each, and weekends");
    assert_whole(&figure, bars.times(), "futures");
}

#[test]
fn every_pause_and_weekend_of_futures_collapses_over_two_years() {
    for name in ["globex", "cbot-grains"] {
        let market = market(name);
        let timetable = market.sessions(ts("2024-06-15T12:00:00Z"), ts("2026-06-12T12:00:00Z"));
        let periods = timetable.periods(&[SessionState::Open]);
        let bars = bars(&periods, 60);
        let pauses = periods.len() - 1;
        let hours = Hours::Sessions(periods);
        let whole = figure(&bars, &timetable, &hours, market.zone(), "interval=1h&range=1mo");
        assert_whole(&whole, &bars.times()[bars.len() - stamps(&whole).len()..], name);
        // Drawn as they are, though a chart would draw longer ones.
        let axis = Axis::of(bars.times(), market.zone(), Interval::Hour1);
        let breaks = breaks::of(bars.times(), &hours, Interval::Hour1, &axis);
        assert_eq!(breaks.iter().map(Break::len).sum::<usize>(), pauses, "{name}");
    }
}

#[test]
fn one_evening_session_leaves_no_other_evening_open() {
    let nse = market("nse");
    let timetable = nse.sessions(ts("2025-08-18T00:00:00Z"), ts("2025-11-14T12:00:00Z"));
    let mut periods = timetable.periods(&[SessionState::Open]);
    let evening = Period { start: ts("2025-10-21T12:30:00Z"), end: ts("2025-10-21T13:30:00Z") };
    periods.retain(|period| period.start / 86_400 != evening.start / 86_400);
    periods.push(evening);
    periods.sort_by_key(|period| period.start);
    let bars = bars(&periods, 30);
    let hours = Hours::Sessions(periods.clone());
    let axis = Axis::of(bars.times(), nse.zone(), Interval::Minute30);
    let breaks = breaks::of(bars.times(), &hours, Interval::Minute30, &axis);
    assert_eq!(breaks.iter().map(Break::len).sum::<usize>(), periods.len() - 1);
}

#[test]
fn extended_hours_have_a_ground_of_their_own_and_no_breaks_beside_the_nights() {
    let market = market("us");
    let timetable = market.sessions(ts("2026-08-28T12:00:00Z"), ts("2026-08-31T12:00:00Z"));
    let mut periods = timetable.periods(&TRADED);
    periods.retain(|period| period.start > ts("2026-08-28T04:00:00Z"));
    let bars = bars(&periods, 5);
    let hours = Hours::Sessions(periods);
    let shades = |figure: &Value| -> Vec<String> {
        let shapes = figure["layout"]["shapes"].as_array().expect("shapes").iter();
        let shape = |shape: &Value| {
            let side = |side: &str| shape[side].as_str().expect("a stamp")[5..16].to_owned();
            format!("{} {} {}", shape["name"].as_str().expect("a name"), side("x0"), side("x1"))
        };
        shapes.filter(|shape| shape["type"] == "rect").map(shape).collect()
    };
    let query = "interval=5m&range=5d&session=extended";
    let extended = figure(&bars, &timetable, &hours, market.zone(), query);
    assert_eq!(
        shades(&extended),
        [
            "pre-market 08-28T04:00 08-28T09:30",
            "post-market 08-28T16:00 08-28T20:00",
            "pre-market 08-31T04:00 08-31T09:30",
            "post-market 08-31T16:00 08-31T19:55",
        ]
    );
    assert_eq!(breaks(&extended), ["08-28T20:00 08-31T04:00"]);
    assert_whole(&extended, bars.times(), "extended hours");
    assert_eq!(extended["layout"]["uirevision"], "ACME|5m|5d|extended|linear");
    let regular = figure(&bars, &timetable, &hours, market.zone(), "interval=5m&range=5d");
    assert_eq!(shades(&regular), [""; 0]);
}
