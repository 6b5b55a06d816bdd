//! A feed: the one task that folds the updates of a source into a series, for as long as it is watched.

mod fold;
mod silence;

use std::error::Error as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use log::{Level, info, log};
use tokio::sync::watch;
use tokio::time::sleep;

use fold::Fold;

use super::series::{FeedOutput, Series, Version, draws_like};
use super::shared::Shared;
use super::status::{DataState, Health};
use super::tables::Tables;
use crate::clock::Clock;
use crate::market::SessionNow;
use crate::metrics::Outcome;
use crate::shares::Holders;
use crate::source::{SeriesKey, SourceError, Update};
use crate::view::View;

/// Shortest time between two looks at what the market does.
const SOON: Duration = Duration::from_millis(10);

/// The task.
pub struct Feed {
    key: SeriesKey,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    out: Arc<watch::Sender<FeedOutput>>,
    /// The clients that watch a view of it.
    holders: Arc<Holders>,
    /// What time it is at the source.
    market: Arc<dyn Clock>,
    fold: Fold,
    /// The newest version that was published.
    version: Version,
    /// Whether the last bars that came were any.
    has_bars: bool,
    /// Whether the source was in trouble when it last said something.
    is_troubled: bool,
    /// In which lesser way the source gets its bars, as long as it does.
    impaired: Option<String>,
    /// Why the bars are kept ones, as long as the source has not answered.
    kept: Option<String>,
}

impl Feed {
    /// A feed that tells `out`, for the clients that hold `holders`.
    pub fn new(
        key: SeriesKey,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        out: Arc<watch::Sender<FeedOutput>>,
        holders: Arc<Holders>,
    ) -> Self {
        Self {
            market: shared.sources.clock(&key.symbol),
            fold: Fold::new(key.clone()),
            version: Version::starting(shared.clock.now()),
            key,
            shared,
            tables,
            out,
            holders,
            has_bars: false,
            is_troubled: false,
            impaired: None,
            kept: None,
        }
    }

    /// Follows the source until nobody watches, the symbol turns out not to exist, or the hub stops.
    pub async fn run(mut self) {
        info!("feed {}: started", self.key);
        let holders = Arc::clone(&self.holders);
        let mut updates = self.shared.sources.open(self.key.clone(), holders);
        loop {
            let change = self.until_change();
            tokio::select! {
                update = updates.next() => match update {
                    Some(update) => if self.take(update).is_break() { return },
                    // A source that ends a series without a reason is broken; its streams are told so.
                    None => return,
                },
                () = self.shared.stop.cancelled() => break,
                () = self.out.closed() => if self.tables.retire_feed(&self.key) { break },
                () = sleep(change.unwrap_or_default()), if change.is_some() => self.tell_session(),
            }
        }
        info!("feed {}: stopped", self.key);
    }

    /// Time until the market does something else, by its timetable.
    fn until_change(&self) -> Option<Duration> {
        let state = self.out.borrow();
        let until = state.series.as_ref()?.session?.until?;
        let left = until.duration_since(self.market.now());
        // By a clock that is a little late, or a playback that is slow, it may not have come.
        Some(Duration::try_from(left).unwrap_or_default().max(SOON))
    }

    /// Looks up what the market does now, and tells it if that is news.
    fn tell_session(&mut self) {
        let (now, since) = (self.market.now(), self.shared.clock.now());
        let Some(known) = self.out.borrow().series.clone() else { return };
        let session = known.timetable.session_at(now.as_second());
        if session == known.session {
            return;
        }
        let series = self.next(Series { session, ..Series::clone(&known) });
        let current = self.current(session);
        self.out.send_modify(|output| {
            let health = Health { session, ..output.health.clone() };
            output.health = if health.is_well() && current != health.state {
                Health { state: current, since, ..health }
            } else {
                health
            };
            output.series = Some(series);
        });
    }

    /// The state of bars that are current.
    fn current(&self, session: Option<SessionNow>) -> DataState {
        if self.key.is_traded(session) { DataState::Live } else { DataState::Closed }
    }

    /// A series with the next version.
    fn next(&mut self, series: Series) -> Arc<Series> {
        self.version = self.version.next();
        Arc::new(Series { version: self.version, ..series })
    }

    /// Takes in an update, and ends with the last one.
    fn take(&mut self, update: Update) -> ControlFlow<()> {
        if let Some(outcome) = update.outcome() {
            let source = self.shared.sources.name(&self.key.symbol);
            self.shared.metrics.fetches.get_or_create(&Outcome { source, outcome }).inc();
        }
        let known = self.out.borrow().series.clone();
        let now = self.market.now().as_second();
        match update {
            Update::Kept(fetched) => {
                let source = self.shared.sources.name(&self.key.symbol);
                self.kept = Some(format!("{source} has not answered yet: these bars were kept"));
                self.has_bars = true;
                let series = self.fold.whole(known.as_deref(), fetched, now);
                self.publish(series, known, None);
            }
            Update::Whole { fetched, next_check } => {
                self.kept = None;
                self.has_bars = !fetched.bars.is_empty();
                let series = self.fold.whole(known.as_deref(), fetched, now);
                self.publish(series, known, next_check);
            }
            Update::Tail { fetched, next_check } => {
                self.kept = None;
                self.has_bars = !fetched.bars.is_empty();
                if let Some(series) = self.fold.tail(known.as_deref(), fetched, now) {
                    self.publish(series, known, next_check);
                }
            }
            Update::Quote(quote) => {
                let series = known.as_deref().and_then(|known| Fold::quote(known, quote, now));
                if let Some(series) = series {
                    let next_check = self.out.borrow().health.next_check;
                    self.publish(series, known, next_check);
                }
            }
            Update::Checked { next_check } => {
                self.kept = None;
                if let Some(known) = known {
                    self.publish(Series::clone(&known), Some(known), next_check);
                }
            }
            Update::Waiting { late, next_check } => self.wait(late, next_check),
            Update::Impaired { why } => self.impair(why),
            Update::Trouble { error, next_check } => self.fail(&error, next_check),
            Update::NotFound(error) => {
                self.end(&error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Tells a series that is as good as the source has it.
    fn publish(
        &mut self,
        series: Series,
        known: Option<Arc<Series>>,
        next_check: Option<Timestamp>,
    ) {
        if self.is_troubled {
            info!("feed {}: the source answers again", self.key);
            self.is_troubled = false;
        }
        let silence = silence::of(&series, &self.key, self.has_bars, self.market.now());
        let doubt = self.kept.clone().or(silence).or_else(|| self.impaired.clone());
        let now = self.shared.clock.now();
        let (session, as_of) = (series.session, series.as_of());
        let state = if doubt.is_some() { DataState::Stale } else { self.current(session) };
        let series = match known.filter(|known| draws_like(known, &series)) {
            Some(known) => known,
            None => self.next(series),
        };
        self.out.send_modify(|output| {
            let since = if output.health.state == state { output.health.since } else { now };
            let checked = if self.kept.is_none() { Some(now) } else { output.health.checked };
            let message = doubt;
            output.health = Health { state, since, message, session, as_of, checked, next_check };
            output.series = Some(series);
        });
    }

    /// Tells what the source waits for, and that the bars are stale once it is late.
    fn wait(&self, late: Option<String>, next_check: Option<Timestamp>) {
        let now = self.shared.clock.now();
        self.out.send_modify(|output| {
            let health = &mut output.health;
            health.next_check = next_check;
            let is_untold = health.state == DataState::Loading && health.message.is_none();
            if late.is_some() && (health.is_well() || is_untold) {
                health.message = late;
                if health.is_well() {
                    (health.state, health.since) = (DataState::Stale, now);
                }
            }
        });
    }

    /// Tells that the bars are worth less than they seem, or that they no longer are.
    fn impair(&mut self, why: Option<String>) {
        if let Some(why) = &why {
            info!("feed {}: {why}", self.key);
        }
        self.impaired = why;
        let Some(known) = self.out.borrow().series.clone() else { return };
        let health = self.out.borrow().health.clone();
        // Trouble and silence say more.
        if health.is_well() || health.state == DataState::Stale {
            let series = Series::clone(&known);
            self.publish(series, Some(known), health.next_check);
        }
    }

    /// Tells that the source is in trouble.
    fn fail(&mut self, error: &SourceError, next_check: Option<Timestamp>) {
        self.log(error);
        self.is_troubled = true;
        let now = self.shared.clock.now();
        let mut state = DataState::Error;
        let mut message = error.to_string();
        if let Some(kept) = &mut self.kept {
            message = format!("{message}; these bars were kept");
            kept.clone_from(&message);
            state = DataState::Stale;
        }
        self.out.send_modify(|output| {
            let known = output.health.clone();
            let since = if known.state == state { known.since } else { now };
            output.health = Health { state, since, message: Some(message), next_check, ..known };
        });
    }

    /// Tells that the symbol does not exist. Charts that are compared with it go on without it.
    fn end(&self, error: &SourceError) {
        self.log(error);
        let now = self.shared.clock.now();
        let fed = |view: &View| self.shared.feed_of(view).is_ok_and(|key| key == self.key);
        self.tables.forget(&self.key, fed);
        self.out.send_modify(|output| {
            let message = Some(error.to_string());
            output.health = Health { message, ..Health::new(DataState::NotFound, now) };
        });
    }

    /// One line for the first failure of a row, the cause with it; the rest are for debugging. A
    /// symbol that does not exist is nobody's failure.
    fn log(&self, error: &SourceError) {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        let level = match error {
            SourceError::NotFound { .. } => Level::Info,
            _ if self.is_troubled => Level::Debug,
            _ => Level::Warn,
        };
        log!(level, "feed {}: {error}{cause}", self.key);
    }
}
