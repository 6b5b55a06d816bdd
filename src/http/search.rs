//! `GET /search`: symbols by ticker or name, as the source knows them.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::AppState;
use super::error::Problem;
use super::query::Query;
use crate::source::{Listing, SearchQuery};

/// The query key of what is searched.
const SEARCHED: &str = "q";

/// How long a search may take, which somebody waits for letter by letter.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the answer may be believed.
const CACHING: &str = "public, max-age=60";

#[derive(Serialize)]
struct SearchAnswer<'a> {
    /// What was searched, on one line; empty for what the source shows first.
    query: &'a str,
    source: &'static str,
    /// Best first.
    results: Vec<Listing>,
}

/// Answers with what the source finds.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let mut query = Query::of(&request)?;
    let text = query.take(SEARCHED)?.unwrap_or_default();
    query.nothing_else("there is q")?;
    let search = SearchQuery::parse(&text)?;
    let client = state.client(&request);
    state.hub.ask(client)?;
    let results = state.hub.search(search.clone(), client, PATIENCE).await?;
    let found = SearchAnswer { query: search.as_str(), source: state.hub.source(), results };
    let text = serde_json::to_string(&found).expect("listings have string keys only");
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHING))
        .content_type("application/json")
        .body(text))
}
