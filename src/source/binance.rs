//! Binance, and exchanges that speak as it does: spot prices without a key.

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

/// The `binance` source.
#[derive(Debug, Clone, Copy)]
pub struct Binance;

static PROFILE: ExchangeProfile = ExchangeProfile {
    name: spelling::NAME,
    title: "Binance",
    kind: AssetClass::Crypto,
    // The exchange has all bars, in pages of 1,000.
    coverage: Coverage::NONE
        .with(Interval::Minute1, 8)
        .with(Interval::Minute5, 60)
        .with(Interval::Minute15, 190)
        .with(Interval::Hour1, 740)
        .with_all(Interval::Day1),
    popular: &[
        "BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "TRX", "AVAX", "LINK", "LTC", "DOT",
    ],
    // The list of all symbols is the longest answer.
    body_limit: 32 << 20,
    limits: SocketLimits {
        channels: 1_024,
        // The exchange allows for 300 attempts to connect in five minutes.
        connections: 8,
        batch: 100,
        // Five messages a second are allowed, and pongs count.
        message_period: Duration::from_millis(334),
        // Attempts of one process leave room for others behind the same address.
        connect_period: Duration::from_secs(3),
        silence: Duration::from_mins(1),
        // Connections are cut after 24 hours.
        lifetime: Duration::from_hours(23),
    },
    closing: Closing::Flag,
};

#[async_trait]
impl Exchange for Binance {
    fn profile(&self) -> &'static ExchangeProfile {
        &PROFILE
    }

    async fn bars(&self, rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
        rest::bars(rest, request).await
    }

    async fn products(&self, rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
        rest::products(rest, ask).await
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
