//! The path that all routes are below, as an operator writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest path that is taken.
const LONGEST: usize = 128;

/// What stands before every route: `/charts`, or nothing where the server has its host to itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct BasePath(String);

/// Why a text is no base path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no base path: write one such as /charts or /tools/charts, of at most {LONGEST} letters, digits, \
     - . _ and ~ without empty parts, . and .., or / where the server has its host to itself"
)]
pub struct BasePathError(String);

impl BasePath {
    /// What stands before a route; empty where nothing does.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the server has its host to itself.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// A path as the routes have it; nothing of one that is not below this one.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&self.0)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

impl FromStr for BasePath {
    type Err = BasePathError;

    fn from_str(text: &str) -> Result<Self, BasePathError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
        let is_path = path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(is_part));
        if (path.is_empty() || is_path) && path.len() <= LONGEST {
            return Ok(Self(path.to_owned()));
        }
        Err(BasePathError(text.to_owned()))
    }
}

impl TryFrom<String> for BasePath {
    type Error = BasePathError;

    fn try_from(text: String) -> Result<Self, BasePathError> {
        text.parse()
    }
}

impl From<BasePath> for String {
    fn from(path: BasePath) -> Self {
        path.0
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::BasePath;

    fn path(text: &str) -> BasePath {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_slash_at_its_end_says_nothing_and_a_slash_alone_is_the_whole_host() {
        for (text, written) in [
            ("", ""),
            ("/", ""),
            ("/charts", "/charts"),
            ("/charts/", "/charts"),
            ("/tools/charts-2.0_a~b", "/tools/charts-2.0_a~b"),
        ] {
            assert_eq!(path(text).as_str(), written, "{text}");
            assert_eq!(path(text).is_root(), written.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_path_that_would_not_come_back_as_it_is_written_is_refused_with_one_that_would() {
        for text in [
            "charts",
            "//",
            "/charts//",
            "/a//b",
            "/..",
            "/a/../b",
            "/.",
            "/charts?x=1",
            "/charts#top",
            "/a b",
            "/a%2fb",
            "/{symbol}",
            "/b\u{f6}rse",
            "/a\nb",
            "/a\0",
            "https://example.com/charts",
            &format!("/{}", "a".repeat(128)),
        ] {
            let error = text.parse::<BasePath>().expect_err(text).to_string();
            assert!(error.contains("is no base path: write one such as /charts"), "{error}");
        }
    }

    #[test]
    fn only_whole_parts_are_below_it() {
        let charts = path("/charts");
        assert_eq!(charts.strip("/charts/stream"), Some("/stream"));
        assert_eq!(charts.strip("/charts"), Some(""));
        assert_eq!(charts.strip("/chartsx"), None);
        assert_eq!(charts.strip("/stream"), None);
        assert_eq!(path("/").strip("/stream"), Some("/stream"));
    }
}
