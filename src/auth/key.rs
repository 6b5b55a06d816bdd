//! Keys: those that tokens are checked with, and the one that a token is signed with by hand.

use std::fmt;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::claims::TokenClaims;
use super::crypto;
use super::error::KeyError;
use crate::config::{KeyAlgorithm, KeyConfig};

/// Types of public keys: RFC 5480, RFC 8410 and RFC 8017.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Fewest bytes of a secret: as many as the digest has (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// A key that tokens are checked with.
pub struct TokenKey {
    /// Its name, which a token's `kid` may say.
    pub name: String,
    /// The only algorithm that it is used for.
    pub algorithm: Algorithm,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The key itself.
    pub key: DecodingKey,
}

impl TokenKey {
    /// Reads a key from its file.
    ///
    /// # Errors
    /// [`KeyError`] with the key's name and file.
    pub fn read(name: &str, config: &KeyConfig) -> Result<Self, KeyError> {
        let bytes = read(name, &config.file)?;
        let key = match config.algorithm {
            KeyAlgorithm::HS256 => secret(&bytes).map(DecodingKey::from_secret),
            KeyAlgorithm::ES256 => public(&bytes, EC).map(|key| DecodingKey::from_ec_der(&key)),
            KeyAlgorithm::EdDSA => {
                public(&bytes, ED25519).map(|key| DecodingKey::from_ed_der(&key))
            }
            KeyAlgorithm::RS256 => public(&bytes, RSA).map(|key| DecodingKey::from_rsa_der(&key)),
        };
        let wanted = match config.algorithm {
            KeyAlgorithm::HS256 => {
                "secret of 32 bytes or more, as `openssl rand -hex 32` makes one"
            }
            KeyAlgorithm::ES256 => "public key of P-256 in PEM (BEGIN PUBLIC KEY)",
            KeyAlgorithm::EdDSA => "public key of Ed25519 in PEM (BEGIN PUBLIC KEY)",
            KeyAlgorithm::RS256 => "public key of RSA in PEM (BEGIN PUBLIC KEY)",
        };
        let algorithm = algorithm(config.algorithm);
        let key = key.filter(|key| crypto::fits(algorithm, key));
        let key = key.ok_or_else(|| content(name, &config.file, wanted))?;
        Ok(Self { name: name.to_owned(), algorithm, until: config.until, key })
    }
}

/// Nothing of the key itself.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, algorithm, until, key: _ } = self;
        write!(f, "TokenKey({name}, {algorithm:?}, {until:?})")
    }
}

/// Signs tokens, for those that have no issuer of their own yet.
pub struct TokenSigner {
    header: Header,
    key: EncodingKey,
}

impl TokenSigner {
    /// Signs as the key `name` of the configuration, with its secret or with the private key in `file`.
    ///
    /// # Errors
    /// [`KeyError`] when there is no such key in the file.
    pub fn read(name: &str, config: &KeyConfig, file: Option<&Path>) -> Result<Self, KeyError> {
        let path = file.unwrap_or(&config.file);
        let bytes = read(name, path)?;
        let key = match config.algorithm {
            KeyAlgorithm::HS256 => secret(&bytes).map(EncodingKey::from_secret),
            KeyAlgorithm::ES256 => private(&bytes).map(|key| EncodingKey::from_ec_der(&key)),
            KeyAlgorithm::EdDSA => private(&bytes).map(|key| EncodingKey::from_ed_der(&key)),
            KeyAlgorithm::RS256 => private(&bytes).map(|key| EncodingKey::from_rsa_der(&key)),
        };
        let wanted = match config.algorithm {
            KeyAlgorithm::HS256 => "secret of 32 bytes or more",
            KeyAlgorithm::ES256 => {
                "private key of P-256 in PEM (BEGIN PRIVATE KEY), which --private-key names"
            }
            KeyAlgorithm::EdDSA => {
                "private key of Ed25519 in PEM (BEGIN PRIVATE KEY), which --private-key names"
            }
            KeyAlgorithm::RS256 => {
                "private key of RSA in PEM (BEGIN PRIVATE KEY), which --private-key names"
            }
        };
        let algorithm = algorithm(config.algorithm);
        let key = key.filter(|key| crypto::signs(algorithm, key));
        let key = key.ok_or_else(|| content(name, path, wanted))?;
        let header = Header { kid: Some(name.to_owned()), ..Header::new(algorithm) };
        Ok(Self { header, key })
    }

    /// The token.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, claims: &TokenClaims) -> anyhow::Result<String> {
        crypto::install();
        Ok(jsonwebtoken::encode(&self.header, claims, &self.key)?)
    }
}

fn read(name: &str, path: &Path) -> Result<Vec<u8>, KeyError> {
    fs::read(path).map_err(|source| KeyError::File {
        name: name.to_owned(),
        path: path.display().to_string(),
        source,
    })
}

fn content(name: &str, path: &Path, wanted: &'static str) -> KeyError {
    KeyError::Content { name: name.to_owned(), path: path.display().to_string(), wanted }
}

/// The secret in a file, without the line break at its end, if it is long enough.
pub fn secret(bytes: &[u8]) -> Option<&[u8]> {
    let secret = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    (secret.len() >= SHORTEST_SECRET).then_some(secret)
}

/// The public key of the type `of` in a file of PEM, as signatures are checked with it: the bits of its
/// `SubjectPublicKeyInfo` (RFC 5280, 4.1).
fn public(pem: &[u8], of: ObjectIdentifier) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
    let info = SubjectPublicKeyInfoRef::try_from(&*info).ok()?;
    let is_of_type = info.algorithm.oid == of;
    info.subject_public_key.as_bytes().filter(|_| is_of_type).map(<[u8]>::to_vec)
}

/// The private key in a file of PEM, in PKCS #8.
fn private(pem: &[u8]) -> Option<Vec<u8>> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
    Some(key.secret_pkcs8_der().to_vec())
}

pub const fn algorithm(algorithm: KeyAlgorithm) -> Algorithm {
    match algorithm {
        KeyAlgorithm::HS256 => Algorithm::HS256,
        KeyAlgorithm::ES256 => Algorithm::ES256,
        KeyAlgorithm::EdDSA => Algorithm::EdDSA,
        KeyAlgorithm::RS256 => Algorithm::RS256,
    }
}
