//! How a feed is doing, and the `status` event that tells clients.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::market::SessionNow;
use crate::sse;
use crate::view::View;

/// State of the data behind a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataState {
    /// No answer yet.
    Loading,
    /// Bars are current.
    Live,
    /// Bars are current and none is traded now.
    Closed,
    /// Bars are older than they should be.
    Stale,
    /// The source is in trouble; the last good bars stay.
    Error,
    /// The source does not know the symbol.
    NotFound,
    /// The server cannot serve the view as it was asked for; the message says what would be right.
    Refused,
    /// The server has no room for this stream now.
    Busy,
}

impl DataState {
    /// The word for it, as statuses and metrics have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Live => "live",
            Self::Closed => "closed",
            Self::Stale => "stale",
            Self::Error => "error",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Busy => "busy",
        }
    }
}

/// Whether a reconnecting client goes on where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// It has the current figure; none is sent.
    Resumed,
    /// It gets the current figure whole.
    Snapshot,
}

/// How a feed is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// In one word.
    pub state: DataState,
    /// When it became so.
    pub since: Timestamp,
    /// What is wrong, for people.
    pub message: Option<String>,
    /// What the market is doing, once it is known.
    pub session: Option<SessionNow>,
    /// The instant that the newest data speaks of.
    pub as_of: Option<Timestamp>,
    /// When the source last answered.
    pub checked: Option<Timestamp>,
    /// When it last answered with everything.
    pub refreshed: Option<Instant>,
    /// When it will be asked again.
    pub next_check: Option<Timestamp>,
    /// Whether the source refuses all requests of this process, and may answer another one.
    pub is_blocked: bool,
}

#[derive(Serialize)]
struct StatusEvent<'a> {
    symbol: &'a str,
    view: &'a str,
    state: DataState,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<Resume>,
    since: Timestamp,
    message: Option<&'a str>,
    session: Option<SessionNow>,
    as_of: Option<Timestamp>,
    checked: Option<Timestamp>,
    next_check: Option<Timestamp>,
}

impl Health {
    /// Health in `state` since `now`, with nothing else known.
    #[must_use]
    pub const fn new(state: DataState, now: Timestamp) -> Self {
        Self {
            state,
            since: now,
            message: None,
            session: None,
            as_of: None,
            checked: None,
            refreshed: None,
            next_check: None,
            is_blocked: false,
        }
    }

    /// Whether the bars are as good as they can be.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        matches!(self.state, DataState::Live | DataState::Closed)
    }

    /// Whether a person would read the same in both, apart from the times of the checks.
    #[must_use]
    pub fn reads_like(&self, other: &Self) -> bool {
        self.state == other.state && self.message == other.message && self.session == other.session
    }

    /// The `status` event of a view: without an id, so that it never becomes a `Last-Event-ID`.
    #[must_use]
    pub fn event(&self, view: &View, resume: Option<Resume>) -> Bytes {
        let event = StatusEvent {
            symbol: view.symbol.as_str(),
            view: &view.to_string(),
            state: self.state,
            resume,
            since: self.since,
            message: self.message.as_deref(),
            session: self.session,
            as_of: self.as_of,
            checked: self.checked,
            next_check: self.next_check,
        };
        let data = serde_json::to_string(&event).expect("a status has string keys only");
        sse::named("status", data)
    }
}
