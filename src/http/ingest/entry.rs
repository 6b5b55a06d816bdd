//! The door: lets requests in, and reads whose rows they bring.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use crate::http::AppState;
use crate::http::error::Problem;
use crate::http::intake::{Credential, Ingest};
use crate::symbol::Symbol;

/// Lets a request in.
pub fn admitted<'a>(
    request: &HttpRequest,
    state: &'a AppState,
    credential: &Credential,
) -> Result<&'a Arc<Ingest>, Problem> {
    let Some(ingest) = &state.ingest else {
        let detail = "nothing can be pushed here: name a token in ingest.tokens, or start the server with \
             --allow-ingest to let programs on its machine push";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    let client = state.client(request);
    ingest.gatekeeper.admit(request, client, credential, &ingest.config)?;
    Ok(ingest)
}

/// Lets a request in that names a symbol in its path, with the token of its header.
pub fn admitted_for<'a>(
    request: &HttpRequest,
    state: &'a AppState,
    symbol: &str,
) -> Result<(&'a Arc<Ingest>, Symbol), Problem> {
    let ingest = admitted(request, state, &Credential::of_header(request))?;
    Ok((ingest, bare(symbol)?))
}

/// The symbol as its sender knows it; `PUSHED:MINE` is MINE.
pub fn bare(text: &str) -> Result<Symbol, Problem> {
    let text = match text.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("pushed") => rest,
        _ => text,
    };
    Ok(Symbol::parse(text)?)
}
