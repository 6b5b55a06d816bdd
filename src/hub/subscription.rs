//! A subscription: one client's way through the frames of a view.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use log::info;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::admission::Seat;
use super::channel::Latest;
use super::refusal::Refusal;
use super::shared::Shared;
use super::status::Resume;
use crate::sse;
use crate::view::View;

/// The bytes of one stream. Dropping it is the disconnect.
///
/// A reader that is slower than the view gets the newest frame when it asks again; what it passed
/// over is counted, never queued.
pub struct Subscription {
    shared: Arc<Shared>,
    view: View,
    latest: watch::Receiver<Latest>,
    seat: Seat,
    opened: Instant,
    /// What is sent before anything else.
    opening: Option<Bytes>,
    /// Ordinal of the last frame sent, or that the client had.
    ordinal: Option<u64>,
    /// Number of the last status sent.
    status: u64,
    /// Figures sent and passed over.
    sent: u64,
    skipped: u64,
    ended: bool,
}

impl Subscription {
    pub(super) fn new(
        shared: Arc<Shared>,
        view: View,
        latest: watch::Receiver<Latest>,
        seat: Seat,
    ) -> Self {
        let peer = seat.peer.map(|peer| format!(" from {peer}")).unwrap_or_default();
        info!("stream {}: opened for {view}{peer}", seat.id);
        Self {
            shared,
            view,
            latest,
            seat,
            opened: Instant::now(),
            opening: None,
            ordinal: None,
            status: 0,
            sent: 0,
            skipped: 0,
            ended: false,
        }
    }

    /// Waits for the first figure, but not long, and prepares the stream's first bytes: the
    /// reconnection time and a status. `last_event_id` is what the client says it has; a figure that
    /// it has is not sent again, and anything unknown means the whole figure.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the symbol turned out not to exist.
    pub async fn open(&mut self, last_event_id: Option<&str>) -> Result<(), Refusal> {
        let patience = self.shared.config.first_figure;
        // Neither a time-out nor a feed that ended is an error here: the status tells.
        let _ = timeout(patience, self.latest.wait_for(Latest::is_settled)).await;
        let latest = self.latest.borrow_and_update().clone();
        if latest.frame.is_none()
            && let Err(refusal @ Refusal::NotFound { .. }) =
                latest.figure(&self.view, self.shared.source.name())
        {
            return Err(refusal);
        }
        let held = latest.frame.as_ref().filter(|frame| Some(frame.id.as_str()) == last_event_id);
        self.ordinal = held.map(|frame| frame.ordinal);
        let resume =
            last_event_id.map(|_| if held.is_some() { Resume::Resumed } else { Resume::Snapshot });
        let mut opening = BytesMut::from(&*sse::retry(self.shared.retry()));
        opening.extend_from_slice(&latest.health.event(&self.view, resume));
        self.opening = Some(opening.freeze());
        self.status = latest.status.0;
        Ok(())
    }

    /// The next bytes for the client: whole events, shared with every other subscriber of the view
    /// but for the first. `None` ends the stream.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            self.shared.metrics.statuses_sent.inc();
            return Some(opening);
        }
        loop {
            if self.ended {
                return None;
            }
            if let Some(bytes) = self.pending() {
                return Some(bytes);
            }
            tokio::select! {
                biased;
                () = self.shared.drain.cancelled() => {
                    self.ended = true;
                    return Some(sse::retry(self.shared.retry()));
                }
                changed = self.latest.changed() => self.ended |= changed.is_err(),
                () = sleep(self.shared.config.heartbeat) => {
                    self.shared.metrics.heartbeats_sent.inc();
                    return Some(sse::HEARTBEAT);
                }
            }
        }
    }

    /// What the view has to say that this client has not been told: the status first, so that a page
    /// knows what it is about to draw.
    fn pending(&mut self) -> Option<Bytes> {
        let latest = self.latest.borrow_and_update().clone();
        if latest.status.0 != self.status {
            self.status = latest.status.0;
            self.shared.metrics.statuses_sent.inc();
            return Some(latest.status.1);
        }
        if let Some(frame) = latest.frame
            && self.ordinal.is_none_or(|ordinal| ordinal < frame.ordinal)
        {
            let skipped = self.ordinal.map_or(0, |ordinal| frame.ordinal - ordinal - 1);
            self.ordinal = Some(frame.ordinal);
            self.skipped += skipped;
            self.sent += 1;
            self.shared.metrics.figures_sent.inc();
            self.shared.metrics.figures_skipped.inc_by(skipped);
            return Some(frame.event.clone());
        }
        self.ended |= latest.ended;
        None
    }

    /// Number of the stream since the start of the process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.seat.id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let open =
            Duration::from_millis(u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(0));
        info!(
            "stream {}: closed after {open:?}, {} figures sent, {} skipped",
            self.seat.id, self.sent, self.skipped
        );
    }
}
