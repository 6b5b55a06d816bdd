//! A search at the source, on the hub's runtime: what the source does must not live on a thread that
//! serves connections.

use std::sync::Arc;
use std::time::Duration;

use log::debug;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::shared::Shared;
use crate::metrics::Outcome;
use crate::shares::Client;
use crate::source::{Listing, SearchQuery, SourceError};

/// Searches for `client`; who stops waiting, stops the search.
pub async fn search(
    shared: &Arc<Shared>,
    query: SearchQuery,
    client: Option<Client>,
    patience: Duration,
) -> Result<Vec<Listing>, SourceError> {
    let origin = shared.source.name();
    let unavailable =
        |detail: &str| SourceError::Unavailable { origin, detail: detail.to_owned(), cause: None };
    let asked = {
        let shared = Arc::clone(shared);
        async move { timeout(patience, shared.source.search().find(&query, client)).await }
    };
    let task = shared.tasks.spawn_on(asked, &shared.runtime);
    let outcome = match AbortOnDropHandle::new(task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(unavailable("no answer in time")),
        Err(_) => Err(unavailable("the search broke off")),
    };
    let kind = outcome.as_ref().map_or_else(SourceError::kind, |_| "ok");
    shared.metrics.searches.get_or_create(&Outcome(kind)).inc();
    outcome.inspect_err(|error| debug!("search: {error}"))
}
