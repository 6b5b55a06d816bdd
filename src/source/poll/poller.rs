//! The rhythm of one series: when its fetcher is asked next, for what, and what is said meanwhile.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep_until};

use super::answers::{Answers, Verdict};
use super::backoff;
use crate::clock::Clock;
use crate::jitter;
use crate::shares::Holders;
use crate::source::error::SourceError;
use crate::source::fetch::{Backlog, Fetch, FetchRequest, PollPolicy, Priority, Window};
use crate::source::key::SeriesKey;
use crate::source::update::{Fetched, Known, Update};

/// How long after the last trade a series is still asked for as often as before: exchanges delay their
/// data, and correct the close.
const SETTLED: SignedDuration = SignedDuration::from_mins(30);
/// Shortest time between two looks at a fetch that is under way.
const SOON: Duration = Duration::from_millis(10);
/// Jitter of the polls of a shared upstream, as a share of the interval.
const POLL_JITTER: f64 = 0.1;
/// An upstream without a ration is asked on a beat, of which an interval has so many: what is due at about the
/// same time is fetched, folded and drawn in one go, and wakes each thread once.
const BEATS: u32 = 20;

/// When a fetcher is asked for more than its own policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollTiming {
    /// Time between two fetches of a series as a whole, which pick up late corrections.
    pub refresh: Duration,
    /// Longest delay between two tries of a failing fetch.
    pub backoff_max: Duration,
}

impl Default for PollTiming {
    fn default() -> Self {
        Self { refresh: Duration::from_mins(10), backoff_max: Duration::from_mins(1) }
    }
}

/// Asks for one series.
pub(in crate::source) struct Poller<F> {
    fetcher: Arc<F>,
    /// What time it is here.
    clock: Arc<dyn Clock>,
    /// What time it is at the source.
    market: Arc<dyn Clock>,
    timing: PollTiming,
    /// The first beat, where it is asked on one.
    first_beat: Option<Instant>,
    key: SeriesKey,
    watchers: Arc<Holders>,
    /// What the answers said so far.
    answers: Answers,
    /// Failures in a row.
    failures: u32,
    /// When the whole series was last fetched; `None` asks for it.
    refreshed: Option<Instant>,
    /// When the next fetch begins.
    due: Instant,
    /// Whether it is only asked now and then, because the series is told of what happens.
    rests: bool,
    /// How many requests have begun.
    begun: u64,
    /// Which of them was answered last, counted from 1.
    answered: u64,
    /// Whether to ask again as soon as the request that is out is answered.
    again: bool,
    /// The fetch that is under way.
    fetching: Option<Fetching>,
    /// When the next answer was last promised for.
    next_check: Option<Timestamp>,
    /// The symbol does not exist, which was said.
    ended: bool,
}

/// A fetch that is under way.
struct Fetching {
    request: FetchRequest,
    answer: BoxFuture<'static, Result<Fetched, SourceError>>,
    started: Instant,
    /// When to look again what it waits for.
    look: Instant,
    /// Whether it was said that it is late.
    is_told: bool,
}

impl<F: Fetch> Poller<F> {
    /// Asks at once, and then in the rhythm of `fetcher`.
    pub(in crate::source) fn new(
        fetcher: Arc<F>,
        clock: Arc<dyn Clock>,
        timing: PollTiming,
        key: SeriesKey,
        watchers: Arc<Holders>,
    ) -> Self {
        Self {
            market: fetcher.clock(&key.symbol),
            fetcher,
            clock,
            timing,
            first_beat: None,
            key,
            watchers,
            answers: Answers::default(),
            failures: 0,
            refreshed: None,
            due: Instant::now(),
            rests: false,
            begun: 0,
            answered: 0,
            again: false,
            fetching: None,
            next_check: None,
            ended: false,
        }
    }

    /// The same on a common beat, of which `first` was the first.
    pub(super) fn on_beat(self, first: Instant) -> Self {
        Self { first_beat: Some(first), ..self }
    }

    /// The same of a series of which that is known: it asks for the tail first, and for everything when that is due.
    pub(in crate::source) fn knowing(mut self, known: Option<&Known>) -> Self {
        if let Some(Known { fetched, refreshed }) = known {
            let now = self.now();
            self.answers.take(&self.key, true, fetched, now);
            self.refreshed = Some(*refreshed);
        }
        self
    }

    /// The next update; `None` after the last one.
    pub(in crate::source) async fn next(&mut self) -> Option<Update> {
        while !self.ended {
            let Some(fetching) = &mut self.fetching else {
                sleep_until(self.due).await;
                self.begun += 1;
                self.fetching = Some(self.begin());
                if let Some(update) = self.look() {
                    return Some(update);
                }
                continue;
            };
            let outcome = tokio::select! {
                biased;
                outcome = &mut fetching.answer => Some(outcome),
                () = sleep_until(fetching.look) => None,
            };
            if let Some(outcome) = outcome {
                let window = fetching.request.window;
                self.fetching = None;
                let update = match outcome {
                    Ok(fetched) => {
                        self.answered = self.begun;
                        self.accept(window, fetched)
                    }
                    Err(error) => self.reject(error),
                };
                if std::mem::take(&mut self.again) {
                    self.hurry();
                }
                return Some(update);
            }
            if let Some(update) = self.look() {
                return Some(update);
            }
        }
        None
    }

    /// Asks at once, and again if a request is out already: its answer may know nothing of what happened
    /// until now. A source that fails is left alone for as long as before.
    pub(in crate::source) fn hurry(&mut self) {
        self.again = self.fetching.is_some();
        if self.failures == 0 {
            self.due = self.due.min(Instant::now());
        }
    }

    /// Has it ask in the rhythm of the policy, or, where the series is told of what happens, only for the
    /// late corrections.
    pub(in crate::source) fn set_resting(&mut self, rests: bool) {
        if self.rests == rests {
            return;
        }
        self.rests = rests;
        if self.failures == 0 && self.fetching.is_none() {
            self.due = Instant::now() + self.delay();
        }
    }

    /// How many requests have begun.
    pub(in crate::source) const fn begun(&self) -> u64 {
        self.begun
    }

    /// Which of them was answered last, counted from 1.
    pub(in crate::source) const fn answered(&self) -> u64 {
        self.answered
    }

    /// Epoch second at the source.
    fn now(&self) -> i64 {
        self.market.now().as_second()
    }

    fn policy(&self) -> PollPolicy {
        self.fetcher.policy().of(self.key.grain)
    }

    fn begin(&self) -> Fetching {
        let request = self.request();
        let (fetcher, asked) = (Arc::clone(&self.fetcher), request.clone());
        let answer = async move { fetcher.fetch(&asked).await }.boxed();
        let started = Instant::now();
        Fetching { request, answer, started, look: started, is_told: false }
    }

    /// The tail since the last bar; everything at first, after a split, and once in a while.
    fn request(&self) -> FetchRequest {
        let fresh = !self.until_refresh().is_zero();
        FetchRequest {
            symbol: self.key.symbol.clone(),
            interval: self.key.grain,
            session: self.key.session,
            window: match self.answers.newest() {
                // By a clock that was ahead the last bar is one to come.
                Some(newest) if fresh => {
                    Window::Since(newest.min(self.now()) - self.fetcher.overlap(self.key.grain))
                }
                _ => Window::from(self.key.depth),
            },
            priority: if self.answers.any() { Priority::Live } else { Priority::Cold },
            watchers: Arc::clone(&self.watchers),
        }
    }

    /// Time until everything is to be asked for.
    fn until_refresh(&self) -> Duration {
        let slower = self.fetcher.policy().slower(self.key.grain);
        let refresh = self.timing.refresh.saturating_mul(slower);
        self.refreshed.map_or(Duration::ZERO, |at| refresh.saturating_sub(at.elapsed()))
    }

    /// What the fetch that is under way waits for, if that is news: a promised time that has passed, or an
    /// answer that is late by a whole interval. Decides when to look again.
    fn look(&mut self) -> Option<Update> {
        let interval = self.policy().min_poll;
        let fetching = self.fetching.as_mut()?;
        let backlog = self.fetcher.backlog(&fetching.request);
        let waited = fetching.started.elapsed();
        // The wait is that of a request made now. Looking at every turn, a thousand series would keep a core busy.
        let left = backlog.wait.saturating_sub(waited).max(backlog.wait / 4).max(backlog.turn);
        let (is_waiting, is_late) = (backlog.waiting > 0, waited >= interval);
        let until_late = interval.saturating_sub(waited);
        let pause = match (is_waiting, is_late) {
            (true, true) => left,
            (true, false) => left.min(until_late),
            (false, true) => interval,
            (false, false) => until_late,
        };
        fetching.look = Instant::now() + pause.max(SOON);
        // What was promised has passed; of a request that is out nobody knows when it is answered.
        let now = self.clock.now();
        let is_over = self.next_check.is_none_or(|at| at <= now) && is_waiting;
        let is_out = self.next_check.is_some() && is_late && !is_waiting;
        if is_over || is_out {
            self.next_check = now.saturating_add(left).ok().filter(|_| is_waiting);
        }
        // A first answer may take its time, unless there are others before it.
        let is_news = is_late && !fetching.is_told && (self.answers.any() || is_waiting);
        fetching.is_told |= is_news;
        let late = is_news.then(|| waits_for(self.fetcher.name(), backlog));
        let next_check = self.next_check;
        (is_over || is_out || is_news).then_some(Update::Waiting { late, next_check })
    }

    fn accept(&mut self, window: Window, fetched: Fetched) -> Update {
        self.failures = 0;
        let is_whole = !matches!(window, Window::Since(_));
        let verdict = self.answers.take(&self.key, is_whole, &fetched, self.now());
        match verdict {
            Verdict::Split | Verdict::Doubted => self.refreshed = None,
            // An answer without bars was none of the whole series.
            Verdict::Believed | Verdict::DoubtedAgain => {
                if is_whole && !fetched.bars.is_empty() {
                    self.refreshed = Some(Instant::now());
                }
            }
        }
        let delay = if verdict == Verdict::Split { Duration::ZERO } else { self.delay() };
        self.due = self.after(delay);
        let next = FetchRequest { priority: Priority::Live, ..self.request() };
        let wait = self.fetcher.backlog(&next).wait;
        self.next_check = self.clock.now().saturating_add(delay + wait).ok();
        let next_check = self.next_check;
        if is_whole && verdict == Verdict::Believed {
            Update::Whole { fetched, next_check }
        } else {
            Update::Tail { fetched, next_check }
        }
    }

    fn reject(&mut self, error: SourceError) -> Update {
        if matches!(error, SourceError::NotFound { .. }) && !self.answers.any() {
            self.ended = true;
            return Update::NotFound(error);
        }
        self.failures = self.failures.saturating_add(1);
        let backoff = backoff::after(self.failures, self.timing.backoff_max);
        let delay = match &error {
            SourceError::Blocked { retry_after, .. } => backoff + *retry_after,
            SourceError::Refused { .. } => {
                // The tail may reach back further than the source does; the whole never does.
                self.refreshed = None;
                self.timing.backoff_max
            }
            _ => backoff,
        };
        self.due = Instant::now() + delay;
        self.next_check = self.clock.now().saturating_add(delay).ok();
        Update::Trouble { error, next_check: self.next_check }
    }

    /// `delay` from now. On a beat, which is where there is no ration, it is from when this request was due if it
    /// was answered within one.
    fn after(&self, delay: Duration) -> Instant {
        let now = Instant::now();
        let PollPolicy { min_poll, request_rate, .. } = self.policy();
        let beat = min_poll / BEATS;
        let on_beat = self.first_beat.filter(|_| request_rate.is_none() && !beat.is_zero());
        let Some(first) = on_beat else { return now + delay };
        let due = if now - self.due < beat { self.due } else { now } + delay;
        match (due - first).as_nanos() % beat.as_nanos() {
            0 => due,
            after => due + beat - Duration::from_nanos(u64::try_from(after).unwrap_or(0)),
        }
    }

    /// Time from an answer to the next request.
    fn delay(&self) -> Duration {
        let now = self.market.now();
        let is_settled = self.answers.as_of().is_some_and(|at| now.duration_since(at) > SETTLED);
        let session = self.answers.timetable().session_at(now.as_second());
        let rests = is_settled && !self.key.is_traded(session);
        let policy = if rests { self.policy().while_closed() } else { self.policy() };
        let rest =
            if self.rests { self.timing.refresh.min(self.until_refresh()) } else { Duration::ZERO };
        let interval = policy.min_poll.max(rest);
        let delay = match policy.request_rate {
            Some(_) => jitter::between(interval, interval.mul_f64(1.0 + POLL_JITTER)),
            None => interval,
        };
        // An open is not slept through.
        let opens = self.answers.timetable().phases().iter().find_map(|phase| {
            let start = Timestamp::from_second(phase.period.start).ok()?;
            (start > now && self.key.trades_in(phase.state)).then_some(start)
        });
        let left = opens.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        left.map_or(delay, |left| delay.min(left))
    }
}

/// What a fetch that is late waits for, in words.
fn waits_for(source: &str, backlog: Backlog) -> String {
    match backlog.waiting {
        0 => "the source has not answered in time".to_owned(),
        1 => {
            format!("{source}'s ration of requests is used up, and this series waits for its turn")
        }
        n => format!("{source}'s ration of requests is used up: {n} series wait for their turn"),
    }
}
