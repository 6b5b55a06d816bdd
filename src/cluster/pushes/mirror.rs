//! Which symbols are pushed, as each server knows it, and what open series are told of changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use log::{debug, warn};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::SharedPushes;
use super::form::PushChange;
use super::scripts::ListedPushes;
use crate::cluster::error::ClusterError;
use crate::cluster::form::TailPosition;
use crate::cluster::tail::Arrived;
use crate::history::{Changes, KeptSymbol};
use crate::interval::Interval;
use crate::source::pushed::NAME;
use crate::symbol::Symbol;

/// Time from a failure to the next try.
const RETRY: Duration = Duration::from_millis(200);
/// Time between two looks whether there are changes that have not come.
const LOOK: Duration = Duration::from_secs(2);
/// Within this a node begins to write back what Redis has lost.
const WRITTEN_BACK: Duration = Duration::from_secs(5);
/// What it says meanwhile stands for so long.
const REFILLED: Duration = Duration::from_secs(3);
/// Time between two looks whether it is done.
const REFILL_LOOK: Duration = Duration::from_millis(250);
/// Time after a change that cannot be read: one of a newer release is followed by others.
const UNREADABLE: Duration = Duration::from_secs(1);

/// That Redis has lost what was pushed.
#[derive(Debug, Default)]
struct Loss {
    /// When the stream of changes began that was followed last; 0 where there was none.
    epoch: i64,
    /// When the loss was found, until all is back.
    since: Option<Instant>,
}

impl Loss {
    /// Finds one: the stream of changes is another one than before. Whether it is news.
    fn find(&mut self, position: TailPosition) -> bool {
        let is_another = self.epoch != 0 && position.epoch != self.epoch;
        self.epoch = position.epoch;
        let is_news = is_another && self.since.is_none();
        if is_news {
            self.since = Some(Instant::now());
        }
        is_news
    }
}

impl SharedPushes {
    /// Follows what is pushed to any server, and copies it where it has a copy, for ever.
    pub async fn run(&self) {
        match &self.copied {
            Some(copy) => drop(tokio::join!(self.follow(), self.copy(copy))),
            None => self.follow().await,
        }
    }

    async fn follow(&self) {
        let (mut is_troubled, mut loss) = (false, Loss::default());
        loop {
            let Err(error) = self.follow_from_list(&mut loss).await else { continue };
            match error {
                ClusterError::Gone { .. } => debug!("pushed symbols are not known: {error}"),
                error if is_troubled => debug!("pushed symbols: {error}"),
                error => {
                    is_troubled = true;
                    warn!("pushed symbols: {error}");
                    sleep(UNREADABLE).await;
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Lists all symbols, and follows the changes after that, until one is missing, the connection is another one or what
    /// Redis has lost is back.
    async fn follow_from_list(&self, loss: &mut Loss) -> Result<(), ClusterError> {
        let mut link = self.redis.state();
        link.mark_unchanged();
        // Another Redis may answer by now, or an empty one.
        self.is_whole.send_replace(false);
        let mut position = self.list(loss).await?;
        let is_whole = *self.is_whole.borrow();
        if is_whole {
            self.watchers.renew();
        }
        let mut reading = self.tail.read(&self.keys.changes, position);
        let (mut looks, mut seen) = (interval(LOOK), None);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refills = interval(REFILL_LOOK);
        loop {
            tokio::select! {
                arrived = reading.next() => {
                    let Some(arrived) = arrived else { return Ok(()) };
                    let is_first = position == TailPosition::START && arrived.position.number == 1;
                    if arrived.position != position.next() && !is_first {
                        return Ok(());
                    }
                    position = arrived.position;
                    loss.epoch = position.epoch;
                    self.take_in(&arrived).await?;
                }
                _ = link.changed() => return Ok(()),
                _ = refills.tick(), if !is_whole => {
                    if self.is_over(loss).await? {
                        return Ok(());
                    }
                }
                _ = looks.tick() => {
                    let newest = self.newest().await?;
                    // What was there at the last look as well, and has not come, will not come.
                    if newest != position && seen == Some(position) {
                        return Ok(());
                    }
                    seen = (newest != position).then_some(position);
                }
            }
        }
    }

    /// Whether no server writes back any more what Redis has lost, or ever will.
    async fn is_over(&self, loss: &Loss) -> Result<bool, ClusterError> {
        let mut command = redis::cmd("EXISTS");
        command.arg(&self.keys.refilled);
        let is_refilled: bool = self.link.query(&command).await?;
        Ok(!is_refilled && loss.since.is_none_or(|since| since.elapsed() >= WRITTEN_BACK))
    }

    fn say_lost(&self, count: usize) {
        let keeps = if self.copied.is_some() {
            "this node writes back what is in its file"
        } else {
            "it is lost unless another node has it in its file (history.record)"
        };
        warn!("Redis has lost what was pushed, {count} symbols: {keeps}");
    }

    /// The position of the newest change.
    async fn newest(&self) -> Result<TailPosition, ClusterError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(&self.keys.changes).arg("+").arg("-").arg("COUNT").arg(1);
        let reply: redis::streams::StreamRangeReply = self.link.query(&command).await?;
        let newest = reply.ids.first().and_then(|entry| TailPosition::parse(&entry.id));
        Ok(newest.unwrap_or(TailPosition::START))
    }

    /// Says that this node writes back what Redis has lost.
    pub(super) async fn say_refilled(&self) -> Result<(), ClusterError> {
        let mut command = redis::cmd("SET");
        let time = u64::try_from(REFILLED.as_millis()).unwrap_or(u64::MAX);
        command.arg(&self.keys.refilled).arg("").arg("PX").arg(time);
        self.link.query(&command).await
    }

    /// Knows the symbols that Redis lists, and while it lacks some those that were known; the newest change that it lists.
    async fn list(&self, loss: &mut Loss) -> Result<TailPosition, ClusterError> {
        let (newest, written, about, series): ListedPushes =
            self.link.run(&self.scripts.list(&self.keys)).await?;
        let mut symbols = listed(written, about, series);
        let position = TailPosition::parse(&newest).unwrap_or(TailPosition::START);
        let before = self.symbols.of(NAME);
        if loss.find(position) && !before.is_empty() {
            self.say_lost(before.len());
        }
        let is_whole = self.is_over(loss).await?;
        if is_whole {
            loss.since = None;
        } else {
            for (symbol, known) in before {
                let kept = symbols.entry((Arc::from(NAME), symbol)).or_default();
                kept.intervals.extend(known.intervals);
                kept.written = kept.written.max(known.written);
                kept.about = kept.about.take().or(known.about);
            }
        }
        self.symbols.replace(symbols);
        self.is_whole.send_replace(is_whole);
        if let Some(copy) = &self.copied {
            copy.compare();
        }
        self.is_known.send_replace(true);
        Ok(position)
    }

    async fn take_in(&self, arrived: &Arrived) -> Result<(), ClusterError> {
        match PushChange::of_form(&arrived.bytes)? {
            PushChange::Pushed { symbol, interval, written, bars } => {
                self.symbols.change(NAME, &symbol, |kept| {
                    kept.intervals.insert(interval);
                    kept.written = kept.written.max(written);
                });
                if let (Some(copy), Some(bars)) = (&self.copied, bars) {
                    copy.pushed(&symbol, interval, bars);
                }
                let changes = Changes { bars, is_written: true, is_renewed: false };
                self.watchers.tell(NAME, &symbol, Some(interval), changes);
            }
            PushChange::Described(symbol) => {
                let mut command = redis::cmd("HGET");
                command.arg(&self.keys.about).arg(symbol.as_str());
                let about: Option<String> = self.link.query(&command).await?;
                self.symbols.change(NAME, &symbol, |kept| kept.about = about.map(Into::into));
                if let Some(copy) = &self.copied {
                    copy.described(&symbol);
                }
                self.watchers.tell(NAME, &symbol, None, Changes::RENEWED);
            }
            PushChange::Removed(symbol) => {
                self.symbols.remove(NAME, &symbol);
                if let Some(copy) = &self.copied {
                    copy.removed(&symbol);
                }
                self.watchers.tell(NAME, &symbol, None, Changes::RENEWED);
            }
        }
        Ok(())
    }
}

/// The symbols of a list: when each was written to, what is known of them, and their series.
fn listed(
    written: Vec<(String, i64)>,
    about: Vec<(String, String)>,
    series: Vec<String>,
) -> BTreeMap<(Arc<str>, Symbol), KeptSymbol> {
    // What is no symbol nobody pushed.
    let named = |name: &str| Some((Arc::from(NAME), Symbol::parse_bare(name).ok()?));
    let mut symbols = BTreeMap::new();
    for (name, written) in written {
        let kept = KeptSymbol { written, ..KeptSymbol::default() };
        symbols.extend(named(&name).map(|symbol| (symbol, kept)));
    }
    for (name, about) in about {
        if let Some(kept) = named(&name).and_then(|symbol| symbols.get_mut(&symbol)) {
            kept.about = Some(about.into());
        }
    }
    for name in series {
        let Some((name, interval)) = name.split_once(' ') else { continue };
        let interval = Interval::ALL.into_iter().find(|known| known.as_str() == interval);
        if let Some(kept) = named(name).and_then(|symbol| symbols.get_mut(&symbol)) {
            kept.intervals.extend(interval);
        }
    }
    symbols
}
