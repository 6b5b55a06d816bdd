//! What holds for every request and every answer, whatever the route: the middleware around them all.

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, REFERRER_POLICY, UPGRADE,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::uri::Authority;
use actix_web::http::{ConnectionType, Method, StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::mime::Mime;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};

use super::error::Problem;
use super::{AppState, negotiation};

/// The outermost layer: refuses a request that names no host, and completes every answer.
///
/// # Errors
/// Those of the service inside.
pub async fn seal<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let mut response = if names_a_host(&request) {
        next.call(request).await?.map_into_left_body()
    } else {
        let detail = "the Host header is not a host with perhaps a port, as in example.com:8080";
        let problem = Problem::new(StatusCode::BAD_REQUEST, detail);
        request.into_response(problem.response()).map_into_right_body()
    };
    frame(&mut response);
    if let Some(state) = response.request().app_data::<Data<AppState>>() {
        state.metrics.count_answer(response.status().as_u16());
    }
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    // An address may have a ticket in it.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// The innermost layer: an answer that its client does not accept becomes a problem.
///
/// # Errors
/// Those of the service inside.
pub async fn accepted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    Ok(match refused(&response) {
        Some(problem) => response.into_response(problem.response()).map_into_right_body(),
        None => response.map_into_left_body(),
    })
}

/// Whether the `Host` header is one (RFC 9112, 3.2). None at all is let through: the parser has refused
/// it where it has to be, and an HTTP/1.0 client has none.
fn names_a_host(request: &ServiceRequest) -> bool {
    let is_host = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or("/");
        // The header is empty where the address of the request names no host.
        text.is_empty()
            || text.parse::<Authority>().is_ok_and(|authority| {
                let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
                let port = port.map(|(_, port)| port).filter(|port| !port.ends_with(']'));
                !text.contains('@')
                    && !authority.host().is_empty()
                    && port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok())
            })
    };
    request.headers().get_all(HOST).all(is_host)
}

/// Why an answer is none for its client, which refuses its media type or that it is in no coding.
fn refused<B: MessageBody>(response: &ServiceResponse<B>) -> Option<Problem> {
    let (request, headers) = (response.request(), response.headers());
    let is_empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    // An error is told in any case, and nothing is in no coding.
    if !response.status().is_success() || is_empty {
        return None;
    }
    let detail = match headers.get(CONTENT_TYPE).map(HeaderValue::to_str) {
        Some(Ok(named)) if is_refused(request, named) => {
            format!("Accept leaves nothing to answer with: this is {named}")
        }
        _ if !headers.contains_key(CONTENT_ENCODING)
            && negotiation::coding(request, []).is_none() =>
        {
            "Accept-Encoding leaves nothing to answer with: this has no coding but identity".into()
        }
        _ => return None,
    };
    Some(Problem::new(StatusCode::NOT_ACCEPTABLE, detail))
}

fn is_refused(request: &HttpRequest, named: &str) -> bool {
    let mime = named.parse::<Mime>();
    mime.is_ok_and(|mime| negotiation::media(request, std::slice::from_ref(&mime)).is_none())
}

/// Has the end of the body told in a way that the client understands.
///
/// A server may ignore `Upgrade` (RFC 9110, 7.8), and this one does. actix-http does not: a request with
/// `Connection: upgrade` would be answered with that option, and to one for a WebSocket, as to CONNECT,
/// its encoder writes a stream without chunks below a header that announces them. HTTP/1.0 knows no
/// chunks at all. Without chunks the body ends with the connection.
fn frame<B: MessageBody>(response: &mut ServiceResponse<B>) {
    let request = response.request();
    let upgrades = request.headers().get_all(UPGRADE).map(HeaderValue::as_bytes);
    let is_websocket = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(b"websocket");
    let unchunked = request.version() == Version::HTTP_10
        || request.method() == Method::CONNECT
        || upgrades.clone().any(is_websocket);
    let asks_for_more = upgrades.count() > 0 || request.head().upgrade();
    let unchunked = unchunked && response.response().body().size() == BodySize::Stream;
    if unchunked || asks_for_more || request.method() == Method::CONNECT {
        let head = response.response_mut().head_mut();
        head.no_chunking(unchunked);
        head.set_connection_type(ConnectionType::Close);
    }
}
