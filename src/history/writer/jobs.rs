//! What the writer does, and the answers to those who have asked for it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::effects::Effect;
use super::statements::Statements;
use super::{recording, rows};
use crate::history::error::HistoryError;
use crate::history::push::{Push, PushOutcome};
use crate::history::record::SourceBars;
use crate::interval::Interval;
use crate::symbol::Symbol;

/// Where an answer goes.
pub(in crate::history) type Reply<T> = oneshot::Sender<Result<T, HistoryError>>;

/// Answers a job, with what it did or why it did nothing.
pub(super) type Promise = Box<dyn FnOnce(Result<(), HistoryError>) + Send>;

/// Something to write.
pub(in crate::history) enum Job {
    /// Bars and ticks.
    Push(Push, Reply<PushOutcome>),
    /// Bars of a source.
    Record(SourceBars, Reply<()>),
    /// What is known of a symbol besides its bars.
    About {
        source: &'static str,
        symbol: Symbol,
        about: Arc<str>,
        most: usize,
        at: Timestamp,
        reply: Reply<()>,
    },
    /// A symbol goes, and all that is kept of it.
    Remove { source: String, symbol: Symbol, reply: Reply<bool> },
    /// Bars go that begin before an epoch second.
    Prune { before: Vec<(Interval, i64)>, reply: Reply<usize> },
}

impl Job {
    /// How many rows it writes, about.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Push(push, _) => push.len(),
            Self::Record(told, _) => told.bars.len(),
            _ => 1,
        }
    }

    /// Does it, within a transaction.
    pub(super) fn work(
        self,
        statements: &mut Statements<'_>,
        path: &Path,
    ) -> (Promise, Result<Option<Effect>, HistoryError>) {
        let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
        match self {
            Self::Push(push, reply) => {
                let written = rows::push(statements, &push).map_err(failed).and_then(|outcome| {
                    let is_refused = !outcome.faults.is_empty() && !push.is_partial;
                    if is_refused { Err(HistoryError::Rows(outcome.faults)) } else { Ok(outcome) }
                });
                let promise = promise(reply, written.clone().unwrap_or_default());
                let (source, at) = (push.source, push.at);
                (promise, written.map(|outcome| Some(Effect::Pushed { source, at, outcome })))
            }
            Self::Record(told, reply) => {
                let written = recording::record(statements, &told).map_err(failed);
                let written = written
                    .and_then(|recorded| recorded.map_err(|fault| HistoryError::Rows(vec![fault])));
                let effect =
                    |outcome| Some(Effect::Recorded { key: told.key, at: told.at, outcome });
                (promise(reply, ()), written.map(effect))
            }
            Self::About { source, symbol, about, most, at, reply } => {
                let written = rows::describe(statements, source, &symbol, &about, most, at)
                    .map_err(failed)
                    .and_then(|fault| {
                        fault.map_or(Ok(()), |fault| Err(HistoryError::Rows(vec![fault])))
                    });
                let effect = Effect::Described { source, symbol, about };
                (promise(reply, ()), written.map(|()| Some(effect)))
            }
            Self::Remove { source, symbol, reply } => {
                let removed = statements.remove_symbol(&source, &symbol).map_err(failed);
                let was_there = removed.as_ref().is_ok_and(|was_there| *was_there);
                let effect = was_there.then_some(Effect::Removed { source, symbol });
                (promise(reply, was_there), removed.map(|_| effect))
            }
            Self::Prune { before, reply } => {
                let pruned = statements.prune(&before).map_err(failed);
                let count = pruned.as_ref().map_or(0, |(count, _)| *count);
                (promise(reply, count), pruned.map(|(_, series)| Some(Effect::Pruned { series })))
            }
        }
    }

    /// Answers without anything done.
    pub(super) fn refuse(self, problem: &HistoryError) {
        let (promise, _) = self.fail(problem.clone());
        promise(Err(problem.clone()));
    }

    pub(super) fn fail(
        self,
        problem: HistoryError,
    ) -> (Promise, Result<Option<Effect>, HistoryError>) {
        let promise = match self {
            Self::Push(_, reply) => promise(reply, PushOutcome::default()),
            Self::Record(_, reply) | Self::About { reply, .. } => promise(reply, ()),
            Self::Remove { reply, .. } => promise(reply, false),
            Self::Prune { reply, .. } => promise(reply, 0),
        };
        (promise, Err(problem))
    }
}

/// Sends `done` unless the job came to nothing. The one that asked may have left.
fn promise<T: Send + 'static>(reply: Reply<T>, done: T) -> Promise {
    Box::new(move |ended| drop(reply.send(ended.map(|()| done))))
}
