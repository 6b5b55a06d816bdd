//! `/healthz` and `/readyz`.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::AppState;
use super::error::Problem;

/// The process answers.
pub async fn alive() -> impl Responder {
    fine()
}

/// New streams are welcome: always, but for a server that is stopping. Trouble upstream does not
/// count, since it is the same on every node and the last good figures are still worth having.
pub async fn ready(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    if state.hub.is_draining() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is restarting"));
    }
    Ok(fine())
}

fn fine() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}
