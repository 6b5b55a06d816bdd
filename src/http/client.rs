//! What a request says of its client: what it has had of a stream, whether it speaks events, where it comes from.

mod forwarded;

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header as _, HeaderName, Quality, QualityItem};
use actix_web::mime::{self, Mime};

use crate::config::{ClientHeader, Network, ServerConfig};
use crate::sse::MAX_EVENT_ID_LEN;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

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

/// Which proxies are believed, and in which header.
#[derive(Debug, Clone)]
pub struct TrustedProxies {
    networks: Arc<[Network]>,
    header: ClientHeader,
}

impl TrustedProxies {
    fn contain(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

impl From<&ServerConfig> for TrustedProxies {
    fn from(config: &ServerConfig) -> Self {
        Self { networks: config.trusted_proxies.as_slice().into(), header: config.client_header }
    }
}

/// The client's address; `None` where a proxy that is believed names nobody. Behind such a proxy it is the
/// last address that is not one's own: what stands left of it anybody can write. Where all of them are,
/// the client is the one that is furthest away.
pub fn address(request: &HttpRequest, trusted: &TrustedProxies) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !trusted.contain(peer) {
        return Some(peer);
    }
    let mut furthest = None;
    for hop in forwarded::hops(request.headers(), trusted.header) {
        // A proxy that does not tell where it was asked from ends the chain: nothing left of it counts.
        furthest = Some(hop?);
        if !trusted.contain(hop?) {
            break;
        }
    }
    furthest
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::{ClientHeader, ServerConfig, TrustedProxies, address, last_event_id, speaks_sse};

    const FOR: &str = "x-forwarded-for";
    const RFC: &str = "forwarded";

    /// The address of a client whose request came from `peer` with these headers.
    fn named(peer: &str, headers: &[(&'static str, &[u8])], header: ClientHeader) -> String {
        let peer = format!("{peer}:1").parse().expect("address");
        let mut request = TestRequest::default().peer_addr(peer);
        for (name, value) in headers {
            request = request.append_header((*name, HeaderValue::from_bytes(value).expect("fits")));
        }
        let networks = ["127.0.0.1", "::1", "10.0.0.0/8"].map(|ip| ip.parse().expect("a network"));
        let config = ServerConfig {
            trusted_proxies: networks.into(),
            client_header: header,
            ..ServerConfig::default()
        };
        let address = address(&request.to_http_request(), &TrustedProxies::from(&config));
        address.map_or_else(|| "nobody".to_owned(), |ip| ip.to_string())
    }

    fn from(peer: &str, forwarded: &str) -> String {
        named(peer, &[(FOR, forwarded.as_bytes())], ClientHeader::Either)
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_trusted_proxy() {
        assert_eq!(from("8.8.8.8", "1.2.3.4"), "8.8.8.8");
        assert_eq!(from("[2001:db8::1]", "1.2.3.4"), "2001:db8::1");
        for proxy in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3"] {
            assert_eq!(from(proxy, "1.2.3.4"), "1.2.3.4", "{proxy}");
        }
    }

    #[test]
    fn what_a_client_wrote_before_the_proxies_added_theirs_is_not_believed() {
        for (forwarded, address) in [
            ("6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4:80, [::ffff:10.0.0.9]:81", "1.2.3.4"),
            ("rubbish, 1.2.3.4", "1.2.3.4"),
            ("\"6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ] {
            assert_eq!(from("127.0.0.1", forwarded), address, "{forwarded}");
        }
        let long = format!("{}, 1.2.3.4", vec!["6.6.6.6"; 2_000].join(", "));
        assert_eq!(from("127.0.0.1", &long), "1.2.3.4");
        let either = ClientHeader::Either;
        let lines: [(_, &[u8]); 2] = [(FOR, b"6.6.6.6\xff, 1.2.3.4"), (FOR, b"10.0.0.9")];
        assert_eq!(named("127.0.0.1", &lines, either), "1.2.3.4", "over several lines");
    }

    #[test]
    fn a_proxy_that_tells_no_address_names_nobody_whatever_stands_before_it() {
        for forwarded in [
            "",
            "6.6.6.6, unknown",
            "6.6.6.6, _hidden",
            "6.6.6.6,",
            "6.6.6.6, 010.0.0.1",
            "6.6.6.6, unknown, 10.0.0.9",
        ] {
            assert_eq!(from("127.0.0.1", forwarded), "nobody", "{forwarded}");
        }
        assert_eq!(named("127.0.0.1", &[], ClientHeader::Either), "nobody");
    }

    #[test]
    fn a_client_inside_of_a_trusted_network_is_the_one_that_is_furthest_away() {
        assert_eq!(from("127.0.0.1", "10.0.0.7, 10.0.0.9"), "10.0.0.7");
        assert_eq!(from("127.0.0.1", "127.0.0.1"), "127.0.0.1");
    }

    #[test]
    fn the_header_that_a_proxy_does_not_write_can_be_left_unread() {
        let both: [(_, &[u8]); 2] = [(FOR, b"1.2.3.4"), (RFC, b"for=6.6.6.6, for=\"[::7]:1\"")];
        for (header, address) in [
            (ClientHeader::Either, "1.2.3.4"),
            (ClientHeader::XForwardedFor, "1.2.3.4"),
            (ClientHeader::Forwarded, "::7"),
        ] {
            assert_eq!(named("127.0.0.1", &both, header), address, "{header:?}");
        }
        assert_eq!(named("127.0.0.1", &both[1..], ClientHeader::Either), "::7");
        assert_eq!(named("127.0.0.1", &both[1..], ClientHeader::XForwardedFor), "nobody");
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
