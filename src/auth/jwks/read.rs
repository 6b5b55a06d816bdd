//! A set of keys in JSON, of which those are taken that tokens can be checked with.

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::fetch::JwksError;
use crate::auth::crypto;
use crate::auth::key::{TokenKey, algorithm};
use crate::config::KeyAlgorithm;

/// Most keys of a set.
const MOST: usize = 64;
/// Shortest modulus of RSA, 2,048 bits in base 64.
const SHORTEST_MODULUS: usize = 341;

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// A key (RFC 7517, RFC 7518, RFC 8037); what else stands in it is left alone.
#[derive(Deserialize)]
struct JsonKey {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set for one of `algorithms`. A set without any is none: the keys of before are better.
///
/// # Errors
/// [`JwksError::Content`].
pub fn keys_of(body: &[u8], algorithms: &[KeyAlgorithm]) -> Result<Vec<TokenKey>, JwksError> {
    let set: KeySet = serde_json::from_slice(body).map_err(|_| JwksError::Content)?;
    let read = |key: Value| token_key(&serde_json::from_value(key).ok()?, algorithms);
    let keys: Vec<_> = set.keys.into_iter().filter_map(read).take(MOST).collect();
    if keys.is_empty() { Err(JwksError::Content) } else { Ok(keys) }
}

/// A key for the only algorithm that its type has, if that one is configured. Secrets are not for an address.
fn token_key(json: &JsonKey, algorithms: &[KeyAlgorithm]) -> Option<TokenKey> {
    let (of, name, key) = match (&*json.kty, json.crv.as_deref()) {
        ("EC", Some("P-256")) => {
            let key = DecodingKey::from_ec_components(json.x.as_deref()?, json.y.as_deref()?);
            (KeyAlgorithm::ES256, "ES256", key)
        }
        ("OKP", Some("Ed25519")) => {
            (KeyAlgorithm::EdDSA, "EdDSA", DecodingKey::from_ed_components(json.x.as_deref()?))
        }
        ("RSA", _) => {
            let modulus = json.n.as_deref().filter(|n| n.len() >= SHORTEST_MODULUS)?;
            let key = DecodingKey::from_rsa_components(modulus, json.e.as_deref()?);
            (KeyAlgorithm::RS256, "RS256", key)
        }
        _ => return None,
    };
    let is_for_it = json.alg.as_deref().is_none_or(|alg| alg == name)
        && json.r#use.as_deref().is_none_or(|r#use| r#use == "sig")
        && algorithms.contains(&of);
    let algorithm = algorithm(of);
    let key = key.ok().filter(|key| is_for_it && crypto::fits(algorithm, key))?;
    Some(TokenKey { name: json.kid.clone().unwrap_or_default(), algorithm, until: None, key })
}
