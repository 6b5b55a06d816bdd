//! Why a client gets no stream and no figure.

use std::time::Duration;

use crate::source::OutOfRange;
use crate::symbol::Symbol;

/// Why a client gets no stream and no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// The source does not know the symbol.
    #[error("{symbol} is not known to the {origin} source")]
    NotFound {
        /// The symbol that the client asked for.
        symbol: Symbol,
        /// The source's name.
        origin: &'static str,
    },
    /// The source has no such bars, or not as far back.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A bound is reached, or the server is stopping. Worth another try elsewhere or later.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The source has no answer yet.
    #[error("{message}")]
    Unavailable {
        /// What is wrong, for people.
        message: String,
    },
}

/// Why a client is turned away for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overloaded {
    /// All streams are taken.
    #[error("the server carries as many streams as it can")]
    Streams,
    /// The client's address has as many streams as it may.
    #[error("this address has as many streams as it may")]
    Address,
    /// The client's token has as many streams as it may.
    #[error("this token's subject has as many streams as it may")]
    Subject,
    /// The streams of the client's token have as many views as they may.
    #[error(
        "the streams of this token's subject have as many views as they may (its claim figcast.views)"
    )]
    SubjectViews,
    /// The client asks more often than it may.
    #[error("this client asks more often than it may")]
    Rate {
        /// Time until it may ask again.
        retry_after: Duration,
    },
    /// All feeds or views are taken.
    #[error("the server follows as many charts as it can")]
    Views,
    /// The server is stopping.
    #[error("the server is restarting")]
    Draining,
}
