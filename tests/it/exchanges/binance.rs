//! Binance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use figcast::config::BinanceConfig;
use figcast::source::binance::Binance;
use figcast::source::live::{HttpDial, Live};
use figcast::source::{SearchQuery, Source as _, SourceError};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::day::{Venue, a_day_of_faults, until};
use super::market::{Candle, Market, OPEN};
use super::socket::{Act, Connection, Sockets};
use super::{clock, timing};
use crate::support::app::TestApp;

/// The exchange of a market.
struct Exchange {
    market: Arc<Market>,
    rest: MockServer,
    sockets: Sockets,
    /// Milliseconds that an answer of REST takes.
    delay: Arc<AtomicU64>,
}

struct Klines(Arc<Market>, Arc<AtomicU64>);

impl Respond for Klines {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let query = |name| request.url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v);
        let (Some(start), Some(limit)) = (query("startTime"), query("limit")) else {
            return ResponseTemplate::new(400);
        };
        if query("symbol").is_some_and(|symbol| symbol.starts_with("NONE")) {
            let problem = json!({"code": -1121, "msg": "Invalid symbol."});
            return ResponseTemplate::new(400).set_body_json(problem);
        }
        let (start, limit): (i64, usize) = (start.parse().expect("ms"), limit.parse().expect("n"));
        let candles = self.0.candles().into_iter();
        let rows: Vec<_> = candles
            .filter(|candle| candle.ts * 1_000 >= start)
            .take(limit)
            .map(|c| row(&c))
            .collect();
        ResponseTemplate::new(200)
            .set_body_json(rows)
            .set_delay(Duration::from_millis(self.1.load(Ordering::SeqCst)))
    }
}

fn row(candle: &Candle) -> Value {
    let ([open, high, low, close], volume) = (candle.prices(), candle.volume());
    let end = candle.ts * 1_000 + 59_999;
    json!([
        candle.ts * 1_000,
        open,
        high,
        low,
        close,
        volume,
        end,
        "0",
        candle.count,
        "0",
        "0",
        "0"
    ])
}

fn message(candle: &Candle, name: &str, at: i64, is_final: bool) -> String {
    let ([open, high, low, close], volume) = (candle.prices(), candle.volume());
    let stream = format!("{}@kline_1m", name.to_ascii_lowercase());
    json!({"stream": stream, "data": {"e": "kline", "E": at, "s": name, "k": {
        "t": candle.ts * 1_000, "T": candle.ts * 1_000 + 59_999, "s": name, "i": "1m", "f": 100,
        "L": candle.last_id, "o": open, "c": close, "h": high, "l": low, "v": volume,
        "n": candle.count, "x": is_final, "q": "0", "V": "0", "Q": "0", "B": "0"}}})
    .to_string()
}

fn answer(connection: &Connection, text: &str) -> Vec<String> {
    let said: Value = serde_json::from_str(text).expect("JSON");
    let names = said["params"].as_array().expect("a list").iter();
    let mut topics = connection.topics.lock().expect("not poisoned");
    for name in names.map(|name| name.as_str().expect("a text").to_owned()) {
        match said["method"].as_str() {
            Some("SUBSCRIBE") => topics.insert(name),
            _ => topics.remove(&name),
        };
    }
    vec![json!({"result": null, "id": said["id"]}).to_string()]
}

impl Exchange {
    async fn open(market: Market) -> Self {
        let (market, delay) = (Arc::new(market), Arc::new(AtomicU64::new(0)));
        let rest = MockServer::start().await;
        let klines = Klines(Arc::clone(&market), Arc::clone(&delay));
        let get = |at| Mock::given(method("GET")).and(path(at));
        get("/api/v3/klines").respond_with(klines).mount(&rest).await;
        let info = json!({"symbols": [{"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC",
            "quoteAsset": "USDT", "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.01000000"}]}]});
        let info = ResponseTemplate::new(200).set_body_json(info);
        get("/api/v3/exchangeInfo").respond_with(info).mount(&rest).await;
        let sockets = Sockets::open(answer).await;
        Self { market, rest, sockets, delay }
    }

    fn source(&self) -> Arc<Live<Binance>> {
        let config = BinanceConfig {
            rest_url: self.rest.uri().parse().expect("a URL"),
            socket_url: format!("ws://{}/stream", self.sockets.address).parse().expect("a URL"),
            poll: Duration::from_millis(100),
            request_rate: 1_000.0,
            silence: Duration::from_millis(700),
            ..BinanceConfig::default()
        };
        let binance = Arc::new(Binance::new(&config, clock(&self.market)).expect("a client"));
        let dial = Arc::new(HttpDial::new("binance", &config.socket_url).expect("a client"));
        Arc::new(Live::new(binance, dial, clock(&self.market), timing()))
    }
}

impl Venue for Exchange {
    fn market(&self) -> &Market {
        &self.market
    }

    fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    fn set_delay(&self, milliseconds: u64) {
        self.delay.store(milliseconds, Ordering::SeqCst);
    }

    fn loses(&self) -> bool {
        true
    }

    fn closed(&self, candle: &Candle, at: i64) -> Option<String> {
        Some(message(candle, "BTCUSDT", at, true))
    }

    fn moved(&self, candle: &Candle, at: i64) -> String {
        message(candle, "BTCUSDT", at, false)
    }

    fn goodbye(&self, at: i64) -> Option<String> {
        Some(json!({"e": "serverShutdown", "E": at}).to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_faults_ends_in_the_bars_of_rest_none_lost_or_doubled() {
    let exchange = Exchange::open(Market::of_a_day(7)).await;
    let source = exchange.source();
    a_day_of_faults(&exchange, &*source, "BTCUSDT").await;
    let pongs = |connection: &Arc<Connection>| {
        let heard = connection.heard.lock().expect("not poisoned");
        heard.iter().filter(|text| *text == "pong 1234").count()
    };
    let connections = exchange.sockets.all();
    assert!(connections.iter().map(pongs).sum::<usize>() > 100, "with the payload of the ping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_on_the_clients_stream_at_once_with_the_exchanges_decimals() {
    let exchange = Exchange::open(Market::of_a_day(2)).await;
    exchange.market.set_time((OPEN + 3_600) * 1_000);
    let app = TestApp::spawn(exchange.source());
    let mut stream = app.stream("/stream/BTCUSDT").await;
    let first = stream.figure().await.json();
    assert_eq!(first["layout"]["meta"]["instrument"]["currency"], "USDT");
    until("it is subscribed", || exchange.sockets.live().is_some()).await;
    let mut candle = exchange.market.candles().last().copied().expect("a candle");
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
    let exchange = Exchange::open(Market::of_a_day(2)).await;
    let source = exchange.source();
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
    let config = BinanceConfig {
        rest_url: rest.uri().parse().expect("a URL"),
        socket_url: rest.uri().replace("http", "ws").parse().expect("a URL"),
        ..BinanceConfig::default()
    };
    let market = Arc::new(Market::of_a_day(2));
    let dial = HttpDial::new("binance", &config.socket_url).expect("a client");
    let refused = figcast::source::live::Dial::dial(&dial, clock(&market).now()).await;
    let refused = refused.err().expect("refused");
    assert!(matches!(refused, SourceError::Blocked { .. }), "{refused}");
    let binance = Arc::new(Binance::new(&config, clock(&market)).expect("a client"));
    let app =
        TestApp::spawn(Arc::new(Live::new(binance, Arc::new(dial), clock(&market), timing())));
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
