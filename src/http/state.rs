//! What the handlers share.

use std::sync::Arc;

use actix_web::HttpRequest;

use super::client::{TrustedProxies, address};
use crate::codec::Coding;
use crate::config::Origin;
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::shares::{Client, Unread};

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Gives figures.
    pub hub: Hub,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Codings that streams are offered in besides identity, the preferred one first.
    pub codings: Arc<[Coding]>,
    /// Proxies that are believed when they name the client they ask for.
    pub trusted_proxies: TrustedProxies,
    /// Answers on their way.
    pub unread: Arc<Unread>,
    /// Who may show an embedded chart in a frame.
    pub frame_ancestors: Arc<[Origin]>,
}

impl AppState {
    /// Whose request it is, where that is known.
    pub fn client(&self, request: &HttpRequest) -> Option<Client> {
        address(request, &self.trusted_proxies).map(Client::from)
    }
}
