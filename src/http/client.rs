//! What a request says of its client: the view it wants, what it already has, where it comes from.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderName};
use url::form_urlencoded;

use super::error::Problem;
use crate::hub::Terms;
use crate::sse::MAX_EVENT_ID_LEN;
use crate::symbol::Symbol;
use crate::view::{View, ViewError};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Query keys by which a client that cannot set the header says its last event id.
const ID_KEYS: [&str; 2] = ["last_event_id", "lastEventId"];
/// Query key that caches are defeated with; it means nothing.
const CACHE_BUSTER: &str = "_";
/// Most views of one stream.
const MAX_VIEWS: usize = 32;
/// Longest part of a view that cannot be read that a status repeats, and of an unknown option.
const MAX_KEY: usize = 200;
const ECHO_LEN: usize = 40;
/// Rates a client may ask for, in figures a second.
const RATES: RangeInclusive<f64> = 0.016..=100.0;
/// The rest between two figures at the lowest of them.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// What a query says that is not of a view.
#[derive(Debug, Default)]
struct Query<'a> {
    /// Options of a view, as far as can be told.
    options: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    last_event_id: Option<String>,
}

impl<'a> Query<'a> {
    fn of(request: &'a HttpRequest) -> Self {
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            match &*key {
                CACHE_BUSTER => {}
                key if ID_KEYS.contains(&key) => query.last_event_id = Some(value.into_owned()),
                _ => query.options.push((key, value)),
            }
        }
        query
    }

    /// Takes the values of an option that no view has.
    fn take(&mut self, name: &str) -> Vec<Cow<'a, str>> {
        let (taken, others): (Vec<_>, _) = self.options.drain(..).partition(|(key, _)| key == name);
        self.options = others;
        taken.into_iter().map(|(_, value)| value).collect()
    }
}

/// The view of a path's symbol, already percent-decoded once, and a query.
pub fn view(request: &HttpRequest, symbol: &str) -> Result<View, Problem> {
    Ok(View::parse(Symbol::parse(symbol)?, Query::of(request).options)?)
}

/// A stream that is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// What to draw.
    pub views: Vec<View>,
    /// Views of several that cannot be read, as they were given, and why.
    pub unread: Vec<(String, ViewError)>,
    /// How.
    pub terms: Terms,
    /// What the client has: attacker input, only ever compared with an id of ours.
    pub last_event_id: Option<String>,
}

impl Wanted {
    /// The stream of one symbol.
    pub fn one(request: &HttpRequest, symbol: &str) -> Result<Self, Problem> {
        let mut query = Query::of(request);
        let symbol = Symbol::parse(symbol)?;
        let terms = terms(&mut query)?;
        let views = vec![View::parse(symbol, query.options)?];
        let last_event_id = last_event_id(request, query.last_event_id);
        Ok(Self { views, unread: Vec::new(), terms, last_event_id })
    }

    /// The merged stream of every `view` in the query.
    pub fn many(request: &HttpRequest) -> Result<Self, Problem> {
        let mut query = Query::of(request);
        let terms = terms(&mut query)?;
        let keys = query.take("view");
        if let Some((key, _)) = query.options.first() {
            let key: String = key.chars().take(ECHO_LEN).collect();
            let detail = format!(
                "unknown option {key:?}: options of a view go into it, as in \
                 /stream?view=AAPL;range=5d&view=MSFT"
            );
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        if !(1..=MAX_VIEWS).contains(&keys.len()) {
            let detail = format!(
                "a stream has 1 to {MAX_VIEWS} views and not {}, as in \
                 /stream?view=AAPL;range=5d&view=MSFT",
                keys.len()
            );
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        let (mut views, mut unread) = (Vec::new(), Vec::new());
        for key in keys {
            match key.parse::<View>() {
                Ok(view) if views.contains(&view) => {}
                Ok(view) => views.push(view),
                Err(error) => unread.push((key.chars().take(MAX_KEY).collect(), error)),
            }
        }
        match unread.pop() {
            Some((_, error)) if views.is_empty() => return Err(error.into()),
            last => unread.extend(last),
        }
        let last_event_id = last_event_id(request, query.last_event_id);
        Ok(Self { views, unread, terms, last_event_id })
    }
}

fn terms(query: &mut Query<'_>) -> Result<Terms, Problem> {
    let rate = match &query.take("max_rate")[..] {
        [] => return Ok(Terms::default()),
        [rate] => rate.parse().ok().filter(|rate| RATES.contains(rate)),
        _ => None,
    };
    let Some(rate) = rate else {
        let detail = format!(
            "max_rate is figures a second, one number from {} (one a minute) to {}",
            RATES.start(),
            RATES.end()
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    let rest = Duration::from_secs_f64(1.0 / rate).min(LONGEST_REST);
    Ok(Terms { rest: Some(rest) })
}

/// The header wins over the query. An id that is too long or not text is an unknown one: a client
/// that says it had a figure.
fn last_event_id(request: &HttpRequest, in_query: Option<String>) -> Option<String> {
    let header = request.headers().get(LAST_EVENT_ID);
    let header = header.map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    let id = header.or(in_query).filter(|id| !id.is_empty())?;
    Some(if id.len() > MAX_EVENT_ID_LEN { "too-long".to_owned() } else { id })
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

    use super::{Wanted, address};

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
            Wanted::one(&request, "AAPL").expect("valid").last_event_id
        };
        assert_eq!(id("e-1").as_deref(), Some("e-1"));
        assert_eq!(id(&"x".repeat(9_000)).as_deref(), Some("too-long"));
    }

    fn many(query: &str) -> Result<Wanted, String> {
        let request = TestRequest::with_uri(&format!("/stream?{query}")).to_http_request();
        Wanted::many(&request).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_view_that_cannot_be_read_is_set_aside_and_a_repeated_one_is_one() {
        let wanted = many("view=AAPL&view=aapl;range=1d&view=MSFT;range=7d&view=%3B").expect("two");
        assert_eq!((wanted.views.len(), wanted.unread.len()), (1, 2));
        assert_eq!(wanted.unread[0].0, "MSFT;range=7d");
        assert!(many("view=MSFT;range=7d").expect_err("none").starts_with("range cannot be"));
    }

    #[test]
    fn a_stream_has_views_but_not_too_many_and_no_options_of_its_own() {
        let views =
            |count: usize| (0..count).map(|n| format!("view=S{n}")).collect::<Vec<_>>().join("&");
        assert!(many(&views(32)).is_ok());
        assert!(many(&views(33)).expect_err("too many").contains("1 to 32 views and not 33"));
        assert!(many("").expect_err("none").contains("1 to 32 views"));
        assert!(many("view=AAPL&range=5d").expect_err("where").contains("go into it"));
    }

    #[test]
    fn a_rate_is_a_number_between_one_a_minute_and_a_hundred_a_second() {
        let rest = |rate: &str| {
            let wanted = many(&format!("view=AAPL&max_rate={rate}"))?;
            Ok::<_, String>(wanted.terms.rest.map(|rest| rest.as_secs_f64()))
        };
        assert_eq!(rest("0.5"), Ok(Some(2.0)));
        assert_eq!(rest("0.016"), Ok(Some(60.0)));
        for bad in ["0", "-1", "NaN", "1e9", "", "1&max_rate=2"] {
            assert!(rest(bad).expect_err(bad).starts_with("max_rate is figures a second"), "{bad}");
        }
    }
}
