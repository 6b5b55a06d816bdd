//! The configuration: valid, complete and typed.
//!
//! Layers, later ones winning: the defaults below, a TOML file, `FIGCAST_*` variables, flags. A key
//! that is not known and a value that does not fit are refused, with where they stand and what would
//! be right.

mod admin;
mod alpaca;
mod appearance;
mod auth;
mod base_path;
mod bounds;
mod cluster;
mod exchange;
mod fault;
mod history;
mod hub;
mod ingest;
mod listen;
mod load;
mod markets;
mod network;
mod origin;
mod replay;
mod secret;
mod server;
mod sim;
mod source;
mod tls;
mod yahoo;

pub use admin::AdminConfig;
pub use alpaca::{AlpacaConfig, AlpacaFeed};
pub use appearance::{AppearanceConfig, Setting, ThemeConfig};
pub use auth::{AccessLevel, AuthConfig, JwksConfig, KeyAlgorithm, KeyConfig, RoutesConfig};
pub use base_path::{BasePath, BasePathError};
pub use cluster::{ClusterConfig, RedisAddress, RedisAddressError, WhenRedisIsGone};
pub use exchange::{BinanceConfig, CoinbaseConfig, ExchangeSettings, KrakenConfig};
pub use fault::{Fault, Faults, Location};
pub use history::{HistoryConfig, KeepDays};
pub use hub::HubConfig;
pub use ingest::{IngestConfig, TokenHash, TokenHashError};
pub use listen::{Listen, ListenError};
pub use load::{DEFAULT_FILE, Flag, Layers, Loaded};
pub use markets::MarketsConfig;
pub use network::{Network, NetworkError};
pub use origin::{AllowedOrigin, Origin, OriginError};
pub use replay::{DateOrder, DecimalMark, Reading, RecordedFile, ReplayConfig};
pub use secret::Secret;
use serde::{Deserialize, Serialize};
pub use server::{ClientHeader, ServerConfig};
pub use sim::SimConfig;
pub use source::{SourceConfig, SourceName};
pub use tls::TlsConfig;
pub use yahoo::YahooConfig;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Listening, bounds and shutdown.
    pub server: ServerConfig,
    /// Whose tokens are believed, and where one is needed.
    pub auth: AuthConfig,
    /// Feeds, views and the rhythm of streams.
    pub hub: HubConfig,
    /// Colours and a font of one's own.
    pub appearance: AppearanceConfig,
    /// Which sources are used.
    pub source: SourceConfig,
    /// When markets trade, as far as sources do not tell.
    pub markets: MarketsConfig,
    /// The simulated market.
    pub sim: SimConfig,
    /// The Yahoo Finance source.
    pub yahoo: YahooConfig,
    /// The Binance exchange.
    pub binance: BinanceConfig,
    /// The Kraken exchange.
    pub kraken: KrakenConfig,
    /// The Coinbase exchange.
    pub coinbase: CoinbaseConfig,
    /// The Alpaca broker.
    pub alpaca: AlpacaConfig,
    /// Recorded bars.
    pub replay: ReplayConfig,
    /// Bars and ticks that are pushed in.
    pub ingest: IngestConfig,
    /// Bars that stay.
    pub history: HistoryConfig,
    /// Several servers that are one service.
    pub cluster: ClusterConfig,
}

impl Config {
    /// Every source that is used, each once, the one for symbols that name none first. Where somebody may push,
    /// what is pushed is one.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceName> {
        let mut used = self.source.used();
        if self.ingest.is_on() && !used.contains(&SourceName::Pushed) {
            used.push(SourceName::Pushed);
        }
        used
    }

    /// Their names: `sim`, `sim and pushed`.
    #[must_use]
    pub fn sources_in_words(&self) -> String {
        let names: Vec<_> = self.sources().into_iter().map(SourceName::as_str).collect();
        names.join(" and ")
    }

    /// Rules that span values: the keys for which one does not hold, and it.
    fn broken_rules(&self) -> Vec<(&'static str, &'static str)> {
        let rules = [
            (
                self.server.drain_notice <= self.server.drain,
                "server.drain_notice",
                "must not exceed server.drain, of which it is a part",
            ),
            (
                self.server.tls.is_whole(),
                "server.tls",
                "needs both certificate and key, or neither",
            ),
            (
                self.hub.retry_min <= self.hub.retry_max,
                "hub.retry_min",
                "must not exceed hub.retry_max",
            ),
            (
                !self.ingest.claims || self.auth.is_on(),
                "ingest.claims",
                "needs keys of tokens in auth.keys or auth.jwks",
            ),
            (
                self.server.listen.is_any_port()
                    || self.ingest.listen.as_ref() != Some(&self.server.listen),
                "ingest.listen",
                "must be another address than server.listen; leave it out to take pushes there",
            ),
            (
                self.server.listen.is_any_port()
                    || self.server.admin.listen.as_ref() != Some(&self.server.listen),
                "server.admin.listen",
                "must be another address than server.listen; leave it out to have /metrics there",
            ),
            (
                self.cluster.is_on() || self.cluster.sentinels.is_empty(),
                "cluster.sentinels",
                "need cluster.redis, whose host is the name of the master",
            ),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        broken.map(|(_, key, rule)| (key, rule)).collect()
    }
}
