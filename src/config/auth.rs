//! `[auth]`: keys of tokens, and which routes ask for one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whose tokens are believed, and where one is needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The issuer that a token must name (`iss`).
    pub issuer: String,
    /// The audience that a token must name (`aud`).
    pub audience: String,
    /// The keys that tokens are signed with, by their names. A token that names one in `kid` is tried with
    /// that one only.
    pub keys: BTreeMap<String, KeyConfig>,
    /// Keys that are fetched from the issuer.
    pub jwks: JwksConfig,
    /// How far the clocks of issuers may differ from this one.
    #[serde(with = "humantime_serde")]
    pub leeway: Duration,
    /// The cookie that a token may stand in.
    pub cookie: String,
    /// The file of the secret that tickets are sealed with; empty is one of this process alone.
    pub ticket_key: PathBuf,
    /// Longest life of a ticket, which ends with its token in any case.
    #[serde(with = "humantime_serde")]
    pub ticket_lifetime: Duration,
    /// Which routes ask for a token.
    pub routes: RoutesConfig,
}

impl AuthConfig {
    /// Whether tokens are asked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.keys.is_empty() || self.jwks.is_on()
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: String::new(),
            keys: BTreeMap::new(),
            jwks: JwksConfig::default(),
            leeway: Duration::from_secs(5),
            cookie: "__Host-figcast".to_owned(),
            ticket_key: PathBuf::new(),
            ticket_lifetime: Duration::from_hours(1),
            routes: RoutesConfig::default(),
        }
    }
}

/// A key that tokens are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// The only algorithm that it is used for.
    pub algorithm: KeyAlgorithm,
    /// The file that it stands in: of HS256 a secret of 32 bytes or more, of the others a public key in PEM.
    pub file: PathBuf,
    /// When it ends, which the key before the current one should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Keys that are fetched from the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct JwksConfig {
    /// Where they are; empty is nowhere.
    pub url: String,
    /// The algorithms that they are used for, each with the keys of its type.
    pub algorithms: Vec<KeyAlgorithm>,
    /// How long they are believed before they are fetched again.
    #[serde(with = "humantime_serde")]
    pub refresh: Duration,
    /// Longest time for an answer.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

impl JwksConfig {
    /// Whether there is an address.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.url.is_empty()
    }
}

impl Default for JwksConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            algorithms: Vec::new(),
            refresh: Duration::from_hours(1),
            timeout: Duration::from_secs(5),
        }
    }
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum KeyAlgorithm {
    /// HMAC with SHA-256: the server could sign, too.
    HS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
    /// RSA with SHA-256.
    RS256,
}

/// What each group of routes asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutesConfig {
    /// The page and its files.
    pub page: AccessLevel,
    /// Streams, figures, bars, search and views.
    pub charts: AccessLevel,
    /// `/metrics`.
    pub metrics: AccessLevel,
}

impl Default for RoutesConfig {
    fn default() -> Self {
        Self { page: AccessLevel::Public, charts: AccessLevel::Viewer, metrics: AccessLevel::Admin }
    }
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLevel {
    /// Everybody.
    Public,
    /// A token that names symbols.
    Viewer,
    /// A token with `admin`.
    Admin,
}
