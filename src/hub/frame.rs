//! One rendered figure, encoded once and shared by all who get it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::Instant;

use super::sheet::Sheet;
use crate::codec::Coded;
use crate::sse;

/// Numbers frames for the whole process.
#[derive(Debug)]
pub struct Sequence {
    /// Sets the ids of this process apart from those of the one before it.
    epoch: String,
    next: AtomicU64,
}

impl Sequence {
    /// Numbers from 1, in the epoch that begins `now`.
    pub fn starting(now: Timestamp) -> Self {
        Self { epoch: format!("{:x}", now.as_millisecond()), next: AtomicU64::new(1) }
    }

    /// Takes the next number.
    pub fn take(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The event id of a number: `<epoch>-<seq>`.
    pub fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.epoch)
    }
}

/// A figure and its event.
#[derive(Debug)]
pub struct Frame {
    /// Process-wide sequence number.
    pub seq: u64,
    /// Number within its view, to count what a slow reader passed over.
    pub ordinal: u64,
    /// Event id.
    pub id: String,
    /// The whole event: `id`, `data` and the blank line.
    pub event: Coded,
    /// The figure's JSON alone; a part of `event`'s memory.
    pub figure: Bytes,
    /// When it was drawn.
    pub drawn: Instant,
    /// What it was drawn from.
    pub(super) sheet: Arc<Sheet>,
}

impl Frame {
    /// Encodes a figure of `sheet`.
    pub(super) fn new(
        seq: u64,
        ordinal: u64,
        id: String,
        figure: String,
        sheet: Arc<Sheet>,
    ) -> Self {
        let len = figure.len();
        let event = sse::message(&id, figure);
        // A figure is one line, so the event is "...data: ", the figure, and two line ends.
        let figure = event.slice(event.len() - 2 - len..event.len() - 2);
        let (event, drawn) = (Coded::new(event), Instant::now());
        Self { seq, ordinal, id, event, figure, drawn, sheet }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Frame, Sequence, Sheet, Timestamp};
    use crate::hub::tables::Upkeep;
    use crate::symbol::Symbol;
    use crate::view::View;

    #[test]
    fn the_figure_is_a_part_of_the_event() {
        let view = View::of(Symbol::parse("AAPL").expect("valid"));
        let sheet = Arc::new(Sheet::new(view, Vec::new(), "test", 7, Upkeep::none(Vec::new())));
        let frame = Frame::new(7, 1, "e-7".to_owned(), "{\"data\":[]}".to_owned(), sheet);
        assert_eq!(frame.event.plain(), "id: e-7\ndata: {\"data\":[]}\n\n");
        assert_eq!(frame.figure, "{\"data\":[]}");
    }

    #[test]
    fn an_id_is_short_and_needs_no_escaping() {
        let sequence = Sequence::starting(Timestamp::MAX);
        let id = sequence.id(u64::MAX);
        assert!(id.len() <= 64, "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{id}");
        assert_eq!((sequence.take(), sequence.take()), (1, 2));
    }
}
