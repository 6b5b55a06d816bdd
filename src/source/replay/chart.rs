//! Reads a recorded answer of Yahoo's chart endpoint.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::error::FileProblem;
use super::recording::Recording;
use crate::bars::Bar;
use crate::bars::decimals::shortest;
use crate::interval::{DAY, Interval};
use crate::market::{Instrument, Period};
use crate::symbol::Symbol;

#[derive(Deserialize)]
struct ChartAnswer {
    chart: ChartResults,
}

#[derive(Deserialize)]
struct ChartResults {
    result: Option<Vec<ChartSeries>>,
}

#[derive(Deserialize)]
struct ChartSeries {
    meta: ChartMeta,
    #[serde(default)]
    timestamp: Vec<i64>,
    indicators: Indicators,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChartMeta {
    exchange_timezone_name: Option<String>,
    long_name: Option<String>,
    short_name: Option<String>,
    currency: Option<String>,
    full_exchange_name: Option<String>,
    chart_previous_close: Option<f64>,
    previous_close: Option<f64>,
    price_hint: Option<u8>,
    trading_periods: Option<TradingPeriods>,
    data_granularity: Option<String>,
}

/// One list a day; by kind when the hours around the session were asked for too.
#[derive(Deserialize)]
#[serde(untagged)]
enum TradingPeriods {
    Regular(Vec<Vec<Span>>),
    ByKind { pre: Vec<Vec<Span>>, regular: Vec<Vec<Span>>, post: Vec<Vec<Span>> },
}

#[derive(Deserialize)]
struct Span {
    start: i64,
    end: i64,
}

#[derive(Deserialize)]
struct Indicators {
    quote: Vec<QuoteColumns>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QuoteColumns {
    open: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    low: Vec<Option<f64>>,
    close: Vec<Option<f64>>,
    volume: Vec<Option<f64>>,
}

/// The recording in a chart's JSON; its own zone goes before `zone`.
///
/// # Errors
/// [`FileProblem`] when it is another JSON.
pub(super) fn read(text: &str, symbol: Symbol, zone: TimeZone) -> Result<Recording, FileProblem> {
    let body: ChartAnswer = serde_json::from_str(text)?;
    let series = body.chart.result.into_iter().flatten().next();
    let ChartSeries { meta, timestamp, indicators } = series.ok_or(FileProblem::NoBars)?;
    let columns = indicators.quote.into_iter().next().unwrap_or_default();
    let (regular, around) = match meta.trading_periods {
        None => (Vec::new(), Vec::new()),
        Some(TradingPeriods::Regular(days)) => (periods(days), Vec::new()),
        Some(TradingPeriods::ByKind { pre, regular, post }) => {
            (periods(regular), periods(pre.into_iter().chain(post)))
        }
    };
    // A row outside all periods, or at the end of the last, repeats the newest price; it is no bar, unless
    // something was traded in it. Of what never closes Yahoo's days end a minute early.
    let never_closes = regular.iter().any(|day| day.end - day.start >= DAY - 60);
    let traded = |ts: i64, volume: Option<f64>| {
        let told = || regular.iter().chain(&around).any(|period| period.contains(ts));
        let is_trade = volume.is_some_and(|volume| volume > 0.0);
        Timestamp::from_second(ts).is_ok()
            && (regular.is_empty() || never_closes || is_trade || told())
    };
    let row = |(index, ts): (usize, i64)| {
        let cell = |column: &[Option<f64>]| column.get(index).copied().flatten();
        let volume = cell(&columns.volume);
        if !traded(ts, volume) {
            return None;
        }
        let prices = [&columns.open, &columns.high, &columns.low, &columns.close]
            .map(|c| cell(c).map(shortest));
        Bar::from_row(ts, prices, volume)
    };
    let bars = timestamp.into_iter().enumerate().filter_map(row).collect();
    let granularity = meta.data_granularity.as_deref();
    let interval =
        Interval::ALL.into_iter().find(|interval| Some(interval.as_str()) == granularity);
    let own_zone = meta.exchange_timezone_name.and_then(|name| TimeZone::get(&name).ok());
    let instrument = Instrument {
        name: meta.long_name.or(meta.short_name),
        currency: meta.currency,
        exchange: meta.full_exchange_name,
        // The close before the chart's first day; the other is the one before the newest day.
        previous_close: meta.chart_previous_close.or(meta.previous_close).map(shortest),
        price_decimals: meta.price_hint,
        ..Instrument::unnamed(symbol, own_zone.unwrap_or(zone))
    };
    Ok(Recording {
        bars,
        instrument,
        hours: regular,
        interval,
        are_dates: false,
        notes: Vec::new(),
    })
}

fn periods(days: impl IntoIterator<Item = Vec<Span>>) -> Vec<Period> {
    let spans = days.into_iter().flatten();
    spans.map(|Span { start, end }| Period { start, end }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::{Recording, read};
    use crate::interval::Interval;
    use crate::market::Period;
    use crate::source::replay::error::FileProblem;
    use crate::symbol::Symbol;

    const CHART: &str = include_str!("../../../tests/fixtures/replay/chart.json");
    const OPEN: i64 = 1_727_875_800;

    fn chart(text: &str) -> Result<Recording, FileProblem> {
        read(text, Symbol::parse("XMPL").expect("valid"), TimeZone::UTC)
    }

    #[test]
    fn a_chart_is_its_bars_its_sessions_and_its_instrument() {
        let Recording { bars, instrument, hours, interval, .. } = chart(CHART).expect("readable");
        assert_eq!(interval, Some(Interval::Minute1));
        assert_eq!(bars.times(), [OPEN, OPEN + 60, OPEN + 180], "no null row, no row at the close");
        assert_eq!(bars.closes(), [100.5, 100.25, 101.25]);
        assert_eq!(bars.volumes(), [5000.0, 700.0, 900.0]);
        let session = |start| Period { start, end: start + 23_400 };
        assert_eq!(hours, [session(OPEN), session(OPEN + 86_400)]);
        assert_eq!(instrument.name.as_deref(), Some("Example Inc."));
        assert_eq!(instrument.currency.as_deref(), Some("USD"));
        assert_eq!(instrument.exchange.as_deref(), Some("NasdaqGS"));
        assert_eq!(instrument.zone_name(), "America/New_York");
        assert_eq!(instrument.previous_close, Some(99.5));
        assert_eq!(instrument.price_decimals, Some(2));
    }

    #[test]
    fn what_was_traded_after_the_close_stays_and_so_does_the_last_minute_of_what_never_closes() {
        let mut json: serde_json::Value = serde_json::from_str(CHART).expect("JSON");
        let at_the_close = |json: &mut serde_json::Value, volume: i64| {
            json["chart"]["result"][0]["indicators"]["quote"][0]["volume"][4] = json!(volume);
        };
        at_the_close(&mut json, 9_000);
        assert_eq!(chart(&json.to_string()).expect("readable").bars.len(), 4, "an auction");
        at_the_close(&mut json, 0);
        let periods = &mut json["chart"]["result"][0]["meta"]["tradingPeriods"];
        let end = OPEN + 86_400 + 23_400;
        *periods = json!([[{"start": OPEN - 1, "end": OPEN + 1}, {"start": end + 60 - 86_400, "end": end}]]);
        assert_eq!(chart(&json.to_string()).expect("readable").bars.len(), 4, "23:59");
    }

    #[test]
    fn recorded_prices_are_the_decimals_they_were_made_of() {
        let text = CHART.replace("100.5", "100.45999908447266");
        assert_eq!(chart(&text).expect("readable").bars.closes()[..1], [100.46]);
    }

    #[test]
    fn hours_around_the_session_are_traded_in_and_told_apart() {
        let mut json: serde_json::Value = serde_json::from_str(CHART).expect("JSON");
        let periods = &mut json["chart"]["result"][0]["meta"]["tradingPeriods"];
        let after = json!([[{"start": OPEN + 86_400 + 23_400, "end": OPEN + 2 * 86_400}]]);
        *periods = json!({"pre": [[]], "regular": periods.take(), "post": after});
        let recording = chart(&json.to_string()).expect("readable");
        assert_eq!(recording.hours.len(), 2);
        assert_eq!(recording.bars.len(), 4);
    }

    #[test]
    fn a_chart_without_times_or_results_has_no_bars() {
        let weekend =
            r#"{"chart":{"result":[{"meta":{},"indicators":{"quote":[{}]}}],"error":null}}"#;
        assert!(chart(weekend).expect("readable").bars.is_empty());
        let unknown = r#"{"chart":{"result":null,"error":{"code":"Not Found"}}}"#;
        assert!(matches!(chart(unknown), Err(FileProblem::NoBars)));
    }

    #[test]
    fn another_json_is_told_by_its_line() {
        let message = chart("{\n  \"finance\": {}\n}").expect_err("no chart").to_string();
        assert_eq!(
            message,
            "is not the JSON of a Yahoo chart: missing field `chart` at line 3 column 1"
        );
    }

    #[test]
    fn a_time_out_of_range_is_no_bar() {
        let text =
            CHART.replace("1727875860", "9223372036854775807").replace("tradingPeriods", "other");
        assert_eq!(chart(&text).expect("readable").bars.len(), 3);
    }
}
