//! `GET /stream/{symbol}`: the figures of a view as Server-Sent Events.

use std::convert::Infallible;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::http::{ConnectionType, Version};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

use super::error::Problem;
use super::{State, client};
use crate::hub::{Busy, Refusal, State as FeedState, Terms};
use crate::sse;
use crate::view::View;

/// Opens a stream.
pub async fn get(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wanted = client::wanted(&request, &symbol)?;
    let peer = client::address(&request, &state.trusted_proxies);
    let mut subscription = match state.hub.subscribe(&wanted.view, peer, Terms::default()) {
        Ok(subscription) => subscription,
        Err(Refusal::Busy(busy)) if client::speaks_sse(&request) => {
            let body = turned_away(&state, &wanted.view, busy);
            return Ok(unchunked_on_http10(&request, headers().body(body)));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    subscription.open(wanted.last_event_id.as_deref(), &[]).await?;
    let body = subscription.map(Ok::<_, Infallible>);
    Ok(unchunked_on_http10(&request, headers().streaming(body)))
}

/// The headers of a stream without one: no subscriber is counted and no feed started.
pub async fn head(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wanted = client::wanted(&request, &symbol)?;
    state.hub.check(&wanted.view)?;
    // An empty stream has the headers of a full one: no content-length.
    Ok(headers().streaming(stream::empty::<Result<Bytes, Infallible>>()))
}

fn headers() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
        .insert_header((CACHE_CONTROL, "no-cache, no-transform"))
        .insert_header((VARY, "Accept-Encoding"))
        // nginx would collect events into its buffers.
        .insert_header(("X-Accel-Buffering", "no"));
    response
}

/// HTTP/1.0 knows no chunks: its body ends with the connection.
fn unchunked_on_http10(request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
    if request.version() == Version::HTTP_10 {
        let head = response.head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    response
}

/// Any status but 200 ends an `EventSource` for good, so it is turned away in events: when to come
/// back, and why.
fn turned_away(state: &State, view: &View, busy: Busy) -> Bytes {
    let now = Timestamp::now();
    let status = json!({
        "symbol": view.symbol,
        "view": view.to_string(),
        "state": FeedState::Busy,
        "since": now,
        "message": busy.to_string(),
        "as_of": null,
        "checked": null,
        "next_check": null,
    });
    let mut body = BytesMut::from(&*sse::retry(state.hub.retry()));
    body.extend_from_slice(&sse::named("status", status.to_string()));
    body.freeze()
}
