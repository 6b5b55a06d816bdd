//! `GET /udf/symbols`: what is known of a symbol, from its newest figure.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::answer::answered;
use super::resolution;
use crate::figure::{self, Scene};
use crate::http::AppState;
use crate::http::access::Access;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::interval::Interval;
use crate::market::{Hours, Period};
use crate::source::Coverage;

/// How long a request waits for a symbol that nobody has asked for yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// The session of a market that never closes, and of one whose hours are not known.
const ALWAYS: &str = "24x7";

#[derive(Serialize)]
struct SymbolInfo {
    name: String,
    ticker: String,
    description: String,
    /// The source does not tell what it is with its bars.
    r#type: &'static str,
    exchange: String,
    listed_exchange: String,
    /// IANA name.
    timezone: String,
    /// Hours of regular trading by the exchange's clock, as in 0930-1600.
    session: String,
    minmov: u8,
    /// How many of the smallest steps of a price are one.
    pricescale: u64,
    has_intraday: bool,
    has_daily: bool,
    has_weekly_and_monthly: bool,
    supported_resolutions: Vec<&'static str>,
    /// The resolutions within a day that are answered and not made by the client.
    intraday_multipliers: Vec<&'static str>,
    volume_precision: u8,
    data_status: &'static str,
    /// Seconds by which the data is late by design.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_code: Option<String>,
}

/// Answers with it.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    answered(&request, &state, info(&request, &state).await, "no-cache").await
}

async fn info(request: &HttpRequest, state: &AppState) -> Result<SymbolInfo, Problem> {
    let mut query = Query::of(request)?;
    let symbol = query.take("symbol")?.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "symbol is missing, as in symbol=AAPL")
    })?;
    query.nothing_else("there is symbol")?;
    let view = Query::default().view(&symbol, &state.hub)?;
    Access::of(request).check(&view, &state.hub)?;
    let coverage = state.hub.coverage(&view.symbol);
    let frame = state.hub.figure(&view, state.requester(request), PATIENCE).await?;
    Ok(frame.with_scene(|scene| SymbolInfo::of(scene, &coverage)))
}

impl SymbolInfo {
    fn of(scene: &Scene<'_>, coverage: &Coverage) -> Self {
        let instrument = scene.instrument;
        let symbol = instrument.symbol.to_string();
        let is_served = |interval| !coverage.ranges(interval).is_empty();
        let of_a_day = resolution::names(|of| of.is_intraday() && is_served(of));
        // Coins are traded in parts.
        let is_whole = scene.bars.volumes().iter().all(|volume| volume.fract() == 0.0);
        let exchange = instrument.exchange.clone().unwrap_or_else(|| scene.source.to_owned());
        let delay = scene.delay.map(|delay| delay.as_secs()).filter(|delay| *delay > 0);
        Self {
            name: symbol.clone(),
            description: instrument.name.clone().unwrap_or_else(|| symbol.clone()),
            ticker: symbol,
            r#type: "",
            listed_exchange: exchange.clone(),
            exchange,
            timezone: match instrument.zone_name() {
                "UTC" => "Etc/UTC".to_owned(),
                name => name.to_owned(),
            },
            session: session(scene.hours, &instrument.zone),
            minmov: 1,
            pricescale: 10_u64.saturating_pow(u32::from(figure::decimals(scene))),
            has_intraday: !of_a_day.is_empty(),
            has_daily: is_served(Interval::Day1),
            has_weekly_and_monthly: is_served(Interval::Week1) && is_served(Interval::Month1),
            supported_resolutions: resolution::names(is_served),
            intraday_multipliers: of_a_day,
            volume_precision: if is_whole { 0 } else { 8 },
            data_status: if delay.is_some() { "delayed_streaming" } else { "streaming" },
            delay,
            currency_code: instrument.currency.clone(),
        }
    }
}

/// The hours of most sessions that are known: the newest one may be a half day.
fn session(hours: &Hours, zone: &TimeZone) -> String {
    let Hours::Sessions(periods) = hours else { return ALWAYS.to_owned() };
    let clock = |second: i64| {
        let at = Timestamp::from_second(second).ok()?;
        Some(zone.to_datetime(at).strftime("%H%M").to_string())
    };
    let written =
        |period: &Period| Some(format!("{}-{}", clock(period.start)?, clock(period.end)?));
    let written: Vec<String> = periods.iter().filter_map(written).collect();
    let count = |one: &&String| written.iter().filter(|other| other == one).count();
    written.iter().max_by_key(count).cloned().unwrap_or_else(|| ALWAYS.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::session;
    use crate::market::{Hours, Period};

    #[test]
    fn the_session_is_that_of_most_days_by_the_exchanges_clock() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        // 2026-11-23 to 27; Thursday is closed, and Friday a half day.
        let open = 1_795_444_200;
        let day = |n: i64, hours: i64| {
            let start = open + n * 86_400;
            Period { start, end: start + hours * 1_800 }
        };
        let week = vec![day(0, 13), day(1, 13), day(2, 13), day(4, 7)];
        assert_eq!(session(&Hours::Sessions(week), &zone), "0930-1600");
        assert_eq!(session(&Hours::UNKNOWN, &zone), "24x7");
        assert_eq!(session(&Hours::Continuous { day: 86_400 }, &zone), "24x7");
        let night = Period { start: open + 8 * 3_600 + 1_800, end: open + 31 * 3_600 + 1_800 };
        assert_eq!(session(&Hours::Sessions(vec![night]), &zone), "1800-1700");
    }
}
