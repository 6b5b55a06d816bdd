//! Forms that are read again, forms that are none, and the form of the first release.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Weekday, date};
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::{FormError, NEWEST};
use crate::bars::{Bar, Bars};
use crate::market::{
    Hours, Instrument, Period, Phase, SessionState, Timetable, TradingWeek, Weekdays,
};
use crate::source::{Fetched, Quote};
use crate::symbol::Symbol;

/// What a source said of a fictional stock of New York on 28 August 2026.
fn example() -> Fetched {
    let open = 1_787_923_800;
    let bar = |minute: i32| {
        let close = 100.0 + f64::from(minute) / 8.0;
        let ts = open + 60 * i64::from(minute);
        Bar { ts, open: close, high: close + 0.5, low: close - 0.5, close, volume: 1_000.0 }
    };
    let period = Period { start: open, end: open + 390 * 60 };
    let early = Period { start: open - 3_600, end: open };
    let phase = |period, state| Phase { period, state };
    Fetched {
        bars: [0, 1, 2, 5].into_iter().map(bar).collect(),
        instrument: Instrument {
            name: Some("Fictional Inc.".to_owned()),
            currency: Some("USD".to_owned()),
            exchange: Some("NYSE".to_owned()),
            week: TradingWeek::new(Weekdays::USUAL, vec![(date(1952, 9, 29), Weekdays::ALL)]),
            previous_close: Some(99.5),
            price_decimals: Some(2),
            ..Instrument::unnamed(
                Symbol::parse("FICT").expect("valid"),
                TimeZone::get("America/New_York").expect("known"),
            )
        },
        hours: Hours::Sessions(vec![period]),
        quote: Some(Quote {
            price: 100.75,
            at: Timestamp::from_millisecond(open * 1_000 + 301_250).expect("in range"),
        }),
        delay: Some(Duration::from_mins(15)),
        timetable: Timetable::new(vec![
            phase(early, SessionState::Pre),
            phase(period, SessionState::Open),
        ]),
        split: Some(open - 86_400),
    }
}

/// The form that the first release wrote of [`example`]. It has to be read for ever: a change of the form is
/// another form beside it, never another file.
const FIRST: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/fetched.1.bin"));

#[test]
fn the_form_of_the_first_release_is_read() {
    assert_eq!(Fetched::of_form(FIRST), Ok(example()));
}

#[test]
fn what_is_written_is_the_form_of_its_number() {
    assert_eq!(NEWEST, 1, "a new form needs a golden file of its own");
    assert_eq!(example().to_form().expect("a form"), FIRST);
}

#[test]
fn bytes_that_are_no_form_say_why() {
    let form = example().to_form().expect("a form");
    let error = |bytes: &[u8]| Fetched::of_form(bytes).expect_err("no form");
    assert_eq!(error(&[]), FormError::Empty);
    assert_eq!(error(&[2]), FormError::Unknown(2));
    assert!(error(&[2]).to_string().contains("newer than this release"));
    assert_eq!(error(&[&form[..], &[0]].concat()), FormError::Trailing(1));
    for len in 1..form.len() {
        assert!(matches!(error(&form[..len]), FormError::Broken(_)), "cut after {len}");
    }
}

#[test]
fn bars_that_cannot_be_are_refused() {
    let mut nan = example();
    let bar = Bar { ts: 60, open: f64::NAN, high: 1.0, low: 1.0, close: 1.0, volume: 0.0 };
    nan.bars = [bar].into_iter().collect();
    let form = nan.to_form().expect("a form");
    assert_eq!(Fetched::of_form(&form), Err(FormError::Impossible("a price that is no number")));
    let mut outside = example();
    outside.bars = [Bar { open: 2.0, ..bar }].into_iter().collect();
    let refused = Fetched::of_form(&outside.to_form().expect("a form")).expect_err("refused");
    assert!(refused.to_string().starts_with("a bar whose high and low"), "{refused}");
}

#[test]
fn a_day_of_minutes_is_smaller_than_its_numbers() {
    let bar = |minute: i64| Bar {
        ts: 1_787_923_800 + 60 * minute,
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        volume: 1.0,
    };
    let day = Fetched { bars: (0..390).map(bar).collect(), ..example() };
    let len = day.to_form().expect("a form").len();
    assert!(len < 390 * 42 + 200, "{len}");
}

fn zones() -> impl Strategy<Value = TimeZone> {
    prop_oneof![
        Just(TimeZone::UTC),
        Just(TimeZone::get("Asia/Tokyo").expect("known")),
        Just(TimeZone::fixed(Offset::from_seconds(-5 * 3_600).expect("in range"))),
    ]
}

fn bars() -> impl Strategy<Value = Bars> {
    let row = (any::<i32>(), -1e9..1e9_f64, -1e9..1e9_f64, 0.0..1e12_f64);
    prop::collection::vec(row, 0..40).prop_map(|rows| {
        let bar = |(ts, open, close, volume): (i32, f64, f64, f64)| {
            let (high, low) = (open.max(close), open.min(close));
            Bar { ts: ts.into(), open, high, low, close, volume }
        };
        Bars::from_rows(rows.into_iter().map(bar))
    })
}

fn periods() -> impl Strategy<Value = Vec<Period>> {
    let stretch = (1_i64..100_000, 1_i64..100_000);
    prop::collection::vec(stretch, 0..6).prop_map(|stretches| {
        let mut at = 0;
        let mut next = |(pause, length)| {
            let start = at + pause;
            at = start + length;
            Period { start, end: at }
        };
        stretches.into_iter().map(&mut next).collect()
    })
}

prop_compose! {
    fn fetched()(
        bars in bars(),
        zone in zones(),
        names in prop::array::uniform3(prop::option::of("\\PC{0,20}")),
        days in any::<[bool; 7]>(),
        is_continuous in any::<bool>(),
        sessions in periods(),
        phases in periods(),
        quote in prop::option::of((-1e6..1e6_f64, any::<i32>(), 0_i32..1_000_000_000)),
        delay in prop::option::of(any::<u32>()),
        split in prop::option::of(any::<i64>()),
        previous_close in prop::option::of(-1e6..1e6_f64),
        price_decimals in prop::option::of(any::<u8>()),
    ) -> Fetched {
        let [name, currency, exchange] = names;
        let week = (0..7_i8).filter(|day| days[usize::from(day.unsigned_abs())]).map(|day| Weekday::Monday.wrapping_add(day)).collect();
        let states = [SessionState::Pre, SessionState::Open, SessionState::Lunch, SessionState::Post];
        let phases = phases.into_iter().zip(states.into_iter().cycle());
        Fetched {
            bars,
            instrument: Instrument {
                name, currency, exchange, previous_close, price_decimals,
                week: TradingWeek::new(week, Vec::new()),
                ..Instrument::unnamed(Symbol::parse("FICT").expect("valid"), zone)
            },
            hours: if is_continuous {
                Hours::Continuous { day: 86_400 }
            } else {
                Hours::Sessions(sessions)
            },
            quote: quote.map(|(price, second, nanosecond)| Quote {
                price,
                at: Timestamp::new(i64::from(second), nanosecond * second.signum()).expect("in range"),
            }),
            delay: delay.map(|seconds| Duration::from_secs(seconds.into())),
            timetable: Timetable::new(
                phases.map(|(period, state)| Phase { period, state }).collect(),
            ),
            split,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(fetched in fetched()) {
        let form = fetched.to_form().expect("a form");
        prop_assert_eq!(Fetched::of_form(&form), Ok(fetched));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), of_ours in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (of_ours, bytes.first_mut()) {
            *first = NEWEST;
        }
        let _ = Fetched::of_form(&bytes);
    }

    #[test]
    fn a_damaged_form_is_survived(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = FIRST.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Fetched::of_form(&bytes);
    }
}
