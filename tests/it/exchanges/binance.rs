//! Binance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use figcast::clock::Clock;
use figcast::config::{BinanceConfig, ExchangeSettings};
use figcast::source::SearchQuery;
use figcast::source::SourceError;
use figcast::source::binance::Binance;
use figcast::source::live::{Dial as _, HttpDial};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::day::{a_day_of_faults, until};
use super::market::{Candle, Market, OPEN};
use super::socket::{Act, Connection};
use super::venue::{StubExchange, Venue, query, source};
use crate::support::app::TestApp;

impl Venue for Binance {
    const EXCHANGE: Self = Self;
    const SYMBOL: &'static str = "BTCUSDT";
    const LOSES: bool = true;

    fn answer(market: &Market, request: &Request) -> ResponseTemplate {
        match request.url.path() {
            "/api/v3/klines" => klines(market, request),
            "/api/v3/exchangeInfo" => {
                let filter = json!({"filterType": "PRICE_FILTER", "tickSize": "0.01000000"});
                let listed = json!({"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC",
                    "quoteAsset": "USDT", "filters": [filter]});
                ResponseTemplate::new(200).set_body_json(json!({"symbols": [listed]}))
            }
            _ => ResponseTemplate::new(404),
        }
    }

    fn reply(connection: &Connection, text: &str) -> Vec<String> {
        let said: Value = serde_json::from_str(text).expect("JSON");
        connection.turn(said["method"] == "SUBSCRIBE", &said["params"]);
        vec![json!({"result": null, "id": said["id"]}).to_string()]
    }

    fn closed(candle: &Candle, at: i64) -> Option<String> {
        Some(message(candle, Self::SYMBOL, at, true))
    }

    fn moved(_market: &Market, candle: &Candle, at: i64) -> String {
        message(candle, Self::SYMBOL, at, false)
    }

    fn goodbye(at: i64) -> Option<String> {
        Some(json!({"e": "serverShutdown", "E": at}).to_string())
    }
}

fn klines(market: &Market, request: &Request) -> ResponseTemplate {
    let number = |name| query(request, name).and_then(|text| text.parse::<i64>().ok());
    let (Some(start), Some(limit)) = (number("startTime"), number("limit")) else {
        return ResponseTemplate::new(400);
    };
    if query(request, "symbol").is_some_and(|symbol| symbol.starts_with("NONE")) {
        let problem = json!({"code": -1121, "msg": "Invalid symbol."});
        return ResponseTemplate::new(400).set_body_json(problem);
    }
    let candles = market.candles();
    let rows = candles.iter().filter(|candle| candle.ts * 1_000 >= start);
    let rows = rows.take(usize::try_from(limit).expect("a number")).map(row);
    ResponseTemplate::new(200).set_body_json(rows.collect::<Vec<_>>())
}

fn row(candle: &Candle) -> Value {
    let ([open, high, low, close], volume) = (candle.prices(), candle.volume());
    let (start, end) = (candle.ts * 1_000, candle.ts * 1_000 + 59_999);
    json!([start, open, high, low, close, volume, end, "0", candle.count, "0", "0", "0"])
}

pub fn message(candle: &Candle, name: &str, at: i64, is_final: bool) -> String {
    let ([open, high, low, close], volume) = (candle.prices(), candle.volume());
    let stream = format!("{}@kline_1m", name.to_ascii_lowercase());
    json!({"stream": stream, "data": {"e": "kline", "E": at, "s": name, "k": {
        "t": candle.ts * 1_000, "T": candle.ts * 1_000 + 59_999, "s": name, "i": "1m", "f": 100,
        "L": candle.last_id, "o": open, "c": close, "h": high, "l": low, "v": volume,
        "n": candle.count, "x": is_final, "q": "0", "V": "0", "Q": "0", "B": "0"}}})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_faults_ends_in_the_bars_of_rest_none_lost_or_doubled() {
    let exchange = a_day_of_faults::<Binance>(Market::of_a_day(7)).await;
    let pongs = |connection: &Arc<Connection>| {
        let heard = connection.heard.lock().expect("not poisoned");
        heard.iter().filter(|text| *text == "pong 1234").count()
    };
    let connections = exchange.sockets.all();
    assert!(connections.iter().map(pongs).sum::<usize>() > 100, "with the payload of the ping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_on_the_clients_stream_at_once_with_the_exchanges_decimals() {
    let exchange = StubExchange::open::<Binance>(Market::of_a_day(2)).await;
    exchange.market.set_time((OPEN + 3_600) * 1_000);
    let app = TestApp::spawn(exchange.source::<Binance>());
    let mut stream = app.stream("/stream/BTCUSDT").await;
    let first = stream.figure().await.json();
    assert_eq!(first["layout"]["meta"]["instrument"]["currency"], "USDT");
    until("it is subscribed", || exchange.sockets.live().is_some()).await;
    let mut candle = exchange.market.newest().expect("a candle");
    (candle.cents, candle.size, candle.last_id) = ([123_456; 4], 1 << 40, 1 << 40);
    let said = message(&candle, "BTCUSDT", exchange.market.time(), false);
    let started = Instant::now();
    let is_drawn = async {
        while stream.figure().await.json()["layout"]["meta"]["quote"]["last"] != 1234.56 {}
    };
    let keep_saying = async {
        // The series sets messages aside until REST has healed it, and passes them on with the answer.
        loop {
            exchange.sockets.live().inspect(|live| live.act(Act::Say(said.clone())));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = is_drawn => {}
        () = keep_saying => {}
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn symbols_are_found_and_an_unknown_one_is_told_so() {
    let exchange = StubExchange::open::<Binance>(Market::of_a_day(2)).await;
    let source = exchange.source::<Binance>();
    let found = source.search().find(&SearchQuery::parse("btc").expect("valid"), None).await;
    let found: Vec<_> =
        found.expect("a list").into_iter().map(|one| (one.symbol.to_string(), one.name)).collect();
    assert_eq!(found, [("BTCUSDT".to_owned(), Some("BTC / USDT".to_owned()))]);
    exchange.market.set_time((OPEN + 3_600) * 1_000);
    let app = TestApp::spawn(source);
    for unknown in ["NONEUSDT", "BTC-USD", "^GSPC"] {
        assert_eq!(app.get(&format!("/figure/{unknown}")).await.status(), 404, "{unknown}");
    }
    let requests = exchange.rest.received_requests().await.expect("recorded");
    let asked = |request: &&Request| request.url.query().is_some_and(|q| q.contains("symbol=BTC-"));
    assert_eq!(requests.iter().find(asked).map(|r| r.url.to_string()), None, "its firewall bans");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_refused_is_told_in_words_and_asked_no_more() {
    let rest = MockServer::start().await;
    let html = ResponseTemplate::new(451).set_body_raw("<html>restricted location", "text/html");
    Mock::given(method("GET")).respond_with(html).mount(&rest).await;
    let settings = ExchangeSettings {
        rest_url: rest.uri().parse().expect("a URL"),
        socket_url: rest.uri().replace("http", "ws").parse().expect("a URL"),
        ..ExchangeSettings::from(&BinanceConfig::default())
    };
    let market: Arc<dyn Clock> = Arc::new(Market::of_a_day(2));
    let dial = HttpDial::new("binance", &settings).expect("a client");
    let refused = dial.dial(market.now()).await.err().expect("refused");
    assert!(matches!(refused, SourceError::Blocked { .. }), "{refused}");
    let app = TestApp::spawn(source(Binance, &settings, market));
    let mut stream = app.stream("/stream/BTCUSDT").await;
    let status = stream.next_where(|event| event.is_status() && event.state() == "error").await;
    let message = status.json()["message"].as_str().expect("words").to_owned();
    assert!(message.contains("does not serve the region of this address (HTTP 451)"), "{message}");
    assert!(status.json()["next_check"].is_string(), "with the time of the next try");
    drop(stream);
    app.stop().await;
    let asked = rest.received_requests().await.expect("recorded").len();
    assert!(asked <= 3, "{asked} requests");
}
