//! `GET /views`: what a view can be asked for, from the tables that requests are read by.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value;

use super::access::Access;
use super::error::Problem;
use super::query::Query;
use super::{AppState, negotiation};
use crate::brand::Brand;
use crate::figure::{self, ColorTable, Format};
use crate::interval::Interval;
use crate::study::{KINDS, Pane, Parameter, Study, StudyKind, Unit};
use crate::symbol::Symbol;
use crate::view::{
    self, Catalog as _, MAX_BARS, Offer, Range, Session, View, ViewError, ViewOption,
};

/// How long the answer may be believed: it changes with the server's version and its source.
const CACHING: &str = "public, max-age=60";

/// The query key that asks for what there is of a symbol.
const SYMBOL: &str = "symbol";

/// The query key of a view's own colours, in which the tables of colours are told.
const COLORS: &str = "colors";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Views {
    /// Whose bars `served` speaks of; null where none was named.
    symbol: Option<Symbol>,
    /// The source of the symbol; where none was named, of those without a prefix.
    source: &'static str,
    /// Every source, first that of symbols without a prefix. Its name in upper case is its prefix.
    sources: Vec<&'static str>,
    /// The canonical key of a view without options, less its symbol.
    default_key: String,
    /// The interval and the range of a view that says neither.
    usual: Pair,
    options: Vec<ViewOption>,
    studies: Vec<StudyOffer>,
    intervals: Vec<IntervalRanges>,
    ranges: Vec<RangeInterval>,
    /// Most bars of a view.
    max_bars: usize,
    /// What `/bars` can be written as.
    formats: Vec<Offer>,
    /// The colours of each theme, for programs that draw figures in them.
    colors: BTreeMap<&'static str, ColorTable>,
}

#[derive(Serialize)]
struct Pair {
    interval: Interval,
    range: Range,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StudyOffer {
    name: &'static str,
    form: &'static str,
    about: &'static str,
    parameters: Vec<StudyParameter>,
    pane: Pane,
    needs_volume: bool,
    lines: &'static [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StudyParameter {
    name: &'static str,
    about: &'static str,
    min: Value,
    max: Value,
    step: Value,
    default: Value,
    /// The parameter that it has to be below.
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntervalRanges {
    interval: Interval,
    /// The range that it brings along when it is given alone: where a symbol was named, one of those
    /// `served`, if any is.
    usual_range: Range,
    /// The ranges that a chart of it can have at any source.
    ranges: Vec<Range>,
    /// Those that this source has of the symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<Vec<Range>>,
    /// The parts of a trading day that this source tells apart in its bars.
    sessions: &'static [Session],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RangeInterval {
    range: Range,
    /// The interval that it brings along when it is given alone, likewise.
    usual_interval: Interval,
}

/// Answers with all of it, or 304 to a client that has it.
pub async fn get(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let mut query = Query::of(&request)?;
    let symbol = query.take(SYMBOL)?;
    let own = query.take(COLORS)?;
    query.nothing_else("there are symbol and colors")?;
    let own = own.map(|own| own.parse::<Brand>()).transpose().map_err(ViewError::from)?;
    let symbol = symbol.map(|symbol| Symbol::parse(&symbol)).transpose()?;
    let symbol = symbol.map(|symbol| known(symbol, &request, &state)).transpose()?;
    let coverage = symbol.as_ref().map(|symbol| state.hub.coverage(symbol));
    // Which parts of a day there are depends on the source and not on its symbols.
    let of_any = state.hub.coverage(symbol.as_ref().unwrap_or(&example()));
    let usual = |interval, range| {
        let served = |interval, range| coverage.is_none_or(|has| has.serves(interval, range));
        let (interval, range) = view::complete(interval, range, served);
        Pair { interval, range }
    };
    let views = Views {
        source: state.hub.source_of(symbol.as_ref().unwrap_or(&example())),
        sources: state.hub.sources(),
        default_key: default_key(&usual(None, None)),
        usual: usual(None, None),
        options: view::options().into(),
        studies: KINDS.iter().filter_map(study).collect(),
        intervals: Interval::ALL
            .map(|interval| IntervalRanges {
                interval,
                usual_range: usual(Some(interval), None).range,
                ranges: Range::of(interval),
                served: coverage.map(|has| has.ranges(interval)),
                sessions: of_any.sessions(interval),
            })
            .into(),
        ranges: Range::ALL
            .map(|range| RangeInterval { range, usual_interval: usual(None, Some(range)).interval })
            .into(),
        symbol,
        max_bars: MAX_BARS,
        formats: Offer::all::<Format>(),
        colors: figure::color_tables(state.hub.appearance(), &own.unwrap_or_default()),
    };
    Ok(answer(&request, &state, &views).await)
}

/// The answer, or 304 to a client that has it.
async fn answer(request: &HttpRequest, state: &AppState, views: &Views) -> HttpResponse {
    let text = serde_json::to_string(views).expect("views have string keys only");
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = EntityTag::new_weak(format!("{:016x}", hasher.finish()));
    let held = negotiation::holds(request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, CACHING))
        .insert_header((VARY, "Accept-Encoding"));
    if held {
        return response.finish();
    }
    let views = state.coder.code(request, None, text.into()).await;
    views.tell(&mut response);
    response.content_type("application/json").body(views.bytes)
}

/// A symbol in its one spelling, if it may be seen.
fn known(symbol: Symbol, request: &HttpRequest, state: &AppState) -> Result<Symbol, Problem> {
    let symbol = state.hub.canonical(symbol)?;
    Access::of(request).check_symbol(&symbol, &state.hub)?;
    Ok(symbol)
}

/// What follows the symbol in the key of its default view.
fn default_key(&Pair { interval, range }: &Pair) -> String {
    let key = View { interval, range, ..View::of(example()) }.to_string();
    key.split_once(';').map_or_else(String::new, |(_, options)| options.to_owned())
}

fn example() -> Symbol {
    Symbol::parse("AAPL").expect("a symbol")
}

/// A kind of study. What does not depend on parameters is asked of the study with the usual ones.
fn study(kind: &StudyKind) -> Option<StudyOffer> {
    let usual = Study::parse(kind.name()).ok()?;
    let parameter = |(name, parameter): (_, &Parameter)| StudyParameter {
        name,
        about: parameter.about,
        min: number(parameter, parameter.min),
        max: number(parameter, parameter.max),
        step: match parameter.unit {
            Unit::Bars => 1.into(),
            Unit::Hundredths => 0.01.into(),
        },
        default: number(parameter, parameter.usual),
        below: parameter.below,
    };
    Some(StudyOffer {
        name: kind.name(),
        form: kind.form,
        about: kind.about,
        parameters: kind.lettered().map(parameter).collect(),
        pane: usual.pane(),
        needs_volume: usual.needs_volume(),
        lines: usual.lines(),
    })
}

/// Counts as whole numbers.
fn number(parameter: &Parameter, of: u16) -> Value {
    match parameter.unit {
        Unit::Bars => of.into(),
        Unit::Hundredths => parameter.number(of).into(),
    }
}
