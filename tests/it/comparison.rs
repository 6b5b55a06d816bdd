//! A chart beside others of which one cannot be had: the chart stays, and says what is left out.

use std::sync::Arc;
use std::time::Duration;

use figcast::hub::{Hub, StreamOptions, SubscribeError};
use figcast::view::View;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::app::{TestApp, json_of};
use crate::support::client::{Client, hub_of, subscribe};
use crate::support::stub::{Answer, Stub, fetched, not_found, unavailable};
use crate::support::{symbol, view_of};

const PATIENCE: Duration = Duration::from_secs(30);

/// A source that knows all but `GONE` and `LOST`.
fn all_but_gone() -> Arc<Stub> {
    Stub::new(|n, request| {
        let gone = ["GONE", "LOST"].contains(&request.symbol.as_str());
        Answer::Now(if gone { not_found() } else { Ok(fetched(request, n + 2)) })
    })
}

async fn figure(hub: &Hub, view: &View) -> Value {
    let frame = hub.figure(view, None, PATIENCE).await.expect("a figure");
    serde_json::from_slice(&frame.figure).expect("JSON")
}

/// The symbols whose lines are drawn, by what the figure says of them.
fn lines(figure: &Value) -> Vec<&str> {
    let lines = figure["layout"]["meta"]["compare"].as_array();
    lines.into_iter().flatten().filter_map(|line| line["symbol"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_unknown_symbol_is_left_out_of_a_comparison_with_a_word_that_says_so() {
    let (hub, _) = hub_of(all_but_gone());
    // The second time the hub remembers that the symbol is unknown, and the third it did not know it.
    for options in ["compare=MSFT,GONE", "compare=MSFT,GONE&theme=light", "compare=LOST,MSFT"] {
        let view = view_of("AAPL", options);
        let mut client =
            Client::open(&hub, std::slice::from_ref(&view), StreamOptions::default()).await;
        while client.figures().is_empty() {
            client.next().await;
        }
        let figure = client.figures()[0].json();
        let unknown = if options.contains("GONE") { "GONE" } else { "LOST" };
        assert_eq!(lines(&figure), ["AAPL", "MSFT"], "{options}");
        let layout = &figure["layout"];
        assert_eq!(layout["meta"]["omitted"], json!([unknown]), "{options}");
        assert_eq!(layout["title"]["text"], format!("AAPL and MSFT, without {unknown}"));
        assert_eq!(layout["yaxis"]["ticksuffix"], "%");
        let status = client.events.iter().rfind(|event| event.is_status()).expect("a status");
        assert_eq!(status.state(), "live", "an unknown symbol is no trouble of the others");
        let message = status.json()["message"].to_string();
        assert!(message.contains("left out of the comparison: "), "{options}: {message}");
        assert!(message.contains(" is not known to "), "{options}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn beside_nothing_that_can_be_drawn_a_chart_shows_prices() {
    let (hub, _) = hub_of(all_but_gone());
    let beside = figure(&hub, &view_of("AAPL", "compare=GONE,LOST")).await;
    let alone = figure(&hub, &view_of("AAPL", "theme=dark")).await;
    assert_eq!(beside["layout"]["meta"]["omitted"], json!(["GONE", "LOST"]));
    assert_eq!(beside["layout"]["title"]["text"], "AAPL, without GONE, LOST");
    assert_eq!(beside["layout"]["yaxis"], alone["layout"]["yaxis"]);
    assert_eq!(beside["layout"]["uirevision"], alone["layout"]["uirevision"], "the same zoom");
    assert_eq!(beside["data"], alone["data"]);
}

#[tokio::test(start_paused = true)]
async fn a_chart_of_an_unknown_symbol_is_refused_by_that_symbols_name_whatever_it_is_beside() {
    let (hub, _) = hub_of(all_but_gone());
    for compared in ["compare=MSFT", "compare=LOST"] {
        let refusal =
            hub.figure(&view_of("GONE", compared), None, PATIENCE).await.expect_err("refused");
        assert_eq!(refusal, SubscribeError::NotFound { symbol: symbol("GONE"), origin: "stub" });
    }
}

#[tokio::test(start_paused = true)]
async fn a_compared_symbol_whose_source_is_in_trouble_joins_when_that_is_over() {
    let (hub, _) = hub_of(Stub::new(|n, request| {
        let is_down = n < 4 && request.symbol == symbol("MSFT");
        Answer::Now(if is_down { unavailable() } else { Ok(fetched(request, n + 2)) })
    }));
    let views = [view_of("AAPL", "compare=MSFT,GOOG")];
    let mut client = Client::open(&hub, &views, StreamOptions::default()).await;
    while client.figures().is_empty() {
        client.next().await;
    }
    let first = client.figures()[0].json();
    assert_eq!(first["layout"]["meta"]["omitted"], json!(["MSFT"]));
    assert_eq!(lines(&first), ["AAPL", "GOOG"]);
    let joined = loop {
        client.next().await;
        let figure = client.figures().last().expect("some").json();
        if lines(&figure).len() == 3 {
            break figure;
        }
    };
    assert_eq!(lines(&joined), ["AAPL", "GOOG", "MSFT"]);
    assert_eq!(joined["layout"]["meta"]["omitted"], Value::Null);
    let status = client.events.iter().rfind(|event| event.is_status()).expect("a status").json();
    assert_eq!((&status["state"], &status["message"]), (&json!("live"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_compared_feed_that_dies_still_brings_its_clients_back_to_a_new_one() {
    let (hub, _) = hub_of(Stub::new(|_, request| match request.symbol.as_str() {
        "MSFT" => Answer::Panic,
        _ => Answer::Now(Ok(fetched(request, 3))),
    }));
    let mut subscription =
        subscribe(&hub, &view_of("AAPL", "compare=MSFT"), None).expect("a place");
    subscription.open(None, &[]).await.expect("found");
    let mut said = String::new();
    while let Some(piece) = subscription.next().await {
        said.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(said.contains("the feed was interrupted"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_leaves_an_unknown_comparison_out() {
    let app = TestApp::spawn(all_but_gone());
    let query = "AAPL?compare=MSFT,GONE";
    let figure: Value = json_of(app.get(&format!("/figure/{query}")).await).await;
    assert_eq!(figure["layout"]["meta"]["omitted"], json!(["GONE"]));
    let table: Value = json_of(app.get(&format!("/bars/{query}")).await).await;
    assert_eq!(table["omitted"], json!(["GONE"]));
    assert_eq!(table["columns"].as_array().and_then(|names| names.last()), Some(&json!("MSFT")));
    let csv = app.get(&format!("/bars/{query}&format=csv")).await.text().await.expect("text");
    assert_eq!(csv.lines().next(), Some("time,open,high,low,close,volume,MSFT"));
    for path in [format!("/stream/{query}"), "/stream?view=AAPL;compare=GONE,MSFT".to_owned()] {
        let mut stream = app.stream(&path).await;
        let figure = stream.figure().await.json();
        assert_eq!(lines(&figure), ["AAPL", "MSFT"], "{path}");
    }
    app.stop().await;
}
