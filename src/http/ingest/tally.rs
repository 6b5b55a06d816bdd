//! Counts pushes: how they were answered, and what became of their rows.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::history::{KeptRows, PushOutcome};
use crate::http::AppState;
use crate::metrics::{IngestOutcome, Metrics};

/// Counts the answer to a request that would change something.
///
/// # Errors
/// Those of the service inside.
pub async fn counted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let changes = [Method::POST, Method::PUT, Method::DELETE].contains(request.method());
    let response = next.call(request).await?;
    if let Some(state) = state.filter(|_| changes) {
        let outcome = IngestOutcome(word(response.status()));
        state.metrics.ingest_requests.get_or_create(&outcome).inc();
    }
    Ok(response)
}

/// An answer in one word.
fn word(status: StatusCode) -> &'static str {
    match status {
        status if status.is_success() => "ok",
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "unauthorized",
        StatusCode::REQUEST_TIMEOUT => "late",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::TOO_MANY_REQUESTS => "limited",
        status if status.is_server_error() => "unavailable",
        _ => "invalid",
    }
}

/// Counts the rows of a push that was kept, `refused` of which were left out.
pub fn rows(metrics: &Metrics, outcome: &PushOutcome, refused: usize) {
    let sum = |of: fn(&KeptRows) -> usize| outcome.symbols.iter().map(of).sum();
    let count = |word, count: usize| {
        if count > 0 {
            metrics.ingest_rows.get_or_create(&IngestOutcome(word)).inc_by(count as u64);
        }
    };
    count("accepted", sum(|part| part.accepted));
    count("replaced", sum(|part| part.replaced));
    count("unchanged", sum(|part| part.unchanged));
    count("refused", refused);
    let corrected: usize = sum(|part| part.corrected);
    metrics.ingest_corrections.inc_by(corrected as u64);
}
