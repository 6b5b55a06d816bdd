//! A feed: the one task that fetches a series, for as long as anybody watches it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use log::{Level, info, log};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::fold::{Answer, Fold, Folded};
use super::series::{FeedKey, FeedState, Series, draws_like};
use super::shared::Shared;
use super::status::{Health, State};
use super::tables::Tables;
use super::{backoff, silence};
use crate::interval::{self, Interval};
use crate::market::SessionNow;
use crate::metrics::Outcome;
use crate::source::{Fetched, Lane, Request, SourceError, Window};
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
    out: Arc<watch::Sender<FeedState>>,
    /// Failures in a row.
    failures: u32,
    /// When the whole series was last fetched; `None` asks for it.
    refreshed: Option<Instant>,
    /// What its answers are folded with.
    fold: Fold,
}

impl Feed {
    /// A feed that tells `out`.
    pub fn new(
        key: FeedKey,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        out: Arc<watch::Sender<FeedState>>,
    ) -> Self {
        Self { key, shared, tables, out, failures: 0, refreshed: None, fold: Fold::default() }
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
            let is_well = matches!(state.health.state, State::Live | State::Closed);
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
    fn current(&self, session: Option<SessionNow>) -> State {
        if self.key.is_traded(session) { State::Live } else { State::Closed }
    }

    async fn fetch(&self) -> (Window, Result<Fetched, SourceError>) {
        let request = self.request();
        let window = request.window;
        let fetch = self.shared.source.fetch(&request, &*self.shared.clock);
        tokio::pin!(fetch);
        // An answer that is late by a whole interval leaves stale bars on the screen.
        let outcome = if let Ok(outcome) = timeout(self.poll_interval(), &mut fetch).await {
            outcome
        } else {
            self.mark_stale();
            fetch.await
        };
        let kind = outcome.as_ref().map_or_else(SourceError::kind, |_| "ok");
        self.shared.metrics.fetches.get_or_create(&Outcome(kind)).inc();
        (window, outcome)
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
        }
    }

    fn mark_stale(&self) {
        let now = self.shared.clock.now();
        self.out.send_if_modified(|state| {
            let current = matches!(state.health.state, State::Live | State::Closed);
            if current {
                let message = Some("the source has not answered in time".to_owned());
                state.health =
                    Health { state: State::Stale, since: now, message, ..state.health.clone() };
            }
            current
        });
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
        let answer = Answer { key: &self.key, is_whole, fetched, now: now.as_second() };
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
        let state = if silence.is_some() { State::Stale } else { self.current(session) };
        let series =
            known.filter(|known| draws_like(known, &series)).unwrap_or_else(|| Arc::new(series));
        self.out.send_modify(|slot| {
            let since = if slot.health.state == state { slot.health.since } else { now };
            let (checked, next_check) = (Some(now), now.saturating_add(delay).ok());
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
                slot.health = Health { message, ..Health::new(State::NotFound, now) };
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
            let since = if slot.health.state == State::Error { slot.health.since } else { now };
            let (message, next_check) = (Some(error.to_string()), now.saturating_add(delay).ok());
            let known = slot.health.clone();
            slot.health = Health { state: State::Error, since, message, next_check, ..known };
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

    /// Time between two polls when all feeds share the source's request rate.
    fn poll_interval(&self) -> Duration {
        self.shared.source.pace().of(self.key.grain).effective_poll(self.tables.feeds())
    }

    fn poll_delay(&self, series: &Series) -> Duration {
        let now = self.now();
        let is_settled = series.as_of().is_some_and(|at| now.duration_since(at) > SETTLED);
        let rests = is_settled && !self.key.is_traded(series.session);
        let pace = self.shared.source.pace().of(self.key.grain);
        let pace = if rests { pace.while_closed() } else { pace };
        let interval = pace.effective_poll(self.tables.feeds());
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
