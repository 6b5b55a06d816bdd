//! `GET /search`: symbols by ticker or name, as the sources know them.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::AppState;
use super::access::Access;
use super::error::Problem;
use super::query::Query;
use crate::source::{SearchQuery, SourceListing};

/// The query key of what is searched.
const SEARCHED: &str = "q";

/// How long a search may take, which somebody waits for letter by letter.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the answer may be believed.
const CACHING: &str = "public, max-age=60";

#[derive(Serialize)]
struct SearchAnswer<'a> {
    /// What was searched, on one line; empty for what the sources show first.
    query: &'a str,
    /// The first source, which symbols without a prefix are for.
    source: &'static str,
    /// The sources that were searched and have no answer, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unanswered: Vec<Unanswered>,
    /// Best first.
    results: Vec<SourceListing>,
}

#[derive(Serialize)]
struct Unanswered {
    source: &'static str,
    detail: String,
}

/// Answers with what the sources find.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let mut query = Query::of(&request)?;
    let text = query.take(SEARCHED)?.unwrap_or_default();
    query.nothing_else("there is q")?;
    let search = SearchQuery::parse(&text)?;
    let requester = state.requester(&request);
    state.hub.ask(requester)?;
    let mut found = state.hub.search(search.clone(), requester.client, PATIENCE).await?;
    // A client is shown what it can open.
    let access = Access::of(&request);
    found.listings.retain(|found| access.check_symbol(&found.listing.symbol, &state.hub).is_ok());
    let unanswered = found
        .unanswered
        .iter()
        .map(|error| Unanswered { source: error.origin(), detail: error.to_string() });
    let found = SearchAnswer {
        query: search.as_str(),
        source: state.hub.sources()[0],
        unanswered: unanswered.collect(),
        results: found.listings,
    };
    let text = serde_json::to_string(&found).expect("listings have string keys only");
    let found = state.coder.code(&request, None, text.into()).await;
    let mut response = HttpResponse::Ok();
    found.tell(&mut response);
    Ok(response
        .insert_header((CACHE_CONTROL, CACHING))
        .insert_header((VARY, "Accept-Encoding"))
        .content_type("application/json")
        .body(found.bytes))
}
