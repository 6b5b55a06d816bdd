//! `/udf/..`: the protocol by which `TradingView`'s charting library, and with it `OpenBB`, asks for data.
//!
//! Names and shapes are those of
//! <https://www.tradingview.com/charting-library-docs/latest/connecting_data/UDF>: times are epoch seconds, and
//! bars of a day and longer stand at 00:00 UTC of their date. Errors have the status of any route here and the
//! body of that protocol.

mod answer;
mod history;
mod listings;
pub(in crate::http) mod resolution;
mod symbol;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::resource::read_only;
use super::{AppState, guard};

/// The routes of the protocol.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_only("/udf/config", listings::config).wrap(from_fn(guard::charts)))
        .service(read_only("/udf/time", time).wrap(from_fn(guard::charts)))
        .service(read_only("/udf/search", listings::search).wrap(from_fn(guard::charts)))
        .service(read_only("/udf/symbols", symbol::get).wrap(from_fn(guard::charts)))
        .service(read_only("/udf/history", history::get).wrap(from_fn(guard::charts)));
}

/// `GET /udf/time`: the server's time in epoch seconds.
async fn time(_request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    let now = state.hub.now().as_second();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(now.to_string())
}
