//! Alpaca: shares and funds of the US, with the key of a free account. Its socket tells each minute once it is over, and
//! corrects it later.

mod assets;
mod describe;
mod parse;
mod rest;
mod socket;
mod spelling;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::bars::Bars;
use crate::clock::Clock;
use crate::config::{AlpacaConfig, AlpacaFeed, ExchangeSettings};
use crate::interval::Interval;
use crate::market::Calendars;
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::FetchRequest;
use crate::source::live::{
    Channel, Closing, Exchange, ExchangeProfile, Product, Products, SocketEvent, SocketLimits, Verb,
};
use crate::source::search::AssetClass;
use crate::source::update::Fetched;
use crate::source::upstream::{Ask, Rest, RestSettings};
use crate::symbol::Symbol;

/// The `alpaca` source.
#[derive(Debug)]
pub struct Alpaca {
    feed: AlpacaFeed,
    /// The list of symbols is at an address of its own.
    assets: Rest,
    calendars: Calendars,
}

static PROFILE: ExchangeProfile = ExchangeProfile {
    name: spelling::NAME,
    title: "Alpaca",
    kind: AssetClass::Stock,
    // Hours are made of quarters of an hour: Alpaca's begin at the full hour, and a session at half past nine.
    coverage: Coverage::NONE
        .with(Interval::Minute1, 30)
        .with(Interval::Minute5, 100)
        .with(Interval::Minute15, 740)
        .with_all(Interval::Day1)
        .with_extended(),
    popular: &[
        "AAPL", "MSFT", "NVDA", "GOOGL", "AMZN", "META", "TSLA", "SPY", "QQQ", "AVGO", "AMD",
    ],
    // The list of all symbols is the longest answer.
    body_limit: 32 << 20,
    limits: SocketLimits {
        // Of a free account; the charts of other symbols are polled.
        channels: 30,
        connections: 1,
        batch: 30,
        message_period: Duration::from_millis(250),
        connect_period: Duration::from_secs(5),
        silence: Duration::from_mins(1),
        lifetime: Duration::from_hours(23),
    },
    closing: Closing::Trades,
};

impl Alpaca {
    /// An exchange of which nothing is asked yet.
    ///
    /// # Errors
    /// When the machine has no root certificates, or the key is no value of a header.
    pub fn new(
        config: &AlpacaConfig,
        calendars: Calendars,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let assets = RestSettings {
            origin: spelling::NAME,
            base: config.assets_url.clone(),
            request_rate: config.request_rate,
            timeout: config.timeout,
            body_limit: PROFILE.body_limit,
            headers: ExchangeSettings::from(config).headers,
        };
        Ok(Self { feed: config.feed, assets: Rest::new(&assets, clock)?, calendars })
    }
}

#[async_trait]
impl Exchange for Alpaca {
    fn profile(&self) -> &'static ExchangeProfile {
        &PROFILE
    }

    async fn bars(&self, rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
        rest::bars(rest, self.feed, request).await
    }

    async fn products(&self, _rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
        assets::products(&self.assets, ask).await
    }

    fn describe(
        &self,
        products: &Products,
        request: &FetchRequest,
        bars: Bars,
        now: i64,
    ) -> Fetched {
        let fetched = products.describe(&request.symbol, bars);
        describe::of_the_us(fetched, request, &self.calendars, now)
    }

    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel> {
        socket::channel(symbol, grain)
    }

    fn request(&self, verb: Verb, channels: &[Channel], _id: u64) -> String {
        socket::request(verb, channels)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        socket::read(text)
    }
}
