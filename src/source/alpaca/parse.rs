//! From the bytes of Alpaca's REST answers to bars, symbols and errors.
//!
//! ```text
//! {"bars":[{"t":"2026-11-25T14:30:00Z","o":100.1,"h":101,"l":99.9,"c":100.5,"v":1234,"n":56,"vw":100.3},..],
//!    "symbol":"AAPL","next_page_token":"QUFQTHx.."}
//! [{"symbol":"AAPL","name":"Apple Inc. Common Stock","exchange":"NASDAQ","status":"active","tradable":true,..},..]
//! {"message":"forbidden."}
//! ```

use jiff::Timestamp;
use serde::Deserialize;

use super::spelling::NAME;
use crate::bars::Bar;
use crate::interval::Interval;
use crate::source::error::SourceError;
use crate::source::live::{LooseNumber, MAX_PRODUCTS, Product, answered, words_of};
use crate::source::upstream::{Answer, http_refusal};
use crate::symbol::Symbol;

/// One answer of bars.
#[derive(Debug, PartialEq)]
pub struct BarsPage {
    /// The rows that are bars.
    pub bars: Vec<Bar>,
    /// What the next page is asked for with, where there is one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct BarsAnswer {
    bars: Option<Vec<AlpacaBar>>,
    next_page_token: Option<String>,
}

/// A bar, by REST and on the socket.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct AlpacaBar {
    t: Timestamp,
    o: LooseNumber,
    h: LooseNumber,
    l: LooseNumber,
    c: LooseNumber,
    #[serde(default)]
    v: LooseNumber,
}

impl AlpacaBar {
    /// The bar of `grain`, unless it is none: prices are above zero, and all bars but those of days, which stand at
    /// midnight in New York, begin on the grid of their interval.
    pub fn read(self, grain: Interval) -> Option<Bar> {
        let ts = self.t.as_second();
        let prices = [self.o, self.h, self.l, self.c].map(LooseNumber::price);
        let grid = if grain.is_intraday() { grain.seconds() } else { Interval::Hour1.seconds() };
        let is_bar = ts > 0 && ts % grid == 0 && prices.iter().all(Option::is_some);
        Bar::from_row(ts, prices, self.v.finite()).filter(|_| is_bar)
    }
}

/// Reads bars of `grain`. A row that is none is left out.
///
/// # Errors
/// That of the status or the body.
pub fn bars(answer: &Answer, symbol: &Symbol, grain: Interval) -> Result<BarsPage, SourceError> {
    check(answer, Some(symbol))?;
    let read: BarsAnswer = answered(NAME, &answer.body)?;
    let bars = read.bars.unwrap_or_default().into_iter().filter_map(|bar| bar.read(grain));
    let next = read.next_page_token.filter(|token| !token.is_empty());
    Ok(BarsPage { bars: bars.collect(), next })
}

#[derive(Deserialize)]
struct Asset {
    symbol: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
}

/// Reads the list of symbols. Those that are not traded, and those outside of the grammar, are left out.
///
/// # Errors
/// That of the status or the body.
pub fn assets(answer: &Answer) -> Result<Vec<Product>, SourceError> {
    check(answer, None)?;
    let assets: Vec<Asset> = answered(NAME, &answer.body)?;
    let product = |asset: Asset| {
        let is_traded = asset.status.is_empty() || asset.status == "active";
        Some(Product {
            symbol: Symbol::parse_bare(&asset.symbol).ok().filter(|_| is_traded)?,
            base: asset.symbol,
            quote: "USD".to_owned(),
            decimals: None,
            title: Some(words_of(&asset.name)).filter(|name| !name.is_empty()),
        })
    };
    Ok(assets.into_iter().filter_map(product).take(MAX_PRODUCTS).collect())
}

#[derive(Deserialize)]
struct AlpacaProblem {
    message: String,
}

/// Whether the answer is one.
fn check(answer: &Answer, symbol: Option<&Symbol>) -> Result<(), SourceError> {
    if answer.status == 200 {
        return Ok(());
    }
    let problem = serde_json::from_slice::<AlpacaProblem>(&answer.body).ok();
    let words = problem.map(|problem| words_of(&problem.message)).unwrap_or_default();
    let origin = NAME;
    Err(match (answer.status, symbol) {
        (400 | 404 | 422, Some(symbol)) if words.contains("invalid symbol") => {
            SourceError::NotFound { symbol: symbol.clone(), origin, detail: words }
        }
        (401 | 403, _) => {
            let detail = format!("the key or its plan does not allow for it ({words})");
            SourceError::Refused { origin, detail }
        }
        (400..=499, _) if !words.is_empty() && answer.status != 429 => {
            SourceError::Refused { origin, detail: words }
        }
        _ => http_refusal(NAME, answer.status, answer.retry_after),
    })
}

#[cfg(test)]
mod tests;
