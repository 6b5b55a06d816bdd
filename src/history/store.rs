//! The open history, which its users share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use log::{info, warn};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::interval;

use super::error::HistoryError;
use super::key::HistoryKey;
use super::push::{Push, PushOutcome};
use super::read::{KeptBars, KeptSeries, Reach, Readers};
use super::record::{RecordedSeries, SourceBars};
use super::row::interval_of;
use super::schema;
use super::symbols::{KeptSymbol, KeptSymbols};
use super::watch::{Watcher, Watchers};
use super::writer::{self, Committed, Job, Reply, WriterThread};
use crate::clock::Clock;
use crate::config::KeepDays;
use crate::interval::{DAY, Interval};
use crate::metrics::Metrics;
use crate::symbol::Symbol;

/// Time between two looks for bars that are too old.
const BETWEEN_PRUNINGS: Duration = Duration::from_hours(1);

/// The bars that stay.
#[derive(Debug, Clone)]
pub struct History {
    path: Arc<Path>,
    writer: Arc<WriterThread>,
    readers: Arc<Readers>,
    committed: Arc<Committed>,
}

impl History {
    /// Opens the file, or makes it, which blocks.
    ///
    /// # Errors
    /// [`HistoryError`], with what its operator can do.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let connection = schema::open(path)?;
        let path: PathBuf = path.to_owned();
        let readers = Arc::new(Readers::new(path.clone()));
        let symbols = KeptSymbols::new(readers.symbols()?);
        let (watchers, metrics) = (Watchers::default(), OnceLock::new());
        let committed = Arc::new(Committed { symbols, watchers, metrics });
        let writer = writer::start(path.clone(), connection, Arc::clone(&committed))?.into();
        Ok(Self { path: path.into(), writer, readers, committed })
    }

    /// Whether [`open`](Self::open) would succeed, as far as that can be told without a change of the file; blocks.
    ///
    /// # Errors
    /// [`HistoryError`], with what its operator can do.
    pub fn check(path: &Path) -> Result<(), HistoryError> {
        schema::check(path)
    }

    /// Counts in `metrics` from now on.
    pub fn count_in(&self, metrics: &Arc<Metrics>) {
        if self.committed.metrics.set(Arc::clone(metrics)).is_ok() {
            self.committed.measure(metrics, &self.path);
        }
    }

    /// Where its file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes bars and ticks. They are on the disk when this answers, and are written even if it is dropped.
    ///
    /// # Errors
    /// [`HistoryError`]; nothing of the push is kept then.
    pub async fn push(&self, push: Push) -> Result<PushOutcome, HistoryError> {
        self.ask(|reply| Job::Push(push, reply)).await
    }

    /// Keeps bars of a source. They are written even if this is dropped while it waits for the answer.
    ///
    /// # Errors
    /// [`HistoryError`]; nothing of them is kept then.
    pub async fn record(&self, told: SourceBars) -> Result<(), HistoryError> {
        self.ask(|reply| Job::Record(told, reply)).await
    }

    /// What a source has told of a series at an earlier time, if anything.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn recorded(
        &self,
        key: HistoryKey,
        reach: Reach,
    ) -> Result<Option<RecordedSeries>, HistoryError> {
        let readers = Arc::clone(&self.readers);
        let read = spawn_blocking(move || readers.recorded(&key, reach)).await;
        read.unwrap_or(Err(HistoryError::Closed))
    }

    /// Keeps what is known of a symbol, one of at most `most`, besides its bars.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn describe(
        &self,
        source: &'static str,
        symbol: Symbol,
        about: String,
        most: usize,
        at: Timestamp,
    ) -> Result<(), HistoryError> {
        let about = about.into();
        self.ask(|reply| Job::About { source, symbol, about, most, at, reply }).await
    }

    /// Removes a symbol and all that is kept of it; false if there was none.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn remove(&self, source: &str, symbol: Symbol) -> Result<bool, HistoryError> {
        let source = source.to_owned();
        self.ask(|reply| Job::Remove { source, symbol, reply }).await
    }

    /// Takes out bars that are older than they are kept, when it is `now`; how many these were.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn prune(&self, keep: &KeepDays, now: Timestamp) -> Result<usize, HistoryError> {
        let before: Vec<(Interval, i64)> = keep
            .bounded()
            .filter_map(|(name, days)| {
                Some((interval_of(name)?, now.as_second().saturating_sub(i64::from(days) * DAY)))
            })
            .collect();
        if before.is_empty() {
            return Ok(0);
        }
        self.ask(|reply| Job::Prune { before, reply }).await
    }

    /// Takes out bars that are older than they are kept, once an hour, for ever.
    pub async fn prune_hourly(self, keep: KeepDays, clock: Arc<dyn Clock>) {
        if keep.bounded().next().is_none() {
            return;
        }
        let mut hours = interval(BETWEEN_PRUNINGS);
        loop {
            hours.tick().await;
            match self.prune(&keep, clock.now()).await {
                Ok(0) => {}
                Ok(count) => info!("{count} old bars were taken out of the history"),
                Err(problem) => warn!("old bars stay in the history: {problem}"),
            }
        }
    }

    /// Bars of a series, oldest first; none of one that is not kept.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn bars(&self, key: HistoryKey, reach: Reach) -> Result<KeptBars, HistoryError> {
        let readers = Arc::clone(&self.readers);
        let read = spawn_blocking(move || readers.bars(&key, reach)).await;
        read.unwrap_or(Err(HistoryError::Closed))
    }

    /// The same for a program that does nothing else: blocks.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn bars_now(&self, key: &HistoryKey, reach: Reach) -> Result<KeptBars, HistoryError> {
        self.readers.bars(key, reach)
    }

    /// Every series that is kept; blocks.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn series(&self) -> Result<Vec<KeptSeries>, HistoryError> {
        self.readers.series()
    }

    /// What is kept of a symbol.
    #[must_use]
    pub fn symbol(&self, source: &str, symbol: &Symbol) -> Option<KeptSymbol> {
        self.committed.symbols.get(source, symbol)
    }

    /// Every symbol of a source, in order.
    #[must_use]
    pub fn symbols(&self, source: &str) -> Vec<(Symbol, KeptSymbol)> {
        self.committed.symbols.of(source)
    }

    /// Follows a series from now on.
    #[must_use]
    pub fn watch(&self, source: &str, symbol: &Symbol, interval: Interval) -> Watcher {
        self.committed.watchers.add(source, symbol, interval)
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, HistoryError> {
        let (reply, answer) = oneshot::channel();
        self.writer.queue(job(reply)).await?;
        answer.await.unwrap_or(Err(HistoryError::Closed))
    }
}
