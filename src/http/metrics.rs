//! `/metrics`: the counters, for Prometheus and what reads its formats.

use actix_web::http::header::VARY;
use actix_web::mime::Mime;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};

use super::{AppState, negotiation};

/// The text format of Prometheus, which everything reads that reads metrics.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The `OpenMetrics` text format, which Prometheus asks for by name.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All families.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> impl Responder {
    state.hub.observe_sources();
    let offered = [TEXT, OPEN_METRICS].map(|kind| kind.parse::<Mime>().expect("a media type"));
    // A client that refuses both is told so by the layer around all routes.
    let is_text = negotiation::media(&request, &offered).is_none_or(|best| *best == offered[0]);
    let (kind, body) = if is_text {
        (TEXT, state.metrics.expose_text())
    } else {
        (OPEN_METRICS, state.metrics.expose())
    };
    HttpResponse::Ok().content_type(kind).insert_header((VARY, "Accept")).body(body)
}
