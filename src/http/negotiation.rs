//! Content negotiation (RFC 9110, 12 and 13.1.2): the one place that reads what a client accepts and
//! what it already has.

use std::cmp::Reverse;

use actix_web::HttpMessage;
use actix_web::http::header::{
    ACCEPT_ENCODING, Accept, AcceptEncoding, ContentEncoding, Encoding, EntityTag, Header as _,
    IfNoneMatch, Preference, Quality, QualityItem,
};
use actix_web::mime::{self, Mime};

use crate::codec::Coding;

/// The best content coding for a client, of `offered` in our order of preference and identity, by its
/// `Accept-Encoding`; none when it refuses them all. Without the header, or with one that cannot be
/// read, it is identity: a client that asks for nothing may understand nothing.
pub fn coding(
    request: &impl HttpMessage,
    offered: impl IntoIterator<Item = ContentEncoding>,
) -> Option<ContentEncoding> {
    let accepted = match AcceptEncoding::parse(request) {
        Ok(accepted) if request.headers().contains_key(ACCEPT_ENCODING) => accepted,
        _ => return Some(ContentEncoding::Identity),
    };
    let quality = |coding| quality_of_coding(&accepted, coding);
    // Identity is acceptable until it is refused, and wanted only if it is named.
    let identity = match quality(ContentEncoding::Identity) {
        Some(Quality::ZERO) => None,
        Some(quality) => Some((quality, ContentEncoding::Identity)),
        None => Some((Quality::MIN, ContentEncoding::Identity)),
    };
    let compressing = offered.into_iter().filter_map(|coding| Some((quality(coding)?, coding)));
    let acceptable = compressing.filter(|(quality, _)| *quality > Quality::ZERO).chain(identity);
    let best = acceptable.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, coding)| coding)
}

/// The same of codings of ours, which are `offered` besides identity.
pub fn among(request: &impl HttpMessage, offered: &[Coding]) -> Option<Coding> {
    let best = coding(request, offered.iter().copied().map(in_headers))?;
    offered.iter().copied().chain([Coding::Identity]).find(|coding| in_headers(*coding) == best)
}

const fn in_headers(coding: Coding) -> ContentEncoding {
    match coding {
        Coding::Identity => ContentEncoding::Identity,
        Coding::Gzip => ContentEncoding::Gzip,
        Coding::Zstd => ContentEncoding::Zstd,
    }
}

/// What the client says of a coding by its name, else by `*`.
fn quality_of_coding(accepted: &AcceptEncoding, coding: ContentEncoding) -> Option<Quality> {
    let said = |names: &dyn Fn(&Preference<Encoding>) -> bool| {
        accepted.iter().find(|accepted| names(&accepted.item)).map(|accepted| accepted.quality)
    };
    said(&|named| match named {
        Preference::Any => false,
        Preference::Specific(Encoding::Known(known)) => *known == coding,
        // An old name of it (RFC 9110, 8.4.1.3).
        Preference::Specific(Encoding::Unknown(name)) => {
            coding == ContentEncoding::Gzip && name.eq_ignore_ascii_case("x-gzip")
        }
    })
    .or_else(|| said(&|named| *named == Preference::Any))
}

/// The best media type for a client, of `offered` in our order of preference, by its `Accept`; none
/// when it refuses them all. A client that names none of them gets the first one that it does not
/// refuse, as the browser that opens a table does.
pub fn media<'a>(request: &impl HttpMessage, offered: &'a [Mime]) -> Option<&'a Mime> {
    let accepted = Accept::parse(request).map(|accept| accept.0).unwrap_or_default();
    let told = offered.iter().map(|mime| (mime, most_specific(&accepted, mime)));
    let told: Vec<_> = told.collect();
    let wanted = told.iter().filter_map(|(mime, range)| {
        let (at, range) = (*range)?;
        let rank = (range.quality, specificity(&range.item), Reverse(at));
        (range.quality > Quality::ZERO).then_some((rank, *mime))
    });
    // Of equals the first one offered.
    let best = wanted.reduce(|best, other| if other.0 > best.0 { other } else { best });
    let unnamed = || told.iter().find(|(_, range)| range.is_none()).map(|(mime, _)| *mime);
    best.map(|(_, mime)| mime).or_else(unnamed)
}

/// The range that speaks of a type, of several the most specific one, and its place in the list.
fn most_specific<'a>(
    accepted: &'a [QualityItem<Mime>],
    mime: &Mime,
) -> Option<(usize, &'a QualityItem<Mime>)> {
    let takes_in = |range: &Mime| match (range.type_(), range.subtype()) {
        (mime::STAR, _) => true,
        (kind, mime::STAR) => kind == mime.type_(),
        _ => range.essence_str() == mime.essence_str(),
    };
    let ranges = accepted.iter().enumerate().filter(|(_, range)| takes_in(&range.item));
    ranges.max_by_key(|(at, range)| (specificity(&range.item), Reverse(*at)))
}

fn specificity(range: &Mime) -> u8 {
    u8::from(range.type_() != mime::STAR) + u8::from(range.subtype() != mime::STAR)
}

/// Whether the client says that it has what `tag` stands for. Tags are compared weakly, as
/// `If-None-Match` is.
pub fn holds(request: &impl HttpMessage, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ContentEncoding, EntityTag};
    use actix_web::mime;
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::{coding, holds, media};

    const OFFERED: [ContentEncoding; 2] = [ContentEncoding::Zstd, ContentEncoding::Gzip];

    fn best(accepted: &str) -> Option<ContentEncoding> {
        let request = TestRequest::default().insert_header(("accept-encoding", accepted));
        coding(&request.to_http_request(), OFFERED)
    }

    #[test]
    fn the_coding_is_the_one_that_the_client_likes_best_and_of_equals_the_one_that_we_do() {
        use ContentEncoding::{Gzip, Identity, Zstd};
        // Browsers, curl --compressed, curl -N.
        assert_eq!(best("gzip, deflate, br, zstd"), Some(Zstd));
        assert_eq!(best("deflate, gzip"), Some(Gzip));
        assert_eq!(coding(&TestRequest::default().to_http_request(), OFFERED), Some(Identity));
        assert_eq!(best("zstd;q=0.5, gzip;q=0.8"), Some(Gzip));
        assert_eq!(best("gzip;q=0.5, zstd;q=1"), Some(Zstd));
        assert_eq!(best("*;q=0.1"), Some(Zstd));
        assert_eq!(best("zstd;q=0, *"), Some(Gzip));
        assert_eq!(best("identity, gzip;q=0.9"), Some(Identity));
        assert_eq!(best("identity;q=0, gzip;q=0.001"), Some(Gzip));
        assert_eq!(best("br"), Some(Identity));
        assert_eq!(best(""), Some(Identity));
        assert_eq!(best("gzip;q=2"), Some(Identity), "cannot be read");
        for nothing in ["identity;q=0", "*;q=0", "br, identity;q=0"] {
            assert_eq!(best(nothing), None, "{nothing}");
        }
        let request = TestRequest::default().insert_header(("accept-encoding", "zstd, gzip"));
        assert_eq!(coding(&request.to_http_request(), [Gzip]), Some(Gzip));
    }

    #[test]
    fn the_old_name_of_gzip_means_gzip() {
        assert_eq!(best("x-gzip"), Some(ContentEncoding::Gzip));
        assert_eq!(best("X-GZIP;q=0.2, identity;q=0.1"), Some(ContentEncoding::Gzip));
        assert_eq!(best("x-gzip;q=0, *"), Some(ContentEncoding::Zstd));
    }

    #[test]
    fn the_media_type_is_the_one_that_the_client_likes_best() {
        let offered = [mime::APPLICATION_JSON, mime::TEXT_CSV];
        let best = |accepted: &str| {
            let request = TestRequest::default().insert_header(("accept", accepted));
            media(&request.to_http_request(), &offered).map(|mime| mime.subtype().as_str())
        };
        assert_eq!(media(&TestRequest::default().to_http_request(), &offered), offered.first());
        for (accepted, subtype) in [
            ("*/*", Some("json")),
            ("text/*", Some("csv")),
            ("application/*;q=0.2, text/*;q=0.1", Some("json")),
            ("text/csv, */*", Some("csv")),
            ("text/csv, application/json", Some("csv")),
            ("application/json, text/csv", Some("json")),
            ("application/json;q=0.5, text/csv", Some("csv")),
            ("text/csv; charset=utf-8; q=0.9, application/json;q=0.8", Some("csv")),
            ("application/json;q=0, */*", Some("csv")),
            ("application/json;q=0", Some("csv")),
            ("text/*;q=0, text/csv", Some("csv")),
            ("image/png", Some("json")),
            ("rubbish", Some("json")),
            ("*/*;q=0", None),
            ("application/json;q=0, text/*;q=0, image/png", None),
        ] {
            assert_eq!(best(accepted), subtype, "{accepted}");
        }
    }

    #[test]
    fn a_client_has_what_any_of_its_tags_stands_for_and_everything_with_a_star() {
        let tag = EntityTag::new_weak("a-1".to_owned());
        for (tags, is_held) in [
            ("*", true),
            (" * ", true),
            ("W/\"a-1\"", true),
            ("\"a-1\"", true),
            ("\"b\", W/\"a-1\"", true),
            ("\"b\",, rubbish ,\"a-1\"", true),
            ("\"a-2\"", false),
            ("a-1", false),
            ("", false),
            ("\"*\"", false),
        ] {
            let request = TestRequest::default().insert_header(("if-none-match", tags));
            assert_eq!(holds(&request.to_http_request(), &tag), is_held, "{tags}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_refused_is_ever_chosen(
            said in proptest::collection::btree_map(
                proptest::sample::select(vec!["zstd", "gzip", "identity", "*", "br"]),
                0u16..=1_000,
                0..5,
            ),
        ) {
            let header: Vec<_> = said
                .iter()
                .map(|(name, quality)| format!("{name};q={}.{:03}", quality / 1_000, quality % 1_000))
                .collect();
            let quality = |name: &str| said.get(name).or_else(|| said.get("*")).copied();
            let best = best(&header.join(", "));
            let name = |coding: ContentEncoding| coding.as_str();
            let wanted = |name: &str| quality(name).filter(|quality| *quality > 0);
            match best {
                Some(ContentEncoding::Identity) => prop_assert_ne!(quality("identity"), Some(0)),
                Some(coding) => {
                    let chosen = wanted(name(coding));
                    prop_assert!(chosen.is_some());
                    prop_assert!(OFFERED.into_iter().all(|other| wanted(name(other)) <= chosen));
                }
                None => {
                    prop_assert_eq!(quality("identity"), Some(0));
                    prop_assert!(OFFERED.into_iter().all(|other| wanted(name(other)).is_none()));
                }
            }
        }
    }
}
