//! Why a fetch failed, told apart by what the caller should do.

use std::error::Error;
use std::time::Duration;

use crate::symbol::Symbol;

/// A failed fetch.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source does not know the symbol. Permanent for this symbol.
    #[error("{symbol} is not known to {origin}: {detail}")]
    NotFound {
        /// What was asked for.
        symbol: Symbol,
        /// The source's name.
        origin: &'static str,
        /// The source's own words.
        detail: String,
    },
    /// The source refuses this request (look-back, interval). Asking again the same way is useless.
    #[error("{origin} refuses the request: {detail}")]
    Refused {
        /// The source's name.
        origin: &'static str,
        /// The source's own words.
        detail: String,
    },
    /// The source refuses all requests of this process for now.
    #[error("{origin} limits requests: {detail}")]
    Blocked {
        /// The source's name.
        origin: &'static str,
        /// The source's own words.
        detail: String,
        /// Time until asking again makes sense.
        retry_after: Duration,
    },
    /// No answer: an outage, a time-out, a refused connection. Worth another try soon.
    #[error("{origin} cannot be reached: {detail}")]
    Unavailable {
        /// The source's name.
        origin: &'static str,
        /// What happened, for people.
        detail: String,
        /// The transport's error, for the log.
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
    /// An answer that cannot be believed. Worth another try soon.
    #[error("{origin} sent an answer that cannot be read: {detail}")]
    Malformed {
        /// The source's name.
        origin: &'static str,
        /// What is wrong with it; never the bytes themselves.
        detail: String,
    },
}

impl SourceError {
    /// The name of the source.
    #[must_use]
    pub const fn origin(&self) -> &'static str {
        match self {
            Self::NotFound { origin, .. }
            | Self::Refused { origin, .. }
            | Self::Blocked { origin, .. }
            | Self::Unavailable { origin, .. }
            | Self::Malformed { origin, .. } => origin,
        }
    }

    /// The shortest word for a metric's label.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Refused { .. } => "refused",
            Self::Blocked { .. } => "blocked",
            Self::Unavailable { .. } => "unavailable",
            Self::Malformed { .. } => "malformed",
        }
    }
}
