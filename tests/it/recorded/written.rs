//! Laws: whatever a source tells, and in whatever parts, the history has the bars of its newest word.

use std::collections::BTreeMap;

use figcast::bars::{Bar, Bars};
use figcast::history::{History, HistoryKey, Reach, SourceBars};
use figcast::interval::Interval;
use figcast::view::Session;
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::support::symbol;

/// Some bars, and whether they are all that there are.
type Word = (BTreeMap<i64, u8>, bool);

fn key(interval: Interval) -> HistoryKey {
    HistoryKey::regular("stub", symbol("FICT"), interval)
}

fn told(key: HistoryKey, closes: &BTreeMap<i64, u8>, is_whole: bool) -> SourceBars {
    let bar = |(&slot, &close): (&i64, &u8)| {
        let close = f64::from(close);
        Bar { ts: slot * 60, open: close, high: close, low: close, close, volume: 1.0 }
    };
    SourceBars {
        key,
        bars: closes.iter().map(bar).collect(),
        is_whole,
        about: b"about".as_slice().into(),
        split: None,
        is_restated: false,
        symbols: 9,
        at: Timestamp::now(),
    }
}

fn kept(history: &History, key: &HistoryKey) -> BTreeMap<i64, u8> {
    let bars: Bars = history.bars_now(key, Reach::All).expect("read").bars;
    bars.iter()
        .map(|bar| (bar.ts / 60, bar.close.to_string().parse().expect("a whole number")))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_history_has_what_the_source_has_said_last(
        words in proptest::collection::vec(
            (proptest::collection::btree_map(0..60_i64, 0..4_u8, 0..30), any::<bool>()), 1..8,
        ),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let history = History::open(&folder.path().join("bars.db")).expect("opened");
        let runtime = Runtime::new().expect("a runtime");
        let key = key(Interval::Minute1);
        let mut model = BTreeMap::new();
        for (bars, is_whole) in words as Vec<Word> {
            let written = history.record(told(key.clone(), &bars, is_whole));
            runtime.block_on(written).expect("kept");
            if let (true, Some((first, _)), Some((last, _))) =
                (is_whole, bars.first_key_value(), bars.last_key_value())
            {
                model.retain(|slot: &i64, _| slot < first || slot > last);
            }
            model.extend(bars);
            prop_assert_eq!(kept(&history, &key), model.clone());
        }
        // And the count that stands beside them is right.
        let listed = history.series().expect("read");
        prop_assert_eq!(listed.first().map_or(0, |series| series.bars), model.len());
    }
}

#[test]
fn a_split_takes_older_bars_of_all_lengths_and_other_sessions_and_sources_stay_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let history = History::open(&folder.path().join("bars.db")).expect("opened");
    let runtime = Runtime::new().expect("a runtime");
    let record = |told| runtime.block_on(history.record(told)).expect("kept");
    let bars: BTreeMap<i64, u8> = [(1, 1), (2, 1), (60, 1)].into();
    let (minutes, hours) = (key(Interval::Minute1), key(Interval::Hour1));
    let extended = HistoryKey { session: Session::Extended, ..minutes.clone() };
    let other = HistoryKey { source: "other".into(), ..minutes.clone() };
    for key in [&minutes, &hours, &extended, &other] {
        record(told(key.clone(), &bars, true));
    }
    let later: BTreeMap<i64, u8> = [(61, 2)].into();
    record(SourceBars { split: Some(3_000), ..told(minutes.clone(), &later, false) });
    assert_eq!(kept(&history, &minutes), [(60, 1), (61, 2)].into());
    assert_eq!(kept(&history, &hours), [(60, 1)].into());
    assert_eq!(kept(&history, &extended), [(60, 1)].into());
    assert_eq!(kept(&history, &other), bars, "another source has its own");
    let since = history.symbol("stub", &minutes.symbol).expect("kept").since;
    assert_eq!(since, [(Interval::Minute1, 3_600), (Interval::Hour1, 3_600)].into());
    // The split that the source has told before is no news.
    record(SourceBars { split: Some(3_000), ..told(minutes.clone(), &bars, false) });
    assert_eq!(kept(&history, &minutes).len(), 4);
    record(SourceBars { is_restated: true, ..told(hours.clone(), &later, true) });
    assert_eq!(kept(&history, &hours), later);
    assert!(kept(&history, &minutes).is_empty() && kept(&history, &extended).is_empty());
}
