//! What a request says of its client: what it already has, what it speaks, where it comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, AcceptEncoding, ContentEncoding, Encoding, EntityTag, Header as _,
    HeaderName, IfNoneMatch, Preference, Quality,
};

use crate::codec::Coding;
use crate::sse::MAX_EVENT_ID_LEN;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header wins over the query. An id that is too long or not text is an unknown one: a client
/// that says it had a figure.
pub fn last_event_id(request: &HttpRequest, in_query: Option<String>) -> Option<String> {
    let header = request.headers().get(LAST_EVENT_ID);
    let header = header.map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    let id = header.or(in_query).filter(|id| !id.is_empty())?;
    Some(if id.len() > MAX_EVENT_ID_LEN { "too-long".to_owned() } else { id })
}

/// The best coding for a client, of `codings` in our order of preference and identity, by its
/// `Accept-Encoding` (RFC 9110, 12.5.3); none when it refuses them all. Without the header, or with
/// one that cannot be read, it is identity: what asks for nothing may understand nothing.
pub fn coding(request: &HttpRequest, codings: &[Coding]) -> Option<Coding> {
    let accepted = match AcceptEncoding::parse(request) {
        Ok(accepted) if request.headers().contains_key(ACCEPT_ENCODING) => accepted,
        _ => return Some(Coding::Identity),
    };
    let said = |wanted: &Preference<Encoding>| {
        accepted.iter().find(|accepted| accepted.item == *wanted).map(|accepted| accepted.quality)
    };
    let quality = |coding: Coding| {
        let name = Preference::Specific(encoding(coding));
        said(&name).or_else(|| said(&Preference::Any))
    };
    // Identity is acceptable until it is refused, and wanted only if it says so.
    let identity = match quality(Coding::Identity) {
        Some(Quality::ZERO) => None,
        Some(quality) => Some((quality, Coding::Identity)),
        None => Some((Quality::MIN, Coding::Identity)),
    };
    let compressing = codings.iter().filter_map(|coding| Some((quality(*coding)?, *coding)));
    let acceptable = compressing.filter(|(quality, _)| *quality > Quality::ZERO).chain(identity);
    let best = acceptable.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, coding)| coding)
}

const fn encoding(coding: Coding) -> Encoding {
    Encoding::Known(match coding {
        Coding::Identity => ContentEncoding::Identity,
        Coding::Gzip => ContentEncoding::Gzip,
        Coding::Zstd => ContentEncoding::Zstd,
    })
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

    use super::{address, coding, last_event_id};
    use crate::codec::Coding;

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
    fn the_coding_is_the_one_that_the_client_likes_best_and_of_equals_the_one_that_we_do() {
        let best = |accepted: &str| {
            let header = ("accept-encoding", accepted);
            let request = TestRequest::default().insert_header(header).to_http_request();
            coding(&request, &[Coding::Zstd, Coding::Gzip])
        };
        // Browsers, curl --compressed, curl -N.
        assert_eq!(best("gzip, deflate, br, zstd"), Some(Coding::Zstd));
        assert_eq!(best("deflate, gzip"), Some(Coding::Gzip));
        assert_eq!(
            coding(&TestRequest::default().to_http_request(), &[Coding::Gzip]),
            Some(Coding::Identity)
        );
        assert_eq!(best("zstd;q=0.5, gzip;q=0.8"), Some(Coding::Gzip));
        assert_eq!(best("*;q=0.1"), Some(Coding::Zstd));
        assert_eq!(best("zstd;q=0, *"), Some(Coding::Gzip));
        assert_eq!(best("identity, gzip;q=0.9"), Some(Coding::Identity));
        assert_eq!(best("identity;q=0, gzip;q=0.001"), Some(Coding::Gzip));
        assert_eq!(best("br"), Some(Coding::Identity));
        assert_eq!(best(""), Some(Coding::Identity));
        assert_eq!(best("gzip;q=2"), Some(Coding::Identity), "cannot be read");
        for nothing in ["identity;q=0", "*;q=0", "br, identity;q=0"] {
            assert_eq!(best(nothing), None, "{nothing}");
        }
        let request = TestRequest::default().insert_header(("accept-encoding", "zstd, gzip"));
        assert_eq!(coding(&request.to_http_request(), &[Coding::Gzip]), Some(Coding::Gzip));
    }

    #[test]
    fn the_header_wins_over_the_query_and_an_endless_id_is_just_an_unknown_one() {
        let id = |header: &str| {
            let request =
                TestRequest::default().insert_header(("last-event-id", header)).to_http_request();
            last_event_id(&request, Some("q".to_owned()))
        };
        assert_eq!(id("e-1").as_deref(), Some("e-1"));
        assert_eq!(id(&"x".repeat(9_000)).as_deref(), Some("too-long"));
    }
}
