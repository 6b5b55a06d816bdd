//! Which pages of other sites may read answers (CORS), and what they may ask for.

use actix_cors::Cors;
use actix_web::http::header;

use super::AppState;
use crate::config::AllowedOrigin;

/// What a page of another site may do with most resources: read them.
pub const READS: &[&str] = &["GET", "HEAD", "OPTIONS"];
/// The same of tickets, which are asked for with a token. Nothing else is for pages to send: a page of another site could
/// push to a server on its reader's machine.
pub const TICKETS: &[&str] = &["POST", "OPTIONS"];

/// The layer around resources that may be asked with `methods`, with whatever headers their client, tracer or proxy adds. Any
/// page may where nothing is configured and no token is asked for; with their cookies those may whose origins
/// are named.
pub fn cors(state: &AppState, methods: &[&str]) -> Cors {
    let asks = state.access.is_some();
    let cors = Cors::default()
        .allowed_methods(methods.iter().copied())
        .allow_any_header()
        .expose_headers([header::ETAG])
        .block_on_origin_mismatch(false)
        .max_age(86_400);
    let is_any = state.origins.contains(&AllowedOrigin::Any);
    if is_any || (state.origins.is_empty() && !asks) {
        return cors.allow_any_origin().send_wildcard();
    }
    let named = state.origins.iter().filter_map(|origin| match origin {
        AllowedOrigin::Any => None,
        AllowedOrigin::One(origin) => Some(origin.to_string()),
    });
    let cors = named.fold(cors, |cors, origin| cors.allowed_origin(&origin));
    if asks && !state.origins.is_empty() { cors.supports_credentials() } else { cors }
}
