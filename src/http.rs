//! HTTP: one table of routes, and handlers that only translate between requests and the hub.

mod access;
mod assets;
mod bars;
mod client;
mod envelope;
mod error;
mod figure;
mod guard;
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
mod ticket;
mod views;

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder};

pub use access::AccessControl;
pub use client::TrustedProxies;
pub use envelope::{accepted, seal};
use error::Problem;
pub use intake::Ingest;
pub use scope::Scope;
pub use state::AppState;

/// The routes of a listener that serves `scopes`.
pub fn routes(config: &mut ServiceConfig, scopes: &[Scope]) {
    config
        .service(read_only("/healthz", health::alive))
        .service(read_only("/readyz", health::ready));
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
        .service(read_only("/stream/{symbol:.*}", stream::one).wrap(from_fn(guard::charts)))
        .service(read_only("/stream", stream::many).wrap(from_fn(guard::charts)))
        .service(read_only("/figure/{symbol:.*}", figure::get).wrap(from_fn(guard::charts)))
        .service(read_only("/bars/{symbol:.*}", bars::get).wrap(from_fn(guard::charts)))
        .service(read_only("/search", search::get).wrap(from_fn(guard::charts)))
        .service(read_only("/views", views::get).wrap(from_fn(guard::charts)))
        .service(ticket::resource().wrap(from_fn(guard::tickets)))
        .service(read_only("/metrics", metrics::get).wrap(from_fn(guard::metrics)))
        .service(read_only("/", assets::page).wrap(from_fn(guard::page)))
        .service(read_only("/chart/{symbol:.*}", assets::page).wrap(from_fn(guard::page)))
        .service(read_only("/{path:.*}", assets::file).wrap(from_fn(guard::page)));
}

/// A resource of GET and HEAD, which answers any other method with 405 and the ones it has.
fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = |method: &Method| method == Method::GET || method == Method::HEAD;
    let route = web::route().guard(fn_guard(move |context| reads(&context.head().method)));
    web::resource(path).route(route.to(handler)).default_service(web::to(method_not_allowed))
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
