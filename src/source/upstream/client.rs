//! One bounded GET: TLS, headers, time-outs, redirects and the size of the body.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use url::{Origin, Url};

use crate::config::Secret;
use crate::source::error::SourceError;

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 2;

/// An HTTP client that speaks to the configured servers only.
#[derive(Debug)]
pub struct HttpClient {
    origin: &'static str,
    http: reqwest::Client,
    body_limit: usize,
}

/// What an HTTP client is made of.
#[derive(Debug, Clone, Copy)]
pub struct HttpSettings<'a> {
    /// The source's name, for its errors.
    pub origin: &'static str,
    /// The servers that it may speak to.
    pub servers: &'a [Url],
    /// The `User-Agent` header.
    pub user_agent: &'a str,
    /// Time to connect to a server.
    pub connect_timeout: Duration,
    /// Time for a whole answer.
    pub timeout: Duration,
    /// Longest accepted answer in bytes, unpacked.
    pub body_limit: usize,
    /// Other headers, such as a key.
    pub headers: &'a [(&'static str, Secret)],
}

/// Whatever a server answered, good or bad.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// How long the server wants to be left alone; zero when it does not say.
    pub retry_after: Duration,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl HttpClient {
    /// A client that has asked nothing yet.
    ///
    /// # Errors
    /// When the user agent is no header value, or the machine has no root certificates.
    pub fn new(settings: HttpSettings<'_>) -> Result<Self, reqwest::Error> {
        // Fails when the process has a provider already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origins: Vec<Origin> = settings.servers.iter().map(Url::origin).collect();
        let mut headers = secret_headers(settings.headers);
        headers.extend([
            (ACCEPT, HeaderValue::from_static("application/json,*/*")),
            (ACCEPT_LANGUAGE, HeaderValue::from_static("en-US,en;q=0.9")),
        ]);
        let http = reqwest::Client::builder()
            // By name: another crate may switch reqwest's default, and Yahoo answers 429 to the
            // handshake of other TLS libraries.
            .tls_backend_rustls()
            .user_agent(settings.user_agent)
            .default_headers(headers)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .redirect(Policy::custom(move |attempt| redirect(attempt, &origins)))
            .build()?;
        Ok(Self { origin: settings.origin, http, body_limit: settings.body_limit })
    }

    /// Fetches `url`; `now` turns a date in `Retry-After` into a duration.
    ///
    /// # Errors
    /// `Unavailable` without a whole answer in time, `Malformed` when it is too long or leads
    /// elsewhere.
    pub async fn get(&self, url: Url, now: Timestamp) -> Result<Answer, SourceError> {
        let failed = |error| self.failed(error);
        let mut response = self.http.get(url).send().await.map_err(failed)?;
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, now))
            .unwrap_or_default();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.body_limit {
                let limit = self.body_limit;
                return Err(self.malformed(format!("longer than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), retry_after, body })
    }

    fn failed(&self, error: reqwest::Error) -> SourceError {
        // The URL is known from the request, and would double every line of the log.
        let error = error.without_url();
        if error.is_redirect() {
            return self.malformed("redirected elsewhere");
        }
        let detail = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the answer broke off"
        };
        let (origin, detail) = (self.origin, detail.to_owned());
        SourceError::Unavailable { origin, detail, cause: Some(error.into()) }
    }

    fn malformed(&self, detail: impl Into<String>) -> SourceError {
        SourceError::Malformed { origin: self.origin, detail: detail.into() }
    }
}

/// A login or consent page elsewhere is not an answer, and nobody else learns what we ask for.
fn redirect(attempt: Attempt, origins: &[Origin]) -> reqwest::redirect::Action {
    if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("redirected too often")
    } else if !origins.contains(&attempt.url().origin()) {
        attempt.error("redirected to another server")
    } else {
        attempt.follow()
    }
}

/// Headers whose values no log shows. A value that is none of a header is left out, as the upstream then says that there
/// is no key.
pub fn secret_headers(headers: &[(&'static str, Secret)]) -> HeaderMap {
    let header = |(name, secret): &(&'static str, Secret)| {
        let mut value = HeaderValue::from_str(secret.reveal()).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_static(name), value))
    };
    headers.iter().filter_map(header).collect()
}

/// `Retry-After`: seconds or an HTTP date; a date in the past is no wait.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::retry_after;
    use jiff::Timestamp;
    use std::time::Duration;

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now: Timestamp = "2025-03-03T10:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 03 Mar 2025 10:01:30 GMT", Some(90)),
            ("Mon, 03 Mar 2025 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ];
        for (value, seconds) in cases {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(value, now), expected, "{value:?}");
        }
    }
}
