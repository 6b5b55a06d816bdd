//! An issuer that names new keys, and one that is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use tokio::time::{advance, sleep, timeout};

use super::fetch::JwksError;
use super::{FetchJwks, IssuerKeys, keys_of, named};
use crate::config::{JwksConfig, KeyAlgorithm};

const ALL: [KeyAlgorithm; 3] = [KeyAlgorithm::ES256, KeyAlgorithm::EdDSA, KeyAlgorithm::RS256];

/// The public keys of the tests' key files.
fn set() -> Value {
    serde_json::from_str(include_str!("../../../tests/keys/jwks.json")).expect("JSON")
}

fn names(set: &Value, algorithms: &[KeyAlgorithm]) -> Vec<String> {
    let keys = keys_of(set.to_string().as_bytes(), algorithms).unwrap_or_default();
    keys.into_iter().map(|key| key.name).collect()
}

/// An issuer that answers and counts how often it was asked.
#[derive(Debug, Default)]
struct FakeIssuer {
    asked: AtomicUsize,
    is_away: std::sync::atomic::AtomicBool,
    /// How long an answer takes.
    takes: Duration,
}

#[async_trait]
impl FetchJwks for Arc<FakeIssuer> {
    async fn fetch(&self) -> Result<Vec<u8>, JwksError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        sleep(self.takes).await;
        if self.is_away.load(Ordering::SeqCst) {
            return Err(JwksError::Content);
        }
        Ok(set().to_string().into_bytes())
    }
}

fn issuer(takes: Duration) -> (Arc<FakeIssuer>, Arc<IssuerKeys>) {
    let issuer = Arc::new(FakeIssuer { takes, ..FakeIssuer::default() });
    let config = JwksConfig { algorithms: ALL.into(), ..JwksConfig::default() };
    (Arc::clone(&issuer), Arc::new(IssuerKeys::new(&config, Box::new(issuer))))
}

#[test]
fn keys_are_for_the_configured_algorithm_of_their_type_and_no_other() {
    assert_eq!(names(&set(), &ALL), ["es256", "eddsa", "rs256"]);
    assert_eq!(names(&set(), &[KeyAlgorithm::EdDSA]), ["eddsa"]);
    assert_eq!(names(&set(), &[KeyAlgorithm::HS256]), [""; 0], "no secret comes from an address");
    let changed = |key: usize, member: &str, value: Value| {
        let mut set = set();
        set["keys"][key][member] = value;
        names(&set, &ALL).len()
    };
    for (key, member, value) in [
        (0, "alg", json!("RS256")),
        (0, "use", json!("enc")),
        (0, "crv", json!("P-384")),
        (0, "x", json!("AAAA")),
        (0, "kid", json!(7)),
        (1, "x", json!("!")),
        (2, "n", json!("AQAB")),
        (2, "kty", json!("oct")),
    ] {
        assert_eq!(changed(key, member, value.clone()), 2, "{key} {member} {value}");
    }
    for bad in ["", "{}", "{\"keys\":[]}", "{\"keys\":[1,null,{}]}", "[]"] {
        assert!(keys_of(bad.as_bytes(), &ALL).is_err(), "{bad}");
    }
}

#[test]
fn a_token_is_tried_with_the_key_it_names_or_with_the_only_one_of_its_algorithm() {
    let mut twice = set();
    twice["keys"][1] = twice["keys"][0].clone();
    twice["keys"][1]["kid"] = json!("other");
    let [one, two] =
        [set(), twice].map(|set| keys_of(set.to_string().as_bytes(), &ALL).expect("keys"));
    let header =
        |kid: Option<&str>| Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::ES256) };
    assert!(named(&one, &header(Some("es256"))).is_some() && named(&one, &header(None)).is_some());
    assert!(named(&one, &header(Some("rs256"))).is_none(), "of another algorithm");
    assert!(named(&two, &header(None)).is_none(), "one of two");
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_no_more_than_twice_a_minute_however_often_they_are_missed() {
    let (issuer, keys) = issuer(Duration::ZERO);
    for _ in 0..60 {
        for _ in 0..5 {
            keys.fetch().await;
        }
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_on_for_all_others_though_those_leave_whose_tokens_needed_it() {
    let (issuer, keys) = issuer(Duration::from_secs(1));
    for _ in 0..5 {
        timeout(Duration::from_millis(10), keys.fetch()).await.expect_err("it takes a second");
    }
    keys.fetch().await;
    assert_eq!(keys.known().expect("keys").len(), 3);
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_keys_are_believed_while_the_issuer_is_away() {
    let (issuer, keys) = issuer(Duration::ZERO);
    issuer.is_away.store(true, Ordering::SeqCst);
    keys.fetch().await;
    assert!(keys.known().is_none());
    issuer.is_away.store(false, Ordering::SeqCst);
    advance(Duration::from_secs(5)).await;
    keys.fetch().await;
    assert_eq!(keys.known().expect("keys").len(), 3);
    issuer.is_away.store(true, Ordering::SeqCst);
    advance(Duration::from_mins(1)).await;
    keys.fetch().await;
    assert_eq!((keys.known().expect("keys").len(), issuer.asked.load(Ordering::SeqCst)), (3, 3));
}
