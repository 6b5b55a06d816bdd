//! One view's part of a subscription: what of it the client has had.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::chain::{Follower, Link, Standing};
use super::channel::Latest;
use super::demand::{Claim, Manner};
use super::frame::Frame;
use super::refusal::Refusal;
use super::relay::{Place, Said, Wish};
use super::status::Resume;
use crate::codec::{Coding, Piece};

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
    /// The zstd chain that it is in.
    chain: Option<Follower>,
}

/// What a view has for a client.
#[derive(Debug)]
pub enum Step {
    /// The newest status, the newest figure or both.
    News {
        /// What to send.
        piece: Piece,
        /// Whether a status is in it.
        status: bool,
        /// The figure in it.
        figure: Option<Sent>,
    },
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
        claim.set_inside(had.chain.is_some());
        if missing {
            claim.ask();
        }
        if let Poll::Ready(Step::News { figure: Some(Sent { is_newest: true, .. }), .. }) = step {
            self.rests_until = self.rest.map(|rest| now + rest);
        }
        step
    }

    /// Leaves the chain that the client is in, which has to be before bytes of its own are sent.
    pub fn leave_chain(&mut self) {
        self.had.chain = None;
        self.claim.set_inside(false);
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
        if claim.is_chained()
            && is_news
            && let Some(step) = self.next_of_chain(latest, status.is_some())
        {
            return Some(Found::Step(step));
        }
        let coding = claim.coding();
        if let Some((number, status)) = status {
            let Some(piece) = latest.coded(status, coding) else { return Some(Found::Missing) };
            self.status = *number;
            return Some(Found::Step(Step::News { piece, status: true, figure: None }));
        }
        match frame.filter(|_| !rests || latest.ended) {
            Some(frame)
                if claim.is_patched()
                    && let Some(patch) = latest.patches.next(self.ordinal, frame) =>
            {
                let Some(piece) = latest.coded(&patch.event, coding) else {
                    return Some(Found::Missing);
                };
                self.ordinal = Some(patch.ordinal);
                let is_newest = patch.ordinal == frame.ordinal;
                let sent = Sent { skipped: 0, drawn: patch.drawn, is_newest, is_patch: true };
                Some(Found::Step(Step::News { piece, status: false, figure: Some(sent) }))
            }
            Some(frame) => {
                let Some(piece) = latest.coded(&frame.event, coding) else {
                    return Some(Found::Missing);
                };
                let figure = Some(self.take(frame));
                Some(Found::Step(Step::News { piece, status: false, figure }))
            }
            None if latest.ended => Some(Found::Step(Step::Over)),
            None => None,
        }
    }

    /// The way of news to a client that goes into chains; nothing if they have to stand alone, and then
    /// the client is in no chain.
    fn next_of_chain(&mut self, latest: &Latest, owes_status: bool) -> Option<Step> {
        let standing = |link: &&Arc<Link>| link.stands_to(self.chain.as_ref());
        let link = latest.link.as_ref().filter(|link| match standing(link) {
            Standing::Next => true,
            // A keyframe is a figure, and that has to be all that the client has not had.
            Standing::Keyframe => !owes_status,
            Standing::Had | Standing::Missed => false,
        });
        let Some(link) = link else {
            self.chain = None;
            return None;
        };
        let piece = link.follow(&mut self.chain);
        self.status = latest.status.0;
        let frame = latest.frame.as_ref().filter(|_| link.has_figure);
        let figure = frame.map(|frame| self.take(frame));
        Some(Step::News { piece, status: link.has_status, figure })
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
            let Some(Found::Step(Step::News { piece, status: true, figure: None })) =
                had.next(&said, &claim, false)
            else {
                panic!("no status in {coding:?}");
            };
            assert_eq!(Some(piece.bytes), said.latest.status.1.get(coding).map(|made| made.bytes));
            assert!(matches!(had.next(&said, &claim, false), Some(Found::Step(Step::Over))));
        }
    }
}
