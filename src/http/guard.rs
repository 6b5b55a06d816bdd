//! Guards: the layers around routes that ask for a token.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};

use super::AppState;
use super::access::{AccessControl, ShownToken};
use crate::config::{AccessLevel, RoutesConfig};

/// The layer around streams, figures, bars, search and views.
///
/// # Errors
/// Those of the service inside.
pub async fn charts<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let shown = |control: &AccessControl, request: &ServiceRequest| {
        control.shown_in(request.headers(), request.query_string())
    };
    guarded(request, next, shown, |routes| routes.charts).await
}

/// The layer around tickets: those that are shown one ask for another with their token, and not with it.
///
/// # Errors
/// Those of the service inside.
pub async fn tickets<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    guarded(request, next, in_headers, |_| AccessLevel::Viewer).await
}

/// The layer around the page and its files.
///
/// # Errors
/// Those of the service inside.
pub async fn page<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    guarded(request, next, in_headers, |routes| routes.page).await
}

/// The layer around metrics.
///
/// # Errors
/// Those of the service inside.
pub async fn metrics<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    guarded(request, next, in_headers, |routes| routes.metrics).await
}

fn in_headers(control: &AccessControl, request: &ServiceRequest) -> ShownToken {
    control.shown(request.headers())
}

async fn guarded<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    shown: fn(&AccessControl, &ServiceRequest) -> ShownToken,
    level: fn(&RoutesConfig) -> AccessLevel,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let Some(control) = state.and_then(|state| state.access.clone()) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut response = match control.admit(shown(&control, &request), level(control.routes())).await
    {
        Ok(access) => {
            request.extensions_mut().insert(access);
            next.call(request).await?.map_into_left_body()
        }
        Err(problem) => request.into_response(problem.response()).map_into_right_body(),
    };
    if level(control.routes()) != AccessLevel::Public {
        keep_private(response.headers_mut());
    }
    Ok(response)
}

/// Has no shared cache give an answer to somebody else.
fn keep_private(headers: &mut HeaderMap) {
    let caching = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let private = match caching {
        Some(caching) if caching.contains("no-store") => None,
        Some(caching) => Some(format!("private, {}", caching.replace("public, ", ""))),
        None => Some("private".to_owned()),
    };
    if let Some(value) = private.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(CACHE_CONTROL, value);
    }
    headers.append(VARY, HeaderValue::from_static("Authorization, Cookie"));
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};

    use super::{CACHE_CONTROL, VARY, keep_private};

    #[test]
    fn no_shared_cache_keeps_an_answer_that_a_token_was_needed_for() {
        for (before, after) in [
            (None, "private"),
            (Some("public, max-age=60"), "private, max-age=60"),
            (Some("no-cache, no-transform"), "private, no-cache, no-transform"),
            (Some("no-store"), "no-store"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(before) = before {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static(before));
            }
            keep_private(&mut headers);
            assert_eq!(headers.get(CACHE_CONTROL).expect("it is set"), after);
            assert_eq!(headers.get(VARY).expect("it is set"), "Authorization, Cookie");
        }
    }
}
