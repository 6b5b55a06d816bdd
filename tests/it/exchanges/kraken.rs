//! Kraken.

use figcast::source::kraken::Kraken;
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::day::a_day_of_faults;
use super::market::{Candle, Market};
use super::socket::Connection;
use super::venue::{Venue, query};

/// Most rows of an answer.
const ROWS: usize = 720;

impl Venue for Kraken {
    const EXCHANGE: Self = Self;
    const SYMBOL: &'static str = "BTC-USD";
    const LOSES: bool = false;

    fn answer(market: &Market, request: &Request) -> ResponseTemplate {
        let result = match request.url.path() {
            "/0/public/OHLC" if query(request, "pair").as_deref() != Some("XBTUSD") => {
                let words = json!({"error": ["EQuery:Unknown asset pair"]});
                return ResponseTemplate::new(200).set_body_json(words);
            }
            "/0/public/OHLC" if query(request, "interval").as_deref() != Some("1") => {
                json!({"XXBTZUSD": [], "last": 1})
            }
            "/0/public/OHLC" => {
                let since =
                    query(request, "since").map_or(0, |text| text.parse().expect("seconds"));
                let candles = market.candles();
                let rows = candles[candles.len().saturating_sub(ROWS)..].iter();
                let rows: Vec<_> = rows.filter(|candle| candle.ts > since).map(row).collect();
                json!({"XXBTZUSD": rows, "last": 1})
            }
            "/0/public/AssetPairs" => json!({"XXBTZUSD": {"altname": "XBTUSD", "wsname": "XBT/USD",
                "pair_decimals": 2, "status": "online"}}),
            _ => return ResponseTemplate::new(404),
        };
        ResponseTemplate::new(200).set_body_json(json!({"error": [], "result": result}))
    }

    fn reply(connection: &Connection, text: &str) -> Vec<String> {
        let said: Value = serde_json::from_str(text).expect("JSON");
        let names = &said["params"]["symbol"];
        connection.turn(said["method"] == "subscribe", names);
        let confirmed = names.as_array().expect("a list").iter().map(|name| {
            json!({"method": said["method"], "success": true, "req_id": said["req_id"],
                "result": {"channel": "ohlc", "symbol": name, "snapshot": true}})
            .to_string()
        });
        confirmed.collect()
    }

    fn closed(candle: &Candle, at: i64) -> Option<String> {
        (candle.count > 0).then(|| message(candle, at))
    }

    fn moved(_market: &Market, candle: &Candle, at: i64) -> String {
        if candle.count > 0 {
            message(candle, at)
        } else {
            json!({"channel": "heartbeat"}).to_string()
        }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_faults_ends_in_the_bars_of_rest_with_its_silent_minutes() {
    a_day_of_faults::<Kraken>(Market::of_a_day_without_outages(11)).await;
}
