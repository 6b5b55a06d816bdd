//! Whose tokens are believed.

use std::future::pending;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::Value;
use url::{Host, Url};

use super::claims::{TokenClaims, instant};
use super::crypto;
use super::error::{KeyError, TokenError};
use super::grant::Grant;
use super::jwks::{self, IssuerKeys};
use super::key::TokenKey;
use super::ticket::{SealedTicket, TicketKey};
use crate::clock::Clock;
use crate::config::{AuthConfig, JwksConfig, KeyAlgorithm};
use crate::shares::TokenSubject;

/// Longest token. Servers and proxies refuse heads that are much longer.
const LONGEST: usize = 8 << 10;

/// Believes tokens of the configured keys, issuer and audience.
#[derive(Debug)]
pub struct Authority {
    issuer: String,
    audience: String,
    leeway: SignedDuration,
    keys: Vec<TokenKey>,
    issuer_keys: Option<Arc<IssuerKeys>>,
    tickets: TicketKey,
    clock: Arc<dyn Clock>,
}

impl Authority {
    /// Reads the keys; `None` where there are none, and nobody is asked for a token.
    ///
    /// # Errors
    /// [`KeyError`] for the first key that cannot be used, and for a missing issuer or audience.
    pub fn open(config: &AuthConfig, clock: Arc<dyn Clock>) -> Result<Option<Self>, KeyError> {
        if !config.is_on() {
            return Ok(None);
        }
        names(config).map_err(|(_, error)| error)?;
        crypto::install();
        let keys = config.keys.iter().map(|(name, key)| TokenKey::read(name, key));
        Ok(Some(Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway: SignedDuration::try_from(config.leeway).unwrap_or_default(),
            keys: keys.collect::<Result<_, _>>()?,
            issuer_keys: issuer_keys(&config.jwks)?.map(Arc::new),
            tickets: TicketKey::read(config)?,
            clock,
        }))
    }

    /// All that keeps it from being opened: the key of each setting, and what is wrong with it.
    #[must_use]
    pub fn faults(config: &AuthConfig) -> Vec<(String, KeyError)> {
        if !config.is_on() {
            return Vec::new();
        }
        let of = |key: &str, error: Option<KeyError>| error.map(|error| (key.to_owned(), error));
        let names = names(config).err().and_then(|(key, error)| of(key, Some(error)));
        let keys = config.keys.iter().filter_map(|(name, key)| {
            of(&format!("auth.keys.{name}"), TokenKey::read(name, key).err())
        });
        let jwks = of("auth.jwks", issuer_keys(&config.jwks).err());
        let tickets = of("auth.ticket_key", TicketKey::read(config).err());
        names.into_iter().chain(keys).chain(jwks).chain(tickets).collect()
    }

    /// What a token allows, of a key too that its issuer has only now.
    ///
    /// # Errors
    /// [`TokenError`], which says why it is not believed.
    pub async fn believe(&self, token: &str) -> Result<Grant, TokenError> {
        let granted = self.grant(token);
        let is_of_another_key =
            matches!(&granted, Err(TokenError::UnknownKey | TokenError::Signature));
        let Some(keys) = self.issuer_keys.as_ref().filter(|_| is_of_another_key) else {
            return granted;
        };
        let kid = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid);
        let is_known = |key: &TokenKey| kid.as_ref() == Some(&key.name);
        if keys.known().is_some_and(|keys| keys.iter().any(is_known)) {
            return granted;
        }
        keys.fetch().await;
        if keys.known().is_none() { Err(TokenError::NoKeys) } else { self.grant(token) }
    }

    /// Has the issuer's keys fetched once in a while, for ever.
    pub async fn keep_fresh(&self) {
        match &self.issuer_keys {
            Some(keys) => keys.keep_fresh().await,
            None => pending().await,
        }
    }

    /// What a token allows, by the keys that are known.
    ///
    /// # Errors
    /// [`TokenError`], which says why it is not believed.
    pub fn grant(&self, token: &str) -> Result<Grant, TokenError> {
        let claims = self.claims(token)?;
        let now = self.clock.now();
        let exp = claims.exp.as_ref().ok_or_else(|| TokenError::Missing("exp".to_owned()))?;
        let ended = instant(exp, "exp")?;
        let ends = ended.saturating_add(self.leeway).unwrap_or(Timestamp::MAX);
        if now >= ends {
            return Err(TokenError::Ended(ended));
        }
        if let Some(begins) =
            claims.nbf.as_ref().map(|begins| instant(begins, "nbf")).transpose()?
            && now.saturating_add(self.leeway).unwrap_or(Timestamp::MAX) < begins
        {
            return Err(TokenError::NotYet(begins));
        }
        let subject = subject(&claims, token);
        let claim = claims.figcast;
        Ok(Grant {
            subject,
            ends,
            range: claim.longest_range()?,
            studies: claim.known_studies()?,
            allowance: claim.allowance()?,
            symbols: claim.symbols,
            ingest: claim.ingest,
            admin: claim.admin,
        })
    }

    /// A ticket for what `grant` lets one see.
    ///
    /// # Errors
    /// [`TokenError::NoTicket`].
    pub fn ticket(&self, grant: &Grant) -> Result<SealedTicket, TokenError> {
        self.tickets.seal(grant, self.clock.now())
    }

    /// What a ticket allows.
    ///
    /// # Errors
    /// [`TokenError`], which says why it is not believed.
    pub fn ticket_grant(&self, ticket: &str) -> Result<Grant, TokenError> {
        self.tickets.open(ticket, self.clock.now())
    }

    /// The claims of a token that is signed with one of the keys, issuer and audience checked. The algorithm is
    /// the key's: what the token says of it only leaves keys out.
    fn claims(&self, token: &str) -> Result<TokenClaims, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Unreadable);
        }
        let header = header(token)?;
        let kid = header.kid.as_deref().filter(|kid| self.keys.iter().any(|key| key.name == *kid));
        let mut fault = TokenError::UnknownKey;
        let fetched = self.issuer_keys.as_ref().and_then(|keys| keys.known());
        let fetched = fetched.as_deref().and_then(|keys| jwks::named(keys, &header));
        let own = self.keys.iter().filter(|key| kid.is_none_or(|kid| kid == key.name));
        for key in fetched.into_iter().chain(own) {
            if key.algorithm != header.alg {
                continue;
            }
            match jsonwebtoken::decode(token, &key.key, &self.validation(key.algorithm)) {
                Ok(data) => {
                    return match key.until.filter(|until| self.clock.now() >= *until) {
                        Some(until) => Err(TokenError::KeyEnded(until)),
                        None => Ok(data.claims),
                    };
                }
                Err(error) => fault = told(error.into_kind()),
            }
            // Signed with this key, and refused for another reason.
            if fault != TokenError::Signature {
                break;
            }
        }
        Err(fault)
    }

    /// Times are compared with our own clock, which tests move.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.validate_exp = false;
        validation
    }
}

/// The header of a token, in which nothing stands that has to be understood and is not (RFC 7515, 4.1.11).
fn header(token: &str) -> Result<Header, TokenError> {
    let is_token = || read_unchecked(token).is_ok();
    let unread = |_| if is_token() { TokenError::Header } else { TokenError::Unreadable };
    let header = jsonwebtoken::decode_header(token).map_err(unread)?;
    if header.crit.is_some() { Err(TokenError::Critical) } else { Ok(header) }
}

/// The header and the claims of a token, for people: nothing of it is believed.
///
/// # Errors
/// [`TokenError::Unreadable`].
pub fn read_unchecked(token: &str) -> Result<(Value, Value), TokenError> {
    let read = |part: &str| -> Option<Value> {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&bytes).ok().filter(Value::is_object)
    };
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, _signature] = parts[..] else { return Err(TokenError::Unreadable) };
    read(header).zip(read(claims)).ok_or(TokenError::Unreadable)
}

/// How many keys the address of the issuer has now; nothing where there is no address.
///
/// # Errors
/// Why there are none.
pub async fn issuer_keys_now(config: &JwksConfig) -> anyhow::Result<Option<usize>> {
    match issuer_keys(config)? {
        Some(keys) => Ok(Some(keys.count_now().await?)),
        None => Ok(None),
    }
}

/// Whether tokens can be told from those of others; else the key that says too little.
fn names(config: &AuthConfig) -> Result<(), (&'static str, KeyError)> {
    let keys = [("auth.issuer", &config.issuer), ("auth.audience", &config.audience)];
    let rule = "auth.issuer and auth.audience must name what tokens have as iss and aud";
    match keys.into_iter().find(|(_, name)| name.is_empty()) {
        Some((key, _)) => Err((key, KeyError::Config(rule))),
        None => Ok(()),
    }
}

fn issuer_keys(config: &JwksConfig) -> Result<Option<IssuerKeys>, KeyError> {
    if !config.is_on() {
        return Ok(None);
    }
    let url = Url::parse(&config.url).ok().filter(is_safe);
    let rule =
        "auth.jwks.url is an address of https, or of this machine (http://127.0.0.1:8090/keys)";
    let url = url.ok_or(KeyError::Config(rule))?;
    if config.algorithms.is_empty() || config.algorithms.contains(&KeyAlgorithm::HS256) {
        let rule = "auth.jwks.algorithms names one or more of ES256, EdDSA and RS256";
        return Err(KeyError::Config(rule));
    }
    let fetcher = jwks::fetcher(url, config.timeout).map_err(KeyError::Jwks)?;
    Ok(Some(IssuerKeys::new(config, fetcher)))
}

/// Whether nobody on the way can put other keys in.
fn is_safe(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

/// Whose token it is: that of its subject, else the one of its name, else it is its own, as it is signed. The
/// signature does not count: of some keys each text has several.
fn subject(claims: &TokenClaims, token: &str) -> TokenSubject {
    match (&claims.sub, &claims.jti) {
        (Some(sub), _) => TokenSubject::of("sub", sub),
        (None, Some(jti)) => TokenSubject::of("jti", jti),
        (None, None) => {
            TokenSubject::of("token", token.rsplit_once('.').map_or(token, |(text, _)| text))
        }
    }
}

fn told(kind: ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(claim) => TokenError::Missing(claim),
        ErrorKind::InvalidClaimFormat(claim) => {
            TokenError::Unread(format!("{claim} has another type"))
        }
        ErrorKind::Json(error) => TokenError::Unread(error.to_string()),
        _ => TokenError::Unreadable,
    }
}

#[cfg(test)]
mod tests;
