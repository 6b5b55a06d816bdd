//! The data of widgets: a figure, and rows.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::figure::Format;
use crate::http::AppState;
use crate::http::access::Access;
use crate::http::error::Problem;
use crate::http::figure;
use crate::http::once::Once;
use crate::http::query::Query;
use crate::view::View;

/// How long a request waits for bars that nobody has asked for yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// What stands before the rows in the JSON of a table, of which they are the last part. No text has it: there each
/// quotation mark has a backslash before it.
const BEFORE_ROWS: &[u8] = b",\"bars\":";

/// `GET /openbb/chart`: a figure, or with `raw=true` its rows.
pub async fn chart(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let (view, is_raw) = wanted(&request, &state)?;
    if is_raw {
        rows(&request, &state, &view).await
    } else {
        figure::of(&request, &state, &view).await
    }
}

/// `GET /openbb/bars`: the rows of a table.
pub async fn bars(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let (view, _) = wanted(&request, &state)?;
    rows(&request, &state, &view).await
}

fn wanted(request: &HttpRequest, state: &AppState) -> Result<(View, bool), Problem> {
    let mut query = Query::of(request)?.without_empty();
    let symbol = query.take("symbol")?.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "symbol is missing, as in symbol=AAPL")
    })?;
    let is_raw = query.take("raw")?.is_some_and(|raw| raw.eq_ignore_ascii_case("true"));
    let view = query.view_once(&symbol, &state.hub)?;
    Access::of(request).check(&view, &state.hub)?;
    Ok((view, is_raw))
}

async fn rows(
    request: &HttpRequest,
    state: &AppState,
    view: &View,
) -> Result<HttpResponse, Problem> {
    let requester = state.requester(request);
    let frame = state.hub.figure(view, requester, PATIENCE).await?;
    let table = state.hub.table(&frame, Format::Json, requester.client).await?;
    let body = Once::new(state, requester.client, rows_of(&table))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-cache")).content_type("application/json");
    Ok(response.body(body))
}

/// The rows in the JSON of a table: a list of objects.
fn rows_of(table: &Bytes) -> Bytes {
    let found = table.windows(BEFORE_ROWS.len()).position(|part| part == BEFORE_ROWS);
    let start = found.map_or(0, |at| at + BEFORE_ROWS.len());
    table.slice(start..table.len().saturating_sub(1).max(start))
}

#[cfg(test)]
mod tests {
    use super::rows_of;

    #[test]
    fn the_rows_are_the_last_part_of_a_table() {
        let table = br#"{"name":"a \",\"bars\":\" b","columns":["time"],"bars":[{"time":1}]}"#;
        assert_eq!(rows_of(&table[..].into()), &br#"[{"time":1}]"#[..]);
    }
}
