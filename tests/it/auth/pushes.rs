//! Tokens that push: each the symbols that its claim names, beside those of the configuration.

use figcast::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use super::{asking, token};
use crate::ingest::{BEARER, Ingesting};
use crate::support::app::json_of;

fn with_claims(config: &mut Config) {
    config.auth = asking();
    config.ingest.claims = true;
}

/// The status of a request with a body, and its words.
async fn sent(
    server: &Ingesting,
    method: Method,
    path: &str,
    bearer: &str,
    body: &str,
) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.request(method, server.url(path)).header("authorization", bearer);
    let response = request.body(body.to_owned()).send().await.expect("answered");
    let status = response.status().as_u16();
    let problem = if status < 300 { Value::Null } else { json_of(response).await };
    let words = problem["detail"].as_str().or(problem["message"].as_str()).unwrap_or_default();
    (status, words.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pushes_the_symbols_of_its_claim_and_no_others() {
    let server = Ingesting::start_with(with_claims);
    let claim = json!({ "symbols": ["*"], "ingest": ["MINE", "PUSHED:YOURS"] });
    let bearer = format!("Bearer {}", token(&claim, 600));
    let csv = |symbol: &str| format!("symbol,time,price\n{symbol},2026-03-02T15:00:00Z,7\n");
    let line = |symbol: &str| format!("{symbol} price=7");
    for (method, path, body) in [
        (Method::POST, "/ingest/MINE", "2026-03-02T15:00:00Z,7\n".to_owned()),
        (Method::POST, "/ingest/PUSHED:YOURS", "2026-03-02T15:00:00Z,7\n".to_owned()),
        (Method::POST, "/ingest?symbol=MINE", "2026-03-02T15:01:00Z,7\n".to_owned()),
        (Method::POST, "/ingest", csv("YOURS")),
        (Method::POST, "/write", line("MINE")),
        (Method::PUT, "/ingest/MINE/about", "{\"name\":\"Mine\"}".to_owned()),
        (Method::DELETE, "/ingest/YOURS", String::new()),
    ] {
        let (status, words) = sent(&server, method.clone(), path, &bearer, &body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {words}");
    }
    for (method, path, body) in [
        (Method::POST, "/ingest/THEIRS", "2026-03-02T15:00:00Z,7\n".to_owned()),
        (Method::POST, "/ingest?symbol=THEIRS", "2026-03-02T15:00:00Z,7\n".to_owned()),
        (Method::POST, "/ingest?partial=1", csv("THEIRS")),
        (Method::POST, "/ingest", csv("MINE") + "THEIRS,2026-03-02T15:00:00Z,8\n"),
        (Method::POST, "/write", line("MINE") + "\n" + &line("THEIRS")),
        (Method::PUT, "/ingest/THEIRS/about", "{\"name\":\"Mine\"}".to_owned()),
        (Method::GET, "/ingest/THEIRS/about", String::new()),
        (Method::DELETE, "/ingest/THEIRS", String::new()),
    ] {
        let (status, words) = sent(&server, method.clone(), path, &bearer, &body).await;
        assert_eq!(status, 403, "{method} {path}: {words}");
        assert!(words.contains("pushing THEIRS: its claim figcast.ingest has MINE, "), "{words}");
    }
    // The tokens of the configuration may push everything, and what was refused was not kept.
    let (status, _) = sent(&server, Method::GET, "/ingest/THEIRS/about", BEARER, "").await;
    assert_eq!(status, 404);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pushes_only_where_that_is_on_and_its_claim_says_so() {
    let server = Ingesting::start_with(with_claims);
    let row = "2026-03-02T15:00:00Z,7\n";
    let viewer = format!("Bearer {}", token(&json!({ "symbols": ["*"] }), 600));
    let (status, words) = sent(&server, Method::POST, "/ingest/MINE", &viewer, row).await;
    assert!(status == 403 && words.contains("it needs the claim figcast.ingest"), "{words}");
    let ended = format!("Bearer {}", token(&json!({ "ingest": ["*"] }), -1));
    let (status, words) = sent(&server, Method::POST, "/ingest/MINE", &ended, row).await;
    assert!(status == 401 && words.contains("the token ended at"), "{words}");
    server.app.stop().await;
    let server = Ingesting::start_with(|config| config.auth = asking());
    let pusher = format!("Bearer {}", token(&json!({ "ingest": ["*"] }), 600));
    let (status, words) = sent(&server, Method::POST, "/ingest/MINE", &pusher, row).await;
    assert!(status == 401 && words.contains("none of ingest.tokens"), "{words}");
    server.app.stop().await;
}
