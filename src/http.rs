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
mod resource;
mod scope;
mod search;
mod state;
mod stream;
mod ticket;
mod udf;
mod views;

use actix_web::Responder;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

pub use access::AccessControl;
pub use client::TrustedProxies;
pub use envelope::{accepted, seal};
use error::Problem;
pub use intake::Ingest;
use resource::read_only;
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
        .configure(udf::routes)
        .service(read_only("/", assets::page).wrap(from_fn(guard::page)))
        .service(read_only("/chart/{symbol:.*}", assets::page).wrap(from_fn(guard::page)))
        .service(read_only("/{path:.*}", assets::file).wrap(from_fn(guard::page)));
}

async fn nothing_here() -> impl Responder {
    Problem::nothing_here().response()
}
