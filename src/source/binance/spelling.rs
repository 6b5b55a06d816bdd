//! Binance's spelling of itself, its symbols and its intervals.

use crate::interval::Interval;
use crate::symbol::Symbol;

/// Name used in the configuration, figures and logs.
pub const NAME: &str = "binance";
/// Longest symbol. The exchange's firewall takes others for attacks, and bans whom it takes for an attacker.
const MAX_LEN: usize = 20;

/// The exchange's name of an interval, which is ours, of those that are asked for.
pub fn interval_name(grain: Interval) -> Option<&'static str> {
    let is_asked = matches!(
        grain,
        Interval::Minute1
            | Interval::Minute5
            | Interval::Minute15
            | Interval::Hour1
            | Interval::Day1
    );
    is_asked.then_some(grain.as_str())
}

/// The exchange's spelling of a symbol, if it can be one of its own.
pub fn spelling(symbol: &Symbol) -> Option<&str> {
    let text = symbol.as_str();
    let fits = text.len() <= MAX_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(text)
}
