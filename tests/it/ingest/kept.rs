//! What is pushed is shown, told as it was taken, and there after a restart.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};

use super::{BEARER, Ingesting, minute, written};
use crate::support::app::json_of;
use crate::support::sse::Event;

/// The first pushed symbol that a search has found.
fn pushed(found: &Value) -> &Value {
    let results = found["results"].as_array().expect("results");
    results.iter().find(|result| result["source"] == "pushed").expect("found")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_tick_moves_an_open_stream() {
    let server = Ingesting::start();
    let at = minute(2);
    let answer = server.pushed("/ingest/mine", format!("{},101.5\n", at * 1_000)).await;
    assert_eq!(
        answer,
        json!({
            "symbol": "PUSHED:MINE", "interval": "1m", "accepted": 1, "replaced": 0, "unchanged": 0,
            "last": written(at), "chart": "/chart/PUSHED:MINE",
        })
    );
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    let price = |event: &Event| event.json()["layout"]["meta"]["quote"]["last"].as_f64();
    assert_eq!(price(&stream.figure().await), Some(101.5));
    server.pushed("/ingest/MINE", format!("{},99.25,2\n", at * 1_000 + 1)).await;
    assert_eq!(price(&stream.figure().await), Some(99.25));
    let row = format!("{},101.5,101.5,99.25,99.25,2.0", written(at));
    server.bars_become("MINE", &[&row]).await;
    drop(stream);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_in_every_form_and_coding_are_the_same_bars() {
    let server = Ingesting::start();
    let [first, second] = [minute(3), minute(2)];
    let csv = format!(
        "Time,Open,High,Low,Close,Volume,Final\n{},1,4,0.5,2,10,true\n# a note\n\n{},2,3,1,2.5,,\n",
        written(first),
        written(second)
    );
    let rows = json!([
        {"time": written(first), "open": 1, "high": 4, "low": 0.5, "close": 2, "volume": 10, "final": true},
        {"t": second * 1_000, "o": "2", "h": 3.0, "l": 1, "c": 2.5, "volume": null},
    ]);
    let lines = format!("{}\n{}\n", rows[0], rows[1]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(csv.as_bytes()).expect("packed");
    let gzip = gzip.finish().expect("packed");
    let zstd = zstd::encode_all(csv.as_bytes(), 1).expect("packed");
    let headerless = format!("{first},1,4,0.5,2,10,1\n{second},2,3,1,2.5\n");
    let quoted = format!("\"{first}\";1;4;\"0.5\";2;10;1\n{second};2;3;1;2.5\n");
    for (symbol, query, form, coding, body) in [
        ("A", "", "text/csv", "identity", csv.clone().into_bytes()),
        ("B", "", "application/json", "identity", rows.to_string().into_bytes()),
        ("C", "", "application/x-ndjson", "identity", lines.into_bytes()),
        ("D", "", "text/csv; charset=utf-8", "gzip", gzip),
        ("E", "", "application/octet-stream", "zstd", zstd),
        ("F", "?precision=s", "text/plain", "identity", headerless.into_bytes()),
        ("G", "?precision=s", "text/csv", "identity", quoted.into_bytes()),
        ("H", "", "application/json", "identity", rows[0].to_string().into_bytes()),
    ] {
        let headers =
            [("authorization", BEARER), ("content-type", form), ("content-encoding", coding)];
        let response = server.push_with(&format!("/ingest/{symbol}{query}"), &headers, body).await;
        let answer = json_of(response).await;
        let expected = if symbol == "H" { 1 } else { 2 };
        assert_eq!(answer["accepted"], expected, "{symbol}: {answer}");
        let rows = [
            format!("{},1.0,4.0,0.5,2.0,10.0", written(first)),
            format!("{},2.0,3.0,1.0,2.5,0.0", written(second)),
        ];
        assert_eq!(server.bars(symbol).await, rows[..expected], "{symbol}");
    }
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_told_as_it_was_taken_and_may_come_again() {
    let server = Ingesting::start();
    let [first, second] = [minute(3), minute(2)];
    let bars = |close: f64| {
        format!(
            "time,open,high,low,close\n{},1,9,0,1\n{},1,9,0,{close}\n",
            written(first),
            written(second)
        )
    };
    let counts = |answer: &Value| {
        ["accepted", "replaced", "unchanged"].map(|name| answer[name].as_u64().expect("a count"))
    };
    assert_eq!(counts(&server.pushed("/ingest/M", bars(1.0)).await), [2, 0, 0]);
    assert_eq!(counts(&server.pushed("/ingest/M", bars(1.0)).await), [0, 0, 2]);
    assert_eq!(counts(&server.pushed("/ingest/M", bars(2.0)).await), [0, 1, 1]);
    let ticks =
        format!("time,price,size,id\n{second}000,3,1,a\n{second}000,4,1,b\n{second}500,3,1,a\n");
    assert_eq!(counts(&server.pushed("/ingest/M", ticks.clone()).await), [2, 0, 1]);
    assert_eq!(counts(&server.pushed("/ingest/M", ticks).await), [0, 0, 3]);
    let last = format!("{},1.0,9.0,0.0,4.0,2.0", written(second));
    assert_eq!(server.bars("M").await[1], last);
    let many = format!("symbol,time,price\nX,{0},1\nY,{0},2\nPUSHED:X,{0},3\n", written(first));
    let answer = server.pushed("/ingest", many).await;
    assert_eq!(counts(&answer), [3, 0, 0]);
    assert_eq!(answer["symbols"][1]["chart"], "/chart/PUSHED:Y");
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_row_keeps_all_out_unless_the_others_are_wanted() {
    let server = Ingesting::start();
    let at = minute(2);
    let rows =
        format!("time,open,high,low,close\n{0},1,2,1,1\n{0},1,0.5,1,1\n{0},x,1,1,1\n", written(at));
    let response = server.push("/ingest/M", rows.clone()).await;
    assert_eq!(response.status(), 422);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem = json_of(response).await;
    assert_eq!(
        problem["rows"][0],
        json!({"line": 3, "column": "high", "detail": "0.5 is below another price of its bar"})
    );
    assert_eq!(problem["rows"][1]["column"], "open");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|told| told.starts_with("2 rows cannot be taken, so none was"))
    );
    let unknown = server.app.get("/bars/PUSHED:M").await;
    assert_eq!(unknown.status(), 404, "nothing was kept");
    let answer = server.pushed("/ingest/N?partial=1", rows).await;
    assert_eq!((&answer["accepted"], &answer["refused"]["count"]), (&json!(1), &json!(2)));
    let many = (0..1_000).map(|n| format!("soon,{n}\n")).collect::<Vec<_>>().concat();
    let problem = json_of(server.push("/ingest/M", format!("time,price\n{many}")).await).await;
    assert_eq!(problem["rows"].as_array().map(Vec::len), Some(20), "the list is bounded");
    assert!(problem["detail"].as_str().is_some_and(|told| told.starts_with("1000 rows ")));
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_symbol_is_shown_and_it_goes_when_it_is_removed() {
    let server = Ingesting::start();
    let at = minute(2);
    server.pushed("/ingest/MINE", format!("{at}000,20.5\n")).await;
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    stream.figure().await;
    let about =
        r#"{"name":"Cellar","currency":"°C","decimals":1,"zone":"Asia/Tokyo","type":"index"}"#;
    let answer = server.send(Method::PUT, "/ingest/MINE/about", about).await;
    assert_eq!(answer.status(), 200);
    let instrument = stream.figure().await.json()["layout"]["meta"]["instrument"].clone();
    assert_eq!((&instrument["name"], &instrument["currency"]), (&json!("Cellar"), &json!("°C")));
    assert_eq!(
        server.send(Method::GET, "/ingest/MINE/about", "").await.text().await.expect("text"),
        about
    );
    let found = json_of(server.app.get("/search?q=cell").await).await;
    assert_eq!(pushed(&found)["symbol"], "PUSHED:MINE");
    let bad = server.send(Method::PUT, "/ingest/MINE/about", r#"{"zone":"Mars"}"#).await;
    assert_eq!(bad.status(), 422);
    assert_eq!(server.send(Method::DELETE, "/ingest/MINE", "").await.status(), 204);
    assert_eq!(server.send(Method::DELETE, "/ingest/MINE", "").await.status(), 404);
    let gone = stream.next_where(|event| event.is_status() && event.state() == "not_found").await;
    assert!(
        gone.json()["message"].as_str().is_some_and(|told| told.contains("nothing was pushed yet"))
    );
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_that_nobody_pushes_any_more_is_stale_and_lives_again() {
    let server = Ingesting::start_with(|config| config.ingest.stale_after = Duration::from_secs(1));
    let row = format!("{}000,1\n", minute(1));
    server.pushed("/ingest/MINE", row.clone()).await;
    let mut stream = server.app.stream("/stream/PUSHED:MINE").await;
    let stale = stream.next_where(|event| event.is_status() && event.state() == "stale").await;
    assert!(
        stale.json()["message"]
            .as_str()
            .is_some_and(|told| told.starts_with("nothing was pushed since 2"))
    );
    // The same again is no news, but a sign of life.
    server.pushed("/ingest/MINE", row).await;
    stream.next_where(|event| event.is_status() && event.state() == "live").await;
    stream.next_where(|event| event.is_status() && event.state() == "stale").await;
    drop(stream);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_all_that_was_pushed() {
    let server = Ingesting::start();
    let at = minute(2);
    let tick = format!("{at}000,7,1,first\n");
    server.pushed("/ingest/MINE", tick.clone()).await;
    let named = server.send(Method::PUT, "/ingest/MINE/about", r#"{"name":"Mine"}"#).await;
    assert_eq!(named.status(), 200);
    let (bars, folder) = (server.bars("MINE").await, Arc::clone(&server.folder));
    server.app.stop().await;
    let server = Ingesting::start_in(folder, |_| {});
    assert_eq!(server.bars("MINE").await, bars);
    let again = server.pushed("/ingest/MINE", tick).await;
    assert_eq!(again["unchanged"], 1, "a tick is known after a restart");
    let found = json_of(server.app.get("/search?q=mine").await).await;
    assert_eq!(pushed(&found)["name"], "Mine");
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_stand_at_the_midnight_of_their_zone_and_minutes_beside_them() {
    let server = Ingesting::start();
    let about = r#"{"zone":"America/New_York","hours":"us"}"#;
    assert_eq!(server.send(Method::PUT, "/ingest/D/about", about).await.status(), 200);
    let days = "time,open,high,low,close\n2026-01-05,1,2,1,2\n2026-01-06T00:00:00-05:00,2,3,2,3\n";
    let answer = server.pushed("/ingest/D?interval=1d", days).await;
    assert_eq!(answer["last"], "2026-01-06T05:00:00Z");
    let bars = server.app.get("/bars/PUSHED:D?interval=1d&range=1y&format=csv").await;
    let bars = bars.text().await.expect("text");
    let rows: Vec<_> = bars.lines().skip(1).collect();
    assert_eq!(rows, ["2026-01-05,1.0,2.0,1.0,2.0,0.0", "2026-01-06,2.0,3.0,2.0,3.0,0.0"]);
    let refused = server.push("/ingest/D", "time,price\n2026-01-05,1\n").await;
    assert!(
        json_of(refused).await["detail"]
            .as_str()
            .is_some_and(|told| told.contains("a tick has a time of day"))
    );
    server.app.stop().await;
}
