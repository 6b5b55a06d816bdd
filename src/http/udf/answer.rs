//! Answers in the body of the protocol.

use actix_web::http::header::{CACHE_CONTROL, VARY};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::http::AppState;
use crate::http::error::Problem;
use crate::http::once::Once;

/// An answer in the coding that its client likes best, or what the protocol says in its place.
pub async fn answered<T: Serialize>(
    request: &HttpRequest,
    state: &AppState,
    answer: Result<T, Problem>,
    caching: &'static str,
) -> HttpResponse {
    let answer = match answer {
        Ok(answer) => coded(request, state, &answer, caching).await,
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(|problem| problem.as_udf())
}

async fn coded<T: Serialize>(
    request: &HttpRequest,
    state: &AppState,
    answer: &T,
    caching: &'static str,
) -> Result<HttpResponse, Problem> {
    let text = serde_json::to_string(answer).expect("an answer has string keys only");
    let coded = state.coder.code(request, None, text.into()).await;
    let mut response = HttpResponse::Ok();
    coded.tell(&mut response);
    response
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((VARY, "Accept-Encoding"))
        .content_type("application/json");
    Ok(response.body(Once::new(state, state.requester(request).client, coded.bytes)?))
}
