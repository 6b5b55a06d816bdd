//! A stream request, read from the query and the headers of a request.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use crate::auth::Forbidden;
use crate::codec::Coding;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::{client, negotiation};
use crate::hub::StreamOptions;
use crate::view::{Catalog, View, ViewError};

/// Most views of one stream.
const MAX_VIEWS: usize = 32;
/// Rates that a client may ask for, in figures per second.
const RATES: RangeInclusive<f64> = 0.016..=100.0;
/// The rest between two figures at the lowest rate.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// What a client asked for.
#[derive(Debug)]
pub struct StreamRequest {
    /// The views.
    pub views: Vec<View>,
    /// Of several views the canonical keys of those that the client named otherwise, by the client's names.
    pub names: BTreeMap<String, String>,
    /// Of several views those that cannot be read, as the client wrote them, and why.
    pub unread: Vec<(String, ViewError)>,
    /// Of several views those that the client's token does not allow, and why.
    pub forbidden: Vec<(View, Forbidden)>,
    /// How the client wants to be served.
    pub options: StreamOptions,
    /// The frame that the client has: attacker input, only ever compared with an id of ours.
    pub last_event_id: Option<String>,
}

impl StreamRequest {
    /// The stream of one symbol.
    pub fn one(
        request: &HttpRequest,
        symbol: &str,
        codings: &[Coding],
        catalog: &impl Catalog,
    ) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let options = options(&mut query, coding(request, codings)?)?;
        let last_event_id = client::last_event_id(request, query.last_event_id.take());
        let views = vec![query.view(symbol, catalog)?];
        let (names, unread, forbidden) = <_>::default();
        Ok(Self { views, names, unread, forbidden, options, last_event_id })
    }

    /// The merged stream of every `view` in the query.
    pub fn many(
        request: &HttpRequest,
        codings: &[Coding],
        catalog: &impl Catalog,
    ) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let options = options(&mut query, coding(request, codings)?)?;
        let keys = query.take_all("view");
        let last_event_id = client::last_event_id(request, query.last_event_id.take());
        query.nothing_else("options of a view go into it, as in /stream?view=AAPL;range=5d")?;
        if !(1..=MAX_VIEWS).contains(&keys.len()) {
            let detail = format!(
                "a stream has 1 to {MAX_VIEWS} views and not {}, as in \
                 /stream?view=AAPL;range=5d&view=MSFT",
                keys.len()
            );
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        let (mut views, mut names, mut unread) = (Vec::new(), BTreeMap::new(), Vec::new());
        for key in keys {
            match View::read_in(&key, catalog) {
                Ok(view) => {
                    let canonical = view.to_string();
                    if key != canonical {
                        names.insert(key.into_owned(), canonical);
                    }
                    if !views.contains(&view) {
                        views.push(view);
                    }
                }
                // Whole, so that the client finds the key that it asked for.
                Err(error) => unread.push((key.into_owned(), error)),
            }
        }
        match unread.pop() {
            Some((_, error)) if views.is_empty() => return Err(error.into()),
            last => unread.extend(last),
        }
        let forbidden = Vec::new();
        Ok(Self { views, names, unread, forbidden, options, last_event_id })
    }

    /// The same without the views that `allows` refuses.
    ///
    /// # Errors
    /// The last refusal when there is no other view.
    pub fn allowed(
        mut self,
        allows: impl Fn(&View) -> Result<(), Forbidden>,
    ) -> Result<Self, Forbidden> {
        for view in std::mem::take(&mut self.views) {
            match allows(&view) {
                Ok(()) => self.views.push(view),
                Err(why) => self.forbidden.push((view, why)),
            }
        }
        match self.forbidden.pop() {
            Some((_, why)) if self.views.is_empty() => Err(why),
            last => {
                self.forbidden.extend(last);
                Ok(self)
            }
        }
    }
}

/// The coding of the stream: the client's favourite among `codings` and identity.
fn coding(request: &HttpRequest, codings: &[Coding]) -> Result<Coding, Problem> {
    negotiation::among(request, codings).ok_or_else(|| {
        let names: Vec<_> = codings.iter().map(|coding| coding.token()).collect();
        let or = if names.is_empty() { "" } else { " or " };
        let detail = format!(
            "Accept-Encoding leaves nothing to answer with: a stream is coded as {}{or}identity",
            names.join(", ")
        );
        Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
    })
}

fn options(query: &mut Query<'_>, coding: Coding) -> Result<StreamOptions, Problem> {
    let rest = query.take("max_rate")?.map(|rate| rest(&rate)).transpose()?;
    Ok(StreamOptions { coding, rest })
}

fn rest(rate: &str) -> Result<Duration, Problem> {
    let Some(rate) = rate.parse().ok().filter(|rate| RATES.contains(rate)) else {
        let detail = format!(
            "max_rate is figures a second, one number from {} (one a minute) to {}",
            RATES.start(),
            RATES.end()
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    Ok(Duration::from_secs_f64(1.0 / rate).min(LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::StreamRequest;
    use crate::view::Everything;

    fn many(query: &str) -> Result<StreamRequest, String> {
        let request = TestRequest::with_uri(&format!("/stream?{query}")).to_http_request();
        StreamRequest::many(&request, &[], &Everything).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_view_that_cannot_be_read_is_set_aside_and_a_repeated_one_is_one() {
        let wanted = many("view=AAPL&view=aapl;range=1d&view=MSFT;range=7d&view=%3B").expect("two");
        assert_eq!((wanted.views.len(), wanted.unread.len()), (1, 2));
        assert_eq!(wanted.unread[0].0, "MSFT;range=7d");
        assert!(wanted.names.keys().eq(["AAPL", "aapl;range=1d"]));
        assert!(wanted.names.values().all(|key| *key == wanted.views[0].to_string()));
        let spelled = many(&format!("view={}", wanted.views[0])).expect("one");
        assert!(spelled.names.is_empty(), "it is called by its key");
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
            Ok::<_, String>(wanted.options.rest.map(|rest| rest.as_secs_f64()))
        };
        assert_eq!(rest("0.5"), Ok(Some(2.0)));
        assert_eq!(rest("0.016"), Ok(Some(60.0)));
        assert!(rest("1&max_rate=2").is_err());
        for bad in ["0", "-1", "NaN", "1e9", ""] {
            assert!(rest(bad).expect_err(bad).starts_with("max_rate is figures a second"), "{bad}");
        }
    }
}
