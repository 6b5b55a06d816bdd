//! `/ingest`: bars and ticks that others push in. An answer of success says that they are kept for good.

mod about;
mod body;
mod cells;
mod collector;
mod csv;
mod entry;
mod influx;
mod json;
mod push;
mod refusal;
mod tally;

use std::future::ready;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource};

use self::tally::counted;
use super::error::Problem;

/// The routes of pushes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/ingest", "POST, OPTIONS")
                .route(web::post().to(push::many))
                .wrap(from_fn(counted)),
        )
        .service(
            resource("/ingest/hook/{token}", "POST, OPTIONS")
                .route(web::post().to(push::hook))
                .wrap(from_fn(counted)),
        )
        .service(
            resource("/ingest/{symbol}/about", "PUT, GET, OPTIONS")
                .route(web::put().to(about::describe))
                .route(web::get().to(about::described))
                .wrap(from_fn(counted)),
        )
        .service(
            resource("/write", "POST, OPTIONS")
                .route(web::post().to(influx::write))
                .wrap(from_fn(counted)),
        )
        .service(
            resource("/api/v2/write", "POST, OPTIONS")
                .route(web::post().to(influx::write))
                .wrap(from_fn(counted)),
        )
        .service(
            resource("/ingest/{symbol}", "POST, DELETE, OPTIONS")
                .route(web::post().to(push::one))
                .route(web::delete().to(about::remove))
                .wrap(from_fn(counted)),
        );
}

/// A resource that answers any other method with 405 and the ones it has.
fn resource(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| {
        ready(Problem::only(request.method(), methods).response())
    }))
}
