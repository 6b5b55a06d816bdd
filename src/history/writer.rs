//! The one writer: a thread that takes what is queued, commits it together, and then answers.

mod rows;
mod statements;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use log::{error, info};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use self::statements::{PrunedSeries, Statements};
use super::error::HistoryError;
use super::push::{Push, PushOutcome};
use super::symbols::KeptSymbols;
use super::watch::{Changes, Watchers};
use crate::interval::Interval;
use crate::symbol::Symbol;

/// Most jobs that are committed together.
const TOGETHER: usize = 256;
/// Most rows of them, after which no other job is taken.
const ROWS_TOGETHER: usize = 50_000;
/// Jobs that wait; the next sender waits until one is taken.
pub(super) const QUEUE: usize = 256;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, HistoryError>>;

/// Something to write.
pub(super) enum Job {
    /// Bars and ticks.
    Push(Push, Reply<PushOutcome>),
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

/// What readers and requests see of what was committed.
#[derive(Debug, Default)]
pub(super) struct Committed {
    pub(super) symbols: KeptSymbols,
    pub(super) watchers: Watchers,
}

/// Something to tell once it is committed.
enum Effect {
    Pushed { source: &'static str, at: Timestamp, outcome: PushOutcome },
    Described { source: &'static str, symbol: Symbol, about: Arc<str> },
    Removed { source: String, symbol: Symbol },
    Pruned { series: Vec<PrunedSeries> },
}

/// What became of the jobs of a transaction before it is committed.
#[derive(Default)]
struct Worked {
    done: Vec<(Promise, Option<Effect>)>,
    refused: Vec<(Promise, HistoryError)>,
    /// Why the transaction cannot be committed.
    broken: Option<HistoryError>,
}

/// Answers a job, with what it did or why it did nothing.
type Promise = Box<dyn FnOnce(Result<(), HistoryError>) + Send>;

/// The queue, and the thread that works it off. Its drop waits until that is done.
#[derive(Debug)]
pub(super) struct WriterThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl WriterThread {
    /// Queues a job; it waits while the queue is full.
    pub(super) async fn queue(&self, job: Job) -> Result<(), HistoryError> {
        let jobs = self.jobs.as_ref().ok_or(HistoryError::Closed)?;
        jobs.send(job).await.map_err(|_| HistoryError::Closed)
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // A thread that has panicked has said so.
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

/// Starts the thread. It ends when no sender is left.
pub(super) fn start(
    path: PathBuf,
    connection: Connection,
    committed: Arc<Committed>,
) -> Result<WriterThread, HistoryError> {
    let (sender, jobs) = mpsc::channel(QUEUE);
    let failed =
        HistoryError::Failed { path: path.clone(), detail: "no thread can be started".into() };
    let writer = Writer { path, committed };
    let run = move || writer.run(&connection, jobs);
    let thread = thread::Builder::new().name("history".to_owned()).spawn(run);
    Ok(WriterThread { jobs: Some(sender), thread: Some(thread.map_err(|_| failed)?) })
}

struct Writer {
    path: PathBuf,
    committed: Arc<Committed>,
}

impl Writer {
    fn run(&self, connection: &Connection, mut jobs: mpsc::Receiver<Job>) {
        let mut is_troubled = false;
        while let Some(first) = jobs.blocking_recv() {
            let mut taken = vec![first];
            let mut rows = taken[0].rows();
            while taken.len() < TOGETHER && rows < ROWS_TOGETHER {
                let Ok(job) = jobs.try_recv() else { break };
                rows += job.rows();
                taken.push(job);
            }
            match self.commit(connection, taken) {
                Ok(()) if is_troubled => {
                    info!("{} is written again", self.path.display());
                    is_troubled = false;
                }
                Ok(()) => {}
                Err(problem) => {
                    if !is_troubled {
                        error!("{problem}");
                    }
                    is_troubled = true;
                }
            }
        }
        // The file is whole without this, and the next start has less to read.
        let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Does all jobs in one transaction; one that fails leaves nothing behind and does not harm the others.
    fn commit(&self, connection: &Connection, jobs: Vec<Job>) -> Result<(), HistoryError> {
        let begun = connection
            .execute_batch("BEGIN IMMEDIATE")
            .and_then(|()| Statements::prepare(connection));
        let mut statements = match begun {
            Ok(statements) => statements,
            Err(error) => {
                let _ = connection.execute_batch("ROLLBACK");
                let problem = self.failed(&error);
                for job in jobs {
                    job.refuse(&problem);
                }
                return Err(problem);
            }
        };
        let worked = self.work_all(connection, &mut statements, jobs);
        drop(statements);
        self.finish(connection, worked)
    }

    fn failed(&self, error: &rusqlite::Error) -> HistoryError {
        HistoryError::of(&self.path, error)
    }

    fn work_all(
        &self,
        connection: &Connection,
        statements: &mut Statements<'_>,
        jobs: Vec<Job>,
    ) -> Worked {
        let mut worked = Worked::default();
        for job in jobs {
            if let Some(problem) = &worked.broken {
                job.refuse(problem);
                continue;
            }
            let saved = connection.execute_batch("SAVEPOINT job");
            let (promise, result) = match saved {
                Ok(()) => self.work(statements, job),
                Err(error) => job.fail(self.failed(&error)),
            };
            match result {
                Ok(effect) => worked.done.push((promise, effect)),
                Err(problem) => {
                    let undone = connection.execute_batch("ROLLBACK TO job");
                    worked.refused.push((promise, problem.clone()));
                    // A full disk ends the whole transaction.
                    if undone.is_err() || connection.is_autocommit() {
                        worked.broken = Some(problem);
                        continue;
                    }
                }
            }
            if let Err(error) = connection.execute_batch("RELEASE job") {
                worked.broken = Some(self.failed(&error));
            }
        }
        worked
    }

    /// Commits what was done, and answers. It is told before it is answered, so that a sender that is answered
    /// finds it.
    fn finish(&self, connection: &Connection, worked: Worked) -> Result<(), HistoryError> {
        let Worked { done, refused, broken } = worked;
        let ended = match broken {
            Some(problem) => Err(problem),
            None => connection.execute_batch("COMMIT").map_err(|error| self.failed(&error)),
        };
        if ended.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        let mut trouble = Ok(());
        for (promise, problem) in refused {
            if !matches!(problem, HistoryError::Rows(_)) {
                trouble = Err(problem.clone());
            }
            promise(Err(problem));
        }
        for (promise, effect) in done {
            if ended.is_ok()
                && let Some(effect) = effect
            {
                self.tell(effect);
            }
            promise(ended.clone());
        }
        ended.and(trouble)
    }

    /// Does a job, within a transaction.
    fn work(
        &self,
        statements: &mut Statements<'_>,
        job: Job,
    ) -> (Promise, Result<Option<Effect>, HistoryError>) {
        let failed = |error: rusqlite::Error| HistoryError::of(&self.path, &error);
        match job {
            Job::Push(push, reply) => {
                let written = rows::push(statements, &push).map_err(failed).and_then(|outcome| {
                    let is_refused = !outcome.faults.is_empty() && !push.is_partial;
                    if is_refused { Err(HistoryError::Rows(outcome.faults)) } else { Ok(outcome) }
                });
                let promise = promise(reply, written.clone().unwrap_or_default());
                let (source, at) = (push.source, push.at);
                (promise, written.map(|outcome| Some(Effect::Pushed { source, at, outcome })))
            }
            Job::About { source, symbol, about, most, at, reply } => {
                let written = rows::describe(statements, source, &symbol, &about, most, at)
                    .map_err(failed)
                    .and_then(|fault| {
                        fault.map_or(Ok(()), |fault| Err(HistoryError::Rows(vec![fault])))
                    });
                let effect = Effect::Described { source, symbol, about };
                (promise(reply, ()), written.map(|()| Some(effect)))
            }
            Job::Remove { source, symbol, reply } => {
                let removed = statements.remove_symbol(&source, &symbol).map_err(failed);
                let was_there = removed.as_ref().is_ok_and(|was_there| *was_there);
                let effect = was_there.then_some(Effect::Removed { source, symbol });
                (promise(reply, was_there), removed.map(|_| effect))
            }
            Job::Prune { before, reply } => {
                let pruned = statements.prune(&before).map_err(failed);
                let count = pruned.as_ref().map_or(0, |(count, _)| *count);
                (promise(reply, count), pruned.map(|(_, series)| Some(Effect::Pruned { series })))
            }
        }
    }

    /// Tells those who are concerned by what is committed.
    fn tell(&self, effect: Effect) {
        let Committed { symbols, watchers } = &*self.committed;
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
            Effect::Described { source, symbol, about } => {
                symbols.change(source, &symbol, |kept| kept.about = Some(about));
                let changes = Changes { is_renewed: true, ..Changes::default() };
                watchers.tell(source, &symbol, None, changes);
            }
            Effect::Removed { source, symbol } => {
                symbols.remove(&source, &symbol);
                let changes = Changes { is_renewed: true, ..Changes::default() };
                watchers.tell(&source, &symbol, None, changes);
            }
            Effect::Pruned { series } => {
                let changes = Changes { is_renewed: true, ..Changes::default() };
                for (source, symbol, interval) in series {
                    watchers.tell(&source, &symbol, Some(interval), changes);
                }
            }
        }
    }
}

/// Sends `done` unless the job came to nothing. The one that asked may have left.
fn promise<T: Send + 'static>(reply: Reply<T>, done: T) -> Promise {
    Box::new(move |ended| drop(reply.send(ended.map(|()| done))))
}

impl Job {
    fn rows(&self) -> usize {
        match self {
            Self::Push(push, _) => push.len(),
            _ => 1,
        }
    }

    /// Answers without anything done.
    fn refuse(self, problem: &HistoryError) {
        let (promise, _) = self.fail(problem.clone());
        promise(Err(problem.clone()));
    }

    fn fail(self, problem: HistoryError) -> (Promise, Result<Option<Effect>, HistoryError>) {
        let promise = match self {
            Self::Push(_, reply) => promise(reply, PushOutcome::default()),
            Self::About { reply, .. } => promise(reply, ()),
            Self::Remove { reply, .. } => promise(reply, false),
            Self::Prune { reply, .. } => promise(reply, 0),
        };
        (promise, Err(problem))
    }
}
