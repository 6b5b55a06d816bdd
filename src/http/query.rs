//! The query of a request, sorted into what belongs to a view and what to its resource.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use url::form_urlencoded;

use super::error::Problem;
use crate::symbol::Symbol;
use crate::view::{Catalog, Output, View, ViewError};

/// Query keys by which a client that cannot set the header says its last event id.
const ID_KEYS: [&str; 2] = ["last_event_id", "lastEventId"];
/// Query key that caches are defeated with; it means nothing.
const CACHE_BUSTER: &str = "_";
/// Query key of a ticket, which the guards have looked at.
pub const TICKET: &str = "ticket";
/// Longest query in bytes: 32 views with every option and eight studies each, percent-encoded, are half
/// of it.
pub const MAX_QUERY: usize = 32 * 1_024;
/// Longest part of a bad key that an error message repeats.
const ECHO_LEN: usize = 40;

/// A query.
#[derive(Debug, Default)]
pub struct Query<'a> {
    /// What nobody has taken yet.
    rest: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The last event id that it names.
    pub last_event_id: Option<String>,
}

impl<'a> Query<'a> {
    /// The query of a request.
    ///
    /// # Errors
    /// 414 beyond [`MAX_QUERY`] bytes: parts of it are repeated in answers whole.
    pub fn of(request: &'a HttpRequest) -> Result<Self, Problem> {
        let text = request.query_string();
        if text.len() > MAX_QUERY {
            let detail = format!("a query has at most {MAX_QUERY} bytes, and not {}", text.len());
            return Err(Problem::new(StatusCode::URI_TOO_LONG, detail));
        }
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*key {
                CACHE_BUSTER | TICKET => {}
                key if ID_KEYS.contains(&key) => query.last_event_id = Some(value.into_owned()),
                _ => query.rest.push((key, value)),
            }
        }
        Ok(query)
    }

    /// The same without the keys that have no value.
    pub fn without_empty(mut self) -> Self {
        self.rest.retain(|(_, value)| !value.is_empty());
        self
    }

    /// Takes every value of a key.
    pub fn take_all(&mut self, key: &str) -> Vec<Cow<'a, str>> {
        let (taken, rest): (Vec<_>, _) = self.rest.drain(..).partition(|(name, _)| name == key);
        self.rest = rest;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Takes the value of a key that may be given once.
    pub fn take(&mut self, key: &'static str) -> Result<Option<Cow<'a, str>>, ViewError> {
        let mut values = self.take_all(key);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(ViewError::Repeated { key }),
        }
    }

    /// Reads what is left as options of a view of `symbol`, already percent-decoded once; what it does
    /// not say is in the `catalog`.
    pub fn view(self, symbol: &str, catalog: &impl Catalog) -> Result<View, Problem> {
        Ok(View::parse_in(Symbol::parse(symbol)?, self.rest, catalog)?)
    }

    /// The same for an answer that ends: changes of rows need a stream.
    pub fn view_once(self, symbol: &str, catalog: &impl Catalog) -> Result<View, Problem> {
        let view = self.view(symbol, catalog)?;
        if view.output == Output::Figure {
            return Ok(view);
        }
        let symbol = &view.symbol;
        let detail = format!(
            "as=bars is for streams, /stream/{symbol}?as=bars: the rows of one moment are in /bars/{symbol}"
        );
        Err(Problem::new(StatusCode::BAD_REQUEST, detail))
    }

    /// Refuses what is left, saying what there is instead.
    pub fn nothing_else(self, instead: &str) -> Result<(), Problem> {
        let Some((key, _)) = self.rest.first() else { return Ok(()) };
        let key: String = key.chars().take(ECHO_LEN).collect();
        let detail = format!("unknown option {key:?}: {instead}");
        Err(Problem::new(StatusCode::BAD_REQUEST, detail))
    }
}
