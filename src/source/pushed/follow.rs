//! One open series of a pushed symbol: what was committed, read together a moment later.

use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use super::series::Facts;
use super::store::NAME;
use super::symbols::Pushed;
use crate::history::{Changes, HistoryError, KeptBars, Reach, Watcher};
use crate::source::error::SourceError;
use crate::source::key::SeriesKey;
use crate::source::update::Update;
use crate::view::Range;

/// First and longest time after which a history that cannot be read is read again.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// Shortest time between two looks whether pushes have stopped, and that while the market is closed.
const SOON: Duration = Duration::from_millis(10);
const REST: Duration = Duration::from_secs(30);
/// Days that are read beyond what the series reaches back to: a week of holidays.
const SPARE_DAYS: u32 = 7;

/// Follows one series.
pub(super) struct Following {
    source: Pushed,
    key: SeriesKey,
    watcher: Watcher,
    facts: Facts,
    /// The close before the day of the newest bar.
    previous_close: Option<f64>,
    /// The start of the newest bar.
    newest: Option<i64>,
    /// What is to be read next.
    pending: Changes,
    /// When that is read.
    due: Instant,
    /// Readings that failed in a row.
    failures: u32,
    /// Whether it was said that pushes have stopped.
    is_stale: bool,
    /// Before this it is not looked whether they have.
    look: Instant,
    /// What the series has told of its symbol.
    presence: Presence,
}

/// What a series has told of its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Nothing.
    Untold,
    /// That there are no bars yet.
    Awaited,
    /// Its bars.
    There,
    /// That it is gone.
    Gone,
}

impl Following {
    /// Reads everything at once, and then what is news.
    pub(super) fn new(source: Pushed, key: SeriesKey) -> Self {
        Self {
            // Watched before it is read, so that nothing is missed in between.
            watcher: source.store.watch(&key.symbol, key.grain),
            facts: source.facts(&key.symbol),
            source,
            key,
            previous_close: None,
            newest: None,
            pending: Changes { is_renewed: true, ..Changes::default() },
            due: Instant::now(),
            failures: 0,
            is_stale: false,
            look: Instant::now(),
            presence: Presence::Untold,
        }
    }

    /// The next update; `None` after the last one.
    pub(super) async fn next(&mut self) -> Option<Update> {
        if self.presence == Presence::Gone {
            return None;
        }
        loop {
            if self.pending == Changes::default() {
                let stale = self.until_stale();
                tokio::select! {
                    biased;
                    () = self.watcher.changed() => {
                        // What comes within the window is shown together.
                        self.due = Instant::now() + self.source.policy.window;
                        self.pending = self.watcher.take();
                    }
                    () = sleep(stale.unwrap_or_default()), if stale.is_some() => {
                        if let Some(update) = self.tell_stale() {
                            return Some(update);
                        }
                    }
                }
                continue;
            }
            sleep_until(self.due).await;
            if self.watcher.changed().now_or_never().is_some() {
                self.pending.join(self.watcher.take());
            }
            if let Some(update) = self.read().await {
                return Some(update);
            }
        }
    }

    /// Reads what is pending; nothing where that is no news.
    async fn read(&mut self) -> Option<Update> {
        let kept = self.source.store.symbol(&self.key.symbol);
        match kept.map(|kept| kept.intervals) {
            None if self.presence == Presence::There || !self.source.awaits() => {
                return Some(self.end(self.source.unknown(&self.key.symbol)));
            }
            // Its chart was planned for bars of another length than those that have come.
            Some(intervals)
                if self.presence == Presence::Awaited
                    && !intervals.is_empty()
                    && !intervals.contains(&self.key.grain) =>
            {
                return Some(self.end(Pushed::lacks(&self.key, &intervals)));
            }
            Some(intervals) if !intervals.is_empty() => {
                self.presence = Presence::There;
            }
            _ => return self.wait(),
        }
        let pending = std::mem::take(&mut self.pending);
        let was_stale = std::mem::take(&mut self.is_stale);
        let reach = match pending.bars {
            _ if pending.is_renewed => Some(self.reach()),
            // With the bar before them, whose close may be that of the day before.
            Some((first, last)) => {
                Some(Reach::Between(self.newest.map_or(first, |newest| first.min(newest)), last))
            }
            None => None,
        };
        let Some(reach) = reach else {
            // The sender is there, and says the same again.
            return was_stale.then_some(Update::Checked { next_check: None });
        };
        let (symbol, grain) = (self.key.symbol.clone(), self.key.grain);
        match self.source.store.bars(symbol, grain, reach).await {
            Ok(kept) => {
                self.failures = 0;
                if pending.is_renewed {
                    self.facts = self.source.facts(&self.key.symbol);
                }
                Some(self.told(kept, pending.is_renewed))
            }
            Err(problem) => {
                self.pending = pending;
                Some(self.failed(&problem))
            }
        }
    }

    /// Says once that there are no bars yet.
    fn wait(&mut self) -> Option<Update> {
        self.pending = Changes::default();
        let late = Some(Pushed::waits(&self.key.symbol));
        let was = std::mem::replace(&mut self.presence, Presence::Awaited);
        (was != Presence::Awaited).then_some(Update::Waiting { late, next_check: None })
    }

    fn end(&mut self, error: SourceError) -> Update {
        self.presence = Presence::Gone;
        Update::NotFound(error)
    }

    fn told(&mut self, kept: KeptBars, is_whole: bool) -> Update {
        let now = self.source.clock.now();
        let before = if is_whole { None } else { self.previous_close };
        let fetched = self.facts.fetched(kept, self.key.grain, before, now);
        self.previous_close = fetched.instrument.previous_close;
        let newest = fetched.bars.last().map(|bar| bar.ts);
        self.newest = if is_whole { newest } else { self.newest.max(newest) };
        if is_whole {
            Update::Whole { fetched, next_check: None }
        } else {
            Update::Tail { fetched, next_check: None }
        }
    }

    fn failed(&mut self, problem: &HistoryError) -> Update {
        let [first, longest] = AGAIN;
        let pause = first.saturating_mul(1 << self.failures.min(5)).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + pause;
        let error =
            SourceError::Unavailable { origin: NAME, detail: problem.to_string(), cause: None };
        Update::Trouble { error, next_check: self.source.clock.now().saturating_add(pause).ok() }
    }

    /// How far back the series is read.
    fn reach(&self) -> Reach {
        match self.key.depth {
            Range::Max => Reach::All,
            depth => Reach::Days(depth.days().saturating_mul(2).saturating_add(SPARE_DAYS)),
        }
    }

    /// When something was last pushed.
    fn written(&self) -> Option<Timestamp> {
        let kept = self.source.store.symbol(&self.key.symbol)?;
        Timestamp::from_millisecond(kept.written).ok()
    }

    /// Time until the series is stale, unless that was said.
    fn until_stale(&self) -> Option<Duration> {
        if self.is_stale || self.presence != Presence::There {
            return None;
        }
        let stale_after = SignedDuration::try_from(self.source.policy.stale_after).ok()?;
        let left = stale_after - self.source.clock.now().duration_since(self.written()?);
        let left = Duration::try_from(left).unwrap_or_default();
        Some(left.max(self.look.saturating_duration_since(Instant::now())))
    }

    /// Says that pushes have stopped, if they have while the market is open.
    fn tell_stale(&mut self) -> Option<Update> {
        let (now, written) = (self.source.clock.now(), self.written()?);
        let silent = Duration::try_from(now.duration_since(written)).unwrap_or_default();
        let session = self.facts.timetable(now).session_at(now.as_second());
        let is_silent = silent >= self.source.policy.stale_after;
        if !is_silent || !self.key.is_traded(session) {
            // A clock may be a little late, and a market opens again.
            self.look = Instant::now() + if is_silent { REST } else { SOON };
            return None;
        }
        self.is_stale = true;
        let since = written.strftime("%Y-%m-%d %H:%M:%S UTC");
        let late = Some(format!("nothing was pushed since {since}"));
        Some(Update::Waiting { late, next_check: None })
    }
}
