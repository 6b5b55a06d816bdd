//! The zstd chain of a view: what zstd subscribers share beyond single pieces.
//!
//! While anybody wants them, all that a view says goes into its chain too. A chain opens with a figure,
//! the keyframe; a subscriber that has had it from there goes on in it, and every other waits for the
//! next keyframe.

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

/// What one publication of a view adds to its chain.
#[derive(Debug)]
pub struct Link {
    chain: Arc<FollowerCount>,
    /// Position in the chain, from 0.
    index: usize,
    piece: Piece,
    /// Whether it says the newest status.
    pub has_status: bool,
    /// Whether it says the newest figure.
    pub has_figure: bool,
}

/// How many subscribers go on in a chain.
#[derive(Debug, Default)]
struct FollowerCount(AtomicUsize);

/// How far one subscriber is in a chain; dropping it leaves the chain.
#[derive(Debug)]
pub struct ChainPosition {
    chain: Arc<FollowerCount>,
    /// The link it has had last.
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

    /// What a publication of a status, a figure or both adds; nothing if nobody wants it, or if it
    /// would have to open a chain and is not a figure alone: a subscriber that has just come has had the
    /// status. A chain ends with a silence of `heartbeat`, when its followers leave it for a comment.
    pub fn push(
        &mut self,
        demand: &Demand,
        status: Option<&Bytes>,
        figure: Option<&Bytes>,
        heartbeat: Duration,
    ) -> Option<Arc<Link>> {
        self.trim(demand);
        let goes_on = demand.wants_chains()
            && self.0.as_ref().is_some_and(|open| {
                let followers = open.followers.0.load(Ordering::Relaxed);
                followers > 0 && open.links < MOST_LINKS && open.spoke.elapsed() < heartbeat
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
        Ok(Self { encoder, followers: Arc::default(), links: 0, spoke: Instant::now() })
    }
}
