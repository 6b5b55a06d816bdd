//! One view's part of a subscription: what of it the client has had.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::refusal::Refusal;
use super::relay::{Place, Said, Wish};
use super::status::Resume;

/// A client's way through the frames of one view.
#[derive(Debug)]
pub struct Leg {
    place: Place,
    /// Ordinal of the last frame sent, or that the client had.
    ordinal: Option<u64>,
    /// Number of the last status sent.
    status: u64,
    /// Shortest time between two figures.
    rest: Option<Duration>,
    /// No figure goes out before.
    rests_until: Option<Instant>,
}

/// What a view has for a client.
#[derive(Debug)]
pub enum Step {
    /// The newest status.
    Status(Bytes),
    /// The newest figure, and how many were passed over.
    Figure(Bytes, u64),
    /// Nothing any more.
    Over,
    /// Nothing any more, because the server is stopping.
    Draining,
}

impl Leg {
    /// At the beginning of a view, with at least `rest` between two figures.
    pub const fn new(place: Place, rest: Option<Duration>) -> Self {
        Self { place, ordinal: None, status: 0, rest, rests_until: None }
    }

    /// Waits until the view has a figure or a reason why it has none.
    pub fn poll_settled(&self, cx: &Context<'_>) -> Poll<()> {
        self.place.poll(cx, None, |said| said.latest.is_settled().then_some(()))
    }

    /// The status that a client begins with, which has the frame `last_event_id` if it says so: a
    /// figure that it has is not sent again, and anything unknown means the whole figure.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the symbol turned out not to exist.
    pub fn open(
        &mut self,
        last_event_id: Option<&str>,
        origin: &'static str,
    ) -> Result<Bytes, Refusal> {
        let view = self.place.view();
        let latest = self.place.latest();
        if latest.frame.is_none()
            && let Err(refusal @ Refusal::NotFound { .. }) = latest.figure(view, origin)
        {
            return Err(refusal);
        }
        let held = latest.frame.as_ref().filter(|frame| Some(frame.id.as_str()) == last_event_id);
        let resume =
            last_event_id.map(|_| if held.is_some() { Resume::Resumed } else { Resume::Snapshot });
        let status = latest.health.event(view, resume);
        self.ordinal = held.map(|frame| frame.ordinal);
        self.status = latest.status.0;
        Ok(status)
    }

    /// The next thing for the client; else it is woken with the next news, or as `wish` says.
    pub fn poll(&mut self, cx: &Context<'_>, now: Instant, wish: Option<Wish>) -> Poll<Step> {
        let rests = self.rests_until.filter(|until| now < *until);
        let wish = match (rests, wish) {
            (Some(until), Some(wish)) if wish.until < until => Some(wish),
            (Some(until), _) => Some(Wish { from: until, until }),
            (None, wish) => wish,
        };
        let (ordinal, status) = (self.ordinal, self.status);
        let step = self.place.poll(cx, wish, |said| next(said, ordinal, status, rests.is_some()));
        let Poll::Ready((step, ordinal, status)) = step else { return Poll::Pending };
        (self.ordinal, self.status) = (ordinal, status);
        if let Step::Figure(..) = step {
            self.rests_until = self.rest.map(|rest| now + rest);
        }
        Poll::Ready(step)
    }
}

/// What was said that a client has not been told who has had the frame `ordinal` and the status
/// `status`, and what it has had then. The status goes first, so that a page knows what it is about
/// to draw.
fn next(
    said: &Said,
    ordinal: Option<u64>,
    status: u64,
    rests: bool,
) -> Option<(Step, Option<u64>, u64)> {
    let latest = &said.latest;
    if said.draining {
        return Some((Step::Draining, ordinal, status));
    }
    if latest.status.0 != status {
        return Some((Step::Status(latest.status.1.clone()), ordinal, latest.status.0));
    }
    let frame = latest.frame.as_ref();
    let news = frame.filter(|frame| ordinal.is_none_or(|ordinal| ordinal < frame.ordinal));
    match news {
        Some(frame) if !rests || latest.ended => {
            let skipped = ordinal.map_or(0, |ordinal| frame.ordinal - ordinal - 1);
            Some((Step::Figure(frame.event.clone(), skipped), Some(frame.ordinal), status))
        }
        _ if latest.ended => Some((Step::Over, ordinal, status)),
        _ => None,
    }
}
