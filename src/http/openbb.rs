//! What `OpenBB` Workspace asks a backend for: `/widgets.json`, `/apps.json`, and the data of the widgets.
//!
//! Their shapes are those of <https://docs.openbb.co/workspace/developers/json-specs/widgets-json-reference>. A widget's endpoint
//! takes its symbol in the query, where others here have it in the path, and parameters without a value are as good as
//! left out.

mod data;
mod documents;
mod params;

use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;

use super::guard;
use super::resource::read_only;

/// The routes of a backend.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_only("/widgets.json", documents::widgets).wrap(from_fn(guard::charts)))
        .service(read_only("/apps.json", documents::apps).wrap(from_fn(guard::charts)))
        .service(read_only("/openbb/chart", data::chart).wrap(from_fn(guard::charts)))
        .service(read_only("/openbb/bars", data::bars).wrap(from_fn(guard::charts)));
}
