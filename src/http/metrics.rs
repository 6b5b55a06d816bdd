//! `/metrics`: the counters, for Prometheus.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::AppState;

/// Content type of the `OpenMetrics` text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All families.
pub async fn get(state: Data<AppState>) -> impl Responder {
    HttpResponse::Ok().content_type(OPEN_METRICS).body(state.metrics.expose())
}
