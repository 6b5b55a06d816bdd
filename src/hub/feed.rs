//! A feed: the one task that fetches a series, for as long as anybody watches it.

pub mod backoff;
mod fold;
mod silence;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use log::{Level, info, log};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use fold::{Arrival, Fold, Folded};

use super::registry::tables::Tables;
use super::series::{FeedKey, FeedOutput, Series, draws_like};
use super::shared::Shared;
use super::status::{DataState, Health};
use crate::interval::{self, Interval};
use crate::market::SessionNow;
use crate::metrics::Outcome;
use crate::shares::Holders;
use crate::source::{Backlog, Fetched, Lane, Pace, Request, SourceError, Window};
use crate::view::View;

/// How far before its last bar a series is fetched again, in seconds: the bar before the forming one
/// may still change for a minute or two. A tail of days holds the one before, whose close is the
/// previous one, over any holidays.
const fn overlap(grain: Interval) -> i64 {
    if grain.is_intraday() { 5 * 60 } else { 14 * interval::DAY }
}

/// How long after the last trade a series is still asked for as often as before: exchanges delay their
/// data, and correct the close.
const SETTLED: SignedDuration = SignedDuration::from_mins(30);
/// Shortest time between two looks at what the market does.
const SOON: Duration = Duration::from_millis(10);
/// Jitter of the polls of a shared upstream, as a share of the interval.
const POLL_JITTER: f64 = 0.1;

/// The task.
pub struct Feed {
    key: FeedKey,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    out: Arc<watch::Sender<FeedOutput>>,
    /// The clients that watch a view of it.
    holders: Arc<Holders>,
    /// Failures in a row.
    failures: u32,
    /// When the whole series was last fetched; `None` asks for it.
    refreshed: Option<Instant>,
    /// What its answers are folded with.
    fold: Fold,
}

impl Feed {
    /// A feed that tells `out`, for the clients that hold `holders`.
    pub fn new(
        key: FeedKey,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        out: Arc<watch::Sender<FeedOutput>>,
        holders: Arc<Holders>,
    ) -> Self {
        let fold = Fold::default();
        Self { key, shared, tables, out, holders, failures: 0, refreshed: None, fold }
    }

    /// Fetches until nobody watches, the symbol turns out not to exist, or the hub stops.
    pub async fn run(mut self) {
        info!("feed {}: started", self.key);
        while let Some(outcome) = self.unless_abandoned(self.fetch()).await {
            let Some(delay) = self.take(outcome) else {
                return;
            };
            if self.unless_abandoned(sleep(delay)).await.is_none() {
                break;
            }
        }
        info!("feed {}: stopped", self.key);
    }

    /// Runs `work` to its end, and tells meanwhile what the market does when that changes; `None` when
    /// the last watcher left first and none came back before the registry was told, or the hub stops.
    async fn unless_abandoned<F: Future>(&self, work: F) -> Option<F::Output> {
        tokio::pin!(work);
        loop {
            let change = self.until_change();
            tokio::select! {
                output = &mut work => return Some(output),
                () = self.shared.stop.cancelled() => return None,
                () = self.out.closed() => if self.tables.retire_feed(&self.key) { return None },
                () = sleep(change.unwrap_or_default()), if change.is_some() => self.tell_session(),
            }
        }
    }

    /// Time until the market does something else, by its timetable.
    fn until_change(&self) -> Option<Duration> {
        let state = self.out.borrow();
        let until = state.series.as_ref()?.session?.until?;
        let left = until.duration_since(self.now());
        // By a clock that is a little late, or a playback that is slow, it may not have come.
        Some(Duration::try_from(left).unwrap_or_default().max(SOON))
    }

    /// Looks up what the market does now, and tells it if that is news.
    fn tell_session(&self) {
        let (now, since) = (self.now(), self.shared.clock.now());
        self.out.send_if_modified(|state| {
            let Some(known) = &state.series else { return false };
            let session = known.timetable.session_at(now.as_second());
            if session == known.session {
                return false;
            }
            let is_well = matches!(state.health.state, DataState::Live | DataState::Closed);
            let health = Health { session, ..state.health.clone() };
            let current = self.current(session);
            state.health = if is_well && current != health.state {
                Health { state: current, since, ..health }
            } else {
                health
            };
            state.series = Some(Arc::new(Series { session, ..Series::clone(known) }));
            true
        });
    }

    /// What time it is at the source.
    fn now(&self) -> Timestamp {
        self.shared.source.now(&self.key.symbol, &*self.shared.clock)
    }

    /// The state of bars that are current.
    fn current(&self, session: Option<SessionNow>) -> DataState {
        if self.key.is_traded(session) { DataState::Live } else { DataState::Closed }
    }

    async fn fetch(&self) -> (Window, Result<Fetched, SourceError>) {
        let request = self.request();
        let window = request.window;
        let fetch = self.shared.source.fetch(&request, &*self.shared.clock);
        tokio::pin!(fetch);
        let started = Instant::now();
        let outcome = loop {
            let look = self.tell_waiting(&request, started);
            tokio::select! {
                biased;
                outcome = &mut fetch => break outcome,
                () = sleep_until(look) => {}
            }
        };
        let kind = outcome.as_ref().map_or_else(SourceError::kind, |_| "ok");
        self.shared.metrics.fetches.get_or_create(&Outcome(kind)).inc();
        (window, outcome)
    }

    /// Tells what a fetch that `started` waits for, and that the bars are stale when it is late by a whole
    /// interval; when to look again.
    fn tell_waiting(&self, request: &Request, started: Instant) -> Instant {
        let backlog = self.shared.source.backlog(request);
        let waited = started.elapsed();
        let interval = self.pace().min_poll;
        let left = backlog.wait.saturating_sub(waited).max(backlog.turn);
        let (is_waiting, is_late) = (backlog.waiting > 0, waited >= interval);
        let now = self.shared.clock.now();
        self.out.send_if_modified(|state| {
            let health = &mut state.health;
            // What was promised has passed; of a request that is out nobody knows when it is answered.
            let is_over = health.next_check.is_none_or(|at| at <= now) && is_waiting;
            let is_out = health.next_check.is_some() && is_late && !is_waiting;
            if is_over || is_out {
                health.next_check = now.saturating_add(left).ok().filter(|_| is_waiting);
            }
            let is_well = matches!(health.state, DataState::Live | DataState::Closed);
            let is_untold = health.state == DataState::Loading && health.message.is_none();
            let is_news = is_late && (is_well || (is_untold && is_waiting));
            if is_news {
                health.message = Some(self.waits_for(backlog));
            }
            if is_news && is_well {
                (health.state, health.since) = (DataState::Stale, now);
            }
            is_over || is_out || is_news
        });
        let until_late = interval.saturating_sub(waited);
        let look = match (is_waiting, is_late) {
            (true, true) => left,
            (true, false) => left.min(until_late),
            (false, true) => interval,
            (false, false) => until_late,
        };
        Instant::now() + look.max(SOON)
    }

    /// What a fetch that is late waits for, in words.
    fn waits_for(&self, backlog: Backlog) -> String {
        let source = self.shared.source.name();
        match backlog.waiting {
            0 => "the source has not answered in time".to_owned(),
            1 => format!(
                "{source}'s ration of requests is used up, and this series waits for its turn"
            ),
            n => {
                format!("{source}'s ration of requests is used up: {n} series wait for their turn")
            }
        }
    }

    /// The tail since the last bar; everything at first, after a split, and once in a while.
    fn request(&self) -> Request {
        let state = self.out.borrow();
        let slower = self.shared.source.pace().slower(self.key.grain);
        let refresh = self.shared.config.refresh.saturating_mul(slower);
        let fresh = self.refreshed.is_some_and(|at| at.elapsed() < refresh);
        let last = state.series.as_ref().and_then(|series| series.bars.last());
        Request {
            symbol: self.key.symbol.clone(),
            interval: self.key.grain,
            session: self.key.session,
            window: match last {
                // By a clock that was ahead the last bar is one to come.
                Some(bar) if fresh => {
                    let newest = bar.ts.min(self.now().as_second());
                    Window::Since(newest - overlap(self.key.grain))
                }
                _ => Window::from(self.key.depth),
            },
            lane: if state.series.is_some() { Lane::Live } else { Lane::Cold },
            holders: Arc::clone(&self.holders),
        }
    }

    /// Takes in an outcome; the delay until the next fetch, or `None` when the feed is over.
    fn take(
        &mut self,
        (window, outcome): (Window, Result<Fetched, SourceError>),
    ) -> Option<Duration> {
        match outcome {
            Ok(fetched) => Some(self.accept(window, fetched)),
            Err(error) => self.reject(&error),
        }
    }

    fn accept(&mut self, window: Window, fetched: Fetched) -> Duration {
        if self.failures > 0 {
            info!("feed {}: the source answers again", self.key);
            self.failures = 0;
        }
        let known = self.out.borrow().series.clone();
        let is_whole = !matches!(window, Window::Since(_));
        let has_bars = !fetched.bars.is_empty();
        let now = self.now();
        let answer = Arrival { key: &self.key, is_whole, fetched, now: now.as_second() };
        let series = match self.fold.take(known.as_deref(), answer) {
            Folded::Split => {
                self.refreshed = None;
                return Duration::ZERO;
            }
            Folded::Doubted(series) => {
                self.refreshed = None;
                series
            }
            Folded::Series(series) => {
                // An answer without bars was none of the whole series.
                if is_whole && has_bars {
                    self.refreshed = Some(Instant::now());
                }
                series
            }
        };
        let delay = self.poll_delay(&series);
        let silence = silence::of(&series, &self.key, has_bars, now);
        self.publish(*series, known, silence, delay);
        delay
    }

    /// Tells a series; `silence` is why its bars are no live ones.
    fn publish(
        &self,
        series: Series,
        known: Option<Arc<Series>>,
        silence: Option<String>,
        delay: Duration,
    ) {
        let now = self.shared.clock.now();
        let (session, as_of) = (series.session, series.as_of());
        let state = if silence.is_some() { DataState::Stale } else { self.current(session) };
        let series =
            known.filter(|known| draws_like(known, &series)).unwrap_or_else(|| Arc::new(series));
        let next = Request { lane: Lane::Live, ..self.request() };
        let wait = self.shared.source.backlog(&next).wait;
        self.out.send_modify(|slot| {
            let since = if slot.health.state == state { slot.health.since } else { now };
            let (checked, next_check) = (Some(now), now.saturating_add(delay + wait).ok());
            let message = silence;
            slot.health = Health { state, since, message, session, as_of, checked, next_check };
            slot.series = Some(series);
        });
    }

    fn reject(&mut self, error: &SourceError) -> Option<Duration> {
        let known = self.out.borrow().series.is_some();
        self.log(error);
        let now = self.shared.clock.now();
        if matches!(error, SourceError::NotFound { .. }) && !known {
            // Charts that are compared with it go on without it.
            let fed = |view: &View| self.shared.feed_of(view).is_ok_and(|key| key == self.key);
            self.tables.forget(&self.key, fed);
            self.out.send_modify(|slot| {
                let message = Some(error.to_string());
                slot.health = Health { message, ..Health::new(DataState::NotFound, now) };
            });
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let backoff = backoff::after(self.failures, self.shared.config.backoff_max);
        let delay = match error {
            SourceError::Blocked { retry_after, .. } => backoff + *retry_after,
            SourceError::Refused { .. } => {
                // The tail may reach back further than the source does; the whole never does.
                self.refreshed = None;
                self.shared.config.backoff_max
            }
            _ => backoff,
        };
        self.out.send_modify(|slot| {
            let since = if slot.health.state == DataState::Error { slot.health.since } else { now };
            let (message, next_check) = (Some(error.to_string()), now.saturating_add(delay).ok());
            let known = slot.health.clone();
            slot.health = Health { state: DataState::Error, since, message, next_check, ..known };
        });
        Some(delay)
    }

    /// One line for the first failure of a row, the cause with it; the rest are for debugging. A
    /// symbol that does not exist is nobody's failure.
    fn log(&self, error: &SourceError) {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        let level = match error {
            SourceError::NotFound { .. } => Level::Info,
            _ if self.failures == 0 => Level::Warn,
            _ => Level::Debug,
        };
        log!(level, "feed {}: {error}{cause}", self.key);
    }

    fn pace(&self) -> Pace {
        self.shared.source.pace().of(self.key.grain)
    }

    fn poll_delay(&self, series: &Series) -> Duration {
        let now = self.now();
        let is_settled = series.as_of().is_some_and(|at| now.duration_since(at) > SETTLED);
        let rests = is_settled && !self.key.is_traded(series.session);
        let pace = if rests { self.pace().while_closed() } else { self.pace() };
        let interval = pace.min_poll;
        let delay = match pace.request_rate {
            Some(_) => backoff::between(interval, interval.mul_f64(1.0 + POLL_JITTER)),
            None => interval,
        };
        // An open is not slept through.
        let opens = series.timetable.phases().iter().find_map(|phase| {
            let start = Timestamp::from_second(phase.period.start).ok()?;
            (start > now && self.key.trades_in(phase.state)).then_some(start)
        });
        let left = opens.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        left.map_or(delay, |left| delay.min(left))
    }
}
