//! Yahoo, which has no socket: the same day, polled, with answers that are late, broken off or refused.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use figcast::bars::Bar;
use figcast::clock::Clock;
use figcast::config::YahooConfig;
use figcast::source::yahoo::Yahoo;
use figcast::source::{PollTiming, Polled};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::day::others;
use super::market::{Candle, Dice, Market, OPEN};
use super::venue::query;
use super::watcher::Watcher;
use crate::support::PATIENCE;

/// Yahoo, and the faults of its answers.
struct Charts(Arc<Market>, Mutex<Dice>);

impl Respond for Charts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = chart(&self.0, request).to_string();
        match self.1.lock().expect("not poisoned").below(16) {
            0 => ResponseTemplate::new(502),
            1 => ResponseTemplate::new(429),
            2 => ResponseTemplate::new(200).set_body_string(&body[..body.len() / 2]),
            3 => {
                let late = ResponseTemplate::new(200).set_body_raw(body, "application/json");
                late.set_delay(Duration::from_millis(60))
            }
            _ => ResponseTemplate::new(200).set_body_raw(body, "application/json"),
        }
    }
}

/// A chart of minutes: prices are floats of 32 bits, a minute without a trade is a row of nulls, and the newest price
/// is a row of its own.
fn chart(market: &Market, request: &Request) -> Value {
    let since = query(request, "period1").map_or(0, |text| text.parse().expect("seconds"));
    let mut candles = market.candles();
    candles.retain(|candle| candle.ts >= since);
    let quote = market.last_deal().map(|deal| Candle {
        ts: deal.at / 1_000,
        cents: [deal.cents; 4],
        size: 0,
        count: 1,
        last_id: deal.id,
    });
    candles.extend(quote);
    let column = |value: fn(&Candle) -> Value| -> Vec<Value> {
        let cell = |candle: &Candle| if candle.count > 0 { value(candle) } else { Value::Null };
        candles.iter().map(cell).collect()
    };
    let day = json!({"timezone": "UTC", "start": OPEN, "end": OPEN + 86_340, "gmtoffset": 0});
    let meta = json!({"symbol": "BTC-USD", "currency": "USD", "exchangeName": "CCC", "gmtoffset": 0,
        "instrumentType": "CRYPTOCURRENCY", "exchangeTimezoneName": "UTC", "dataGranularity": "1m",
        "regularMarketTime": quote.map(|quote| quote.ts), "regularMarketPrice": quote.map(|quote| price(&quote, 3)),
        "currentTradingPeriod": {"regular": day}, "tradingPeriods": [[day]]});
    let columns = json!({"open": column(|c| price(c, 0)), "high": column(|c| price(c, 1)),
        "low": column(|c| price(c, 2)), "close": column(|c| price(c, 3)), "volume": column(|c| c.size.into())});
    let times: Vec<_> = candles.iter().map(|candle| candle.ts).collect();
    json!({"chart": {"error": null, "result": [{"meta": meta, "timestamp": times,
        "indicators": {"quote": [columns]}}]}})
}

fn price(candle: &Candle, index: usize) -> Value {
    f64::from(candle.cents[index] as f32 / 100.0).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_broken_answers_ends_in_the_bars_of_the_market_none_lost_or_doubled() {
    let market = Arc::new(Market::of_a_day(13));
    market.set_time((OPEN + 600) * 1_000);
    let upstream = MockServer::start().await;
    let charts = Charts(Arc::clone(&market), Mutex::new(Dice(9)));
    Mock::given(method("GET")).respond_with(charts).mount(&upstream).await;
    let short = Duration::from_millis(20);
    let config = YahooConfig {
        base_urls: vec![upstream.uri().parse().expect("a URL")],
        poll: short,
        closed_poll: short,
        request_rate: 1_000.0,
        breaker_open: short,
        breaker_max: short,
        ..YahooConfig::default()
    };
    let clock: Arc<dyn Clock> = Arc::clone(&market) as _;
    let yahoo = Arc::new(Yahoo::new(&config, Arc::clone(&clock)).expect("a source"));
    let timing = PollTiming { refresh: Duration::from_secs(1), backoff_max: short };
    let watcher = Watcher::of(&Polled::new(yahoo, clock, timing), "BTC-USD");
    for step in 21..2_880 {
        market.set_time((OPEN + step * 30) * 1_000);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let traded = market.candles().into_iter().filter(|candle| candle.count > 0);
    let bar = |candle: Candle| Bar { volume: candle.size as f64, ..candle.bar() };
    let expected: Vec<_> = traded.map(bar).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let others = others(&expected, &watcher.bars_until(i64::MAX));
        if others.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "these bars are not those of the market: {others:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(watcher.watched.lock().expect("not poisoned").backward, []);
}
