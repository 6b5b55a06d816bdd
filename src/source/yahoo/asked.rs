//! What a chart of Yahoo's is the answer to.

use jiff::Timestamp;

use crate::interval::Interval;
use crate::source::fetch::{FetchRequest, Window};
use crate::symbol::Symbol;
use crate::view::Session;

/// How far past now a row is believed, in intervals: bars start ahead of clocks that are late.
const INTERVALS_AHEAD: i64 = 2;

/// What the answer is the answer to.
#[derive(Debug, Clone)]
pub struct Asked {
    pub symbol: Symbol,
    /// Length of a bar; Yahoo's names are ours.
    pub interval: Interval,
    /// Which part of the day.
    pub session: Session,
    /// Whether one day alone was asked for.
    pub one_day: bool,
    /// Epoch second of the answer.
    pub now: i64,
    /// No bar from this epoch second on is believed.
    pub end: i64,
}

impl Asked {
    pub fn new(request: &FetchRequest, now: Timestamp) -> Self {
        let now = now.as_second();
        Self {
            symbol: request.symbol.clone(),
            interval: request.interval,
            session: request.session,
            one_day: request.window == Window::Days(1),
            now,
            end: now.saturating_add(INTERVALS_AHEAD * request.interval.seconds() + 1),
        }
    }
}
