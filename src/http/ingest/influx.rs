//! `/write` and `/api/v2/write`: the line protocol of Influx, for Telegraf, Vector and the clients of Influx and
//! QuestDB. It answers as Influx does: 204, or 400 with what was left out while the rest is kept.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::body;
use super::cells::{Precision, RowCell};
use super::collector::{Collector, Context, RowCells, Rows, SYMBOL, TIME, column_of, is_final};
use super::entry::{Admitted, admitted};
use super::refusal::stopped;
use super::tally;
use crate::history::RowFault;
use crate::http::AppState;
use crate::http::error::Problem;
use crate::http::intake::{Credential, Ingest};
use crate::http::query::Query;
use crate::interval::Interval;
use crate::symbol::Symbol;
use crate::view::pick;

/// What a write may say that means nothing here.
const IGNORED: [&str; 8] = ["org", "orgID", "bucket", "db", "rp", "consistency", "u", "p"];
/// Faults that a message names.
const NAMED: usize = 3;

/// Keeps lines.
pub async fn write(request: HttpRequest, payload: Payload, state: Data<AppState>) -> HttpResponse {
    match taken(&request, payload, &state).await {
        Ok(faults) if faults.is_empty() => HttpResponse::NoContent().finish(),
        Ok(faults) => {
            let told: Vec<String> = faults.iter().take(NAMED).map(ToString::to_string).collect();
            let message = format!("partial write: {}", told.join("; "));
            HttpResponse::BadRequest().json(json!({
                "code": "invalid", "message": message, "error": message,
            }))
        }
        Err(problem) => problem.as_influx(),
    }
}

/// Keeps what is good, and says what is not.
async fn taken(
    request: &HttpRequest,
    payload: Payload,
    state: &AppState,
) -> Result<Vec<RowFault>, Problem> {
    let admitted = admitted(request, state, &credential(request)).await?;
    let Admitted { ingest, rights, sender } = admitted;
    let mut query = Query::of(request)?;
    for ignored in IGNORED {
        query.take_all(ignored);
    }
    let precision = query.take("precision")?;
    let precision = precision.as_deref().map_or(Ok(Precision::Nanoseconds), Precision::from_str);
    let precision =
        precision.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_owned()))?;
    let interval = query.take("interval")?;
    let interval = interval.map(|name| pick("interval", &name)).transpose()?;
    query.nothing_else("there is bucket, db, precision and interval")?;
    let (bytes, _room) = body::read(request, payload, ingest, sender).await?;
    let (reader, pushed) = (Arc::clone(ingest), Arc::clone(&ingest.pushed));
    let read = move || rows(&bytes, precision, interval.unwrap_or_default(), &reader);
    let rows = web::block(read).await.map_err(|_| stopped())??;
    rows.symbols.iter().try_for_each(|part| rights.check(&part.symbol))?;
    let outcome = pushed.push(rows.symbols, true).await?;
    tally::rows(&state.metrics, &outcome, rows.count + outcome.faults.len());
    Ok(rows.faults.into_iter().chain(outcome.faults).collect())
}

/// The token of a header, which version 1 of Influx calls a password.
fn credential(request: &HttpRequest) -> Credential {
    let basic = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let basic = basic.and_then(|value| value.strip_prefix(b"Basic "));
    match basic.and_then(password) {
        Some(password) => Credential::Token(password),
        None => Credential::of_header(request),
    }
}

/// What stands behind the colon of a name and a password in base 64.
fn password(encoded: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for sign in encoded.trim_ascii().iter().filter(|sign| **sign != b'=') {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    Some(bytes[colon + 1..].to_vec())
}

fn rows(
    bytes: &[u8],
    precision: Precision,
    interval: Interval,
    ingest: &Ingest,
) -> Result<Rows, Problem> {
    let text = str::from_utf8(bytes)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the lines are not text in UTF-8"))?;
    let now = ingest.pushed.now();
    let zones = |symbol: &Symbol| ingest.pushed.zone(symbol);
    let most = ingest.config.rows;
    let context = Context { symbol: None, interval, precision, now, most, zones: &zones };
    let mut rows = Collector::new(context);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(ProtocolLine { mut cells, over }) = ProtocolLine::parse(line) {
            // A line without a time is of now.
            cells.0[TIME].get_or_insert_with(|| RowCell::Text(now.to_string().into()));
            rows.row(number, &cells, over.as_ref())?;
        } else {
            let detail = "it is not measurement,tag=value field=1.5 1795703400000000000";
            rows.refuse(number, "line", detail.to_owned());
        }
    }
    Ok(rows.finish())
}

/// A line as a row: its symbol is the tag `symbol`, or else the measurement.
struct ProtocolLine<'a> {
    cells: RowCells<'a>,
    over: Option<RowCell<'a>>,
}

impl<'a> ProtocolLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (head, rest) = cut(line, b' ', false)?;
        let rest = rest.trim_start();
        let (fields, time) = match cut(rest, b' ', true) {
            Some((fields, time)) => (fields, Some(time.trim()).filter(|time| !time.is_empty())),
            None => (rest, None),
        };
        let mut row = Self { cells: RowCells::default(), over: None };
        let (measurement, tags) = match cut(head, b',', false) {
            Some((measurement, tags)) => (measurement, Some(tags)),
            None => (head, None),
        };
        row.cells.0[SYMBOL] = Some(RowCell::Text(unescaped(measurement)));
        for (name, value) in pairs(tags.unwrap_or_default(), false) {
            if column_of(&unescaped(name)) == Some(SYMBOL) {
                row.cells.0[SYMBOL] = Some(RowCell::Text(unescaped(value?)));
            }
        }
        let mut any = false;
        for (name, value) in pairs(fields, true) {
            let (name, value) = (unescaped(name), field(value?)?);
            any = true;
            match column_of(&name) {
                Some(TIME | SYMBOL) => {}
                Some(column) => row.cells.0[column] = Some(value),
                None if is_final(&name) => row.over = Some(value),
                // Other fields are for other readers.
                None => {}
            }
        }
        row.cells.0[TIME] = time.map(|time| time.parse().map(RowCell::Integer)).transpose().ok()?;
        any.then_some(row)
    }
}

/// Parts a text at the first `sign` that is not escaped, nor in quotes where those count.
fn cut(text: &str, sign: u8, has_quotes: bool) -> Option<(&str, &str)> {
    let (mut is_escaped, mut is_quoted) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' if has_quotes => is_quoted = !is_quoted,
            byte if byte == sign && !is_quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// The names and values between commas; no value of what has none.
fn pairs(text: &str, has_quotes: bool) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let (pair, after) = match cut(text, b',', has_quotes) {
            Some((pair, after)) => (pair, Some(after)),
            None => (text, None),
        };
        rest = after;
        Some(match cut(pair, b'=', false) {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        })
    })
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match signs.peek() {
            Some(next) if sign == '\\' && matches!(next, ',' | ' ' | '=' | '"' | '\\') => {
                out.extend(signs.next());
            }
            _ => out.push(sign),
        }
    }
    Cow::Owned(out)
}

/// The value of a field.
fn field(value: &str) -> Option<RowCell<'_>> {
    if let Some(text) = value.strip_prefix('"') {
        return Some(RowCell::Text(unescaped(text.strip_suffix('"')?)));
    }
    if let Some(digits) = value.strip_suffix(['i', 'u']) {
        return digits.parse().ok().map(RowCell::Integer);
    }
    match value {
        "t" | "T" | "true" | "True" | "TRUE" => Some(RowCell::Flag(true)),
        "f" | "F" | "false" | "False" | "FALSE" => Some(RowCell::Flag(false)),
        _ => value.parse().ok().map(RowCell::Number),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ProtocolLine, RowCell, password};
    use crate::http::ingest::collector::{CLOSE, PRICE, SYMBOL, TIME};

    #[test]
    fn lines_as_senders_of_influx_write_them_are_rows() {
        for (text, symbol, price, time) in [
            ("MINE price=1.5 1795703400000000000", "MINE", RowCell::Number(1.5), true),
            ("trade,symbol=MINE price=2i", "MINE", RowCell::Integer(2), false),
            (
                "my\\ own,host=a\\,b,symbol=X-Y value=1e3,note=\"a b, c=\\\"d\\\"\" 7",
                "X-Y",
                RowCell::Number(1e3),
                true,
            ),
            ("MINE,ticker=A price=3u,size=2   9", "A", RowCell::Integer(3), true),
        ] {
            let line = ProtocolLine::parse(text).expect(text);
            assert_eq!(line.cells.0[SYMBOL], Some(RowCell::Text(symbol.into())), "{text}");
            assert_eq!(line.cells.0[PRICE], Some(price), "{text}");
            assert_eq!(line.cells.0[TIME].is_some(), time, "{text}");
        }
        let bar = ProtocolLine::parse("M open=1,high=2,low=0,close=1.5,volume=7i,final=true 1")
            .expect("a bar");
        assert_eq!(bar.cells.0[CLOSE], Some(RowCell::Number(1.5)));
        assert_eq!(bar.over, Some(RowCell::Flag(true)));
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in [
            "M",
            "M ",
            "M price",
            "M price= 1",
            "M price=\"x 1",
            "M price=1 soon",
            "M price=x",
            "M,a price=1",
        ] {
            let is_row = ProtocolLine::parse(text).is_some();
            assert!(!is_row || text == "M,a price=1", "{text}");
        }
    }

    #[test]
    fn a_password_is_a_token() {
        assert_eq!(password(b"dXNlcjpzZWNyZXQ="), Some(b"secret".to_vec()));
        assert_eq!(password(b"dXNlcjpzOmVjcmV0"), Some(b"s:ecret".to_vec()));
        for text in ["", "dXNlcg==", "%%%"] {
            assert_eq!(password(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(text in "\\PC{0,60}", noise in "[a-z=, \"\\\\0-9.]{0,60}") {
            let _ = ProtocolLine::parse(&text);
            let _ = ProtocolLine::parse(&noise);
        }
    }
}
