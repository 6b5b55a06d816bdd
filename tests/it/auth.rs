//! Tokens, over real connections.

mod jwks;
mod origins;
mod pushes;
mod shares;
mod tickets;

use std::path::Path;
use std::time::Duration;

use figcast::auth::{TokenClaims, TokenSigner};
use figcast::config::{AccessLevel, AuthConfig, Config, KeyAlgorithm, KeyConfig, SimConfig};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, json_of};
use crate::support::sources;

const ISSUER: &str = "https://id.example";
const VIEWERS: [&str; 5] =
    ["/stream/AAPL", "/stream?view=AAPL", "/figure/AAPL", "/bars/AAPL", "/views?symbol=AAPL"];

pub fn key() -> KeyConfig {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/hs256.secret");
    KeyConfig { algorithm: KeyAlgorithm::HS256, file, until: None }
}

/// Asks for tokens of that key.
pub fn asking() -> AuthConfig {
    AuthConfig {
        issuer: ISSUER.into(),
        audience: "figcast".into(),
        keys: [("current".to_owned(), key())].into(),
        leeway: Duration::ZERO,
        ..AuthConfig::default()
    }
}

/// The same as a file, with pushes.
pub fn config_file(folder: &Path) -> String {
    let path = folder.join("figcast.toml");
    let secret = key().file;
    let text = format!(
        "[auth]\nissuer = \"{ISSUER}\"\naudience = \"figcast\"\n\n[auth.keys]\ncurrent = {{ algorithm = \
         \"HS256\", file = \"{}\" }}\n\n[ingest]\nclaims = true\n\n[history]\npath = \"{}\"\n",
        secret.display(),
        folder.join("bars.db").display()
    );
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// A server of the simulated market that asks for tokens.
pub fn guarded(change: impl FnOnce(&mut AuthConfig)) -> TestApp {
    let with_auth = |config: &mut Config| {
        config.auth = asking();
        change(&mut config.auth);
    };
    TestApp::spawn_with(sources::sim(&SimConfig::default()), with_auth)
}

/// A token that allows `figcast` for so many seconds.
pub fn token(figcast: &Value, seconds: i64) -> String {
    token_of("desk 7", figcast, seconds)
}

/// The same of a subject.
pub fn token_of(subject: &str, figcast: &Value, seconds: i64) -> String {
    let claims = claims(subject, figcast, seconds);
    TokenSigner::read("current", &key(), None).expect("a key").sign(&claims).expect("a token")
}

/// What stands in such a token.
pub fn claims(subject: &str, figcast: &Value, seconds: i64) -> TokenClaims {
    let claims = json!({
        "iss": ISSUER, "aud": "figcast", "exp": Timestamp::now().as_second() + seconds,
        "sub": subject, "figcast": figcast,
    });
    serde_json::from_value(claims).expect("claims")
}

fn bearer(figcast: &Value) -> String {
    format!("Bearer {}", token(figcast, 600))
}

async fn asked(app: &TestApp, path: &str, headers: &[(&'static str, &str)]) -> (u16, Value) {
    let response = app.request(Method::GET, path, headers).await;
    let status = response.status().as_u16();
    if status == 200 { (status, Value::Null) } else { (status, json_of(response).await) }
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_are_for_those_who_show_a_token_and_the_page_and_health_for_all() {
    let app = guarded(|_| {});
    for path in VIEWERS.into_iter().chain(["/search?q=a", "/metrics", "/%73tream/AAPL"]) {
        let response = app.get(path).await;
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"figcast\"", "{path}");
        let problem = json_of(response).await;
        assert!(problem["detail"].as_str().expect("words").contains("__Host-figcast"), "{problem}");
    }
    for path in ["/", "/chart/AAPL", "/healthz", "/readyz"] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
    let (bearer, cookie) =
        (bearer(&json!({ "symbols": ["*"] })), token(&json!({ "symbols": ["*"] }), 600));
    let cookie = format!("a=b; __Host-figcast={cookie}");
    for path in VIEWERS {
        assert_eq!(asked(&app, path, &[("authorization", &bearer)]).await.0, 200, "{path}");
        assert_eq!(asked(&app, path, &[("cookie", &cookie)]).await.0, 200, "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_refused_and_never_taken_for_none() {
    let app = guarded(|auth| auth.routes.charts = AccessLevel::Public);
    assert_eq!(app.get("/figure/AAPL").await.status(), 200, "charts are for all here");
    let ended = format!("Bearer {}", token(&json!({ "symbols": ["*"] }), -1));
    for (shown, words) in [
        (&*ended, "the token ended at"),
        ("Bearer abc", "this is not a JSON Web Token"),
        ("Basic YTpi", "Bearer with a token"),
    ] {
        for path in ["/figure/AAPL", "/stream/AAPL"] {
            let (status, problem) = asked(&app, path, &[("authorization", shown)]).await;
            let detail = problem["detail"].as_str().expect("words");
            assert!(status == 401 && detail.contains(words), "{status} {detail}");
            assert!(!detail.contains("abc") && !detail.contains("YTpi"), "{detail}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_a_token_does_not_allow_is_forbidden_alone_and_among_others() {
    let app = guarded(|_| {});
    let bearer = bearer(&json!({ "symbols": ["AAPL", "MSFT"], "range": "5d" }));
    let headers = [("authorization", &*bearer)];
    for path in [
        "/stream/TSLA",
        "/stream?view=TSLA",
        "/figure/TSLA",
        "/bars/TSLA",
        "/views?symbol=TSLA",
        "/figure/AAPL?compare=TSLA",
        "/figure/AAPL?range=1mo",
    ] {
        let (status, problem) = asked(&app, path, &headers).await;
        let detail = problem["detail"].as_str().expect("words");
        assert!(status == 403 && detail.contains("the token "), "{path}: {status} {detail}");
    }
    let mut stream = app.stream_with("/stream?view=TSLA&view=AAPL&view=MSFT", &headers).await;
    let forbidden =
        stream.next_where(|event| event.is_status() && event.state() == "forbidden").await;
    let status = forbidden.json();
    assert!(status["view"].as_str().expect("a key").starts_with("TSLA;"), "{status}");
    assert!(status["message"].as_str().expect("words").contains("AAPL, MSFT"), "{status}");
    for _ in 0..2 {
        let view = stream.figure().await.json()["layout"]["meta"]["view"].clone();
        assert!(!view.as_str().expect("a key").starts_with("TSLA"), "{view}");
    }
    let found = app.request(Method::GET, "/search?q=TSLA", &headers).await;
    assert_eq!(found.headers()["cache-control"], "private, max-age=60");
    assert_eq!(json_of(found).await["results"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_tokens_that_say_so() {
    let app = guarded(|_| {});
    let viewer = bearer(&json!({ "symbols": ["*"] }));
    let admin = bearer(&json!({ "admin": true }));
    assert_eq!(asked(&app, "/metrics", &[("authorization", &viewer)]).await.0, 403);
    assert_eq!(asked(&app, "/metrics", &[("authorization", &admin)]).await.0, 200);
    assert_eq!(asked(&app, "/figure/AAPL", &[("authorization", &admin)]).await.0, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_that_its_token_ends_and_ends_with_it() {
    let app = guarded(|_| {});
    let shown = format!("Bearer {}", token(&json!({ "symbols": ["*"] }), 5));
    let mut stream = app.stream_with("/stream/AAPL", &[("authorization", &*shown)]).await;
    let mut told = Vec::new();
    while let Some(event) = stream.next().await {
        if event.name.as_deref() == Some("token") {
            told.push(event.json()["state"].as_str().expect("a state").to_owned());
        }
    }
    assert_eq!(told, ["ending", "ended"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_metric_repeats_a_token() {
    let app = guarded(|_| {});
    let all = token(&json!({ "symbols": ["AAPL"], "admin": true }), 600);
    let (header, cookie) = (format!("Bearer {all}"), format!("__Host-figcast={all}"));
    for path in ["/figure/TSLA", "/figure/AAPL", "/metrics", "/views", "/nowhere", "/"] {
        for (name, value) in [("authorization", &*header), ("cookie", &*cookie)] {
            let response = app.request(Method::GET, path, &[(name, value)]).await;
            let headers = format!("{:?}", response.headers());
            let text = response.text().await.expect("text");
            assert!(!headers.contains(&all) && !text.contains(&all), "{path}: {headers} {text}");
        }
    }
    app.stop().await;
}
