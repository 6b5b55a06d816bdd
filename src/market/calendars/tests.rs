//! The table in the binary, and what follows from it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{CalendarError, Calendars};
use crate::market::{Period, Phase, SessionState, Timetable, TradingCalendar};
use crate::symbol::Symbol;

fn ts(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_second()
}

fn calendar(name: &str) -> TradingCalendar {
    let table = Calendars::standard();
    table.iter().find(|(market, _)| *market == name).expect(name).1.clone()
}

/// Phases as `state from to` in the calendar's clock.
fn text(table: &Timetable, calendar: &TradingCalendar) -> Vec<String> {
    let at = |ts, format| {
        let at = Timestamp::from_second(ts).expect("in range");
        calendar.zone().to_datetime(at).strftime(format).to_string()
    };
    let line = |phase: &Phase| {
        let Phase { period: Period { start, end }, state } = *phase;
        format!("{state:?} {}-{}", at(start, "%a %H:%M"), at(end, "%H:%M"))
    };
    table.phases().iter().map(line).collect()
}

fn open(start: &str, end: &str) -> Phase {
    Phase { period: Period { start: ts(start), end: ts(end) }, state: SessionState::Open }
}

fn market(symbol: &str, exchanges: &[&str]) -> Option<String> {
    let table = Calendars::standard();
    let symbol = Symbol::parse(symbol).expect("valid");
    let found = table.find(&symbol, exchanges.iter().copied())?;
    table.iter().find(|(_, calendar)| *calendar == found).map(|(name, _)| name.to_owned())
}

#[test]
fn an_instrument_is_matched_by_its_exchange_and_else_by_the_ending_of_its_symbol() {
    for (symbol, exchanges, name) in [
        ("AAPL", &["NMS", "NasdaqGS"][..], Some("us")),
        ("AAPL", &["elsewhere", "nasdaqgs"], Some("us")),
        ("AAPL", &[], None),
        ("RELIANCE.NS", &[], Some("nse")),
        ("VOD.L", &[], Some("lse")),
        ("SAP.DE", &[], Some("xetra")),
        ("7203.T", &[], Some("tokyo")),
        ("0700.HK", &[], Some("hong-kong")),
        ("EURUSD=X", &[], Some("fx")),
        ("ES=F", &[], Some("globex")),
        ("BTC-USD", &[], Some("crypto")),
        // The exchange goes before the ending.
        ("X.L", &["JPX"], Some("tokyo")),
    ] {
        assert_eq!(market(symbol, exchanges).as_deref(), name, "{symbol} {exchanges:?}");
    }
    let continuous = Calendars::standard();
    let names = continuous.iter().filter(|(_, calendar)| calendar.is_continuous());
    assert_eq!(names.map(|(name, _)| name).collect::<Vec<_>>(), ["crypto"]);
}

#[test]
fn the_endings_of_symbols_that_people_ask_for_are_those_of_their_markets() {
    for (symbol, zone, open) in [
        ("SAP.F", "Europe/Berlin", "08:00"),
        ("AIR.PA", "Europe/Paris", "09:00"),
        ("ASML.AS", "Europe/Amsterdam", "09:00"),
        ("ENEL.MI", "Europe/Rome", "09:00"),
        ("SAN.MC", "Europe/Madrid", "09:00"),
        ("NESN.SW", "Europe/Zurich", "09:00"),
        ("EQNR.OL", "Europe/Oslo", "09:00"),
        ("NOKIA.HE", "Europe/Helsinki", "10:00"),
        ("EDP.LS", "Europe/Lisbon", "08:00"),
        ("OPAP.AT", "Europe/Athens", "10:15"),
        ("THYAO.IS", "Europe/Istanbul", "10:00"),
        ("TEVA.TA", "Asia/Jerusalem", "10:00"),
        ("1120.SR", "Asia/Riyadh", "10:00"),
        ("ZAIN.KW", "Asia/Kuwait", "09:00"),
        ("EMAAR.AE", "Asia/Dubai", "10:00"),
        ("600519.SS", "Asia/Shanghai", "09:30"),
        ("2330.TW", "Asia/Taipei", "09:00"),
        ("5347.TWO", "Asia/Taipei", "09:00"),
        ("005930.KS", "Asia/Seoul", "09:00"),
        ("D05.SI", "Asia/Singapore", "09:00"),
        ("BHP.AX", "Australia/Sydney", "10:00"),
        ("SHOP.TO", "America/Toronto", "09:30"),
        ("VALE3.SA", "America/Sao_Paulo", "10:00"),
        ("NPN.JO", "Africa/Johannesburg", "09:00"),
        ("COMI.CA", "Africa/Cairo", "10:00"),
        ("BTCUSDT", "UTC", "00:00"),
        ("ZC=F", "America/Chicago", "19:00"),
        ("ZN=F", "America/Chicago", "17:00"),
    ] {
        let table = Calendars::standard();
        let found = table.find(&Symbol::parse(symbol).expect("valid"), None).expect(symbol);
        assert_eq!(found.zone().iana_name(), Some(zone), "{symbol}");
        let week = found.sessions(ts("2026-09-07T00:00:00Z"), ts("2026-09-10T00:00:00Z"));
        let is_open = |phase: &&Phase| phase.state == SessionState::Open;
        let first = week.phases().iter().find(is_open).expect(symbol).period.start;
        let wall = found.zone().to_datetime(Timestamp::from_second(first).expect("in range"));
        assert_eq!(wall.strftime("%H:%M").to_string(), open, "{symbol}");
    }
}

#[test]
fn a_symbol_without_an_ending_is_of_the_home_market_of_its_zone() {
    let table = Calendars::standard();
    let market = |symbol: &str, zone: &str| {
        let zone = TimeZone::get(zone).expect("bundled");
        let found = table.of(&Symbol::parse(symbol).expect("valid"), None, &zone)?;
        table.iter().find(|(_, calendar)| *calendar == found).map(|(name, _)| name.to_owned())
    };
    for (symbol, zone, name) in [
        ("AAPL", "America/New_York", Some("us")),
        ("BRK.B", "America/New_York", Some("us")),
        ("^GSPC", "America/New_York", Some("us")),
        ("RELIANCE", "Asia/Kolkata", Some("nse")),
        ("SAP", "Europe/Berlin", Some("xetra")),
        ("AAPL", "UTC", None),
        ("VOD.L", "America/New_York", Some("lse")),
        ("X.UNKNOWN", "America/New_York", None),
    ] {
        assert_eq!(market(symbol, zone).as_deref(), name, "{symbol} {zone}");
    }
    // One market of a zone is at home in it.
    let homes: Vec<_> = table.iter().filter(|(_, calendar)| calendar.is_home()).collect();
    let zones: BTreeSet<_> =
        homes.iter().filter_map(|(_, calendar)| calendar.zone().iana_name()).collect();
    assert_eq!(zones.len(), homes.len());
}

#[test]
fn what_held_in_former_times_is_told_until_its_date() {
    let sessions = |name, at| {
        let calendar = calendar(name);
        let phases = calendar.sessions(ts(at), ts(at));
        let mut texts = text(&phases, &calendar);
        texts.retain(|text| text.starts_with("Open"));
        texts.split_off(texts.len().saturating_sub(3))
    };
    assert_eq!(
        sessions("tokyo", "2024-11-05T01:00:00Z"),
        ["Open Mon 12:30-15:00", "Open Tue 09:00-11:30", "Open Tue 12:30-15:30"]
    );
    // Lunch was given up, and taken up again.
    assert_eq!(
        sessions("singapore", "2011-08-01T01:00:00Z").last().map(String::as_str),
        Some("Open Mon 09:00-17:00")
    );
    assert_eq!(
        sessions("singapore", "2017-11-13T01:00:00Z"),
        ["Open Mon 09:00-12:00", "Open Mon 13:00-17:00"]
    );
    assert_eq!(
        sessions("tel-aviv", "2026-01-09T01:00:00Z"),
        ["Open Thu 10:00-17:25", "Open Fri 10:00-13:50"]
    );
}

#[test]
fn a_week_of_every_kind_of_market() {
    let week = |name, from, to| {
        let calendar = calendar(name);
        text(&calendar.sessions(ts(from), ts(to)), &calendar)
    };
    // From Friday to Monday.
    assert_eq!(
        week("us", "2026-08-28T16:00:00Z", "2026-08-31T12:00:00Z"),
        [
            "Pre Thu 04:00-09:30",
            "Open Thu 09:30-16:00",
            "Post Thu 16:00-20:00",
            "Pre Fri 04:00-09:30",
            "Open Fri 09:30-16:00",
            "Post Fri 16:00-20:00",
            "Pre Mon 04:00-09:30",
            "Open Mon 09:30-16:00",
            "Post Mon 16:00-20:00",
        ]
    );
    assert_eq!(
        week("tokyo", "2026-08-31T01:00:00Z", "2026-08-31T01:00:00Z"),
        ["Open Mon 09:00-11:30", "Lunch Mon 11:30-12:30", "Open Mon 12:30-15:30"]
    );
    assert_eq!(
        week("fx", "2026-08-28T16:00:00Z", "2026-08-31T12:00:00Z"),
        ["Open Thu 17:00-17:00", "Open Sun 17:00-17:00", "Open Mon 17:00-17:00"]
    );
    assert_eq!(
        week("cbot-grains", "2026-08-30T12:00:00Z", "2026-08-30T12:00:00Z"),
        ["Open Sun 19:00-07:45", "Lunch Mon 07:45-08:30", "Open Mon 08:30-13:20"]
    );
    assert_eq!(
        week("globex", "2026-08-30T12:00:00Z", "2026-08-31T12:00:00Z"),
        ["Open Sun 17:00-16:00", "Open Mon 17:00-16:00"]
    );
}

#[test]
fn what_the_source_tells_wins_and_what_it_leaves_out_is_filled() {
    let new_york = calendar("us");
    // The day after Thanksgiving 2026 closes at 13:00; Thanksgiving itself is not told.
    let told = Timetable::new(vec![
        open("2026-11-25T14:30:00Z", "2026-11-25T21:00:00Z"),
        open("2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z"),
    ]);
    let full = new_york.complete(&told, true, ts("2026-11-27T15:00:00Z"));
    assert_eq!(
        text(&full, &new_york)[..9],
        [
            "Pre Wed 04:00-09:30",
            "Open Wed 09:30-16:00",
            "Post Wed 16:00-20:00",
            "Pre Fri 04:00-09:30",
            "Open Fri 09:30-13:00",
            "Post Fri 13:00-17:00",
            "Pre Mon 04:00-09:30",
            "Open Mon 09:30-16:00",
            "Post Mon 16:00-20:00",
        ]
    );
    let state = |at| full.session_at(ts(at)).expect("known").state;
    assert_eq!(state("2026-11-26T17:00:00Z"), SessionState::Closed, "a holiday");
    assert_eq!(state("2026-11-27T17:00:00Z"), SessionState::Open);
    assert_eq!(state("2026-11-27T18:00:00Z"), SessionState::Post);
    // An index has no hours but the regular ones.
    let index = new_york.complete(&told, false, ts("2026-11-27T15:00:00Z"));
    assert!(index.phases().iter().all(|phase| phase.state == SessionState::Open));
    // Of nothing told, what the week says.
    let untold = new_york.complete(&Timetable::UNKNOWN, true, ts("2026-11-20T15:00:00Z"));
    assert_eq!(
        untold.session_at(ts("2026-11-20T20:00:00Z")).expect("known").state,
        SessionState::Open
    );
}

#[test]
fn the_eve_of_a_holiday_counts_down_to_the_day_after_it() {
    let new_york = calendar("us");
    let told = Timetable::new(vec![open("2026-11-25T14:30:00Z", "2026-11-25T21:00:00Z")]);
    let full = new_york.complete(&told, true, ts("2026-11-25T22:00:00Z"));
    assert_eq!(
        text(&full, &new_york)[2..6],
        [
            "Post Wed 16:00-20:00",
            "Pre Fri 04:00-09:30",
            "Open Fri 09:30-13:00",
            "Post Fri 13:00-17:00",
        ]
    );
    let night = full.session_at(ts("2026-11-26T02:00:00Z")).expect("known");
    assert_eq!((night.state, night.next), (SessionState::Closed, Some(SessionState::Pre)));
    assert_eq!(night.until.map(|at| at.to_string()).as_deref(), Some("2026-11-27T09:00:00Z"));
    // A day on which the source tells of trading is none, whatever the table says.
    let told = Timetable::new(vec![open("2026-11-26T14:30:00Z", "2026-11-26T21:00:00Z")]);
    let full = new_york.complete(&told, false, ts("2026-11-26T15:00:00Z"));
    let now = full.session_at(ts("2026-11-26T15:00:00Z")).expect("known");
    assert_eq!(now.state, SessionState::Open);
}

#[test]
fn an_early_close_leaves_out_what_would_come_after_it() {
    let table = "[x]\nzone = \"UTC\"\nregular = [\"09:00-11:30\", \"12:30-15:00\"]\n\
                 closed = [\"2026-12-31\"]\nearly = { \"2026-12-30\" = \"11:00\" }\n";
    let calendars = Calendars::parse(table).expect("a table");
    let (_, calendar) = calendars.iter().next().expect("a market");
    let days = calendar.sessions(ts("2026-12-30T12:00:00Z"), ts("2027-01-01T12:00:00Z"));
    assert_eq!(
        text(&days, calendar),
        [
            "Open Tue 09:00-11:30",
            "Lunch Tue 11:30-12:30",
            "Open Tue 12:30-15:00",
            "Open Wed 09:00-11:00",
            "Open Fri 09:00-11:30",
            "Lunch Fri 11:30-12:30",
            "Open Fri 12:30-15:00",
        ]
    );
}

#[test]
fn lunch_is_cut_out_of_a_day_told_whole_and_not_out_of_one_that_ends_before() {
    let tokyo = calendar("tokyo");
    let days = |list: Vec<Phase>| {
        let full = tokyo.complete(&Timetable::new(list), true, ts("2026-08-31T01:00:00Z"));
        text(&full, &tokyo)
    };
    let whole = days(vec![open("2026-08-31T00:00:00Z", "2026-08-31T06:30:00Z")]);
    let parts = ["Open Mon 09:00-11:30", "Lunch Mon 11:30-12:30", "Open Mon 12:30-15:30"];
    assert_eq!(whole[..3], parts);
    let two = days(vec![
        open("2026-08-31T00:00:00Z", "2026-08-31T02:30:00Z"),
        open("2026-08-31T03:30:00Z", "2026-08-31T06:30:00Z"),
    ]);
    assert_eq!(two[..3], parts);
    let morning = days(vec![open("2026-08-31T00:00:00Z", "2026-08-31T02:30:00Z")]);
    assert_eq!(morning[..2], ["Open Mon 09:00-11:30", "Open Tue 09:00-11:30"]);
}

#[test]
fn the_close_of_the_week_is_counted_down_to_through_its_days() {
    let session = |name, at| {
        let calendar = calendar(name);
        let told = calendar.sessions(ts(at), ts(at) + 7 * 86_400);
        let session = told.session_at(ts(at)).expect("known");
        let until = session.until.map(|at| at.to_string());
        (session.state, until.unwrap_or_default(), session.next.expect("told"))
    };
    let (open, closed) = (SessionState::Open, SessionState::Closed);
    // Tuesday, and Saturday: currencies trade again on Sunday evening.
    let friday = "2026-09-04T21:00:00Z".to_owned();
    assert_eq!(session("fx", "2026-09-01T12:00:00Z"), (open, friday, closed));
    let sunday = "2026-09-06T21:00:00Z".to_owned();
    assert_eq!(session("fx", "2026-09-05T12:00:00Z"), (closed, sunday, open));
    let pause = "2026-09-01T21:00:00Z".to_owned();
    assert_eq!(session("globex", "2026-09-01T12:00:00Z"), (open, pause, closed));
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_the_market_and_what_would_be_right() {
    let wrong = |text: &str| Calendars::parse(text).expect_err(text).to_string();
    let hours = "regular = [\"09:30-16:00\"]\n";
    for (text, words) in [
        ("[x]\nzone = \"UTC\"\n".to_owned(), "missing field `regular`"),
        (format!("[x]\nzone = \"UTC\"\n{hours}lunch = 1\n"), "unknown field `lunch`"),
        (format!("[x]\nzone = \"Mars/North\"\n{hours}"), "[x]: zone \"Mars/North\" is not known"),
        ("[x]\nzone = \"UTC\"\nregular = []\n".to_owned(), "[x]: regular is empty"),
        ("[x]\nzone = \"UTC\"\nregular = [\"9\"]\n".to_owned(), "\"9\" is no stretch: write 09:30"),
        ("[x]\nzone = \"UTC\"\nregular = [\"9-x\"]\n".to_owned(), "is no time: write 09:30"),
        (format!("[x]\nzone = \"UTC\"\n{hours}days = [\"Monday\"]\n"), "\"Monday\" is no day"),
        (format!("[x]\nzone = \"UTC\"\n{hours}closed = [\"1 May\"]\n"), "\"1 May\" is no date"),
        (
            format!("[x]\nzone = \"UTC\"\n{hours}early = {{ \"2026-12-24\" = \"09:00\" }}\n"),
            "early on 2026-12-24 must be after regular begins",
        ),
        (format!("[x]\nzone = \"UTC\"\n{hours}pre = \"10:00\"\n"), "pre must be before"),
        (format!("[x]\nzone = \"UTC\"\n{hours}post = \"16:00\"\n"), "post must be after"),
        (
            "[x]\nzone = \"UTC\"\nregular = [\"12:00-13:00\", \"09:00-11:00\"]\n".to_owned(),
            "regular must be ascending",
        ),
        (
            "[x]\nzone = \"UTC\"\nregular = [\"19:00-07:45\", \"08:30-19:30\"]\n".to_owned(),
            "end within a day",
        ),
        (
            format!("[x]\nzone = \"UTC\"\n{hours}before = [{{ until = \"May\" }}]\n"),
            "\"May\" is no date",
        ),
        (
            format!("[x]\nzone = \"UTC\"\n{hours}ends = {{ fri = \"09:00\" }}\n"),
            "ends must be after regular begins",
        ),
    ] {
        assert!(wrong(&text).contains(words), "{}", wrong(&text));
    }
    assert!(matches!(Calendars::parse("x = ["), Err(CalendarError::Form(_))));
}
