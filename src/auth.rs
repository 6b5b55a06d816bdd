//! Tokens: JSON Web Tokens (RFC 7519) that others issue, and what each of them allows.
//!
//! [`Authority`] believes a token that is signed with one of its keys, names its issuer and its audience, and has
//! not ended. What the token allows stands in its claim `figcast` and is a [`Grant`]: which symbols, how far back,
//! how many streams, whether rows may be pushed. A token without the claim allows nothing.

mod authority;
mod claims;
mod crypto;
mod error;
mod grant;
mod jwks;
mod key;
mod pattern;
mod ticket;

pub use authority::{Authority, issuer_keys_now, read_unchecked};
pub use claims::{ClaimsError, FigcastClaim, TokenClaims, instant};
pub use error::{KeyError, TokenError};
pub use grant::{Forbidden, Grant};
pub use key::TokenSigner;
pub use pattern::{PatternError, SymbolPattern};
pub use ticket::{SealedTicket, TicketKey};
