//! Merge: a new bar into a long series, as a feed takes it in, beside copying the series' memory.

use anyhow::{Context as _, ensure};
use figcast::bars::{Bar, Bars};

use crate::options::numbers;
use crate::stats::{median, micros, times};

/// Seconds before the last bar from which a feed of minutes fetches again.
const OVERLAP: i64 = 5 * 60;
const MINUTE: i64 = 60;

/// Runs the benchmark.
pub fn run(args: &[String]) -> anyhow::Result<String> {
    let options = [("--bars", 10_000, 1_000_000), ("--repetitions", 2_000, 100_000)];
    let [count, repetitions] = numbers(args, options)?;
    ensure!(count > 0 && repetitions > 0, "nothing to measure");
    let known: Bars = (0..i64::try_from(count)?).map(bar).collect();
    let last = known.last().context("at least one bar")?.ts;
    let tail: Bars = (0..=i64::try_from(count)?).map(bar).collect::<Bars>().since(last - OVERLAP);
    ensure!(known.merge(&tail).len() == count + 1, "one bar is new");
    let columns = || {
        let prices = [known.opens(), known.highs(), known.lows(), known.closes(), known.volumes()];
        (known.times().to_vec(), prices.map(<[f64]>::to_vec))
    };
    // In turns, so that a machine that is busy for a while is so for both.
    let (mut merged, mut compared, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..10 {
        let repetitions = repetitions.div_ceil(10);
        merged.extend(times(repetitions, || known.merge(&tail)));
        compared.extend(times(repetitions, || known.merge(&tail) == known));
        copied.extend(times(repetitions, columns));
    }
    let [merged, compared, copied] = [merged, compared, copied].map(|all| micros(median(all)));
    Ok(format!(
        "### Merge: one bar into a series of {count}\n\n\
         | | median |\n|---|--:|\n\
         | **the tail of {} bars folded in** | **{merged:.1} us** |\n\
         | the same, and asked whether it draws another figure | {compared:.1} us |\n\
         | floor: the six columns copied | {copied:.1} us |\n",
        tail.len()
    ))
}

/// The bar at `slot`, at a price of its own.
fn bar(slot: i64) -> Bar {
    let price = 100.0 + (slot % 97) as f64 / 4.0;
    Bar { ts: slot * MINUTE, open: price, high: price, low: price, close: price, volume: 10.0 }
}
