//! The connections of a node to Redis: one for commands, which is kept up and asked twice a second whether it still
//! lives, and those of their own for commands that block.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{info, warn};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue,
    IntoConnectionInfo as _, RedisError, ScriptInvocation,
};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::error::ClusterError;
use crate::config::{ClusterConfig, RedisAddress};
use crate::jitter;
use crate::metrics::Metrics;

/// Longest time that Redis may take to answer, or to take a connection.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two questions whether it is there.
const BEAT: Duration = Duration::from_millis(500);
/// After so many of them the Sentinels are asked who the master is.
const MASTER_BEATS: u32 = 4;
/// Shortest and longest time from a failure to the next try to connect.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];
/// What a Redis says that is there, and serves nobody: it loads its file, or is a replica after a failover.
const NOT_SERVING: [&str; 7] =
    ["LOADING", "READONLY", "MASTERDOWN", "NOAUTH", "NOREPLICAS", "BUSY", "CLUSTERDOWN"];

/// Whether Redis can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// It answers.
    Up,
    /// It does not, and why.
    Gone(String),
}

/// A node's way to Redis.
pub struct RedisLink {
    /// How to reach it, where it is not asked for.
    info: ConnectionInfo,
    /// Those that know which Redis is the master, and its name.
    sentinels: Vec<Client>,
    master: String,
    /// Host and port, or the name of the master.
    address: String,
    /// What tells the channels of its database from those of the others, which share the names.
    suffix: String,
    /// The connection for commands, while there is one.
    connection: Mutex<Option<MultiplexedConnection>>,
    state: watch::Sender<LinkState>,
    /// Wakes [`keep`](Self::keep) when a command failed.
    broken: Notify,
    /// When it was made. The machine's own clock may be set while the node runs, and is not looked at.
    made: Instant,
    /// Microseconds since 1970 at that moment, by the clock of Redis.
    made_at: AtomicI64,
}

impl RedisLink {
    /// Connects to nothing yet.
    pub fn new(config: &ClusterConfig) -> Result<Self, ClusterError> {
        let address = &config.redis;
        let sentinels = config.sentinels.iter().map(|sentinel| Client::open(info_of(sentinel)?));
        let sentinels: Result<Vec<_>, RedisError> = sentinels.collect();
        let unusable = |error: RedisError| ClusterError::Address(error.to_string());
        let (sentinels, info) = (sentinels.map_err(unusable)?, info_of(address).map_err(unusable)?);
        let master = address.host();
        let suffix = match info.redis_settings().db() {
            0 => String::new(),
            database => format!("@{database}"),
        };
        Ok(Self {
            suffix,
            address: if sentinels.is_empty() { address.to_string() } else { master.clone() },
            info,
            sentinels,
            master,
            connection: Mutex::default(),
            state: watch::Sender::new(LinkState::Gone("not connected yet".to_owned())),
            broken: Notify::new(),
            made: Instant::now(),
            made_at: AtomicI64::new(0),
        })
    }

    /// Keeps the connection up, for ever.
    pub async fn keep(&self, metrics: &Metrics) {
        let mut pause = RETRY[0];
        loop {
            let why = match self.reach(PATIENCE).await {
                Ok((connection, address)) => {
                    *self.connection() = Some(connection);
                    match self.ask_time(metrics).await {
                        Ok(()) => {
                            info!("Redis at {address} answers");
                            self.state.send_replace(LinkState::Up);
                            pause = RETRY[0];
                            self.until_gone(&address, metrics).await
                        }
                        Err(error) => why(error),
                    }
                }
                Err(error) => why(error),
            };
            *self.connection() = None;
            if *self.state.borrow() == LinkState::Up {
                warn!("Redis at {} cannot be reached: {why}", self.address);
            }
            self.state.send_replace(LinkState::Gone(why));
            sleep(jitter::between(pause / 2, pause)).await;
            pause = (pause * 2).min(RETRY[1]);
        }
    }

    /// Whether it can be reached.
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// Microseconds since 1970, by the clock of Redis, once it can be reached.
    pub fn now(&self) -> i64 {
        self.made_at.load(Ordering::Relaxed).saturating_add(self.age())
    }

    /// Microseconds since this was made.
    fn age(&self) -> i64 {
        i64::try_from(self.made.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// A connection whose commands may take so long.
    pub async fn connect(&self, patience: Duration) -> Result<MultiplexedConnection, ClusterError> {
        self.reach(patience).await.map(|(connection, _)| connection)
    }

    /// A connection, and where it leads.
    async fn reach(
        &self,
        patience: Duration,
    ) -> Result<(MultiplexedConnection, ConnectionAddr), ClusterError> {
        let (client, address) = self.client().await?;
        let connection = open(&client, patience).await.map_err(|error| self.gone(&error))?;
        Ok((connection, address))
    }

    /// A connection that is told what is published.
    pub async fn listen(&self) -> Result<PubSub, ClusterError> {
        let (client, _) = self.client().await?;
        match timeout(PATIENCE, client.get_async_pubsub()).await {
            Ok(connection) => connection.map_err(|error| self.gone(&error)),
            Err(_) => Err(self.gone_as("it takes no connection in time".to_owned())),
        }
    }

    /// What the end of a channel's name is.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// Where it is told what is written to the stream of that key.
    pub fn channel(&self, key: &str) -> String {
        format!("{key}{}", self.suffix)
    }

    /// The key of the stream that a channel tells of.
    pub fn key<'a>(&self, channel: &'a str) -> &'a str {
        channel.strip_suffix(&self.suffix).unwrap_or(channel)
    }

    /// What opens connections now, and where they lead.
    async fn client(&self) -> Result<(Client, ConnectionAddr), ClusterError> {
        let info = if self.sentinels.is_empty() { self.info.clone() } else { self.found().await? };
        let address = info.addr().clone();
        let client = Client::open(info).map_err(|error| self.gone(&error))?;
        Ok((client, address))
    }

    /// Where the master is now, by the first Sentinel that knows.
    async fn found(&self) -> Result<ConnectionInfo, ClusterError> {
        let mut why = "no Sentinel knows a master of that name".to_owned();
        for sentinel in &self.sentinels {
            let mut command = redis::cmd("SENTINEL");
            command.arg("get-master-addr-by-name").arg(&self.master);
            let asked = async {
                let mut connection = open(sentinel, PATIENCE).await?;
                command.query_async::<Option<(String, u16)>>(&mut connection).await
            };
            match asked.await {
                Ok(Some((host, port))) => {
                    let address = match self.info.addr() {
                        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                            let (insecure, tls_params) = (*insecure, tls_params.clone());
                            ConnectionAddr::TcpTls { host, port, insecure, tls_params }
                        }
                        _ => ConnectionAddr::Tcp(host, port),
                    };
                    return Ok(self.info.clone().set_addr(address));
                }
                Ok(None) => {}
                Err(error) => why = format!("a Sentinel does not answer: {error}"),
            }
        }
        Err(ClusterError::Gone { address: self.address.clone(), why })
    }

    /// Runs a script.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, ClusterError> {
        let mut connection = self.live()?;
        script.invoke_async(&mut connection).await.map_err(|error| self.failed(&error))
    }

    /// Runs a command.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, ClusterError> {
        let mut connection = self.live()?;
        command.query_async(&mut connection).await.map_err(|error| self.failed(&error))
    }

    /// Asks it the time twice a second, until it does not answer, or is the master no longer; why not.
    async fn until_gone(&self, address: &ConnectionAddr, metrics: &Metrics) -> String {
        let mut beat = 0_u32;
        loop {
            tokio::select! {
                () = sleep(BEAT) => {}
                // Asked at once: one command may have failed for reasons of its own.
                () = self.broken.notified() => {}
            }
            beat = beat.wrapping_add(1);
            if !self.sentinels.is_empty() && beat.is_multiple_of(MASTER_BEATS) {
                // One that is cut off from the others may take writes that they never see.
                let has_moved = self.found().await.is_ok_and(|info| info.addr() != address);
                if has_moved {
                    return "another Redis is the master now".to_owned();
                }
            }
            if let Err(error) = self.ask_time(metrics).await {
                return why(error);
            }
        }
    }

    async fn ask_time(&self, metrics: &Metrics) -> Result<(), ClusterError> {
        let asked = self.age();
        let (seconds, micros): (i64, i64) = self.query(&redis::cmd("TIME")).await?;
        // It was read about in the middle.
        let age = asked.midpoint(self.age());
        let time = seconds.saturating_mul(1_000_000).saturating_add(micros);
        self.made_at.store(time.saturating_sub(age), Ordering::Relaxed);
        metrics.cluster_beat.set(seconds);
        Ok(())
    }

    fn live(&self) -> Result<MultiplexedConnection, ClusterError> {
        let why = || match &*self.state.borrow() {
            LinkState::Gone(why) => why.clone(),
            LinkState::Up => "the connection was lost".to_owned(),
        };
        self.connection().clone().ok_or_else(|| self.gone_as(why()))
    }

    /// What an error of a command means.
    pub fn failed(&self, error: &RedisError) -> ClusterError {
        let is_serving = error.code().is_none_or(|code| !NOT_SERVING.contains(&code));
        if is_serving && !error.is_io_error() && !error.is_timeout() {
            return ClusterError::Refused(error.to_string());
        }
        if !is_serving {
            // The address may lead to another one by now.
            *self.connection() = None;
        }
        self.broken.notify_one();
        self.gone(error)
    }

    fn gone(&self, error: &RedisError) -> ClusterError {
        self.gone_as(error.to_string())
    }

    /// That it cannot be reached, for a reason that is known.
    pub fn gone_as(&self, why: String) -> ClusterError {
        ClusterError::Gone { address: self.address.clone(), why }
    }

    fn connection(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        // Every change is one assignment.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How to reach an address.
fn info_of(address: &RedisAddress) -> Result<ConnectionInfo, RedisError> {
    // A peer that vanished is noticed even while the kernel still holds bytes for it.
    let tcp = TcpSettings::default().set_nodelay(true).set_user_timeout(2 * PATIENCE);
    Ok(address.as_str().into_connection_info()?.set_tcp_settings(tcp))
}

/// A connection whose commands may take so long.
async fn open(client: &Client, patience: Duration) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(patience));
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// The reason alone, without whose it is.
fn why(error: ClusterError) -> String {
    match error {
        ClusterError::Gone { why, .. } => why,
        other => other.to_string(),
    }
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLink").field("address", &self.address).finish_non_exhaustive()
    }
}
