//! Brings the copy in a server's own file and Redis together.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use log::{debug, info, warn};
use tokio::time::sleep;

use super::SharedPushes;
use super::copy::{CopyChanges, Extent, PushCopy};
use super::link::PushError;
use super::pieces;
use super::scripts::TakenParts;
use crate::cluster::error::ClusterError;
use crate::history::{HistoryError, HistoryKey, Push, PushRows, Reach, SymbolPush, TimedBar};
use crate::interval::Interval;
use crate::source::pushed::NAME;
use crate::symbol::Symbol;

/// Time from a failure to the next try.
const RETRY: Duration = Duration::from_secs(5);

/// Why a copy is not whole.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Redis(#[from] ClusterError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("what is missing in Redis was not written back: {0}")]
    Back(String),
}

impl SharedPushes {
    /// Copies what is pushed into the file, for ever.
    pub async fn copy(&self, copy: &PushCopy) {
        let mut is_troubled = false;
        loop {
            let changes = copy.changes().await;
            match self.copy_changes(copy, changes.clone()).await {
                Ok(()) => is_troubled = false,
                Err(error) => {
                    if is_troubled || matches!(error, CopyError::Redis(ClusterError::Gone { .. })) {
                        debug!("pushed bars are not copied: {error}");
                    } else {
                        warn!("pushed bars are not copied: {error}");
                        is_troubled = true;
                    }
                    sleep(RETRY).await;
                    copy.again(changes);
                }
            }
        }
    }

    async fn copy_changes(&self, copy: &PushCopy, changes: CopyChanges) -> Result<(), CopyError> {
        for symbol in changes.removed {
            copy.history.remove(NAME, symbol).await?;
        }
        for ((symbol, interval), (first, last)) in changes.bars {
            self.copy_bars(copy, &symbol, interval, Reach::Between(first, last)).await?;
        }
        for symbol in changes.about {
            self.copy_about(copy, symbol).await?;
        }
        if changes.is_all { self.compare(copy).await } else { Ok(()) }
    }

    async fn copy_bars(
        &self,
        copy: &PushCopy,
        symbol: &Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<(), CopyError> {
        let bars = self.read(symbol, interval, reach).await?;
        let written = self.symbols.get(NAME, symbol).map_or(0, |kept| kept.written);
        Ok(copy.keep(symbol, interval, &bars, written).await?)
    }

    async fn copy_about(&self, copy: &PushCopy, symbol: Symbol) -> Result<(), CopyError> {
        let Some(kept) = self.symbols.get(NAME, &symbol) else { return Ok(()) };
        let Some(about) = kept.about else { return Ok(()) };
        let at = Timestamp::from_millisecond(kept.written).unwrap_or_default();
        let most = copy.limits.symbols;
        Ok(copy.history.describe(NAME, symbol, about.to_string(), most, at).await?)
    }

    /// Brings the file and Redis together: what was removed goes, what Redis lacks is written back, what the file lacks
    /// is copied.
    async fn compare(&self, copy: &PushCopy) -> Result<(), CopyError> {
        let (mut count, mut back) = (0, BTreeSet::new());
        for (symbol, kept) in copy.history.symbols(NAME) {
            if self.symbols.get(NAME, &symbol).is_none() && self.is_removed(&symbol).await? {
                copy.history.remove(NAME, symbol).await?;
                continue;
            }
            let known = self.symbols.get(NAME, &symbol).and_then(|known| known.about);
            if let (Some(about), None) = (kept.about, known) {
                let at = Timestamp::from_millisecond(kept.written).unwrap_or_default();
                let most = copy.limits.symbols;
                let script = self.scripts.describe(&self.keys, &symbol, &about, most, at);
                self.link.write::<i64>(&script, 0).await.map_err(back_error)?;
            }
        }
        let local = copy.extents().await?;
        for ((symbol, interval), extent) in &local {
            let there = self.extent(symbol, *interval).await?;
            let has_room = there.is_none_or(|(count, _)| count < copy.limits.bars);
            let is_behind =
                there.is_none_or(|there| extent.1 > there.1 || (extent.0 > there.0 && has_room));
            if is_behind {
                count += self.write_back(copy, symbol, *interval).await?;
                back.insert(symbol);
            }
        }
        if count > 0 {
            info!("{count} bars of {} pushed symbols were written back to Redis", back.len());
        }
        for (symbol, kept) in self.symbols.of(NAME) {
            let written = copy.history.symbol(NAME, &symbol).map_or(0, |copied| copied.written);
            for interval in kept.intervals {
                let there = self.extent(&symbol, interval).await?;
                let copied = local.get(&(symbol.clone(), interval)).copied();
                if there.is_some() && (there != copied || kept.written > written) {
                    self.copy_bars(copy, &symbol, interval, Reach::All).await?;
                }
            }
            self.copy_about(copy, symbol).await?;
        }
        Ok(())
    }

    /// Whether a symbol was removed, and not pushed since.
    async fn is_removed(&self, symbol: &Symbol) -> Result<bool, ClusterError> {
        let mut command = redis::cmd("ZSCORE");
        command.arg(&self.keys.removed).arg(symbol.as_str());
        Ok(self.link.query::<Option<f64>>(&command).await?.is_some())
    }

    /// How many bars of a series Redis has, and the newest.
    async fn extent(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Option<Extent>, ClusterError> {
        let mut command = redis::cmd("ZCARD");
        command.arg(self.keys.bars(symbol, interval));
        let count: usize = self.link.query(&command).await?;
        let newest = self.newest_bar(symbol, interval).await?;
        Ok(newest.map(|newest| (count, newest)))
    }

    /// Writes the bars of a series in the file to where Redis has none; how many these are.
    async fn write_back(
        &self,
        copy: &PushCopy,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<usize, CopyError> {
        self.say_refilled().await?;
        let key = HistoryKey::regular(NAME, symbol.clone(), interval);
        let bars: Vec<_> = copy.history.bars(key, Reach::All).await?.bars.iter().collect();
        let written = copy.history.symbol(NAME, symbol).map_or(0, |kept| kept.written);
        let at = Timestamp::from_millisecond(written).unwrap_or_default();
        let mut count = 0;
        for part in bars.chunks(pieces::ROWS) {
            let rows = part.iter().map(|bar| (1, TimedBar { bar: *bar, is_final: false }));
            let rows = PushRows::Bars(interval, rows.collect());
            let symbols = vec![SymbolPush { symbol: symbol.clone(), rows }];
            let push = Push { source: NAME, symbols, is_partial: true, limits: copy.limits, at };
            self.say_refilled().await?;
            let script = self.scripts.fill(&self.keys, &push);
            let taken: TakenParts = self.link.write(&script, 0).await.map_err(back_error)?;
            count += taken.parts.iter().map(|part| part.accepted).sum::<usize>();
        }
        Ok(count)
    }
}

fn back_error(error: PushError) -> CopyError {
    match error {
        PushError::Unsent(error) | PushError::Unsure(error) => error.into(),
        PushError::Replicas(have) => CopyError::Back(format!("{have} replicas have it")),
    }
}
