//! `/widgets.json` and `/apps.json`: what a workspace can show of this server.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::params;
use crate::http::AppState;
use crate::http::access::Access;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::source::SearchQuery;
use crate::symbol::Symbol;

/// How long the answer may be believed.
const CACHING: &str = "public, max-age=60";
/// How long the sources are asked for the symbol to begin with.
const PATIENCE: Duration = Duration::from_secs(2);
/// Milliseconds after which a chart and a table are asked for again. All who ask share one figure.
const REFRESH: u32 = 5_000;
/// The same for bars of the charting library, which are asked for from the last one on.
const BARS_REFRESH: u32 = 10_000;

/// Names of the widgets, by which an app has them.
const CHART: &str = "figcast_chart";
const BARS: &str = "figcast_bars";
const ADVANCED: &str = "figcast_advanced";

/// `GET /widgets.json`: a Plotly chart, the charting library over UDF, and a table.
pub async fn widgets(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let symbol = first_symbol(&request, &state).await?;
    let column = |field: &str, kind: &str| {
        let (first, rest) = field.split_at(1);
        let name = first.to_uppercase() + rest;
        json!({ "field": field, "headerName": name, "cellDataType": kind, "chartDataType": if kind == "text" { "time" } else { "series" } })
    };
    let prices = ["open", "high", "low", "close", "volume"].map(|name| column(name, "number"));
    let columns: Vec<Value> = std::iter::once(column("time", "text")).chain(prices).collect();
    Ok(document(&json!({
        CHART: {
            "name": "figcast chart",
            "description": "Market chart with studies and comparisons, as complete Plotly figures.",
            "category": "figcast",
            "subCategory": "Charts",
            "type": "chart",
            "endpoint": "openbb/chart",
            "raw": true,
            "gridData": { "w": 20, "h": 14, "minW": 10, "minH": 8 },
            "refetchInterval": REFRESH,
            "staleTime": REFRESH,
            "params": params::of_chart(&symbol),
        },
        ADVANCED: {
            "name": "figcast advanced chart",
            "description": "TradingView's chart with the bars of this server.",
            "category": "figcast",
            "subCategory": "Charts",
            "type": "advanced_charting",
            "endpoint": "/udf",
            "gridData": { "w": 20, "h": 14, "minW": 10, "minH": 8 },
            "data": { "defaultSymbol": symbol, "updateFrequency": BARS_REFRESH },
        },
        BARS: {
            "name": "figcast bars",
            "description": "The bars of a chart as a table, with a column for each study.",
            "category": "figcast",
            "subCategory": "Tables",
            "type": "table",
            "endpoint": "openbb/bars",
            "gridData": { "w": 20, "h": 14, "minW": 10, "minH": 5 },
            "refetchInterval": REFRESH,
            "staleTime": REFRESH,
            "data": { "table": { "showAll": true, "columnsDefs": columns } },
            "params": params::of_rows(&symbol),
        },
    })))
}

/// `GET /apps.json`: the chart beside its table, of one symbol, and the charting library below.
pub async fn apps(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let symbol = first_symbol(&request, &state).await?;
    let of_symbol = json!({ "params": { "symbol": symbol } });
    Ok(document(&json!([{
        "name": "figcast",
        "description": "Live market charts, and the bars that they are made of.",
        "img": "",
        "img_dark": "",
        "img_light": "",
        "allowCustomization": true,
        "tabs": {
            "charts": {
                "id": "charts",
                "name": "Charts",
                "layout": [
                    { "i": CHART, "x": 0, "y": 2, "w": 25, "h": 14, "state": of_symbol },
                    { "i": BARS, "x": 25, "y": 2, "w": 15, "h": 14, "state": of_symbol },
                    { "i": ADVANCED, "x": 0, "y": 16, "w": 40, "h": 16 },
                ],
            },
        },
        "groups": [{
            "name": "Group 1",
            "type": "param",
            "paramName": "symbol",
            "defaultValue": symbol,
            "widgetIds": [CHART, BARS],
        }],
        "prompts": [],
    }])))
}

/// The first symbol that the sources show, of those that the client may see.
async fn first_symbol(request: &HttpRequest, state: &AppState) -> Result<Symbol, Problem> {
    Query::of(request)?.nothing_else("there is none")?;
    let requester = state.requester(request);
    state.hub.ask(requester)?;
    let search = SearchQuery::parse("")?;
    let found = state.hub.search(search, requester.client, PATIENCE).await;
    let access = Access::of(request);
    let mut shown = found.map(|found| found.listings).unwrap_or_default().into_iter();
    let first = shown.find(|found| access.check_symbol(&found.listing.symbol, &state.hub).is_ok());
    // A source that lists nothing has its symbols all the same.
    first.map_or_else(|| Ok(Symbol::parse("AAPL")?), |found| Ok(found.listing.symbol))
}

fn document(document: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, CACHING)).json(document)
}
