//! The door: lets requests in, and reads whose rows they bring.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use crate::auth::Grant;
use crate::http::AppState;
use crate::http::error::Problem;
use crate::http::intake::{Credential, Ingest, PushRights};
use crate::shares::Client;
use crate::symbol::Symbol;

/// A request that is let in.
pub struct Admitted<'a> {
    pub ingest: &'a Arc<Ingest>,
    /// What it may push.
    pub rights: PushRights,
    /// Whose it is, where that is known.
    pub sender: Option<Client>,
}

/// Lets a request in.
pub async fn admitted<'a>(
    request: &HttpRequest,
    state: &'a AppState,
    credential: &Credential,
) -> Result<Admitted<'a>, Problem> {
    let Some(ingest) = &state.ingest else {
        let detail = "nothing can be pushed here: name a token in ingest.tokens, have tokens of [auth] push \
             (ingest.claims), or start the server with --allow-ingest to let programs on its machine push";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    let client = state.client(request);
    let granted = match credential {
        Credential::Token(token) if !ingest.config.knows(token) => {
            Some(granted(state, ingest, token).await)
        }
        _ => None,
    };
    let rights = ingest.gatekeeper.admit(request, client, credential, &ingest.config, granted)?;
    let sender = match &rights {
        PushRights::All => client,
        PushRights::Token(grant) => grant.requester().client,
    };
    Ok(Admitted { ingest, rights, sender })
}

/// What a token of `[auth]` allows, where such tokens may push.
async fn granted(state: &AppState, ingest: &Ingest, token: &[u8]) -> Result<Grant, Problem> {
    let control = state.access.as_ref().filter(|_| ingest.config.claims);
    let unknown = || Problem::unauthorized("this token is none of ingest.tokens", true);
    let grant =
        control.ok_or_else(unknown)?.grant(std::str::from_utf8(token).unwrap_or_default()).await?;
    if grant.ingest.is_empty() {
        let detail = "the token does not allow for pushing: it needs the claim figcast.ingest";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(grant)
}

/// Lets a request in that names a symbol in its path, with the token of its header.
pub async fn admitted_for<'a>(
    request: &HttpRequest,
    state: &'a AppState,
    symbol: &str,
) -> Result<(Admitted<'a>, Symbol), Problem> {
    let admitted = admitted(request, state, &Credential::of_header(request)).await?;
    let symbol = bare(symbol)?;
    admitted.rights.check(&symbol)?;
    Ok((admitted, symbol))
}

/// The symbol as its sender knows it; `PUSHED:MINE` is MINE.
pub fn bare(text: &str) -> Result<Symbol, Problem> {
    let text = match text.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("pushed") => rest,
        _ => text,
    };
    Ok(Symbol::parse(text)?)
}
