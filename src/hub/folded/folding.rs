//! What is known of one series: the updates of its source folded, and how the source is doing.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use log::{debug, info};
use tokio::time::Instant;

use super::fold::Fold;
use super::silence;
use super::troubles::SeriesTrouble;
use crate::clock::Clock;
use crate::hub::series::{FeedOutput, Seen, Series, Version, draws_like};
use crate::hub::status::{DataState, Health};
use crate::market::SessionNow;
use crate::metrics::{Metrics, Outcome, SourceLabel};
use crate::source::{Fetched, Router, SeriesKey, SourceError, Update};

/// Shortest time between two looks at what the market does.
const SOON: Duration = Duration::from_millis(10);

/// Folds the updates of one series.
#[derive(Debug)]
pub struct Folding {
    key: SeriesKey,
    /// The name of its source.
    source: &'static str,
    metrics: Arc<Metrics>,
    /// What time it is here.
    clock: Arc<dyn Clock>,
    /// What time it is at the source.
    market: Arc<dyn Clock>,
    fold: Fold,
    /// The newest version that was given.
    version: Version,
    /// What is known now.
    output: FeedOutput,
    /// Whether the last bars that came were any.
    has_bars: bool,
    /// The trouble that the source was in when it last said something.
    trouble: SeriesTrouble,
    /// When the newest update came.
    seen: Seen,
    /// In which lesser way the source gets its bars, as long as it does.
    impaired: Option<String>,
    /// Why the bars are kept ones, as long as the source has not answered.
    kept: Option<String>,
}

impl Folding {
    /// Goes on from `known`; the next change has the version after `version`.
    pub fn new(
        key: SeriesKey,
        sources: &Router,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        trouble: SeriesTrouble,
        (known, version): (FeedOutput, Version),
    ) -> Self {
        Self {
            market: sources.clock(&key.symbol),
            source: sources.name(&key.symbol),
            fold: Fold::new(key.clone(), known.series.as_ref().and_then(|series| series.split)),
            has_bars: known.series.as_ref().is_some_and(|series| !series.bars.is_empty()),
            key,
            metrics,
            clock,
            version,
            output: known,
            trouble,
            seen: Seen::now(),
            impaired: None,
            kept: None,
        }
    }

    /// What is known now.
    pub const fn output(&self) -> &FeedOutput {
        &self.output
    }

    /// Time until the market does something else, by its timetable.
    pub fn until_change(&self) -> Option<Duration> {
        let until = self.output.series.as_ref()?.session?.until?;
        let left = until.duration_since(self.market.now());
        // By a clock that is a little late, or a playback that is slow, it may not have come.
        Some(Duration::try_from(left).unwrap_or_default().max(SOON))
    }

    /// Looks up what the market does now.
    pub fn look_up_session(&mut self) {
        let (now, since) = (self.market.now(), self.clock.now());
        self.seen = Seen::now();
        let Some(known) = self.output.series.clone() else { return };
        let session = known.timetable.session_at(now.as_second());
        if session == known.session {
            return;
        }
        self.output.series = Some(self.next(Series { session, ..Series::clone(&known) }));
        let current = self.current(session);
        let health = &mut self.output.health;
        health.session = session;
        if health.is_well() && current != health.state {
            (health.state, health.since) = (current, since);
        }
    }

    /// The state of bars that are current.
    fn current(&self, session: Option<SessionNow>) -> DataState {
        if self.key.is_traded(session) { DataState::Live } else { DataState::Closed }
    }

    /// A series with the next version.
    fn next(&mut self, series: Series) -> Arc<Series> {
        self.version = self.version.next();
        Arc::new(Series { version: self.version, seen: self.seen, ..series })
    }

    /// Takes in an update, and ends with the last one.
    pub fn take(&mut self, update: Update) -> ControlFlow<()> {
        self.seen = Seen::now();
        if let Some(outcome) = update.outcome() {
            self.count(outcome);
        }
        let known = self.output.series.clone();
        let now = self.market.now().as_second();
        match update {
            // What is known from the leader before is as new at least.
            Update::Kept(_) if known.is_some() => {}
            Update::Kept(fetched) => {
                self.kept =
                    Some(format!("{} has not answered yet: these bars were kept", self.source));
                self.has_bars = true;
                let series = self.fold.whole(None, fetched, now);
                self.accept(series, None, None);
            }
            Update::Whole { fetched, next_check } => {
                self.hear(&fetched, true);
                let series = self.fold.whole(known.as_deref(), fetched, now);
                self.accept(series, known, next_check);
            }
            Update::Tail { fetched, next_check } => {
                self.hear(&fetched, false);
                if let Some(series) = self.fold.tail(known.as_deref(), fetched, now) {
                    self.accept(series, known, next_check);
                }
            }
            Update::Quote(quote) => {
                let series = known.as_deref().and_then(|known| Fold::quote(known, quote, now));
                if let Some(series) = series {
                    let next_check = self.output.health.next_check;
                    self.accept(series, known, next_check);
                }
            }
            Update::Checked { next_check } => {
                self.kept = None;
                if let Some(known) = known {
                    self.accept(Series::clone(&known), Some(known), next_check);
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

    /// Notes that the source has answered.
    fn hear(&mut self, fetched: &Fetched, is_whole: bool) {
        self.kept = None;
        self.has_bars = !fetched.bars.is_empty();
        if is_whole && self.has_bars {
            self.output.health.refreshed = Some(Instant::now());
        }
    }

    /// Takes a series that is as good as the source has it.
    fn accept(
        &mut self,
        series: Series,
        known: Option<Arc<Series>>,
        next_check: Option<Timestamp>,
    ) {
        let silence = silence::of(&series, &self.key, self.has_bars, self.market.now());
        let doubt = self.kept.clone().or(silence).or_else(|| self.impaired.clone());
        let now = self.clock.now();
        let (session, as_of) = (series.session, series.as_of());
        let state = if doubt.is_some() { DataState::Stale } else { self.current(session) };
        let series = match known.filter(|known| draws_like(known, &series)) {
            Some(known) => known,
            None => self.next(series),
        };
        let health = &self.output.health;
        let since = if health.state == state { health.since } else { now };
        let checked = if self.kept.is_none() { Some(now) } else { health.checked };
        let refreshed = health.refreshed;
        let told = Health { refreshed, ..Health::new(state, since) };
        let health = Health { message: doubt, session, as_of, checked, next_check, ..told };
        self.output = FeedOutput { series: Some(series), health };
    }

    /// Notes what the source waits for, and that the bars are stale once it is late.
    fn wait(&mut self, late: Option<String>, next_check: Option<Timestamp>) {
        let now = self.clock.now();
        let health = &mut self.output.health;
        health.next_check = next_check;
        let is_untold = health.state == DataState::Loading && health.message.is_none();
        if late.is_some() && (health.is_well() || is_untold) {
            health.message = late;
            if health.is_well() {
                (health.state, health.since) = (DataState::Stale, now);
            }
        }
    }

    /// Notes that the bars are worth less than they seem, or that they no longer are.
    fn impair(&mut self, why: Option<String>) {
        if let Some(why) = &why {
            debug!("feed {}: {why}", self.key);
        }
        self.impaired = why;
        let Some(known) = self.output.series.clone() else { return };
        let health = &self.output.health;
        // Trouble and silence say more.
        if health.is_well() || health.state == DataState::Stale {
            let next_check = health.next_check;
            self.accept(Series::clone(&known), Some(known), next_check);
        }
    }

    /// Notes that the source is in trouble.
    fn fail(&mut self, error: &SourceError, next_check: Option<Timestamp>) {
        self.trouble.fail(&self.key, error);
        let now = self.clock.now();
        let (mut state, mut message) = (DataState::Error, error.to_string());
        if let Some(kept) = &mut self.kept {
            message = format!("{message}; these bars were kept");
            kept.clone_from(&message);
            state = DataState::Stale;
        }
        let health = &mut self.output.health;
        if health.state != state {
            (health.state, health.since) = (state, now);
        }
        health.message = Some(message);
        health.next_check = next_check;
        health.is_blocked = matches!(error, SourceError::Blocked { .. });
    }

    /// Notes that the symbol does not exist.
    fn end(&mut self, error: &SourceError) {
        // It is no failure, and its detail says what there is instead.
        info!("feed {}: {error}", self.key);
        let message = Some(error.to_string());
        let now = self.clock.now();
        self.output.health = Health { message, ..Health::new(DataState::NotFound, now) };
    }

    /// Counts an answer of the source.
    fn count(&mut self, outcome: &'static str) {
        let source = self.source;
        self.metrics.fetches.get_or_create(&Outcome { source, outcome }).inc();
        if outcome == "ok" {
            self.trouble.end();
            let now = self.clock.now().as_second();
            self.metrics.source_answered.get_or_create(&SourceLabel(source)).set(now);
        }
    }
}
