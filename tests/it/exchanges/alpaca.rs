//! Alpaca: a broker with a key, of which the beginning of a session is scripted.

use std::sync::Arc;
use std::time::Duration;

use figcast::bars::Bar;
use figcast::config::{AlpacaConfig, ExchangeSettings};
use figcast::market::Calendars;
use figcast::source::alpaca::Alpaca;
use figcast::source::{SearchQuery, Source};
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::day::until;
use super::market::Market;
use super::socket::{Act, Connection, Sockets};
use super::venue::{query, source};
use super::watcher::Watcher;
use crate::support::app::TestApp;
use crate::support::sse::Event;

/// The bell of 2026-11-25, at half past nine in New York.
const BELL: i64 = 1_795_617_000;
/// An hour before the bell, and after the close.
const EARLY: i64 = BELL - 3_600;
const LATE: i64 = BELL + 7 * 3_600;

fn bar(ts: i64, volume: i64) -> Bar {
    let (open, high, low, close) = (100.0, 101.0, 99.5, 100.5);
    Bar { ts, open, high, low, close, volume: volume as f64 }
}

fn row(ts: i64, volume: i64) -> Value {
    let time = Timestamp::from_second(ts).expect("in range").to_string();
    json!({"t": time, "o": 100, "h": 101, "l": 99.5, "c": 100.5, "v": volume, "n": volume, "vw": 100})
}

fn message(kind: &str, ts: i64, volume: i64) -> String {
    let mut message = row(ts, volume);
    (message["T"], message["S"]) = (json!(kind), json!("AAPL"));
    json!([message]).to_string()
}

/// Two pages of minutes, one of before the bell, for those who have the key.
fn answer(request: &Request) -> ResponseTemplate {
    let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let key = (header("apca-api-key-id"), header("apca-api-secret-key"));
    if key != (Some("PK1"), Some("hush")) {
        return ResponseTemplate::new(403).set_body_json(json!({"message": "forbidden."}));
    }
    let is_more = query(request, "page_token").as_deref() == Some("more");
    let body = match request.url.path() {
        "/v2/assets" => json!([{"symbol": "AAPL", "name": "Apple Inc.", "status": "active"}]),
        "/v2/stocks/AAPL/bars" if is_more => {
            json!({"bars": [row(BELL + 60, 4), row(BELL + 120, 5)], "next_page_token": null})
        }
        "/v2/stocks/AAPL/bars" => {
            json!({"bars": [row(EARLY, 2), row(BELL, 3)], "next_page_token": "more"})
        }
        _ => json!({"bars": null, "next_page_token": null}),
    };
    ResponseTemplate::new(200).set_body_json(body)
}

fn reply(connection: &Connection, text: &str) -> Vec<String> {
    let said: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(said["bars"], said["updatedBars"]);
    connection.turn(said["action"] == "subscribe", &said["bars"]);
    let names = connection.topics.lock().expect("not poisoned").clone();
    vec![json!([{"T": "subscription", "bars": names, "updatedBars": names}]).to_string()]
}

/// The broker at ten minutes after the bell, and a client of it.
struct Broker {
    clock: Arc<Market>,
    rest: MockServer,
    sockets: Sockets,
}

impl Broker {
    async fn open(reply: fn(&Connection, &str) -> Vec<String>) -> Self {
        let clock = Arc::new(Market::of_a_day(1));
        clock.set_time((BELL + 600) * 1_000);
        let rest = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&rest).await;
        Self { clock, rest, sockets: Sockets::open(reply).await }
    }

    fn source(&self, secret: &str) -> Arc<dyn Source> {
        let url = || self.rest.uri().parse().expect("a URL");
        let config = AlpacaConfig {
            key_id: "PK1".into(),
            secret_key: secret.into(),
            rest_url: url(),
            assets_url: url(),
            socket_url: format!("ws://{}/v2", self.sockets.address).parse().expect("a URL"),
            poll: Duration::from_millis(100),
            request_rate: 1_000.0,
            ..AlpacaConfig::default()
        };
        let alpaca = Alpaca::new(&config, Calendars::standard(), Arc::clone(&self.clock) as _);
        let settings = ExchangeSettings::from(&config);
        source(alpaca.expect("a client"), &settings, Arc::clone(&self.clock) as _)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_of_the_session_are_told_and_corrected_and_no_others_are_shown() {
    let broker = Broker::open(reply).await;
    let source = broker.source("hush");
    let watcher = Watcher::of(&*source, "AAPL");
    until("it is subscribed", || broker.sockets.live().is_some()).await;
    let live = broker.sockets.live().expect("a connection");
    live.act(Act::Say(message("b", BELL + 180, 6)));
    let mut expected =
        vec![bar(BELL, 3), bar(BELL + 60, 4), bar(BELL + 120, 5), bar(BELL + 180, 6)];
    until("the minute is told", || watcher.bars_until(i64::MAX) == expected).await;
    broker.clock.set_time((LATE + 60) * 1_000);
    live.act(Act::Say(message("b", LATE, 7)));
    live.act(Act::Say(message("u", BELL + 180, 8)));
    expected[3] = bar(BELL + 180, 8);
    until("it is corrected", || watcher.bars_until(i64::MAX) == expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_is_found_by_its_name_and_one_that_is_not_listed_is_told_so() {
    let broker = Broker::open(reply).await;
    let source = broker.source("hush");
    let found = source.search().find(&SearchQuery::parse("apple").expect("valid"), None).await;
    let found = found.expect("a list");
    assert_eq!(found[0].name.as_deref(), Some("Apple Inc."));
    let app = TestApp::spawn(source);
    for unknown in ["NONE", "^GSPC", "EURUSD=X"] {
        assert_eq!(app.get(&format!("/figure/{unknown}")).await.status(), 404, "{unknown}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_accepted_is_told_in_words_that_do_not_show_it() {
    let broker = Broker::open(reply).await;
    let app = TestApp::spawn(broker.source("wrong-secret"));
    let mut stream = app.stream("/stream/AAPL").await;
    let status = stream.next_where(|event| event.is_status() && event.state() == "error").await;
    let status = status.json();
    let words = status["message"].as_str().expect("words");
    assert!(words.contains("the key or its plan does not allow for it (forbidden.)"), "{words}");
    assert!(!status.to_string().contains("wrong-secret"), "{status}");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_of_the_account_is_told_that_there_is_another() {
    let refuse = |_: &Connection, _: &str| {
        vec![r#"[{"T":"error","code":406,"msg":"connection limit exceeded"}]"#.to_owned()]
    };
    let broker = Broker::open(refuse).await;
    let app = TestApp::spawn(broker.source("hush"));
    let mut stream = app.stream("/stream/AAPL").await;
    // A refusal that comes later than a socket may be down follows a word that says only that it is.
    let is_told = |event: &Event| {
        let words = event.json()["message"].as_str().unwrap_or_default().to_owned();
        event.state() == "stale" && words.contains("another program uses the one connection")
    };
    stream.next_where(|event| event.is_status() && is_told(event)).await;
    drop(stream);
    app.stop().await;
}
