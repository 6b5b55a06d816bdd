//! `[binance]`, `[kraken]` and `[coinbase]`: the exchanges that need no key.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::secret::Secret;

/// The settings of any exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct ExchangeSettings {
    /// Where its REST interface is.
    pub rest_url: Url,
    /// Where its socket is.
    pub socket_url: Url,
    /// Time between two requests for one series while its socket is down.
    pub poll: Duration,
    /// Requests a second of the whole process.
    pub request_rate: f64,
    /// Time for a whole answer.
    pub timeout: Duration,
    /// Silence after which a socket is taken for dead.
    pub silence: Duration,
    /// Headers of each request and each handshake, such as a key.
    pub headers: Vec<(&'static str, Secret)>,
}

/// Declares the settings of an exchange, which differ in their defaults only.
macro_rules! exchange_config {
    ($(#[$doc:meta])* $name:ident, $rest:literal, $socket:literal, $rate:literal, $silence:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// Where its REST interface is.
            pub rest_url: Url,
            /// Where its socket is.
            pub socket_url: Url,
            /// Time between two requests for one series while its socket is down. Default: 5 s.
            #[serde(with = "humantime_serde")]
            pub poll: Duration,
            /// Requests a second of the whole process.
            pub request_rate: f64,
            /// Time for a whole answer. Default: 10 s.
            #[serde(with = "humantime_serde")]
            pub timeout: Duration,
            /// Silence after which a socket is taken for dead.
            #[serde(with = "humantime_serde")]
            pub silence: Duration,
        }

        impl From<&$name> for ExchangeSettings {
            fn from(config: &$name) -> Self {
                let $name { rest_url, socket_url, poll, request_rate, timeout, silence } =
                    config.clone();
                let headers = Vec::new();
                Self { rest_url, socket_url, poll, request_rate, timeout, silence, headers }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                let url = |text| Url::parse(text).expect("a constant that a test parses");
                Self {
                    rest_url: url($rest),
                    socket_url: url($socket),
                    poll: Duration::from_secs(5),
                    request_rate: $rate,
                    timeout: Duration::from_secs(10),
                    silence: Duration::from_secs($silence),
                }
            }
        }
    };
}

exchange_config!(
    /// How Binance is asked. Klines weigh 2 of the 6,000 that an address has in one minute; the exchange pings
    /// every 20 s.
    BinanceConfig,
    "https://data-api.binance.vision",
    "wss://data-stream.binance.vision/stream",
    20.0,
    60
);

exchange_config!(
    /// How Kraken is asked. Its socket says something every second.
    KrakenConfig,
    "https://api.kraken.com",
    "wss://ws.kraken.com/v2",
    1.0,
    10
);

exchange_config!(
    /// How Coinbase is asked. It answers ten requests a second of one address, of 300 bars each, and its socket says
    /// something every second.
    CoinbaseConfig,
    "https://api.exchange.coinbase.com",
    "wss://ws-feed.exchange.coinbase.com",
    5.0,
    10
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::BinanceConfig;

    #[test]
    fn what_is_not_set_keeps_its_default_and_an_unknown_key_is_refused() {
        let read = serde_json::from_value::<BinanceConfig>;
        let config = read(json!({"rest_url": "https://api.binance.us", "poll": "2s"})).unwrap();
        assert_eq!(config.rest_url.as_str(), "https://api.binance.us/");
        assert_eq!(config.silence, BinanceConfig::default().silence);
        assert!(read(json!({"pol": "2s"})).is_err());
    }
}
