//! Tokens of every algorithm, and what is wrong with those that are refused.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Authority;
use crate::auth::{ClaimsError, Grant, KeyError, TokenClaims, TokenError, TokenSigner};
use crate::clock::Clock;
use crate::config::{AuthConfig, JwksConfig, KeyAlgorithm, KeyConfig};
use crate::shares::{Allowance, TokenSubject};
use crate::view::Range;

const ALGORITHMS: [(&str, KeyAlgorithm); 4] = [
    ("hs256", KeyAlgorithm::HS256),
    ("es256", KeyAlgorithm::ES256),
    ("eddsa", KeyAlgorithm::EdDSA),
    ("rs256", KeyAlgorithm::RS256),
];

#[derive(Debug)]
struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)
}

fn key(name: &str, algorithm: KeyAlgorithm) -> KeyConfig {
    let end = if algorithm == KeyAlgorithm::HS256 { "secret" } else { "public.pem" };
    KeyConfig { algorithm, file: file(&format!("{name}.{end}")), until: None }
}

fn config(keys: &[(&str, KeyConfig)]) -> AuthConfig {
    AuthConfig {
        issuer: "https://id.example".into(),
        audience: "figcast".into(),
        keys: keys.iter().map(|(name, key)| ((*name).to_owned(), key.clone())).collect(),
        ..AuthConfig::default()
    }
}

fn authority(keys: &[(&str, KeyConfig)], now: i64) -> Authority {
    let clock = Arc::new(Fixed(at(now)));
    Authority::open(&config(keys), clock).expect("keys").expect("there are keys")
}

fn claims(changed: &Value) -> TokenClaims {
    let mut claims = json!({
        "iss": "https://id.example", "aud": "figcast", "sub": "desk 7", "exp": 1_000,
        "figcast": { "symbols": ["AAPL", "KRAKEN:*"], "range": "1y", "streams": 4 },
    });
    let all = claims.as_object_mut().expect("an object");
    for (name, value) in changed.as_object().expect("an object") {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    serde_json::from_value(claims).expect("claims")
}

fn signed(name: &str, algorithm: KeyAlgorithm, changed: &Value) -> String {
    let private = (algorithm != KeyAlgorithm::HS256).then(|| file(&format!("{name}.private.pem")));
    let signer = TokenSigner::read(name, &key(name, algorithm), private.as_deref());
    signer.expect("a key").sign(&claims(changed)).expect("a token")
}

fn of_secret(changed: &Value) -> String {
    signed("hs256", KeyAlgorithm::HS256, changed)
}

fn refused(changed: &Value, now: i64) -> TokenError {
    let keys = [("hs256", key("hs256", KeyAlgorithm::HS256))];
    authority(&keys, now).grant(&of_secret(changed)).expect_err("it is refused")
}

#[test]
fn a_token_of_each_algorithm_allows_what_its_claim_says() {
    let keys = ALGORITHMS.map(|(name, algorithm)| (name, key(name, algorithm)));
    let authority = authority(&keys, 900);
    for (name, algorithm) in ALGORITHMS {
        let Grant { subject, ends, symbols, range, allowance, admin, ingest, .. } =
            authority.grant(&signed(name, algorithm, &json!({}))).expect(name);
        assert_eq!((subject, ends), (TokenSubject::of("sub", "desk 7"), at(1_005)), "{name}");
        assert_eq!(
            symbols.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["AAPL", "KRAKEN:*"]
        );
        assert_eq!((range, admin, ingest.len()), (Some(Range::Year1), false, 0));
        assert_eq!(allowance, Allowance { streams: Some(4), ..Allowance::default() });
    }
}

#[test]
fn a_token_of_another_key_is_refused_whatever_it_says_of_its_key() {
    let es256 = [("es256", key("es256", KeyAlgorithm::ES256))];
    let authority = authority(&es256, 900);
    for (name, algorithm) in ALGORITHMS.into_iter().filter(|(name, _)| *name != "es256") {
        let error = authority.grant(&signed(name, algorithm, &json!({}))).expect_err(name);
        assert_eq!(error, TokenError::UnknownKey, "{name}");
    }
    // A public key is known to all: it is no secret of HS256.
    let public = std::fs::read(file("es256.public.pem")).expect("a key");
    let key = jsonwebtoken::EncodingKey::from_secret(&public);
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let forged = jsonwebtoken::encode(&header, &claims(&json!({})), &key).expect("a token");
    assert_eq!(authority.grant(&forged), Err(TokenError::UnknownKey));
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let whole = of_secret(&json!({}));
    let (signed, _) = whole.rsplit_once('.').expect("three parts");
    let (_, body) = signed.split_once('.').expect("three parts");
    // {"alg":"none"}
    let none = format!("eyJhbGciOiJub25lIn0.{body}.");
    let authority = authority(&[("hs256", key("hs256", KeyAlgorithm::HS256))], 900);
    for token in [format!("{signed}."), none, String::new(), "a.b.c".into(), "é".repeat(9_000)] {
        let error = authority.grant(&token).expect_err("it is refused");
        assert!(
            matches!(error, TokenError::Signature | TokenError::Unreadable | TokenError::Header),
            "{error}"
        );
    }
    assert!(authority.grant(&whole).is_ok());
}

#[test]
fn a_header_is_told_from_what_is_no_token_and_has_no_extension_that_must_be_understood() {
    let secret = std::fs::read(file("hs256.secret")).expect("a secret");
    let key = jsonwebtoken::EncodingKey::from_secret(secret.trim_ascii_end());
    let header = jsonwebtoken::Header {
        crit: Some(vec!["https://id.example/bound".into()]),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256)
    };
    let critical = jsonwebtoken::encode(&header, &claims(&json!({})), &key).expect("a token");
    // {"alg":"none"} and {"alg":"HS256","kid":["hs256"]}, with {}.
    let [none, list] = ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiIsImtpZCI6WyJoczI1NiJdfQ"]
        .map(|header| format!("{header}.e30."));
    let authority = authority(&[("hs256", self::key("hs256", KeyAlgorithm::HS256))], 900);
    for (token, error) in [
        (&*critical, TokenError::Critical),
        (&*none, TokenError::Header),
        (&*list, TokenError::Header),
        ("e30.e30", TokenError::Unreadable),
        ("e30.e30.e30.e30", TokenError::Unreadable),
        ("W10.e30.", TokenError::Unreadable),
    ] {
        assert_eq!(authority.grant(token), Err(error), "{token}");
    }
}

#[test]
fn a_token_needs_an_end_the_issuer_and_the_audience() {
    for (changed, error) in [
        (json!({ "exp": null }), TokenError::Missing("exp".into())),
        (json!({ "exp": -1 }), TokenError::Ended(at(-1))),
        (json!({ "exp": 1e300 }), TokenError::Claims(ClaimsError::Time("exp"))),
        (json!({ "iss": null }), TokenError::Missing("iss".into())),
        (json!({ "aud": null }), TokenError::Missing("aud".into())),
        (json!({ "iss": "https://id.example.evil" }), TokenError::Issuer),
        (json!({ "aud": "others" }), TokenError::Audience),
        (json!({ "aud": [] }), TokenError::Audience),
    ] {
        assert_eq!(refused(&changed, 900), error, "{changed}");
    }
    let authority = authority(&[("hs256", key("hs256", KeyAlgorithm::HS256))], 900);
    assert!(authority.grant(&of_secret(&json!({ "aud": ["others", "figcast"] }))).is_ok());
}

#[test]
fn a_token_is_valid_from_its_beginning_to_its_end_give_or_take_the_leeway() {
    let keys = [("hs256", key("hs256", KeyAlgorithm::HS256))];
    let token = of_secret(&json!({ "nbf": 500 }));
    for (now, outcome) in [
        (494, Err(TokenError::NotYet(at(500)))),
        (495, Ok(())),
        (1_004, Ok(())),
        (1_005, Err(TokenError::Ended(at(1_000)))),
    ] {
        assert_eq!(authority(&keys, now).grant(&token).map(|_| ()), outcome, "{now}");
    }
}

#[test]
fn a_claim_that_says_nonsense_is_told_in_words() {
    for (changed, words) in [
        (json!({ "figcast": { "range": "2w" } }), "is not one of 1d, 5d"),
        (json!({ "figcast": { "studies": ["magic"] } }), "names one that does not exist"),
        (json!({ "figcast": { "rate": 0 } }), "requests a second from 0.01 to 10000"),
        (json!({ "exp": 1e15 }), "the token's claim exp is not a number of epoch seconds"),
    ] {
        let error = refused(&changed, 900).to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn tokens_of_one_subject_share_and_those_without_one_are_each_their_own() {
    let authority = authority(&[("hs256", key("hs256", KeyAlgorithm::HS256))], 900);
    let subject = |changed: &Value| authority.grant(&of_secret(changed)).expect("a token").subject;
    let renewed = subject(&json!({ "exp": 2_000, "jti": "2" }));
    assert_eq!(renewed, subject(&json!({ "jti": "1" })), "of one subject");
    assert_ne!(renewed, subject(&json!({ "sub": "desk 8" })));
    let named = |jti| subject(&json!({ "sub": null, "jti": jti }));
    assert!(named("1") == named("1") && named("1") != named("2"));
    let unnamed = |exp| subject(&json!({ "sub": null, "exp": exp }));
    assert!(unnamed(1_000) == unnamed(1_000) && unnamed(1_000) != unnamed(1_001));
}

#[test]
fn the_key_before_the_current_one_is_believed_until_it_ends() {
    let previous = KeyConfig { until: Some(at(950)), ..key("hs256", KeyAlgorithm::HS256) };
    let keys = [("es256", key("es256", KeyAlgorithm::ES256)), ("hs256", previous)];
    let token = of_secret(&json!({}));
    assert!(authority(&keys, 949).grant(&token).is_ok());
    assert_eq!(authority(&keys, 950).grant(&token), Err(TokenError::KeyEnded(at(950))));
    let current = signed("es256", KeyAlgorithm::ES256, &json!({}));
    assert!(authority(&keys, 951).grant(&current).is_ok());
}

#[test]
fn a_key_that_cannot_be_used_is_told_with_its_file() {
    let open = |config: &AuthConfig| {
        Authority::open(config, Arc::new(Fixed(at(0)))).expect_err("it is refused").to_string()
    };
    let secret = KeyConfig { algorithm: KeyAlgorithm::HS256, ..key("es256", KeyAlgorithm::ES256) };
    let mut wrong = secret.clone();
    wrong.algorithm = KeyAlgorithm::EdDSA;
    assert!(open(&config(&[("a", wrong)])).contains("has no public key of Ed25519 in PEM"));
    let private =
        KeyConfig { file: file("es256.private.pem"), ..key("es256", KeyAlgorithm::ES256) };
    assert!(open(&config(&[("a", private)])).contains("has no public key of P-256 in PEM"));
    let missing = KeyConfig { file: "/nowhere/key".into(), ..secret };
    assert!(open(&config(&[("a", missing)])).contains("auth.keys.a.file: /nowhere/key cannot"));
    let nobody =
        AuthConfig { issuer: String::new(), ..config(&[("a", key("hs256", KeyAlgorithm::HS256))]) };
    assert!(open(&nobody).contains("auth.issuer and auth.audience"));
    let none = AuthConfig { keys: BTreeMap::new(), ..nobody };
    let off: Result<_, KeyError> = Authority::open(&none, Arc::new(Fixed(at(0))));
    assert!(off.expect("nothing to read").is_none());
}

#[test]
fn keys_are_asked_for_over_tls_or_on_this_machine_and_for_an_algorithm_that_is_named() {
    let open = |url: &str, algorithms: &[KeyAlgorithm]| {
        let jwks =
            JwksConfig { url: url.into(), algorithms: algorithms.into(), ..JwksConfig::default() };
        let config = AuthConfig { jwks, ..config(&[]) };
        Authority::open(&config, Arc::new(Fixed(at(0)))).map_err(|error| error.to_string())
    };
    let es256 = [KeyAlgorithm::ES256];
    for url in
        ["https://id.example/keys", "http://127.0.0.1:1/", "http://[::1]/k", "http://localhost/"]
    {
        assert!(open(url, &es256).expect(url).is_some(), "{url}");
    }
    for url in [
        "http://id.example/keys",
        "http://127.0.0.1.example/",
        "file:///keys",
        "keys",
        "ftp://127.0.0.1/",
    ] {
        assert!(open(url, &es256).expect_err(url).contains("an address of https"), "{url}");
    }
    for algorithms in [&[][..], &[KeyAlgorithm::HS256, KeyAlgorithm::ES256]] {
        let error = open("https://id.example/keys", algorithms).expect_err("refused");
        assert!(error.contains("auth.jwks.algorithms names one or more"), "{error}");
    }
}

#[test]
fn no_key_and_no_secret_stands_in_what_is_printed_of_an_authority() {
    let keys = ALGORITHMS.map(|(name, algorithm)| (name, key(name, algorithm)));
    let printed = format!("{:?}", authority(&keys, 0));
    assert!(!printed.contains("secret of the tests") && printed.contains("hs256"), "{printed}");
    assert_eq!(config(&[]).leeway, Duration::from_secs(5));
}

proptest! {
    #[test]
    fn a_token_with_any_byte_changed_is_refused(at in 0_usize..200, with in "[A-Za-z0-9_.-]") {
        let authority = authority(&[("hs256", key("hs256", KeyAlgorithm::HS256))], 900);
        let token = of_secret(&json!({}));
        let at = at % token.len();
        let mut changed = token.clone();
        changed.replace_range(at..=at, &with);
        // The last letter of a part has bits that stand for nothing.
        let is_padding = token[at + 1..].starts_with('.') || at + 1 == token.len();
        prop_assume!(changed != token && !is_padding);
        prop_assert!(authority.grant(&changed).is_err(), "{}", changed);
    }

    #[test]
    fn no_text_makes_an_authority_fall_over(text in "\\PC{0,300}") {
        let authority = authority(&[("hs256", key("hs256", KeyAlgorithm::HS256))], 900);
        prop_assert!(authority.grant(&text).is_err());
    }
}
