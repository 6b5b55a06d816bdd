//! Patches of a view: what turned each of its last figures into the next.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::frame::Frame;
use crate::codec::Coded;
use crate::sse;
use crate::view::View;

/// Most patches kept: further behind, a client is sent the figure.
const MOST_KEPT: usize = 32;

/// What turns a figure into the next one of its view.
#[derive(Debug)]
pub struct Patch {
    /// Ordinal of the frame that it leads to.
    pub ordinal: u64,
    /// The whole event.
    pub event: Coded,
    /// When the frame was drawn.
    pub drawn: Instant,
    /// Id of the frame that it is applied to.
    from: String,
    /// Length of the event as it is.
    len: usize,
}

/// The last patches of a view, oldest first, without a gap up to the newest figure.
#[derive(Debug, Clone, Default)]
pub struct Patches(Arc<VecDeque<Arc<Patch>>>);

#[derive(Serialize)]
struct PatchData<'a> {
    view: String,
    from: &'a str,
    ops: &'a RawValue,
}

impl Patch {
    /// What turns the figure of one frame into that of the next; `None` where they have not the same
    /// traces, and where it would not be shorter than the figure.
    pub fn between(view: &View, before: &Frame, after: &Frame) -> Option<Self> {
        let ops = RawValue::from_string(after.snapshot.patch(&before.snapshot)?).ok()?;
        let data = PatchData { view: view.to_string(), from: &before.id, ops: &ops };
        let data = serde_json::to_string(&data).ok()?;
        let event = sse::named_with_id("patch", &after.id, data);
        let len = event.len();
        (len < after.event.plain().len()).then(|| Self {
            ordinal: after.ordinal,
            event: Coded::new(event),
            drawn: after.drawn,
            from: before.id.clone(),
            len,
        })
    }
}

impl Patches {
    /// These and one more.
    pub fn with(&self, patch: Patch) -> Self {
        let kept = self.0.iter().skip((self.0.len() + 1).saturating_sub(MOST_KEPT)).cloned();
        Self(Arc::new(kept.chain([Arc::new(patch)]).collect()))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Patch> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Ordinal of the frame `id`, if a patch is applied to it.
    pub fn from(&self, id: &str) -> Option<u64> {
        self.iter().find(|patch| patch.from == id).map(|patch| patch.ordinal - 1)
    }

    /// The patch for a client that has had the frame `ordinal`, if all those up to the newest frame
    /// are there and shorter than it.
    pub fn next(&self, ordinal: Option<u64>, newest: &Frame) -> Option<&Patch> {
        let ordinal = ordinal?;
        let due = self.0.iter().skip_while(|patch| patch.ordinal <= ordinal);
        let first = due.clone().next().filter(|patch| patch.ordinal == ordinal + 1)?;
        let len: usize = due.map(|patch| patch.len).sum();
        (len < newest.event.plain().len()).then_some(first)
    }
}
