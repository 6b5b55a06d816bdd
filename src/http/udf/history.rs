//! `GET /udf/history`: the bars of a stretch of time, or so many before its end.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::answer::answered;
use super::resolution;
use crate::bars::Bar;
use crate::figure;
use crate::http::AppState;
use crate::http::access::Access;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::interval::{DAY, Interval};
use crate::market::calendar;
use crate::symbol::Symbol;
use crate::view::{Catalog as _, MAX_BARS, Range, View};

/// How long a request waits for bars that nobody has asked for yet.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for.
struct HistoryRequest {
    symbol: Symbol,
    interval: Interval,
    stretch: BarWindow,
}

/// Which bars: those that begin within `from <= t < to`, in epoch seconds, or the newest `count` before `to`.
#[derive(Debug, Clone, Copy)]
struct BarWindow {
    from: i64,
    to: i64,
    count: Option<usize>,
}

/// The answer.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "s", rename_all = "snake_case")]
enum BarHistory {
    Ok {
        t: Vec<i64>,
        o: Vec<f64>,
        h: Vec<f64>,
        l: Vec<f64>,
        c: Vec<f64>,
        /// Null where the source does not tell the volume.
        v: Vec<f64>,
    },
    NoData {
        /// The newest bar before the stretch; left out where there is none.
        #[serde(rename = "nextTime", skip_serializing_if = "Option::is_none")]
        next_time: Option<i64>,
    },
}

/// Answers with the bars.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    answered(&request, &state, history(&request, &state).await, "no-cache").await
}

async fn history(request: &HttpRequest, state: &AppState) -> Result<BarHistory, Problem> {
    let HistoryRequest { symbol, interval, stretch } = HistoryRequest::of(request, state)?;
    let access = Access::of(request);
    let view_over = |range| View { interval, range, ..View::of(symbol.clone()) };
    let mut ranges = state.hub.coverage(&symbol).ranges(interval);
    let shortest = ranges.first().copied().unwrap_or_default();
    ranges.retain(|range| access.check(&view_over(*range), &state.hub).is_ok());
    let Some(deepest) = ranges.last().copied() else {
        // Says why there is none: no such bars, or none that the token allows.
        access.check(&view_over(shortest), &state.hub)?;
        let detail = format!("there are no bars of {interval} of {symbol}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    let age = state.hub.now().as_second().saturating_sub(stretch.from);
    let reaches = |range: &Range| i64::from(range.days()).saturating_mul(DAY) >= age;
    let first = ranges.iter().position(reaches).unwrap_or(ranges.len() - 1);
    for range in ranges.drain(first..) {
        let requester = state.requester(request);
        let frame = state.hub.figure(&view_over(range), requester, PATIENCE).await?;
        let bars: Vec<Bar> = frame.with_scene(|scene| {
            let zone = &scene.instrument.zone;
            let at = |bar: Bar| Bar { ts: time(bar.ts, interval, zone), ..bar };
            figure::shown(scene).iter().map(at).collect()
        });
        // A range is counted back from the last bar, and some have fewer days than others.
        if range == deepest || stretch.is_reached(&bars) {
            return Ok(stretch.of(&bars));
        }
    }
    Ok(BarHistory::NoData { next_time: None })
}

impl HistoryRequest {
    fn of(request: &HttpRequest, state: &AppState) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let [symbol, resolution] =
            [("symbol", "AAPL"), ("resolution", "1D")].map(|(key, example)| {
                let missing = || missing(key, example);
                query.take(key).map_err(Problem::from)?.ok_or_else(missing)
            });
        let mut number = |key| {
            let value = query.take(key)?;
            value.map(|value| whole(key, &value)).transpose()
        };
        let (from, to, count) = (number("from")?, number("to")?, number("countback")?);
        query.nothing_else("there are symbol, resolution, from, to and countback")?;
        let to = to.ok_or_else(|| missing("to", "1795702800"))?;
        let count = count.map(|count| usize::try_from(count).unwrap_or(0).clamp(1, MAX_BARS));
        let from = match (from, count) {
            (Some(from), _) => from,
            (None, Some(_)) => to,
            (None, None) => return Err(missing("from", "1795098000")),
        };
        Ok(Self {
            symbol: state.hub.canonical(Symbol::parse(&symbol?)?)?,
            interval: resolution::parse(&resolution?)?,
            stretch: BarWindow { from, to, count },
        })
    }
}

impl BarWindow {
    /// Whether no bar of the stretch can be missing before the first of `bars`.
    fn is_reached(self, bars: &[Bar]) -> bool {
        match self.count {
            Some(count) => self.before(bars).len() >= count,
            None => bars.first().is_some_and(|first| first.ts <= self.from),
        }
    }

    /// The bars before its end.
    fn before(self, bars: &[Bar]) -> &[Bar] {
        &bars[..bars.partition_point(|bar| bar.ts < self.to)]
    }

    /// The answer that it has of `bars`, ascending.
    fn of(self, bars: &[Bar]) -> BarHistory {
        let before = self.before(bars);
        let first = match self.count {
            Some(count) => before.len().saturating_sub(count),
            None => before.partition_point(|bar| bar.ts < self.from),
        };
        let (earlier, within) = before.split_at(first);
        if within.is_empty() {
            return BarHistory::NoData { next_time: earlier.last().map(|bar| bar.ts) };
        }
        let column = |of: fn(&Bar) -> f64| within.iter().map(of).collect();
        BarHistory::Ok {
            t: within.iter().map(|bar| bar.ts).collect(),
            o: column(|bar| bar.open),
            h: column(|bar| bar.high),
            l: column(|bar| bar.low),
            c: column(|bar| bar.close),
            v: column(|bar| bar.volume),
        }
    }
}

/// The time of a bar: of a day and longer it is 00:00 UTC of its date.
fn time(ts: i64, interval: Interval, zone: &TimeZone) -> i64 {
    if interval.is_intraday() {
        return ts;
    }
    let date = calendar::date(ts, zone);
    date.and_then(|date| calendar::midnight(date, &TimeZone::UTC)).unwrap_or(ts)
}

fn missing(key: &str, example: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, format!("{key} is missing, as in {key}={example}"))
}

fn whole(key: &str, value: &str) -> Result<i64, Problem> {
    value.parse().map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, format!("{key} must be a whole number of seconds"))
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{BarHistory, BarWindow, time};
    use crate::bars::Bar;
    use crate::interval::Interval;

    fn bars(times: &[i64]) -> Vec<Bar> {
        let bar = |&ts| Bar { ts, open: 1.0, high: 2.0, low: 0.5, close: 1.5, volume: 7.0 };
        times.iter().map(bar).collect()
    }

    /// The times of an answer, or the next time of none.
    fn told(times: &[i64], stretch: (i64, i64, Option<usize>)) -> Result<Vec<i64>, Option<i64>> {
        let (from, to, count) = stretch;
        match (BarWindow { from, to, count }).of(&bars(times)) {
            BarHistory::Ok { t, o, v, .. } => {
                assert_eq!((o.len(), v.len()), (t.len(), t.len()));
                Ok(t)
            }
            BarHistory::NoData { next_time } => Err(next_time),
        }
    }

    #[test]
    fn a_stretch_has_its_bars_or_tells_the_newest_before_it() {
        let all = [60, 120, 180, 300];
        assert_eq!(told(&all, (60, 180, None)), Ok(vec![60, 120]), "the end is not of it");
        assert_eq!(told(&all, (200, 300, None)), Err(Some(180)));
        assert_eq!(told(&all, (0, 60, None)), Err(None));
        assert_eq!(told(&all, (180, 300, Some(2))), Ok(vec![120, 180]), "the count goes first");
        assert_eq!(told(&all, (0, 1_000, Some(9))), Ok(all.to_vec()), "there are no more");
        assert_eq!(told(&all, (0, 60, Some(9))), Err(None));
        assert_eq!(told(&[], (0, 60, None)), Err(None));
    }

    #[test]
    fn a_stretch_is_reached_when_nothing_of_it_can_be_missing() {
        let is_reached = |from, count| {
            BarWindow { from, to: 300, count }.is_reached(&bars(&[60, 120, 180, 300]))
        };
        assert!(is_reached(60, None) && !is_reached(59, None));
        assert!(is_reached(0, Some(3)) && !is_reached(100, Some(4)));
    }

    #[test]
    fn a_day_stands_at_midnight_of_utc() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        // 2026-11-23 00:00 in New York.
        let midnight = 1_795_410_000;
        assert_eq!(time(midnight, Interval::Day1, &zone), 1_795_392_000);
        assert_eq!(time(midnight, Interval::Hour1, &zone), midnight);
    }

    #[test]
    fn an_answer_is_written_as_the_protocol_says() {
        let written = |history: &BarHistory| serde_json::to_string(history).expect("JSON");
        let stretch = BarWindow { from: 0, to: 100, count: None };
        let ok = r#"{"s":"ok","t":[60],"o":[1.0],"h":[2.0],"l":[0.5],"c":[1.5],"v":[7.0]}"#;
        assert_eq!(written(&stretch.of(&bars(&[60]))), ok);
        assert_eq!(written(&stretch.of(&[])), r#"{"s":"no_data"}"#);
        let next = BarHistory::NoData { next_time: Some(60) };
        assert_eq!(written(&next), r#"{"s":"no_data","nextTime":60}"#);
    }
}
