//! Yahoo's spelling of symbols.

use crate::symbol::Symbol;

/// Yahoo's spelling of a symbol: US share classes take a dash, so `BRK.B` is `BRK-B`. A dot before
/// anything else is an exchange, as in `VOD.L`.
pub fn upstream_symbol(symbol: &Symbol) -> String {
    let text = symbol.as_str();
    match text.split_once('.') {
        Some((root, "A" | "B" | "C"))
            if root.len() <= 5 && root.bytes().all(|b| b.is_ascii_uppercase()) =>
        {
            text.replace('.', "-")
        }
        _ => text.to_owned(),
    }
}

/// Whether Yahoo means `symbol` by `told`: it leaves out the dollar that a pair of currencies begins
/// with, at times, so that `USDJPY=X` is `JPY=X`.
pub fn is_spelling_of(told: &str, symbol: &Symbol) -> bool {
    let short = |text: &str| {
        let text = text.to_ascii_uppercase();
        let pair = text.strip_prefix("USD").filter(|rest| rest.len() == "JPY=X".len());
        pair.filter(|rest| rest.ends_with("=X")).map(str::to_owned).unwrap_or(text)
    };
    short(told) == short(&upstream_symbol(symbol))
}
