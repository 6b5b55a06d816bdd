//! Coinbase.

use figcast::source::coinbase::Coinbase;
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::day::{a_day_of_faults, others, until};
use super::market::{Candle, Deal, Market, OPEN, price, size};
use super::socket::Connection;
use super::venue::{StubExchange, Venue, query};
use super::watcher::Watcher;
use crate::support::app::TestApp;

/// Most rows of an answer; more are refused.
const ROWS: i64 = 300;

impl Venue for Coinbase {
    const EXCHANGE: Self = Self;
    const SYMBOL: &'static str = "BTC-USD";
    const LOSES: bool = true;

    fn answer(market: &Market, request: &Request) -> ResponseTemplate {
        match request.url.path() {
            "/products/BTC-USD/candles" => candles(market, request),
            "/products" => ResponseTemplate::new(200).set_body_json(json!([{"id": "BTC-USD",
                "base_currency": "BTC", "quote_currency": "USD", "quote_increment": "0.01",
                "status": "online", "trading_disabled": false}])),
            _ => ResponseTemplate::new(404).set_body_json(json!({"message": "NotFound"})),
        }
    }

    fn reply(connection: &Connection, text: &str) -> Vec<String> {
        let said: Value = serde_json::from_str(text).expect("JSON");
        connection.turn(said["type"] == "subscribe", &said["product_ids"]);
        let names = connection.topics.lock().expect("not poisoned").clone();
        let channels =
            ["matches", "heartbeat"].map(|name| json!({"name": name, "product_ids": names}));
        vec![json!({"type": "subscriptions", "channels": channels}).to_string()]
    }

    fn candles(market: &Market) -> Vec<Candle> {
        market.candles().into_iter().filter(|candle| candle.count > 0).collect()
    }

    fn closed(_candle: &Candle, _at: i64) -> Option<String> {
        None
    }

    fn moved(market: &Market, _candle: &Candle, at: i64) -> String {
        json!({"type": "heartbeat", "sequence": 1, "last_trade_id": market.last_deal().map_or(0, |deal| deal.id),
            "product_id": "BTC-USD", "time": time(at)})
        .to_string()
    }

    /// Every trade, and a heartbeat that names the newest.
    fn news(market: &Market, since: i64, before: Option<Candle>) -> Vec<String> {
        let deals = market.deals_since(since).iter().map(matched);
        let candle = before.or_else(|| market.newest());
        let beat = candle.map(|candle| Self::moved(market, &candle, market.time()));
        deals.chain(beat).collect()
    }
}

fn time(millisecond: i64) -> String {
    Timestamp::from_millisecond(millisecond).expect("in range").to_string()
}

fn matched(deal: &Deal) -> String {
    json!({"type": "match", "trade_id": deal.id, "sequence": 7 * deal.id, "time": time(deal.at),
        "product_id": "BTC-USD", "size": size(deal.size), "price": price(deal.cents), "side": "sell"})
    .to_string()
}

/// Rows of a window, the newest first, with one from before it; a window of more rows is refused.
fn candles(market: &Market, request: &Request) -> ResponseTemplate {
    let instant = |name| {
        let text = query(request, name).expect("there");
        text.parse::<Timestamp>().expect("RFC 3339").as_second()
    };
    let (start, end) = (instant("start"), instant("end"));
    if (end - start) / 60 + 1 > ROWS || start > end {
        let words = json!({"message": "granularity too small for the requested time range"});
        return ResponseTemplate::new(400).set_body_json(words);
    }
    let candles = Coinbase::candles(market);
    let rows = candles.iter().rev().filter(|candle| (start - 60..=end).contains(&candle.ts));
    let rows: Vec<_> = rows
        .map(|candle| {
            let bar = candle.bar();
            json!([bar.ts, bar.low, bar.high, bar.open, bar.close, bar.volume])
        })
        .collect();
    ResponseTemplate::new(200).set_body_json(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_faults_ends_in_the_bars_of_rest_though_they_are_made_of_trades() {
    a_day_of_faults::<Coinbase>(Market::of_a_day(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_minutes_are_fetched_in_windows_and_only_as_far_as_there_are_any() {
    let exchange = StubExchange::open::<Coinbase>(Market::of_a_day(5)).await;
    exchange.market.set_time((OPEN + 23 * 3_600) * 1_000);
    let source = exchange.source::<Coinbase>();
    let watcher = Watcher::of(&*source, "BTC-USD");
    let candles = Coinbase::candles(&exchange.market);
    let expected: Vec<_> = candles.iter().map(Candle::bar).collect();
    until("all bars are there", || others(&expected, &watcher.bars_until(i64::MAX)).is_empty())
        .await;
    let requests = exchange.rest.received_requests().await.expect("recorded");
    let first: Vec<_> =
        requests.iter().filter(|request| request.url.path() != "/products").collect();
    // 23 hours are five windows; before them three have no bar.
    let ends: Vec<_> = first.iter().take(8).filter_map(|request| query(request, "end")).collect();
    assert!(ends.is_sorted_by(|newer, older| newer > older), "{ends:?}");
    assert_eq!(ends.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_symbol_is_told_so_and_prices_have_the_exchanges_decimals() {
    let exchange = StubExchange::open::<Coinbase>(Market::of_a_day(5)).await;
    exchange.market.set_time((OPEN + 3_600) * 1_000);
    let app = TestApp::spawn(exchange.source::<Coinbase>());
    for unknown in ["NONE-USD", "BTCUSD", "^GSPC"] {
        assert_eq!(app.get(&format!("/figure/{unknown}")).await.status(), 404, "{unknown}");
    }
    let mut stream = app.stream("/stream/BTC-USD").await;
    let meta = stream.figure().await.json()["layout"]["meta"]["instrument"].clone();
    assert_eq!((&meta["currency"], &meta["priceDecimals"]), (&json!("USD"), &json!(2)));
    drop(stream);
    app.stop().await;
}
