//! `[cluster]`: several servers that are one service.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// Where the servers of a service meet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterConfig {
    /// The Redis or Valkey that they share; empty for a server that is alone.
    pub redis: RedisAddress,
    /// The Sentinels that know which Redis is the master, whose name is then the host of `redis`.
    pub sentinels: Vec<RedisAddress>,
    /// What the names of their keys in it begin with.
    pub prefix: String,
    /// What a server does while it cannot reach it.
    pub when_redis_is_gone: WhenRedisIsGone,
    /// How many replicas of Redis have what is pushed before it is acknowledged.
    pub replicas: usize,
}

impl ClusterConfig {
    /// Whether there are other servers.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.redis.0.is_empty()
    }
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            redis: RedisAddress::default(),
            sentinels: Vec::new(),
            prefix: "figcast".to_owned(),
            when_redis_is_gone: WhenRedisIsGone::default(),
            replicas: 0,
        }
    }
}

/// What a server does while it cannot reach Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenRedisIsGone {
    /// It shows the charts as they were, and says so.
    #[default]
    Freeze,
    /// It follows the sources by itself: each server asks for everything that its clients watch.
    Poll,
}

/// `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS; possibly empty. The password
/// is in no message.
#[derive(Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedisAddress(String);

/// Why a text is no address of Redis. It does not hold the text, in which a password may stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the address of Redis is written redis://host:6379, or rediss:// for TLS, with user:password@ before the host if it wants them"
)]
pub struct RedisAddressError;

impl RedisAddress {
    /// With the password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, which is the name of a master where Sentinels are asked for it.
    #[must_use]
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl FromStr for RedisAddress {
    type Err = RedisAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let url = Url::parse(text).map_err(|_| RedisAddressError)?;
        let fits = ["redis", "rediss"].contains(&url.scheme()) && url.has_host();
        if fits { Ok(Self(text.to_owned())) } else { Err(RedisAddressError) }
    }
}

impl TryFrom<String> for RedisAddress {
    type Error = RedisAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RedisAddress> for String {
    fn from(address: RedisAddress) -> Self {
        address.0
    }
}

/// Host and port alone.
impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(url) = Url::parse(&self.0) else { return f.write_str("none") };
        write!(f, "{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(6379))
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{RedisAddress, RedisAddressError};

    #[test]
    fn an_address_of_redis_shows_its_host_and_no_password() {
        let address: RedisAddress = "rediss://desk:hunter2@cache.example/3".parse().expect("one");
        assert_eq!(format!("{address} {address:?}"), "cache.example:6379 cache.example:6379");
        assert_eq!(format!("{:?}", RedisAddress::default()), "none");
    }

    #[test]
    fn what_is_no_address_of_redis_is_refused_without_being_repeated() {
        for text in ["localhost:6379", "http://cache.example", "redis:", "hunter2"] {
            assert_eq!(text.parse::<RedisAddress>(), Err(RedisAddressError), "{text}");
        }
        assert!(!RedisAddressError.to_string().contains("hunter2"));
    }
}
