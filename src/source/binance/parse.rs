//! From the bytes of Binance's REST answers to bars, symbols and errors.
//!
//! ```text
//! [[1499040000000,"0.0163","0.0164","0.0162","0.0163","148976.1",1499040059999,"2434.1",308,"..","..","0"],..]
//! {"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
//!    "filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01000000",..},..],..},..],..}
//! {"code":-1121,"msg":"Invalid symbol."}
//! ```

use serde::Deserialize;

use super::spelling::NAME;
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::error::SourceError;
use crate::source::live::{
    CellRow, MAX_PRODUCTS, Product, answered, asset_name, bar_of, decimals_of_step, words_of,
};
use crate::source::upstream::{Answer, http_refusal};
use crate::symbol::Symbol;

/// What Binance answers for a symbol that it does not have.
const INVALID_SYMBOL: i64 = -1121;

/// One answer of bars.
#[derive(Debug, PartialEq)]
pub struct KlinePage {
    /// The rows that are bars.
    pub bars: Vec<Bar>,
    /// How many rows there were.
    pub rows: usize,
    /// When the last of them begins, in milliseconds.
    pub last_open: Option<i64>,
}

/// Reads bars of `grain`. A row that is none is left out.
///
/// # Errors
/// That of the status or the body.
pub fn klines(answer: &Answer, symbol: &Symbol, grain: Interval) -> Result<KlinePage, SourceError> {
    check(answer, Some(symbol))?;
    let rows: Vec<CellRow<6>> = answered(NAME, &answer.body)?;
    let last_open = rows.iter().filter_map(|CellRow(cells)| cells[0].whole()).max();
    let bars = rows.iter().filter_map(|CellRow([open_time, prices @ .., volume])| {
        bar_of(open_time.whole()?, *prices, *volume, grain)
    });
    Ok(KlinePage { bars: bars.collect(), rows: rows.len(), last_open })
}

#[derive(Deserialize)]
struct ExchangeInfo {
    symbols: Vec<ListedSymbol>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedSymbol {
    symbol: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    base_asset: String,
    #[serde(default)]
    quote_asset: String,
    #[serde(default)]
    filters: Vec<SymbolFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SymbolFilter {
    tick_size: Option<String>,
}

/// Reads the list of symbols. Those that are not traded, and those outside of the grammar, are left out.
///
/// # Errors
/// That of the status or the body.
pub fn products(answer: &Answer) -> Result<Vec<Product>, SourceError> {
    check(answer, None)?;
    let info: ExchangeInfo = answered(NAME, &answer.body)?;
    let product = |listed: ListedSymbol| {
        let step = listed.filters.iter().find_map(|filter| filter.tick_size.as_deref());
        let is_traded = listed.status.is_empty() || listed.status == "TRADING";
        Some(Product {
            symbol: Symbol::parse_bare(&listed.symbol).ok().filter(|_| is_traded)?,
            base: asset_name(&listed.base_asset)?,
            quote: asset_name(&listed.quote_asset)?,
            decimals: step.and_then(decimals_of_step),
            title: None,
        })
    };
    Ok(info.symbols.into_iter().filter_map(product).take(MAX_PRODUCTS).collect())
}

#[derive(Deserialize)]
struct BinanceProblem {
    code: i64,
    #[serde(default)]
    msg: String,
}

/// Whether the answer is one. A refusal of this address is HTML, at times.
fn check(answer: &Answer, symbol: Option<&Symbol>) -> Result<(), SourceError> {
    if answer.status == 200 {
        return Ok(());
    }
    let refusal = http_refusal(NAME, answer.status, answer.retry_after);
    let problem = serde_json::from_slice::<BinanceProblem>(&answer.body).ok();
    let Some(problem) = problem.filter(|_| matches!(refusal, SourceError::Refused { .. })) else {
        return Err(refusal);
    };
    let detail = format!("{} ({})", words_of(&problem.msg), problem.code);
    Err(match symbol {
        Some(symbol) if problem.code == INVALID_SYMBOL => {
            SourceError::NotFound { symbol: symbol.clone(), origin: NAME, detail }
        }
        _ => SourceError::Refused { origin: NAME, detail },
    })
}

#[cfg(test)]
mod tests;
