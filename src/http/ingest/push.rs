//! `POST /ingest`: reads rows, keeps them, and says what became of them.

use std::str::FromStr as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde::Serialize;

use super::body;
use super::cells::Precision;
use super::collector::{Collector, Context};
use super::entry::{Admitted, admitted, admitted_for, bare};
use super::refusal::{LISTED, refused, stopped};
use super::tally;
use crate::history::{KeptRows, PushOutcome, RowFault};
use crate::http::AppState;
use crate::http::error::Problem;
use crate::http::intake::Credential;
use crate::http::query::Query;
use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::pick;

/// Bodies up to this length are read by the thread that serves the connection.
const SHORT: usize = 4 * 1_024;

pub async fn one(
    request: HttpRequest,
    symbol: Path<String>,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let (admitted, symbol) = admitted_for(&request, &state, &symbol).await?;
    take(&request, payload, &state, admitted, Some(symbol)).await
}

pub async fn many(
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let admitted = admitted(&request, &state, &Credential::of_header(&request)).await?;
    take(&request, payload, &state, admitted, None).await
}

/// For senders that can set no header.
pub async fn hook(
    request: HttpRequest,
    token: Path<String>,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let token = Credential::Token(token.into_inner().into_bytes());
    let admitted = admitted(&request, &state, &token).await?;
    take(&request, payload, &state, admitted, None).await
}

/// What the query of a push says.
struct Said {
    symbol: Option<Symbol>,
    interval: Interval,
    precision: Precision,
    is_partial: bool,
}

fn said(request: &HttpRequest, symbol: Option<Symbol>) -> Result<Said, Problem> {
    let mut query = Query::of(request)?;
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let symbol = match (symbol, query.take("symbol")?) {
        (Some(symbol), None) => Some(symbol),
        (None, named) => named.map(|named| bare(&named)).transpose()?,
        (Some(_), Some(_)) => return Err(bad("symbol stands in the address already".to_owned())),
    };
    let interval = match query.take("interval")? {
        Some(name) => pick("interval", &name)?,
        None => Interval::Minute1,
    };
    let precision = query.take("precision")?;
    let precision = precision.as_deref().map_or(Ok(Precision::default()), Precision::from_str);
    let precision = precision.map_err(|error| bad(error.to_owned()))?;
    let is_partial = match query.take("partial")?.as_deref() {
        None | Some("0" | "false") => false,
        Some("1" | "true" | "") => true,
        Some(other) => return Err(bad(format!("partial is 1 or 0, and not {other:?}"))),
    };
    query.nothing_else("there is symbol, interval, precision and partial")?;
    Ok(Said { symbol, interval, precision, is_partial })
}

/// Reads the rows of a request, and keeps them.
async fn take(
    request: &HttpRequest,
    payload: Payload,
    state: &AppState,
    Admitted { ingest, rights, sender }: Admitted<'_>,
    symbol: Option<Symbol>,
) -> Result<HttpResponse, Problem> {
    let Said { symbol, interval, precision, is_partial } = said(request, symbol)?;
    symbol.as_ref().map_or(Ok(()), |symbol| rights.check(symbol))?;
    let form = body::form(request)?;
    let (text, _room) = body::read(request, payload, ingest, sender).await?;
    let (ingest, length) = (Arc::clone(ingest), text.len());
    let pushed = Arc::clone(&ingest.pushed);
    let read = move || {
        let now = ingest.pushed.now();
        let zones = |symbol: &Symbol| ingest.pushed.zone(symbol);
        let most = ingest.config.rows;
        let context = Context { symbol, interval, precision, now, most, zones: &zones };
        let mut collector = Collector::new(context);
        form.read(&text, &mut collector)?;
        Ok::<_, Problem>(collector.finish())
    };
    let rows =
        if length <= SHORT { read()? } else { web::block(read).await.map_err(|_| stopped())?? };
    rows.symbols.iter().try_for_each(|part| rights.check(&part.symbol))?;
    if rows.count > 0 && !is_partial {
        tally::rows(&state.metrics, &PushOutcome::default(), rows.count);
        return Err(refused(rows.count, rows.faults));
    }
    let outcome = pushed.push(rows.symbols, is_partial).await?;
    tally::rows(&state.metrics, &outcome, rows.count + outcome.faults.len());
    Ok(answer(state, outcome, rows.count, rows.faults, is_partial))
}

#[derive(Serialize)]
struct PartAnswer {
    symbol: String,
    interval: Interval,
    accepted: usize,
    replaced: usize,
    unchanged: usize,
    /// The start of the newest bar.
    last: Option<Timestamp>,
    /// Where its chart is.
    chart: String,
}

#[derive(Serialize)]
struct ManyAnswer {
    accepted: usize,
    replaced: usize,
    unchanged: usize,
    symbols: Vec<PartAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedRows>,
}

#[derive(Serialize)]
struct RefusedRows {
    count: usize,
    rows: Vec<RowFault>,
}

fn answer(
    state: &AppState,
    outcome: PushOutcome,
    count: usize,
    faults: Vec<RowFault>,
    is_partial: bool,
) -> HttpResponse {
    let part = |kept: KeptRows| {
        let symbol = state.pushed_name(&kept.symbol);
        PartAnswer {
            chart: format!("{}/chart/{symbol}", state.base_path),
            symbol,
            interval: kept.interval,
            accepted: kept.accepted,
            replaced: kept.replaced,
            unchanged: kept.unchanged,
            last: kept.last.and_then(|last| Timestamp::from_second(last).ok()),
        }
    };
    let mut parts: Vec<PartAnswer> = outcome.symbols.into_iter().map(part).collect();
    if parts.len() == 1 && !is_partial {
        return json(&parts.remove(0));
    }
    let sum = |of: fn(&PartAnswer) -> usize| parts.iter().map(of).sum();
    let count = count + outcome.faults.len();
    let mut rows = faults;
    rows.extend(outcome.faults);
    rows.truncate(LISTED);
    json(&ManyAnswer {
        accepted: sum(|part| part.accepted),
        replaced: sum(|part| part.replaced),
        unchanged: sum(|part| part.unchanged),
        refused: is_partial.then_some(RefusedRows { count, rows }),
        symbols: parts,
    })
}

fn json(body: &impl Serialize) -> HttpResponse {
    let text = serde_json::to_string(body).expect("an answer has string keys only");
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(text)
}
