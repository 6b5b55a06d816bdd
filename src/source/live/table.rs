//! Which series listen to which channels, and which socket carries each: the table that the series and the
//! sockets' tasks share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc, watch};

use super::channel::{Channel, ChannelState, Move};

/// Most moves that wait for a series. One that is slower than that is healed by REST.
const MAX_WAITING: usize = 128;

/// What the series and the tasks share.
#[derive(Debug)]
pub struct ChannelTable {
    /// Most channels of a socket.
    max_channels: usize,
    /// Most sockets.
    max_sockets: usize,
    entries: Mutex<TableEntries>,
}

#[derive(Debug, Default)]
struct TableEntries {
    sockets: HashMap<usize, SocketEntry>,
    /// The number of the next socket, and of the next listener.
    next: usize,
}

#[derive(Debug, Default)]
struct SocketEntry {
    channels: HashMap<Channel, ChannelEntry>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct ChannelEntry {
    state: watch::Sender<ChannelState>,
    listeners: HashMap<usize, Outlet>,
}

/// Where the moves of a channel go.
#[derive(Debug)]
struct Outlet {
    moves: mpsc::Sender<Move>,
    /// Whether one found no room.
    has_lapsed: Arc<AtomicBool>,
}

/// One series that listens to a channel; dropping it ends that.
#[derive(Debug)]
pub struct ChannelListener {
    table: Arc<ChannelTable>,
    socket: usize,
    channel: Channel,
    id: usize,
    moves: mpsc::Receiver<Move>,
    state: watch::Receiver<ChannelState>,
    has_lapsed: Arc<AtomicBool>,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The channel is subscribed, or no longer.
    State(ChannelState),
    /// It moves.
    Move(Move),
    /// Moves were lost, because the series was too slow.
    Lapse,
}

/// A listener, and the socket that has to be started for it.
pub struct Joined {
    pub listener: ChannelListener,
    /// The number of a socket that nobody runs yet.
    pub new_socket: Option<usize>,
}

impl ChannelTable {
    /// Nobody listens.
    pub fn new(max_channels: usize, max_sockets: usize) -> Arc<Self> {
        let entries = Mutex::default();
        Arc::new(Self { max_channels, max_sockets, entries })
    }

    /// Listens to a channel: on the socket that has it, on one with room, or on another one; `None` when all
    /// sockets that there may be are full.
    pub fn join(self: &Arc<Self>, channel: Channel) -> Option<Joined> {
        let mut guard = self.entries();
        let entries = &mut *guard;
        let has_it = |entry: &SocketEntry| entry.channels.contains_key(&channel);
        let has_room = |entry: &SocketEntry| entry.channels.len() < self.max_channels;
        let sockets = &entries.sockets;
        let found = sockets.iter().find(|(_, entry)| has_it(entry));
        let found = found.or_else(|| {
            // The fullest of those with room, so that the emptiest comes to its end.
            let open = sockets.iter().filter(|(_, entry)| has_room(entry));
            open.max_by_key(|(_, entry)| entry.channels.len())
        });
        let found = found.map(|(id, _)| *id);
        if found.is_none() && sockets.len() >= self.max_sockets {
            return None;
        }
        let id = entries.next;
        entries.next += 1;
        let socket = found.unwrap_or(id);
        let entry = entries.sockets.entry(socket).or_default();
        entry.changed.notify_one();
        let channels = entry.channels.entry(channel.clone());
        let carried = channels.or_insert_with(|| ChannelEntry {
            state: watch::Sender::new(ChannelState::default()),
            listeners: HashMap::new(),
        });
        let (sender, moves) = mpsc::channel(MAX_WAITING);
        let has_lapsed = Arc::new(AtomicBool::new(false));
        let outlet = Outlet { moves: sender, has_lapsed: Arc::clone(&has_lapsed) };
        carried.listeners.insert(id, outlet);
        let mut state = carried.state.subscribe();
        state.mark_changed();
        drop(guard);
        let table = Arc::clone(self);
        let listener = ChannelListener { table, socket, channel, id, moves, state, has_lapsed };
        Some(Joined { listener, new_socket: found.is_none().then_some(socket) })
    }

    fn leave(&self, socket: usize, channel: &Channel, listener: usize) {
        let mut entries = self.entries();
        let Some(entry) = entries.sockets.get_mut(&socket) else { return };
        let Some(carried) = entry.channels.get_mut(channel) else { return };
        carried.listeners.remove(&listener);
        if carried.listeners.is_empty() {
            entry.channels.remove(channel);
            entry.changed.notify_one();
        }
    }

    /// The channels that are listened to on a socket.
    pub fn wanted(&self, socket: usize) -> HashSet<Channel> {
        let entries = self.entries();
        let entry = entries.sockets.get(&socket);
        entry.map(|entry| entry.channels.keys().cloned().collect()).unwrap_or_default()
    }

    /// What wakes a socket's task when other channels are listened to.
    pub fn changed(&self, socket: usize) -> Arc<Notify> {
        let entries = self.entries();
        entries.sockets.get(&socket).map(|entry| Arc::clone(&entry.changed)).unwrap_or_default()
    }

    /// Takes a socket out of the table, unless any series listens to it.
    pub fn retire(&self, socket: usize) -> bool {
        let mut entries = self.entries();
        let is_idle = entries.sockets.get(&socket).is_none_or(|entry| entry.channels.is_empty());
        if is_idle {
            entries.sockets.remove(&socket);
        }
        is_idle
    }

    /// Tells the series that listen to a channel how it moves.
    pub fn deliver(&self, socket: usize, channel: &Channel, moved: Move) {
        let entries = self.entries();
        let carried = entries.sockets.get(&socket).and_then(|entry| entry.channels.get(channel));
        for outlet in carried.into_iter().flat_map(|carried| carried.listeners.values()) {
            if outlet.moves.try_send(moved).is_err() {
                outlet.has_lapsed.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Tells the series that listen to some channels how these stand, where that is news.
    pub fn set_state<'a>(
        &self,
        socket: usize,
        channels: impl IntoIterator<Item = &'a Channel>,
        change: impl Fn(&mut ChannelState) -> bool,
    ) {
        let entries = self.entries();
        let Some(entry) = entries.sockets.get(&socket) else { return };
        for channel in channels {
            if let Some(carried) = entry.channels.get(channel) {
                carried.state.send_if_modified(&change);
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, TableEntries> {
        // Nothing here panics with the lock held.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChannelListener {
    /// What comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Heard {
        if self.has_lapsed.swap(false, Ordering::Relaxed) {
            return Heard::Lapse;
        }
        tokio::select! {
            biased;
            Ok(()) = self.state.changed() => Heard::State(self.state.borrow_and_update().clone()),
            Some(moved) = self.moves.recv() => Heard::Move(moved),
            // The table outlives its listeners.
            else => std::future::pending().await,
        }
    }
}

impl Drop for ChannelListener {
    fn drop(&mut self) {
        self.table.leave(self.socket, &self.channel, self.id);
    }
}
