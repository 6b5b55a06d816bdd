//! The keys of an issuer that are fetched from an address (RFC 7517), and those of the last answer that had any.
//!
//! The server fetches them again after a while, and when a token names a key that is not among them. It does so at most
//! twice a minute, because anybody can make up names. While the address does not answer, the server believes the keys of
//! the last good answer.

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
    /// When they were asked for last, and whether in vain. Those that ask meanwhile wait here.
    asked: Mutex<Option<LastFetch>>,
}

#[derive(Debug, Clone, Copy)]
struct LastFetch {
    at: Instant,
    failed: bool,
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
    pub async fn fetch(&self) {
        let mut asked = self.asked.lock().await;
        let apart = if self.known().is_some() { APART } else { APART_AT_FIRST };
        if asked.is_some_and(|asked| asked.at.elapsed() < apart) {
            return;
        }
        let had_failed = asked.is_some_and(|asked| asked.failed);
        let fetched = self.fetcher.fetch().await;
        let fetched = fetched.and_then(|body| keys_of(&body, &self.algorithms));
        *asked = Some(LastFetch { at: Instant::now(), failed: fetched.is_err() });
        match fetched {
            Ok(keys) => {
                if had_failed {
                    info!("the keys of auth.jwks.url are there again");
                }
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys.into());
            }
            Err(error) if !had_failed => {
                warn!(
                    "the keys of auth.jwks.url cannot be had, and those of before are believed: {error}"
                );
            }
            Err(_) => {}
        }
    }

    /// Fetches them for ever, once in a while.
    pub async fn keep_fresh(&self) {
        loop {
            self.fetch().await;
            let failed = self.asked.lock().await.is_some_and(|asked| asked.failed);
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
