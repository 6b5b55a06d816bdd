//! One task for each connection to an exchange: opens it while any series listens, tries again when it is
//! cut, and ends when no series listens any more.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use log::{debug, info, warn};
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, sleep, sleep_until};

use super::channel::Channel;
use super::dial::{Dial, Wire};
use super::exchange::{SocketDialect, SocketLimits};
use super::session::{SessionEnd, SocketSession};
use super::table::{ChannelListener, ChannelTable, Joined};
use crate::clock::Clock;
use crate::jitter;
use crate::source::error::SourceError;
use crate::source::poll::{PollTiming, backoff};
use crate::source::upstream::{Breaker, paused};

/// How long a connection stays open that no series listens to.
const LINGER: Duration = Duration::from_secs(10);
/// Attempts to connect that are made at once.
const BURST: u32 = 10;
/// How long a connection has to last so that failures before it are forgotten.
const PROVEN: Duration = Duration::from_mins(1);

/// All connections to one exchange.
#[derive(Debug)]
pub struct Sockets {
    dialect: Arc<dyn SocketDialect>,
    dial: Arc<dyn Dial>,
    breaker: Arc<Breaker>,
    clock: Arc<dyn Clock>,
    timing: PollTiming,
    table: Arc<ChannelTable>,
    /// The instant until which the attempts to connect have used up their rate.
    spent_until: Turn<Instant>,
}

impl Sockets {
    /// No connection is open.
    pub fn new(
        dialect: Arc<dyn SocketDialect>,
        dial: Arc<dyn Dial>,
        breaker: Arc<Breaker>,
        clock: Arc<dyn Clock>,
        timing: PollTiming,
    ) -> Arc<Self> {
        let limits = dialect.limits();
        let table = ChannelTable::new(limits.channels, limits.connections);
        let now = Instant::now();
        let spent = now.checked_sub(limits.connect_period * (BURST - 1)).unwrap_or(now);
        let spent_until = Turn::new(spent);
        Arc::new(Self { dialect, dial, breaker, clock, timing, table, spent_until })
    }

    /// The language that they speak.
    pub fn dialect(&self) -> &dyn SocketDialect {
        &*self.dialect
    }

    /// Listens to a channel, and starts a task where a connection is needed; `None` when all are full.
    pub fn listen(self: &Arc<Self>, channel: Channel) -> Option<ChannelListener> {
        let Joined { listener, new_socket } = self.table.join(channel)?;
        if let Some(id) = new_socket {
            let socket = Socket { sockets: Arc::clone(self), id, failures: 0 };
            tokio::spawn(socket.run());
        }
        Some(listener)
    }

    fn limits(&self) -> SocketLimits {
        self.dialect.limits()
    }

    /// Waits until a connection may be tried: after a few at once one in each period.
    async fn turn(&self) {
        let period = self.limits().connect_period;
        let mut spent_until = self.spent_until.lock().await;
        sleep_until(*spent_until).await;
        let floor = Instant::now().checked_sub(period * (BURST - 1));
        *spent_until = floor.map_or(*spent_until, |floor| floor.max(*spent_until)) + period;
    }
}

/// The task of one connection.
struct Socket {
    sockets: Arc<Sockets>,
    /// Its number in the table.
    id: usize,
    /// Failures in a row.
    failures: u32,
}

impl Socket {
    /// Keeps a connection open for as long as any series listens.
    async fn run(mut self) {
        let origin = self.sockets.dialect.origin();
        loop {
            self.sockets.turn().await;
            match self.open().await {
                Ok(wire) => {
                    debug!("{origin}: socket {} is open", self.id);
                    if !self.follow(wire).await {
                        return;
                    }
                }
                Err((error, wait)) => {
                    let level =
                        if self.failures <= 1 { log::Level::Warn } else { log::Level::Debug };
                    let cause = std::error::Error::source(&error);
                    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                    log::log!(level, "{origin}: no socket: {error}{cause}");
                    let next_try = self.tell(&error.to_string(), Some(wait));
                    debug!("{origin}: socket {} is tried again at {next_try:?}", self.id);
                    sleep(wait).await;
                }
            }
            if self.sockets.table.retire(self.id) {
                return;
            }
        }
    }

    /// Opens a connection; fails with the time until the next try.
    async fn open(&mut self) -> Result<Box<dyn Wire>, (SourceError, Duration)> {
        let origin = self.sockets.dialect.origin();
        let pass = self.sockets.breaker.enter();
        let pass = pass.map_err(|wait| (paused(origin, wait), wait))?;
        match self.sockets.dial.dial(self.sockets.clock.now()).await {
            Ok(wire) => {
                pass.succeed();
                Ok(wire)
            }
            Err(SourceError::Blocked { origin, detail, retry_after }) => {
                let retry_after = pass.refuse(retry_after);
                self.failures = self.failures.saturating_add(1);
                Err((SourceError::Blocked { origin, detail, retry_after }, retry_after))
            }
            Err(error) => {
                pass.fail();
                Err((error, self.back_off()))
            }
        }
    }

    /// Follows a connection to its end; false when no series listens any more.
    async fn follow(&mut self, wire: Box<dyn Wire>) -> bool {
        let limits = self.sockets.limits();
        let opened = Instant::now();
        // Connections that were opened together are not cut together.
        let life = jitter::between(limits.lifetime.mul_f64(0.9), limits.lifetime);
        let dialect = &*self.sockets.dialect;
        let session = SocketSession::new(self.id, wire, dialect, &self.sockets.table);
        let end = session.run(opened + life, LINGER).await;
        let origin = dialect.origin();
        if opened.elapsed() >= PROVEN {
            self.failures = 0;
        }
        match end {
            SessionEnd::Idle => {
                debug!("{origin}: socket {} is closed, no series listens to it", self.id);
                return false;
            }
            SessionEnd::Renew(why) => {
                info!("{origin}: socket {} is opened again: {why}", self.id);
                self.tell(why, None);
            }
            SessionEnd::Broken(why) => {
                warn!("{origin}: socket {} is cut: {why}", self.id);
                // The first try follows at once.
                let wait = if self.failures == 0 { Duration::ZERO } else { self.back_off() };
                self.failures = self.failures.max(1);
                self.tell(&why, Some(wait).filter(|wait| !wait.is_zero()));
                sleep(wait).await;
            }
        }
        true
    }

    fn back_off(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        backoff::after(self.failures, self.sockets.timing.backoff_max)
    }

    /// Tells all that listen why they hear nothing, and when the next try is.
    fn tell(&self, why: &str, wait: Option<Duration>) -> Option<Timestamp> {
        let next_try = wait.and_then(|wait| self.sockets.clock.now().saturating_add(wait).ok());
        let table = &self.sockets.table;
        table.set_state(self.id, &table.wanted(self.id), |state| state.set_down(why, next_try));
        next_try
    }
}
