//! A web origin as an operator writes it: scheme, host and perhaps a port.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// An origin in the form that headers have it in, such as `https://example.com:8443`. It holds nothing
/// that would end its place in a header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin such as https://example.com or http://localhost:3000, without a path"
)]
pub struct OriginError(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let fit = |url: &Url| {
            let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
            matches!(url.scheme(), "http" | "https")
                && bare
                && url.username().is_empty()
                && url.password().is_none()
                && url.host_str().is_some_and(|host| host.chars().all(plain))
        };
        let url = Url::parse(text).ok().filter(fit);
        let origin = url.map(|url| Self(url.origin().ascii_serialization()));
        origin.ok_or_else(|| OriginError(text.to_owned()))
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

/// Pages that may read answers: those of one origin, or any, which is written `*`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum AllowedOrigin {
    /// Any page.
    Any,
    /// Those of an origin.
    One(Origin),
}

impl TryFrom<String> for AllowedOrigin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        if text == "*" { Ok(Self::Any) } else { text.parse().map(Self::One) }
    }
}

impl From<AllowedOrigin> for String {
    fn from(origin: AllowedOrigin) -> Self {
        match origin {
            AllowedOrigin::Any => "*".to_owned(),
            AllowedOrigin::One(origin) => origin.into(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_is_written_as_in_headers() {
        for (text, origin) in [
            ("https://example.com", "https://example.com"),
            ("https://Example.com/", "https://example.com"),
            ("https://example.com:443", "https://example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<Origin>().expect(text).to_string(), origin);
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in [
            "",
            "*",
            "'self'",
            "example.com",
            "https://",
            "https://a.example/path",
            "https://a.example?q",
            "https://user@a.example",
            "https://a.example;script-src *",
            "https://a.example;",
            "https://a.example,b.example",
            "https://*.example",
            "ftp://a.example",
            "data:text/html,x",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text:?}");
        }
    }
}
