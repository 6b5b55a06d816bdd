//! Kraken's spelling of itself, its symbols and its intervals: `BTC-USD` is `BTC/USD` on its socket and `XBTUSD`
//! to REST.

use crate::interval::Interval;
use crate::symbol::Symbol;

/// Name used in the configuration, figures and logs.
pub const NAME: &str = "kraken";
/// Assets that REST knows by another name.
const OLD_NAMES: [(&str, &str); 2] = [("BTC", "XBT"), ("DOGE", "XDG")];

/// The minutes of an interval, of those that are asked for.
pub fn minutes(grain: Interval) -> Option<u16> {
    Some(match grain {
        Interval::Minute1 => 1,
        Interval::Minute5 => 5,
        Interval::Minute15 => 15,
        Interval::Hour1 => 60,
        Interval::Hour4 => 240,
        Interval::Day1 => 1_440,
        _ => return None,
    })
}

/// What is traded, and for what, if a symbol can be one of the exchange's.
pub fn pair(symbol: &Symbol) -> Option<(&str, &str)> {
    let (base, quote) = symbol.as_str().split_once('-')?;
    let is_asset = |text: &str| {
        (1..=16).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    (is_asset(base) && is_asset(quote)).then_some((base, quote))
}

/// A pair as REST knows it.
pub fn rest_name((base, quote): (&str, &str)) -> String {
    let old = |asset: &str| {
        let known = OLD_NAMES.iter().find(|(name, _)| *name == asset);
        known.map_or(asset, |(_, old)| old).to_owned()
    };
    old(base) + &old(quote)
}

/// An asset as people and the socket know it.
pub fn asset(text: &str) -> &str {
    OLD_NAMES.iter().find(|(_, old)| *old == text).map_or(text, |(name, _)| name)
}
