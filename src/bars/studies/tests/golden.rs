//! Agreement with TA-Lib: the tables that `tests/golden/studies/make.py` made.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::bars::studies::{Anchors, compute};
use crate::bars::{Bar, Bars};
use crate::fixtures;
use crate::study::Study;

/// Furthest that a value may be off, relative to what TA-Lib has.
const TOLERANCE: f64 = 1e-9;

/// Below this TA-Lib's values are what its running sums leave behind of zero, such as a %K of 5e-14.
const RESIDUE: f64 = 1e-12;

/// Cells of a table of comma-separated values, header first.
fn table(name: &str) -> Vec<Vec<String>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/studies").join(name);
    let text = fs::read_to_string(path).expect("readable");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Holds each column of the table against the line that it names, and tells the number of values
/// compared and the furthest that one is off.
fn compare(bars: &Bars, golden: &[Vec<String>]) -> (usize, f64) {
    let (header, rows) = golden.split_first().expect("a header");
    let (mut compared, mut furthest) = (0, 0f64);
    for (column, name) in header.iter().enumerate().skip(1) {
        let (study, line) = name.split_once('/').expect("STUDY/LINE");
        let study = Study::parse(study).expect(name);
        let at = study.lines().iter().position(|known| *known == line).expect(name);
        let line = compute(study, bars, Anchors::default()).swap_remove(at);
        for row in rows {
            let ts = row[0].parse().expect("epoch seconds");
            let value = line[bars.times().binary_search(&ts).expect("a bar of that time")];
            if row[column].is_empty() {
                assert!(value.is_nan(), "{name} at {ts} is {value} where TA-Lib has none yet");
                continue;
            }
            let wanted: f64 = row[column].parse().expect("a number");
            if wanted.abs() < RESIDUE {
                assert!(value.abs() < RESIDUE, "{name} at {ts} is {value}, TA-Lib has 0");
                continue;
            }
            let off = ((value - wanted) / wanted).abs();
            assert!(off <= TOLERANCE, "{name} at {ts} is {value}, TA-Lib has {wanted}");
            compared += 1;
            furthest = furthest.max(off);
        }
    }
    (compared, furthest)
}

#[test]
fn every_value_over_the_synthetic_bars_is_that_of_ta_lib() {
    let rows = table("bars.csv");
    let bars: Bars = rows[1..]
        .iter()
        .map(|row| {
            let number = |at: usize| row[at].parse::<f64>().expect("a number");
            Bar {
                ts: row[0].parse().expect("epoch seconds"),
                open: number(1),
                high: number(2),
                low: number(3),
                close: number(4),
                volume: number(5),
            }
        })
        .collect();
    let (compared, furthest) = compare(&bars, &table("studies.csv"));
    println!("{compared} values, the furthest off by {furthest:e}");
    assert!(compared > 15_000, "{compared}");
}

#[test]
#[ignore = "needs the recorded fixtures"]
fn sampled_values_over_a_recorded_day_are_those_of_ta_lib() {
    let text = fs::read(fixtures::path("yahoo_chart_AAPL_1m_2024-10-02.json")).expect("recorded");
    let chart: Value = serde_json::from_slice(&text).expect("JSON");
    let result = &chart["chart"]["result"][0];
    let quote = &result["indicators"]["quote"][0];
    let times = result["timestamp"].as_array().expect("times");
    let row = |at: usize| {
        let number = |name: &str| quote[name][at].as_f64();
        let prices = ["open", "high", "low", "close"].map(number);
        Bar::from_row(times[at].as_i64()?, prices, number("volume"))
    };
    // The last row is the quote that closes a live chart, no bar.
    let bars: Bars = (0..times.len() - 1).filter_map(row).collect();
    let (compared, furthest) = compare(&bars, &table("aapl_1m_2024-10-02.csv"));
    println!("{compared} values, the furthest off by {furthest:e}");
    assert!(compared > 400, "{compared}");
}
