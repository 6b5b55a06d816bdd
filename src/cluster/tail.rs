//! The tails that a node follows: one connection waits for the news of all of them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::debug;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadReply};
use redis::{RedisError, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::form::TailPosition;
use super::link::{LinkState, PATIENCE, RedisLink};
use crate::metrics::Metrics;

/// How long a question waits for news. A series that is new here waits no longer to be among those asked for, so
/// that nothing has to wake the question.
const BLOCK: Duration = Duration::from_millis(100);
/// Most entries of a series in one answer.
const COUNT: usize = 128;
/// Entries that wait for one series here; one that is further behind begins with the snapshot.
const WAITING: usize = 1_024;
/// Time from a failure to the next try.
const RETRY: Duration = Duration::from_millis(200);

/// Reads the tails of all series that are followed here.
#[derive(Debug)]
pub struct Tail {
    link: Arc<RedisLink>,
    metrics: Arc<Metrics>,
    readers: Mutex<TailReaders>,
    /// Wakes the task when there is a first reader.
    added: Notify,
}

#[derive(Debug, Default)]
struct TailReaders {
    by_key: HashMap<String, TailReader>,
    /// Readers so far.
    count: u64,
}

#[derive(Debug)]
struct TailReader {
    /// Tells it from a later one of the same series.
    number: u64,
    /// What it was told last.
    position: TailPosition,
    sender: mpsc::Sender<Arrived>,
}

/// An entry that has come.
#[derive(Debug)]
pub struct Arrived {
    /// Which.
    pub position: TailPosition,
    /// Its form.
    pub bytes: Vec<u8>,
    /// When the source had last answered with everything, in microseconds by the clock of Redis.
    pub refreshed: Option<i64>,
}

/// The entries of one series; dropping it ends the reading.
#[derive(Debug)]
pub struct TailReading {
    tail: Arc<Tail>,
    key: String,
    number: u64,
    arrived: mpsc::Receiver<Arrived>,
}

impl Arrived {
    /// What Redis answers; nothing where its id is of another kind.
    pub fn of(entry: &StreamId) -> Option<Self> {
        let bytes = match entry.map.get("entry") {
            Some(Value::BulkString(bytes)) => bytes.clone(),
            // Nothing that a node wrote: its reader is told that it cannot be read.
            _ => Vec::new(),
        };
        let refreshed = entry.get::<i64>("refreshed").filter(|at| *at > 0);
        Some(Self { position: TailPosition::parse(&entry.id)?, bytes, refreshed })
    }
}

impl Tail {
    /// Nothing is followed.
    pub fn new(link: Arc<RedisLink>, metrics: Arc<Metrics>) -> Self {
        Self { link, metrics, readers: Mutex::default(), added: Notify::new() }
    }

    /// Follows the stream of that key from after `position`.
    pub fn read(self: &Arc<Self>, key: &str, position: TailPosition) -> TailReading {
        let (sender, arrived) = mpsc::channel(WAITING);
        let mut readers = self.readers();
        readers.count += 1;
        let number = readers.count;
        readers.by_key.insert(key.to_owned(), TailReader { number, position, sender });
        self.added.notify_one();
        TailReading { tail: Arc::clone(self), key: key.to_owned(), number, arrived }
    }

    /// Asks for news, for ever.
    pub async fn run(&self) {
        let mut link = self.link.state();
        loop {
            let _ = link.wait_for(|state| *state == LinkState::Up).await;
            if let Ok(mut connection) = self.link.connect(BLOCK + PATIENCE).await {
                tokio::select! {
                    Err(error) = self.ask(&mut connection) => {
                        debug!("the tails cannot be read: {error}");
                    }
                    // The other connection leads elsewhere next.
                    _ = link.wait_for(|state| *state != LinkState::Up) => {}
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Asks until there is no answer.
    async fn ask(&self, connection: &mut MultiplexedConnection) -> Result<Infallible, RedisError> {
        loop {
            let (keys, ids): (Vec<_>, Vec<_>) = self.asked().into_iter().unzip();
            if keys.is_empty() {
                self.added.notified().await;
                continue;
            }
            let mut command = redis::cmd("XREAD");
            command.arg("COUNT").arg(COUNT).arg("BLOCK").arg(BLOCK.as_millis().to_string());
            command.arg("STREAMS").arg(keys).arg(ids);
            let reply: Option<StreamReadReply> = command.query_async(connection).await?;
            for stream in reply.into_iter().flat_map(|reply| reply.keys) {
                self.deliver(&stream.key, stream.ids);
            }
        }
    }

    /// The keys of the streams, each with the id after which it is asked for.
    fn asked(&self) -> Vec<(String, String)> {
        let readers = self.readers();
        let asked = readers
            .by_key
            .iter()
            .map(|(key, TailReader { position, .. })| (key.clone(), position.to_string()));
        asked.collect()
    }

    fn deliver(&self, key: &str, entries: Vec<StreamId>) {
        let mut readers = self.readers();
        for entry in entries {
            let Some(reader) = readers.by_key.get_mut(key) else { return };
            let Some(arrived) = Arrived::of(&entry) else { continue };
            if arrived.position <= reader.position {
                continue;
            }
            reader.position = arrived.position;
            self.observe(&entry);
            // A reader that is too far behind is told so by the end of its channel.
            if reader.sender.try_send(arrived).is_err() {
                readers.by_key.remove(key);
                return;
            }
        }
    }

    /// Notes how long an entry was on its way, by the clock of Redis.
    fn observe(&self, entry: &StreamId) {
        let at = entry.get::<i64>("at").filter(|at| *at > 0);
        let Some(at) = at else { return };
        let micros = u32::try_from(self.link.now().saturating_sub(at).max(0)).unwrap_or(u32::MAX);
        self.metrics.cluster_lag.observe(f64::from(micros) / 1e6);
    }

    fn readers(&self) -> MutexGuard<'_, TailReaders> {
        // Every change is one row put in, taken out or moved on.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TailReading {
    /// The next entry; nothing where too many were waiting.
    pub async fn next(&mut self) -> Option<Arrived> {
        self.arrived.recv().await
    }
}

impl Drop for TailReading {
    fn drop(&mut self) {
        let mut readers = self.tail.readers();
        if readers.by_key.get(&self.key).is_some_and(|reader| reader.number == self.number) {
            readers.by_key.remove(&self.key);
        }
    }
}
