//! The way of a price from an exchange's socket to many browsers.
//!
//! The exchange is a stub in this process, which speaks as Binance does: REST has an hour of minutes, and a socket
//! moves the newest one. It notes when it says each price.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use figcast::clock::{Clock as _, SystemClock};
use figcast::config::{BinanceConfig, ExchangeSettings};
use figcast::source::binance::Binance;
use figcast::source::live::{ExchangeClient, HttpDial, Live};
use figcast::source::{PollTiming, Source};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::Server;
use crate::load::Load;
use crate::scenario::Scenario;

/// Time between two prices. All subscribers have the one before they are told the next.
const PERIOD: Duration = Duration::from_millis(250);
/// Time for all subscribers to be served.
const PATIENCE: Duration = Duration::from_mins(2);
/// Minutes that REST has.
const MINUTES: i64 = 60;

/// When each price was said.
type Departures = Arc<Mutex<Vec<Instant>>>;

/// From each price leaving the exchange to its last byte at the last subscriber.
pub fn measure(subscribers: usize, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let exchange = Stub::start()?;
    let server = Server::start(exchange.source()?)?;
    let mut load = Load::new(0)?;
    let requests = [Scenario::Figures.request("BTCUSDT")];
    load.open_first(server.address, &requests[0], PATIENCE)?;
    load.open(server.address, &requests, subscribers, false, PATIENCE)?;
    // The socket is trusted once REST has answered what was before it.
    load.run_for(Duration::from_secs(2))?;
    load.mark(2, PATIENCE)?;
    exchange.take();
    load.run_for(time)?;
    load.settle(PATIENCE)?;
    let said = exchange.take();
    let arrived = |pair: &[Instant]| {
        let of_pair = |first: Instant| (pair[0]..pair[1]).contains(&first);
        let update = load.updates.iter().find(|update| of_pair(update.first))?;
        Some(update.last - pair[0])
    };
    let times: Vec<_> = said.windows(2).filter_map(arrived).collect();
    ensure!(times.len() * 10 > said.len() * 9, "{} of {} prices arrived", times.len(), said.len());
    Ok(times)
}

/// The exchange.
struct Stub {
    /// Keeps REST.
    _rest: MockServer,
    settings: ExchangeSettings,
    said: Departures,
}

impl Stub {
    fn start() -> anyhow::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (rest, listener) = runtime.block_on(async {
            let rest = MockServer::start().await;
            let at = |name| Mock::given(method("GET")).and(path(name));
            at("/api/v3/klines").respond_with(klines).mount(&rest).await;
            let none = ResponseTemplate::new(200).set_body_json(json!({"symbols": []}));
            at("/api/v3/exchangeInfo").respond_with(none).mount(&rest).await;
            (rest, TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await)
        });
        let listener = listener?;
        let address: SocketAddr = listener.local_addr()?;
        let said = Departures::default();
        let noted = Arc::clone(&said);
        thread::spawn(move || {
            runtime.block_on(async {
                while let Ok((stream, _)) = listener.accept().await {
                    // A connection that breaks is opened again by the client.
                    let _ = serve(stream, &noted).await;
                }
            });
        });
        let settings = ExchangeSettings {
            rest_url: rest.uri().parse()?,
            socket_url: format!("ws://{address}/").parse()?,
            ..ExchangeSettings::from(&BinanceConfig::default())
        };
        Ok(Self { _rest: rest, settings, said })
    }

    fn source(&self) -> anyhow::Result<Arc<dyn Source>> {
        let clock = Arc::new(SystemClock);
        let client = ExchangeClient::new(Binance, &self.settings, Arc::clone(&clock) as _)?;
        let dial = HttpDial::new("binance", &self.settings)?;
        let timing = PollTiming::default();
        Ok(Arc::new(Live::new(Arc::new(client), Arc::new(dial), clock, timing)))
    }

    /// When each price was said, since the last time that was asked.
    fn take(&self) -> Vec<Instant> {
        std::mem::take(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says a price in each period, once something is subscribed.
async fn serve(stream: TcpStream, said: &Departures) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = accept_async(stream).await?;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut count, mut is_subscribed, mut last) = (0, false, minute());
    loop {
        tokio::select! {
            heard = socket.next() => {
                let Message::Text(text) = heard.context("the end")?? else { continue };
                let asked: Value = serde_json::from_str(&text)?;
                is_subscribed = true;
                let answer = json!({"result": null, "id": asked["id"]}).to_string();
                socket.send(Message::text(answer)).await?;
            }
            _ = ticks.tick(), if is_subscribed => {
                let now = minute();
                if now > last {
                    socket.send(Message::text(kline(last, count, true))).await?;
                    last = now;
                }
                count += 1;
                let text = Message::text(kline(now, count, false));
                said.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                socket.send(text).await?;
            }
        }
    }
}

/// The epoch second at which this minute began.
fn minute() -> i64 {
    let now = SystemClock.now().as_second();
    now - now.rem_euclid(60)
}

/// An hour of minutes, of which the last one forms.
fn klines(_request: &Request) -> ResponseTemplate {
    let (now, price) = (minute(), "60000.00");
    let row = |back: i64| {
        let start = (now - 60 * back) * 1_000;
        json!([start, price, price, price, price, "1", start + 59_999, "0", 1, "0", "0", "0"])
    };
    let rows: Vec<_> = (0..MINUTES).rev().map(row).collect();
    ResponseTemplate::new(200).set_body_json(rows)
}

/// The minute that began at `start` after so many prices in all, each another than the one before.
fn kline(start: i64, count: i64, is_final: bool) -> String {
    let (start, close) = (start * 1_000, format!("{}.{:02}", 60_000 + count / 100, count % 100));
    json!({"stream": "btcusdt@kline_1m", "data": {"e": "kline", "E": start, "s": "BTCUSDT", "k": {
        "t": start, "T": start + 59_999, "s": "BTCUSDT", "i": "1m", "f": 1, "L": count,
        "o": "60000.00", "h": close, "l": "60000.00", "c": close, "v": (count + 1).to_string(),
        "n": count, "x": is_final, "q": "0", "V": "0", "Q": "0", "B": "0"}}})
    .to_string()
}
