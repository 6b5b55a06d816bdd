//! Recorded answers, which are not part of this repository.

use std::fs;
use std::time::Duration;

use super::tests::told_symbol;
use super::{Asked, parse};
use crate::fixtures;
use crate::interval::Interval;
use crate::market::{Calendars, Hours, SessionState};
use crate::source::upstream::Answer;
use crate::source::{Fetched, SourceError};
use crate::symbol::Symbol;
use crate::view::Session;

const MINUTES: Interval = Interval::Minute1;
const DAYS: Interval = Interval::Day1;
const DAY: i64 = 86_400;

/// Reads one recording as it was asked for; `end` is the request's `period2`.
fn read(
    file: &str,
    status: u16,
    interval: Interval,
    now: i64,
    end: Option<i64>,
) -> Result<Fetched, SourceError> {
    let answer = Answer {
        status,
        retry_after: Duration::ZERO,
        body: fs::read(fixtures::path(file)).expect(file),
    };
    let symbol = told_symbol(&answer.body);
    let asked = Asked {
        symbol: symbol.unwrap_or_else(|| Symbol::parse("TEST").expect("valid")),
        session: Session::Regular,
        interval,
        one_day: false,
        now,
        end: end.unwrap_or(now + DAY),
    };
    parse(&answer, &asked, &Calendars::standard())
}

#[test]
#[ignore = "needs the recorded fixtures"]
fn a_recorded_session_of_minutes_has_389_bars_with_true_decimals() {
    let (recorded_at, period2) = (1_728_043_664, 1_727_913_600);
    let file = "yahoo_chart_AAPL_1m_2024-10-02.json";
    let fetched = read(file, 200, MINUTES, recorded_at, Some(period2)).expect("good");
    assert_eq!(fetched.bars.len(), 389);
    assert_eq!(fetched.bars.last().map(|bar| bar.ts), Some(1_727_899_140));
    for close in fetched.bars.closes() {
        let digits = close.to_string().len();
        assert!(digits <= 8, "{close} is not the decimal of an f32");
    }
    let quote = fetched.quote.expect("told");
    assert_eq!((quote.price, quote.at.as_second()), (225.67, 1_727_985_601));
    let Hours::Sessions(sessions) = fetched.hours else {
        panic!("a stock exchange closes");
    };
    assert_eq!(sessions.len(), 3, "the one to come has no bars");
    let session = fetched.timetable.session_at(recorded_at).expect("known");
    assert_eq!((session.state, session.next), (SessionState::Pre, Some(SessionState::Open)));
    assert_eq!(fetched.instrument.previous_close, Some(226.78));
    // Without the bound of the request the row after the close is a price, but no bar.
    let fetched = read(file, 200, MINUTES, recorded_at, None).expect("good");
    assert_eq!(fetched.bars.len(), 389);
}

#[test]
#[ignore = "needs the recorded fixtures"]
fn recorded_extended_hours_are_bars_of_the_extended_session_alone() {
    let read = |session| {
        let body = fs::read(fixtures::path("yahoo_chart_TSLA_30m_prepost.json")).expect("there");
        let answer = Answer { status: 200, retry_after: Duration::ZERO, body };
        let (symbol, now) = (Symbol::parse("TSLA").expect("valid"), 1_637_674_414);
        let interval = Interval::Minute30;
        let asked = Asked { symbol, session, interval, one_day: false, now, end: now + DAY };
        parse(&answer, &asked, &Calendars::standard()).expect("good")
    };
    let (regular, extended) = (read(Session::Regular), read(Session::Extended));
    assert_eq!((regular.bars.len(), extended.bars.len()), (13, 30));
    assert_eq!(regular.timetable, extended.timetable);
    let periods = |fetched: &Fetched| match &fetched.hours {
        Hours::Sessions(periods) => periods.len(),
        Hours::Continuous { .. } => 0,
    };
    // Of the recorded day, and what of the next has begun: it was recorded before its open.
    assert_eq!((periods(&regular), periods(&extended)), (1, 4));
    let last = extended.bars.last().expect("has bars");
    let quote = extended.quote.expect("told");
    assert_eq!((quote.price, quote.at.as_second()), (last.close, last.ts));
    assert!(regular.quote.expect("told").at < quote.at);
}

/// File, interval, epoch second of the recording, bars.
const CHARTS: [(&str, Interval, i64, usize); 17] = [
    ("AAPL_1m_weekend_no_timestamp", MINUTES, 1_740_052_062, 0),
    ("BARC.L_1m_trailing_nulls", MINUTES, 1_510_836_400, 1),
    ("BTC-USD_1h_live_last_bar", Interval::Hour1, 1_711_951_870, 30),
    ("ADANIENT.NS_15m", Interval::Minute15, 1_687_862_000, 25),
    ("TNX_index_5m_2026-02", Interval::Minute5, 1_770_062_400, 15),
    ("TSLA_30m_prepost", Interval::Minute30, 1_637_674_414, 13),
    ("SOX_index_1d_2026-10", DAYS, 1_791_215_940, 20),
    ("KOSPI-25.KS_snapshot_zero_ohl", DAYS, 1_790_939_200, 1),
    ("AAPL_1d_div_split_2020", DAYS, 1_740_052_062, 49),
    ("AAPL_1d_6mo_2025-10", DAYS, 1_761_768_100, 127),
    ("MSFT_1d_252bars_dividends", DAYS, 1_740_171_700, 252),
    ("EURUSD_X_1d", DAYS, 1_740_052_062, 3),
    ("BTC-USD_1d", DAYS, 1_740_052_062, 3),
    ("GC_F_1d", DAYS, 1_740_052_062, 1),
    ("WSKT.JK_1d", DAYS, 1_740_052_062, 1),
    ("0P0000XTS7_1d_fund_null", DAYS, 1_726_480_000, 1),
    ("LUCYW_null_currency_no_bars", DAYS, 1_749_900_000, 0),
];
/// Those that never close.
const CONTINUOUS: [&str; 2] = ["BTC-USD_1h", "BTC-USD_1d"];

#[test]
#[ignore = "needs the recorded fixtures"]
fn every_recorded_chart_is_read() {
    for (name, interval, now, bars) in CHARTS {
        let file = format!("yahoo_chart_{name}.json");
        let fetched = read(&file, 200, interval, now, None);
        let fetched = fetched.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fetched.bars.len(), bars, "{name}");
        let continuous = matches!(fetched.hours, Hours::Continuous { .. });
        let expected = CONTINUOUS.iter().any(|start| name.starts_with(start));
        assert_eq!(continuous, expected, "{name}");
        assert_eq!(fetched.split.is_some(), name.contains("split"), "{name}");
    }
}

#[test]
#[ignore = "needs the recorded fixtures"]
fn every_recorded_error_is_told_apart() {
    let cases = [
        ("404_symbol_not_found.json", 404, "not_found", "delisted"),
        ("400_no_data_in_range.json", 400, "refused", "startDate"),
        ("400_bad_interval.json", 400, "refused", "Valid intervals"),
        ("422_1h_beyond_730d.json", 422, "refused", "730 days"),
        ("422_1m_beyond_8d.json", 422, "refused", "Only 8 days"),
        ("429_edge.txt", 429, "blocked", "Too Many Requests"),
        ("401_invalid_crumb.json", 401, "blocked", "Invalid Crumb"),
        ("404_unknown_path.xml", 404, "malformed", "404"),
    ];
    for (name, status, kind, words) in cases {
        let file = format!("yahoo_error_{name}");
        let error = read(&file, status, MINUTES, 1_740_052_062, None).expect_err(name);
        assert_eq!(error.kind(), kind, "{name}");
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
}
