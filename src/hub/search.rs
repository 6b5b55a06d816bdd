//! A search at the sources, on the hub's runtime: what a source does must not live on a thread that serves
//! connections.

use std::sync::Arc;
use std::time::Duration;

use log::debug;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::shared::Shared;
use crate::metrics::Outcome;
use crate::shares::Client;
use crate::source::{Found, SearchQuery, SourceError};

/// Searches for `client`; who stops waiting, stops the search.
pub async fn search(
    shared: &Arc<Shared>,
    query: SearchQuery,
    client: Option<Client>,
    patience: Duration,
) -> Result<Found, SourceError> {
    let origin = shared.sources.names().next().unwrap_or_default();
    let unavailable =
        |detail: &str| SourceError::Unavailable { origin, detail: detail.to_owned(), cause: None };
    let asked = {
        let shared = Arc::clone(shared);
        async move { timeout(patience, shared.sources.search(&query, client)).await }
    };
    let task = shared.tasks.spawn_on(asked, &shared.runtime);
    let outcome = match AbortOnDropHandle::new(task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(unavailable("no answer in time")),
        Err(_) => Err(unavailable("the search broke off")),
    };
    let count = |source, outcome| {
        shared.metrics.searches.get_or_create(&Outcome { source, outcome }).inc();
    };
    let failed = |error: &SourceError| {
        count(error.origin(), error.kind());
        debug!("search: {error}");
    };
    match &outcome {
        Ok(found) => {
            found.answered.iter().for_each(|source| count(source, "ok"));
            found.unanswered.iter().for_each(failed);
        }
        Err(error) => failed(error),
    }
    outcome
}
