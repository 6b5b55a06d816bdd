//! What proxies say of a client's address: `X-Forwarded-For`, and `Forwarded` of RFC 7239.
//!
//! Every proxy adds to the right, so that what stands left of the first hop which is not a proxy of ours
//! anybody can write. Both headers are therefore read from the right, byte by byte, and no further than
//! that hop: nothing that a client puts before it, such as a quote that never ends, changes its reading.

use std::iter;
use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use crate::config::ClientHeader;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses that the proxies of a request saw, the last one first; `None` is one that cannot be read
/// or that its proxy keeps to itself. Empty where the request does not have the header.
pub fn hops(
    headers: &HeaderMap,
    header: ClientHeader,
) -> Box<dyn Iterator<Item = Option<IpAddr>> + '_> {
    let is_rfc = match header {
        ClientHeader::Either => !headers.contains_key(FORWARDED_FOR),
        ClientHeader::XForwardedFor => false,
        ClientHeader::Forwarded => true,
    };
    if is_rfc {
        let elements = from_the_right(headers, FORWARDED, b',');
        Box::new(elements.map(|element| node(named(element)?)))
    } else {
        Box::new(from_the_right(headers, FORWARDED_FOR, b',').map(node))
    }
}

/// The node that an element of RFC 7239 is for.
fn named(element: &[u8]) -> Option<&[u8]> {
    from_right(element, b';').find_map(|pair| {
        let (name, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        name.trim_ascii().eq_ignore_ascii_case(b"for").then_some(&value[1..])
    })
}

/// The parts of a header's lines, the last one of the last line first.
fn from_the_right(
    headers: &HeaderMap,
    name: HeaderName,
    separator: u8,
) -> impl Iterator<Item = &[u8]> {
    let lines: Vec<&[u8]> = headers.get_all(name).map(HeaderValue::as_bytes).collect();
    lines.into_iter().rev().flat_map(move |line| from_right(line, separator))
}

/// The parts of a text between separators outside of quotes, the last one first.
fn from_right(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        let at = text.iter().enumerate().rev().find_map(|(at, byte)| {
            quoted ^= *byte == b'"';
            (*byte == separator && !quoted).then_some(at)
        });
        rest = at.map(|at| &text[..at]);
        Some(at.map_or(text, |at| &text[at + 1..]))
    })
}

/// The address of a hop: alone, with a port, in brackets or in quotes.
fn node(hop: &[u8]) -> Option<IpAddr> {
    let hop = hop.trim_ascii();
    let hop = hop.strip_prefix(b"\"").and_then(|hop| hop.strip_suffix(b"\"")).unwrap_or(hop);
    let hop = str::from_utf8(hop).ok()?.trim_ascii();
    let address = match hop.strip_prefix('[') {
        Some(bracketed) => {
            let (inside, port) = bracketed.split_once(']')?;
            let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            is_whole.then(|| v6(inside)).flatten()?.into()
        }
        None => match hop.split_once(':') {
            // An address of IPv6 without brackets has more than one colon, and cannot have a port.
            Some((host, port)) if !port.contains(':') => {
                IpAddr::V4(host.parse().ok().filter(|_| is_port(port))?)
            }
            Some(_) => v6(hop)?.into(),
            None => IpAddr::V4(hop.parse().ok()?),
        },
    };
    Some(address.to_canonical()).filter(|address| !address.is_unspecified())
}

/// An address of IPv6, without the link that it is reached by.
fn v6(text: &str) -> Option<Ipv6Addr> {
    text.split('%').next()?.parse().ok()
}

/// A number, or a name that a proxy has made up for one (RFC 7239, section 6.3).
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() || text.starts_with('_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{
        ClientHeader, FORWARDED, FORWARDED_FOR, HeaderMap, HeaderValue, from_right, hops, node,
    };

    fn text(address: &str) -> Option<String> {
        node(address.as_bytes()).map(|address| address.to_string())
    }

    #[test]
    fn a_hop_is_an_address_alone_or_with_its_port() {
        for (hop, address) in [
            ("203.0.113.7", "203.0.113.7"),
            (" 203.0.113.7\t", "203.0.113.7"),
            ("203.0.113.7:51234", "203.0.113.7"),
            ("203.0.113.7:_http", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:51234", "2001:db8::7"),
            ("\"[2001:DB8::7]:51234\"", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%2]:80", "fe80::1"),
        ] {
            assert_eq!(text(hop).as_deref(), Some(address), "{hop}");
        }
    }

    #[test]
    fn what_is_no_address_names_nobody() {
        for hop in [
            "",
            "unknown",
            "_hidden",
            "unix:",
            "010.0.0.1",
            "0x7f.1",
            "2130706433",
            "203.0.113.7:",
            "203.0.113.7:99999",
            "203.0.113.7 8.8.8.8",
            "[2001:db8::7",
            "[2001:db8::7]51234",
            "[203.0.113.7]",
            "0.0.0.0",
            "::",
            "\"203.0.113.7",
        ] {
            assert_eq!(text(hop), None, "{hop}");
        }
        assert_eq!(node(b"203.0.113.7\xff"), None);
    }

    fn read(lines: &[&str], header: ClientHeader) -> Vec<Option<String>> {
        let mut headers = HeaderMap::new();
        let is_rfc = header == ClientHeader::Forwarded;
        let name = if is_rfc { FORWARDED } else { FORWARDED_FOR };
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_str(line).expect("a header"));
        }
        hops(&headers, header).map(|hop| hop.map(|address| address.to_string())).collect()
    }

    #[test]
    fn the_hops_of_all_lines_come_with_the_last_one_first() {
        let hop = |address: &str| Some(address.to_owned());
        assert_eq!(
            read(&["1.1.1.1, unknown", "2.2.2.2:80,3.3.3.3"], ClientHeader::XForwardedFor),
            [hop("3.3.3.3"), hop("2.2.2.2"), None, hop("1.1.1.1")]
        );
        assert_eq!(
            read(
                &[
                    "for=1.1.1.1;proto=http;by=9.9.9.9",
                    "proto=https; For=\"[2001:db8::7]:80\", for=\"_x, for=5.5.5.5\", by=4.4.4.4"
                ],
                ClientHeader::Forwarded
            ),
            [None, None, hop("2001:db8::7"), hop("1.1.1.1")]
        );
        assert_eq!(read(&[], ClientHeader::Forwarded), []);
    }

    proptest! {
        /// A proxy's own word is read alike whatever its client has put before it.
        #[test]
        fn nothing_before_the_last_hop_changes_it(
            before in prop::collection::vec(any::<u8>(), 0..40),
            is_quoted in any::<bool>(),
        ) {
            let last: &[u8] = if is_quoted { b"for=\"[2001:db8::7]:80\"" } else { b"203.0.113.7" };
            let line = [&before, &b", "[..], last].concat();
            let read = from_right(&line, b',').next().map(<[u8]>::trim_ascii);
            assert_eq!(read, Some(last));
        }
    }
}
