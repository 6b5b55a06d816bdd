//! The tails that a node follows: Redis tells the news of all of them over one connection, and has them where they were
//! missed.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use log::{debug, warn};
use redis::aio::PubSubSink;
use redis::streams::{StreamId, StreamReadReply};
use redis::{Msg, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::error::ClusterError;
use super::form::TailPosition;
use super::link::{LinkState, PATIENCE, RedisLink};
use crate::metrics::Metrics;

/// Time between two questions whether the connection still lives.
const BEAT: Duration = Duration::from_millis(500);
/// Most series that are read in one command: Redis serves nobody else meanwhile.
const TOGETHER: usize = 32;
/// Entries that wait for one series here; one that is further behind begins with the snapshot.
const WAITING: usize = 1_024;
/// Time from a failure to the next try, and where Redis forbids to listen.
const RETRY: Duration = Duration::from_millis(200);
const FORBIDDEN: Duration = Duration::from_secs(10);

/// Hears of the tails of all series that are followed here.
#[derive(Debug)]
pub struct Tail {
    link: Arc<RedisLink>,
    metrics: Arc<Metrics>,
    readers: Mutex<TailReaders>,
    /// Wakes the task when readers have come or gone.
    changed: Notify,
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
    /// Whether it was told what was there before this connection listened. Until then news are left out: they are read,
    /// too.
    is_read: bool,
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
    /// When it was written, in microseconds by the clock of Redis.
    at: Option<i64>,
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
        let [at, refreshed] = ["at", "refreshed"].map(|name| entry.get(name).and_then(known));
        Some(Self { position: TailPosition::parse(&entry.id)?, bytes, refreshed, at })
    }

    /// What is told of an entry when it is written: its id, its times and its form; nothing of anything else.
    pub fn told(payload: &[u8]) -> Option<Self> {
        let mut parts = payload.splitn(4, |byte| *byte == b' ');
        let mut text = || std::str::from_utf8(parts.next()?).ok();
        let position = TailPosition::parse(text()?)?;
        let [at, refreshed] = [text()?, text()?].map(|at| at.parse().ok().and_then(known));
        let bytes = parts.next()?.to_vec();
        Some(Self { position, bytes, refreshed, at })
    }
}

/// An instant, if it is one.
fn known(at: i64) -> Option<i64> {
    (at > 0).then_some(at)
}

impl Tail {
    /// Nothing is followed.
    pub fn new(link: Arc<RedisLink>, metrics: Arc<Metrics>) -> Self {
        Self { link, metrics, readers: Mutex::default(), changed: Notify::new() }
    }

    /// Follows the stream of that key from after `position`.
    pub fn read(self: &Arc<Self>, key: &str, position: TailPosition) -> TailReading {
        let (sender, arrived) = mpsc::channel(WAITING);
        let mut readers = self.readers();
        readers.count += 1;
        let number = readers.count;
        let reader = TailReader { number, position, is_read: false, sender };
        readers.by_key.insert(key.to_owned(), reader);
        self.changed.notify_one();
        TailReading { tail: Arc::clone(self), key: key.to_owned(), number, arrived }
    }

    /// Listens for news, for ever.
    pub async fn run(&self) {
        let (mut link, mut is_told) = (self.link.state(), false);
        loop {
            let _ = link.wait_for(|state| *state == LinkState::Up).await;
            let error = tokio::select! {
                Err(error) = self.listen() => error,
                // The other connection leads elsewhere next.
                _ = link.wait_for(|state| *state != LinkState::Up) => continue,
            };
            if matches!(error, ClusterError::Gone { .. }) {
                debug!("the tails are not heard: {error}");
                sleep(RETRY).await;
                continue;
            }
            if !std::mem::replace(&mut is_told, true) {
                warn!("other nodes are heard a second late, as Redis forbids to listen: {error}");
            }
            sleep(FORBIDDEN).await;
        }
    }

    /// Listens until the connection is lost.
    async fn listen(&self) -> Result<Infallible, ClusterError> {
        let (mut sink, mut news) = self.link.listen().await?.split();
        self.readers().by_key.values_mut().for_each(|reader| reader.is_read = false);
        self.changed.notify_one();
        let (mut heard, mut beats) = (HashSet::new(), interval(BEAT));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = news.next() => match message {
                    Some(message) => self.hear(&message),
                    None => return Err(self.link.gone_as("the connection was cut".to_owned())),
                },
                () = self.changed.notified() => self.attend(&mut sink, &mut heard).await?,
                _ = beats.tick() => {
                    self.within(sink.ping::<Value>()).await?;
                }
            }
        }
    }

    /// Listens to the tails that are followed, and no others, and reads what was written to them before. News that come
    /// meanwhile wait, so that none is missed in between.
    async fn attend(
        &self,
        sink: &mut PubSubSink,
        heard: &mut HashSet<String>,
    ) -> Result<(), ClusterError> {
        let (wanted, unread) = self.wanted();
        let [new, old] = [wanted.difference(heard), heard.difference(&wanted)]
            .map(|keys| keys.map(|key| self.link.channel(key)).collect::<Vec<_>>());
        if !new.is_empty() {
            self.within(sink.subscribe(new)).await?;
        }
        if !old.is_empty() {
            self.within(sink.unsubscribe(old)).await?;
        }
        *heard = wanted;
        for some in unread.chunks(TOGETHER) {
            let (keys, ids): (Vec<_>, Vec<_>) = some.iter().cloned().unzip();
            let mut command = redis::cmd("XREAD");
            command.arg("STREAMS").arg(&keys).arg(ids);
            let reply: Option<StreamReadReply> = self.link.query(&command).await?;
            let mut readers = self.readers();
            for stream in reply.into_iter().flat_map(|reply| reply.keys) {
                let arrived = stream.ids.iter().filter_map(Arrived::of);
                arrived.for_each(|arrived| self.deliver(&mut readers, &stream.key, arrived));
            }
            for (key, id) in some {
                // Another reader may have come meanwhile.
                let read = readers.by_key.get_mut(key).filter(|reader| {
                    reader.position >= TailPosition::parse(id).unwrap_or(TailPosition::START)
                });
                if let Some(reader) = read {
                    reader.is_read = true;
                }
            }
        }
        Ok(())
    }

    /// The tails that are followed, and those that are to be read, each with the id after which.
    fn wanted(&self) -> (HashSet<String>, Vec<(String, String)>) {
        let readers = self.readers();
        let unread = readers.by_key.iter().filter(|(_, reader)| !reader.is_read);
        let unread = unread.map(|(key, reader)| (key.clone(), reader.position.to_string()));
        (readers.by_key.keys().cloned().collect(), unread.collect())
    }

    fn hear(&self, message: &Msg) {
        let key = self.link.key(message.get_channel_name());
        let mut readers = self.readers();
        if readers.by_key.get(key).is_some_and(|reader| reader.is_read)
            && let Some(arrived) = Arrived::told(message.get_payload_bytes())
        {
            self.deliver(&mut readers, key, arrived);
        }
    }

    fn deliver(&self, readers: &mut TailReaders, key: &str, arrived: Arrived) {
        let Some(reader) = readers.by_key.get_mut(key) else { return };
        if arrived.position <= reader.position {
            return;
        }
        reader.position = arrived.position;
        self.observe(&arrived);
        // A reader that is too far behind is told so by the end of its channel.
        if reader.sender.try_send(arrived).is_err() {
            readers.by_key.remove(key);
        }
    }

    /// Notes how long an entry was on its way, by the clock of Redis.
    fn observe(&self, arrived: &Arrived) {
        let Some(at) = arrived.at else { return };
        let micros = u32::try_from(self.link.now().saturating_sub(at).max(0)).unwrap_or(u32::MAX);
        self.metrics.cluster_lag.observe(f64::from(micros) / 1e6);
    }

    /// What Redis answers in time.
    async fn within<T>(
        &self,
        answer: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, ClusterError> {
        match timeout(PATIENCE, answer).await {
            Ok(answer) => answer.map_err(|error| self.link.failed(&error)),
            Err(_) => Err(self.link.gone_as("it does not answer in time".to_owned())),
        }
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
            self.tail.changed.notify_one();
        }
    }
}
