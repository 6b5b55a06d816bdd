//! A frame: one drawing of a view, as a figure or as rows, encoded once and shared by all subscribers.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::time::Instant;

use super::snapshot::Snapshot;
use crate::codec::Coded;
use crate::figure::{Scene, ViewRows};
use crate::sse;
use crate::view::View;

/// A figure or rows, and the event that says it whole.
#[derive(Debug)]
pub struct Frame {
    /// Number within its view, by which a subscription counts the frames that its client missed.
    pub ordinal: u64,
    /// Event id.
    pub id: String,
    /// The whole event: `id`, `data` and the blank line. Of rows it is written when a subscriber wants it: most
    /// subscribers take the rows that changed.
    event: OnceLock<Coded>,
    /// The figure's JSON alone; a part of `event`'s memory. Of rows it is empty.
    pub figure: Bytes,
    /// The rows of a view.
    rows: Option<(View, ViewRows)>,
    /// When it was drawn.
    pub drawn: Instant,
}

/// A frame with the series that it was drawn from. Only the slot of a view and requests for one figure have both:
/// streams are sent events, and would keep each series until the last worker has taken the next frame over.
#[derive(Debug, Clone)]
pub struct DrawnFrame {
    pub(in crate::hub) frame: Arc<Frame>,
    pub(in crate::hub) snapshot: Arc<Snapshot>,
}

impl DrawnFrame {
    /// Shows what it was drawn from.
    pub fn with_scene<T>(&self, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        self.snapshot.with_scene(see)
    }
}

impl Deref for DrawnFrame {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Frame {
    /// The figure of which `event` is the whole event.
    pub(in crate::hub) fn of_figure(ordinal: u64, id: String, event: Bytes) -> Self {
        let (before, after) = sse::around(&id);
        let figure = event.slice(before.len()..event.len() - after.len());
        let event = Coded::new(event).into();
        Self { ordinal, id, event, figure, rows: None, drawn: Instant::now() }
    }

    /// The rows of a view.
    pub(in crate::hub) fn of_rows(ordinal: u64, id: String, view: View, rows: ViewRows) -> Self {
        let (event, figure, rows) = (OnceLock::new(), Bytes::new(), Some((view, rows)));
        Self { ordinal, id, event, figure, rows, drawn: Instant::now() }
    }

    /// The event, if it was [written](Self::write).
    pub fn event(&self) -> Option<&Coded> {
        self.event.get()
    }

    /// The event, which is written if that has not been done.
    pub fn write(&self) -> &Coded {
        self.event.get_or_init(|| {
            let whole = self.rows.as_ref().map(|(view, rows)| rows.whole(view));
            Coded::new(sse::message(&self.id, whole.unwrap_or_default()))
        })
    }

    /// The rows, of a view of rows.
    pub fn rows(&self) -> Option<&ViewRows> {
        self.rows.as_ref().map(|(_, rows)| rows)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, sse};

    #[test]
    fn the_figure_is_a_part_of_the_event() {
        let event = sse::message("e-7", "{\"data\":[]}".to_owned());
        let frame = Frame::of_figure(1, "e-7".to_owned(), event);
        assert_eq!(frame.write().plain(), "id: e-7\ndata: {\"data\":[]}\n\n");
        assert_eq!(frame.figure, "{\"data\":[]}");
    }
}
