//! `[yahoo]`: the Yahoo Finance source.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// Both names of the one service, in the order they are tried.
const BASE_URLS: [&str; 2] =
    ["https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com"];
/// Yahoo answers 429 to the user agents of scripts, whatever their pace.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                          Chrome/141.0.0.0 Safari/537.36";
/// Yahoo marks its answers fresh for 10 s and usable for another 20 s.
const POLL: Duration = Duration::from_secs(20);
/// Nothing comes between two sessions but late corrections.
const CLOSED_POLL: Duration = Duration::from_mins(5);
/// Above about one request a second an address is blocked for minutes to hours.
const REQUEST_RATE: f64 = 1.0;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Five days of minutes are about 200 kB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
const BREAKER_OPEN: Duration = Duration::from_mins(1);
const BREAKER_MAX: Duration = Duration::from_mins(15);

/// How Yahoo is asked.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct YahooConfig {
    /// Servers, by preference; the next one is tried when one is down. Default: query1 and query2 of
    /// `finance.yahoo.com`.
    pub base_urls: Vec<Url>,
    /// The `User-Agent` header. Default: a desktop Chrome.
    pub user_agent: String,
    /// Shortest time between two fetches of one series. Default: 20 s.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// The same while nothing is traded. Default: 5 min.
    #[serde(with = "humantime_serde")]
    pub closed_poll: Duration,
    /// Requests a second of the whole process. Default: 1.
    pub request_rate: f64,
    /// Time to connect to a server. Default: 5 s.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// Time for a whole answer of one server. Default: 10 s.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Longest accepted answer in bytes, unpacked. Default: 4 MiB.
    pub body_limit: usize,
    /// First pause of all requests after Yahoo refused one. Default: 60 s.
    #[serde(with = "humantime_serde")]
    pub breaker_open: Duration,
    /// Longest such pause, to which it doubles. Default: 15 min.
    #[serde(with = "humantime_serde")]
    pub breaker_max: Duration,
}

impl Default for YahooConfig {
    fn default() -> Self {
        Self {
            base_urls: BASE_URLS
                .iter()
                .map(|url| Url::parse(url).expect("a constant that a test parses"))
                .collect(),
            user_agent: USER_AGENT.to_owned(),
            poll: POLL,
            closed_poll: CLOSED_POLL,
            request_rate: REQUEST_RATE,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            body_limit: BODY_LIMIT,
            breaker_open: BREAKER_OPEN,
            breaker_max: BREAKER_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::YahooConfig;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn what_is_not_set_keeps_its_default() {
        let config: YahooConfig =
            serde_json::from_value(json!({"poll": "45s", "base_urls": ["http://localhost:9"]}))
                .unwrap();
        assert_eq!(config.poll, Duration::from_secs(45));
        assert_eq!(config.base_urls[0].as_str(), "http://localhost:9/");
        assert_eq!(config.timeout, YahooConfig::default().timeout);
        assert_eq!(
            serde_json::from_value::<YahooConfig>(json!({})).unwrap(),
            YahooConfig::default()
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_value::<YahooConfig>(json!({"pol": "45s"})).is_err());
    }
}
