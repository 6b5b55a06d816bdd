//! `[ingest]`: bars and ticks that others push in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::listen::Listen;

/// Who may push, and how much.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// SHA-256 of the tokens that may push, in hexadecimal; none by default.
    pub tokens: Vec<TokenHash>,
    /// Whether programs on this machine may push without a token.
    pub allow_loopback: bool,
    /// Whether tokens of `[auth]` may push the symbols that their claim `figcast.ingest` names.
    pub claims: bool,
    /// Where pushes are taken, and nothing else; where nothing is said, at `server.listen`.
    #[serde(with = "super::listen::optional")]
    pub listen: Option<Listen>,
    /// Most bytes of a request's body.
    pub body: usize,
    /// Most bytes of it once it is unpacked.
    pub unpacked: usize,
    /// Most rows of a request.
    pub rows: usize,
    /// Requests a second of one client address; 0 is unlimited.
    pub requests_per_address: f64,
    /// Longest time that a body may take to come.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Most symbols.
    pub symbols: usize,
    /// Most bars of a symbol at one interval; the newest are kept.
    pub bars: usize,
    /// Most ticks of a symbol that are remembered, so that one sent again is not counted twice.
    pub ticks: usize,
    /// How long news are collected before they are drawn together.
    #[serde(with = "humantime_serde")]
    pub window: Duration,
    /// After how long without a push a symbol is stale.
    #[serde(with = "humantime_serde")]
    pub stale_after: Duration,
}

impl IngestConfig {
    /// Whether anybody may push.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.allow_loopback || self.claims || !self.tokens.is_empty()
    }

    /// Whether one of the tokens is `token`. How long this takes says nothing of them.
    #[must_use]
    pub fn knows(&self, token: &[u8]) -> bool {
        let hash = TokenHash::of(token);
        self.tokens.iter().fold(false, |known, token| known | token.is(&hash))
    }
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            allow_loopback: false,
            claims: false,
            listen: None,
            body: 16 << 20,
            unpacked: 32 << 20,
            rows: 100_000,
            requests_per_address: 200.0,
            timeout: Duration::from_secs(30),
            symbols: 1_000,
            bars: 200_000,
            ticks: 20_000,
            window: Duration::from_millis(100),
            stale_after: Duration::from_mins(3),
        }
    }
}

/// The SHA-256 of a token: the token itself stands nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; SHA256_OUTPUT_LEN]);

/// A text is not the hash of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token stands as its SHA-256, 64 hexadecimal digits, as `printf %s \"$TOKEN\" | sha256sum` says it"
)]
pub struct TokenHashError;

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest(&SHA256, token).as_ref());
        Self(hash)
    }

    fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl FromStr for TokenHash {
    type Err = TokenHashError;

    fn from_str(text: &str) -> Result<Self, TokenHashError> {
        let text = text.as_bytes();
        let mut hash = [0; SHA256_OUTPUT_LEN];
        if text.len() != hash.len() * 2 {
            return Err(TokenHashError);
        }
        for (byte, pair) in hash.iter_mut().zip(text.chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| TokenHashError)?;
            // A sign would be taken, too.
            let is_hex = pair.iter().all(u8::is_ascii_hexdigit);
            let value = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex);
            *byte = value.ok_or(TokenHashError)?;
        }
        Ok(Self(hash))
    }
}

impl TryFrom<String> for TokenHash {
    type Error = TokenHashError;

    fn try_from(text: String) -> Result<Self, TokenHashError> {
        text.parse()
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hash.0.iter().fold(Self::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{IngestConfig, TokenHash};

    /// As sha256sum says it.
    const OF_SECRET: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

    #[test]
    fn a_token_is_known_by_its_hash() {
        let tokens = vec![TokenHash::of(b"other"), OF_SECRET.parse().expect("a hash")];
        let config = IngestConfig { tokens, ..IngestConfig::default() };
        assert!(config.is_on() && config.knows(b"secret") && config.knows(b"other"));
        assert!(
            !config.knows(b"Secret") && !config.knows(b"") && !config.knows(OF_SECRET.as_bytes())
        );
        assert_eq!(String::from(TokenHash::of(b"secret")), OF_SECRET);
        assert!(!IngestConfig::default().is_on());
    }

    #[test]
    fn a_token_itself_is_refused_where_its_hash_belongs() {
        let upper = OF_SECRET.to_uppercase();
        assert_eq!(upper.parse(), Ok(TokenHash::of(b"secret")));
        for text in [
            "",
            "secret",
            &OF_SECRET[1..],
            &OF_SECRET.replace('2', "g"),
            &"+1".repeat(32),
            &"é".repeat(32),
        ] {
            assert!(text.parse::<TokenHash>().is_err(), "{text}");
        }
    }
}
