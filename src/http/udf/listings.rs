//! `GET /udf/config` and `GET /udf/search`: what there is.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::answer::answered;
use super::resolution;
use crate::http::AppState;
use crate::http::access::Access;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::source::{AssetClass, SearchQuery, SourceListing};

/// How long a search may take, which a person waits for letter by letter.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may be believed.
const CACHING: &str = "public, max-age=60";

#[expect(clippy::struct_excessive_bools, reason = "they are the protocol's")]
#[derive(Serialize)]
struct Configuration {
    supported_resolutions: Vec<&'static str>,
    supports_search: bool,
    supports_group_request: bool,
    supports_marks: bool,
    supports_timescale_marks: bool,
    supports_time: bool,
    exchanges: Vec<SearchChoice>,
    symbols_types: Vec<SearchChoice>,
}

/// One of the choices by which a search is narrowed; an empty value is all of them.
#[derive(Serialize)]
struct SearchChoice {
    value: String,
    name: String,
    desc: String,
}

/// One that was found.
#[derive(Serialize)]
struct FoundSymbol {
    symbol: String,
    full_name: String,
    description: String,
    exchange: String,
    ticker: String,
    r#type: Option<AssetClass>,
}

/// Answers with what the server offers.
pub async fn config(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    let all =
        |name: &str| SearchChoice { value: String::new(), name: name.into(), desc: name.into() };
    let source = |name: &str| SearchChoice {
        value: name.to_uppercase(),
        name: name.to_owned(),
        desc: format!("the source {name}"),
    };
    let sources = state.hub.sources().into_iter().map(source);
    let offered = Configuration {
        supported_resolutions: resolution::names(|_| true),
        supports_search: true,
        supports_group_request: false,
        supports_marks: false,
        supports_timescale_marks: false,
        supports_time: true,
        exchanges: std::iter::once(all("all sources")).chain(sources).collect(),
        symbols_types: vec![all("all types")],
    };
    answered(&request, &state, Ok(offered), CACHING).await
}

/// Answers with what the sources find.
pub async fn search(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    answered(&request, &state, find(&request, &state).await, CACHING).await
}

async fn find(request: &HttpRequest, state: &AppState) -> Result<Vec<FoundSymbol>, Problem> {
    let mut query = Query::of(request)?;
    let text = query.take("query")?.unwrap_or_default();
    let source = query.take("exchange")?.unwrap_or_default();
    let kind = query.take("type")?.unwrap_or_default();
    let limit = query.take("limit")?.filter(|limit| !limit.is_empty());
    let limit = limit.map(|limit| {
        let right = || Problem::new(StatusCode::BAD_REQUEST, "limit must be a number of symbols");
        limit.parse::<usize>().map_err(|_| right())
    });
    let limit = limit.transpose()?.unwrap_or(usize::MAX);
    query.nothing_else("there are query, type, exchange and limit")?;
    let search = SearchQuery::parse(&text)?;
    let requester = state.requester(request);
    state.hub.ask(requester)?;
    let found = state.hub.search(search, requester.client, PATIENCE).await?;
    // A client is shown what it can open.
    let access = Access::of(request);
    let is_shown = |found: &SourceListing| {
        let is_of_kind = found.listing.kind.is_some_and(|of| name_of(of) == kind.as_ref());
        (source.is_empty() || found.source.eq_ignore_ascii_case(&source))
            && (kind.is_empty() || is_of_kind)
            && access.check_symbol(&found.listing.symbol, &state.hub).is_ok()
    };
    let shown = found.listings.into_iter().filter(is_shown).take(limit);
    Ok(shown.map(FoundSymbol::from).collect())
}

/// What an answer calls it.
fn name_of(kind: AssetClass) -> String {
    let name = serde_json::to_value(kind).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

impl From<SourceListing> for FoundSymbol {
    fn from(SourceListing { listing, source }: SourceListing) -> Self {
        let symbol = listing.symbol.to_string();
        Self {
            full_name: symbol.clone(),
            ticker: symbol.clone(),
            description: listing.name.unwrap_or_else(|| symbol.clone()),
            exchange: listing.exchange.unwrap_or_else(|| source.to_owned()),
            r#type: listing.kind,
            symbol,
        }
    }
}
