//! The zstd chain of a view: compressed against what its subscribers were sent before.
//!
//! While a subscriber wants chains, the encoder also puts each publication of the view into its chain. A
//! chain opens with a figure, the keyframe. A subscriber that was sent every link from the keyframe on is sent the
//! next link; every other subscriber waits for the next keyframe.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use log::warn;
use tokio::time::Instant;

use super::demand::Demand;
use crate::codec::{Piece, zstd};

/// Most links of a chain: a newcomer waits no longer than that for a keyframe.
const MOST_LINKS: usize = 30;

/// One publication of a view in its chain.
#[derive(Debug)]
pub struct Link {
    chain: Arc<FollowerCount>,
    /// Position in the chain, from 0.
    index: usize,
    piece: Piece,
    /// Whether the newest status is in it.
    pub has_status: bool,
    /// Whether the newest figure is in it.
    pub has_figure: bool,
}

/// How many subscribers go on in a chain.
#[derive(Debug, Default)]
struct FollowerCount(AtomicUsize);

/// How far one subscriber is in a chain; dropping it leaves the chain.
#[derive(Debug)]
pub struct ChainPosition {
    chain: Arc<FollowerCount>,
    /// The link that it was sent last.
    index: usize,
}

/// Whether a link goes on from what a subscriber has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// It has been sent.
    Sent,
    /// It is the next one.
    Next,
    /// It is a keyframe, which any subscriber can go on with.
    Keyframe,
    /// Something before it was not sent.
    Gap,
}

impl Link {
    /// Whether a chain begins with it.
    pub const fn is_keyframe(&self) -> bool {
        self.index == 0
    }

    /// Whether this link goes on from what a subscriber has been sent.
    pub fn continues(&self, follower: Option<&ChainPosition>) -> Continuity {
        match follower {
            Some(follower) if Arc::ptr_eq(&follower.chain, &self.chain) => match self.index {
                index if index == follower.index => Continuity::Sent,
                index if index == follower.index + 1 => Continuity::Next,
                _ => Continuity::Gap,
            },
            _ if self.is_keyframe() => Continuity::Keyframe,
            _ => Continuity::Gap,
        }
    }

    /// The piece for a subscriber, which is then `follower`.
    pub fn follow(&self, follower: &mut Option<ChainPosition>) -> Piece {
        match follower {
            Some(follower) if Arc::ptr_eq(&follower.chain, &self.chain) => {
                follower.index = self.index;
            }
            _ => {
                self.chain.0.fetch_add(1, Ordering::Relaxed);
                *follower =
                    Some(ChainPosition { chain: Arc::clone(&self.chain), index: self.index });
            }
        }
        self.piece.clone()
    }
}

impl Drop for ChainPosition {
    fn drop(&mut self) {
        self.chain.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The chain of a view that is open, if one is.
#[derive(Debug, Default)]
pub struct ViewChain(Option<OpenChain>);

#[derive(Debug)]
struct OpenChain {
    encoder: zstd::Chain,
    followers: Arc<FollowerCount>,
    /// Links so far.
    links: usize,
    /// How often a subscriber that waits for a keyframe was to be sent a whole figure in the place of a link.
    missed: usize,
    /// When the last one was made.
    spoke: Instant,
}

impl ViewChain {
    /// Lets the compressor go if nobody wants it.
    pub fn trim(&mut self, demand: &Demand) {
        if !demand.wants_chains() {
            self.0 = None;
        }
    }

    /// Bytes that the compressor keeps, about.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |open| open.encoder.bytes())
    }

    /// The link of a publication of a status, a figure or both. There is none if no subscriber wants it, or if it
    /// would have to open a chain and is not a figure alone: a subscriber that has just come has had the
    /// status. A chain ends with a silence of `heartbeat`, when its followers leave it for a comment, and as soon as
    /// a keyframe for all its followers costs no more bytes than those that wait for one have cost.
    pub fn push(
        &mut self,
        demand: &Demand,
        status: Option<&Bytes>,
        figure: Option<&Bytes>,
        heartbeat: Duration,
    ) -> Option<Arc<Link>> {
        self.trim(demand);
        let goes_on = demand.wants_chains()
            && self.0.as_mut().is_some_and(|open| {
                let followers = open.followers.0.load(Ordering::Relaxed);
                open.missed += figure.map_or(0, |_| demand.waiting());
                open.missed < followers
                    && open.links < MOST_LINKS
                    && open.spoke.elapsed() < heartbeat
            });
        if !goes_on {
            self.0 = None;
            if !demand.wants_chains() || status.is_some() {
                return None;
            }
            let keyframe = figure?.len();
            self.0 =
                OpenChain::new(keyframe).inspect_err(|error| warn!("no zstd chain: {error}")).ok();
        }
        let open = self.0.as_mut()?;
        let events: Vec<&[u8]> = status.into_iter().chain(figure).map(|event| &event[..]).collect();
        match open.encoder.push(&events.concat()) {
            Ok(bytes) => {
                open.links += 1;
                open.spoke = Instant::now();
                Some(Arc::new(Link {
                    chain: Arc::clone(&open.followers),
                    index: open.links - 1,
                    piece: Piece::of(bytes),
                    has_status: status.is_some(),
                    has_figure: figure.is_some(),
                }))
            }
            Err(error) => {
                warn!("a zstd chain broke off: {error}");
                self.0 = None;
                None
            }
        }
    }
}

impl OpenChain {
    fn new(keyframe: usize) -> std::io::Result<Self> {
        let encoder = zstd::Chain::new(keyframe, MOST_LINKS)?;
        Ok(Self { encoder, followers: Arc::default(), links: 0, missed: 0, spoke: Instant::now() })
    }
}

#[cfg(test)]
mod tests {
    use super::Continuity::{Gap, Keyframe, Next, Sent};
    use super::{Arc, Bytes, ChainPosition, Demand, Duration, Link, MOST_LINKS, ViewChain};
    use crate::codec::Coding;
    use crate::hub::view::demand::{Claim, Delivery};

    const HEARTBEAT: Duration = Duration::from_secs(15);

    /// A chain that one subscriber wants.
    struct Wanted {
        chain: ViewChain,
        demand: Arc<Demand>,
        claim: Option<Claim>,
    }

    impl Wanted {
        fn new() -> Self {
            let demand = Arc::<Demand>::default();
            let claim = Claim::new(Arc::clone(&demand), Coding::Zstd, Delivery::Chained);
            Self { chain: ViewChain::default(), demand, claim: Some(claim) }
        }

        fn push(&mut self, status: bool, figure: bool) -> Option<Arc<Link>> {
            let event = Bytes::from_static(b"data: {}\n\n");
            let event = |is_there: bool| is_there.then_some(&event);
            self.chain.push(&self.demand, event(status), event(figure), HEARTBEAT)
        }

        fn figure(&mut self) -> Arc<Link> {
            self.push(false, true).expect("a link")
        }

        /// The next figure, with the subscriber in its chain from now on.
        fn followed_figure(&mut self) -> (Arc<Link>, Option<ChainPosition>) {
            let link = self.figure();
            self.claim.as_mut().expect("there").set_in_chain(true);
            let position = followed(&link);
            (link, position)
        }

        /// Subscribers that come and wait for a keyframe.
        fn newcomers(&self, count: usize) -> Vec<Claim> {
            let newcomer =
                |_| Claim::new(Arc::clone(&self.demand), Coding::Zstd, Delivery::Chained);
            (0..count).map(newcomer).collect()
        }
    }

    fn followed(link: &Link) -> Option<ChainPosition> {
        let mut position = None;
        let _ = link.follow(&mut position);
        position
    }

    #[tokio::test(start_paused = true)]
    async fn a_chain_opens_with_a_figure_alone_and_goes_on_with_whatever_is_published() {
        let mut wanted = Wanted::new();
        assert!(wanted.push(true, false).is_none());
        assert!(wanted.push(true, true).is_none());
        let (keyframe, _position) = wanted.followed_figure();
        assert!(keyframe.is_keyframe() && keyframe.has_figure && !keyframe.has_status);
        for (status, figure) in [(true, false), (true, true), (false, true)] {
            let link = wanted.push(status, figure).expect("a link");
            assert_eq!(
                (link.is_keyframe(), link.has_status, link.has_figure),
                (false, status, figure)
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_takes_every_link_after_the_keyframe_or_none_until_the_next_one() {
        let mut wanted = Wanted::new();
        let links = {
            let (keyframe, _position) = wanted.followed_figure();
            [keyframe, wanted.figure(), wanted.figure()]
        };
        let stands = |position: &Option<ChainPosition>| {
            links.each_ref().map(|link| link.continues(position.as_ref()))
        };
        let mut position = None;
        assert_eq!(stands(&position), [Keyframe, Gap, Gap]);
        for (link, expected) in
            links.iter().zip([[Sent, Next, Gap], [Gap, Sent, Next], [Gap, Gap, Sent]])
        {
            let _ = link.follow(&mut position);
            assert_eq!(stands(&position), expected);
        }
        let other = followed(&Wanted::new().figure());
        assert_eq!(stands(&other), [Keyframe, Gap, Gap], "of another chain");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_waits_no_longer_than_the_most_links_for_a_keyframe() {
        let mut wanted = Wanted::new();
        let (keyframe, _first) = wanted.followed_figure();
        let _others: Vec<_> = (0..MOST_LINKS).map(|_| followed(&keyframe)).collect();
        let _newcomer = wanted.newcomers(1);
        let keyframes: Vec<_> =
            (1..=MOST_LINKS).filter(|_| wanted.figure().is_keyframe()).collect();
        assert_eq!(keyframes, [MOST_LINKS]);
    }

    #[tokio::test(start_paused = true)]
    async fn newcomers_wait_until_a_keyframe_for_all_costs_no_more_than_they_did() {
        let mut wanted = Wanted::new();
        let (keyframe, _first) = wanted.followed_figure();
        let _others = [(); 9].map(|()| followed(&keyframe));
        assert!(!wanted.figure().is_keyframe(), "no subscriber waits");
        let few = wanted.newcomers(4);
        for _ in 0..2 {
            assert!(!wanted.figure().is_keyframe(), "four of ten waited once or twice");
            assert!(wanted.push(true, false).is_some(), "a status is short");
        }
        let (keyframe, _first) = wanted.followed_figure();
        assert!(keyframe.is_keyframe(), "four waited a third time");
        let _others = [(); 13].map(|()| followed(&keyframe));
        drop(few);
        let _crowd = wanted.newcomers(14);
        assert!(wanted.figure().is_keyframe(), "as many wait as follow");
    }

    #[tokio::test(start_paused = true)]
    async fn a_chain_ends_when_no_subscriber_follows_it_and_with_a_silence() {
        let mut wanted = Wanted::new();
        let (_, position) = wanted.followed_figure();
        assert!(!wanted.figure().is_keyframe());
        drop(position);
        let (keyframe, _position) = wanted.followed_figure();
        assert!(keyframe.is_keyframe(), "no subscriber followed");
        tokio::time::advance(HEARTBEAT).await;
        assert!(wanted.figure().is_keyframe(), "its followers have left it for a heartbeat");
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_no_chain_that_no_subscriber_wants() {
        let mut wanted = Wanted::new();
        let (_, _position) = wanted.followed_figure();
        wanted.claim = None;
        assert!(wanted.push(false, true).is_none());
        assert_eq!(wanted.chain.bytes(), 0);
    }
}
