//! `[server.tls]`: the certificate that the server shows.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The file of the certificate in PEM, followed by those between it and a root; empty is HTTP without TLS.
    pub certificate: PathBuf,
    /// The file of its private key in PEM.
    pub key: PathBuf,
}

impl TlsConfig {
    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty() || !self.key.as_os_str().is_empty()
    }

    /// Whether both files are named, or neither.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.certificate.as_os_str().is_empty() == self.key.as_os_str().is_empty()
    }
}
