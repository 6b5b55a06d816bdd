//! What a request may see: the token that it shows, and what the token allows.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use jiff::Timestamp;
use url::form_urlencoded;

use super::error::Problem;
use super::query::TICKET;
use crate::auth::{Authority, Forbidden, Grant, SealedTicket, TokenError};
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

/// What a request shows.
#[derive(Debug)]
pub enum ShownToken {
    /// Nothing.
    None,
    /// A token.
    Text(String),
    /// A ticket, in its query.
    Ticket(String),
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
    /// 401 with why it is not believed, and 503 while there are no keys.
    pub async fn grant(&self, token: &str) -> Result<Grant, Problem> {
        self.authority.believe(token).await.map_err(|error| match error {
            TokenError::NoKeys => Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            error => Problem::unauthorized(error.to_string(), true),
        })
    }

    /// Has the issuer's keys fetched once in a while, for ever.
    pub async fn keep_fresh(&self) {
        self.authority.keep_fresh().await;
    }

    /// The token in the headers of a request, the header before the cookie.
    #[must_use]
    pub fn shown(&self, headers: &HeaderMap) -> ShownToken {
        shown(headers, None, &self.cookie)
    }

    /// The same, or else the ticket in its query: that was put there on purpose, and a browser sends its cookie anyway.
    #[must_use]
    pub fn shown_in(&self, headers: &HeaderMap, query: &str) -> ShownToken {
        shown(headers, Some(query), &self.cookie)
    }

    /// A ticket for what a request may see.
    ///
    /// # Errors
    /// 503 when none can be made.
    pub fn ticket(&self, grant: &Grant) -> Result<SealedTicket, Problem> {
        let ticket = self.authority.ticket(grant);
        ticket.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))
    }

    /// What a request may see where `level` is asked for. A token that is shown and is not believed is refused
    /// even where none is needed: its sender takes itself for somebody.
    ///
    /// # Errors
    /// 401 and 403, with what would be right.
    pub async fn admit(&self, shown: ShownToken, level: AccessLevel) -> Result<Access, Problem> {
        let grant = match shown {
            ShownToken::Text(token) => self.grant(&token).await?,
            ShownToken::Ticket(ticket) => {
                let grant = self.authority.ticket_grant(&ticket);
                grant.map_err(|error| Problem::unauthorized(error.to_string(), true))?
            }
            ShownToken::Unreadable => {
                let detail = "the header Authorization has to be one, and Bearer with a token; \
                     of tickets in the query there is one at most";
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

/// The header wins over a ticket in the query, if that is looked at, and the ticket over the cookie.
fn shown(headers: &HeaderMap, query: Option<&str>, cookie: &str) -> ShownToken {
    let mut values = headers.get_all(AUTHORIZATION);
    match (values.next(), values.next()) {
        (Some(value), None) => return bearer(value),
        (Some(_), Some(_)) => return ShownToken::Unreadable,
        (None, _) => {}
    }
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut tickets = pairs.filter(|(key, _)| key == TICKET).map(|(_, value)| value.into_owned());
    match (tickets.next(), tickets.next()) {
        (Some(ticket), None) => ShownToken::Ticket(ticket),
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
        match shown(request.to_http_request().headers(), None, "__Host-figcast") {
            ShownToken::None => Some("none".to_owned()),
            ShownToken::Text(token) | ShownToken::Ticket(token) => Some(token),
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
        assert!(matches!(shown(&odd, None, "__Host-figcast"), ShownToken::None));
    }

    #[test]
    fn a_ticket_stands_in_the_query_once_and_wins_over_the_cookie_alone() {
        let ticket = |headers: &[(&str, &str)], query| {
            let mut request = TestRequest::default();
            for (name, value) in headers {
                request = request.append_header((*name, *value));
            }
            format!(
                "{:?}",
                shown(request.to_http_request().headers(), Some(query), "__Host-figcast")
            )
        };
        let cookie = [("cookie", "__Host-figcast=c")];
        for (headers, query, expected) in [
            (&[][..], "ticket=t", "Ticket(\"t\")"),
            (&[], "view=A&%74icket=t%2d", "Ticket(\"t-\")"),
            (&[], "ticket=", "Ticket(\"\")"),
            (&[], "ticket=a&ticket=b", "Unreadable"),
            (&[], "tickets=t", "None"),
            (&cookie, "ticket=t", "Ticket(\"t\")"),
            (&cookie, "", "Text(\"c\")"),
            (&[("authorization", "Bearer h")], "ticket=t", "Text(\"h\")"),
        ] {
            assert_eq!(ticket(headers, query), expected, "{headers:?} {query}");
        }
    }
}
