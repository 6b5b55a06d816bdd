//! What the handlers share.

use std::sync::Arc;

use actix_web::HttpRequest;

use super::access::{Access, AccessControl};
use super::client::{TrustedProxies, address};
use super::coded::AnswerCoder;
use super::intake::Ingest;
use super::scope::Scope;
use crate::codec::Coding;
use crate::config::{AllowedOrigin, BasePath, Origin};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::shares::{Client, Requester, Unread};
use crate::symbol::Symbol;
use crate::view::Catalog as _;

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
    /// Origins whose pages may read answers, as they are configured.
    pub origins: Arc<[AllowedOrigin]>,
    /// Asks for tokens, if anybody has to show one.
    pub access: Option<Arc<AccessControl>>,
    /// Takes pushes, if anybody may push.
    pub ingest: Option<Arc<Ingest>>,
    /// Compresses answers that end.
    pub coder: Arc<AnswerCoder>,
    /// Whether requests that were answered have a line in the log.
    pub logs_access: bool,
    /// The path that all routes are below.
    pub base_path: BasePath,
    /// What is served on the listener.
    pub scopes: Arc<[Scope]>,
}

impl AppState {
    /// The state for a listener that serves `scopes`: no body is read for what is not served there.
    #[must_use]
    pub fn for_scopes(&self, scopes: &Arc<[Scope]>) -> Self {
        let ingest = self.ingest.clone().filter(|_| scopes.contains(&Scope::Pushes));
        Self { ingest, scopes: Arc::clone(scopes), ..self.clone() }
    }

    /// Whether the page, and what it reads, is at the listener.
    #[must_use]
    pub fn serves_charts(&self) -> bool {
        self.scopes.contains(&Scope::Charts)
    }

    /// Most bytes that a request for `path` may send behind its head; none where no route reads them.
    #[must_use]
    pub fn longest_body(&self, path: &str) -> Option<usize> {
        self.ingest.as_ref()?.longest_body(self.base_path.strip(path)?)
    }

    /// The symbol to ask for what is pushed as `symbol`.
    #[must_use]
    pub fn pushed_name(&self, symbol: &Symbol) -> String {
        let pushed = symbol.at("pushed");
        self.hub.canonical(pushed.clone()).unwrap_or(pushed).to_string()
    }

    /// Whose request it is: that of its token's subject, else of its address, where that is known.
    #[must_use]
    pub fn requester(&self, request: &HttpRequest) -> Requester {
        Access::of(request).requester().unwrap_or_else(|| self.client(request).into())
    }

    /// The address that a request is of, where that is known.
    pub fn client(&self, request: &HttpRequest) -> Option<Client> {
        address(request, &self.trusted_proxies).map(Client::from)
    }
}
