//! From the bytes of Kraken's REST answers to bars, symbols and errors. The volume-weighted price stands before the
//! volume, and errors are answers with status 200.
//!
//! ```text
//! {"error":[],"result":{"XXBTZUSD":[[1700000000,"37000.0","37500.0","36800.0","37200.0","37100.0","150.5",320],..],
//!    "last":1700086400}}
//! {"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","pair_decimals":1,"status":"online",..},..}}
//! {"error":["EQuery:Unknown asset pair"]}
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::spelling::{NAME, asset};
use crate::bars::Bars;
use crate::interval::Interval;
use crate::source::error::SourceError;
use crate::source::live::{CellRow, MAX_PRODUCTS, Product, answered, asset_name, bar_at, words_of};
use crate::source::upstream::{Answer, http_refusal};
use crate::symbol::Symbol;

/// What stands beside the rows.
const LAST: &str = "last";

#[derive(Deserialize)]
struct KrakenAnswer<'a> {
    #[serde(default)]
    error: Vec<String>,
    #[serde(borrow)]
    result: Option<BTreeMap<String, &'a RawValue>>,
}

/// Reads bars of `grain`. A row that is none is left out.
///
/// # Errors
/// That of the status, the body or the words in it.
pub fn candles(answer: &Answer, symbol: &Symbol, grain: Interval) -> Result<Bars, SourceError> {
    let result = result(answer, Some(symbol))?;
    // The key is the exchange's own name of the pair.
    let rows = result.iter().find(|(key, _)| *key != LAST).map(|(_, rows)| rows.get());
    let rows: Vec<CellRow<7>> = answered(NAME, rows.unwrap_or("[]").as_bytes())?;
    let bars = rows.iter().filter_map(|CellRow([ts, open, high, low, close, _, volume])| {
        bar_at(ts.whole()?, [*open, *high, *low, *close], *volume, grain)
    });
    Ok(Bars::from_rows(bars))
}

#[derive(Deserialize)]
struct AssetPair {
    wsname: Option<String>,
    pair_decimals: Option<u8>,
    status: Option<String>,
}

/// Reads the list of symbols. Those that are not traded, and those outside of the grammar, are left out.
///
/// # Errors
/// That of the status, the body or the words in it.
pub fn products(answer: &Answer) -> Result<Vec<Product>, SourceError> {
    let result = result(answer, None)?;
    let product = |text: &&RawValue| {
        let listed: AssetPair = serde_json::from_str(text.get()).ok()?;
        let is_traded = listed.status.is_none_or(|status| status == "online");
        let name = listed.wsname.filter(|_| is_traded)?;
        let (base, quote) = name.split_once('/')?;
        let (base, quote) = (asset_name(asset(base))?, asset_name(asset(quote))?);
        let symbol = Symbol::parse_bare(&format!("{base}-{quote}")).ok()?;
        let decimals = listed.pair_decimals.filter(|decimals| *decimals <= 12);
        Some(Product { symbol, base, quote, decimals, title: None })
    };
    Ok(result.values().filter_map(product).take(MAX_PRODUCTS).collect())
}

/// The result of an answer that is one.
fn result<'a>(
    answer: &'a Answer,
    symbol: Option<&Symbol>,
) -> Result<BTreeMap<String, &'a RawValue>, SourceError> {
    if answer.status != 200 {
        return Err(http_refusal(NAME, answer.status, answer.retry_after));
    }
    let read: KrakenAnswer<'a> = answered(NAME, &answer.body)?;
    match read.error.first() {
        Some(words) => Err(refusal(words, answer, symbol)),
        None => read.result.ok_or_else(|| {
            let detail = "there is no result".to_owned();
            SourceError::Malformed { origin: NAME, detail }
        }),
    }
}

/// What the exchange's words mean.
fn refusal(words: &str, answer: &Answer, symbol: Option<&Symbol>) -> SourceError {
    let (origin, detail) = (NAME, words_of(words));
    match (words, symbol) {
        ("EQuery:Unknown asset pair" | "EQuery:Invalid asset pair", Some(symbol)) => {
            SourceError::NotFound { symbol: symbol.clone(), origin, detail }
        }
        _ if words.contains("Too many requests") || words.contains("Rate limit") => {
            SourceError::Blocked { origin, detail, retry_after: answer.retry_after }
        }
        _ if words.starts_with("EService") || words.starts_with("EGeneral:Internal") => {
            SourceError::Unavailable { origin, detail, cause: None }
        }
        _ => SourceError::Refused { origin, detail },
    }
}

#[cfg(test)]
mod tests;
