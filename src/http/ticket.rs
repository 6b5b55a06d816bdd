//! `POST /ticket`: what a token allows, for the query of an address.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, Resource};
use serde_json::json;

use super::AppState;
use super::access::Access;
use super::error::Problem;

/// The resource.
pub fn resource() -> Resource {
    let other =
        async |request: HttpRequest| Problem::only(request.method(), "POST, OPTIONS").response();
    web::resource("").route(web::post().to(issue)).default_service(web::to(other))
}

/// Answers with a ticket that ends with its token, if not sooner.
async fn issue(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let (Some(control), Access::Token(grant)) = (&state.access, Access::of(&request)) else {
        let detail = "nobody is asked for a token here, so that no ticket is needed";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    state.hub.ask(grant.requester())?;
    let ticket = control.ticket(&grant)?;
    let answer = json!({ "ticket": ticket.text, "ends": ticket.ends });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}
