//! One rendered figure, encoded once and shared by all who get it.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::snapshot::Snapshot;
use crate::codec::Coded;
use crate::sse;

/// A figure and its event.
#[derive(Debug)]
pub struct Frame {
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
    pub(in crate::hub) snapshot: Arc<Snapshot>,
}

impl Frame {
    /// Encodes a figure of `snapshot`.
    pub(super) fn new(ordinal: u64, id: String, figure: String, snapshot: Arc<Snapshot>) -> Self {
        let len = figure.len();
        let event = sse::message(&id, figure);
        // A figure is one line, so the event is "...data: ", the figure, and two line ends.
        let figure = event.slice(event.len() - 2 - len..event.len() - 2);
        let (event, drawn) = (Coded::new(event), Instant::now());
        Self { ordinal, id, event, figure, drawn, snapshot }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Frame, Snapshot};
    use crate::hub::view::usage::ViewUsage;
    use crate::symbol::Symbol;
    use crate::view::View;

    #[test]
    fn the_figure_is_a_part_of_the_event() {
        let view = View::of(Symbol::parse("AAPL").expect("valid"));
        let snapshot =
            Arc::new(Snapshot::new(view, Vec::new(), "test", 7, ViewUsage::none(Vec::new())));
        let frame = Frame::new(1, "e-7".to_owned(), "{\"data\":[]}".to_owned(), snapshot);
        assert_eq!(frame.event.plain(), "id: e-7\ndata: {\"data\":[]}\n\n");
        assert_eq!(frame.figure, "{\"data\":[]}");
    }
}
