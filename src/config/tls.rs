//! `[server.tls]`: the certificate that the server shows.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The file of the certificate in PEM, followed by those between it and a root; empty is HTTP without TLS.
    pub certificate: PathBuf,
    /// The file of its private key in PEM.
    pub key: PathBuf,
    /// Most handshakes at once; 0 is unlimited. The one that takes longest makes room for a new one.
    pub handshakes: usize,
    /// Handshakes a second of one client, which is not a trusted proxy; 0 is unlimited.
    pub handshakes_per_address: f64,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            handshakes: 4_096,
            handshakes_per_address: 50.0,
        }
    }
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
