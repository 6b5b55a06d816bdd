//! Answers in the body of the protocol.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::http::error::Problem;

/// An answer, or what the protocol says in its place.
pub fn answered<T: Serialize>(answer: Result<T, Problem>, caching: &'static str) -> HttpResponse {
    match answer {
        Ok(answer) => HttpResponse::Ok().insert_header((CACHE_CONTROL, caching)).json(answer),
        Err(problem) => problem.as_udf(),
    }
}
