//! A cursor: how far one client is in one view, and what it is sent next.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::fanout::{FanOutReceiver, WakeWindow, WorkerCopy};
use crate::codec::{Coded, Coding, Piece};
use crate::hub::error::SubscribeError;
use crate::hub::status::Resume;
use crate::hub::view::demand::{Claim, Delivery};
use crate::hub::view::frame::Frame;
use crate::hub::view::frame_id;
use crate::source::Router;

/// How far a client is in one view.
#[derive(Debug)]
pub struct Cursor {
    receiver: FanOutReceiver,
    claim: Claim,
    position: Position,
    /// Shortest time between two figures.
    rest: Option<Duration>,
    /// No figure is sent before.
    rests_until: Option<Instant>,
}

/// The newest figure and status that the client was sent.
#[derive(Debug, Default)]
struct Position {
    /// Ordinal of the last frame that was sent, or that the client had when it came.
    ordinal: Option<u64>,
    /// The id that it came with, while the newest frame here is not yet later.
    ahead: Option<String>,
    /// Number of the last status sent.
    status: u64,
    /// Whether the frame of `ordinal` was the last that it was sent, as a whole figure.
    is_last: bool,
}

/// What is due to a client.
#[derive(Debug)]
pub enum Due {
    /// The newest status, the newest figure or both.
    News {
        /// What to send.
        piece: Piece,
        /// Whether a status is in it.
        status: bool,
        /// The figure in it.
        figure: Option<SentFigure>,
    },
    /// The end: nothing more will be published.
    Over,
    /// The end, because the server stops.
    Draining,
}

/// A figure that is sent.
#[derive(Debug)]
pub struct SentFigure {
    /// How many frames the client missed before it.
    pub skipped: u64,
    /// When it was drawn.
    pub drawn: Instant,
    /// Whether there is no newer one.
    pub is_newest: bool,
    /// Whether it is sent as the rows that changed.
    pub is_change: bool,
}

impl Cursor {
    /// A cursor at the beginning of a view, for bytes in `coding` and at least `rest` between two figures.
    pub fn new(
        receiver: FanOutReceiver,
        coding: Coding,
        rest: Option<Duration>,
        delivery: Delivery,
    ) -> Self {
        let claim = Claim::new(receiver.published().demand, coding, delivery);
        Self { receiver, claim, position: Position::default(), rest, rests_until: None }
    }

    /// Waits until the view has a figure or a reason why it has none.
    pub fn poll_settled(&self, cx: &Context<'_>) -> Poll<()> {
        self.receiver.poll(cx, None, |copy| copy.published.is_settled().then_some(()))
    }

    /// The status that a stream begins with. A client that has the frame `last_event_id` is not sent that figure
    /// again; an id that is not known means the whole figure.
    ///
    /// # Errors
    /// [`SubscribeError::NotFound`] when the symbol turned out not to exist.
    pub fn open(
        &mut self,
        last_event_id: Option<&str>,
        sources: &Router,
    ) -> Result<Bytes, SubscribeError> {
        let view = self.receiver.view();
        let published = self.receiver.published();
        let origin = sources.name(&view.symbol);
        if published.frame.is_none()
            && let Err(error @ SubscribeError::NotFound { .. }) = published.figure(view, origin)
        {
            return Err(error);
        }
        let held = last_event_id.and_then(|id| {
            let newest = published.frame.as_ref().filter(|frame| frame.id == id);
            newest.map(|frame| frame.ordinal).or_else(|| published.changes.from(id))
        });
        // It comes from a node that was a moment earlier.
        let ahead = last_event_id.zip(published.frame.as_ref());
        let ahead = ahead.filter(|(id, frame)| frame_id::is_later(id, &frame.id));
        let held = held.or(ahead.map(|(_, frame)| frame.ordinal));
        let resume =
            last_event_id.map(|_| if held.is_some() { Resume::Resumed } else { Resume::Snapshot });
        let status = published.health.event(view, resume);
        self.position.ahead = ahead.map(|(id, _)| id.to_owned());
        self.position.ordinal = held;
        self.position.status = published.status.0;
        Ok(status)
    }

    /// What is due to the client; if nothing is, its task is woken by the next publication or within `window`.
    pub fn poll(
        &mut self,
        cx: &Context<'_>,
        now: Instant,
        window: Option<WakeWindow>,
    ) -> Poll<Due> {
        let rests = self.rests_until.filter(|until| now < *until);
        let window = match (rests, window) {
            (Some(until), Some(window)) if window.until < until => Some(window),
            (Some(until), _) => Some(WakeWindow { from: until, until }),
            (None, window) => window,
        };
        let Self { receiver, claim, position, .. } = self;
        let due = receiver.poll(cx, window, |copy| position.next(copy, claim, rests.is_some()));
        claim.set_in_step(position.is_last);
        if let Poll::Ready(Due::News { figure: Some(SentFigure { is_newest: true, .. }), .. }) = due
        {
            self.rests_until = self.rest.map(|rest| now + rest);
        }
        due
    }

    /// Takes note that the client is sent bytes of its own, so that the next figure is no delta.
    pub fn interrupt(&mut self) {
        self.position.is_last = false;
        self.claim.set_in_step(false);
    }
}

impl Position {
    /// What was published and not yet sent to the client, and counts as sent from now on. The status goes first,
    /// so that a page knows what it is about to draw. A piece that was not made in the client's coding is asked
    /// for.
    fn next(&mut self, copy: &WorkerCopy, claim: &Claim, rests: bool) -> Option<Due> {
        if copy.draining {
            return Some(Due::Draining);
        }
        let published = &copy.published;
        self.pass_over(published.frame.as_deref());
        let frame =
            published.frame.as_ref().filter(|frame| self.ordinal.is_none_or(|o| o < frame.ordinal));
        let status = (published.status.0 != self.status).then_some(&published.status);
        let piece = |coded: &Coded| asked(published.coded(coded, claim.coding()), claim);
        if let Some((number, status)) = status {
            let piece = piece(status)?;
            (self.status, self.is_last) = (*number, false);
            return Some(Due::News { piece, status: true, figure: None });
        }
        match frame.filter(|_| !rests || published.ended) {
            Some(frame) if let Some(change) = published.changes.next(self.ordinal) => {
                let piece = piece(&change.event)?;
                self.ordinal = Some(change.ordinal);
                let (is_newest, drawn) = (change.ordinal == frame.ordinal, change.drawn);
                let sent = SentFigure { skipped: 0, drawn, is_newest, is_change: true };
                Some(Due::News { piece, status: false, figure: Some(sent) })
            }
            Some(frame) => {
                let delta = self.delta(frame, claim);
                let piece =
                    delta.or_else(|| asked(published.whole(frame, claim.coding()), claim))?;
                let figure = Some(self.send(frame));
                Some(Due::News { piece, status: false, figure })
            }
            None if published.ended => Some(Due::Over),
            None => None,
        }
    }

    /// Passes over a frame that the client has from another node, or that is older than that one.
    fn pass_over(&mut self, newest: Option<&Frame>) {
        let (Some(id), Some(frame)) = (&self.ahead, newest) else { return };
        if frame.id == *id || frame_id::is_later(id, &frame.id) {
            (self.ordinal, self.is_last) = (Some(frame.ordinal), false);
        } else {
            self.ahead = None;
        }
    }

    /// A frame as a delta, if there is one to the frame that the client was sent last.
    fn delta(&self, frame: &Frame, claim: &Claim) -> Option<Piece> {
        let is_next = self.ordinal.is_some_and(|ordinal| ordinal + 1 == frame.ordinal);
        let event = frame.event().filter(|_| is_next && claim.is_in_step())?;
        event.delta(claim.coding())
    }

    fn send(&mut self, frame: &Frame) -> SentFigure {
        let before = self.ordinal.replace(frame.ordinal);
        let skipped = before.map_or(0, |before| frame.ordinal - before - 1);
        self.is_last = true;
        SentFigure { skipped, drawn: frame.drawn, is_newest: true, is_change: false }
    }
}

/// The piece that the client is due; asks for it if it was not made.
fn asked(piece: Option<Piece>, claim: &Claim) -> Option<Piece> {
    if piece.is_none() {
        claim.ask();
    }
    piece
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::{Claim, Coded, Coding, Delivery, Due, Position, WorkerCopy};
    use crate::hub::status::{DataState, Health};
    use crate::hub::view::published::Published;

    #[test]
    fn the_last_words_of_a_view_reach_who_came_too_late_to_have_them_coded() {
        for coding in Coding::COMPRESSING {
            let mut published =
                Published::loading(Health::new(DataState::NotFound, Timestamp::MIN));
            published.status = (1, Arc::new(Coded::new("event: status\n\n".into())));
            let copy = WorkerCopy::of(published);
            let claim = Claim::new(Arc::clone(&copy.published.demand), coding, Delivery::Alone);
            let mut position = Position::default();
            // While the view lives, its renderer makes the piece.
            assert!(position.next(&copy, &claim, false).is_none());
            assert!(copy.published.demand.misses(coding), "it is asked for");

            let copy = WorkerCopy::of(Published { ended: true, ..copy.published });
            let Some(Due::News { piece, status: true, figure: None }) =
                position.next(&copy, &claim, false)
            else {
                panic!("no status in {coding:?}");
            };
            assert_eq!(
                Some(piece.bytes),
                copy.published.status.1.get(coding).map(|made| made.bytes)
            );
            assert!(matches!(position.next(&copy, &claim, false), Some(Due::Over)));
        }
    }
}
