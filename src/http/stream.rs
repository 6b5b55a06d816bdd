//! `GET /stream/{symbol}` and `GET /stream?view=..`: figures as Server-Sent Events.

mod expiry;
mod request;

use std::convert::Infallible;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::{Bytes, BytesMut};
use expiry::ExpiringStream;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use request::StreamRequest;
use serde_json::json;

use super::AppState;
use super::access::Access;
use super::client;
use super::error::Problem;
use crate::codec::Coding;
use crate::hub::{DataState, Overloaded, SubscribeError, Subscription};
use crate::shares::Requester;
use crate::sse;
use crate::view::View;

/// The state of a view that the client's token does not allow. The data behind it has none of its own.
const FORBIDDEN: &str = "forbidden";

/// Opens the stream of a symbol.
pub async fn one(
    request: HttpRequest,
    symbol: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let wanted = StreamRequest::one(&request, &symbol, &state.codings, &state.hub)?;
    answer(&request, &state, wanted).await
}

/// Opens the merged stream of several views.
pub async fn many(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let wanted = StreamRequest::many(&request, &state.codings, &state.hub)?;
    answer(&request, &state, wanted).await
}

/// The answer to GET, and to HEAD the same without a stream: the source is asked whether it knows the symbol, and
/// no stream is opened or counted.
async fn answer(
    request: &HttpRequest,
    state: &AppState,
    wanted: StreamRequest,
) -> Result<HttpResponse, Problem> {
    let access = Access::of(request);
    let wanted = wanted.allowed(|view| access.check(view, &state.hub))?;
    let requester = state.requester(request);
    let opened = if request.method() == Method::HEAD {
        state.hub.probe(&wanted.views, requester).await.map(|()| None)
    } else {
        open(state, &wanted, requester).await.map(Some)
    };
    let mut response = headers(wanted.options.coding);
    match opened {
        Ok(Some(subscription)) => {
            let events = subscription.events();
            let stream =
                ExpiringStream::new(subscription, access.ends(), state.hub.now(), &state.metrics);
            let mut response = response.streaming(stream.map(Ok::<_, Infallible>));
            response.extensions_mut().insert(events);
            Ok(response)
        }
        // An empty stream has the headers of a full one: no content-length.
        Ok(None) => Ok(response.streaming(stream::empty::<Result<Bytes, Infallible>>())),
        Err(SubscribeError::Overloaded(overloaded)) if client::speaks_sse(request) => {
            Ok(headers(Coding::Identity).body(turned_away(state, &wanted, overloaded)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn open(
    state: &AppState,
    wanted: &StreamRequest,
    requester: Requester,
) -> Result<Subscription, SubscribeError> {
    let (mut subscription, refused) =
        state.hub.subscribe(&wanted.views, requester, wanted.options)?;
    let unread = wanted
        .unread
        .iter()
        .map(|(key, error)| notice(key, DataState::Refused.as_str(), &error.to_string()));
    let forbidden = wanted
        .forbidden
        .iter()
        .map(|(view, why)| notice(&view.to_string(), FORBIDDEN, &why.to_string()));
    let refused = refused.iter().map(|(view, error)| refused_view(view, error));
    let notices = names(wanted).into_iter().chain(unread).chain(forbidden).chain(refused);
    let notices: Vec<Bytes> = notices.collect();
    subscription.open(wanted.last_event_id.as_deref(), &notices).await?;
    Ok(subscription)
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

/// Events that turn a client away: when to come back, and why. Any status but 200 would end an `EventSource` for
/// good.
fn turned_away(state: &AppState, wanted: &StreamRequest, overloaded: Overloaded) -> Bytes {
    let mut body = BytesMut::from(&*sse::retry(state.hub.retry()));
    body.extend(names(wanted));
    for view in &wanted.views {
        body.extend_from_slice(&refused_view(view, &overloaded.into()));
    }
    body.freeze()
}

/// The event that tells a client the canonical keys of the views that it named otherwise, if it did.
fn names(wanted: &StreamRequest) -> Option<Bytes> {
    let named = || sse::named("views", json!(wanted.names).to_string());
    (!wanted.names.is_empty()).then(named)
}

/// The status of a view that the hub refused.
fn refused_view(view: &View, error: &SubscribeError) -> Bytes {
    let state = match error {
        SubscribeError::NotFound { .. } => DataState::NotFound,
        SubscribeError::Overloaded(_) => DataState::Busy,
        SubscribeError::OutOfRange(_) => DataState::Refused,
        SubscribeError::Unavailable { .. } => DataState::Error,
    };
    notice(&view.to_string(), state.as_str(), &error.to_string())
}

/// The status of a view that does not run, named as the client named it.
fn notice(view: &str, state: &str, message: &str) -> Bytes {
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
