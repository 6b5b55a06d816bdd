//! Sessions out of bars, in markets that the table knows and in those that it does not.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use proptest::prelude::*;

use super::{hours, sessions};
use crate::interval::{DAY, Interval};
use crate::market::{Calendars, Hours, Period, SessionState, Slots, TradingCalendar, calendar};

const MINUTE: i64 = 60;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("in the bundled database")
}

fn market(name: &str) -> TradingCalendar {
    Calendars::standard().iter().find(|(market, _)| *market == name).expect(name).1.clone()
}

fn at(text: &str, zone: &TimeZone) -> i64 {
    let wall: jiff::civil::DateTime = text.parse().expect(text);
    zone.to_timestamp(wall).expect("in range").as_second()
}

/// Bars of `minutes` from one wall time to before another.
fn bars(from: &str, to: &str, minutes: usize, zone: &TimeZone) -> Vec<i64> {
    (at(from, zone)..at(to, zone)).step_by(minutes * 60).collect()
}

/// Periods as `day from-to` on the clocks of `zone`.
fn texts(hours: &Hours, zone: &TimeZone) -> Vec<String> {
    let Hours::Sessions(periods) = hours else { return vec!["continuous".to_owned()] };
    let text = |period: &Period| {
        let wall = |ts| zone.to_datetime(Timestamp::from_second(ts).expect("in range"));
        let from = wall(period.start).strftime("%a %d %H:%M");
        format!("{from}-{}", wall(period.end).strftime("%H:%M"))
    };
    periods.iter().map(text).collect()
}

/// Where the hours stand that hold these bars.
fn slots(times: &[i64], hours: &Hours, zone: &TimeZone) -> Vec<String> {
    let slots = Slots::new(Interval::Hour1, hours, zone);
    let mut starts: Vec<i64> = times.iter().map(|ts| slots.at(*ts).start).collect();
    starts.dedup();
    let wall = |ts: i64| zone.to_datetime(Timestamp::from_second(ts).expect("in range"));
    starts.into_iter().map(|ts| wall(ts).strftime("%d %H:%M").to_string()).collect()
}

#[test]
fn hours_of_a_share_that_is_seldom_traded_stand_at_the_open_of_its_market() {
    for (name, trades, first) in [
        (
            "toronto",
            ["2026-03-02T09:48", "2026-03-02T11:02", "2026-03-03T10:31"],
            ["02 09:30", "02 10:30", "03 10:30"],
        ),
        (
            "sydney",
            ["2026-03-02T10:07", "2026-03-02T11:59", "2026-03-03T12:01"],
            ["02 10:00", "02 11:00", "03 12:00"],
        ),
        (
            "nse",
            ["2026-03-02T09:48", "2026-03-02T10:16", "2026-03-03T11:14"],
            ["02 09:15", "02 10:15", "03 10:15"],
        ),
        (
            "athens",
            ["2026-03-02T10:48", "2026-03-02T12:16", "2026-03-03T16:14"],
            ["02 10:15", "02 12:15", "03 15:15"],
        ),
    ] {
        let market = market(name);
        let times = trades.map(|text| at(text, market.zone()));
        let hours = hours(&times, MINUTE, market.zone(), Some(&market), &[]);
        assert_eq!(slots(&times, &hours, market.zone()), first, "{name}");
    }
}

#[test]
fn where_the_market_is_unknown_the_earliest_of_all_days_is_the_open() {
    let zone = zone("Asia/Karachi");
    // Trades on four days; the earliest of all at 09:33.
    let times: Vec<i64> =
        ["2026-03-02T10:48", "2026-03-03T09:33", "2026-03-04T11:02", "2026-03-05T14:59"]
            .map(|text| at(text, &zone))
            .to_vec();
    let found = hours(&times, MINUTE, &zone, None, &[]);
    assert_eq!(slots(&times, &found, &zone), ["02 10:30", "03 09:30", "04 10:30", "05 14:30"]);
    // One day tells nothing: hours are those of the clock.
    let found = hours(&times[..1], MINUTE, &zone, None, &[]);
    assert_eq!(slots(&times[..1], &found, &zone), ["02 10:00"]);
    assert_eq!(hours(&[], MINUTE, &zone, None, &[]), Hours::UNKNOWN);
}

#[test]
fn hours_of_what_trades_around_the_clock_stand_at_the_hours_of_the_clock() {
    let kolkata = zone("Asia/Kolkata");
    let crypto = market("crypto");
    let trades = ["2026-03-01T02:17", "2026-03-01T23:59", "2026-03-02T05:40"];
    let times = trades.map(|text| at(text, &kolkata));
    let stand = ["01 02:00", "01 23:00", "02 05:00"];
    let continuous = hours(&times, MINUTE, &kolkata, Some(&crypto), &[]);
    assert_eq!(texts(&continuous, &kolkata), ["continuous"]);
    assert_eq!(slots(&times, &continuous, &kolkata), stand);
    // A pair that no table knows, in trades of every third hour.
    let times: Vec<i64> =
        (0..60).map(|n| at("2026-03-01T00:17", &kolkata) + n * 10_800 + n * 61).collect();
    let unknown = hours(&times, MINUTE, &kolkata, None, &[]);
    assert!(slots(&times, &unknown, &kolkata).iter().all(|start| start.ends_with(":00")));
}

#[test]
fn days_of_what_trades_through_the_night_begin_with_the_evening() {
    let chicago = zone("America/Chicago");
    let mut times = bars("2026-03-01T17:00", "2026-03-02T16:00", 30, &chicago);
    for day in 2..5 {
        let (from, to) = (format!("2026-03-0{day}T17:00"), format!("2026-03-0{}T16:00", day + 1));
        times.extend(bars(&from, &to, 30, &chicago));
    }
    let whole =
        ["Sun 01 17:00-16:00", "Mon 02 17:00-16:00", "Tue 03 17:00-16:00", "Wed 04 17:00-16:00"];
    // By the table, and by the pause that all days have.
    for market in [Some(market("globex")), None] {
        let found = hours(&times, 30 * MINUTE, &chicago, market.as_ref(), &[]);
        assert_eq!(texts(&found, &chicago), whole);
        let date = found.trading_date(times[0], &chicago).expect("in range");
        assert_eq!(date, date_of(2026, 3, 2));
    }
    // Currencies of a symbol without an ending: no pause, but a week that begins on Sunday afternoon.
    let new_york = zone("America/New_York");
    let mut times = bars("2026-02-27T00:00", "2026-02-27T17:00", 60, &new_york);
    times.extend(bars("2026-03-01T17:00", "2026-03-03T17:00", 60, &new_york));
    let found = hours(&times, 60 * MINUTE, &new_york, None, &[]);
    assert_eq!(
        texts(&found, &new_york),
        ["Thu 26 17:00-17:00", "Sun 01 17:00-17:00", "Mon 02 17:00-17:00"]
    );
}

fn date_of(year: i16, month: i8, day: i8) -> Date {
    date(year, month, day)
}

#[test]
fn lunch_half_days_auctions_and_sessions_that_no_rule_foretells_are_what_was_traded() {
    let shanghai = market("shanghai");
    let mut times = bars("2026-03-02T09:30", "2026-03-02T11:30", 1, shanghai.zone());
    times.extend(bars("2026-03-02T13:00", "2026-03-02T15:00", 1, shanghai.zone()));
    let found = hours(&times, MINUTE, shanghai.zone(), Some(&shanghai), &[]);
    assert_eq!(texts(&found, shanghai.zone()), ["Mon 02 09:30-11:30", "Mon 02 13:00-15:00"]);

    let oslo = market("oslo");
    let mut times = bars("2026-03-31T09:00", "2026-03-31T16:20", 1, oslo.zone());
    times.push(at("2026-03-31T16:26", oslo.zone()));
    times.extend(bars("2026-04-01T09:00", "2026-04-01T13:00", 1, oslo.zone()));
    let found = hours(&times, MINUTE, oslo.zone(), Some(&oslo), &[]);
    assert_eq!(texts(&found, oslo.zone()), ["Tue 31 09:00-16:27", "Wed 01 09:00-13:00"]);

    let london = market("lse");
    let mut times = bars("2026-03-02T08:00", "2026-03-02T16:30", 1, london.zone());
    times.push(at("2026-03-02T16:35", london.zone()));
    let found = hours(&times, MINUTE, london.zone(), Some(&london), &[]);
    assert_eq!(texts(&found, london.zone()), ["Mon 02 08:00-16:36"]);
    assert_eq!(slots(&times, &found, london.zone()).last().map(String::as_str), Some("02 16:00"));

    let nse = market("nse");
    let mut times = bars("2024-03-01T09:15", "2024-03-01T15:30", 1, nse.zone());
    times.extend(bars("2024-03-02T09:15", "2024-03-02T10:00", 1, nse.zone()));
    times.extend(bars("2024-03-02T11:30", "2024-03-02T12:30", 1, nse.zone()));
    times.extend(bars("2024-11-01T18:00", "2024-11-01T19:00", 15, nse.zone()));
    let found = hours(&times, MINUTE, nse.zone(), Some(&nse), &[]);
    let [friday, saturday] = ["Fri 01 09:15-15:30", "Sat 02 09:15-12:30"];
    assert_eq!(texts(&found, nse.zone()), [friday, saturday, "Fri 01 18:00-18:46"]);
}

#[test]
fn hours_of_another_zone_are_not_those_of_the_market() {
    // A file of New York's minutes, read as if its times were Tokyo's.
    let tokyo = market("tokyo");
    let mut times = bars("2026-03-02T23:30", "2026-03-03T06:00", 1, tokyo.zone());
    times.extend(bars("2026-03-03T23:30", "2026-03-04T06:00", 1, tokyo.zone()));
    let found = hours(&times, MINUTE, tokyo.zone(), Some(&tokyo), &[]);
    assert_eq!(texts(&found, tokyo.zone()), ["Mon 02 23:30-06:00", "Tue 03 23:30-06:00"]);
}

#[test]
fn what_the_source_tells_wins_and_the_days_before_it_are_filled() {
    let us = market("us");
    let mut times = bars("2026-03-02T10:12", "2026-03-02T15:58", 1, us.zone());
    times.extend(bars("2026-03-03T09:30", "2026-03-03T12:00", 1, us.zone()));
    let told =
        Period { start: at("2026-03-03T09:30", us.zone()), end: at("2026-03-03T13:00", us.zone()) };
    let found = hours(&times, MINUTE, us.zone(), Some(&us), &[told]);
    assert_eq!(texts(&found, us.zone()), ["Mon 02 09:30-16:00", "Tue 03 09:30-13:00"]);
}

#[test]
fn trading_before_and_after_is_told_apart_from_the_session() {
    let us = market("us");
    let times = bars("2026-03-02T08:00", "2026-03-02T18:00", 5, us.zone());
    let found = sessions(&times, 5 * MINUTE, us.zone(), Some(&us), &[]);
    let states: Vec<SessionState> = found.phases().iter().map(|phase| phase.state).collect();
    assert_eq!(states, [SessionState::Pre, SessionState::Open, SessionState::Post]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sessions_follow_each_other_and_no_day_begins_with_its_own_first_trade(
        market in 0usize..200, day in 0i64..4_000, known in any::<bool>(),
        trades in proptest::collection::btree_set((0i64..20, 0i64..1_440), 1..120),
    ) {
        let table = Calendars::standard();
        let count = table.iter().count();
        let (_, market) = table.iter().nth(market % count).expect("one of them");
        let zone = market.zone();
        let first = date(2015, 1, 1).checked_add(Span::new().days(day)).expect("in range");
        let start = calendar::midnight(first, zone).expect("in range");
        let times: Vec<i64> = trades.iter().map(|(day, minute)| start + day * DAY + minute * MINUTE).collect();
        let calendar = known.then_some(market);
        let table = sessions(&times, MINUTE, zone, calendar, &[]);
        let phases = table.phases();
        prop_assert!(phases.windows(2).all(|two| two[0].period.end <= two[1].period.start));
        prop_assert!(phases.iter().all(|phase| phase.period.start < phase.period.end));
        // Every bar is of a session, and of one slot.
        let hours = hours(&times, MINUTE, zone, calendar, &[]);
        let slots = Slots::new(Interval::Hour1, &hours, zone);
        for ts in &times {
            prop_assert!(phases.iter().any(|phase| phase.period.contains(*ts)), "{ts} {phases:?}");
            prop_assert!(slots.at(*ts).period.contains(*ts));
        }
    }
}
