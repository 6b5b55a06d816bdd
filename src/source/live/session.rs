//! One connection from its opening to its end: subscribes what is listened to, in batches and no faster than
//! the exchange allows, passes on what it says, and watches for signs of life.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use log::{debug, warn};
use tokio::time::{Instant, sleep_until, timeout};

use super::channel::{Channel, ChannelState};
use super::dial::{Incoming, Wire};
use super::exchange::{Confirmation, SocketDialect, SocketEvent, SocketLimits, Verb};
use super::table::ChannelTable;

/// Time for an exchange to confirm a subscription, and to take a message.
const ANSWER: Duration = Duration::from_secs(10);
/// Most messages in a row that cannot be read; the connection is opened again after that.
const MAX_UNREADABLE: u32 = 16;

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// No series listens to it, and it is out of the table.
    Idle,
    /// It is to be opened again at once.
    Renew(&'static str),
    /// It is cut, silent, or not understood.
    Broken(String),
}

/// One connection.
pub struct SocketSession<'a> {
    id: usize,
    wire: Box<dyn Wire>,
    dialect: &'a dyn SocketDialect,
    limits: SocketLimits,
    table: &'a ChannelTable,
    /// The channels that are listened to.
    wanted: HashSet<Channel>,
    /// The channels that were asked for.
    asked: HashSet<Channel>,
    /// Requests that are not confirmed: when they were sent, and for which channels.
    open: HashMap<u64, (Instant, Vec<Channel>)>,
    /// The number of the next request.
    next: u64,
    /// When the next message may be sent.
    may_send: Instant,
    /// When the exchange was last heard.
    heard: Instant,
    /// Since when no series listens.
    idle: Option<Instant>,
    /// Messages in a row that could not be read.
    unreadable: u32,
    /// The channels that the exchange refuses, and why.
    refused: HashMap<Channel, String>,
    /// Whether all that is wanted was asked for, and nothing else.
    is_settled: bool,
}

impl<'a> SocketSession<'a> {
    /// A connection that was just opened.
    pub fn new(
        id: usize,
        wire: Box<dyn Wire>,
        dialect: &'a dyn SocketDialect,
        table: &'a ChannelTable,
    ) -> Self {
        let now = Instant::now();
        Self {
            id,
            wire,
            dialect,
            limits: dialect.limits(),
            table,
            wanted: HashSet::new(),
            asked: HashSet::new(),
            open: HashMap::new(),
            next: 1,
            may_send: now,
            heard: now,
            idle: None,
            unreadable: 0,
            refused: HashMap::new(),
            is_settled: false,
        }
    }

    /// Follows it, until `renewal` at most, and for `linger` when no series listens.
    pub async fn run(mut self, renewal: Instant, linger: Duration) -> SessionEnd {
        let changed = self.table.changed(self.id);
        self.look();
        loop {
            let batch = if self.is_settled { None } else { self.batch() };
            self.is_settled = batch.is_none();
            let unconfirmed = self.open.values().map(|(sent, _)| *sent + ANSWER).min();
            let silent = self.heard + self.limits.silence;
            let idle = self.idle.map(|since| since + linger);
            let far = renewal;
            tokio::select! {
                incoming = self.wire.receive() => match incoming {
                    Some(Ok(incoming)) => if let Some(end) = self.hear(&incoming) { return end },
                    Some(Err(why)) => return SessionEnd::Broken(why),
                    None => return SessionEnd::Broken("the connection was cut".to_owned()),
                },
                () = changed.notified() => self.look(),
                () = sleep_until(self.may_send), if batch.is_some() => {
                    if let Some(batch) = batch && let Err(why) = self.send(batch).await {
                        return SessionEnd::Broken(why);
                    }
                }
                () = sleep_until(silent) => {
                    let seconds = self.limits.silence.as_secs_f64();
                    return SessionEnd::Broken(format!("no sign of life for {seconds}s"));
                }
                () = sleep_until(unconfirmed.unwrap_or(far)), if unconfirmed.is_some() => {
                    return SessionEnd::Broken("a subscription was not confirmed".to_owned());
                }
                () = sleep_until(idle.unwrap_or(far)), if idle.is_some() => {
                    if self.table.retire(self.id) { return SessionEnd::Idle }
                    self.look();
                }
                () = sleep_until(renewal) => {
                    return SessionEnd::Renew("it is open for nearly as long as it may be");
                }
            }
        }
    }

    /// Looks up what is listened to.
    fn look(&mut self) {
        self.wanted = self.table.wanted(self.id);
        self.idle =
            if self.wanted.is_empty() { self.idle.or_else(|| Some(Instant::now())) } else { None };
        self.is_settled = false;
        // A series may listen to a channel again before the exchange was told that none does.
        let is_open =
            |channel: &Channel| self.open.values().any(|(_, channels)| channels.contains(channel));
        let standing = self.wanted.intersection(&self.asked);
        let (refused, standing): (Vec<_>, Vec<_>) = standing
            .filter(|channel| !is_open(channel))
            .partition(|channel| self.refused.contains_key(channel));
        self.table.set_state(self.id, standing, ChannelState::set_up);
        for channel in refused {
            let why = self.refused[channel].clone();
            self.table.set_state(self.id, [channel], |state| state.set_refused(&why));
        }
    }

    /// The channels of the next request, and whether it subscribes them.
    fn batch(&self) -> Option<(bool, Vec<Channel>)> {
        let of = |from: &HashSet<Channel>, without: &HashSet<Channel>| {
            let mut missing = from.difference(without);
            let first = missing.next()?;
            let rest = missing.filter(|channel| channel.topic == first.topic);
            let batch = std::iter::once(first).chain(rest).take(self.limits.batch);
            Some(batch.cloned().collect::<Vec<_>>())
        };
        let added = of(&self.wanted, &self.asked).map(|batch| (true, batch));
        added.or_else(|| of(&self.asked, &self.wanted).map(|batch| (false, batch)))
    }

    async fn send(&mut self, (is_new, channels): (bool, Vec<Channel>)) -> Result<(), String> {
        let id = self.next;
        self.next += 1;
        let text = if is_new {
            self.asked.extend(channels.iter().cloned());
            self.dialect.request(Verb::Subscribe, &channels, id)
        } else {
            for channel in &channels {
                self.asked.remove(channel);
                self.refused.remove(channel);
            }
            self.dialect.request(Verb::Unsubscribe, &channels, id)
        };
        let sent = timeout(ANSWER, self.wire.send(text)).await;
        sent.map_err(|_| "it takes no message".to_owned())??;
        let now = Instant::now();
        self.may_send = now + self.limits.message_period;
        if is_new {
            self.open.insert(id, (now, channels));
        }
        Ok(())
    }

    /// Takes what was heard; the end of the connection where that follows from it.
    fn hear(&mut self, incoming: &Incoming) -> Option<SessionEnd> {
        self.heard = Instant::now();
        let Incoming::Text(text) = incoming else { return None };
        let events = match self.dialect.read(text) {
            Ok(events) => events,
            Err(why) => {
                self.unreadable += 1;
                debug!("{}: a message cannot be read: {why}", self.dialect.origin());
                self.table.set_state(self.id, &self.wanted, ChannelState::set_doubted);
                let is_lost = self.unreadable >= MAX_UNREADABLE;
                return is_lost.then(|| SessionEnd::Broken(format!("unreadable messages: {why}")));
            }
        };
        self.unreadable = 0;
        for event in events {
            match event {
                SocketEvent::Moved(channel, moved) => self.table.deliver(self.id, &channel, moved),
                SocketEvent::Confirmed(Confirmation::Request(id)) => self.confirm(id, None),
                SocketEvent::Confirmed(Confirmation::OneOf(id, name)) => {
                    self.confirm(id, Some(&name));
                }
                SocketEvent::Confirmed(Confirmation::Standing(channels)) => self.stand(&channels),
                SocketEvent::Refused(id, name, why) => {
                    let id = id.or_else(|| self.open.keys().min().copied());
                    self.refuse(id.unwrap_or_default(), name.as_deref(), &why);
                }
                SocketEvent::Ended(why) => return Some(SessionEnd::Broken(why)),
                SocketEvent::Closing => {
                    return Some(SessionEnd::Renew("the exchange is about to close it"));
                }
            }
        }
        None
    }

    /// The channels of a request that are answered, all or those of one symbol.
    fn answered(&mut self, id: u64, name: Option<&str>) -> Vec<Channel> {
        let Some((sent, channels)) = self.open.remove(&id) else { return Vec::new() };
        let is_meant = |channel: &Channel| name.is_none_or(|name| channel.name == name);
        let (answered, open): (Vec<_>, Vec<_>) = channels.into_iter().partition(is_meant);
        if !open.is_empty() {
            self.open.insert(id, (sent, open));
        }
        answered
    }

    fn confirm(&mut self, id: u64, name: Option<&str>) {
        let channels = self.answered(id, name);
        self.table.set_state(self.id, &channels, ChannelState::set_up);
    }

    /// Takes the channels that stand on the connection: those of them that were asked for are confirmed.
    fn stand(&mut self, channels: &[Channel]) {
        let channels: HashSet<_> = channels.iter().collect();
        let mut confirmed = Vec::new();
        self.open.retain(|_, (_, open)| {
            confirmed.extend(open.extract_if(.., |channel| channels.contains(channel)));
            !open.is_empty()
        });
        self.table.set_state(self.id, &confirmed, ChannelState::set_up);
    }

    fn refuse(&mut self, id: u64, name: Option<&str>, why: &str) {
        let channels = self.answered(id, name);
        if channels.is_empty() {
            return;
        }
        warn!("{}: {} channels are refused: {why}", self.dialect.origin(), channels.len());
        self.table.set_state(self.id, &channels, |state| state.set_refused(why));
        // They stay in `asked`: they are asked for again on the next connection.
        self.refused.extend(channels.into_iter().map(|channel| (channel, why.to_owned())));
    }
}
