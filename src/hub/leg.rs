//! One view's part of a subscription: what of it the client has had.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::demand::{Claim, Manner};
use super::frame::Frame;
use super::group::{Member, Standing};
use super::refusal::Refusal;
use super::relay::{Place, Said, Wish};
use super::status::Resume;
use crate::codec::{Coding, zstd};

/// A client's way through the frames of one view.
#[derive(Debug)]
pub struct Leg {
    place: Place,
    claim: Claim,
    had: Had,
    /// Shortest time between two figures.
    rest: Option<Duration>,
    /// No figure goes out before.
    rests_until: Option<Instant>,
}

/// What the client has had.
#[derive(Debug, Default)]
struct Had {
    /// Ordinal of the last frame sent, or that the client had.
    ordinal: Option<u64>,
    /// Number of the last status sent.
    status: u64,
    /// The zstd group that it is in.
    group: Option<Member>,
}

/// What a view has for a client.
#[derive(Debug)]
pub enum Step {
    /// Bytes that say the newest status, the newest figure or both.
    News {
        /// What to send.
        bytes: Bytes,
        /// Whether a status is in it.
        status: bool,
        /// The figure in it.
        figure: Option<Sent>,
    },
    /// Bytes that say nothing and end a group.
    Cut(Bytes),
    /// Nothing any more.
    Over,
    /// Nothing any more, because the server is stopping.
    Draining,
}

/// A figure that is sent.
#[derive(Debug)]
pub struct Sent {
    /// How many were passed over.
    pub skipped: u64,
    /// When it was drawn.
    pub drawn: Instant,
    /// Whether there is no newer one.
    pub is_newest: bool,
    /// Whether it is sent as what turns the one before into it.
    pub is_patch: bool,
}

/// What there is for a client that it has not had.
enum Found {
    Step(Step),
    /// Something, but not in its coding yet.
    Missing,
}

impl Leg {
    /// At the beginning of a view, in pieces of `coding`, with at least `rest` between two figures.
    pub fn new(place: Place, coding: Coding, rest: Option<Duration>, manner: Manner) -> Self {
        let claim = Claim::new(place.latest().demand, coding, manner);
        Self { place, claim, had: Had::default(), rest, rests_until: None }
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
        let held = last_event_id.and_then(|id| {
            let newest = latest.frame.as_ref().filter(|frame| frame.id == id);
            let patched = || latest.patches.from(id).filter(|_| self.claim.is_patched());
            newest.map(|frame| frame.ordinal).or_else(patched)
        });
        let resume =
            last_event_id.map(|_| if held.is_some() { Resume::Resumed } else { Resume::Snapshot });
        let status = latest.health.event(view, resume);
        self.had.ordinal = held;
        self.had.status = latest.status.0;
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
        let Self { place, claim, had, .. } = self;
        let mut missing = false;
        let step = place.poll(cx, wish, |said| match had.next(said, claim, rests.is_some())? {
            Found::Step(step) => Some(step),
            Found::Missing => {
                missing = true;
                None
            }
        });
        claim.set_inside(had.group.is_some());
        if missing {
            claim.ask();
        }
        if let Poll::Ready(Step::News { figure: Some(Sent { is_newest: true, .. }), .. }) = step {
            self.rests_until = self.rest.map(|rest| now + rest);
        }
        step
    }

    /// Bytes for this client alone, which leaves the group that it is in.
    pub fn alone(&mut self, bytes: Bytes) -> Bytes {
        let bytes = self.claim.coding().stored(bytes);
        if !self.leave_group() {
            return bytes;
        }
        let mut cut = BytesMut::from(&zstd::CUT[..]);
        cut.extend_from_slice(&bytes);
        cut.freeze()
    }

    /// A comment, before which the client leaves the group that it is in.
    pub fn heartbeat(&mut self) -> Bytes {
        if self.leave_group() {
            return Bytes::from_static(&zstd::CUT_HEARTBEAT);
        }
        self.claim.coding().heartbeat()
    }

    fn leave_group(&mut self) -> bool {
        let was_inside = self.had.group.take().is_some();
        self.claim.set_inside(false);
        was_inside
    }
}

impl Had {
    /// What was said that the client has not been told, which it then has had. The status goes first,
    /// so that a page knows what it is about to draw.
    fn next(&mut self, said: &Said, claim: &Claim, rests: bool) -> Option<Found> {
        if said.draining {
            return Some(Found::Step(Step::Draining));
        }
        let latest = &said.latest;
        let frame =
            latest.frame.as_ref().filter(|frame| self.ordinal.is_none_or(|o| o < frame.ordinal));
        let status = (latest.status.0 != self.status).then_some(&latest.status);
        let is_news = status.is_some() || frame.is_some();
        if claim.is_grouped()
            && is_news
            && let Some(step) = self.next_of_group(said, status.is_some())
        {
            return Some(Found::Step(step));
        }
        let coding = claim.coding();
        if let Some((number, status)) = status {
            let Some(bytes) = latest.coded(status, coding) else { return Some(Found::Missing) };
            self.status = *number;
            return Some(Found::Step(Step::News { bytes, status: true, figure: None }));
        }
        match frame.filter(|_| !rests || latest.ended) {
            Some(frame)
                if claim.is_patched()
                    && let Some(patch) = latest.patches.next(self.ordinal, frame) =>
            {
                let Some(bytes) = latest.coded(&patch.event, coding) else {
                    return Some(Found::Missing);
                };
                self.ordinal = Some(patch.ordinal);
                let is_newest = patch.ordinal == frame.ordinal;
                let sent = Sent { skipped: 0, drawn: patch.drawn, is_newest, is_patch: true };
                Some(Found::Step(Step::News { bytes, status: false, figure: Some(sent) }))
            }
            Some(frame) => {
                let Some(bytes) = latest.coded(&frame.event, coding) else {
                    return Some(Found::Missing);
                };
                let figure = Some(self.take(frame));
                Some(Found::Step(Step::News { bytes, status: false, figure }))
            }
            None if latest.ended => Some(Found::Step(self.cut().unwrap_or(Step::Over))),
            None => None,
        }
    }

    /// The way of news to a client that goes into groups, unless they have to stand alone.
    fn next_of_group(&mut self, said: &Said, owes_status: bool) -> Option<Step> {
        let latest = &said.latest;
        let Some(part) = &latest.part else { return self.cut() };
        match part.stands_to(self.group.as_ref()) {
            Standing::Next => {}
            // A group opens with a figure, and that has to be all that the client has not had.
            Standing::Opens if !owes_status => {}
            _ => return self.cut(),
        }
        let bytes = part.enter(&mut self.group);
        self.status = latest.status.0;
        let frame = latest.frame.as_ref().filter(|_| part.has_figure);
        let figure = frame.map(|frame| self.take(frame));
        Some(Step::News { bytes, status: part.has_status, figure })
    }

    fn cut(&mut self) -> Option<Step> {
        self.group.take().map(|_| Step::Cut(Bytes::from_static(&zstd::CUT)))
    }

    fn take(&mut self, frame: &Frame) -> Sent {
        let before = self.ordinal.replace(frame.ordinal);
        let skipped = before.map_or(0, |before| frame.ordinal - before - 1);
        Sent { skipped, drawn: frame.drawn, is_newest: true, is_patch: false }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::{Claim, Coding, Found, Had, Manner, Said, Step};
    use crate::codec::Coded;
    use crate::hub::channel::Latest;
    use crate::hub::status::{Health, State};

    #[test]
    fn the_last_words_of_a_view_reach_who_came_too_late_to_have_them_coded() {
        for coding in Coding::COMPRESSING {
            let mut latest = Latest::loading(Health::new(State::NotFound, Timestamp::MIN));
            latest.status = (1, Arc::new(Coded::new("event: status\n\n".into())));
            let said = Said::of(latest);
            let claim = Claim::new(Arc::clone(&said.latest.demand), coding, Manner::Alone);
            let mut had = Had::default();
            // While the view lives, it is asked for the piece.
            assert!(matches!(had.next(&said, &claim, false), Some(Found::Missing)));

            let said = Said::of(Latest { ended: true, ..said.latest });
            let Some(Found::Step(Step::News { bytes, status: true, figure: None })) =
                had.next(&said, &claim, false)
            else {
                panic!("no status in {coding:?}");
            };
            assert_eq!(Some(&bytes), said.latest.status.1.get(coding));
            assert!(matches!(had.next(&said, &claim, false), Some(Found::Step(Step::Over))));
        }
    }
}
