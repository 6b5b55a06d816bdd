//! What the handlers of pushes share.

mod access;
mod room;

use std::sync::Arc;

pub use access::{Credential, Gatekeeper, PushRights};
pub use room::{BodyRoom, TakenRoom};

use crate::config::IngestConfig;
use crate::source::pushed::Pushed;

/// Where the paths of pushes begin.
pub const ROOTS: [&str; 3] = ["/ingest", "/api/v2/write", "/write"];

/// What pushes need.
#[derive(Debug)]
pub struct Ingest {
    /// Where rows go.
    pub pushed: Arc<Pushed>,
    /// Who may push, and how much.
    pub config: IngestConfig,
    /// Counts requests.
    pub gatekeeper: Gatekeeper,
    /// For bodies.
    pub room: BodyRoom,
}

impl Ingest {
    /// Takes pushes for `pushed`.
    #[must_use]
    pub fn new(pushed: Arc<Pushed>, config: IngestConfig) -> Self {
        let (gatekeeper, room) = (Gatekeeper::new(&config), BodyRoom::new(&config));
        Self { pushed, config, gatekeeper, room }
    }

    /// Most bytes that a request for `path` may send: a body, and what HTTP puts around it.
    pub fn longest_body(&self, path: &str) -> Option<usize> {
        let is_ours = ROOTS.iter().any(|root| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        is_ours.then(|| self.config.body.saturating_add(self.config.body / 8))
    }
}
