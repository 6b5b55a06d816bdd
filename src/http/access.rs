//! What a request may see: the token that it shows, and what the token allows.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use jiff::Timestamp;

use super::error::Problem;
use crate::auth::{Authority, Forbidden, Grant};
use crate::config::{AccessLevel, AuthConfig, RoutesConfig};
use crate::hub::Hub;
use crate::shares::Requester;
use crate::symbol::Symbol;
use crate::view::View;

/// The scheme of the header.
const BEARER: &[u8] = b"bearer";

/// Asks requests for tokens.
#[derive(Debug)]
pub struct AccessControl {
    authority: Authority,
    cookie: String,
    routes: RoutesConfig,
}

/// What a request may see.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everything.
    Open,
    /// What its token allows.
    Token(Rc<Grant>),
}

/// A token that a request shows.
enum ShownToken {
    None,
    Text(String),
    /// A header that is no way to show one.
    Unreadable,
}

impl AccessControl {
    /// Believes the tokens of `authority`.
    #[must_use]
    pub fn new(authority: Authority, config: &AuthConfig) -> Self {
        Self { authority, cookie: config.cookie.clone(), routes: config.routes.clone() }
    }

    /// What each group of routes asks for.
    #[must_use]
    pub const fn routes(&self) -> &RoutesConfig {
        &self.routes
    }

    /// What a token allows.
    ///
    /// # Errors
    /// 401 with why it is not believed.
    pub fn grant(&self, token: &str) -> Result<Grant, Problem> {
        let grant = self.authority.grant(token);
        grant.map_err(|error| Problem::unauthorized(error.to_string(), true))
    }

    /// What a request may see where `level` is asked for. A token that is shown and is not believed is refused
    /// even where none is needed: its sender takes itself for somebody.
    ///
    /// # Errors
    /// 401 and 403, with what would be right.
    pub fn admit(&self, headers: &HeaderMap, level: AccessLevel) -> Result<Access, Problem> {
        let grant = match shown(headers, &self.cookie) {
            ShownToken::Text(token) => self.grant(&token)?,
            ShownToken::Unreadable => {
                let detail = "the header Authorization has to be one, and Bearer with a token";
                return Err(Problem::unauthorized(detail, true));
            }
            ShownToken::None if level == AccessLevel::Public => return Ok(Access::Open),
            ShownToken::None => {
                let detail = format!(
                    "a token is needed: send it in the header Authorization: Bearer TOKEN, or in the cookie {}",
                    self.cookie
                );
                return Err(Problem::unauthorized(detail, false));
            }
        };
        if level == AccessLevel::Admin && !grant.admin {
            let detail = "the token does not allow this: it needs the claim figcast.admin";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(Access::Token(Rc::new(grant)))
    }
}

impl Access {
    /// Of a request that has passed a [guard](super::guard).
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or(Self::Open)
    }

    /// Whom its shares are counted for, if it has a token.
    pub fn requester(&self) -> Option<Requester> {
        match self {
            Self::Open => None,
            Self::Token(grant) => Some(grant.requester()),
        }
    }

    /// When its token ends, if it has one.
    pub fn ends(&self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Token(grant) => Some(grant.ends),
        }
    }

    /// Whether a view may be seen.
    ///
    /// # Errors
    /// [`Forbidden`], which says what of it may not.
    pub fn check(&self, view: &View, hub: &Hub) -> Result<(), Forbidden> {
        match self {
            Self::Open => Ok(()),
            Self::Token(grant) => grant.check(view, |symbol| hub.source_of(symbol)),
        }
    }

    /// Whether a symbol may be seen.
    ///
    /// # Errors
    /// [`Forbidden`].
    pub fn check_symbol(&self, symbol: &Symbol, hub: &Hub) -> Result<(), Forbidden> {
        match self {
            Self::Open => Ok(()),
            Self::Token(grant) => grant.check_symbol(symbol, hub.source_of(symbol)),
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(StatusCode::FORBIDDEN, forbidden.to_string())
    }
}

/// The header wins over the cookie.
fn shown(headers: &HeaderMap, cookie: &str) -> ShownToken {
    let mut values = headers.get_all(AUTHORIZATION);
    match (values.next(), values.next()) {
        (Some(value), None) => bearer(value),
        (Some(_), Some(_)) => ShownToken::Unreadable,
        (None, _) => in_cookies(headers, cookie).map_or(ShownToken::None, ShownToken::Text),
    }
}

fn bearer(value: &HeaderValue) -> ShownToken {
    let value = value.as_bytes().trim_ascii();
    let space = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, token) = (&value[..space], value[space..].trim_ascii());
    match std::str::from_utf8(token) {
        Ok(token) if scheme.eq_ignore_ascii_case(BEARER) && !token.is_empty() => {
            ShownToken::Text(token.to_owned())
        }
        _ => ShownToken::Unreadable,
    }
}

/// The value of the first cookie of that name, unless it is empty: so a cookie is taken back.
fn in_cookies(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
    use actix_web::test::TestRequest;

    use super::{ShownToken, shown};

    fn token(headers: &[(&str, &str)]) -> Option<String> {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        match shown(request.to_http_request().headers(), "__Host-figcast") {
            ShownToken::None => Some("none".to_owned()),
            ShownToken::Text(token) => Some(token),
            ShownToken::Unreadable => None,
        }
    }

    #[test]
    fn a_token_stands_in_the_header_or_else_in_the_cookie() {
        for (headers, expected) in [
            (&[][..], Some("none")),
            (&[("authorization", "Bearer a.b.c")], Some("a.b.c")),
            (&[("authorization", "bearer   a.b.c ")], Some("a.b.c")),
            (&[("authorization", "Basic dTpw")], None),
            (&[("authorization", "Bearer")], None),
            (&[("authorization", "Bearer a"), ("authorization", "Bearer b")], None),
            (&[("cookie", "x=1; __Host-figcast=a.b.c; y=2")], Some("a.b.c")),
            (&[("cookie", "x=1"), ("cookie", "__Host-figcast=\"a.b.c\"")], Some("a.b.c")),
            (&[("cookie", "x__Host-figcast=a.b.c")], Some("none")),
            (&[("cookie", "__Host-figcast=")], Some("none")),
            (&[("cookie", "__Host-figcast=c"), ("authorization", "Bearer h")], Some("h")),
        ] {
            assert_eq!(token(headers).as_deref(), expected, "{headers:?}");
        }
        let mut odd = HeaderMap::new();
        odd.insert(COOKIE, HeaderValue::from_bytes(b"__Host-figcast=\xff").expect("a value"));
        assert!(matches!(shown(&odd, "__Host-figcast"), ShownToken::None));
    }
}
