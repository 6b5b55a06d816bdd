//! `[alpaca]`: US equities with a key.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::exchange::ExchangeSettings;
use super::secret::Secret;

/// How Alpaca is asked. An account has 200 requests a minute.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlpacaConfig {
    /// The id of the key; its account has to be there for the source to be used.
    pub key_id: Secret,
    /// The secret of the key.
    pub secret_key: Secret,
    /// Whose trades the bars are of.
    pub feed: AlpacaFeed,
    /// Where bars are asked for.
    pub rest_url: Url,
    /// Where the list of symbols is; that of a live account is at `api.alpaca.markets`.
    pub assets_url: Url,
    /// Where the socket is, without the feed.
    pub socket_url: Url,
    /// Time between two requests for one series that no socket moves. Default: 10 s.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// Requests a second of the whole process. Default: 3.
    pub request_rate: f64,
    /// Time for a whole answer. Default: 20 s, as the list of symbols is long.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Silence after which the socket is taken for dead. Default: 1 min.
    #[serde(with = "humantime_serde")]
    pub silence: Duration,
}

/// Whose trades the bars are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlpacaFeed {
    /// One exchange, IEX, with a few percent of all trades: free.
    #[default]
    Iex,
    /// All exchanges of the US: paid.
    Sip,
}

impl AlpacaFeed {
    /// As Alpaca writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iex => "iex",
            Self::Sip => "sip",
        }
    }
}

impl From<&AlpacaConfig> for ExchangeSettings {
    fn from(config: &AlpacaConfig) -> Self {
        let mut socket_url = config.socket_url.clone();
        let path = format!("{}/{}", socket_url.path().trim_end_matches('/'), config.feed.as_str());
        socket_url.set_path(&path);
        Self {
            rest_url: config.rest_url.clone(),
            socket_url,
            poll: config.poll,
            request_rate: config.request_rate,
            timeout: config.timeout,
            silence: config.silence,
            headers: vec![
                ("apca-api-key-id", config.key_id.clone()),
                ("apca-api-secret-key", config.secret_key.clone()),
            ],
        }
    }
}

impl Default for AlpacaConfig {
    fn default() -> Self {
        let url = |text| Url::parse(text).expect("a constant that a test parses");
        Self {
            key_id: Secret::default(),
            secret_key: Secret::default(),
            feed: AlpacaFeed::default(),
            rest_url: url("https://data.alpaca.markets"),
            assets_url: url("https://paper-api.alpaca.markets"),
            socket_url: url("wss://stream.data.alpaca.markets/v2"),
            poll: Duration::from_secs(10),
            request_rate: 3.0,
            timeout: Duration::from_secs(20),
            silence: Duration::from_mins(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{AlpacaConfig, ExchangeSettings};

    #[test]
    fn the_feed_is_the_end_of_the_sockets_address_and_the_key_is_in_headers() {
        let config: AlpacaConfig =
            serde_json::from_value(json!({"key_id": "PK1", "secret_key": "hush", "feed": "sip"}))
                .unwrap();
        let settings = ExchangeSettings::from(&config);
        assert_eq!(settings.socket_url.as_str(), "wss://stream.data.alpaca.markets/v2/sip");
        let headers: Vec<_> =
            settings.headers.iter().map(|(name, value)| (*name, value.reveal())).collect();
        assert_eq!(headers, [("apca-api-key-id", "PK1"), ("apca-api-secret-key", "hush")]);
        let shown = format!("{config:?} {settings:?}");
        assert!(!shown.contains("hush") && !shown.contains("PK1"), "{shown}");
    }
}
