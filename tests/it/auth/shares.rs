//! What a token may take: it counts by its subject, and the claim's numbers take the place of the configured ones.

use figcast::config::{Config, SimConfig};
use reqwest::Method;
use serde_json::json;

use super::{asking, token_of};
use crate::support::app::{Stream, TestApp, json_of};
use crate::support::sources;

fn server(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::spawn_with(sources::sim(&SimConfig::default()), |config| {
        config.auth = asking();
        change(config);
    })
}

fn bearer_of(subject: &str, figcast: &serde_json::Value) -> String {
    format!("Bearer {}", token_of(subject, figcast, 600))
}

async fn stream(app: &TestApp, path: &str, bearer: &str) -> Stream {
    app.stream_with(path, &[("authorization", bearer)]).await
}

/// The status of an answer to a client that does not speak events, and its words.
async fn refused(app: &TestApp, path: &str, bearer: &str) -> (u16, String) {
    let headers = [("authorization", bearer), ("accept", "*/*")];
    let response = app.request(Method::GET, path, &headers).await;
    let status = response.status().as_u16();
    let problem = json_of(response).await;
    (status, problem["detail"].as_str().expect("words").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_count_by_the_subject_of_their_tokens_and_not_by_the_address() {
    let app = server(|config| config.hub.streams_per_address = 1);
    let [ann, bob] = ["ann", "bob"].map(|name| bearer_of(name, &json!({ "symbols": ["*"] })));
    let mut first = stream(&app, "/stream/AAPL", &ann).await;
    first.figure().await;
    let (status, words) = refused(
        &app,
        "/stream/MSFT",
        &bearer_of("ann", &json!({ "symbols": ["*"], "range": "1y" })),
    )
    .await;
    assert!(
        status == 503 && words.contains("this token's subject has as many"),
        "{status} {words}"
    );
    stream(&app, "/stream/MSFT", &bob).await.figure().await;
    let more = bearer_of("ann", &json!({ "symbols": ["*"], "streams": 2 }));
    let mut second = stream(&app, "/stream/MSFT", &more).await;
    second.figure().await;
    assert_eq!(refused(&app, "/stream/MSFT", &more).await.0, 503);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_of_all_streams_of_a_subject_are_as_many_as_its_token_says() {
    let app = server(|_| {});
    let bearer = bearer_of("ann", &json!({ "symbols": ["*"], "views": 2 }));
    let mut first = stream(&app, "/stream?view=AAPL&view=MSFT&view=TSLA", &bearer).await;
    let busy = first.next_where(|event| event.is_status() && event.state() == "busy").await.json();
    assert!(busy["view"].as_str().expect("a key").starts_with("TSLA;"), "{busy}");
    assert!(busy["message"].as_str().expect("words").contains("figcast.views"), "{busy}");
    assert_eq!(refused(&app, "/stream/TSLA", &bearer).await.0, 503);
    drop(first);
    app_has_no_stream(&app).await;
    stream(&app, "/stream/TSLA", &bearer).await.figure().await;
    app.stop().await;
}

async fn app_has_no_stream(app: &TestApp) {
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    let admin = bearer_of("admin", &json!({ "admin": true }));
    loop {
        let response = app.request(Method::GET, "/metrics", &[("authorization", &admin)]).await;
        if response.text().await.expect("text").contains("figcast_streams 0\n") {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "the stream stays open");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_asks_as_often_as_its_token_says() {
    let app = server(|config| config.hub.requests_per_address = 0.0);
    let slow = bearer_of("ann", &json!({ "symbols": ["*"], "rate": 0.1 }));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = app.request(Method::GET, "/search?q=a", &[("authorization", &*slow)]).await;
        statuses.push(response.status().as_u16());
        if response.status() == 429 {
            let seconds = response.headers()["retry-after"].to_str().expect("text").parse::<u64>();
            assert!((1..=10).contains(&seconds.expect("seconds")));
        }
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
    let bob = bearer_of("bob", &json!({ "symbols": ["*"] }));
    let response = app.request(Method::GET, "/search?q=a", &[("authorization", &*bob)]).await;
    assert_eq!(response.status(), 200, "the rate of another subject, at the same address");
    app.stop().await;
}
