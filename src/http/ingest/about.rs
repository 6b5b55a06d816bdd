//! The description of a pushed symbol, and its removal.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::body;
use super::entry::{Admitted, admitted_for};
use crate::http::AppState;
use crate::http::error::Problem;
use crate::source::pushed::About;
use crate::symbol::Symbol;

pub async fn describe(
    request: HttpRequest,
    symbol: Path<String>,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let (admitted, symbol) = admitted_for(&request, &state, &symbol).await?;
    let Admitted { ingest, sender, .. } = admitted;
    let (text, _room) = body::read(&request, payload, ingest, sender).await?;
    let about = About::parse(&text, ingest.pushed.calendars())
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    ingest.pushed.describe(symbol, &about).await?;
    Ok(answer(&about))
}

pub async fn described(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let (Admitted { ingest, .. }, symbol) = admitted_for(&request, &state, &symbol).await?;
    ingest.pushed.about(&symbol).map(|about| answer(&about)).ok_or_else(|| unknown(&symbol))
}

pub async fn remove(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let (Admitted { ingest, .. }, symbol) = admitted_for(&request, &state, &symbol).await?;
    if ingest.pushed.remove(symbol.clone()).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(unknown(&symbol))
}

fn unknown(symbol: &Symbol) -> Problem {
    let detail = format!("nothing is kept of {symbol}: POST /ingest/{symbol} makes it");
    Problem::new(StatusCode::NOT_FOUND, detail)
}

fn answer(about: &About) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(about)
}
