//! What a connection is doing, and when it has taken too long for it: a state machine that is told the time.
//!
//! A client may be slow. It may not fall silent half-way through a request, may not send bytes that belong to no
//! request, and may not leave an answer unread for ever.

use std::time::Duration;

use tcp_peer::Peer;
use tokio::time::Instant;

use crate::config::ServerConfig;

/// How long a connection may be idle between two requests.
pub const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// What the HTTP layer is given to end a connection by itself, with a word to the client.
pub const GRACE: Duration = Duration::from_secs(1);
/// Most bytes that are read behind a request while it is answered: the requests that a client has sent ahead,
/// or a body that no route reads.
const MOST_AHEAD: usize = 64 * 1_024;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To send a request, from its first byte to its last.
    pub request: Duration,
    /// To take a byte of a plain answer, and to acknowledge one of a stream.
    pub write: Duration,
    /// To take a byte of a stream, while it acknowledges that it is there.
    pub stall: Duration,
}

/// Why a connection is ended before its client ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// See the message.
    #[error("no whole request came in time")]
    Late,
    /// See the message.
    #[error("bytes came that belong to no request")]
    Flooded,
    /// See the message.
    #[error("nothing of the answer was taken for too long")]
    Stalled,
    /// See the message.
    #[error("nothing was acknowledged for too long")]
    Vanished,
    /// See the message.
    #[error("it waited for a request, and another connection needed its place")]
    Displaced,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Late, Self::Flooded, Self::Stalled, Self::Vanished, Self::Displaced];

    /// Its name in the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Flooded => "flooded",
            Self::Stalled => "stalled",
            Self::Vanished => "vanished",
            Self::Displaced => "displaced",
        }
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Waiting for a request that is whole.
    Waiting {
        since: Instant,
        until: Instant,
        /// Whether anything of the request has come.
        begun: bool,
    },
    /// Waiting for what to answer.
    Handling,
    /// Sending an answer that has an end.
    Answering,
    /// Sending a stream.
    Streaming,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    activity: Activity,
    /// Bytes read since the request that is answered.
    ahead: usize,
    /// Most of them.
    most_ahead: usize,
    /// Since when the kernel takes no more bytes.
    blocked: Option<Instant>,
    /// Whether bytes were sent of which it is not known that they arrived.
    unconfirmed: bool,
    /// When the other end is looked at next, if bytes are not confirmed.
    next_look: Instant,
    /// The first look since which an acknowledgement is missing.
    missing_since: Option<Instant>,
}

impl Progress {
    /// A connection that has just been opened.
    pub fn new(now: Instant, patience: &Patience) -> Self {
        Self {
            activity: Activity::Waiting {
                since: now,
                until: now + patience.request + GRACE,
                begun: true,
            },
            ahead: 0,
            most_ahead: MOST_AHEAD,
            blocked: None,
            unconfirmed: false,
            next_look: now,
            missing_since: None,
        }
    }

    /// A request is whole, but for a body of at most `body` bytes that its route reads.
    pub const fn begin(&mut self, body: usize) {
        self.activity = Activity::Handling;
        self.ahead = 0;
        self.most_ahead = MOST_AHEAD.saturating_add(body);
    }

    /// It is answered, by a stream or by something that has an end.
    pub const fn answer(&mut self, streams: bool) {
        self.activity = if streams { Activity::Streaming } else { Activity::Answering };
    }

    /// The answer is over.
    pub fn end(&mut self, now: Instant) {
        let until = now + KEEP_ALIVE + GRACE;
        self.activity = Activity::Waiting { since: now, until, begun: false };
        self.unconfirmed = false;
        self.missing_since = None;
    }

    /// Whether an answer that has an end is being sent.
    pub fn is_answering(&self) -> bool {
        self.activity == Activity::Answering
    }

    /// Since when it waits for a request, if it does.
    pub const fn waits_since(&self) -> Option<Instant> {
        match self.activity {
            Activity::Waiting { since, .. } => Some(since),
            _ => None,
        }
    }

    /// The client has sent so many bytes.
    pub fn read(&mut self, count: usize, now: Instant, patience: &Patience) -> Result<(), Cut> {
        match &mut self.activity {
            Activity::Waiting { until, begun, .. } => {
                if !*begun {
                    *begun = true;
                    *until = now + patience.request;
                }
            }
            _ => self.ahead += count,
        }
        if self.ahead > self.most_ahead { Err(Cut::Flooded) } else { Ok(()) }
    }

    /// The kernel has taken bytes.
    pub const fn wrote(&mut self) {
        self.blocked = None;
        self.unconfirmed = true;
    }

    /// The kernel takes no more.
    pub fn block(&mut self, now: Instant) {
        self.blocked.get_or_insert(now);
    }

    /// Whether it has taken too long.
    pub fn overdue(&self, now: Instant, patience: &Patience) -> Option<Cut> {
        let blocked_for = |longest| self.blocked.is_some_and(|since| now >= since + longest);
        match self.activity {
            Activity::Waiting { until, .. } => (now >= until).then_some(Cut::Late),
            Activity::Handling => None,
            Activity::Answering => blocked_for(patience.write).then_some(Cut::Stalled),
            Activity::Streaming => blocked_for(patience.stall).then_some(Cut::Stalled),
        }
    }

    /// Whether it is time to look at the other end: only at that of a stream, because any other answer
    /// is over or blocked soon.
    pub fn is_look_due(&self, now: Instant) -> bool {
        let is_open = self.unconfirmed || self.blocked.is_some();
        is_open && now >= self.next_look && self.activity == Activity::Streaming
    }

    /// What was seen there. Slow is not gone: an end without room answers every question of the kernel.
    pub fn saw(&mut self, peer: Peer, now: Instant, patience: &Patience) -> Result<(), Cut> {
        self.next_look = now + patience.write / 4;
        self.unconfirmed = peer.owes;
        // It may owe an answer since a moment ago, so the time begins with this look.
        let is_missing_since = |since: Instant| peer.owes && now - peer.silent <= since;
        self.missing_since = match self.missing_since {
            Some(since) if is_missing_since(since) => Some(since),
            _ => peer.owes.then_some(now),
        };
        match self.missing_since {
            Some(since) if now >= since + patience.write => Err(Cut::Vanished),
            _ => Ok(()),
        }
    }
}

impl From<&ServerConfig> for Patience {
    fn from(config: &ServerConfig) -> Self {
        Self {
            request: config.request_timeout,
            write: config.write_timeout,
            stall: config.stall_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tcp_peer::Peer;
    use tokio::time::Instant;

    use super::{Cut, GRACE, KEEP_ALIVE, MOST_AHEAD, Patience, Progress};

    const PATIENCE: Patience = Patience {
        request: Duration::from_secs(5),
        write: Duration::from_secs(10),
        stall: Duration::from_mins(5),
    };
    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> (Progress, Instant) {
        let now = Instant::now();
        (Progress::new(now, &PATIENCE), now)
    }

    /// When it is cut if nothing happens from now on.
    fn cut_after(progress: &Progress, now: Instant) -> Option<(u32, Cut)> {
        let after = |seconds: u32| {
            let cut = progress.overdue(now + seconds * SECOND, &PATIENCE)?;
            Some((seconds, cut))
        };
        (0..1_000).find_map(after)
    }

    #[test]
    fn a_request_has_its_time_from_its_first_byte_however_many_more_come() {
        let (mut progress, now) = opened();
        assert_eq!(cut_after(&progress, now), Some((6, Cut::Late)), "one that never begins");
        for seconds in 0..5 {
            progress.read(1, now + seconds * SECOND, &PATIENCE).expect("few");
            assert_eq!(cut_after(&progress, now), Some((6, Cut::Late)), "the first");
        }
        progress.begin(0);
        progress.answer(false);
        progress.end(now);
        assert_eq!(KEEP_ALIVE + GRACE, 6 * SECOND);
        assert_eq!(cut_after(&progress, now), Some((6, Cut::Late)), "nothing more comes");
        let first = now + 3 * SECOND;
        for seconds in 0..5 {
            progress.read(1, first + seconds * SECOND, &PATIENCE).expect("few");
            assert_eq!(cut_after(&progress, first), Some((5, Cut::Late)), "the next");
        }
    }

    #[test]
    fn what_comes_while_a_request_is_answered_is_bounded_in_bytes_and_not_in_time() {
        let (mut progress, now) = opened();
        progress.begin(0);
        for streams in [false, true] {
            assert_eq!(progress.read(MOST_AHEAD / 2, now, &PATIENCE), Ok(()));
            progress.answer(streams);
            assert_eq!(cut_after(&progress, now), None);
        }
        assert_eq!(progress.read(1, now, &PATIENCE), Err(Cut::Flooded));
    }

    #[test]
    fn an_answer_is_given_less_time_than_a_stream_and_any_byte_taken_gives_it_all_again() {
        for (streams, seconds) in [(false, 10), (true, 300)] {
            let (mut progress, now) = opened();
            progress.begin(0);
            progress.answer(streams);
            progress.block(now);
            progress.block(now + SECOND);
            assert_eq!(cut_after(&progress, now), Some((seconds, Cut::Stalled)));
            progress.wrote();
            assert_eq!(cut_after(&progress, now), None);
            progress.block(now + 7 * SECOND);
            assert_eq!(cut_after(&progress, now), Some((seconds + 7, Cut::Stalled)));
        }
    }

    /// A stream that has just been written to.
    fn streaming() -> (Progress, Instant) {
        let (mut progress, now) = opened();
        progress.begin(0);
        progress.answer(true);
        progress.wrote();
        (progress, now)
    }

    #[test]
    fn an_end_that_acknowledges_nothing_is_gone_after_the_time_to_write_and_not_before() {
        let (mut progress, now) = streaming();
        let mut at = now;
        while progress.saw(Peer { owes: true, silent: at - now }, at, &PATIENCE).is_ok() {
            assert!(progress.is_look_due(at + PATIENCE.write / 4));
            at += PATIENCE.write / 4;
        }
        assert_eq!(at - now, PATIENCE.write);
    }

    #[test]
    fn an_end_is_looked_at_again_only_when_it_owes_or_is_sent_more() {
        let (mut progress, now) = streaming();
        assert!(progress.is_look_due(now));
        progress.saw(Peer { owes: false, silent: SECOND }, now, &PATIENCE).expect("there");
        assert!(!progress.is_look_due(now + Duration::from_hours(1)));
        progress.wrote();
        assert!(!progress.is_look_due(now + SECOND), "not for every event");
        assert!(progress.is_look_due(now + 3 * SECOND));
    }

    proptest! {
        /// Whatever an end owes at the looks, with an acknowledgement between any two of them it is there.
        #[test]
        fn an_end_that_answers_between_the_looks_is_never_taken_for_gone(
            looks in prop::collection::vec((1_u64..60_000, any::<bool>()), 1..100)
        ) {
            let (mut progress, mut now) = streaming();
            for (passed, owes) in looks {
                now += Duration::from_millis(passed);
                let silent = Duration::from_millis(passed / 2);
                prop_assert_eq!(progress.saw(Peer { owes, silent }, now, &PATIENCE), Ok(()));
            }
        }
    }
}
