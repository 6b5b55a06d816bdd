//! Who may push, and how often.

use std::net::Ipv4Addr;
use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::auth::Grant;
use crate::config::{IngestConfig, SourceName};
use crate::http::error::Problem;
use crate::shares::{Client, Rate};
use crate::symbol::Symbol;

/// Headers of proxies and of browsers, which are not programs on this machine.
const FROM_ELSEWHERE: [&str; 5] =
    ["forwarded", "x-forwarded-for", "via", "sec-fetch-site", "origin"];

/// What a request shows.
#[derive(Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// A token.
    Token(Vec<u8>),
    /// Something else, which is no way to show one.
    Unreadable,
}

impl Credential {
    /// The token of `Authorization: Bearer`, which clients of Influx call `Token`.
    pub fn of_header(request: &HttpRequest) -> Self {
        let mut values = request.headers().get_all(AUTHORIZATION);
        let (Some(value), None) = (values.next(), values.next()) else {
            return if request.headers().contains_key(AUTHORIZATION) {
                Self::Unreadable
            } else {
                Self::None
            };
        };
        let value = value.as_bytes().trim_ascii();
        let space = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, token) = (&value[..space], value[space..].trim_ascii());
        let is_known =
            ["bearer", "token"].iter().any(|s| scheme.eq_ignore_ascii_case(s.as_bytes()));
        if is_known && !token.is_empty() { Self::Token(token.to_vec()) } else { Self::Unreadable }
    }
}

/// What a request may push.
#[derive(Debug)]
pub enum PushRights {
    /// Everything.
    All,
    /// What its token allows.
    Token(Rc<Grant>),
}

impl PushRights {
    /// Whether a symbol may be pushed.
    ///
    /// # Errors
    /// 403 with the symbols that the token names.
    pub fn check(&self, symbol: &Symbol) -> Result<(), Problem> {
        match self {
            Self::All => Ok(()),
            Self::Token(grant) => Ok(grant.check_push(symbol, SourceName::Pushed.as_str())?),
        }
    }
}

/// Counts the requests of each client, and asks for tokens.
#[derive(Debug)]
pub struct Gatekeeper {
    rate: Rate,
}

impl Gatekeeper {
    /// As often as `config` says.
    pub fn new(config: &IngestConfig) -> Self {
        Self { rate: Rate::new(config.requests_per_address) }
    }

    /// Lets a request of `client` in; `granted` is what a token allows that is none of the configured ones.
    ///
    /// # Errors
    /// 429, 401 or 403, with what would be right.
    pub fn admit(
        &self,
        request: &HttpRequest,
        client: Option<Client>,
        credential: &Credential,
        config: &IngestConfig,
        granted: Option<Result<Grant, Problem>>,
    ) -> Result<PushRights, Problem> {
        // Those whom a proxy does not name are one.
        let address = client.unwrap_or(Client::V4(Ipv4Addr::UNSPECIFIED));
        let counted = match &granted {
            Some(Ok(grant)) => grant.requester(),
            _ => Some(address).into(),
        };
        if let Err(retry_after) = self.rate.take(counted, 1) {
            let detail = "too many requests of this client (ingest.requests_per_address, or its token's rate): \
                 send more rows in each, or wait";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).after(retry_after));
        }
        match (credential, granted) {
            (_, Some(granted)) => granted.map(|grant| PushRights::Token(Rc::new(grant))),
            (Credential::Token(_), None) => Ok(PushRights::All),
            (Credential::Unreadable, _) => {
                Err(Problem::unauthorized("this token is none of ingest.tokens", true))
            }
            (Credential::None, _) if config.allow_loopback => {
                from_this_machine(request).map(|()| PushRights::All)
            }
            (Credential::None, _) => {
                let detail =
                    "a push needs a token: send it in the header Authorization: Bearer TOKEN";
                Err(Problem::unauthorized(detail, false))
            }
        }
    }
}

/// Lets programs on this machine in. A page in a browser on it is not one: any site could have it push.
fn from_this_machine(request: &HttpRequest) -> Result<(), Problem> {
    let is_local = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_passed_on =
        |headers: &HeaderMap| FROM_ELSEWHERE.iter().any(|name| headers.contains_key(*name));
    if is_local && !is_passed_on(request.headers()) {
        return Ok(());
    }
    let detail = "without a token only programs on the server's machine may push, and no browser and no \
         proxy: name a token in ingest.tokens and send it in the header Authorization: Bearer TOKEN";
    Err(Problem::unauthorized(detail, false))
}
