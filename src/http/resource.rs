//! Resources that are read and nothing else.

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::web;
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder};

use super::error::{self, Problem};

/// A resource of GET and HEAD, which answers any other method with 405 and the ones it has.
pub fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = |method: &Method| method == Method::GET || method == Method::HEAD;
    let route = web::route().guard(fn_guard(move |context| reads(&context.head().method)));
    web::resource(path).route(route.to(handler)).default_service(web::to(method_not_allowed))
}

async fn method_not_allowed(request: HttpRequest) -> impl Responder {
    if request.method() == Method::OPTIONS {
        return error::options();
    }
    Problem::method_not_allowed(request.method()).response()
}
