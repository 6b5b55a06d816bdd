//! A certificate and its private key, as two files hold them.

use std::io;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use jiff::Timestamp;
use ring::digest::{Context, Digest, SHA256};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use spki::der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use spki::der::{self, Decode as _, SliceReader, Tag, Tagged as _};

use crate::config::TlsConfig;

/// What marks a key that a password opens: in the label of PKCS #8, and in the header of older forms.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// What the two files held when they were read.
pub struct PairFiles {
    paths: TlsConfig,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate that fits its key.
#[derive(Debug)]
pub struct CertificatePair {
    /// The certificate, those above it, and the key.
    pub certified: CertifiedKey,
    /// When the certificate ends, as far as that can be read.
    pub ends: Option<Timestamp>,
}

/// Why two files are no certificate and its key.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is damaged.
    #[error("{} is no PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A file holds something else.
    #[error("{} holds no certificate in PEM (BEGIN CERTIFICATE)", .0.display())]
    NoCertificate(PathBuf),
    /// A file holds something else.
    #[error("{} holds no private key in PEM (BEGIN PRIVATE KEY)", .0.display())]
    NoKey(PathBuf),
    /// A password would be needed.
    #[error(
        "the key in {} is encrypted, and nobody is there to type its password: `openssl pkey -in FILE -out NEW` \
         writes it without",
        .0.display()
    )]
    Encrypted(PathBuf),
    /// The key is another certificate's.
    #[error("the key in {} does not fit the certificate in {}", .0.key.display(), .0.certificate.display())]
    Mismatch(TlsConfig),
    /// The key or the certificate is of a type that is not supported, or damaged.
    #[error("the certificate in {} cannot be used", path.display())]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: Error,
    },
}

impl PairFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// [`PairError::File`].
    pub fn read(paths: &TlsConfig) -> Result<Self, PairError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| PairError::File { path: path.to_owned(), source })
        };
        let (certificate, key) = (read(&paths.certificate)?, read(&paths.key)?);
        Ok(Self { paths: paths.clone(), certificate, key })
    }

    /// Tells one content of the files from another.
    pub fn digest(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        let length = u64::try_from(self.certificate.len()).unwrap_or(u64::MAX);
        context.update(&length.to_be_bytes());
        context.update(&self.certificate);
        context.update(&self.key);
        context.finish()
    }

    /// The certificate and its key.
    ///
    /// # Errors
    /// [`PairError`] of what is wrong with them.
    pub fn parse(&self, provider: &CryptoProvider) -> Result<CertificatePair, PairError> {
        let TlsConfig { certificate: path, key: key_path, .. } = &self.paths;
        let chain = CertificateDer::pem_slice_iter(&self.certificate);
        let chain: Vec<_> = chain
            .collect::<Result<_, _>>()
            .map_err(|source| PairError::Pem { path: path.clone(), source })?;
        let Some(own) = chain.first() else { return Err(PairError::NoCertificate(path.clone())) };
        let ends = ends(own);
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let is_encrypted = self.key.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED);
        let key = key.map_err(|source| match source {
            _ if is_encrypted => PairError::Encrypted(key_path.clone()),
            pem::Error::NoItemsFound => PairError::NoKey(key_path.clone()),
            source => PairError::Pem { path: key_path.clone(), source },
        })?;
        let certified =
            CertifiedKey::from_der(chain, key, provider).map_err(|source| match source {
                _ if is_encrypted => PairError::Encrypted(key_path.clone()),
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    PairError::Mismatch(self.paths.clone())
                }
                source => PairError::Unusable { path: path.clone(), source },
            })?;
        Ok(CertificatePair { certified, ends })
    }
}

/// Nothing of the key.
impl fmt::Debug for PairFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PairFiles({:?})", self.paths)
    }
}

/// When a certificate ends (RFC 5280, 4.1).
#[must_use]
pub fn ends(certificate: &[u8]) -> Option<Timestamp> {
    let seconds = not_after(certificate).ok()?;
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn not_after(certificate: &[u8]) -> der::Result<u64> {
    let certificate = AnyRef::from_der(certificate)?;
    let signed = AnyRef::decode(&mut SliceReader::new(certificate.value())?)?;
    let fields = &mut SliceReader::new(signed.value())?;
    // The version has a tag of its own and may be left out; the number of the certificate follows it.
    let first = AnyRef::decode(fields)?;
    if first.tag() != Tag::Integer {
        AnyRef::decode(fields)?;
    }
    let (_algorithm, _issuer) = (AnyRef::decode(fields)?, AnyRef::decode(fields)?);
    let validity = AnyRef::decode(fields)?;
    let times = &mut SliceReader::new(validity.value())?;
    let (_not_before, not_after) = (AnyRef::decode(times)?, AnyRef::decode(times)?);
    let since_1970 = match not_after.tag() {
        Tag::UtcTime => not_after.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => not_after.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(since_1970.as_secs())
}
