//! `[server]`: listening, proxies and shutdown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::listen::Listen;
use super::origin::Origin;
use crate::codec::Coding;

/// How the server listens and stops.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address or name, and port; port 0 takes a free one. A port alone is this machine's alone.
    pub listen: Listen,
    /// Threads that serve connections; 0 is one a core.
    pub workers: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins whose pages may show `/chart/{symbol}?embed=1` in a frame; none by default.
    pub frame_ancestors: Vec<Origin>,
    /// Longest time from the signal to stop until the process has gone.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// A client that takes no byte for this long is cut.
    #[serde(with = "humantime_serde")]
    pub write_timeout: Duration,
    /// Whether streams are offered in zstd.
    pub zstd: bool,
    /// Whether streams are offered in gzip.
    pub gzip: bool,
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
            workers: 0,
            trusted_proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            frame_ancestors: Vec::new(),
            drain: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            zstd: true,
            gzip: true,
        }
    }
}
