//! Coinbase: spot prices without a key. Its socket tells trades, of which the bars are made here.

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

/// The `coinbase` source.
#[derive(Debug, Clone, Copy)]
pub struct Coinbase;

static PROFILE: ExchangeProfile = ExchangeProfile {
    name: spelling::NAME,
    title: "Coinbase",
    kind: AssetClass::Crypto,
    // The exchange has all bars, in windows of 300: a week of minutes are 34 of them.
    coverage: Coverage::NONE
        .with(Interval::Minute1, 8)
        .with(Interval::Minute5, 40)
        .with(Interval::Minute15, 100)
        .with(Interval::Hour1, 740)
        .with_all(Interval::Day1),
    popular: &[
        "BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "LTC", "DOT", "BCH", "SHIB",
    ],
    body_limit: 16 << 20,
    limits: SocketLimits {
        // The exchange names no bound, but cuts clients that cannot follow.
        channels: 200,
        connections: 5,
        batch: 50,
        // Eight requests a second of one address are allowed.
        message_period: Duration::from_millis(250),
        connect_period: Duration::from_secs(2),
        silence: Duration::from_secs(10),
        lifetime: Duration::from_hours(23),
    },
    closing: Closing::Trades,
};

#[async_trait]
impl Exchange for Coinbase {
    fn profile(&self) -> &'static ExchangeProfile {
        &PROFILE
    }

    async fn bars(&self, rest: &Rest, request: &FetchRequest) -> Result<Bars, SourceError> {
        rest::bars(rest, request).await
    }

    async fn products(&self, rest: &Rest, ask: Ask<'_>) -> Result<Vec<Product>, SourceError> {
        rest::products(rest, ask).await
    }

    fn channel(&self, symbol: &Symbol, _grain: Interval) -> Option<Channel> {
        socket::channel(symbol)
    }

    fn request(&self, verb: Verb, channels: &[Channel], _id: u64) -> String {
        socket::request(verb, channels)
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        socket::read(text)
    }
}
