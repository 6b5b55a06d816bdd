//! Groups of a view: what zstd subscribers share beyond single pieces.
//!
//! While anybody wants them, all that a view says goes into its group too. A group opens with a
//! figure; whoever has had it from there goes on in it, and everybody else waits for the next to open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use log::warn;
use tokio::time::Instant;

use super::demand::Demand;
use crate::codec::zstd;

/// Most parts of a group: a newcomer waits no longer than that for one to enter.
const MOST_PARTS: usize = 30;

/// What one publication of a view adds to its group.
#[derive(Debug)]
pub struct Part {
    group: Arc<Members>,
    /// Position in the group, from 0.
    index: usize,
    /// Of the first part: what ends another group, and the part.
    bytes: Bytes,
    /// Whether it says the newest status.
    pub has_status: bool,
    /// Whether it says the newest figure.
    pub has_figure: bool,
}

/// How many subscribers go on in a group.
#[derive(Debug, Default)]
struct Members(AtomicUsize);

/// One subscriber's place in a group; dropping it leaves the group.
#[derive(Debug)]
pub struct Member {
    group: Arc<Members>,
    /// The part it has had last.
    index: usize,
}

/// How a part stands to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has had it.
    Had,
    /// It is the next one.
    Next,
    /// It can be had by leaving what group there is and entering this one.
    Opens,
    /// It has missed what was before.
    Missed,
}

impl Part {
    /// Whether a group begins with it.
    pub const fn opens(&self) -> bool {
        self.index == 0
    }

    /// How this part stands to a subscriber.
    pub fn stands_to(&self, member: Option<&Member>) -> Standing {
        match member {
            Some(member) if Arc::ptr_eq(&member.group, &self.group) => match self.index {
                index if index == member.index => Standing::Had,
                index if index == member.index + 1 => Standing::Next,
                _ => Standing::Missed,
            },
            _ if self.index == 0 => Standing::Opens,
            _ => Standing::Missed,
        }
    }

    /// The bytes for a subscriber, who is then `member`.
    pub fn enter(&self, member: &mut Option<Member>) -> Bytes {
        match member {
            Some(member) if Arc::ptr_eq(&member.group, &self.group) => {
                member.index = self.index;
                self.bytes.clone()
            }
            _ => {
                // Out of the group that it is in, and only then.
                let skip = if member.is_some() { 0 } else { zstd::CUT.len() };
                self.group.0.fetch_add(1, Ordering::Relaxed);
                *member = Some(Member { group: Arc::clone(&self.group), index: self.index });
                self.bytes.slice(skip..)
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.group.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The group of a view that is open, if one is.
#[derive(Debug, Default)]
pub struct Groups(Option<Open>);

#[derive(Debug)]
struct Open {
    encoder: zstd::Group,
    members: Arc<Members>,
    /// Parts so far.
    parts: usize,
    /// When the last one was made.
    spoke: Instant,
}

impl Groups {
    /// Lets the compressor go if nobody wants it.
    pub fn trim(&mut self, demand: &Demand) {
        if !demand.wants_groups() {
            self.0 = None;
        }
    }

    /// What a publication of a status, a figure or both adds; nothing if nobody wants it, or if it
    /// would have to open a group and is not a figure alone: who has just come has had the status. A
    /// group ends with a silence of `heartbeat`, when its members leave it for a comment.
    pub fn push(
        &mut self,
        demand: &Demand,
        status: Option<&Bytes>,
        figure: Option<&Bytes>,
        heartbeat: Duration,
    ) -> Option<Arc<Part>> {
        self.trim(demand);
        let goes_on = demand.wants_groups()
            && self.0.as_ref().is_some_and(|open| {
                let members = open.members.0.load(Ordering::Relaxed);
                members > 0 && open.parts < MOST_PARTS && open.spoke.elapsed() < heartbeat
            });
        if !goes_on {
            self.0 = None;
            if !demand.wants_groups() || status.is_some() {
                return None;
            }
            let first = figure?.len();
            self.0 = Open::new(first).inspect_err(|error| warn!("no zstd group: {error}")).ok();
        }
        let open = self.0.as_mut()?;
        let events: Vec<&[u8]> = status.into_iter().chain(figure).map(|event| &event[..]).collect();
        match open.push(&events.concat()) {
            Ok(bytes) => {
                open.parts += 1;
                open.spoke = Instant::now();
                Some(Arc::new(Part {
                    group: Arc::clone(&open.members),
                    index: open.parts - 1,
                    bytes,
                    has_status: status.is_some(),
                    has_figure: figure.is_some(),
                }))
            }
            Err(error) => {
                warn!("a zstd group broke off: {error}");
                self.0 = None;
                None
            }
        }
    }
}

impl Open {
    fn new(first: usize) -> std::io::Result<Self> {
        let encoder = zstd::Group::new(first, MOST_PARTS)?;
        Ok(Self { encoder, members: Arc::default(), parts: 0, spoke: Instant::now() })
    }

    fn push(&mut self, events: &[u8]) -> std::io::Result<Bytes> {
        let prefix = if self.parts == 0 { &zstd::CUT[..] } else { &[] };
        self.encoder.push(prefix, events)
    }
}
