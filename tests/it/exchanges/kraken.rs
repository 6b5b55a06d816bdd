//! Kraken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use figcast::config::KrakenConfig;
use figcast::source::kraken::Kraken;
use figcast::source::live::{HttpDial, Live};
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::day::{Venue, a_day_of_faults};
use super::market::{Candle, Market};
use super::socket::{Connection, Sockets};
use super::{clock, timing};

/// Most rows of an answer.
const ROWS: usize = 720;

/// The exchange of a market.
struct Exchange {
    market: Arc<Market>,
    rest: MockServer,
    sockets: Sockets,
    delay: Arc<AtomicU64>,
}

struct Ohlc(Arc<Market>, Arc<AtomicU64>);

impl Respond for Ohlc {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let query = |name| request.url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v);
        if query("pair").as_deref() != Some("XBTUSD") {
            let words = json!({"error": ["EQuery:Unknown asset pair"]});
            return ResponseTemplate::new(200).set_body_json(words);
        }
        let since: i64 = query("since").map_or(0, |since| since.parse().expect("seconds"));
        let candles = self.0.candles();
        let rows = candles[candles.len().saturating_sub(ROWS)..].iter();
        let rows: Vec<_> = rows.filter(|candle| candle.ts > since).map(row).collect();
        let body = json!({"error": [], "result": {"XXBTZUSD": rows, "last": 1}});
        let delay = Duration::from_millis(self.1.load(Ordering::SeqCst));
        ResponseTemplate::new(200).set_body_json(body).set_delay(delay)
    }
}

fn row(candle: &Candle) -> Value {
    let [open, high, low, close] = candle.prices();
    json!([candle.ts, open, high, low, close, "1.0", candle.volume(), candle.count])
}

fn message(candle: &Candle, at: i64) -> String {
    let bar = candle.bar();
    let time =
        |millisecond| Timestamp::from_millisecond(millisecond).expect("in range").to_string();
    json!({"channel": "ohlc", "type": "update", "timestamp": time(at), "data": [{"symbol": "BTC/USD",
        "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close, "vwap": 1.0,
        "trades": candle.count, "volume": bar.volume, "interval_begin": time(candle.ts * 1_000),
        "interval": 1}]})
    .to_string()
}

fn answer(connection: &Connection, text: &str) -> Vec<String> {
    let said: Value = serde_json::from_str(text).expect("JSON");
    let is_new = said["method"] == "subscribe";
    let mut topics = connection.topics.lock().expect("not poisoned");
    let names = said["params"]["symbol"].as_array().expect("a list").iter();
    let confirmed = names.map(|name| {
        let name = name.as_str().expect("a text").to_owned();
        if is_new { topics.insert(name.clone()) } else { topics.remove(&name) };
        json!({"method": said["method"], "result": {"channel": "ohlc", "symbol": name, "snapshot": true},
            "success": true, "req_id": said["req_id"]})
        .to_string()
    });
    confirmed.collect()
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
        false
    }

    fn closed(&self, candle: &Candle, at: i64) -> Option<String> {
        (candle.count > 0).then(|| message(candle, at))
    }

    fn moved(&self, candle: &Candle, at: i64) -> String {
        if candle.count > 0 {
            message(candle, at)
        } else {
            json!({"channel": "heartbeat"}).to_string()
        }
    }

    fn goodbye(&self, _at: i64) -> Option<String> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_faults_ends_in_the_bars_of_rest_with_its_silent_minutes() {
    let market = Arc::new(Market::of_a_day_without_outages(11));
    let delay = Arc::new(AtomicU64::new(0));
    let rest = MockServer::start().await;
    let ohlc = Ohlc(Arc::clone(&market), Arc::clone(&delay));
    let get = |at| Mock::given(method("GET")).and(path(at));
    get("/0/public/OHLC").respond_with(ohlc).mount(&rest).await;
    let pairs = json!({"error": [], "result": {"XXBTZUSD": {"altname": "XBTUSD", "wsname": "XBT/USD",
        "pair_decimals": 2, "status": "online"}}});
    let pairs = ResponseTemplate::new(200).set_body_json(pairs);
    get("/0/public/AssetPairs").respond_with(pairs).mount(&rest).await;
    let sockets = Sockets::open(answer).await;
    let exchange = Exchange { market, rest, sockets, delay };
    let config = KrakenConfig {
        rest_url: exchange.rest.uri().parse().expect("a URL"),
        socket_url: format!("ws://{}/v2", exchange.sockets.address).parse().expect("a URL"),
        poll: Duration::from_millis(100),
        request_rate: 1_000.0,
        silence: Duration::from_millis(700),
        ..KrakenConfig::default()
    };
    let kraken = Arc::new(Kraken::new(&config, clock(&exchange.market)).expect("a client"));
    let dial = Arc::new(HttpDial::new("kraken", &config.socket_url).expect("a client"));
    let source = Live::new(kraken, dial, clock(&exchange.market), timing());
    a_day_of_faults(&exchange, &source, "BTC-USD").await;
}
