//! Why a token is not believed, and why a key cannot be used.

use jiff::Timestamp;

use super::claims::ClaimsError;

/// Why a token is not believed. No part of the token stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all.
    #[error("this is not a JSON Web Token: three parts of base64 with dots between them")]
    Unreadable,
    /// Its header is none of a signed token.
    #[error(
        "the token's header is not that of a token that is signed with HS256, ES256, EdDSA or RS256 (alg, and kid as text)"
    )]
    Header,
    /// Its header asks for what there is not.
    #[error("the token's header has extensions that must be understood (crit), of which none is")]
    Critical,
    /// No key can have signed it.
    #[error(
        "the token is signed with an algorithm or a key (kid) that is none of the configured ones (auth.keys, auth.jwks)"
    )]
    UnknownKey,
    /// None of the keys has signed it.
    #[error("the token is not signed with one of the configured keys (auth.keys, auth.jwks)")]
    Signature,
    /// Its key is no longer used.
    #[error("the key that the token is signed with ended at {0} (auth.keys)")]
    KeyEnded(Timestamp),
    /// A claim that it must have.
    #[error("the token has no claim {0}, which it needs")]
    Missing(String),
    /// Issued by another.
    #[error("the token's issuer (iss) is not the one of auth.issuer")]
    Issuer,
    /// Issued for another.
    #[error("the token's audience (aud) is not the one of auth.audience")]
    Audience,
    /// It has ended.
    #[error("the token ended at {0} (exp)")]
    Ended(Timestamp),
    /// It is for later.
    #[error("the token is not valid before {0} (nbf)")]
    NotYet(Timestamp),
    /// The issuer's keys have not been had yet.
    #[error("the issuer's keys (auth.jwks.url) cannot be had now, so that no token can be checked")]
    NoKeys,
    /// A ticket that is none.
    #[error("this is not a ticket of this server: ask for a new one with POST /ticket")]
    Ticket,
    /// A ticket that has ended.
    #[error("the ticket ended at {0}: ask for a new one with POST /ticket")]
    TicketEnded(Timestamp),
    /// No ticket can be made.
    #[error("no ticket can be made now")]
    NoTicket,
    /// Its claims are not of their types.
    #[error("the token's claims cannot be read: {0}")]
    Unread(String),
    /// A claim says something that there is not.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file cannot be read.
    #[error("auth.keys.{name}.file: {path} cannot be read")]
    File {
        /// The key's name.
        name: String,
        /// Its file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Its file has something else in it.
    #[error("auth.keys.{name}.file: {path} has no {wanted}")]
    Content {
        /// The key's name.
        name: String,
        /// Its file.
        path: String,
        /// What should be there.
        wanted: &'static str,
    },
    /// The file of the key of tickets cannot be read.
    #[error("auth.ticket_key: {path} cannot be read")]
    TicketFile {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It has something else in it.
    #[error(
        "auth.ticket_key: {path} has no secret of 32 bytes or more, as `openssl rand -hex 32` makes one"
    )]
    TicketSecret {
        /// The file.
        path: String,
    },
    /// There can be no request for keys.
    #[error("auth.jwks.url: nothing can be asked for")]
    Jwks(#[source] reqwest::Error),
    /// A rule of the configuration.
    #[error("{0}")]
    Config(&'static str),
}
