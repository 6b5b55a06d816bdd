//! What goes wrong between a node and Redis.

use crate::source::form::FormError;

/// Why a node cannot do its part in a series now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClusterError {
    /// The address is none that the client can use.
    #[error("the address of Redis cannot be used: {0}")]
    Address(String),
    /// No answer, or one that says that this Redis serves nobody now.
    #[error("Redis at {address} cannot be reached: {why}")]
    Gone {
        /// Host and port.
        address: String,
        /// What happened, for people.
        why: String,
    },
    /// It answers, and refuses the command.
    #[error("Redis refuses a command: {0}")]
    Refused(String),
    /// What another node wrote cannot be read here.
    #[error("what another node wrote of the series cannot be read: {0}")]
    Unreadable(#[from] FormError),
    /// What another node wrote is longer than any series.
    #[error("what another node wrote of the series has more than {0} bytes")]
    TooLong(usize),
}
