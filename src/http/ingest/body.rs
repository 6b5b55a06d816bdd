//! The body of a push: its form, its coding and its length.

use std::io::Read;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::mime::Mime;
use actix_web::web::{self, Payload};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::collector::Collector;
use super::refusal::stopped;
use super::{csv, json};
use crate::http::error::Problem;
use crate::http::intake::{Ingest, TakenRoom};
use crate::shares::Client;

/// Largest window of a zstd frame, as a power of two: what a decoder has to keep for it.
const ZSTD_WINDOW: u32 = 23;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// Lines of cells.
    Csv,
    /// An array of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// One of these, by how it begins.
    Any,
}

impl BodyForm {
    /// Reads the rows of `bytes`.
    pub fn read(self, bytes: &[u8], rows: &mut Collector<'_>) -> Result<(), Problem> {
        let text = str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            let detail = format!("line {line} is not text in UTF-8");
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })?;
        let text = text.trim_start_matches('\u{feff}');
        match self {
            Self::Csv => csv::read(text, rows),
            Self::Json => json::read(text, rows),
            Self::Ndjson => json::read_lines(text, rows),
            Self::Any => match text.trim_start().chars().next() {
                Some('[') => json::read(text, rows),
                Some('{') => json::read_lines(text, rows),
                _ => csv::read(text, rows),
            },
        }
    }
}

/// The form that a request names.
///
/// # Errors
/// 415, with the forms that there are.
pub fn form(request: &HttpRequest) -> Result<BodyForm, Problem> {
    let Some(named) = request.headers().get(CONTENT_TYPE) else { return Ok(BodyForm::Any) };
    let mime = named.to_str().ok().and_then(|named| named.parse::<Mime>().ok());
    match mime.as_ref().map(Mime::essence_str) {
        Some("text/csv" | "application/csv") => Ok(BodyForm::Csv),
        Some("application/json" | "text/json") => Ok(BodyForm::Json),
        Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => {
            Ok(BodyForm::Ndjson)
        }
        // What curl and simple senders say of anything.
        Some("application/x-www-form-urlencoded" | "text/plain" | "application/octet-stream") => {
            Ok(BodyForm::Any)
        }
        _ => {
            let detail =
                "rows are text/csv, application/x-ndjson or application/json, as Content-Type says";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
    }
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

fn packing(request: &HttpRequest) -> Result<Packing, Problem> {
    let mut named = request.headers().get_all(CONTENT_ENCODING);
    let (first, second) = (named.next(), named.next());
    let name = first.map_or("identity", |name| name.to_str().unwrap_or("?"));
    match name.trim().to_ascii_lowercase().as_str() {
        _ if second.is_some() => {}
        "identity" | "" => return Ok(Packing::None),
        "gzip" | "x-gzip" => return Ok(Packing::Gzip),
        "zstd" => return Ok(Packing::Zstd),
        _ => {}
    }
    let detail = "a body is packed by gzip or zstd, or not at all, as Content-Encoding says";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// The body of a request, unpacked, and the room that it takes for as long as it is worked on.
///
/// # Errors
/// 413, 415, 408 or 400, with the bound and what would be right, and 503 when there is no room.
pub async fn read(
    request: &HttpRequest,
    payload: Payload,
    ingest: &Ingest,
    sender: Option<Client>,
) -> Result<(Vec<u8>, TakenRoom), Problem> {
    let config = &ingest.config;
    let packing = packing(request)?;
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > config.body) {
        return Err(too_long(config.body, "ingest.body"));
    }
    let collected = timeout(config.timeout, collect(payload, ingest, sender)).await;
    let (bytes, mut room) = collected.map_err(|_| {
        let detail = format!("the body has not come within {:?} (ingest.timeout)", config.timeout);
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
    })??;
    if packing == Packing::None {
        return Ok((bytes, room));
    }
    room.add(ingest.room.take(sender, config.unpacked.saturating_sub(bytes.len())).await?);
    let limit = config.unpacked;
    let unpacked = web::block(move || unpack(packing, &bytes, limit)).await;
    Ok((unpacked.map_err(|_| stopped())??, room))
}

/// The bytes of a body, and room for them, which is taken as they come.
async fn collect(
    mut payload: Payload,
    ingest: &Ingest,
    sender: Option<Client>,
) -> Result<(Vec<u8>, TakenRoom), Problem> {
    let most = ingest.config.body;
    let mut bytes = Vec::new();
    let mut room = ingest.room.take(sender, 0).await?;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
        })?;
        let length = bytes.len() + chunk.len();
        if length > most {
            return Err(too_long(most, "ingest.body"));
        }
        if length > room.bytes() {
            room.add(ingest.room.take(sender, length - room.bytes()).await?);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, room))
}

fn too_long(most: usize, key: &str) -> Problem {
    let detail = format!("a push has at most {most} bytes ({key}): send the rows in several");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn unpack(packing: Packing, bytes: &[u8], most: usize) -> Result<Vec<u8>, Problem> {
    let zstd = match packing {
        Packing::Zstd => " (zstd with a window of at most 8 MiB, so without --long and --ultra)",
        Packing::Gzip | Packing::None => "",
    };
    let broken = |error: std::io::Error| {
        let detail = format!("the body is not packed as Content-Encoding says{zstd}: {error}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    };
    let limited = |reader: &mut dyn Read| {
        let mut unpacked = Vec::new();
        reader.take(most as u64 + 1).read_to_end(&mut unpacked).map_err(broken)?;
        if unpacked.len() > most {
            return Err(too_long(most, "ingest.unpacked"));
        }
        Ok(unpacked)
    };
    match packing {
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW).map_err(broken)?;
            limited(&mut decoder)
        }
        Packing::Gzip => limited(&mut MultiGzDecoder::new(bytes)),
        Packing::None => Ok(bytes.to_vec()),
    }
}
