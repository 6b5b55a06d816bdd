//! A tape: the bytes of a stream as they came, with the time of each piece, and the events in them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, StatusCode, Version};
use tokio::time::{Instant, timeout, timeout_at};

/// Longest wait for an answer that is no stream.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that are kept of a stream.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What came of one request.
#[derive(Debug)]
pub struct StreamTape {
    pub status: StatusCode,
    pub version: Version,
    pub headers: HeaderMap,
    /// The pieces of the body, with the time since the request.
    pub pieces: Vec<(Duration, Bytes)>,
    pub end: TapeEnd,
}

/// How a tape ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeEnd {
    /// The stream goes on.
    Open,
    /// The body has ended, well-formed.
    Ended(Duration),
    /// The connection broke.
    Broken(Duration, String),
}

/// An event, or a comment, which has neither name nor data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapedEvent {
    /// When its last byte came.
    pub at: Duration,
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: Option<String>,
}

impl StreamTape {
    /// Sends a request and reads its answer for `time`, or until `is_enough` of its events.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub async fn record(
        request: RequestBuilder,
        time: Duration,
        is_enough: fn(&[TapedEvent]) -> bool,
    ) -> Result<Self, String> {
        let started = Instant::now();
        let answer = timeout(time, request.send()).await;
        let answer = answer.map_err(|_| format!("there is no answer in {time:?}"))?;
        let mut response = answer.map_err(|error| in_words(&error))?;
        let (status, version) = (response.status(), response.version());
        let headers = response.headers().clone();
        let mut tape = Self { status, version, headers, pieces: Vec::new(), end: TapeEnd::Open };
        let mut bytes = 0;
        while let Ok(piece) = timeout_at(started + time, response.chunk()).await {
            match piece {
                Ok(Some(piece)) => {
                    bytes += piece.len();
                    tape.pieces.push((started.elapsed(), piece));
                }
                Ok(None) => tape.end = TapeEnd::Ended(started.elapsed()),
                Err(error) => tape.end = TapeEnd::Broken(started.elapsed(), in_words(&error)),
            }
            if tape.end != TapeEnd::Open || bytes > MAX_BYTES || is_enough(&tape.events()) {
                break;
            }
        }
        Ok(tape)
    }

    /// The value of a header, where it is text.
    pub fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the answer is an event stream.
    pub fn streams(&self) -> bool {
        self.status == StatusCode::OK
            && self.header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    /// The coding of the body, if it has one.
    pub fn coding(&self) -> Option<&str> {
        self.header(CONTENT_ENCODING).filter(|coding| *coding != "identity")
    }

    /// The whole body as far as it came.
    pub fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece).copied().collect()
    }

    /// What a problem says.
    pub fn detail(&self) -> Option<String> {
        let problem: serde_json::Value = serde_json::from_slice(&self.body()).ok()?;
        Some(problem["detail"].as_str()?.to_owned())
    }

    /// The events of a body without a coding.
    pub fn events(&self) -> Vec<TapedEvent> {
        let (mut events, mut event, mut line) = (Vec::new(), TapedEvent::default(), Vec::new());
        for (at, piece) in &self.pieces {
            for byte in piece {
                if *byte != b'\n' {
                    line.push(*byte);
                    continue;
                }
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches('\r');
                if let Some(ended) = event.take_line(text, *at) {
                    events.push(ended);
                }
                line.clear();
            }
        }
        events
    }
}

impl TapedEvent {
    /// Takes a line that came `at`; gives the event that it ends.
    fn take_line(&mut self, line: &str, at: Duration) -> Option<Self> {
        if line.is_empty() {
            let event = std::mem::take(self);
            return event.data.is_some().then_some(Self { at, ..event });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Some(Self { at, ..Self::default() }),
            "id" => self.id = Some(value.to_owned()),
            "event" => self.name = Some(value.to_owned()),
            "data" => self.data = Some(value.to_owned()),
            _ => {}
        }
        None
    }

    /// Whether it is a status.
    pub fn is_status(&self) -> bool {
        self.name.as_deref() == Some("status")
    }
}

/// An error and its causes on one line.
pub fn in_words(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
