//! Keys that an issuer tells at an address.

use std::path::Path;
use std::time::Duration;

use figcast::auth::TokenSigner;
use figcast::config::{AuthConfig, JwksConfig, KeyAlgorithm, KeyConfig};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{asked, claims, guarded};

fn set() -> Value {
    serde_json::from_str(include_str!("../../keys/jwks.json")).expect("JSON")
}

fn signed(name: &str, algorithm: KeyAlgorithm, key: &str) -> String {
    let file = |end: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(format!("{key}.{end}"))
    };
    let config = KeyConfig { algorithm, file: file("public.pem"), until: None };
    let signer = TokenSigner::read(name, &config, Some(&file("private.pem"))).expect("a key");
    format!(
        "Bearer {}",
        signer.sign(&claims("desk 7", &json!({ "symbols": ["*"] }), 600)).expect("a token")
    )
}

async fn issuer(answer: ResponseTemplate) -> MockServer {
    let issuer = MockServer::start().await;
    Mock::given(path("/keys")).respond_with(answer).mount(&issuer).await;
    issuer
}

fn at(issuer: &MockServer, auth: &mut AuthConfig) {
    auth.keys.clear();
    auth.jwks = JwksConfig {
        url: format!("{}/keys", issuer.uri()),
        algorithms: vec![KeyAlgorithm::ES256, KeyAlgorithm::RS256],
        timeout: Duration::from_secs(2),
        ..JwksConfig::default()
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_issuers_keys_are_believed_by_the_configured_algorithms_only() {
    let issuer = issuer(ResponseTemplate::new(200).set_body_json(set())).await;
    let app = guarded(|auth| at(&issuer, auth));
    for (name, algorithm, key, status) in [
        ("es256", KeyAlgorithm::ES256, "es256", 200),
        ("rs256", KeyAlgorithm::RS256, "rs256", 200),
        ("eddsa", KeyAlgorithm::EdDSA, "eddsa", 401),
        ("rs256", KeyAlgorithm::ES256, "es256", 401),
        ("made up", KeyAlgorithm::ES256, "es256", 401),
    ] {
        let bearer = signed(name, algorithm, key);
        let (got, problem) = asked(&app, "/figure/AAPL", &[("authorization", &bearer)]).await;
        assert_eq!(got, status, "{name} {key}: {problem}");
    }
    // At the start, and once for all names that are made up.
    for n in 0..20 {
        let bearer = signed(&format!("made up {n}"), KeyAlgorithm::ES256, "es256");
        assert_eq!(asked(&app, "/figure/AAPL", &[("authorization", &bearer)]).await.0, 401);
    }
    assert!(issuer.received_requests().await.expect("counted").len() <= 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_a_token_is_503_and_neither_a_redirect_nor_a_flood_is_an_answer() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(302).insert_header("location", "/other"),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 300 << 10]),
        ResponseTemplate::new(200).set_body_string("<html>"),
    ] {
        let issuer = issuer(answer).await;
        let app = guarded(|auth| at(&issuer, auth));
        let bearer = signed("es256", KeyAlgorithm::ES256, "es256");
        let (status, problem) = asked(&app, "/figure/AAPL", &[("authorization", &bearer)]).await;
        let detail = problem["detail"].as_str().expect("words");
        assert!(status == 503 && detail.contains("auth.jwks.url"), "{status} {detail}");
        assert_eq!(asked(&app, "/figure/AAPL", &[]).await.0, 401);
        app.stop().await;
    }
}
