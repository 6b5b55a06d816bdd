//! A subscription: one client's stream of one or several views.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::poll_fn;
use futures_util::{Stream, ready};
use log::info;
use tokio::time::{Instant, timeout};

use super::admission::StreamPermit;
use super::cursor::{Cursor, Due, SentFigure};
use super::fanout::{FanOutReceiver, WakeWindow};
use super::ready::ReadySet;
use crate::codec::{CodedBody, Coding};
use crate::hub::error::SubscribeError;
use crate::hub::shared::Shared;
use crate::hub::view::demand::Delivery;
use crate::logging::{caused_by, listed};
use crate::sse;
use crate::view::Output;

/// How many events a stream has sent, for what outlives it.
#[derive(Debug, Clone, Default)]
pub struct EventCount(Arc<AtomicU64>);

impl EventCount {
    /// So many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, events: usize) {
        self.0.fetch_add(events as u64, Ordering::Relaxed);
    }
}

/// How a client wants to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamOptions {
    /// The coding of its body.
    pub coding: Coding,
    /// Shortest time between two figures of a view.
    pub rest: Option<Duration>,
}

/// The bytes of one stream: whole events, shared with every other subscriber of a view but for the
/// first. Dropping it is the disconnect.
///
/// A client that reads slower than the view publishes gets the newest frame when it reads again. Frames that it
/// missed are counted and never queued.
pub struct Subscription {
    shared: Arc<Shared>,
    /// One per view; none of a view that has ended.
    cursors: Vec<Option<Cursor>>,
    /// Those that may have something to send. The others are not looked at.
    ready: ReadySet,
    /// The cursor that is polled first, in turn, so that a busy view does not silence the others.
    turn: usize,
    body: CodedBody,
    permit: StreamPermit,
    opened: Instant,
    /// The bytes that are sent first.
    opening: Option<Bytes>,
    /// When bytes were last sent.
    spoke: Instant,
    /// Figures that were sent, and that the client missed.
    sent: u64,
    skipped: u64,
    /// Events that were sent, whatever they told.
    events: EventCount,
    /// Only the end of the body is still to come, or not even that.
    ended: bool,
}

impl Subscription {
    pub(in crate::hub) fn new(
        shared: Arc<Shared>,
        receivers: Vec<FanOutReceiver>,
        permit: StreamPermit,
        options: StreamOptions,
    ) -> Self {
        let from = permit.client().map(|client| format!(" from {client}")).unwrap_or_default();
        let views = listed(receivers.iter().map(FanOutReceiver::view));
        caused_by(permit.client(), || info!("stream {}: opened for {views}{from}", permit.id));
        let now = Instant::now();
        // A delta is for a client that is sent each figure of one view and nothing between them.
        let takes_deltas = receivers.len() == 1 && options.rest.is_none();
        let cursor = |receiver: FanOutReceiver| {
            let delivery = match receiver.view().output {
                Output::Bars => Delivery::Changes,
                Output::Figure if takes_deltas => Delivery::Deltas,
                Output::Figure => Delivery::Alone,
            };
            Cursor::new(receiver, options.coding, options.rest, delivery)
        };
        Self {
            shared,
            ready: ReadySet::all(receivers.len()),
            cursors: receivers.into_iter().map(|receiver| Some(cursor(receiver))).collect(),
            turn: 0,
            body: CodedBody::new(options.coding),
            permit,
            opened: now,
            opening: None,
            spoke: now,
            sent: 0,
            skipped: 0,
            events: EventCount::default(),
            ended: false,
        }
    }

    /// Waits for the first figure, but not long, and prepares the stream's first bytes: the
    /// reconnection time, `notices`, and a status of each view. `last_event_id` is what the client
    /// says it has, which means something for one view only: several are answered with snapshots.
    ///
    /// # Errors
    /// [`SubscribeError::NotFound`] when the symbol of a single view turned out not to exist.
    pub async fn open(
        &mut self,
        last_event_id: Option<&str>,
        notices: &[Bytes],
    ) -> Result<(), SubscribeError> {
        let patience = self.shared.config.first_figure;
        // Neither a time-out nor a feed that ended is an error here: the status tells. One of several
        // views is enough, so that a slow one does not hold up the others.
        let settled = poll_fn(|cx| {
            let mut cursors = self.cursors.iter().flatten();
            let is_any = cursors.any(|cursor| cursor.poll_settled(cx).is_ready());
            if is_any { Poll::Ready(()) } else { Poll::Pending }
        });
        let _ = timeout(patience, settled).await;
        let mut opening = BytesMut::from(&*sse::retry(self.shared.retry()));
        self.events.add(notices.len());
        for notice in notices {
            opening.extend_from_slice(notice);
        }
        let alone = self.cursors.len() == 1;
        let held = last_event_id.map(|id| if alone { id } else { "" });
        for cursor in self.cursors.iter_mut().flatten() {
            match cursor.open(held, &self.shared.sources) {
                Ok(status) => {
                    opening.extend_from_slice(&status);
                    self.events.add(1);
                }
                Err(error) if alone => return Err(error),
                // The view has said so in a status of its own, which is next.
                Err(_) => {}
            }
        }
        self.opening = Some(self.body.begin(opening.freeze()));
        Ok(())
    }

    /// Number of the stream since the start of the process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.permit.id
    }

    /// How many events are sent, also when it is over.
    #[must_use]
    pub fn events(&self) -> EventCount {
        self.events.clone()
    }

    /// Whether the stream's first bytes are sent and its last ones are not.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.opening.is_none() && !self.ended
    }

    /// An event of the stream itself, between those of its views, in the coding of its body. After the last one
    /// the stream ends, as in a drain.
    pub fn interject(&mut self, event: Bytes, is_last: bool) -> Bytes {
        self.interrupt();
        self.ended |= is_last;
        self.spoke = Instant::now();
        self.events.add(1);
        self.body.own(event)
    }

    fn count(&mut self, status: bool, figure: Option<&SentFigure>, now: Instant) {
        let metrics = &self.shared.metrics;
        self.events.add(usize::from(status) + usize::from(figure.is_some()));
        if status {
            metrics.statuses_sent.inc();
        }
        if let Some(SentFigure { skipped, drawn, is_change, .. }) = figure {
            self.sent += 1;
            self.skipped += skipped;
            metrics.figures_sent.inc();
            if *is_change {
                metrics.changes_sent.inc();
            }
            metrics.figures_skipped.inc_by(*skipped);
            metrics.figure_age_seconds.observe((now - *drawn).as_secs_f64());
        }
    }

    /// Polls the cursors that are ready, in turn, and the first in any case: it brings the heartbeat.
    fn poll_cursors(&mut self, cx: &Context<'_>, now: Instant) -> Poll<Option<Bytes>> {
        let heartbeat = self.shared.config.heartbeat;
        let window =
            WakeWindow { from: self.spoke + heartbeat * 3 / 4, until: self.spoke + heartbeat };
        while let Some(first) = self.cursors.iter().position(Option::is_some) {
            let cursors = &mut self.cursors;
            let due =
                self.ready.poll(cx, self.turn, first, |index, cx| match &mut cursors[index] {
                    Some(cursor) => cursor.poll(cx, now, (index == first).then_some(window)),
                    None => Poll::Pending,
                });
            let (index, due) = ready!(due);
            match due {
                Due::News { piece, status, figure } => {
                    // A status is followed by the figure that it announces.
                    let is_done = figure.as_ref().is_some_and(|figure| figure.is_newest);
                    self.turn = index + usize::from(is_done);
                    self.count(status, figure.as_ref(), now);
                    return Poll::Ready(Some(self.body.share(piece)));
                }
                Due::Draining => {
                    self.ended = true;
                    self.interrupt();
                    let retry = sse::retry(self.shared.retry());
                    return Poll::Ready(Some(self.body.own(retry)));
                }
                Due::Over => self.cursors[index] = None,
            }
        }
        self.ended = true;
        Poll::Ready(self.body.end())
    }

    /// Tells the cursor that the client is sent bytes of its own. Only the client of a single view takes deltas.
    fn interrupt(&mut self) {
        if let [Some(cursor)] = &mut self.cursors[..] {
            cursor.interrupt();
        }
    }
}

impl Stream for Subscription {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let now = Instant::now();
        if let Some(opening) = self.opening.take() {
            self.spoke = now;
            self.shared.metrics.statuses_sent.inc_by(self.cursors.len() as u64);
            return Poll::Ready(Some(opening));
        }
        if self.ended {
            return Poll::Ready(self.body.end());
        }
        let due = self.poll_cursors(cx, now);
        if due.is_ready() {
            self.spoke = now;
            return due;
        }
        // A heartbeat goes out a little early where the fan-out's timer rang for another subscription, so that
        // one timer serves many.
        if now >= self.spoke + self.shared.config.heartbeat * 3 / 4 {
            self.spoke = now;
            self.shared.metrics.heartbeats_sent.inc();
            self.interrupt();
            return Poll::Ready(Some(self.body.heartbeat()));
        }
        Poll::Pending
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let open =
            Duration::from_millis(u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(0));
        let (id, sent, skipped) = (self.permit.id, self.sent, self.skipped);
        caused_by(self.permit.client(), || {
            info!("stream {id}: closed after {open:?}, {sent} figures sent, {skipped} skipped");
        });
    }
}
