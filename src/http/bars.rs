//! `GET /bars/{symbol}`: what the newest figure of a view shows, as a table.

use std::time::Duration;

use actix_web::http::header::{
    Accept, CACHE_CONTROL, CONTENT_DISPOSITION, ETag, EntityTag, Header as _, VARY,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::error::Problem;
use super::query::Query;
use super::{State, client};
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
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::of(&request);
    let format = match query.take(FORMAT)? {
        Some(name) => pick(FORMAT, &name)?,
        None => favoured(&request),
    };
    let view = query.view(&symbol, state.hub.served())?;
    let frame = state.hub.figure(&view, PATIENCE).await?;
    let tag = EntityTag::new_weak(format!("{}-{}", frame.id, format.as_str()));
    let held = client::holds(&request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept"));
    if held {
        return Ok(response.finish());
    }
    let table = state.hub.table(&frame, format).await?;
    response
        .insert_header((CONTENT_DISPOSITION, file(&view, format)))
        .insert_header(("X-Content-Type-Options", "nosniff"));
    let content_type = match format {
        Format::Json => "application/json",
        Format::Csv => "text/csv; charset=utf-8; header=present",
    };
    Ok(response.content_type(content_type).body(table))
}

/// The first of the client's favourites that there is. A browser or a program that names none gets
/// the default.
fn favoured(request: &HttpRequest) -> Format {
    let favourites = Accept::parse(request).map(|accept| accept.ranked()).unwrap_or_default();
    let named = favourites.iter().find_map(|mime| match mime.essence_str() {
        "text/csv" => Some(Format::Csv),
        "application/json" | "*/*" => Some(Format::Json),
        _ => None,
    });
    named.unwrap_or_default()
}

/// A name for the file, should it be saved. A symbol has nothing in it that a quoted string or a file
/// system would mind.
fn file(view: &View, format: Format) -> String {
    let View { symbol, interval, range, .. } = view;
    let (range, format) = (range.as_str(), format.as_str());
    format!("inline; filename=\"{symbol}-{interval}-{range}.{format}\"")
}
