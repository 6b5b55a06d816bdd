//! Tickets: what a token allows, sealed for the query of an address, where a browser's `EventSource` has no other place
//! for it.
//!
//! A ticket is opaque to all but those that have the key. It holds its grant itself, so that nothing is kept of it
//! and each node of a service with one key takes it.

use std::fmt;
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use super::claims::FigcastClaim;
use super::error::{KeyError, TokenError};
use super::grant::Grant;
use super::key::secret;
use crate::config::AuthConfig;
use crate::shares::TokenSubject;

/// Of the first form of tickets. It is signed with them.
const FORM: &[u8] = b"figcast ticket 1";
/// Longest ticket: a token and its frame, in base 64.
const LONGEST: usize = 12 << 10;

/// Seals tickets, and opens them.
pub struct TicketKey {
    key: LessSafeKey,
    lifetime: Duration,
}

/// A ticket for the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTicket {
    /// What stands in the query.
    pub text: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct TicketContent {
    ends: Timestamp,
    subject: [u8; 16],
    allows: FigcastClaim,
}

impl TicketKey {
    /// The key that is made of the configured secret, else one of this process alone.
    ///
    /// # Errors
    /// [`KeyError`] when there is no secret in the file.
    pub fn read(config: &AuthConfig) -> Result<Self, KeyError> {
        let bytes = match config.ticket_key.as_path() {
            path if path.as_os_str().is_empty() => drawn()?,
            path => {
                let bytes = fs::read(path).map_err(|source| KeyError::TicketFile {
                    path: path.display().to_string(),
                    source,
                })?;
                let path = || path.display().to_string();
                let secret =
                    secret(&bytes).ok_or_else(|| KeyError::TicketSecret { path: path() })?;
                secret.to_vec()
            }
        };
        // The secret itself may be another key's, too.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), FORM);
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref());
        let key = key.map_err(|_| KeyError::Config("auth.ticket_key cannot be used"))?;
        Ok(Self { key: LessSafeKey::new(key), lifetime: config.ticket_lifetime })
    }

    /// A ticket for what `grant` lets one see, which is neither pushing nor metrics.
    ///
    /// # Errors
    /// [`TokenError::NoTicket`] when the system has no random numbers.
    pub fn seal(&self, grant: &Grant, now: Timestamp) -> Result<SealedTicket, TokenError> {
        let ends = now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX).min(grant.ends);
        let allows = FigcastClaim {
            symbols: grant.symbols.clone(),
            range: grant.range.map(|range| range.as_str().to_owned()),
            studies: grant.studies.clone(),
            streams: grant.allowance.streams,
            views: grant.allowance.views,
            rate: grant.allowance.rate,
            ingest: Vec::new(),
            admin: false,
        };
        let content = TicketContent { ends, subject: grant.subject.bytes(), allows };
        let mut sealed = serde_json::to_vec(&content).map_err(|_| TokenError::NoTicket)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| TokenError::NoTicket)?;
        let once = Nonce::assume_unique_for_key(nonce);
        let tagged = self.key.seal_in_place_append_tag(once, Aad::from(FORM), &mut sealed);
        tagged.map_err(|_| TokenError::NoTicket)?;
        let text = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
        Ok(SealedTicket { text, ends })
    }

    /// What a ticket allows.
    ///
    /// # Errors
    /// [`TokenError::Ticket`] when it is none of this key, and [`TokenError::TicketEnded`].
    pub fn open(&self, text: &str, now: Timestamp) -> Result<Grant, TokenError> {
        let content = self.content(text).ok_or(TokenError::Ticket)?;
        if now >= content.ends {
            return Err(TokenError::TicketEnded(content.ends));
        }
        let TicketContent { ends, subject, allows } = content;
        Ok(Grant {
            subject: TokenSubject::from(subject),
            ends,
            range: allows.longest_range()?,
            studies: allows.known_studies()?,
            allowance: allows.allowance()?,
            symbols: allows.symbols,
            ingest: Vec::new(),
            admin: false,
        })
    }

    fn content(&self, text: &str) -> Option<TicketContent> {
        let mut bytes =
            (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.key.open_in_place(nonce, Aad::from(FORM), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

/// Nothing of the key itself.
impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKey").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

fn drawn() -> Result<Vec<u8>, KeyError> {
    let mut bytes = vec![0; 32];
    let drawn = SystemRandom::new().fill(&mut bytes);
    drawn.map_err(|_| KeyError::Config("the system has no random numbers for a key of tickets"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::{AuthConfig, Grant, TicketKey, TokenError, TokenSubject};
    use crate::shares::Allowance;
    use crate::view::Range;

    fn key(file: Option<&str>) -> TicketKey {
        let path = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name);
        let config = AuthConfig {
            ticket_key: file.map(path).unwrap_or_default(),
            ticket_lifetime: Duration::from_mins(10),
            ..AuthConfig::default()
        };
        TicketKey::read(&config).expect("a key")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn grant(ends: i64) -> Grant {
        Grant {
            subject: TokenSubject::of("sub", "desk 7"),
            ends: at(ends),
            symbols: vec![
                "AAPL".parse().expect("a pattern"),
                "YAHOO:*".parse().expect("a pattern"),
            ],
            range: Some(Range::Year1),
            studies: Some(vec!["sma".into()]),
            allowance: Allowance { streams: Some(4), views: None, rate: Some(2.5) },
            ingest: vec!["MINE".parse().expect("a pattern")],
            admin: true,
        }
    }

    #[test]
    fn a_ticket_lets_one_see_what_its_token_does_and_nothing_else() {
        let key = key(None);
        let ticket = key.seal(&grant(300), at(0)).expect("a ticket");
        let opened = key.open(&ticket.text, at(299)).expect("it is known");
        assert_eq!(opened, Grant { ingest: Vec::new(), admin: false, ..grant(300) });
        assert_eq!(
            (ticket.ends, key.open(&ticket.text, at(300))),
            (at(300), Err(TokenError::TicketEnded(at(300))))
        );
        for part in ["AAPL", "desk"] {
            assert!(!ticket.text.contains(part), "{}", ticket.text);
        }
        let again = key.seal(&grant(300), at(0)).expect("a ticket");
        assert_ne!(ticket, again, "no two are alike");
    }

    #[test]
    fn a_ticket_ends_with_its_token_and_no_later_than_after_its_own_time() {
        let sealed = |ends| key(None).seal(&grant(ends), at(1_000)).expect("a ticket").ends;
        assert_eq!(sealed(1_300), at(1_300));
        assert_eq!(sealed(9_000), at(1_000) + SignedDuration::from_secs(600));
    }

    #[test]
    fn every_node_with_the_same_secret_takes_a_ticket_and_no_other_one_does() {
        let ticket = key(Some("hs256.secret")).seal(&grant(300), at(0)).expect("a ticket").text;
        assert!(key(Some("hs256.secret")).open(&ticket, at(1)).is_ok());
        assert_eq!(key(None).open(&ticket, at(1)), Err(TokenError::Ticket));
        let printed = format!("{:?}", key(Some("hs256.secret")));
        assert!(!printed.contains("secret of the tests"), "{printed}");
    }

    proptest! {
        #[test]
        fn a_ticket_with_any_byte_changed_is_none(at_byte in 0_usize..400, with in "[A-Za-z0-9_-]") {
            let key = key(Some("hs256.secret"));
            let whole = key.seal(&grant(300), at(0)).expect("a ticket").text;
            let at_byte = at_byte % whole.len();
            let mut changed = whole.clone();
            changed.replace_range(at_byte..=at_byte, &with);
            prop_assume!(changed != whole);
            prop_assert_eq!(key.open(&changed, at(1)), Err(TokenError::Ticket));
        }

        #[test]
        fn no_text_makes_a_key_fall_over(text in "\\PC{0,300}") {
            prop_assert_eq!(key(None).open(&text, at(1)), Err(TokenError::Ticket));
        }
    }
}
