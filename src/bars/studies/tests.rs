//! What holds for every study.

mod golden;

use proptest::prelude::*;

use super::{Anchors, compute, compute_since};
use crate::bars::Bar;
use crate::study::{Pane, Study};

/// Starts of sessions among the minutes of [`bars`].
const SESSIONS: [i64; 3] = [600, 1_230, 1_800];

/// A bar of whole cents that may lack range or volume: open, what high and low reach beyond, close.
fn bar() -> impl Strategy<Value = Bar> {
    let cents = |c: u32| f64::from(c) / 100.0;
    let volume = prop_oneof![1 => Just(0u32), 4 => 1u32..1_000_000];
    (9_000u32..11_000, 0u32..3, 0u32..3, 9_000u32..11_000, volume).prop_map(
        move |(open, above, below, close, volume)| Bar {
            ts: 0,
            open: cents(open),
            high: cents(open.max(close) + above),
            low: cents(open.min(close) - below),
            close: cents(close),
            volume: f64::from(volume),
        },
    )
}

/// Up to 120 bars a minute apart, some of them repeating the close of the one before without range.
fn rows() -> impl Strategy<Value = Vec<Bar>> {
    let row = (bar(), proptest::bool::weighted(0.3));
    proptest::collection::vec(row, 0..120).prop_map(|rows| {
        let mut last = 100.0;
        let spaced = (0i64..).zip(rows).map(|(at, (bar, flat))| {
            let bar = if flat { flat_bar(last) } else { bar };
            last = bar.close;
            Bar { ts: at * 60, ..bar }
        });
        spaced.collect()
    })
}

fn flat_bar(price: f64) -> Bar {
    Bar { ts: 0, open: price, high: price, low: price, close: price, volume: 0.0 }
}

/// Every kind of study, with lengths that fit into [`rows`].
fn study() -> impl Strategy<Value = Study> {
    let text = prop_oneof![
        (2u16..30).prop_map(|n| format!("sma:{n}")),
        (2u16..30).prop_map(|n| format!("ema:{n}")),
        (2u16..30).prop_map(|n| format!("wma:{n}")),
        (2u16..30, 1u16..10).prop_map(|(n, k)| format!("bb:{n}:{k}.25")),
        (2u16..30).prop_map(|n| format!("rsi:{n}")),
        (2u16..10, 1u16..20, 1u16..10).prop_map(|(f, s, g)| format!("macd:{f}:{}:{g}", f + s)),
        (1u16..30).prop_map(|n| format!("atr:{n}")),
        (1u16..20, 1u16..6, 1u16..6).prop_map(|(k, d, s)| format!("stoch:{k}:{d}:{s}")),
        prop_oneof![Just("vwap"), Just("obv"), Just("volume")].prop_map(str::to_owned),
    ];
    text.prop_map(|text| Study::parse(&text).expect("in bounds"))
}

fn lines(study: Study, rows: &[Bar]) -> Vec<Vec<f64>> {
    let bars = rows.iter().copied().collect();
    compute(study, &bars, Anchors { sessions: &SESSIONS, first_drawn: 7 })
}

/// The values as bits, so that NaN equals NaN and nothing else is forgiven.
fn bits(line: &[f64]) -> Vec<u64> {
    line.iter().map(|value| value.to_bits()).collect()
}

fn scaled(rows: &[Bar], by: f64) -> Vec<Bar> {
    let scaled = |bar: &Bar| Bar {
        open: bar.open * by,
        high: bar.high * by,
        low: bar.low * by,
        close: bar.close * by,
        ..*bar
    };
    rows.iter().map(scaled).collect()
}

proptest! {
    #[test]
    fn a_study_has_its_lines_and_each_has_a_value_a_bar(study in study(), rows in rows()) {
        let lines = lines(study, &rows);
        prop_assert_eq!(lines.len(), study.lines().len());
        prop_assert!(lines.iter().all(|line| line.len() == rows.len()));
        prop_assert!(lines.iter().flatten().all(|value| !value.is_infinite()));
    }

    #[test]
    fn once_begun_a_line_goes_on(study in study(), rows in rows()) {
        // Sessions aside, which begin the average price anew and may open without volume.
        let bars = rows.iter().copied().collect();
        for line in compute(study, &bars, Anchors::default()) {
            let begun = line.iter().position(|value| !value.is_nan()).unwrap_or(line.len());
            prop_assert!(line[begun..].iter().all(|value| !value.is_nan()));
            let due = study == Study::Vwap || begun <= study.warm_up() || begun == line.len();
            prop_assert!(due, "{} begins at {}", study, begun);
        }
    }

    #[test]
    fn later_bars_change_no_earlier_value(study in study(), rows in rows(), cut in 0usize..120) {
        let cut = cut.min(rows.len());
        for (whole, part) in lines(study, &rows).iter().zip(lines(study, &rows[..cut])) {
            prop_assert_eq!(bits(&whole[..cut]), bits(&part));
        }
    }

    #[test]
    fn values_computed_from_a_bar_on_are_to_the_bit_those_of_the_whole_line(
        study in study(), rows in rows(), from in 0usize..120,
    ) {
        let from = from.min(rows.len());
        let bars = rows.iter().copied().collect();
        let anchors = Anchors { sessions: &SESSIONS, first_drawn: 7 };
        for (whole, tail) in lines(study, &rows).iter().zip(compute_since(study, &bars, anchors, from)) {
            prop_assert_eq!(bits(&whole[from..]), bits(&tail));
        }
    }

    #[test]
    fn the_forming_bar_moves_the_last_values_only(study in study(), rows in rows(), other in bar()) {
        prop_assume!(!rows.is_empty());
        let last = rows.len() - 1;
        let mut moved = rows.clone();
        moved[last] = Bar { ts: rows[last].ts, ..other };
        for (before, after) in lines(study, &rows).iter().zip(lines(study, &moved)) {
            prop_assert_eq!(bits(&before[..last]), bits(&after[..last]));
        }
    }

    #[test]
    fn the_unit_of_the_price_scales_prices_and_leaves_the_rest(
        study in study(), rows in rows(), by in 0.001f64..1_000.0,
    ) {
        let is_price = study.pane() == Pane::Price
            || matches!(study, Study::Atr(_) | Study::Macd { .. });
        let (factor, unit) = if is_price { (by, 100.0 * by) } else { (1.0, 100.0) };
        let lines = lines(study, &rows).into_iter().zip(self::lines(study, &scaled(&rows, by)));
        for (plain, scaled) in lines.flat_map(|(plain, scaled)| plain.into_iter().zip(scaled)) {
            let same = (plain * factor - scaled).abs() <= 1e-9 * unit;
            prop_assert!(same || plain.is_nan() && scaled.is_nan(), "{} {}", plain, scaled);
        }
    }

    #[test]
    fn no_value_leaves_its_bounds(study in study(), rows in rows()) {
        let lines = lines(study, &rows);
        let known = |line: &[f64]| line.iter().copied().filter(|v| !v.is_nan()).collect::<Vec<_>>();
        match study {
            Study::Rsi(_) | Study::Stoch { .. } => {
                for value in lines.iter().flat_map(|line| known(line)) {
                    prop_assert!((0.0..=100.0).contains(&value), "{}", value);
                }
            }
            Study::Bb(..) => {
                let [upper, middle, lower] = [0, 1, 2].map(|line: usize| known(&lines[line]));
                prop_assert!(lower.iter().zip(&middle).all(|(lower, middle)| lower <= middle));
                prop_assert!(middle.iter().zip(&upper).all(|(middle, upper)| middle <= upper));
            }
            Study::Atr(_) => prop_assert!(known(&lines[0]).iter().all(|value| *value >= 0.0)),
            Study::Sma(_) | Study::Ema(_) | Study::Wma(_) | Study::Vwap => {
                let low = rows.iter().fold(f64::MAX, |low, bar| low.min(bar.low));
                let high = rows.iter().fold(0.0, |high: f64, bar| high.max(bar.high));
                let (low, high) = (low * (1.0 - 1e-12), high * (1.0 + 1e-12));
                prop_assert!(known(&lines[0]).iter().all(|value| (low..=high).contains(value)));
            }
            Study::Macd { .. } | Study::Obv | Study::Volume => {}
        }
    }
}

/// A walk of cents, long enough for every warm-up.
fn walk(count: usize) -> Vec<Bar> {
    let mut state = 1u64;
    let mut close = 20_000i32;
    let row = |at: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let open = close;
        close += i32::try_from(state >> 33).expect("31 bits") % 41 - 20;
        let cents = |c: i32| f64::from(c) / 100.0;
        let (high, low) = (cents(open.max(close) + 3), cents(open.min(close) - 3));
        let ts = i64::try_from(at).expect("small") * 60;
        Bar { ts, open: cents(open), high, low, close: cents(close), volume: 1.0 }
    };
    (0..count).map(row).collect()
}

#[test]
fn after_its_warm_up_a_study_no_longer_knows_where_the_series_began() {
    let rows = walk(2_600);
    for (text, tolerance) in [
        ("sma:20", 1e-9),
        ("wma:500", 1e-9),
        ("bb:20:2", 1e-9),
        ("stoch:14:3:3", 1e-9),
        ("ema:20", 1e-9),
        ("ema:96", 1e-9),
        ("rsi:14", 1e-9),
        ("rsi:48", 1e-9),
        ("atr:14", 1e-9),
        ("macd:12:26:9", 1e-9),
        ("macd:2:3:60", 1e-9),
        // Beyond here the fade is cut short, which a chart does not show.
        ("ema:200", 1e-5),
        ("ema:500", 1e-3),
        ("rsi:500", 1e-2),
        ("atr:500", 1e-2),
    ] {
        let study = Study::parse(text).expect(text);
        let first = rows.len() - 300;
        let whole = lines(study, &rows);
        let fetched = lines(study, &rows[first - study.warm_up()..]);
        for (whole, fetched) in whole.iter().zip(fetched) {
            // Of the price, or of the 100 that an index reaches: what a scale shows.
            let unit: f64 = if study.pane() == Pane::Price { 200.0 } else { 1.0 };
            for (wanted, value) in whole[first..].iter().zip(&fetched[study.warm_up()..]) {
                let off = (value - wanted).abs() / unit.max(wanted.abs());
                assert!(off <= tolerance, "{text}: {value} where {wanted} was, off by {off:e}");
            }
        }
    }
}
