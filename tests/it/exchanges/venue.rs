//! An exchange of a market: REST and a socket on free ports, without TLS, in the exact published format.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use figcast::clock::Clock;
use figcast::config::ExchangeSettings;
use figcast::source::live::{Exchange, ExchangeClient, HttpDial, Live};
use figcast::source::{PollTiming, Source};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::market::{Candle, Market};
use super::socket::{Connection, Sockets};

/// What differs between the exchanges, at their end.
pub trait Venue: Exchange + Copy {
    /// The client's end of it.
    const EXCHANGE: Self;
    /// The symbol of the market, as people write it.
    const SYMBOL: &'static str;
    /// Whether a message may be lost: one that says which bars are final lets that be noticed, and so do numbers.
    const LOSES: bool;

    /// What REST answers.
    fn answer(market: &Market, request: &Request) -> ResponseTemplate;

    /// What the socket answers.
    fn reply(connection: &Connection, text: &str) -> Vec<String>;

    /// The bars of the market by now.
    fn candles(market: &Market) -> Vec<Candle> {
        market.candles()
    }

    /// The last message of a candle that is over, where there is one.
    fn closed(candle: &Candle, at: i64) -> Option<String>;

    /// The message of a candle that forms.
    fn moved(market: &Market, candle: &Candle, at: i64) -> String;

    /// The messages about the time since an instant, at which `before` was the newest candle.
    fn news(market: &Market, _since: i64, before: Option<Candle>) -> Vec<String> {
        let at = market.time();
        let ended = before.filter(|before| before.ts + 60 <= at / 1_000);
        let closed = ended.and_then(|before| Self::closed(&market.ended(before.ts)?, at));
        let newest = market.newest().filter(|newest| Some(*newest) != before);
        let moved = newest.map(|newest| Self::moved(market, &newest, at + 1));
        closed.into_iter().chain(moved).collect()
    }

    /// The message that the connection is about to be closed, where there is one.
    fn goodbye(_at: i64) -> Option<String> {
        None
    }
}

/// An exchange, as its clients find it.
pub struct StubExchange {
    pub market: Arc<Market>,
    pub rest: MockServer,
    pub sockets: Sockets,
    /// Milliseconds that an answer of REST takes.
    delay: Arc<AtomicU64>,
}

struct Answers {
    market: Arc<Market>,
    delay: Arc<AtomicU64>,
    answer: fn(&Market, &Request) -> ResponseTemplate,
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let delay = Duration::from_millis(self.delay.load(Ordering::SeqCst));
        (self.answer)(&self.market, request).set_delay(delay)
    }
}

impl StubExchange {
    pub async fn open<V: Venue>(market: Market) -> Self {
        let (market, delay) = (Arc::new(market), Arc::new(AtomicU64::new(0)));
        let rest = MockServer::start().await;
        let answers =
            Answers { market: Arc::clone(&market), delay: Arc::clone(&delay), answer: V::answer };
        Mock::given(method("GET")).respond_with(answers).mount(&rest).await;
        Self { market, rest, sockets: Sockets::open(V::reply).await, delay }
    }

    /// Has REST take so long.
    pub fn set_delay(&self, milliseconds: u64) {
        self.delay.store(milliseconds, Ordering::SeqCst);
    }

    /// How a test has it asked: corrections are not to hide what the socket gets wrong.
    pub fn settings(&self) -> ExchangeSettings {
        ExchangeSettings {
            rest_url: self.rest.uri().parse().expect("a URL"),
            socket_url: format!("ws://{}/", self.sockets.address).parse().expect("a URL"),
            poll: Duration::from_millis(100),
            request_rate: 1_000.0,
            timeout: Duration::from_secs(10),
            silence: Duration::from_millis(700),
            headers: Vec::new(),
        }
    }

    pub fn source<V: Venue>(&self) -> Arc<dyn Source> {
        source(V::EXCHANGE, &self.settings(), Arc::clone(&self.market) as _)
    }
}

/// The client's end of an exchange.
pub fn source(
    exchange: impl Exchange,
    settings: &ExchangeSettings,
    clock: Arc<dyn Clock>,
) -> Arc<dyn Source> {
    let timing =
        PollTiming { refresh: Duration::from_hours(1), backoff_max: Duration::from_millis(200) };
    let dial = HttpDial::new(exchange.profile().name, settings);
    let client = ExchangeClient::new(exchange, settings, Arc::clone(&clock));
    let (client, dial) = (client.expect("a client"), dial.expect("a client"));
    Arc::new(Live::new(Arc::new(client), Arc::new(dial), clock, timing))
}

/// A value of a request's query.
pub fn query(request: &Request, name: &str) -> Option<String> {
    let found = request.url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}
