//! Coinbase's spelling of itself, its symbols and its intervals.

use crate::interval::Interval;
use crate::symbol::Symbol;

/// Name used in the configuration, figures and logs.
pub const NAME: &str = "coinbase";
/// Longest asset of a pair.
const MAX_ASSET: usize = 16;

/// The seconds of an interval, of those that are asked for.
pub fn seconds(grain: Interval) -> Option<i64> {
    let is_asked = matches!(
        grain,
        Interval::Minute1
            | Interval::Minute5
            | Interval::Minute15
            | Interval::Hour1
            | Interval::Day1
    );
    is_asked.then_some(grain.seconds())
}

/// The exchange's spelling of a symbol, if it can be one of its own.
pub fn spelling(symbol: &Symbol) -> Option<&str> {
    let (base, quote) = symbol.as_str().split_once('-')?;
    let is_asset = |text: &str| {
        (1..=MAX_ASSET).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (is_asset(base) && is_asset(quote)).then_some(symbol.as_str())
}
