//! One open series: tells what was kept of it, then what its source tells, and keeps that.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use log::{debug, warn};
use tokio::time::Instant;

use crate::bars::Bars;
use crate::clock::Clock;
use crate::history::{History, HistoryError, HistoryKey, Reach, SourceBars};
use crate::source::key::SeriesKey;
use crate::source::update::{Fetched, Known, Update};
use crate::view::Range;

/// Time after which what could not be written is tried again, with what has come meanwhile.
const AGAIN: Duration = Duration::from_secs(5);
/// Days that are read beyond what the series reaches back to: a week of holidays.
const SPARE_DAYS: u32 = 7;

/// What is being written, in case that fails, and the end of it.
type Writing = (SourceBars, BoxFuture<'static, Result<(), HistoryError>>);

/// Keeps one series.
pub(super) struct Keeper {
    /// The series as it was asked for.
    series: SeriesKey,
    /// Its name in the history.
    key: HistoryKey,
    updates: BoxStream<'static, Update>,
    history: History,
    /// What time it is at the source.
    clock: Arc<dyn Clock>,
    /// Most symbols that are kept of the source.
    symbols: usize,
    /// Whether what was kept has been told.
    is_begun: bool,
    /// What is known of the series besides its bars.
    about: Option<Fetched>,
    /// Bars whose intervals are not over.
    forming: Bars,
    /// The bars that were last handed on to be kept.
    told: Bars,
    /// What is to be written next.
    pending: Option<SourceBars>,
    /// What is being written.
    writing: Option<Writing>,
    /// Before this nothing is written, as the last try has failed.
    rests_until: Instant,
    /// The history has no room for the symbol.
    is_over: bool,
}

impl Keeper {
    /// Keeps what `updates` tell of a series of `source`.
    pub(super) fn new(
        source: &'static str,
        series: SeriesKey,
        updates: BoxStream<'static, Update>,
        history: History,
        clock: Arc<dyn Clock>,
        symbols: usize,
    ) -> Self {
        let regular = HistoryKey::regular(source, series.symbol.clone(), series.grain);
        Self {
            key: HistoryKey { session: series.session, ..regular },
            series,
            updates,
            history,
            clock,
            symbols,
            is_begun: false,
            about: None,
            forming: Bars::empty(),
            told: Bars::empty(),
            pending: None,
            writing: None,
            rests_until: Instant::now(),
            is_over: false,
        }
    }

    /// The same of a series of which that is known, which is kept as an answer of everything would be.
    pub(super) fn knowing(mut self, known: Option<&Known>) -> Self {
        if let Some(Known { fetched, .. }) = known {
            self.is_begun = true;
            self.take(fetched, true);
        }
        self
    }

    /// The next update; `None` after the last one.
    pub(super) async fn next(&mut self) -> Option<Update> {
        if !std::mem::replace(&mut self.is_begun, true)
            && let Some(kept) = self.kept().await
        {
            return Some(Update::Kept(kept));
        }
        loop {
            self.begin_writing();
            tokio::select! {
                written = written(&mut self.writing) => self.end_writing(written),
                update = self.updates.next() => {
                    let update = update?;
                    match &update {
                        Update::Whole { fetched, .. } => self.take(fetched, true),
                        Update::Tail { fetched, .. } => self.take(fetched, false),
                        _ => {}
                    }
                    return Some(update);
                }
            }
        }
    }

    /// The series as it was kept.
    async fn kept(&mut self) -> Option<Fetched> {
        let reach = match self.series.depth {
            Range::Max => Reach::All,
            depth => Reach::Days(depth.days().saturating_add(SPARE_DAYS)),
        };
        let series = match self.history.recorded(self.key.clone(), reach).await {
            Ok(series) => series?,
            Err(problem) => {
                warn!("feed {}: begins without the bars that were kept: {problem}", self.series);
                return None;
            }
        };
        let about = match Fetched::of_form(&series.about) {
            Ok(about) => about,
            Err(problem) => {
                debug!("feed {}: the bars that were kept are not shown: {problem}", self.series);
                return None;
            }
        };
        let about = Fetched { split: about.split.max(series.split), ..about };
        self.about = Some(about.clone());
        Some(Fetched { bars: series.bars, ..about })
    }

    /// Takes what the source tells, and has that written of which nothing changes any more.
    fn take(&mut self, fetched: &Fetched, is_whole: bool) {
        // A tail after a split has other prices than the bars before it, and is not believed.
        let is_newly_split = self.about.as_ref().is_some_and(|about| fetched.split > about.split);
        if self.is_over || fetched.bars.is_empty() || (!is_whole && is_newly_split) {
            return;
        }
        let (over, forming) = self.parted(fetched, is_whole);
        self.forming = forming;
        let about = without_bars(fetched, self.about.as_ref());
        let is_restated =
            self.about.as_ref().is_some_and(|known| is_in_other_currency(known, &about));
        if over.is_empty() || (!is_whole && !is_restated && over == self.told) {
            return;
        }
        // A zone without a name has no form.
        let Ok(form) = about.to_form() else { return };
        let split = about.split;
        self.about = Some(about);
        self.told = over.clone();
        let told = SourceBars {
            key: self.key.clone(),
            bars: over,
            is_whole,
            about: form.into(),
            split,
            is_restated,
            symbols: self.symbols,
            at: self.clock.now(),
        };
        self.pending = Some(match self.pending.take() {
            Some(pending) => pending.then(told),
            None => told,
        });
        self.begin_writing();
    }

    /// The bars whose intervals are over, as far as the source tells of them without delay, and those that form. One
    /// that was told while it formed is over when its time has come, though the source may not tell it again.
    fn parted(&self, fetched: &Fetched, is_whole: bool) -> (Bars, Bars) {
        let now = self.clock.now().as_second();
        let delay = i64::try_from(fetched.delay.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        let bars = fetched.bars.before(self.series.horizon(now));
        let bars = if is_whole { bars } else { self.forming.merge(&bars) };
        let end = now.saturating_sub(delay).saturating_sub(self.series.grain.seconds());
        (bars.before(end.saturating_add(1)), bars.since(end.saturating_add(1)))
    }

    /// Begins to write what is pending, unless something is being written or has just failed to be.
    fn begin_writing(&mut self) {
        if self.writing.is_some() || Instant::now() < self.rests_until {
            return;
        }
        let Some(told) = self.pending.take() else { return };
        let (history, written) = (self.history.clone(), told.clone());
        self.writing = Some((told, Box::pin(async move { history.record(written).await })));
    }

    fn end_writing(&mut self, result: Result<(), HistoryError>) {
        let Some((told, _)) = self.writing.take() else { return };
        match result {
            Ok(()) => {}
            Err(HistoryError::Rows(faults)) => {
                let why = faults.first().map(ToString::to_string).unwrap_or_default();
                debug!("feed {}: its bars are not kept: {why}", self.series);
                self.is_over = true;
                self.pending = None;
            }
            // The writer has said so in the log.
            Err(_) => {
                self.rests_until = Instant::now() + AGAIN;
                self.pending = Some(match self.pending.take() {
                    Some(pending) => told.then(pending),
                    None => told,
                });
            }
        }
    }
}

/// The end of what is being written; never where that is nothing.
async fn written(writing: &mut Option<Writing>) -> Result<(), HistoryError> {
    match writing {
        Some((_, written)) => written.await,
        None => pending().await,
    }
}

/// What an answer says besides its bars. Its hours are laid over the end of those that are `known`, as a tail tells its
/// own alone.
fn without_bars(fetched: &Fetched, known: Option<&Fetched>) -> Fetched {
    let mut about = Fetched { bars: Bars::empty(), quote: None, ..fetched.clone() };
    if let Some(known) = known {
        about.hours = known.hours.merge(about.hours);
        about.timetable = known.timetable.merge(about.timetable);
        about.split = about.split.max(known.split);
    }
    about
}

/// Whether both name a currency, and not the same.
fn is_in_other_currency(known: &Fetched, newest: &Fetched) -> bool {
    let (known, newest) = (&known.instrument.currency, &newest.instrument.currency);
    known.is_some() && newest.is_some() && known != newest
}
