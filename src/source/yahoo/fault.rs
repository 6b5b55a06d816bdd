//! What the source is called, and the failures that it puts into its own words.

use std::time::Duration;

use crate::source::error::SourceError;

/// Name used in the configuration, figures and logs.
pub const NAME: &str = "yahoo";

/// All requests wait because one was refused.
pub fn paused(retry_after: Duration) -> SourceError {
    SourceError::Blocked {
        origin: NAME,
        detail: "it has refused a request, so all of them pause".to_owned(),
        retry_after,
    }
}

/// An answer that cannot be believed.
pub fn malformed(detail: impl Into<String>) -> SourceError {
    SourceError::Malformed { origin: NAME, detail: detail.into() }
}
