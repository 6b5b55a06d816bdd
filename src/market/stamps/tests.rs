//! Dates out of stamps, in every form that providers write.

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use proptest::prelude::*;

use super::starts;
use crate::interval::Interval;
use crate::market::{Calendars, TradingCalendar, TradingWeek, calendar};

fn ts(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_second()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("in the bundled database")
}

fn market(name: &str) -> TradingCalendar {
    Calendars::standard().iter().find(|(market, _)| *market == name).expect(name).1.clone()
}

fn at(date: Date, hour: i8, minute: i8, zone: &TimeZone) -> i64 {
    let time = Time::constant(hour, minute, 0, 0);
    zone.to_timestamp(date.to_datetime(time)).expect("in range").as_second()
}

/// Where bars with these stamps stand, as dates.
fn dates(
    stamps: &[i64],
    interval: Interval,
    zone: &TimeZone,
    market: Option<&TradingCalendar>,
) -> Vec<String> {
    let starts = starts(stamps, interval, zone, market);
    let text = |ts: &i64| {
        let wall = calendar::wall(*ts, zone).expect("in range");
        assert_eq!(Some(*ts), calendar::midnight(wall.date(), zone), "{wall} is no midnight");
        wall.date().to_string()
    };
    starts.iter().map(text).collect()
}

fn texts(dates: &[Date]) -> Vec<String> {
    dates.iter().map(Date::to_string).collect()
}

/// Dates on which a market trades, from `first` on.
fn trading_dates(first: Date, count: usize, market: Option<&TradingCalendar>) -> Vec<Date> {
    let usual = TradingWeek::default();
    let week = market.map_or(&usual, TradingCalendar::week);
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
    dates.filter(|date| week.trades_on(*date)).take(count).collect()
}

#[test]
fn a_zone_that_gave_up_summer_time_has_days_of_the_evening_before_beside_those_at_midnight() {
    let sao_paulo = zone("America/Sao_Paulo");
    let days = trading_dates(date(2019, 10, 1), 60, None);
    // At midnight of a summer time that was abolished, and at that of the zone later on.
    let stamp =
        |(n, day): (usize, &Date)| at(*day, 0, 0, &sao_paulo) - if n < 40 { 3_600 } else { 0 };
    let stamps: Vec<i64> = days.iter().enumerate().map(stamp).collect();
    assert_eq!(dates(&stamps, Interval::Day1, &sao_paulo, None), texts(&days));
    // The two bars of a tail.
    assert_eq!(dates(&stamps[..2], Interval::Day1, &sao_paulo, None), texts(&days[..2]));
}

#[test]
fn a_day_stamped_with_its_last_trade_in_the_evening_is_its_own() {
    let sao_paulo = zone("America/Sao_Paulo");
    let days = trading_dates(date(2021, 8, 9), 12, None);
    for odd in [vec![3], vec![3, 4], vec![7, 11]] {
        let stamp = |(n, day): (usize, &Date)| {
            if odd.contains(&n) { at(*day, 19, 5, &sao_paulo) } else { at(*day, 10, 0, &sao_paulo) }
        };
        let stamps: Vec<i64> = days.iter().enumerate().map(stamp).collect();
        let bovespa = market("sao-paulo");
        for market in [None, Some(&bovespa)] {
            assert_eq!(dates(&stamps, Interval::Day1, &sao_paulo, market), texts(&days), "{odd:?}");
        }
    }
}

#[test]
fn days_stamped_at_their_close_are_their_own() {
    let days = trading_dates(date(2026, 3, 2), 20, None);
    let closes: Vec<i64> = days.iter().map(|day| at(*day, 21, 0, &TimeZone::UTC)).collect();
    assert_eq!(dates(&closes, Interval::Day1, &TimeZone::UTC, None), texts(&days));
    let last_seconds: Vec<i64> =
        days.iter().map(|day| at(*day, 23, 59, &TimeZone::UTC) + 59).collect();
    assert_eq!(dates(&last_seconds[..4], Interval::Day1, &TimeZone::UTC, None), texts(&days[..4]));
}

#[test]
fn midnights_of_a_zone_further_east_are_told_by_the_days_of_the_week() {
    for zone in ["Asia/Tokyo", "Asia/Hong_Kong", "Australia/Sydney"] {
        let zone = self::zone(zone);
        let days = trading_dates(date(2026, 3, 2), 20, None);
        let stamps: Vec<i64> = days.iter().map(|day| at(*day, 0, 0, &zone)).collect();
        assert_eq!(dates(&stamps, Interval::Day1, &TimeZone::UTC, None), texts(&days));
        let months: Vec<Date> = (1..=12).map(|month| date(2025, month, 1)).collect();
        let stamps: Vec<i64> = months.iter().map(|day| at(*day, 0, 0, &zone)).collect();
        assert_eq!(dates(&stamps, Interval::Month1, &TimeZone::UTC, None), texts(&months));
    }
    // The closes of New York and of Riyadh are in the afternoon, too.
    let closes = |name: &str| {
        let market = market(name);
        let days = trading_dates(date(2026, 3, 2), 20, Some(&market));
        let stamps: Vec<i64> = days.iter().map(|day| at(*day, 16, 0, market.zone())).collect();
        assert_eq!(dates(&stamps, Interval::Day1, market.zone(), Some(&market)), texts(&days));
    };
    closes("us");
    closes("riyadh");
    closes("crypto");
}

#[test]
fn the_day_of_futures_that_still_forms_begins_on_the_evening_before() {
    let new_york = zone("America/New_York");
    let globex = market("globex");
    // Yahoo's days of futures stand at midnight, and the forming one at its last trade.
    let mut stamps: Vec<i64> =
        [3, 4, 5, 8].map(|day| at(date(2026, 6, day), 0, 0, &new_york)).to_vec();
    let mut last = |text: &str| {
        stamps.truncate(4);
        stamps.push(ts(text));
        dates(&stamps, Interval::Day1, &new_york, Some(&globex)).pop().expect("five")
    };
    assert_eq!(last("2026-06-08T18:13:07Z"), "2026-06-08", "in the session of Monday");
    assert_eq!(last("2026-06-08T22:13:07Z"), "2026-06-09", "that of Tuesday is open");
    assert_eq!(last("2026-06-12T20:59:58Z"), "2026-06-12");
    assert_eq!(last("2026-06-14T22:30:11Z"), "2026-06-15", "on Sunday evening");
}

#[test]
fn the_day_of_a_currency_that_still_forms_is_its_sources_and_never_a_sunday() {
    let london = zone("Europe/London");
    let fx = market("fx");
    let mut stamps: Vec<i64> =
        [3, 4, 5, 8].map(|day| at(date(2026, 6, day), 0, 0, &london)).to_vec();
    let mut last = |text: &str| {
        stamps.truncate(4);
        stamps.push(ts(text));
        dates(&stamps, Interval::Day1, &london, Some(&fx)).pop().expect("five")
    };
    assert_eq!(last("2026-06-08T20:30:07Z"), "2026-06-08");
    assert_eq!(last("2026-06-08T22:30:07Z"), "2026-06-08", "until midnight in London");
    assert_eq!(last("2026-06-14T21:30:11Z"), "2026-06-15", "on Sunday evening");
}

#[test]
fn weeks_begin_with_the_first_trading_day_of_their_market() {
    for (name, stamp, first) in [
        ("kuwait", "2026-09-06T06:00:00Z", "2026-09-06"),
        ("riyadh", "2026-09-06T07:00:00Z", "2026-09-06"),
        // The days of the week that were traded until 2013 and those since.
        ("riyadh", "2012-09-15T08:00:00Z", "2012-09-15"),
        // Stamped on the weekend before, and in the middle of the week.
        ("riyadh", "2026-09-04T21:00:00Z", "2026-09-06"),
        ("riyadh", "2026-09-08T12:00:00Z", "2026-09-06"),
        ("tel-aviv", "2025-09-07T07:00:00Z", "2025-09-07"),
        ("tel-aviv", "2026-09-07T07:00:00Z", "2026-09-07"),
        ("tel-aviv", "2026-09-06T07:00:00Z", "2026-09-07"),
        ("dubai", "2021-09-05T06:00:00Z", "2021-09-05"),
        ("dubai", "2022-09-05T06:00:00Z", "2022-09-05"),
        ("sydney", "2026-09-06T00:00:00Z", "2026-09-07"),
        ("toronto", "2026-09-05T04:00:00Z", "2026-09-07"),
        ("oslo", "2026-09-11T22:00:00Z", "2026-09-14"),
        ("fx", "2026-09-06T21:00:00Z", "2026-09-07"),
    ] {
        let market = market(name);
        let dates = dates(&[ts(stamp)], Interval::Week1, market.zone(), Some(&market));
        assert_eq!(dates, [first], "{name} {stamp}");
    }
}

#[test]
fn weeks_of_a_market_without_a_weekend_begin_on_monday() {
    let crypto = market("crypto");
    let weeks = |from: Date, stamp: &dyn Fn(i64) -> i64| {
        let first = at(from, 0, 0, &TimeZone::UTC);
        let stamps: Vec<i64> = (0..5).map(|n| stamp(first + n * 7 * 86_400)).collect();
        dates(&stamps, Interval::Week1, &TimeZone::UTC, Some(&crypto))
    };
    let mondays = ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22", "2026-06-29"];
    assert_eq!(weeks(date(2026, 6, 1), &|ts| ts), mondays);
    assert_eq!(weeks(date(2026, 5, 31), &|ts| ts), mondays, "stamped on Sundays");
    // The week that forms, seen on its Sunday.
    let last = ts("2026-06-29T00:00:00Z");
    let forming = |ts: i64| if ts == last { ts + 6 * 86_400 + 4_321 } else { ts };
    assert_eq!(weeks(date(2026, 6, 1), &forming), mondays);
}

#[test]
fn months_are_those_of_the_first_whatever_evening_they_are_stamped_on() {
    let new_york = zone("America/New_York");
    let months: Vec<Date> = (1..=12).map(|month| date(2025, month, 1)).collect();
    let utc: Vec<i64> = months.iter().map(|day| at(*day, 0, 0, &TimeZone::UTC)).collect();
    // Some of the evenings before are on Saturdays and Sundays, and some of the firsts.
    let evening: Vec<i64> =
        months.iter().map(|day| at(*day, 0, 0, &new_york) - 7 * 3_600).collect();
    let local: Vec<i64> = months.iter().map(|day| at(*day, 0, 0, &new_york)).collect();
    let mut forming = local.clone();
    forming[11] = ts("2025-12-31T20:59:59Z");
    for stamps in [utc, evening, local, forming] {
        assert_eq!(dates(&stamps, Interval::Month1, &new_york, None), texts(&months));
    }
}

#[test]
fn a_stamp_beyond_the_calendar_stays_what_it_is() {
    for interval in [Interval::Day1, Interval::Week1, Interval::Month1] {
        assert_eq!(starts(&[i64::MAX], interval, &TimeZone::UTC, None), [i64::MAX]);
        assert_eq!(starts(&[], interval, &TimeZone::UTC, None), [0i64; 0]);
    }
}

/// The ways in which a day is stamped.
#[derive(Debug, Clone, Copy)]
enum Way {
    MidnightUtc,
    Midnight,
    Open,
    FiveBefore,
    ElevenBefore,
}

impl Way {
    const ALL: [Self; 5] =
        [Self::MidnightUtc, Self::Midnight, Self::Open, Self::FiveBefore, Self::ElevenBefore];

    fn stamp(self, date: Date, zone: &TimeZone) -> i64 {
        let before = || date.yesterday().expect("in range");
        match self {
            Self::MidnightUtc => at(date, 0, 0, &TimeZone::UTC),
            Self::Midnight => calendar::midnight(date, zone).expect("in range"),
            Self::Open => at(date, 9, 15, zone),
            Self::FiveBefore => at(before(), 17, 0, zone),
            Self::ElevenBefore => at(before(), 23, 0, zone),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn in_every_zone_and_every_way_of_stamping_a_day_stands_at_its_trading_date(
        zone in proptest::sample::select(jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()),
        way in proptest::sample::select(Way::ALL.to_vec()),
        first in -9_000i64..20_000, skipped in proptest::collection::vec(0u8..5, 3..80),
        forming in proptest::option::of((0i8..17, 0i8..60)),
    ) {
        let zone = self::zone(&zone);
        let first = date(1990, 1, 1).checked_add(Span::new().days(first)).expect("in range");
        let all = trading_dates(first, skipped.len(), None);
        let mut days: Vec<Date> = all.into_iter().zip(&skipped).filter(|(_, s)| **s > 0).map(|(day, _)| day).collect();
        prop_assume!(days.len() > 2);
        let mut stamps: Vec<i64> = days.iter().map(|day| way.stamp(*day, &zone)).collect();
        // Where clocks are moved by a day there is no such time.
        prop_assume!(stamps.windows(2).all(|two| two[0] < two[1]));
        if let Some((hour, minute)) = forming {
            // The day that forms is told twice, as some providers do, or once.
            let today = *days.last().expect("some");
            let trade = at(today, hour, minute, &zone) + 17;
            if hour % 2 == 0 { days.push(today) } else { stamps.pop(); }
            stamps.push(trade);
        }
        prop_assert_eq!(dates(&stamps, Interval::Day1, &zone, None), texts(&days));
    }

    #[test]
    fn in_every_market_a_week_is_stamped_on_its_first_day_or_the_weekend_before(
        market in 0usize..200, week in 0i64..1_000, before in 0i64..2,
    ) {
        let table = Calendars::standard();
        let count = table.iter().count();
        let (name, market) = table.iter().nth(market % count).expect("one of them");
        let day = date(2014, 1, 1).checked_add(Span::new().days(week * 7)).expect("in range");
        let [first, _] = market.week().around(day).expect("in range");
        let before = if market.week().is_whole() { 0 } else { before };
        let stamped = first.checked_sub(Span::new().days(before)).expect("in range");
        prop_assume!(before == 0 || !market.week().trades_on(stamped));
        let stamp = at(stamped, 12, 0, market.zone());
        prop_assert_eq!(dates(&[stamp], Interval::Week1, market.zone(), Some(market)), [first.to_string()], "{}", name);
    }
}
