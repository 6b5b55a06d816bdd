//! `GET /stream/{symbol}` and `GET /stream?view=..`: figures as Server-Sent Events.

mod body;
mod wanted;

use std::convert::Infallible;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::http::{ConnectionType, Version};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use wanted::Wanted;

use super::State;
use super::client;
use super::error::Problem;
use crate::codec::Coding;
use crate::hub::{Busy, Refusal, State as FeedState};
use crate::sse;
use crate::view::View;

/// Opens the stream of a symbol.
pub async fn one(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::one(&request, &symbol, &state.codings, state.hub.served())?;
    open(&request, &state, wanted).await
}

/// Opens the merged stream of several views.
pub async fn many(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::many(&request, &state.codings, state.hub.served())?;
    open(&request, &state, wanted).await
}

async fn open(
    request: &HttpRequest,
    state: &State,
    wanted: Wanted,
) -> Result<HttpResponse, Problem> {
    let peer = client::address(request, &state.trusted_proxies);
    let (mut subscription, refused) =
        match state.hub.subscribe_all(&wanted.views, peer, wanted.terms) {
            Ok(subscribed) => subscribed,
            Err(Refusal::Busy(busy)) if client::speaks_sse(request) => {
                let body = turned_away(state, &wanted, busy);
                return Ok(unchunked_on_http10(request, headers(Coding::Identity).body(body)));
            }
            Err(refusal) => return Err(refusal.into()),
        };
    let unread = wanted
        .unread
        .iter()
        .map(|(key, error)| notice(key, FeedState::Refused, &error.to_string()));
    let refused = refused.iter().map(|(view, refusal)| refused_view(view, refusal));
    let notices: Vec<Bytes> = names(&wanted).into_iter().chain(unread).chain(refused).collect();
    subscription.open(wanted.last_event_id.as_deref(), &notices).await?;
    let mut response = headers(wanted.terms.coding);
    Ok(unchunked_on_http10(request, response.streaming(Body::new(subscription))))
}

/// The headers of the stream of a symbol without one: no subscriber is counted and no feed started.
pub async fn head_of_one(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::one(&request, &symbol, &state.codings, state.hub.served())?;
    head(&state, &wanted)
}

/// The headers of a merged stream without one.
pub async fn head_of_many(
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::many(&request, &state.codings, state.hub.served())?;
    head(&state, &wanted)
}

fn head(state: &State, wanted: &Wanted) -> Result<HttpResponse, Problem> {
    // Of several it is enough that one can be had; a stream says which cannot.
    let mut checked = wanted.views.iter().map(|view| state.hub.check(view));
    if let Some(Err(refusal)) = checked.next()
        && checked.all(|checked| checked.is_err())
    {
        return Err(refusal.into());
    }
    // An empty stream has the headers of a full one: no content-length.
    Ok(headers(wanted.terms.coding).streaming(stream::empty::<Result<Bytes, Infallible>>()))
}

fn headers(coding: Coding) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    if coding != Coding::Identity {
        response.insert_header((CONTENT_ENCODING, coding.token()));
    }
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
fn turned_away(state: &State, wanted: &Wanted, busy: Busy) -> Bytes {
    let mut body = BytesMut::from(&*sse::retry(state.hub.retry()));
    body.extend(names(wanted));
    for view in &wanted.views {
        body.extend_from_slice(&refused_view(view, &busy.into()));
    }
    body.freeze()
}

/// By which keys the views are told that were asked for by other names; nothing where none was.
fn names(wanted: &Wanted) -> Option<Bytes> {
    let named = || sse::named("views", json!(wanted.names).to_string());
    (!wanted.names.is_empty()).then(named)
}

/// The status of a view that is not to be had.
fn refused_view(view: &View, refusal: &Refusal) -> Bytes {
    let state = match refusal {
        Refusal::NotFound { .. } => FeedState::NotFound,
        Refusal::Busy(_) => FeedState::Busy,
        Refusal::Unserved(_) => FeedState::Refused,
        Refusal::Unavailable { .. } => FeedState::Error,
    };
    notice(&view.to_string(), state, &refusal.to_string())
}

/// A status of a view that nothing stands behind, named as the client named it.
fn notice(view: &str, state: FeedState, message: &str) -> Bytes {
    let status = json!({
        "symbol": view.split(';').next(),
        "view": view,
        "state": state,
        "since": Timestamp::now(),
        "message": message,
        "session": null,
        "as_of": null,
        "checked": null,
        "next_check": null,
    });
    sse::named("status", status.to_string())
}
