//! Kraken: spot prices without a key. REST has the last 720 bars of each interval and no older ones.

mod parse;
mod rest;
mod socket;
mod spelling;

use std::time::Duration;

use async_trait::async_trait;

use crate::bars::Bars;
use crate::interval::Interval;
use crate::source::coverage::Coverage;
use crate::source::error::SourceError;
use crate::source::fetch::FetchRequest;
use crate::source::live::{
    Channel, Closing, Exchange, ExchangeProfile, Product, SocketEvent, SocketLimits, Verb,
};
use crate::source::search::AssetClass;
use crate::source::upstream::{Ask, Rest};
use crate::symbol::Symbol;

/// The `kraken` source.
#[derive(Debug, Clone, Copy)]
pub struct Kraken;

static PROFILE: ExchangeProfile = ExchangeProfile {
    name: spelling::NAME,
    title: "Kraken",
    kind: AssetClass::Crypto,
    // As far as 720 bars reach. Minutes are the last twelve hours; an open series keeps those that it has had.
    coverage: Coverage::NONE
        .with(Interval::Minute1, 1)
        .with(Interval::Minute5, 2)
        .with(Interval::Minute15, 7)
        .with(Interval::Hour1, 31)
        .with(Interval::Hour4, 120)
        .with(Interval::Day1, 730),
    popular: &[
        "BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "TRX", "AVAX", "LINK", "LTC", "DOT", "XMR",
    ],
    body_limit: 16 << 20,
    limits: SocketLimits {
        // The exchange names no bound.
        channels: 500,
        // About 150 attempts to connect in ten minutes are allowed.
        connections: 8,
        batch: 50,
        message_period: Duration::from_millis(250),
        connect_period: Duration::from_secs(6),
        silence: Duration::from_secs(10),
        lifetime: Duration::from_hours(23),
    },
    closing: Closing::Clock,
};

#[async_trait]
impl Exchange for Kraken {
    fn profile(&self) -> &'static ExchangeProfile {
        &PROFILE
    }

    async fn bars(&self, rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
        rest::bars(rest, request).await
    }

    async fn products(&self, rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
        rest::products(rest, ask).await
    }

    async fn day_ago(&self, rest: &Rest, request: &FetchRequest) -> Option<f64> {
        rest::day_ago(rest, request).await
    }

    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel> {
        socket::channel(symbol, grain)
    }

    fn request(&self, verb: Verb, channels: &[Channel], id: u64) -> String {
        socket::request(verb, channels, id)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        socket::read(text)
    }
}
