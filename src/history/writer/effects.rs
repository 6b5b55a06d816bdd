//! What was committed, as readers, requests and metrics see it.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::recording::RecordOutcome;
use super::statements::PrunedSeries;
use crate::history::key::HistoryKey;
use crate::history::push::PushOutcome;
use crate::history::symbols::KeptSymbols;
use crate::history::watch::{Changes, Watchers};
use crate::metrics::Metrics;
use crate::symbol::Symbol;

/// What was committed.
#[derive(Debug, Default)]
pub(in crate::history) struct Committed {
    pub(in crate::history) symbols: KeptSymbols,
    pub(in crate::history) watchers: Watchers,
    /// Where commits are counted, if anywhere.
    pub(in crate::history) metrics: OnceLock<Arc<Metrics>>,
}

/// Something to tell once it is committed.
pub(super) enum Effect {
    Pushed { source: &'static str, at: Timestamp, outcome: PushOutcome },
    Recorded { key: HistoryKey, at: Timestamp, outcome: RecordOutcome },
    Described { source: &'static str, symbol: Symbol, about: Arc<str> },
    Removed { source: String, symbol: Symbol },
    Pruned { series: Vec<PrunedSeries> },
}

impl Committed {
    /// Tells those who are concerned by what is committed.
    pub(super) fn tell(&self, effect: Effect) {
        let Self { symbols, watchers, metrics } = self;
        match effect {
            Effect::Pushed { source, at, outcome } => {
                for part in outcome.symbols {
                    symbols.change(source, &part.symbol, |kept| {
                        kept.intervals.insert(part.interval);
                        kept.written = at.as_millisecond();
                    });
                    let changes =
                        Changes { bars: part.changed, is_written: true, is_renewed: false };
                    watchers.tell(source, &part.symbol, Some(part.interval), changes);
                }
            }
            Effect::Recorded { key, at, outcome } => {
                symbols.change(&key.source, &key.symbol, |kept| {
                    kept.intervals.insert(key.interval);
                    kept.written = at.as_millisecond();
                    for (interval, since) in outcome.since {
                        match since {
                            Some(since) => kept.since.insert(interval, since),
                            None => kept.since.remove(&interval),
                        };
                    }
                });
                if let Some(metrics) = metrics.get() {
                    metrics.history_recorded.inc_by(outcome.written as u64);
                }
            }
            Effect::Described { source, symbol, about } => {
                symbols.change(source, &symbol, |kept| kept.about = Some(about));
                watchers.tell(source, &symbol, None, Changes::RENEWED);
            }
            Effect::Removed { source, symbol } => {
                symbols.remove(&source, &symbol);
                watchers.tell(&source, &symbol, None, Changes::RENEWED);
            }
            Effect::Pruned { series } => {
                for PrunedSeries { source, symbol, interval, first } in series {
                    symbols.change(&source, &symbol, |kept| {
                        let since = kept.since.remove(&interval).zip(first);
                        kept.since.extend(since.map(|(since, first)| (interval, since.max(first))));
                    });
                    watchers.tell(&source, &symbol, Some(interval), Changes::RENEWED);
                }
            }
        }
    }

    /// Counts a transaction.
    pub(super) fn count(&self, took: Duration, is_kept: bool, path: &Path) {
        let Some(metrics) = self.metrics.get() else { return };
        if !is_kept {
            metrics.history_failures.inc();
            return;
        }
        metrics.history_commit_seconds.observe(took.as_secs_f64());
        self.measure(metrics, path);
    }

    /// Tells how much is kept now.
    pub(in crate::history) fn measure(&self, metrics: &Metrics, path: &Path) {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        metrics.history_symbols.set(gauge(self.symbols.len() as u64));
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let size = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
        metrics.history_bytes.set(gauge(size(path).saturating_add(size(Path::new(&log)))));
    }
}
