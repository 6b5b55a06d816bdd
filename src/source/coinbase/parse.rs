//! From the bytes of Coinbase's REST answers to bars, symbols and errors. Low and high stand before open and
//! close, and the newest row is the first.
//!
//! ```text
//! [[1795694460,36800.0,37500.0,37000.0,37200.0,150.5],..]
//! [{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","status":"online",..},..]
//! {"message":"NotFound"}
//! ```

use serde::Deserialize;

use super::spelling::NAME;
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::error::SourceError;
use crate::source::live::{
    CellRow, MAX_PRODUCTS, Product, answered, asset_name, bar_at, decimals_of_step, words_of,
};
use crate::source::upstream::{Answer, http_refusal};
use crate::symbol::Symbol;

/// Reads bars of `grain`. A row that is none is left out.
///
/// # Errors
/// That of the status or the body.
pub fn candles(answer: &Answer, symbol: &Symbol, grain: Interval) -> Result<Vec<Bar>, SourceError> {
    check(answer, Some(symbol))?;
    let rows: Vec<CellRow<6>> = answered(NAME, &answer.body)?;
    let bars = rows.iter().filter_map(|CellRow([time, low, high, open, close, volume])| {
        bar_at(time.whole()?, [*open, *high, *low, *close], *volume, grain)
    });
    Ok(bars.collect())
}

#[derive(Deserialize)]
struct ListedPair {
    id: String,
    #[serde(default)]
    base_currency: String,
    #[serde(default)]
    quote_currency: String,
    quote_increment: Option<String>,
    status: Option<String>,
    #[serde(default)]
    trading_disabled: bool,
}

/// Reads the list of symbols. Those that are not traded, and those outside of the grammar, are left out.
///
/// # Errors
/// That of the status or the body.
pub fn products(answer: &Answer) -> Result<Vec<Product>, SourceError> {
    check(answer, None)?;
    let listed: Vec<ListedPair> = answered(NAME, &answer.body)?;
    let product = |listed: ListedPair| {
        let is_traded =
            !listed.trading_disabled && listed.status.is_none_or(|status| status == "online");
        Some(Product {
            symbol: Symbol::parse_bare(&listed.id).ok().filter(|_| is_traded)?,
            base: asset_name(&listed.base_currency)?,
            quote: asset_name(&listed.quote_currency)?,
            decimals: listed.quote_increment.as_deref().and_then(decimals_of_step),
            title: None,
        })
    };
    Ok(listed.into_iter().filter_map(product).take(MAX_PRODUCTS).collect())
}

#[derive(Deserialize)]
struct CoinbaseProblem {
    message: String,
}

/// Whether the answer is one.
fn check(answer: &Answer, symbol: Option<&Symbol>) -> Result<(), SourceError> {
    if answer.status == 200 {
        return Ok(());
    }
    let refusal = http_refusal(NAME, answer.status, answer.retry_after);
    let problem = serde_json::from_slice::<CoinbaseProblem>(&answer.body).ok();
    let Some(problem) = problem.filter(|_| matches!(refusal, SourceError::Refused { .. })) else {
        return Err(refusal);
    };
    let (origin, detail) = (NAME, words_of(&problem.message));
    Err(match symbol {
        Some(symbol) if answer.status == 404 => {
            SourceError::NotFound { symbol: symbol.clone(), origin, detail }
        }
        _ => SourceError::Refused { origin, detail },
    })
}

#[cfg(test)]
mod tests;
