//! Several sources in one server, over real connections.

use std::sync::Arc;
use std::time::Duration;

use figcast::config::SimConfig;
use figcast::source::{Router, SourceError};
use serde_json::json;

use crate::support::app::{TestApp, json_of};
use crate::support::sources;
use crate::support::stub::{Answer, Stub};

/// A simulated market whose symbols need no prefix, and `stub`.
fn beside(stub: Arc<Stub>) -> TestApp {
    TestApp::spawn(Router::new(sources::sim(&SimConfig::default()), [stub as _]))
}

fn out_of_order() -> Answer {
    let (origin, detail) = ("stub", "it is out".to_owned());
    Answer::Now(Err(SourceError::Unavailable { origin, detail, cause: None }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_of_a_symbol_says_which_source_its_chart_is_from() {
    let app = beside(Stub::quiet());
    for (asked, symbol, source) in
        [("AAPL", "AAPL", "sim"), ("sim:aapl", "AAPL", "sim"), ("stub:aapl", "STUB:AAPL", "stub")]
    {
        let figure = json_of(app.get(&format!("/figure/{asked}")).await).await;
        let meta = &figure["layout"]["meta"];
        let key = meta["view"].as_str().expect("a key");
        assert_eq!((key.split(';').next(), &meta["source"]), (Some(symbol), &json!(source)));
        let views = json_of(app.get(&format!("/views?symbol={asked}")).await).await;
        assert_eq!((&views["symbol"], &views["source"]), (&json!(symbol), &json!(source)));
        assert_eq!(views["sources"], json!(["sim", "stub"]));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_of_two_sources_stand_in_one_stream_and_in_one_comparison() {
    let app = beside(Stub::quiet());
    let mut stream = app.stream("/stream?view=STUB:AAPL&view=SIM:AAPL").await;
    let names = stream.next_where(|event| event.name.as_deref() == Some("views")).await.json();
    let keys =
        ["STUB:AAPL", "SIM:AAPL"].map(|asked| names[asked].as_str().expect("a key").to_owned());
    assert!(keys[0].starts_with("STUB:AAPL;interval=") && keys[1].starts_with("AAPL;interval="));
    for _ in 0..2 {
        let view = stream.figure().await.json()["layout"]["meta"]["view"].clone();
        assert!(keys.iter().any(|key| *key == view), "{view}");
    }
    assert!(app.metric("figcast_fetches_total{source=\"stub\",outcome=\"ok\"}").await >= 1.0);
    let compared = json_of(app.get("/figure/AAPL?compare=stub:aapl,sim:msft").await).await;
    let key = compared["layout"]["meta"]["view"].as_str().expect("a key");
    assert!(key.contains(";compare=MSFT,STUB:AAPL;"), "{key}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_there_is_refused_with_those_that_are() {
    let app = beside(Stub::quiet());
    for path in [
        "/stream/GONE:AAPL",
        "/figure/GONE:AAPL",
        "/bars/GONE:AAPL",
        "/views?symbol=GONE:AAPL",
        "/figure/AAPL?compare=GONE:AAPL",
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(
            json_of(response).await["detail"],
            "there is no source GONE here, which GONE:AAPL names: there is SIM, STUB",
            "{path}"
        );
    }
    let mut stream = app.stream("/stream?view=GONE:AAPL&view=AAPL").await;
    let refused = stream.next_where(|event| event.is_status() && event.state() == "refused").await;
    assert_eq!(refused.json()["view"], "GONE:AAPL");
    stream.figure().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_in_trouble_does_not_touch_the_charts_of_another() {
    let app = beside(Stub::new(|_, _| out_of_order()));
    let mut stream = app.stream("/stream?view=STUB:AAPL&view=AAPL").await;
    let troubled = stream.next_where(|event| event.is_status() && event.state() == "error").await;
    let status = troubled.json();
    assert_eq!(status["symbol"], "STUB:AAPL");
    assert_eq!(status["message"], "stub cannot be reached: it is out");
    let figure = stream.figure().await.json();
    assert_eq!(figure["layout"]["meta"]["source"], "sim");
    // The stub of a source never answers a search.
    let found = json_of(app.get("/search?q=aapl").await).await;
    assert_eq!(found["results"][0]["symbol"], "AAPL");
    assert_eq!(
        found["unanswered"],
        json!([{"source": "stub", "detail": "stub cannot be reached: no answer in time"}])
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_that_one_source_does_not_know_is_not_unknown_to_another() {
    let stub = Stub::new(|_, request| {
        let symbol = request.symbol.clone();
        assert_eq!(symbol.source(), None);
        let (origin, detail) = ("stub", "no such symbol".to_owned());
        Answer::After(Duration::ZERO, Err(SourceError::NotFound { symbol, origin, detail }))
    });
    let app = beside(stub);
    let unknown = app.get("/figure/STUB:AAPL").await;
    assert_eq!(unknown.status(), 404);
    let detail = json_of(unknown).await["detail"].take();
    assert_eq!(detail, "STUB:AAPL is not known to the stub source");
    assert_eq!(app.get("/figure/AAPL").await.status(), 200);
    app.stop().await;
}
