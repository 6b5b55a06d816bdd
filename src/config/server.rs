//! `[server]`: listening, proxies and shutdown.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::admin::AdminConfig;
use super::base_path::BasePath;
use super::listen::Listen;
use super::network::Network;
use super::origin::{AllowedOrigin, Origin};
use super::tls::TlsConfig;
use crate::codec::Coding;

/// How the server listens and stops.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address or name, and port; port 0 takes a free one. A port alone is this machine's alone.
    pub listen: Listen,
    /// The path that all routes are below, such as `/charts`; by default there is none.
    pub base_path: BasePath,
    /// Threads that serve connections; 0 is one a core.
    pub workers: usize,
    /// Proxies that are believed when they name the client they ask for: addresses and networks.
    pub trusted_proxies: Vec<Network>,
    /// The header in which they do.
    pub client_header: ClientHeader,
    /// Origins whose pages may show `/chart/{symbol}?embed=1` in a frame; none by default.
    pub frame_ancestors: Vec<Origin>,
    /// Origins whose pages may read answers; empty is any, and none where tokens are asked for.
    pub origins: Vec<AllowedOrigin>,
    /// Longest time from the signal to stop until the process has gone.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// How much of it the listener stays open for, and `/readyz` says that nobody is welcome.
    #[serde(with = "humantime_serde")]
    pub drain_notice: Duration,
    /// Longest time that a request may take to come, from its first byte to its last.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// A client that takes no byte of an answer for this long is cut, and one that acknowledges no byte
    /// of a stream.
    #[serde(with = "humantime_serde")]
    pub write_timeout: Duration,
    /// A client that is there and takes no byte of a stream for this long is cut.
    #[serde(with = "humantime_serde")]
    pub stall_timeout: Duration,
    /// Bytes of figures and tables that clients may leave unread at once; 0 is unlimited. One client may
    /// leave a quarter of them.
    pub unread_bytes: usize,
    /// Most connections; 0 is the process's descriptor limit less 100.
    pub connections: usize,
    /// Most connections of one client, which is not a trusted proxy; 0 is unlimited.
    pub connections_per_address: usize,
    /// Whether streams and answers are offered in zstd.
    pub zstd: bool,
    /// Whether streams and answers are offered in gzip.
    pub gzip: bool,
    /// Whether each request that was answered has a line in the log.
    pub access_log: bool,
    /// An address for operators.
    pub admin: AdminConfig,
    /// The certificate, where TLS is spoken.
    pub tls: TlsConfig,
}

/// The headers in which a proxy names the client that it asks for. A client can send them as well, and a
/// proxy passes on the one that it does not write itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientHeader {
    /// `X-Forwarded-For` where a request has it, else `Forwarded`.
    #[default]
    Either,
    /// `X-Forwarded-For` alone.
    XForwardedFor,
    /// `Forwarded` of RFC 7239 alone.
    Forwarded,
}

impl ServerConfig {
    /// The codings that streams are offered in besides identity, the preferred one first.
    #[must_use]
    pub fn codings(&self) -> Vec<Coding> {
        let all = [(self.zstd, Coding::Zstd), (self.gzip, Coding::Gzip)];
        all.into_iter().filter_map(|(on, coding)| on.then_some(coding)).collect()
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)).into(),
            base_path: BasePath::default(),
            workers: 0,
            trusted_proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            client_header: ClientHeader::default(),
            frame_ancestors: Vec::new(),
            origins: Vec::new(),
            drain: Duration::from_secs(5),
            drain_notice: Duration::from_secs(1),
            request_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_mins(5),
            unread_bytes: 256 * 1024 * 1024,
            connections: 0,
            connections_per_address: 512,
            zstd: true,
            gzip: true,
            access_log: false,
            admin: AdminConfig::default(),
            tls: TlsConfig::default(),
        }
    }
}
