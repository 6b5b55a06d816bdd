//! A symbol before its first push: a stream waits for it, and a single answer says that there is none.

use figcast::config::SourceName;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Ingesting, minute, written};
use crate::support::app::json_of;
use crate::support::sse::Event;

fn message(status: &Event) -> String {
    status.json()["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_waits_for_the_first_push_and_then_shows_it_as_of_its_instant() {
    let server = Ingesting::start();
    let mut stream = server.app.stream("/stream/PUSHED:NEW").await;
    let status = stream.next_where(|event| event.is_status() && !message(event).is_empty()).await;
    assert_eq!(status.state(), "loading");
    assert_eq!(message(&status), "no bars yet: POST /ingest/NEW makes them");
    for path in ["/figure/PUSHED:NEW", "/bars/PUSHED:NEW?format=csv"] {
        let response = server.app.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
    }
    assert_eq!(server.app.request(Method::HEAD, "/stream/PUSHED:NEW", &[]).await.status(), 200);
    let at = minute(2);
    server.pushed("/ingest/NEW", format!("{}345,101.5\n", at + 12)).await;
    let quote = stream.figure().await.json()["layout"]["meta"]["quote"].clone();
    assert_eq!(quote["last"], 101.5);
    let told = quote["asOf"].as_str().expect("an instant").to_owned();
    let told: jiff::Timestamp = told.parse().expect("RFC 3339");
    assert_eq!(told.as_second(), at + 12, "and not as of its minute");
    assert_eq!(server.app.get("/figure/PUSHED:NEW").await.status(), 200);
    drop(stream);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_that_was_removed_comes_back_with_its_next_push_at_once() {
    let server = Ingesting::start();
    let row = format!("{}000,7\n", minute(1));
    server.pushed("/ingest/MINE", row.clone()).await;
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    stream.figure().await;
    let removed = server.send(Method::DELETE, "/ingest/MINE", "").await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    stream.next_where(|event| event.is_status() && event.state() == "not_found").await;
    let mut waiting = server.app.stream("/stream/PUSHED:MINE").await;
    server.pushed("/ingest/MINE", row).await;
    waiting.figure().await;
    assert_eq!(server.bars("MINE").await.len(), 1);
    drop((stream, waiting));
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_of_minutes_ends_when_days_come_first_and_the_next_one_shows_them() {
    let server = Ingesting::start();
    let mut stream = server.app.stream("/stream/PUSHED:D").await;
    stream.next_where(|event| event.is_status() && !message(event).is_empty()).await;
    let days = "time,open,high,low,close\n2026-01-05,1,2,1,2\n2026-01-06,2,3,2,3\n";
    server.pushed("/ingest/D?interval=1d", days).await;
    let gone = stream.next_where(|event| event.is_status() && event.state() == "not_found").await;
    assert!(message(&gone).contains("it has bars of 1d, and none of 1m"), "{}", message(&gone));
    let mut again = server.app.stream("/stream/PUSHED:D").await;
    again.figure().await;
    drop((stream, again));
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_with_a_symbol_before_its_first_push_leaves_it_out() {
    let server = Ingesting::start();
    server.pushed("/ingest/MINE", format!("{}000,7\n", minute(1))).await;
    let figure = server.app.get("/figure/PUSHED:MINE?compare=PUSHED:NEW").await;
    let figure = json_of(figure).await;
    assert_ne!(figure["layout"]["meta"]["omitted"], Value::Null, "{}", figure["layout"]["meta"]);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_push_a_symbol_that_there_is_not_is_not_found() {
    let server = Ingesting::start_with(|config| {
        config.ingest.tokens.clear();
        config.source.name = SourceName::Pushed;
    });
    let events = [("accept", "text/event-stream")];
    let response = server.app.request(Method::GET, "/stream/NEW", &events).await;
    assert_eq!(response.status(), 404);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_symbol_makes_no_bars_and_its_chart_waits_for_them() {
    let server = Ingesting::start();
    let named = server.send(Method::PUT, "/ingest/MINE/about", r#"{"name":"Mine"}"#).await;
    assert_eq!(named.status(), 200);
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    let status = stream.next_where(|event| event.is_status() && !message(event).is_empty()).await;
    assert_eq!(status.state(), "loading");
    let at = minute(1);
    server.pushed("/ingest/MINE", format!("{at}000,7\n")).await;
    let figure = stream.figure().await.json();
    assert_eq!(figure["layout"]["meta"]["instrument"]["name"], "Mine");
    server.bars_become("MINE", &[&format!("{},7.0,7.0,7.0,7.0,0.0", written(at))]).await;
    drop(stream);
    server.app.stop().await;
}
