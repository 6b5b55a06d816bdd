//! Laws: however often, in whatever order and in whatever parts rows are pushed, they make the same bars.

use figcast::bars::{Bar, Bars};
use figcast::history::{
    History, HistoryKey, Limits, Push, PushRows, Reach, SymbolPush, Tick, TimedBar,
};
use figcast::interval::Interval;
use figcast::symbol::Symbol;
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::support::symbol;

const LIMITS: Limits = Limits { symbols: 10, bars: 1_000, ticks: 1_000 };

fn push(history: &History, symbol: &Symbol, rows: PushRows) -> figcast::history::PushOutcome {
    let symbols = vec![SymbolPush { symbol: symbol.clone(), rows }];
    let push =
        Push { source: "pushed", symbols, is_partial: false, limits: LIMITS, at: Timestamp::now() };
    Runtime::new().expect("a runtime").block_on(history.push(push)).expect("kept")
}

fn bars(history: &History, symbol: &Symbol) -> Bars {
    let key = HistoryKey::regular("pushed", symbol.clone(), Interval::Minute1);
    history.bars_now(&key, Reach::All).expect("read").bars
}

fn tick((at, price, size): (i64, i32, i32)) -> Tick {
    let at = (1_795_703_400_000 + at) * 1_000_000;
    Tick { at, price: f64::from(price) / 4.0, size: f64::from(size) / 4.0, id: None }
}

fn numbered<T>(rows: impl IntoIterator<Item = T>) -> Vec<(usize, T)> {
    (1..).zip(rows).collect()
}

/// Rows with distinct times, and an order of them in which some come again.
fn shuffled<T: Clone + std::fmt::Debug>(
    row: impl Strategy<Value = T>,
) -> impl Strategy<Value = (std::collections::BTreeMap<i64, T>, Vec<prop::sample::Index>, usize)> {
    let rows = proptest::collection::btree_map(0..400_000_i64, row, 1..40);
    let order = proptest::collection::vec(any::<prop::sample::Index>(), 0..60);
    (rows, order, 1..9_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn ticks_make_the_same_bars_in_any_order_any_parts_and_any_repetition(
        (rows, order, parts) in shuffled((-400..400_i32, 0..40_i32)),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let history = History::open(&folder.path().join("bars.db")).expect("opened");
        let (once, again) = (symbol("ONCE"), symbol("AGAIN"));
        let ticks: Vec<Tick> = rows.iter().map(|(at, (price, size))| tick((*at, *price, *size))).collect();
        push(&history, &once, PushRows::Ticks(numbered(ticks.clone())));
        let mixed: Vec<Tick> = order.iter().map(|at| at.get(&ticks).clone()).chain(ticks.clone()).collect();
        for part in mixed.chunks(parts) {
            push(&history, &again, PushRows::Ticks(numbered(part.to_vec())));
        }
        prop_assert_eq!(bars(&history, &once), bars(&history, &again));
        let outcome = push(&history, &again, PushRows::Ticks(numbered(ticks.clone())));
        prop_assert_eq!(outcome.symbols[0].unchanged, ticks.len());
        let sold: f64 = bars(&history, &once).volumes().iter().sum();
        let sent: f64 = ticks.iter().map(|tick| tick.size).sum();
        prop_assert!((sold - sent).abs() < 1e-9, "{sold} of {sent}");
    }

    #[test]
    fn bars_are_the_same_however_often_and_in_whatever_order_they_come(
        (rows, order, parts) in shuffled(-400..400_i32),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let history = History::open(&folder.path().join("bars.db")).expect("opened");
        let of = symbol("BARS");
        let all: Vec<TimedBar> = rows
            .iter()
            .map(|(minute, price)| {
                let price = f64::from(*price);
                let ts = 1_695_703_440 + minute * 60;
                let bar = Bar { ts, open: price, high: price, low: price, close: price, volume: 1.0 };
                TimedBar { bar, is_final: false }
            })
            .collect();
        let mixed: Vec<TimedBar> = order.iter().map(|at| *at.get(&all)).chain(all.clone()).collect();
        for part in mixed.chunks(parts) {
            push(&history, &of, PushRows::Bars(Interval::Minute1, numbered(part.to_vec())));
        }
        let expected: Bars = all.iter().map(|bar| bar.bar).collect();
        prop_assert_eq!(bars(&history, &of), expected);
    }
}

#[test]
fn a_tick_that_may_be_known_is_refused_and_not_counted_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let history = History::open(&folder.path().join("bars.db")).expect("opened");
    let of = symbol("MANY");
    let limits = Limits { ticks: 10, ..LIMITS };
    let send = |ticks: std::ops::Range<i64>| {
        let rows = numbered(ticks.map(|at| tick((at, 4, 4))));
        let symbols = vec![SymbolPush { symbol: of.clone(), rows: PushRows::Ticks(rows) }];
        let push =
            Push { source: "pushed", symbols, is_partial: false, limits, at: Timestamp::now() };
        Runtime::new().expect("a runtime").block_on(history.push(push))
    };
    for at in 0..100 {
        send(at..at + 1).expect("kept");
    }
    let known = send(95..100).expect("known").symbols[0].unchanged;
    assert_eq!(known, 5);
    let told = send(0..1).expect_err("forgotten").to_string();
    assert!(told.contains("1 of the rows"), "{told}");
    let sold: f64 = bars(&history, &of).volumes().iter().sum();
    assert!((sold - 100.0).abs() < 1e-9, "{sold}");
    // All of a large push are remembered: it may be sent again.
    send(1_000..1_100).expect("kept");
    assert_eq!(send(1_000..1_100).expect("known").symbols[0].unchanged, 100);
}
