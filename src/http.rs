//! HTTP: one table of routes, and handlers that only translate between requests and the hub.

mod assets;
mod bars;
mod client;
mod envelope;
mod error;
mod figure;
mod health;
mod ingest;
mod intake;
mod metrics;
mod negotiation;
mod once;
mod query;
mod scope;
mod search;
mod state;
mod stream;
mod views;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource, Responder};

pub use client::TrustedProxies;
pub use envelope::{accepted, seal};
use error::Problem;
pub use intake::Ingest;
pub use scope::Scope;
pub use state::AppState;

/// The routes of a listener that serves `scopes`.
pub fn routes(config: &mut ServiceConfig, scopes: &[Scope]) {
    config
        .service(read_only("/healthz").route(get_or_head().to(health::alive)))
        .service(read_only("/readyz").route(get_or_head().to(health::ready)));
    for scope in Scope::ALL {
        match (scope, scopes.contains(&scope)) {
            (Scope::Pushes, true) => ingest::routes(config),
            (Scope::Pushes, false) => ingest::closed(config),
            (Scope::Charts, true) => charts(config),
            (Scope::Charts, false) => {}
        }
    }
    config.default_service(web::to(nothing_here));
}

/// The table of what is read. Its last row has all paths that are left.
fn charts(config: &mut ServiceConfig) {
    config
        .service(read_only("/stream/{symbol:.*}").route(get_or_head().to(stream::one)))
        .service(read_only("/stream").route(get_or_head().to(stream::many)))
        .service(read_only("/figure/{symbol:.*}").route(get_or_head().to(figure::get)))
        .service(read_only("/bars/{symbol:.*}").route(get_or_head().to(bars::get)))
        .service(read_only("/search").route(get_or_head().to(search::get)))
        .service(read_only("/views").route(get_or_head().to(views::get)))
        .service(read_only("/metrics").route(get_or_head().to(metrics::get)))
        .service(read_only("/").route(get_or_head().to(assets::page)))
        .service(read_only("/chart/{symbol:.*}").route(get_or_head().to(assets::page)))
        .service(read_only("/{path:.*}").route(get_or_head().to(assets::file)));
}

/// A resource that answers any other method with 405 and the ones it has.
fn read_only(path: &str) -> Resource {
    web::resource(path).default_service(web::to(method_not_allowed))
}

fn get_or_head() -> actix_web::Route {
    let reads = |method: &Method| method == Method::GET || method == Method::HEAD;
    web::route().guard(actix_web::guard::fn_guard(move |ctx| reads(&ctx.head().method)))
}

async fn nothing_here() -> impl Responder {
    Problem::nothing_here().response()
}

async fn method_not_allowed(request: HttpRequest) -> impl Responder {
    if request.method() == Method::OPTIONS {
        return error::options();
    }
    Problem::method_not_allowed(request.method()).response()
}
