//! The keys of an issuer that are fetched from an address (RFC 7517), and those of the last answer that had any.
//!
//! The server fetches them again after a while, and when a token names a key that is not among them. It does so at most
//! twice a minute, because anybody can make up names. While the address does not answer, the server believes the keys of
//! the last good answer. A fetch goes on though the client leaves whose token needed it: it is for all others as well, and
//! clients that leave at once would have the issuer asked without end.

mod fetch;
mod read;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::Header;
use log::{info, warn};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

pub use fetch::{FetchJwks, JwksError, fetcher};
use read::keys_of;

use super::key::TokenKey;
use crate::config::{JwksConfig, KeyAlgorithm};

/// Shortest time between two fetches.
const APART: Duration = Duration::from_secs(30);
/// The same while there has been no answer at all.
const APART_AT_FIRST: Duration = Duration::from_secs(5);

/// The keys of an issuer.
#[derive(Debug)]
pub struct IssuerKeys {
    fetcher: Box<dyn FetchJwks>,
    algorithms: Vec<KeyAlgorithm>,
    refresh: Duration,
    keys: RwLock<Option<Arc<[TokenKey]>>>,
    /// The fetch of before. Those that ask meanwhile wait here.
    asked: Mutex<Option<LastFetch>>,
}

#[derive(Debug)]
struct LastFetch {
    at: Instant,
    /// Why it was in vain, if it was.
    failure: Option<String>,
}

impl IssuerKeys {
    /// Keys that `fetcher` has not fetched yet.
    pub fn new(config: &JwksConfig, fetcher: Box<dyn FetchJwks>) -> Self {
        let (keys, asked) = (RwLock::new(None), Mutex::new(None));
        Self {
            fetcher,
            algorithms: config.algorithms.clone(),
            refresh: config.refresh,
            keys,
            asked,
        }
    }

    /// Those of the last good answer; `None` before there was one.
    pub fn known(&self) -> Option<Arc<[TokenKey]>> {
        // A set is put in whole.
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many there are at the address now.
    ///
    /// # Errors
    /// [`JwksError`].
    pub async fn count_now(&self) -> Result<usize, JwksError> {
        Ok(keys_of(&self.fetcher.fetch().await?, &self.algorithms)?.len())
    }

    /// Fetches them, unless that was tried a moment ago; waits for the fetch that is under way.
    pub async fn fetch(self: &Arc<Self>) {
        let keys = Arc::clone(self);
        // It ends by itself, or with the runtime and all that wait for it.
        let _ = tokio::spawn(async move { keys.fetch_to_the_end().await }).await;
    }

    async fn fetch_to_the_end(&self) {
        let mut asked = self.asked.lock().await;
        let had_keys = self.known().is_some();
        let apart = if had_keys { APART } else { APART_AT_FIRST };
        if asked.as_ref().is_some_and(|asked| asked.at.elapsed() < apart) {
            return;
        }
        let before = asked.take().and_then(|asked| asked.failure);
        let fetched = self.fetcher.fetch().await;
        let fetched = fetched.and_then(|body| keys_of(&body, &self.algorithms));
        let failure = match fetched {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys.into());
                None
            }
            Err(error) => Some(format!("{:#}", anyhow::Error::new(error))),
        };
        match &failure {
            None if before.is_some() => info!("the keys of auth.jwks.url are there again"),
            Some(why) if failure != before => {
                let meanwhile = if had_keys {
                    "those of before are believed"
                } else {
                    "no token can be checked with them"
                };
                warn!("the keys of auth.jwks.url cannot be had, and {meanwhile}: {why}");
            }
            _ => {}
        }
        *asked = Some(LastFetch { at: Instant::now(), failure });
    }

    /// Fetches them for ever, once in a while.
    pub async fn keep_fresh(self: &Arc<Self>) {
        loop {
            self.fetch().await;
            let asked = self.asked.lock().await;
            let failed = asked.as_ref().is_some_and(|asked| asked.failure.is_some());
            drop(asked);
            let rest = match (failed, self.known()) {
                (false, _) => self.refresh,
                (true, Some(_)) => APART,
                (true, None) => APART_AT_FIRST,
            };
            sleep(rest).await;
        }
    }
}

/// Those of `keys` that a token with this header may be signed with: the one it names, or where it names none the only
/// one of its algorithm.
pub fn named<'a>(keys: &'a [TokenKey], header: &Header) -> Option<&'a TokenKey> {
    let mut fit = keys.iter().filter(|key| key.algorithm == header.alg);
    match &header.kid {
        Some(kid) => fit.find(|key| key.name == *kid),
        None => fit.next().filter(|_| fit.next().is_none()),
    }
}

#[cfg(test)]
mod tests;
