//! One bounded request for the keys.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::Url;

/// Longest answer: a key of RSA has a few hundred bytes.
const LONGEST: usize = 256 << 10;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// No whole answer in time.
    #[error("there is no whole answer")]
    Away(#[source] reqwest::Error),
    /// Another answer than 200.
    #[error("the answer is {0}")]
    Status(StatusCode),
    /// A longer one.
    #[error("the answer is longer than {LONGEST} bytes")]
    Long,
    /// No set of keys.
    #[error("the answer is no set of keys (JWKS) with one for auth.jwks.algorithms")]
    Content,
}

/// Asks for a set of keys.
#[async_trait]
pub trait FetchJwks: fmt::Debug + Send + Sync {
    /// The set as it is sent.
    ///
    /// # Errors
    /// [`JwksError`].
    async fn fetch(&self) -> Result<Vec<u8>, JwksError>;
}

#[derive(Debug)]
struct JwksAddress {
    http: Client,
    url: Url,
}

/// Asks `url`, and follows it nowhere else. One without TLS is asked without a proxy, which could name keys of its own.
///
/// # Errors
/// When the machine has no root certificates.
pub fn fetcher(url: Url, timeout: Duration) -> Result<Box<dyn FetchJwks>, reqwest::Error> {
    // Fails when the process has a provider already, and that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder().tls_backend_rustls().timeout(timeout).redirect(Policy::none());
    let http = if url.scheme() == "https" { http } else { http.no_proxy() };
    let http = http.build()?;
    Ok(Box::new(JwksAddress { http, url }))
}

#[async_trait]
impl FetchJwks for JwksAddress {
    async fn fetch(&self) -> Result<Vec<u8>, JwksError> {
        let away = |error: reqwest::Error| JwksError::Away(error.without_url());
        let mut response = self.http.get(self.url.clone()).send().await.map_err(away)?;
        if response.status() != StatusCode::OK {
            return Err(JwksError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(JwksError::Long);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
