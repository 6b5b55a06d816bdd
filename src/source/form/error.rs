//! Why bytes are no form.

/// The form that is written.
pub const NEWEST: u8 = 1;

/// Why bytes are no form that this release reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// There is not even the byte that says which form it is.
    #[error("no bytes")]
    Empty,
    /// A newer release has written it.
    #[error("form {0} is newer than this release, which reads up to form {NEWEST}")]
    Unknown(u8),
    /// The bytes are cut off, damaged, or something else.
    #[error("these bytes are not of form {NEWEST}: {0}")]
    Broken(#[from] postcard::Error),
    /// More follows than the form holds.
    #[error("{0} bytes follow the form")]
    Trailing(usize),
    /// A field holds what cannot be.
    #[error("{0} cannot be")]
    Impossible(&'static str),
}
