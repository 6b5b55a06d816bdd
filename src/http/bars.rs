//! `GET /bars/{symbol}`: what the newest figure of a view shows, as a table.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETag, EntityTag, VARY};
use actix_web::mime;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::access::Access;
use super::error::Problem;
use super::once::Once;
use super::query::Query;
use super::{AppState, negotiation};
use crate::figure::Format;
use crate::view::{View, pick};

/// The query key of the format; the others are the view's.
const FORMAT: &str = "format";

/// How long a request waits for bars that nobody has asked for yet.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers with the table, or 304 to a client that has it.
pub async fn get(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::of(&request)?;
    let format = match query.take(FORMAT)? {
        Some(name) => pick(FORMAT, &name)?,
        None => accepted(&request)?,
    };
    let view = query.view_once(&symbol, &state.hub)?;
    Access::of(&request).check(&view, &state.hub)?;
    let requester = state.requester(&request);
    let frame = state.hub.figure(&view, requester, PATIENCE).await?;
    let tag = EntityTag::new_weak(format!("{}-{}", frame.id, format.as_str()));
    let held = negotiation::holds(&request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept, Accept-Encoding"));
    if held {
        return Ok(response.finish());
    }
    let table = state.hub.table(&frame, format, requester.client).await?;
    let table = state
        .coder
        .code(&request, Some(&format!("{} {view} {}", frame.id, format.as_str())), table)
        .await;
    table.tell(&mut response);
    let body = Once::new(&state, requester.client, table.bytes)?;
    response.insert_header((CONTENT_DISPOSITION, file(&view, format)));
    let content_type = match format {
        Format::Json => "application/json",
        Format::Csv => "text/csv; charset=utf-8; header=present",
    };
    Ok(response.content_type(content_type).body(body))
}

/// The format that the client accepts best.
fn accepted(request: &HttpRequest) -> Result<Format, Problem> {
    let best = negotiation::media(request, &[mime::APPLICATION_JSON, mime::TEXT_CSV]);
    let format = best.map(|best| if *best == mime::TEXT_CSV { Format::Csv } else { Format::Json });
    format.ok_or_else(|| {
        let detail = "Accept leaves nothing to answer with: bars are application/json or text/csv";
        Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
    })
}

/// A name for the file, should it be saved. A symbol has nothing in it that a quoted string or a file
/// system would mind.
fn file(view: &View, format: Format) -> String {
    let View { symbol, interval, range, .. } = view;
    let (range, format) = (range.as_str(), format.as_str());
    format!("inline; filename=\"{symbol}-{interval}-{range}.{format}\"")
}
