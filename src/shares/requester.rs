//! The client of a request, and the shares that its token gives it.

use super::Client;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Requester {
    /// Whom its shares are counted for.
    pub client: Option<Client>,
    /// What its token says of them.
    pub allowance: Allowance,
}

/// Shares that take the place of the configured ones; `None` leaves those.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Allowance {
    /// Most streams at once.
    pub streams: Option<usize>,
    /// Most views of all its streams at once.
    pub views: Option<usize>,
    /// Requests a second.
    pub rate: Option<f64>,
}

impl From<Option<Client>> for Requester {
    fn from(client: Option<Client>) -> Self {
        Self { client, allowance: Allowance::default() }
    }
}
