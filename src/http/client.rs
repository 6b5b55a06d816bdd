//! What a request says of its client: the view it wants, what it already has, where it comes from.

use std::borrow::Cow;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, EntityTag, Header as _, HeaderName, IfNoneMatch};
use url::form_urlencoded;

use super::error::Problem;
use crate::sse::MAX_EVENT_ID_LEN;
use crate::symbol::Symbol;
use crate::view::{View, ViewError};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Query keys by which a client that cannot set the header says its last event id.
const ID_KEYS: [&str; 2] = ["last_event_id", "lastEventId"];
/// Query key that caches are defeated with; it means nothing.
const CACHE_BUSTER: &str = "_";
/// Longest part of a bad key that an error message repeats.
const ECHO_LEN: usize = 40;

/// What is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// What to draw.
    pub view: View,
    /// What the client has: attacker input, only ever compared with an id of ours.
    pub last_event_id: Option<String>,
}

/// Reads the symbol, already percent-decoded once, the query and `Last-Event-ID`.
pub fn wanted(request: &HttpRequest, symbol: &str) -> Result<Wanted, Problem> {
    Ok(read(request, symbol, None)?.0)
}

/// The same where `key` is the resource's own and no option of the view, and its value.
pub fn wanted_and(
    request: &HttpRequest,
    symbol: &str,
    key: &'static str,
) -> Result<(Wanted, Option<String>), Problem> {
    read(request, symbol, Some(key))
}

fn read(
    request: &HttpRequest,
    symbol: &str,
    own: Option<&'static str>,
) -> Result<(Wanted, Option<String>), Problem> {
    let symbol = Symbol::parse(symbol)?;
    let mut options = Vec::new();
    let (mut id, mut owned) = (None, None);
    for (key, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
        match &*key {
            CACHE_BUSTER => {}
            key if own == Some(key) => put_once(&mut owned, own.unwrap_or_default(), value)?,
            key if ID_KEYS.contains(&key) => id = Some(value.into_owned()),
            _ => options.push((key, value)),
        }
    }
    let header = request.headers().get(LAST_EVENT_ID);
    // An id that is too long or not text is an unknown one: a client that says it had a figure.
    let header = header.map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    let last_event_id = header
        .or(id)
        .filter(|id| !id.is_empty())
        .map(|id| if id.len() > MAX_EVENT_ID_LEN { "too-long".to_owned() } else { id });
    Ok((Wanted { view: View::parse(symbol, options)?, last_event_id }, owned))
}

/// The value of the only key that a resource has.
pub fn only(request: &HttpRequest, key: &'static str) -> Result<Option<String>, Problem> {
    let mut found = None;
    for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
        match &*name {
            CACHE_BUSTER => {}
            name if name == key => put_once(&mut found, key, value)?,
            name => {
                let name: String = name.chars().take(ECHO_LEN).collect();
                let detail = format!("unknown option {name:?}: there is {key}");
                return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
            }
        }
    }
    Ok(found)
}

fn put_once(
    slot: &mut Option<String>,
    key: &'static str,
    value: Cow<'_, str>,
) -> Result<(), ViewError> {
    match slot.replace(value.into_owned()) {
        Some(_) => Err(ViewError::Repeated { key }),
        None => Ok(()),
    }
}

/// Whether the client says that it has what `tag` stands for.
pub fn holds(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(tag)),
        Err(_) => false,
    }
}

/// Whether the client speaks Server-Sent Events, and so understands being turned away in one.
pub fn speaks_sse(request: &HttpRequest) -> bool {
    let accepted = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    accepted.into_iter().any(|value| value.contains("text/event-stream"))
}

/// The client's address. Behind a proxy that is believed it is the last address in
/// `X-Forwarded-For` that is not such a proxy's own: what stands left of it anybody can write.
pub fn address(request: &HttpRequest, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
    let hops: Vec<IpAddr> =
        lines.flat_map(|line| line.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.into_iter().rev().find(|hop| !trusted.contains(hop)).or(Some(peer))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_web::test::TestRequest;

    use super::{address, wanted};

    fn from(peer: &str, forwarded: &str) -> Option<String> {
        let peer = format!("{peer}:1").parse().expect("address");
        let request = TestRequest::default()
            .peer_addr(peer)
            .insert_header(("x-forwarded-for", forwarded))
            .to_http_request();
        let trusted: [IpAddr; 2] = ["127.0.0.1", "10.0.0.9"].map(|ip| ip.parse().expect("address"));
        address(&request, &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_trusted_proxy() {
        assert_eq!(from("8.8.8.8", "1.2.3.4").as_deref(), Some("8.8.8.8"));
        assert_eq!(from("127.0.0.1", "1.2.3.4").as_deref(), Some("1.2.3.4"));
        assert_eq!(from("127.0.0.1", "").as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn what_a_client_wrote_before_the_proxies_added_theirs_is_not_believed() {
        assert_eq!(from("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.9").as_deref(), Some("1.2.3.4"));
        assert_eq!(from("127.0.0.1", "rubbish, 1.2.3.4").as_deref(), Some("1.2.3.4"));
    }

    #[test]
    fn the_header_wins_over_the_query_and_an_endless_id_is_just_an_unknown_one() {
        let id = |header: &str| {
            let request = TestRequest::with_uri("/stream/AAPL?last_event_id=q&_=123")
                .insert_header(("last-event-id", header))
                .to_http_request();
            wanted(&request, "AAPL").expect("valid").last_event_id
        };
        assert_eq!(id("e-1").as_deref(), Some("e-1"));
        assert_eq!(id(&"x".repeat(9_000)).as_deref(), Some("too-long"));
    }
}
