//! What a request says of its client: what it has had of a stream, whether it speaks events, where it comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header as _, HeaderName, Quality, QualityItem};
use actix_web::mime::{self, Mime};

use crate::sse::MAX_EVENT_ID_LEN;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header wins over the query. An id that is too long or not text is an unknown one: a client
/// that says it had a figure.
pub fn last_event_id(request: &HttpRequest, in_query: Option<String>) -> Option<String> {
    let header = request.headers().get(LAST_EVENT_ID);
    let header = header.map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    // An empty header says nothing: a client sends it that has had no id yet.
    let said = |id: &String| !id.is_empty();
    let id = header.filter(said).or(in_query.filter(said))?;
    Some(if id.len() > MAX_EVENT_ID_LEN { "too-long".to_owned() } else { id })
}

/// Whether the client speaks Server-Sent Events, and so understands being turned away in one.
pub fn speaks_sse(request: &HttpRequest) -> bool {
    let named = |range: &QualityItem<Mime>| {
        range.quality > Quality::ZERO && range.item.essence_str() == mime::TEXT_EVENT_STREAM
    };
    Accept::parse(request).is_ok_and(|accepted| accepted.iter().any(named))
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

    use super::{address, last_event_id, speaks_sse};

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
    fn a_client_that_names_event_streams_and_does_not_refuse_them_speaks_them() {
        for (accepted, speaks) in [
            ("text/event-stream", true),
            ("application/json;q=0.5, text/event-stream;q=0.1", true),
            ("TEXT/Event-Stream; charset=utf-8", true),
            ("text/event-stream;q=0, */*", false),
            ("text/event-stream-like", false),
            ("*/*", false),
        ] {
            let request = TestRequest::default().insert_header(("accept", accepted));
            assert_eq!(speaks_sse(&request.to_http_request()), speaks, "{accepted}");
        }
    }

    #[test]
    fn the_header_wins_over_the_query_and_an_endless_id_is_just_an_unknown_one() {
        let id = |header: &str| {
            let request =
                TestRequest::default().insert_header(("last-event-id", header)).to_http_request();
            last_event_id(&request, Some("q".to_owned()))
        };
        assert_eq!(id("e-1").as_deref(), Some("e-1"));
        assert_eq!(id("").as_deref(), Some("q"), "an empty header says nothing");
        assert_eq!(id(&"x".repeat(9_000)).as_deref(), Some("too-long"));
    }
}
