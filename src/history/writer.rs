//! The one writer: a thread that takes what is queued, commits it together, and then answers.

mod effects;
mod jobs;
mod recording;
mod rows;
mod statements;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use log::{error, info};
use rusqlite::Connection;
use tokio::sync::mpsc;

pub(super) use self::effects::Committed;
use self::effects::Effect;
use self::jobs::Promise;
pub(super) use self::jobs::{Job, Reply};
use self::statements::Statements;
use super::error::HistoryError;

/// Most jobs that are committed together.
const TOGETHER: usize = 256;
/// Most rows of them, after which no other job is taken.
const ROWS_TOGETHER: usize = 50_000;
/// Jobs that wait; the next sender waits until one is taken.
pub(super) const QUEUE: usize = 256;

/// What became of the jobs of a transaction before it is committed.
#[derive(Default)]
struct Worked {
    done: Vec<(Promise, Option<Effect>)>,
    refused: Vec<(Promise, HistoryError)>,
    /// Why the transaction cannot be committed.
    broken: Option<HistoryError>,
}

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
            let begun = Instant::now();
            let committed = self.commit(connection, taken);
            self.committed.count(begun.elapsed(), committed.is_ok(), &self.path);
            match committed {
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
                Ok(()) => job.work(statements, &self.path),
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
                self.committed.tell(effect);
            }
            promise(ended.clone());
        }
        ended.and(trouble)
    }
}
