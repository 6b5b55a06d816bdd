//! HTTP: one table of routes, and handlers that only translate between requests and the hub.

mod access;
mod assets;
mod bars;
mod client;
mod coded;
mod cors;
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
mod openapi;
mod openbb;
mod query;
mod resource;
mod scope;
mod search;
mod state;
mod stream;
mod ticket;
mod udf;
mod views;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

pub use access::AccessControl;
pub use client::TrustedProxies;
pub use coded::AnswerCoder;
use cors::{READS, TICKETS, cors};
use envelope::accepted;
pub use envelope::seal;
use error::Problem;
pub use intake::Ingest;
use resource::read_only;
pub use scope::Scope;
pub use state::AppState;

/// The routes of a listener, all of them below its base path.
pub fn routes(config: &mut ServiceConfig, state: &AppState) {
    if state.base_path.is_root() {
        return below(config, state);
    }
    let base = web::scope(state.base_path.as_str());
    config.service(base.configure(|config| below(config, state)));
    // A probe asks the process itself, and knows nothing of the site that it is a part of.
    let beside = web::scope("").configure(health).default_service(web::to(outside));
    config.service(beside.wrap(from_fn(accepted)).wrap(cors(state, READS)));
}

/// The table of all routes.
fn below(config: &mut ServiceConfig, state: &AppState) {
    if state.serves_charts() {
        let ticket =
            web::scope("/ticket").service(ticket::resource().wrap(from_fn(guard::tickets)));
        let ticket = ticket.default_service(web::to(nothing_here));
        config.service(ticket.wrap(from_fn(accepted)).wrap(cors(state, TICKETS)));
    }
    let all = web::scope("")
        .configure(|config| parts(config, &state.scopes))
        .default_service(web::to(nothing_here));
    config.service(all.wrap(from_fn(accepted)).wrap(cors(state, READS)));
}

/// The table of what each scope has.
fn parts(config: &mut ServiceConfig, scopes: &[Scope]) {
    health(config);
    for scope in Scope::ALL {
        match (scope, scopes.contains(&scope)) {
            (Scope::Pushes, true) => ingest::routes(config),
            (Scope::Pushes, false) => closed(config, intake::ROOTS),
            (Scope::Operations, true) => operations(config),
            (Scope::Operations, false) => closed(config, ["/metrics"]),
            (Scope::Charts, true) => charts(config),
            (Scope::Charts, false) => {}
        }
    }
}

/// The table of what is told of the process.
fn health(config: &mut ServiceConfig) {
    config
        .service(read_only("/healthz", health::alive))
        .service(read_only("/readyz", health::ready));
}

/// The table of what operators ask.
fn operations(config: &mut ServiceConfig) {
    config.service(read_only("/metrics", metrics::get).wrap(from_fn(guard::metrics)));
}

/// Paths of what is served at another address: nothing is there, whatever the method.
fn closed(config: &mut ServiceConfig, paths: impl IntoIterator<Item = &'static str>) {
    let paths = paths.into_iter().flat_map(|root| [root.to_owned(), format!("{root}/{{rest:.*}}")]);
    let resource = web::resource(paths.collect::<Vec<_>>());
    config.service(resource.default_service(web::to(nothing_here)));
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
        .configure(udf::routes)
        .configure(openbb::routes)
        .service(read_only("/openapi.json", openapi::get).wrap(from_fn(guard::page)))
        .service(read_only("/llms.txt", openapi::llms).wrap(from_fn(guard::page)))
        .service(read_only("", assets::folder).wrap(from_fn(guard::page)))
        .service(read_only("/", assets::page).wrap(from_fn(guard::page)))
        .service(read_only("/chart/{symbol:.*}", assets::chart).wrap(from_fn(guard::page)))
        .service(read_only("/{path:.*}", assets::file).wrap(from_fn(guard::page)));
}

async fn outside(state: Data<AppState>) -> HttpResponse {
    Problem::outside(&state.base_path).response()
}

async fn nothing_here(state: Data<AppState>) -> HttpResponse {
    if state.serves_charts() {
        return Problem::nothing_here(&state.base_path).response();
    }
    let detail = "nothing is here: this address has /healthz, /readyz, and what else the server was told to \
         serve here, and the charts are at another one";
    Problem::new(StatusCode::NOT_FOUND, detail).response()
}
