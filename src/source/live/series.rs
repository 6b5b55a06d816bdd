//! One series of an exchange: what REST answers and what the socket says, as one stream of updates.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use log::debug;
use tokio::time::{Instant, sleep_until};

use super::channel::{Channel, ChannelState, LiveBar, Move};
use super::exchange::{Closing, LiveExchange};
use super::forming::{Forming, News};
use super::socket::Sockets;
use super::table::{ChannelListener, Heard};
use crate::bars::Bars;
use crate::clock::Clock;
use crate::source::key::SeriesKey;
use crate::source::poll::Poller;
use crate::source::update::{Fetched, Update};

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
                let (fetched, next_check) = self.joined(fetched, next_check);
                self.ready.push_back(Update::Whole { fetched, next_check });
                self.listen();
            }
            Update::Tail { fetched, next_check } => {
                let (fetched, next_check) = self.joined(fetched, next_check);
                self.ready.push_back(Update::Tail { fetched, next_check });
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
        fetched: Fetched,
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
        self.about = Some(Fetched { bars: Bars::empty(), quote: None, ..fetched.clone() });
        let bars = self.forming.answer(fetched.bars);
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
            Heard::Lapse => self.heal(),
        }
    }

    /// The channel is subscribed, or no longer.
    fn turn(&mut self, state: ChannelState) {
        let was_up = self.state.is_up;
        let is_again = state.epoch != self.state.epoch;
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
        let horizon = self.key.horizon(self.clock.now().as_second());
        if self.trust == Trust::Up && live.bar.ts < horizon {
            // A later bar says that the intervals before it are over.
            let silent = self.forming.close(live.bar.ts);
            self.tell(silent);
        }
        let news = self.forming.take(live, horizon);
        let bar = match news {
            News::None => return,
            News::Bar(bar) => bar,
            News::Gap(bar) => {
                self.poller.hurry();
                bar
            }
        };
        let behind = self.forming.carry(bar);
        self.tell(Bars::from_rows(std::iter::once(bar).chain(behind)));
    }

    /// When the clock closes the interval that forms.
    fn closes(&self) -> Option<Instant> {
        let is_due = self.trust == Trust::Up && self.sockets.dialect().closing() == Closing::Clock;
        let now = self.clock.now();
        let settled = now.checked_sub(SETTLING).ok().filter(|_| is_due)?;
        let end = Timestamp::from_second(self.forming.closes_at(settled.as_second())).ok()?;
        let left = Duration::try_from(end.duration_since(settled)).unwrap_or_default();
        Some(Instant::now() + left)
    }

    fn close(&mut self) {
        let settled = self.clock.now().saturating_sub(SETTLING).unwrap_or(Timestamp::MIN);
        let silent = self.forming.close(settled.as_second());
        self.tell(silent);
    }

    /// Passes bars of the socket on, if they can be trusted.
    fn tell(&mut self, bars: Bars) {
        if let (Trust::Up, Some(about), false) = (self.trust, &self.about, bars.is_empty()) {
            let fetched = Fetched { bars, ..about.clone() };
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
