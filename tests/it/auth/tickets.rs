//! Tickets: what a token allows, in the query of an address, and in nothing that others read.

use std::time::Duration;

use figcast::config::AccessLevel;
use reqwest::Method;
use serde_json::{Value, json};

use super::{VIEWERS, asked, config_file, guarded, token};
use crate::support::app::{TestApp, json_of};
use crate::support::process::{Server, figcast};

/// A ticket for what a token allows.
async fn ticket(app: &TestApp, figcast: &Value, seconds: i64) -> (String, Value) {
    let bearer = format!("Bearer {}", token(figcast, seconds));
    let response = app.request(Method::POST, "/ticket", &[("authorization", &*bearer)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer = json_of(response).await;
    (answer["ticket"].as_str().expect("a ticket").to_owned(), answer)
}

fn with(path: &str, ticket: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}ticket={ticket}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_what_its_token_does_again_and_again_until_it_ends() {
    let app = guarded(|auth| auth.ticket_lifetime = Duration::from_mins(5));
    let (ticket, answer) = ticket(&app, &json!({ "symbols": ["AAPL"] }), 600).await;
    let ends: jiff::Timestamp = answer["ends"].as_str().expect("an end").parse().expect("a time");
    let left = ends.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((290..=300).contains(&left), "{left}");
    for path in VIEWERS.into_iter().chain(["/search?q=AAPL"]) {
        assert_eq!(asked(&app, &with(path, &ticket), &[]).await.0, 200, "{path}");
    }
    // As a browser comes back by itself.
    for id in ["1-1", "2-2"] {
        let headers = [("last-event-id", id)];
        app.stream_with(&with("/stream/AAPL", &ticket), &headers).await.figure().await;
    }
    let (status, problem) = asked(&app, &with("/figure/TSLA", &ticket), &[]).await;
    assert!(status == 403 && problem["detail"].as_str().is_some_and(|d| d.contains("TSLA")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_ticket_and_a_ticket_with_its_token() {
    let app = guarded(|_| {});
    let (ticket, _) = ticket(&app, &json!({ "symbols": ["*"] }), 3).await;
    let mut stream = app.stream(&with("/stream/AAPL", &ticket)).await;
    let mut told = Vec::new();
    while let Some(event) = stream.next().await {
        if event.name.as_deref() == Some("token") {
            told.push(event.json()["state"].as_str().expect("a state").to_owned());
        }
    }
    assert_eq!(told, ["ending", "ended"]);
    let (status, problem) = asked(&app, &with("/stream/AAPL", &ticket), &[]).await;
    let detail = problem["detail"].as_str().expect("words");
    assert!(status == 401 && detail.contains("the ticket ended at"), "{status} {detail}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_for_charts_alone_and_a_bad_one_is_refused_where_none_is_needed() {
    let app = guarded(|auth| auth.routes.charts = AccessLevel::Public);
    let (ticket, _) = ticket(&app, &json!({ "symbols": ["*"], "admin": true }), 600).await;
    assert_eq!(asked(&app, &with("/metrics", &ticket), &[]).await.0, 401);
    let another = app.request(Method::POST, &with("/ticket", &ticket), &[]).await;
    assert_eq!(another.status(), 401, "no ticket renews itself");
    assert_eq!(asked(&app, "/figure/AAPL", &[]).await.0, 200, "charts are for all here");
    for bad in ["", "abc", &ticket[1..], &format!("{ticket}&ticket={ticket}")] {
        for path in ["/figure/AAPL", "/stream/AAPL"] {
            let (status, problem) = asked(&app, &with(path, bad), &[]).await;
            assert_eq!(status, 401, "{path} {bad}: {problem}");
        }
    }
    let get = app.get("/ticket").await;
    assert_eq!(get.status(), 401);
    app.stop().await;
    let open = TestApp::spawn(crate::support::sources::sim(&figcast::config::SimConfig::default()));
    let response = open.request(Method::POST, "/ticket", &[]).await;
    assert_eq!(response.status(), 404);
    assert!(json_of(response).await["detail"].as_str().is_some_and(|d| d.contains("no ticket")));
    assert_eq!(open.get("/figure/AAPL?ticket=any").await.status(), 200, "nobody asks for one");
    open.stop().await;
}

/// Whether an answer over a connection of its own shows one of the secrets.
fn shows(answer: &str, secrets: &[&str]) -> Option<String> {
    let shown = secrets.iter().find(|secret| answer.contains(**secret));
    shown.map(|secret| format!("{secret} in {answer}"))
}

/// Heads of requests that show a token or a ticket, rightly and wrongly.
fn telling(all: &str, ticket: &str) -> Vec<String> {
    let mut heads = Vec::new();
    for path in [
        "/figure/AAPL",
        "/figure/NOPE",
        "/bars/AAPL?format=odd",
        "/views?symbol=AAPL",
        "/search?q=a",
        "/metrics",
        "/nowhere",
        "/",
        "/stream/NOPE",
        "/ingest/MINE",
        "/write",
        "/%",
    ] {
        heads.push(format!("GET {} HTTP/1.0\r\n", with(path, ticket)));
        heads.push(format!("GET {path} HTTP/1.0\r\nAuthorization: Bearer {all}\r\n"));
        heads.push(format!("GET {path} HTTP/1.0\r\nAuthorization: Bearer {all}x\r\n"));
        heads.push(format!(
            "GET {path} HTTP/1.0\r\nCookie: __Host-figcast={all}; letmein=letmein\r\n"
        ));
        heads.push(format!(
            "POST {path} HTTP/1.0\r\nAuthorization: Token letmein\r\nContent-Length: 0\r\n"
        ));
        heads.push(format!("G\u{1}T {} HTTP/1.0\r\n", with(path, ticket)));
    }
    heads.push("POST /ingest/hook/open%20sesame HTTP/1.0\r\nContent-Length: 0\r\n".to_owned());
    heads.push(format!("POST /ingest/hook/{all} HTTP/1.0\r\nContent-Length: 0\r\n"));
    heads
}

/// Every answer, metric and line of the log, at its most talkative.
#[test]
fn no_token_ticket_or_cookie_stands_in_an_answer_a_metric_or_the_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config_file(folder.path());
    let mut program = figcast();
    program.env("RUST_LOG", "trace").env("FIGCAST_SERVER__ACCESS_LOG", "true");
    let mut server = Server::start_as(&mut program, &["--config", &config]);
    let all = token(&json!({ "symbols": ["*"], "admin": true, "ingest": ["*"] }), 600);
    let asked = |request: String| server.answer(request.as_bytes());
    let answer = asked(format!(
        "POST /ticket HTTP/1.0\r\nAuthorization: Bearer {all}\r\nContent-Length: 0\r\n\r\n"
    ));
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let ticket: Value = serde_json::from_str(body).expect("JSON");
    let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
    let signature = all.rsplit_once('.').expect("three parts").1.to_owned();
    let secrets = [&*signature, &ticket[8..], "secret of the tests", "open%20sesame", "letmein"];
    for head in telling(&all, &ticket) {
        let answer = asked(format!("{head}\r\n"));
        assert_eq!(shows(&answer, &secrets), None, "{head}");
        let (headers, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let is_ours = headers.contains("x-content-type-options");
        assert!(!is_ours || headers.contains("referrer-policy: no-referrer"), "{head}: {headers}");
    }
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(log.contains("listening on"), "{log}");
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
