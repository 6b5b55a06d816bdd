//! One series of an exchange: what REST answers and what the socket says, as one stream of updates.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use log::debug;
use tokio::time::{Instant, sleep_until};

use super::channel::{Channel, ChannelState, LiveBar, LiveTrade, Move};
use super::day_ago::DayAgo;
use super::exchange::{Closing, LiveExchange};
use super::forming::{Forming, News};
use super::socket::Sockets;
use super::table::{ChannelListener, Heard};
use super::trades::{Made, TradeBars};
use crate::bars::Bars;
use crate::clock::Clock;
use crate::source::key::SeriesKey;
use crate::source::poll::Poller;
use crate::source::update::{Fetched, Known, Update};

/// How long a socket may be down before a series says so: what is mended at once is no news.
const GRACE: Duration = Duration::from_secs(5);
/// How long after the end of an interval the clock closes it, so that the messages of its last trades have come.
const SETTLING: Duration = Duration::from_secs(2);

/// One open series.
pub struct LiveSeries<E> {
    key: SeriesKey,
    poller: Poller<E>,
    sockets: Arc<Sockets>,
    clock: Arc<dyn Clock>,
    /// The channel to listen to, from the first answer on.
    channel: Option<Channel>,
    listener: Option<ChannelListener>,
    forming: Forming,
    /// The bars of trades, where the socket tells these.
    trades: TradeBars,
    day_ago: DayAgo,
    /// When a bar begins that REST is asked for once it is over, because messages about it were lost.
    doubted: Option<i64>,
    trust: Trust,
    /// How the channel stands.
    state: ChannelState,
    /// When to say that the socket is down, unless that was said.
    say_at: Option<Instant>,
    /// Whether it was said that the socket is down.
    is_impaired: bool,
    /// What the last answer said besides its bars.
    about: Option<Fetched>,
    /// Updates that wait for their turn.
    ready: VecDeque<Update>,
}

/// Whether the bars of the socket are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The socket is down.
    Down,
    /// Its bars are taken aside until a request is answered that began after this one.
    Healing(u64),
    /// No bar can be missing.
    Up,
}

impl<E: LiveExchange> LiveSeries<E> {
    /// A series that asks by `poller`, and then listens to `channel`.
    pub fn new(
        key: SeriesKey,
        poller: Poller<E>,
        channel: Option<Channel>,
        sockets: Arc<Sockets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            forming: Forming::new(key.grain, sockets.dialect().closing()),
            trades: TradeBars::new(key.grain),
            day_ago: DayAgo::new(key.grain),
            doubted: None,
            key,
            poller,
            sockets,
            clock,
            channel,
            listener: None,
            trust: Trust::Down,
            state: ChannelState::default(),
            say_at: None,
            is_impaired: false,
            about: None,
            ready: VecDeque::new(),
        }
    }

    /// The same of a series of which that is known.
    pub fn knowing(mut self, known: Option<&Known>) -> Self {
        if let Some(Known { fetched, .. }) = known {
            let now = self.now();
            self.day_ago.learn(fetched, now);
        }
        self
    }

    /// The next update; `None` after the last one.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            if let Some(update) = self.ready.pop_front() {
                return Some(update);
            }
            let closes = self.closes();
            let (say_at, never) = (self.say_at, Instant::now());
            tokio::select! {
                heard = hear(self.listener.as_mut()) => self.hear(heard),
                update = self.poller.next() => self.answer(update?),
                () = sleep_until(closes.unwrap_or(never)), if closes.is_some() => self.close(),
                () = sleep_until(say_at.unwrap_or(never)), if say_at.is_some() => self.say_down(),
            }
        }
    }

    /// Takes an update of the poller.
    fn answer(&mut self, update: Update) {
        match update {
            Update::Whole { fetched, next_check } => {
                self.day_ago.learn(&fetched, self.now());
                let (fetched, next_check) = self.joined(fetched, next_check);
                self.ready.push_back(Update::Whole { fetched, next_check });
                self.listen();
            }
            Update::Tail { fetched, next_check } => {
                let (fetched, next_check) = self.joined(fetched, next_check);
                self.ready.push_back(Update::Tail { fetched, next_check });
                self.listen();
            }
            // The socket moves the bars meanwhile: a late correction comes later.
            Update::Trouble { error, .. } if self.trust == Trust::Up => {
                debug!("{}: corrections wait: {error}", self.key);
            }
            Update::Waiting { .. } if self.trust == Trust::Up => {}
            other => self.ready.push_back(other),
        }
    }

    /// An answer with the bars of the socket that are ahead of it. It may be the one that heals.
    fn joined(
        &mut self,
        mut fetched: Fetched,
        next_check: Option<Timestamp>,
    ) -> (Fetched, Option<Timestamp>) {
        let is_behind = fetched.bars.last().is_some_and(|last| self.forming.is_behind(last.ts));
        if is_behind {
            self.poller.hurry();
        }
        if let Trust::Healing(since) = self.trust
            && self.poller.answered() > since
            && !is_behind
        {
            self.trust = Trust::Up;
            self.say_up();
        }
        self.poller.set_resting(self.trust == Trust::Up);
        let bars = self.forming.answer(std::mem::take(&mut fetched.bars));
        self.day_ago.note(&bars);
        fetched.instrument.previous_close = self.day_ago.price(self.now());
        self.about = Some(Fetched { quote: None, ..fetched.clone() });
        // A source that is told by its upstream expects nothing.
        let next_check = next_check.filter(|_| self.trust != Trust::Up);
        (Fetched { bars, ..fetched }, next_check)
    }

    /// Listens to the channel, once it is known that there is such a symbol.
    fn listen(&mut self) {
        let Some(channel) = self.channel.take() else { return };
        self.listener = self.sockets.listen(channel);
        self.say_at = Some(Instant::now() + GRACE);
        if self.listener.is_none() {
            self.state.why = Some("all its connections are full".to_owned());
        }
    }

    /// Takes what the channel says.
    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::State(state) => self.turn(state),
            Heard::Move(Move::Bar(live)) => self.take(live),
            Heard::Move(Move::Trade(trade)) => self.take_trade(trade),
            Heard::Move(Move::Named(id)) => self.take_name(id),
            Heard::Lapse => self.heal(),
        }
        self.settle();
    }

    /// The channel is subscribed, or no longer.
    fn turn(&mut self, state: ChannelState) {
        let was_up = self.state.is_up;
        let is_again = state.epoch != self.state.epoch;
        if !is_again && state.doubts != self.state.doubts {
            let now = self.now();
            self.doubt(now - now.rem_euclid(self.key.grain.seconds()));
        }
        self.state = state;
        if self.state.is_up {
            if is_again {
                self.heal();
            }
            if self.is_impaired {
                self.say_down();
            }
            return;
        }
        self.trust = Trust::Down;
        self.poller.set_resting(false);
        if was_up {
            self.poller.hurry();
        }
        if self.is_impaired {
            self.say_down();
        } else if self.say_at.is_none() {
            self.say_at = Some(Instant::now() + GRACE);
        }
    }

    /// Takes the bars of the socket aside until REST has answered what came before them.
    fn heal(&mut self) {
        self.trust = Trust::Healing(self.poller.begun());
        self.poller.hurry();
    }

    fn take(&mut self, live: LiveBar) {
        if !self.is_traded(live.bar.ts) {
            return;
        }
        let horizon = self.key.horizon(self.now());
        if self.trust == Trust::Up && live.bar.ts < horizon {
            // A later bar says that the intervals before it are over.
            let silent = self.forming.close(live.bar.ts);
            self.tell(silent);
        }
        let news = self.forming.take(live, horizon);
        let bar = match news {
            News::None => return,
            News::Doubt => return self.poller.hurry(),
            News::Bar(bar) => bar,
            News::Gap(bar) => {
                self.poller.hurry();
                bar
            }
        };
        let behind = self.forming.carry(bar);
        self.tell(Bars::from_rows(std::iter::once(bar).chain(behind)));
    }

    /// Whether a bar is of the part of the day that the series shows.
    fn is_traded(&self, ts: i64) -> bool {
        let about = self.about.as_ref().filter(|_| self.key.grain.is_intraday());
        about.is_none_or(|about| self.key.is_traded(about.timetable.session_at(ts)))
    }

    /// Takes a trade, where bars are made of them.
    fn take_trade(&mut self, trade: LiveTrade) {
        let Some(Made { live, is_gap }) = self.trades.take(trade) else { return };
        if is_gap {
            self.poller.hurry();
        }
        if !live.is_whole {
            self.doubt(live.bar.ts);
        }
        self.take(live);
    }

    /// Takes the number of the newest trade: those up to it that were not heard are lost.
    fn take_name(&mut self, id: i64) {
        if !self.trades.name(id) {
            return;
        }
        self.poller.hurry();
        if let Some(forming) = self.trades.forming() {
            // The newest price is the answer's, not the last one that was heard.
            self.forming.forget(forming);
            self.doubt(forming);
        }
    }

    /// Has REST say what became of a bar once it is over.
    fn doubt(&mut self, ts: i64) {
        self.doubted = self.doubted.max(Some(ts));
    }

    /// Asks REST for the bar in doubt if it is over.
    fn settle(&mut self) {
        let end = |ts: i64| ts + self.key.grain.seconds();
        if self.doubted.is_some_and(|ts| end(ts) <= self.settled()) {
            self.doubted = None;
            self.poller.hurry();
        }
    }

    /// Epoch second, by the clock here.
    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// The epoch second up to which the messages of all trades have come.
    fn settled(&self) -> i64 {
        self.clock.now().saturating_sub(SETTLING).map_or(i64::MIN, Timestamp::as_second)
    }

    /// When the clock closes the interval that forms, or the one in doubt.
    fn closes(&self) -> Option<Instant> {
        let is_due = self.trust == Trust::Up && self.sockets.dialect().closing() == Closing::Clock;
        let settled = self.clock.now().checked_sub(SETTLING).ok()?;
        let forming = is_due.then(|| self.forming.closes_at(settled.as_second()));
        let doubted = self.doubted.map(|ts| ts + self.key.grain.seconds());
        let end = Timestamp::from_second(forming.into_iter().chain(doubted).min()?).ok()?;
        let left = Duration::try_from(end.duration_since(settled)).unwrap_or_default();
        Some(Instant::now() + left)
    }

    fn close(&mut self) {
        let silent = self.forming.close(self.settled());
        self.tell(silent);
        self.settle();
    }

    /// Passes bars of the socket on, if they can be trusted.
    fn tell(&mut self, bars: Bars) {
        if let (Trust::Up, Some(about), false) = (self.trust, &self.about, bars.is_empty()) {
            self.day_ago.note(&bars);
            let mut fetched = Fetched { bars, ..about.clone() };
            fetched.instrument.previous_close = self.day_ago.price(self.now());
            self.ready.push_back(Update::Tail { fetched, next_check: None });
        }
    }

    /// Says that the socket is down, and what is done meanwhile.
    fn say_down(&mut self) {
        self.say_at = None;
        self.is_impaired = true;
        let why = Some(self.lesser_way());
        self.ready.push_back(Update::Impaired { why });
    }

    /// How the bars are come by without the socket, for people.
    fn lesser_way(&self) -> String {
        let origin = self.sockets.dialect().origin();
        if self.state.is_up {
            return format!("{origin} has not answered yet which bars were missed by its socket");
        }
        let why = self.state.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        let next = self.state.next_try.map(|at| {
            let at = at.strftime("%H:%M:%S");
            format!("; the next try to open it is at {at} UTC")
        });
        let next = next.unwrap_or_default();
        format!("{origin}'s socket is down{why}: the bars are polled meanwhile{next}")
    }

    /// Says that the socket is up again, if it was said that it is down.
    fn say_up(&mut self) {
        self.say_at = None;
        if std::mem::take(&mut self.is_impaired) {
            self.ready.push_back(Update::Impaired { why: None });
        }
    }
}

/// What a listener hears; nothing where there is none.
async fn hear(listener: Option<&mut ChannelListener>) -> Heard {
    match listener {
        Some(listener) => listener.next().await,
        None => std::future::pending().await,
    }
}
