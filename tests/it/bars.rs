//! `/bars` and `/views`, over real connections.

use figcast::config::{Config, SimConfig};
use figcast::figure::Format;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, json_of};
use crate::support::sources::sim;
use crate::support::stub::{Answer, Stub, fetched, not_found};
use crate::support::{PATIENCE, view};

#[tokio::test(flavor = "multi_thread")]
async fn bars_are_those_of_the_figure_in_the_format_that_was_asked_for() {
    let source = Stub::quiet();
    let app = TestApp::spawn(std::sync::Arc::<Stub>::clone(&source));
    let figure: Value = json_of(app.get("/figure/AAPL?studies=sma:2").await).await;
    let response = app.get("/bars/AAPL?studies=sma:2").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["content-disposition"], "inline; filename=\"AAPL-1m-1d.json\"");
    let table: Value = json_of(response).await;
    assert_eq!(table["bars"].as_array().map(Vec::len), Some(3));
    for (row, index) in table["bars"].as_array().expect("rows").iter().zip(0..) {
        let price = &figure["data"][1];
        let row = (&row["time"], &row["close"]);
        assert_eq!(row, (&price["x"][index], &price["y"][index]));
    }
    let response = app.get("/bars/AAPL?studies=sma:2&format=csv").await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(response.headers()["content-disposition"], "inline; filename=\"AAPL-1m-1d.csv\"");
    let text = response.text().await.expect("text");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "time,open,high,low,close,volume,sma:2");
    assert_eq!(lines.len(), 5, "a header, three bars and the end: {text}");
    assert_eq!(source.fetches(), 1, "one feed, one view, one series for all of them");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_written_once_and_of_its_own_figure_however_long_ago_that_was() {
    let app = TestApp::spawn(Stub::growing());
    let view = view("AAPL");
    let first = app.hub.figure(&view, None, PATIENCE).await.expect("a figure");
    let mut stream = app.stream("/stream/AAPL").await;
    stream.next_where(|event| event.is_figure() && event.id.as_deref() != Some(&first.id)).await;
    let table = app.hub.table(&first, Format::Json, None).await.expect("a table");
    let told: Value = serde_json::from_slice(&table).expect("JSON");
    let drawn: Value = serde_json::from_slice(&first.figure).expect("JSON");
    let rows = |list: &Value| list.as_array().map(Vec::len);
    assert_eq!(rows(&told["bars"]), rows(&drawn["data"][1]["y"]));
    let again = app.hub.table(&first, Format::Json, None).await.expect("a table");
    assert_eq!(again.as_ptr(), table.as_ptr(), "the same bytes and not their like");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_format_the_client_gets_what_it_accepts_best() {
    let app = TestApp::spawn(Stub::quiet());
    for (accept, format) in [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8; header=present"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("image/png", "application/json"),
    ] {
        let response = app.request(Method::GET, "/bars/AAPL", &[("accept", accept)]).await;
        assert_eq!(response.headers()["content-type"], format, "{accept}");
        let vary = response.headers()["vary"].to_str().expect("text");
        assert!(vary.split(", ").any(|header| header == "Accept"), "{vary}");
    }
    let named = "/bars/AAPL?format=json";
    let response = app.request(Method::GET, named, &[("accept", "text/csv")]).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_a_tag_for_each_format_and_is_304_for_who_has_it() {
    let app = TestApp::spawn(Stub::quiet());
    let response = app.get("/bars/AAPL?format=csv").await;
    let csv = response.headers()["etag"].to_str().expect("text").to_owned();
    for (path, status) in [("/bars/AAPL?format=csv", 304), ("/bars/AAPL?format=json", 200)] {
        let response = app.request(Method::GET, path, &[("if-none-match", &csv)]).await;
        assert_eq!(response.status(), status, "{path}");
    }
    let head = app.request(Method::HEAD, "/bars/AAPL?format=csv", &[]).await;
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["etag"], csv);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_for_bars_is_told_with_what_would_be_right() {
    let app = TestApp::spawn(Stub::new(|_, request| {
        let known = request.symbol.as_str() == "AAPL";
        Answer::Now(if known { Ok(fetched(request, 3)) } else { not_found() })
    }));
    for (path, status, detail) in [
        ("/bars/AAPL?format=parquet", 400, "format cannot be \"parquet\": it is json or csv"),
        ("/bars/AAPL?format=csv&format=csv", 400, "format is given more than once"),
        ("/bars/AAPL?colour=red", 400, "unknown option \"colour\""),
        ("/stream/AAPL?format=csv", 400, "unknown option \"format\""),
        ("/bars/", 400, "a symbol is missing"),
        ("/bars/GONE", 404, "GONE is not known to the stub source"),
        ("/views?colour=red", 400, "unknown option \"colour\": there are symbol and colors"),
        ("/views?symbol=a/b", 400, "a symbol is letters and digits"),
        ("/views?symbol=A&symbol=B", 400, "symbol is given more than once"),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = json_of(response).await;
        let text = problem["detail"].as_str().expect("a sentence");
        assert!(text.contains(detail), "{path}: {text}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_market_gives_bars_of_every_kind_of_view() {
    let sim = sim(&SimConfig::default());
    // A debug build on a busy machine takes its time to simulate years of days.
    let patient = |config: &mut Config| config.hub.first_figure = PATIENCE;
    let app = TestApp::spawn_with(sim, patient);
    for query in [
        "interval=1d&range=1y&studies=sma:200",
        "range=5d&chart=heikin-ashi&studies=macd,rsi",
        "interval=15m&range=5d",
        "range=max&chart=spark",
        "compare=MSFT",
    ] {
        let figure: Value = json_of(app.get(&format!("/figure/AAPL?{query}")).await).await;
        let table: Value = json_of(app.get(&format!("/bars/AAPL?{query}")).await).await;
        let rows = table["bars"].as_array().map_or(0, Vec::len);
        assert!(rows > 1, "{query}: {table}");
        assert_eq!(table["view"], figure["layout"]["meta"]["view"]);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_tell_all_there_is_and_what_the_source_has_of_a_symbol() {
    let source = sim(&SimConfig::default());
    let app = TestApp::spawn(source);
    let response = app.get("/views").await;
    assert_eq!(response.headers()["cache-control"], "public, max-age=60");
    let tag = response.headers()["etag"].to_str().expect("text").to_owned();
    insta::assert_json_snapshot!("views", json_of(response).await);
    let again = app.request(Method::GET, "/views", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), 304);

    let views: Value = json_of(app.get("/views?symbol=aapl").await).await;
    assert_eq!(views["symbol"], "AAPL");
    assert_eq!(views["intervals"][3]["ranges"], json!(["1d", "5d", "1mo", "3mo", "6mo"]));
    assert_eq!(views["intervals"][3]["served"], json!(["1d", "5d", "1mo"]));
    for interval in views["intervals"].as_array().expect("intervals") {
        for range in interval["served"].as_array().expect("ranges") {
            let (interval, range) = (interval["interval"].as_str(), range.as_str());
            let query =
                format!("interval={}&range={}", interval.expect("a name"), range.expect("a name"));
            // What is not served is 400 whatever the symbol, and this one has no bars to wait for.
            let path = format!("/stream/NOPE?{query}");
            assert_eq!(app.request(Method::HEAD, &path, &[]).await.status(), 404, "{query}");
        }
    }
    app.stop().await;
}
