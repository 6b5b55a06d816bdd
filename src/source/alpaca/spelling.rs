//! Alpaca's spelling of itself, its symbols and its intervals.

use crate::interval::Interval;
use crate::symbol::Symbol;

/// Name used in the configuration, figures and logs.
pub const NAME: &str = "alpaca";
/// Longest symbol.
const MAX_LEN: usize = 12;

/// Alpaca's name of an interval, of those that are asked for.
pub const fn timeframe(grain: Interval) -> Option<&'static str> {
    Some(match grain {
        Interval::Minute1 => "1Min",
        Interval::Minute5 => "5Min",
        Interval::Minute15 => "15Min",
        Interval::Day1 => "1Day",
        _ => return None,
    })
}

/// Alpaca's spelling of a symbol, if it can be one of its own: letters, digits and the dot of a class, as in `BRK.B`.
pub fn spelling(symbol: &Symbol) -> Option<&str> {
    let text = symbol.as_str();
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (fits && text.len() <= MAX_LEN).then_some(text)
}
