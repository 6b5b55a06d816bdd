//! Where recorded bars stand: days at their dates, hours with their sessions, weeks with their markets.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::DateTime;

use super::Replay;
use crate::clock::SystemClock;
use crate::config::{RecordedFile, ReplayConfig};
use crate::interval::Interval;
use crate::market::{Calendars, calendar};
use crate::shares::Holders;
use crate::source::{Fetch as _, FetchRequest, Priority, Window};
use crate::symbol::Symbol;
use crate::view::Session;

/// Where the bars of a file stand, as `interval`: its rows are times and closes.
async fn starts(symbol: &str, zone: &str, rows: &[String], interval: Interval) -> Vec<DateTime> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path: PathBuf = folder.path().join("bars.csv");
    std::fs::write(&path, format!("time,open,high,low,close\n{}\n", rows.join("\n")))
        .expect("written");
    let files = [(symbol.to_owned(), RecordedFile { path, ..RecordedFile::default() })];
    let config = ReplayConfig {
        files: files.into_iter().collect(),
        timezone: zone.to_owned(),
        ..ReplayConfig::default()
    };
    let replay =
        Replay::open(&config, &Calendars::standard(), Arc::new(SystemClock)).expect("opens");
    let symbol = Symbol::parse(symbol).expect(symbol);
    let grain = replay.files.get(&symbol).expect("recorded").tape().interval();
    let request = FetchRequest {
        symbol,
        interval: grain,
        window: Window::All,
        session: Session::Regular,
        priority: Priority::Live,
        watchers: Holders::none(),
    };
    let fetched = replay.fetch(&request).await.expect("played");
    let instrument = &fetched.instrument;
    let bars = fetched.bars.resample(&instrument.slots(grain, interval, &fetched.hours));
    let wall = |ts: &i64| calendar::wall(*ts, &instrument.zone).expect("in range");
    bars.times().iter().map(wall).collect()
}

fn rows(times: impl IntoIterator<Item = String>) -> Vec<String> {
    times
        .into_iter()
        .zip(1..)
        .map(|(time, close)| format!("{time},{close},{close},{close},{close}"))
        .collect()
}

fn dates(walls: &[DateTime]) -> Vec<String> {
    assert!(walls.iter().all(|wall| wall.hour() == 0), "{walls:?}");
    walls.iter().map(|wall| wall.date().to_string()).collect()
}

#[tokio::test]
async fn recorded_days_stand_at_their_dates_whatever_they_are_stamped_with() {
    let days = [7, 8, 9, 10, 11, 14];
    let expected: Vec<String> = days.iter().map(|day| format!("2026-09-{day:02}")).collect();
    for (symbol, zone, time) in [
        // Midnights in UTC and at the exchange, and the open.
        ("BHP.AX", "", "T00:00:00Z"),
        ("BHP.AX", "America/Los_Angeles", "T00:00:00Z"),
        ("SHOP.TO", "", " 00:00"),
        ("SHOP.TO", "", " 09:30"),
    ] {
        let rows = rows(days.map(|day| format!("2026-09-{day:02}{time}")));
        let found = starts(symbol, zone, &rows, Interval::Day1).await;
        assert_eq!(dates(&found), expected, "{symbol} {zone} {time}");
    }
    // Five in the afternoon and eleven at night of the day before.
    for (symbol, zone, time) in [
        ("GBPJPY=X", "", "17:00"),
        ("SIL=F", "America/New_York", "18:00"),
        ("ITUB4.SA", "", "23:00"),
    ] {
        let rows = rows([6, 7, 8, 9, 10, 13].map(|day| format!("2026-09-{day:02} {time}")));
        let found = starts(symbol, zone, &rows, Interval::Day1).await;
        assert_eq!(dates(&found), expected, "{symbol} {time}");
    }
}

#[tokio::test]
async fn recorded_days_make_the_weeks_of_their_market() {
    let days = |from: i8, count: i8| (from..from + count).map(|day| format!("2025-12-{day:02}"));
    // Sunday to Thursday, twice.
    let sunday = rows(days(7, 5).chain(days(14, 5)));
    for symbol in ["ZAIN.KW", "1120.SR", "TEVA.TA"] {
        let weeks = starts(symbol, "", &sunday, Interval::Week1).await;
        assert_eq!(dates(&weeks), ["2025-12-07", "2025-12-14"], "{symbol}");
    }
    let monday = rows(days(8, 5).chain(days(15, 5)));
    for symbol in ["SOL.JO", "EQNR.OL", "EMAAR.AE", "600519.SS"] {
        let weeks = starts(symbol, "", &monday, Interval::Week1).await;
        assert_eq!(dates(&weeks), ["2025-12-08", "2025-12-15"], "{symbol}");
    }
    // Weeks themselves, stamped on the weekend before.
    let weeks = rows([5, 12, 19, 26].map(|day| format!("2025-12-{day:02}")));
    let found = starts("1120.SR", "", &weeks, Interval::Week1).await;
    assert_eq!(dates(&found), ["2025-12-07", "2025-12-14", "2025-12-21", "2025-12-28"]);
}

#[tokio::test]
async fn recorded_minutes_make_the_hours_of_their_market() {
    let minutes = |day: u8, times: &[&str]| {
        times.iter().map(|time| format!("2026-03-{day:02} {time}")).collect::<Vec<_>>()
    };
    for (symbol, zone, times, expected) in [
        ("600519.SS", "", &["09:41", "09:42", "13:17", "13:18"][..], "09:30 13:00"),
        ("7203.T", "", &["10:59", "11:00", "12:31", "15:29"], "10:00 11:00 12:30 14:30"),
        ("SAND.TO", "", &["09:47", "09:48", "10:29", "10:30"], "09:30 10:30"),
        ("NPN.JO", "", &["09:05", "09:06", "10:59"], "09:00 10:00"),
        ("1120.SR", "", &["10:07", "10:08", "11:30"], "10:00 11:00"),
        ("BTC-USD", "Asia/Kolkata", &["02:17", "02:18", "04:40"], "02:00 04:00"),
        ("WIDGET", "America/New_York", &["10:17", "10:18", "11:40"], "09:30 11:30"),
        ("WIDGET", "", &["10:17", "10:18", "11:40"], "10:00 11:00"),
    ] {
        let found = starts(symbol, zone, &rows(minutes(3, times)), Interval::Hour1).await;
        let found: Vec<String> =
            found.iter().map(|wall| wall.strftime("%H:%M").to_string()).collect();
        assert_eq!(found.join(" "), expected, "{symbol} {zone}");
    }
}

#[tokio::test]
async fn recorded_hours_of_futures_make_days_and_weeks_that_begin_in_the_evening() {
    let hours = |day: u8, hours: std::ops::Range<u8>| {
        hours.map(move |hour| format!("2026-03-{day:02} {hour:02}:00")).collect::<Vec<_>>()
    };
    // Sunday evening to the afternoon of Tuesday, in Chicago.
    let mut times = hours(1, 17..24);
    times.extend(hours(2, 0..16).into_iter().chain(hours(2, 17..24)).chain(hours(3, 0..16)));
    let rows = rows(times);
    for (symbol, zone) in [("NQ=F", "America/Chicago"), ("ZN=F", "")] {
        let days = starts(symbol, zone, &rows, Interval::Day1).await;
        assert_eq!(dates(&days), ["2026-03-02", "2026-03-03"], "{symbol}");
        let weeks = starts(symbol, zone, &rows, Interval::Week1).await;
        assert_eq!(dates(&weeks), ["2026-03-02"], "{symbol}");
    }
    // One evening alone is a part of the next day already.
    let evening = starts("NQ=F", "", &rows[..7], Interval::Day1).await;
    assert_eq!(dates(&evening), ["2026-03-02"]);
}
