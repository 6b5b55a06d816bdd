//! Changes: the rows that differ from each of the last frames of a view of rows to the next.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use super::frame::Frame;
use crate::codec::Coded;
use crate::sse;
use crate::view::View;

/// Most changes kept: a client further behind is sent all rows.
const MOST_KEPT: usize = 32;

/// The rows that differ from one frame to the next.
#[derive(Debug)]
pub struct Change {
    /// Ordinal of the frame that it leads to.
    pub ordinal: u64,
    /// The whole event.
    pub event: Coded,
    /// When the frame was drawn.
    pub drawn: Instant,
    /// Id of the frame that it is applied to.
    from: String,
}

/// The last changes of a view, oldest first, without a gap up to the newest frame.
#[derive(Debug, Clone, Default)]
pub struct ChangeLog(Arc<VecDeque<Arc<Change>>>);

/// How a frame compares with the one before.
#[derive(Debug)]
pub enum FrameDifference {
    /// Its rows are the same.
    Same,
    /// This leads to it.
    Changed(Arc<Change>),
    /// It has to be sent whole.
    Other,
}

impl Change {
    /// Compares the rows of a frame with those of the one before. Figures are sent whole.
    pub fn between(view: &View, before: &Frame, after: &Frame) -> FrameDifference {
        let (Some(rows), Some(old)) = (after.rows(), before.rows()) else {
            return FrameDifference::Other;
        };
        match rows.changes(old) {
            None => FrameDifference::Other,
            Some(changes) if changes.is_empty() => FrameDifference::Same,
            Some(changes) => FrameDifference::Changed(Arc::new(Self {
                ordinal: after.ordinal,
                event: Coded::new(sse::message(&after.id, rows.changed(changes, view, &before.id))),
                drawn: after.drawn,
                from: before.id.clone(),
            })),
        }
    }
}

impl ChangeLog {
    /// These and one more.
    pub fn with(&self, change: Arc<Change>) -> Self {
        let kept = self.0.iter().skip((self.0.len() + 1).saturating_sub(MOST_KEPT)).cloned();
        Self(Arc::new(kept.chain([change]).collect()))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Ordinal of the frame `id`, if a change is applied to it.
    pub fn from(&self, id: &str) -> Option<u64> {
        self.iter().find(|change| change.from == id).map(|change| change.ordinal - 1)
    }

    /// The change for a client that has had the frame `ordinal`.
    pub fn next(&self, ordinal: Option<u64>) -> Option<&Change> {
        let next = ordinal? + 1;
        self.iter().find(|change| change.ordinal == next)
    }
}
