//! Lets connections in and looks after them, one watchdog per worker.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Connection, HandshakeBounds, Patience};
use crate::config::Network;
use crate::metrics::Metrics;
use crate::shares::{Client, Exceeded, Permit, Quota};

/// A watchdog sees a part of its connections at a time, so that many of them do not hold the worker up.
const PARTS: u32 = 4;
/// The longest and the shortest time in which it sees all of them.
const SLOWEST: Duration = Duration::from_secs(1);
const FASTEST: Duration = Duration::from_millis(20);

/// Who is let in: what the workers share.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The places.
    pub quota: Arc<Quota>,
    /// How many may shake hands.
    pub handshakes: Arc<HandshakeBounds>,
    /// Proxies that stand for many clients.
    pub trusted_proxies: Arc<[Network]>,
    /// How long clients may take.
    pub patience: Patience,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// The connections of one worker.
#[derive(Debug)]
pub struct Watchdog {
    gate: Gate,
    connections: RefCell<Vec<Weak<Connection>>>,
    /// The one that is seen next.
    next: Cell<usize>,
}

impl Watchdog {
    /// Begins to watch, on the runtime of the worker.
    pub fn start(gate: Gate) -> Rc<Self> {
        let watchdog = Rc::new(Self { gate, connections: RefCell::default(), next: Cell::new(0) });
        tokio::task::spawn_local(run(Rc::downgrade(&watchdog)));
        watchdog
    }

    /// Lets a connection in.
    ///
    /// Where all places are taken, the connection that has waited longest for a request makes room: one that
    /// is idle or sends half of something is worth less than one that has just come. If there is none, the
    /// new one is closed without a word. Of an answer with an error an `EventSource` would never come
    /// back; when a connection fails it tries again.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn admit(&self, socket: TcpStream) -> io::Result<(Rc<Connection>, Option<SocketAddr>)> {
        let peer = socket.peer_addr()?;
        let is_proxy = self.gate.trusted_proxies.iter().any(|network| network.contains(peer.ip()));
        let client = (!is_proxy).then(|| Client::from(peer.ip()));
        let Some(permit) = self.permit(client) else {
            self.gate.metrics.connections_refused.inc();
            return Err(ErrorKind::ConnectionRefused.into());
        };
        let connection = Connection::new(socket, permit, self.gate.patience, &self.gate.metrics);
        self.connections.borrow_mut().push(Rc::downgrade(&connection));
        Ok((connection, Some(peer)))
    }

    fn permit(&self, client: Option<Client>) -> Option<Permit> {
        let is_of = |connection: &Connection| {
            connection.permit.borrow().as_ref().is_some_and(|it| it.client() == client)
        };
        let is_any = |connection: &Connection| connection.permit.borrow().is_some();
        match self.gate.quota.take(client) {
            Ok(permit) => return Some(permit),
            Err(Exceeded::Client) => self.displace(is_of)?,
            Err(Exceeded::Total) => self.displace(is_any)?,
        }
        self.gate.quota.take(client).ok()
    }

    /// Notes that a connection begins to shake hands. The one that has done so for longest makes room: an honest
    /// client needs a moment, so that those which stall cannot keep it out.
    ///
    /// # Errors
    /// When there is no place for it, or its client begins too many.
    pub fn begin_handshake(&self, connection: &Connection) -> io::Result<()> {
        let bounds = &self.gate.handshakes;
        let client = connection.permit.borrow().as_ref().and_then(Permit::client);
        let is_shaking = |connection: &Connection| connection.handshake.borrow().is_some();
        let begin = || {
            let begun = bounds.begin().ok();
            begun.or_else(|| self.displace(is_shaking).and_then(|()| bounds.begin().ok()))
        };
        let Some(handshake) = bounds.allow(client).then(begin).flatten() else {
            self.gate.metrics.tls_handshakes_refused.inc();
            return Err(ErrorKind::ConnectionRefused.into());
        };
        connection.handshake.replace(Some(handshake));
        Ok(())
    }

    /// Takes the place of the connection that waits longest, of those that are meant.
    fn displace(&self, is_meant: impl Fn(&Connection) -> bool) -> Option<()> {
        let connections = self.connections.borrow();
        let waiting = connections.iter().filter_map(Weak::upgrade).filter_map(|connection| {
            let since = connection.progress.borrow().waits_since();
            Some((since.filter(|_| is_meant(&connection))?, connection))
        });
        let (_, longest) = waiting.min_by_key(|(since, _)| *since)?;
        longest.make_room();
        Some(())
    }

    /// Time in which all connections are seen once.
    fn round(&self) -> Duration {
        let patience = &self.gate.patience;
        (patience.request.min(patience.write).min(patience.stall) / 8).clamp(FASTEST, SLOWEST)
    }

    /// Sees the next part of the connections.
    fn see(&self, now: Instant) {
        let mut connections = self.connections.borrow_mut();
        let part = connections.len().div_ceil(PARTS as usize);
        for _ in 0..part {
            if self.next.get() >= connections.len() {
                self.next.set(0);
            }
            let index = self.next.get();
            match connections.get(index).map(Weak::upgrade) {
                Some(Some(connection)) => {
                    connection.see(now);
                    self.next.set(index + 1);
                }
                Some(None) => {
                    connections.swap_remove(index);
                }
                None => return,
            }
        }
    }
}

async fn run(watchdog: Weak<Watchdog>) {
    let Some(round) = watchdog.upgrade().map(|watchdog| watchdog.round()) else { return };
    let mut ticks = interval(round / PARTS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(watchdog) = watchdog.upgrade() else { return };
        watchdog.see(Instant::now());
    }
}

impl Connection {
    /// Cuts it if it has taken too long.
    fn see(&self, now: Instant) {
        let mut progress = self.progress.borrow_mut();
        let mut cut = progress.overdue(now, &self.patience);
        if cut.is_none()
            && progress.is_look_due(now)
            && let Ok(peer) = tcp_peer::look(&*self.socket.borrow())
        {
            cut = progress.saw(peer, now, &self.patience).err();
        }
        drop(progress);
        if let Some(cut) = cut {
            self.cut(cut);
        }
    }
}
