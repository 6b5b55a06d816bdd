//! The list of symbols.

use super::parse;
use crate::source::error::SourceError;
use crate::source::live::Product;
use crate::source::upstream::{Ask, Rest};

/// All that is traded.
pub async fn products(rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
    let query = [("status", "active"), ("asset_class", "us_equity")];
    rest.get("/v2/assets", &query, ask, parse::assets).await
}
