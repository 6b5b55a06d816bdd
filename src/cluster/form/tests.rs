//! Changes that are applied again, and forms that are damaged.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{FormError, SeriesSnapshot, TailEntry, TailPosition};
use crate::bars::{Bar, Bars};
use crate::hub::{DataState, FeedOutput, Health, Seen, Series, Version};
use crate::market::{Hours, Instrument, SessionNow, SessionState, Timetable};
use crate::source::Quote;
use crate::symbol::Symbol;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn bars(closes: &[(i64, f64)]) -> Bars {
    let bar = |(minute, close): &(i64, f64)| {
        let close = *close;
        Bar { ts: minute * 60, open: close, high: close, low: close, close, volume: 1.0 }
    };
    closes.iter().map(bar).collect()
}

fn output(seq: u64, closes: &[(i64, f64)], is_continuous: bool) -> FeedOutput {
    let session = SessionNow { state: SessionState::Open, until: Some(at(9)), next: None };
    let series = Series {
        version: Version { epoch: 7, seq },
        bars: bars(closes),
        instrument: Instrument::unnamed(Symbol::parse("FICT").expect("valid"), TimeZone::UTC),
        decimals: Some(2),
        hours: if is_continuous { Hours::Continuous { day: 86_400 } } else { Hours::UNKNOWN },
        timetable: Timetable::always(),
        session: Some(session),
        quote: Some(Quote { price: 1.5, at: at(60) }),
        delay: None,
        split: None,
        seen: Seen::now(),
    };
    let health = Health {
        message: Some("all is well".to_owned()),
        session: Some(session),
        as_of: Some(at(60)),
        next_check: Some(at(120)),
        ..Health::new(DataState::Live, at(3))
    };
    FeedOutput { series: Some(Arc::new(series)), health }
}

/// What a follower knows after it was told of the next state.
fn told(known: &FeedOutput, next: &FeedOutput) -> Option<FeedOutput> {
    let form = TailEntry::between(known, next).to_form().expect("a form");
    match TailEntry::of_form(&form).expect("a form") {
        TailEntry::Changed(change) => change.over(known),
        TailEntry::Health(health) => Some(FeedOutput { health, ..known.clone() }),
        TailEntry::Snapshot | TailEntry::Released => None,
    }
}

#[test]
fn a_new_price_costs_a_bar_and_not_the_series() {
    let day: Vec<_> = (0..390).map(|minute| (minute, 1.0)).collect();
    let mut moved = day.clone();
    moved[389].1 = 2.0;
    let entry = TailEntry::between(&output(1, &day, true), &output(2, &moved, true));
    let len = entry.to_form().expect("a form").len();
    assert!(matches!(entry, TailEntry::Changed(_)) && len < 250, "{len} bytes");
}

#[test]
fn where_most_bars_changed_the_snapshot_says_it() {
    let [low, high] = [1.0, 2.0].map(|close| (0..390).map(|m| (m, close)).collect::<Vec<_>>());
    let entry = TailEntry::between(&output(1, &low, true), &output(2, &high, true));
    assert!(matches!(entry, TailEntry::Snapshot));
}

#[test]
fn a_snapshot_is_read_again_and_a_damaged_one_says_why() {
    let snapshot = SeriesSnapshot {
        position: TailPosition { epoch: 1_787_875_199_000, number: 42 },
        output: output(3, &[(1, 1.0), (2, 2.0)], false),
    };
    let form = snapshot.to_form().expect("a form");
    let read = SeriesSnapshot::of_form(&form).expect("a form");
    assert_eq!(format!("{read:?}"), format!("{snapshot:?}"));
    for len in 1..form.len() {
        let cut = SeriesSnapshot::of_form(&form[..len]);
        assert!(matches!(cut, Err(FormError::Broken(_) | FormError::Trailing(_))), "{len}");
    }
    assert!(matches!(SeriesSnapshot::of_form(&[9]), Err(FormError::Unknown(9))));
}

#[test]
fn the_id_of_an_entry_is_its_position() {
    let position = TailPosition { epoch: 1_787_875_199_000, number: 42 };
    assert_eq!(position.to_string(), "1787875199000-42");
    assert_eq!(TailPosition::parse("1787875199000-42"), Some(position));
    assert_eq!(TailPosition::parse("1787875199000"), None);
    assert!(position < position.next() && TailPosition::START < position);
}

proptest! {
    #[test]
    fn a_follower_that_is_told_the_change_knows_what_the_leader_knows(
        before in prop::collection::btree_map(0_i64..40, 0.0..9.0_f64, 0..40),
        after in prop::collection::btree_map(0_i64..40, 0.0..9.0_f64, 0..40),
        kept in 0_usize..40,
        continuous in any::<[bool; 2]>(),
    ) {
        // Most changes are of the end.
        let before: Vec<_> = before.into_iter().collect();
        let head = before.iter().take(kept).copied();
        let from = head.clone().last().map_or(0, |(minute, _)| minute + 1);
        let after: Vec<_> = head.chain(after.into_iter().filter(|(m, _)| *m >= from)).collect();
        let (known, next) = (output(1, &before, continuous[0]), output(2, &after, continuous[1]));
        if let Some(told) = told(&known, &next) {
            prop_assert_eq!(format!("{told:?}"), format!("{next:?}"));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), of_ours in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (of_ours, bytes.first_mut()) {
            *first = 1;
        }
        let _ = TailEntry::of_form(&bytes);
        let _ = SeriesSnapshot::of_form(&bytes);
    }
}
