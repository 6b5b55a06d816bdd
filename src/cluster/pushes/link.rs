//! The connection for what is pushed. It is not the one of leases: a large push takes its time, and one that waits for
//! replicas holds up what stands behind it.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, ScriptInvocation};
use tokio::sync::{Mutex, watch};

use super::super::error::ClusterError;
use super::super::link::{LinkState, RedisLink};

/// Longest time that Redis may take for a push.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest time that replicas may take for it.
const REPLICATED: Duration = Duration::from_secs(2);

/// A way to Redis that is opened when it is needed.
#[derive(Debug)]
pub struct PushLink {
    link: Arc<RedisLink>,
    kept: Mutex<KeptConnection>,
}

#[derive(Debug)]
struct KeptConnection {
    state: watch::Receiver<LinkState>,
    connection: Option<MultiplexedConnection>,
}

/// Why a push is not acknowledged.
#[derive(Debug)]
pub enum PushError {
    /// It was not sent.
    Unsent(ClusterError),
    /// It was sent, and nobody knows what came of it.
    Unsure(ClusterError),
    /// Too few replicas have it by now.
    Replicas(usize),
}

impl PushLink {
    /// Beside `link`.
    pub fn new(link: Arc<RedisLink>) -> Self {
        let state = link.state();
        Self { link, kept: Mutex::new(KeptConnection { state, connection: None }) }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, ClusterError> {
        let mut kept = self.kept.lock().await;
        // Whatever has changed: this one may lead to a Redis that is the master no longer.
        if kept.state.has_changed().unwrap_or(true) {
            kept.state.mark_unchanged();
            kept.connection = None;
        }
        if let LinkState::Gone(why) = &*kept.state.borrow() {
            return Err(self.link.gone_as(why.clone()));
        }
        if let Some(connection) = &kept.connection {
            return Ok(connection.clone());
        }
        let connection = self.link.connect(PATIENCE + REPLICATED).await?;
        kept.connection = Some(connection.clone());
        Ok(connection)
    }

    async fn failed(&self, error: &redis::RedisError) -> ClusterError {
        let error = self.link.failed(error);
        if matches!(error, ClusterError::Gone { .. }) {
            self.kept.lock().await.connection = None;
        }
        error
    }

    /// Runs a script that writes, and waits until so many replicas have what it wrote.
    pub async fn write<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        replicas: usize,
    ) -> Result<T, PushError> {
        let mut connection = self.connection().await.map_err(PushError::Unsent)?;
        let written = match script.invoke_async(&mut connection).await {
            Ok(written) => written,
            Err(error) => {
                let error = self.failed(&error).await;
                return Err(match error {
                    ClusterError::Gone { .. } => PushError::Unsure(error),
                    error => PushError::Unsent(error),
                });
            }
        };
        if replicas > 0 {
            let mut wait = redis::cmd("WAIT");
            wait.arg(replicas).arg(u64::try_from(REPLICATED.as_millis()).unwrap_or(u64::MAX));
            let waited: Result<usize, _> = wait.query_async(&mut connection).await;
            match waited {
                Ok(have) if have >= replicas => {}
                Ok(have) => return Err(PushError::Replicas(have)),
                Err(error) => return Err(PushError::Unsure(self.failed(&error).await)),
            }
        }
        Ok(written)
    }

    /// Runs a script that only reads.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, ClusterError> {
        let mut connection = self.connection().await?;
        match script.invoke_async(&mut connection).await {
            Ok(read) => Ok(read),
            Err(error) => Err(self.failed(&error).await),
        }
    }

    /// Runs a command that only reads.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, ClusterError> {
        let mut connection = self.connection().await?;
        match command.query_async(&mut connection).await {
            Ok(read) => Ok(read),
            Err(error) => Err(self.failed(&error).await),
        }
    }
}
