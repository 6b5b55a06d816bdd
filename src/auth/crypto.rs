//! The signatures of tokens by `ring`, which TLS has in the tree already: `jsonwebtoken` leaves the choice, and its
//! own two would bring a second library of cryptography.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    // Of keys in JSON, which are not read as such.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Bytes of the public keys that have one length: a point of P-256 that is not compressed, and one of Ed25519.
const P256_POINT: usize = 65;
const ED25519_POINT: usize = 32;

/// Has tokens checked and signed by `ring`; once is enough, and more does no harm.
pub fn install() {
    // It is there already.
    let _ = PROVIDER.install_default();
}

/// Whether tokens of `algorithm` can be checked with `key`.
pub fn fits(algorithm: Algorithm, key: &DecodingKey) -> bool {
    match (algorithm, key.kind()) {
        (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => point.len() == P256_POINT,
        (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(point)) => point.len() == ED25519_POINT,
        _ => verifier(algorithm, key).is_ok(),
    }
}

/// Whether tokens of `algorithm` can be signed with `key`.
pub fn signs(algorithm: Algorithm, key: &EncodingKey) -> bool {
    signer(algorithm, key).is_ok()
}

enum VerifyingKey {
    Hmac(hmac::Key),
    Public(UnparsedPublicKey<Vec<u8>>),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
}

/// Checks signatures of one algorithm with one key.
struct RingVerifier {
    algorithm: Algorithm,
    key: VerifyingKey,
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let public = |algorithm: &'static dyn VerificationAlgorithm| {
        let bytes = key.try_get_as_bytes()?.to_vec();
        Ok::<_, jsonwebtoken::errors::Error>(VerifyingKey::Public(UnparsedPublicKey::new(
            algorithm, bytes,
        )))
    };
    let key = match (algorithm, key.kind()) {
        (Algorithm::HS256, _) => {
            VerifyingKey::Hmac(hmac::Key::new(hmac::HMAC_SHA256, key.try_get_as_bytes()?))
        }
        (Algorithm::ES256, _) => public(&ECDSA_P256_SHA256_FIXED)?,
        (Algorithm::EdDSA, _) => public(&ED25519)?,
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            VerifyingKey::Rsa(RsaPublicKeyComponents { n: n.clone(), e: e.clone() })
        }
        (Algorithm::RS256, _) => public(&RSA_PKCS1_2048_8192_SHA256)?,
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(Box::new(RingVerifier { algorithm, key }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match &self.key {
            VerifyingKey::Hmac(key) => hmac::verify(key, message, signature),
            VerifyingKey::Public(key) => key.verify(message, signature),
            VerifyingKey::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

enum SigningKey {
    Hmac(hmac::Key),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// Signs by one algorithm with one key.
struct RingSigner {
    algorithm: Algorithm,
    key: SigningKey,
    random: SystemRandom,
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let bytes = key.as_bytes();
    let random = SystemRandom::new();
    let key = match algorithm {
        Algorithm::HS256 => Some(SigningKey::Hmac(hmac::Key::new(hmac::HMAC_SHA256, bytes))),
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &random);
            pair.ok().map(SigningKey::Ecdsa)
        }
        Algorithm::EdDSA => {
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes).ok().map(SigningKey::Ed25519)
        }
        Algorithm::RS256 => RsaKeyPair::from_pkcs8(bytes).ok().map(SigningKey::Rsa),
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    let key = key.ok_or_else(|| new_error(ErrorKind::InvalidKeyFormat))?;
    Ok(Box::new(RingSigner { algorithm, key, random }))
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        match &self.key {
            SigningKey::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            SigningKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            SigningKey::Ecdsa(pair) => {
                let signed = pair.sign(&self.random, message).map_err(|_| Error::new())?;
                Ok(signed.as_ref().to_vec())
            }
            SigningKey::Rsa(pair) => {
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signed)
                    .map_err(|_| Error::new())?;
                Ok(signed)
            }
        }
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, DecodingKey, fits, install};

    /// Published examples: RFC 7515, A.1 and A.3, and RFC 8037, A.4.
    #[test]
    fn published_signatures_are_verified_and_changed_ones_are_not() {
        const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let secret = serde_json::from_str(&format!(r#"{{"kty":"oct","k":"{SECRET}"}}"#));
        let point = DecodingKey::from_ec_components(
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        );
        let ed25519 =
            DecodingKey::from_ed_components("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        install();
        for (algorithm, key, header, payload, signature) in [
            (
                Algorithm::HS256,
                DecodingKey::from_jwk(&secret.expect("a key")),
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
                CLAIMS,
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            ),
            (
                Algorithm::ES256,
                point,
                "eyJhbGciOiJFUzI1NiJ9",
                CLAIMS,
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            ),
            (
                Algorithm::EdDSA,
                ed25519,
                "eyJhbGciOiJFZERTQSJ9",
                "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            ),
        ] {
            let key = key.expect("a key");
            let verify = |message: &str| {
                jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm)
            };
            assert!(fits(algorithm, &key), "{algorithm:?}");
            assert_eq!(verify(&format!("{header}.{payload}")), Ok(true), "{algorithm:?}");
            assert_eq!(verify(&format!("{header}.{payload}A")), Ok(false), "{algorithm:?}");
            let other = [Algorithm::HS256, Algorithm::ES256].into_iter().find(|o| *o != algorithm);
            assert!(!fits(other.expect("two"), &key), "{algorithm:?} for another");
        }
    }
}
