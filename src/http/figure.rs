//! `GET /figure/{symbol}`: the newest figure of a view, once.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::access::Access;
use super::error::Problem;
use super::once::Once;
use super::query::Query;
use super::{AppState, negotiation};
use crate::view::View;

/// How long a request waits for a figure that nobody has asked for yet.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers with the figure's JSON, or 304 to a client that has it.
pub async fn get(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let view = Query::of(&request)?.view_once(&symbol, &state.hub)?;
    Access::of(&request).check(&view, &state.hub)?;
    of(&request, &state, &view).await
}

/// Answers with the figure of a view that the client may see.
pub async fn of(
    request: &HttpRequest,
    state: &AppState,
    view: &View,
) -> Result<HttpResponse, Problem> {
    let requester = state.requester(request);
    let frame = state.hub.figure(view, requester, PATIENCE).await?;
    let tag = EntityTag::new_weak(frame.id.clone());
    let held = negotiation::holds(request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept-Encoding"));
    if held {
        return Ok(response.finish());
    }
    let name = format!("{} {view}", frame.id);
    let figure = state.coder.code(request, Some(&name), frame.figure.clone()).await;
    figure.tell(&mut response);
    let body = Once::new(state, requester.client, figure.bytes)?;
    Ok(response.content_type("application/json").body(body))
}
