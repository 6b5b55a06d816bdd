//! What is pushed to any of several servers, kept in the Redis that they share.
//!
//! A push is one script: it compares its rows with what is there, keeps all or none, and says in a stream of changes
//! what it changed. So pushes of several servers are one after the other, and the same one twice is kept once. Each
//! server follows the changes; the leader of a series reads what has changed, and shares it as that of any source.

mod copier;
mod copy;
mod form;
mod keys;
mod link;
mod mirror;
mod pieces;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep;

pub use self::copy::PushCopy;
use self::form::{PushedBar, kept, read_bars};
use self::keys::PushKeys;
use self::link::{PushError, PushLink};
use self::pieces::JoinedOutcome;
use self::scripts::{PushScripts, TakenParts};
use super::error::ClusterError;
use super::link::{LinkState, RedisLink};
use super::tail::Tail;
use crate::config::ClusterConfig;
use crate::history::{
    HistoryError, KeptBars, KeptSymbol, KeptSymbols, Push, PushOutcome, Reach, RowFault, Watcher,
    Watchers,
};
use crate::interval::{DAY, Interval};
use crate::source::pushed::{NAME, PushStore};
use crate::symbol::Symbol;

/// Longest time that the beginning of a series waits until Redis has back what it has lost.
const REFILLED: Duration = Duration::from_secs(8);
/// Most bars of a series that are read in one answer.
const READ_TOGETHER: usize = 10_000;

/// The pushed bars of all servers.
#[derive(Debug)]
pub struct SharedPushes {
    link: PushLink,
    redis: Arc<RedisLink>,
    tail: Arc<Tail>,
    scripts: PushScripts,
    keys: PushKeys,
    /// Replicas of Redis that must have a push before it is acknowledged.
    replicas: usize,
    /// The copy in the file of this server, if it has one.
    copied: Option<PushCopy>,
    symbols: KeptSymbols,
    watchers: Watchers,
    /// Whether the symbols are known.
    is_known: watch::Sender<bool>,
    /// Whether Redis has all that servers have in their files, as far as that is known.
    is_whole: watch::Sender<bool>,
}

impl SharedPushes {
    /// Those of a cluster. Nothing is known of them until [`run`](Self::run) does.
    pub fn new(
        redis: Arc<RedisLink>,
        tail: Arc<Tail>,
        config: &ClusterConfig,
        copied: Option<PushCopy>,
    ) -> Self {
        Self {
            link: PushLink::new(Arc::clone(&redis)),
            scripts: PushScripts::new(redis.suffix()),
            redis,
            tail,
            keys: PushKeys::new(&config.prefix),
            replicas: config.replicas,
            copied,
            symbols: KeptSymbols::default(),
            watchers: Watchers::default(),
            is_known: watch::Sender::new(false),
            is_whole: watch::Sender::new(true),
        }
    }

    /// Waits until the symbols are known.
    pub async fn known(&self) {
        // The sender lives as long as this.
        let _ = self.is_known.subscribe().wait_for(|is_known| *is_known).await;
    }

    /// The faults of a piece, in the words of those who sent it.
    fn faults(push: &Push, faults: Vec<(usize, usize, String)>) -> Vec<RowFault> {
        let fault = |(number, row, reason): (usize, usize, String)| {
            let part = push.symbols.get(number.checked_sub(1)?)?;
            let line = part.lines().nth(row.saturating_sub(1)).unwrap_or(1);
            Some(match &*reason {
                "symbol" => RowFault::of_symbol(line, &part.symbol, push.limits.symbols),
                "tick" => RowFault::of_old_tick(line, push.limits.ticks),
                _ => RowFault::of_old_bar(line, push.limits.bars),
            })
        };
        faults.into_iter().filter_map(fault).collect()
    }

    /// Keeps a push piece by piece. Of one that is not partial all pieces are looked at before the first is kept.
    async fn keep(&self, push: &Push) -> Result<PushOutcome, HistoryError> {
        let pieces = pieces::of(push, pieces::ROWS);
        if pieces.len() > 1 && !push.is_partial {
            let mut faults = Vec::new();
            for piece in &pieces {
                let script = self.scripts.check(&self.keys, &piece.push);
                let checked: TakenParts = self.link.write(&script, 0).await.map_err(unkept)?;
                faults.extend(Self::faults(&piece.push, checked.faults));
            }
            if !faults.is_empty() {
                return Err(HistoryError::Rows(faults));
            }
        }
        let (mut joined, mut faults) = (JoinedOutcome::new(push), Vec::new());
        for (number, piece) in pieces.iter().enumerate() {
            let script = self.scripts.take(&self.keys, &piece.push);
            let is_last = number + 1 == pieces.len();
            let replicas = if is_last { self.replicas } else { 0 };
            let taken: TakenParts = self.link.write(&script, replicas).await.map_err(unkept)?;
            faults.extend(Self::faults(&piece.push, taken.faults));
            if !faults.is_empty() && !push.is_partial {
                let is_first = number == 0;
                return Err(if is_first { HistoryError::Rows(faults) } else { interrupted() });
            }
            for part in taken.parts {
                joined.add(piece, part);
            }
        }
        Ok(PushOutcome { faults, ..joined.finish() })
    }

    /// The start of the newest bar of a series.
    async fn newest_bar(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Option<i64>, ClusterError> {
        let mut newest = redis::cmd("ZRANGE");
        newest.arg(self.keys.bars(symbol, interval)).arg(-1).arg(-1);
        let newest = read_bars(&self.link.query::<Vec<Vec<u8>>>(&newest).await?)?;
        Ok(newest.last().map(|bar| bar.kept.bar.ts))
    }

    /// Waits until Redis has what it had, unless it is away, of which the reading says why.
    async fn until_whole(&self) -> Result<(), HistoryError> {
        let (mut whole, mut link) = (self.is_whole.subscribe(), self.redis.state());
        tokio::select! {
            biased;
            _ = whole.wait_for(|is_whole| *is_whole) => Ok(()),
            _ = link.wait_for(|state| matches!(state, LinkState::Gone(_))) => Ok(()),
            () = sleep(REFILLED) => Err(refilled()),
        }
    }

    async fn read(
        &self,
        symbol: &Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<Vec<PushedBar>, ClusterError> {
        let key = self.keys.bars(symbol, interval);
        let (mut first, last) = match reach {
            Reach::All => (i64::MIN, i64::MAX),
            Reach::Between(first, last) => (first, last),
            Reach::Days(days) => {
                let newest = self.newest_bar(symbol, interval).await?.unwrap_or(0);
                (newest.saturating_sub(i64::from(days) * DAY), i64::MAX)
            }
        };
        let mut bars = Vec::new();
        loop {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(&key).arg(bound(first)).arg(bound(last));
            command.arg("LIMIT").arg(0).arg(READ_TOGETHER);
            let read = read_bars(&self.link.query::<Vec<Vec<u8>>>(&command).await?)?;
            let is_last = read.len() < READ_TOGETHER;
            let newest = read.last().map(|bar| bar.kept.bar.ts);
            bars.extend(read);
            match newest.and_then(|newest| newest.checked_add(1)) {
                Some(next) if !is_last && next > first => first = next,
                _ => return Ok(bars),
            }
        }
    }
}

/// A bound of a range of times.
fn bound(second: i64) -> String {
    match second {
        i64::MIN => "-inf".to_owned(),
        i64::MAX => "+inf".to_owned(),
        second => second.to_string(),
    }
}

/// That what is pushed cannot be read.
fn unread(error: ClusterError) -> HistoryError {
    HistoryError::Shared(match error {
        ClusterError::Unreadable(error) => {
            format!("what Redis keeps of pushed bars cannot be read: {error}")
        }
        error => error.to_string(),
    })
}

/// That a series cannot begin yet.
fn refilled() -> HistoryError {
    let told = "Redis has lost what was pushed, and a server writes it back from its file";
    HistoryError::Shared(told.to_owned())
}

/// That a large push met another one, which left no room for the rest of it.
fn interrupted() -> HistoryError {
    HistoryError::Shared(
        "another push came in between, and only the first rows of this one were kept: send it again".to_owned(),
    )
}

/// That a push is not acknowledged, and whether it may be there all the same.
fn unkept(error: PushError) -> HistoryError {
    HistoryError::Shared(match error {
        PushError::Unsent(error) => format!("{error}: nothing was kept, try again"),
        PushError::Unsure(error) => format!(
            "{error}: nobody knows whether it was kept, so send it again: what is there already stays as it is"
        ),
        PushError::Replicas(have) => format!(
            "Redis has it, but only {have} of its replicas (cluster.replicas): send it again, what is there already \
             stays as it is"
        ),
    })
}

#[async_trait]
impl PushStore for SharedPushes {
    async fn push(&self, push: Push) -> Result<PushOutcome, HistoryError> {
        let outcome = self.keep(&push).await?;
        // What is answered is known here before the change has come round.
        for part in &outcome.symbols {
            self.symbols.change(NAME, &part.symbol, |kept| {
                kept.intervals.insert(part.interval);
                kept.written = kept.written.max(push.at.as_millisecond());
            });
        }
        Ok(outcome)
    }

    async fn describe(
        &self,
        symbol: Symbol,
        about: String,
        most: usize,
        at: Timestamp,
    ) -> Result<(), HistoryError> {
        let script = self.scripts.describe(&self.keys, &symbol, &about, most, at);
        let is_kept: i64 = self.link.write(&script, self.replicas).await.map_err(unkept)?;
        if is_kept == 0 {
            return Err(HistoryError::Rows(vec![RowFault::of_symbol(1, &symbol, most)]));
        }
        self.symbols.change(NAME, &symbol, |kept| kept.about = Some(about.into()));
        Ok(())
    }

    async fn remove(&self, symbol: Symbol) -> Result<bool, HistoryError> {
        let at = Timestamp::from_microsecond(self.redis.now()).unwrap_or_default();
        let script = self.scripts.remove(&self.keys, &symbol, at);
        let was_there: i64 = self.link.write(&script, self.replicas).await.map_err(unkept)?;
        self.symbols.remove(NAME, &symbol);
        Ok(was_there != 0)
    }

    async fn bars(
        &self,
        symbol: Symbol,
        interval: Interval,
        reach: Reach,
    ) -> Result<KeptBars, HistoryError> {
        // What was pushed a moment ago goes on; a series is not begun with that alone.
        if !matches!(reach, Reach::Between(..)) {
            self.until_whole().await?;
        }
        let bars = self.read(&symbol, interval, reach).await.map_err(unread)?;
        Ok(kept(&bars))
    }

    fn symbol(&self, symbol: &Symbol) -> Option<KeptSymbol> {
        self.symbols.get(NAME, symbol)
    }

    fn symbols(&self) -> Vec<(Symbol, KeptSymbol)> {
        self.symbols.of(NAME)
    }

    fn watch(&self, symbol: &Symbol, interval: Interval) -> Watcher {
        self.watchers.add(NAME, symbol, interval)
    }

    fn is_known(&self) -> bool {
        *self.is_known.borrow()
    }
}
