//! Relays: what a view last said, kept once for each runtime that serves its subscribers.
//!
//! A renderer wakes one relay a runtime, and that relay the subscriptions on its own thread: a figure
//! crosses threads once and not once for every client. A relay also has the only timer; what a
//! subscription waits for besides news it says as a [`Wish`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use slab::Slab;
use tokio::runtime::{Handle, Id};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::channel::Latest;
use super::refusal::Refusal;
use super::registry::{Registry, Watched};
use super::tables::Upkeep;
use crate::shares::{Client, Hold};
use crate::view::View;

/// The relays there are.
#[derive(Debug)]
pub struct Relays {
    registry: Registry,
    drain: CancellationToken,
    running: Mutex<HashMap<(Id, View), Weak<Relay>>>,
}

/// One view on one runtime. It lives as long as it is held, and so does the view.
#[derive(Debug)]
pub struct Relay {
    key: (Id, View),
    line: Arc<Line>,
    /// What the view says now. The line has its news, and not every change of a time.
    newest: watch::Receiver<Latest>,
    /// For whom the view runs.
    upkeep: Arc<Upkeep>,
    task: AbortHandle,
    relays: Arc<Relays>,
}

/// A place on a relay; leaving is dropping it.
#[derive(Debug)]
pub struct Place {
    relay: Arc<Relay>,
    slot: usize,
    _hold: Vec<Hold>,
}

/// When to be woken if there is no news: not before `from`, where others may be woken too, and no
/// later than `until`.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub from: Instant,
    pub until: Instant,
}

/// What subscriptions and the relay's task share.
#[derive(Debug)]
struct Line {
    said: Mutex<Said>,
    /// Somebody wishes to be woken before the timer that is set.
    rearm: Notify,
}

/// What the view last said, and who waits for more.
#[derive(Debug)]
pub struct Said {
    pub latest: Latest,
    /// The server is stopping.
    pub draining: bool,
    waiting: Slab<Waiting>,
    timer: Option<Instant>,
}

#[derive(Debug, Default)]
struct Waiting {
    waker: Option<Waker>,
    wish: Option<Wish>,
}

impl Relays {
    /// No relays of the views that `registry` starts.
    pub fn new(registry: Registry, drain: CancellationToken) -> Arc<Self> {
        Arc::new(Self { registry, drain, running: Mutex::default() })
    }

    /// The registry that views are started by.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Takes a place for `client` on the current runtime's relay of a view, starting what is not running.
    ///
    /// # Errors
    /// Those of [`Registry::watch`].
    pub fn join(self: &Arc<Self>, view: &View, client: Option<Client>) -> Result<Place, Refusal> {
        let runtime = Handle::current();
        let key = (runtime.id(), view.clone());
        // Declared first, so let go last: a relay that ends here asks for the lock itself.
        let known;
        let mut running = self.running();
        known = running.get(&key).and_then(Weak::upgrade);
        if let Some(relay) = known.as_ref().filter(|relay| !relay.is_over()) {
            let hold = relay.upkeep.hold(client);
            return Ok(Place::on(Arc::clone(relay), hold));
        }
        let Watched { latest, upkeep, hold } = self.registry.watch(view, client)?;
        let line = Arc::new(Line::new(latest.borrow().clone()));
        let newest = latest.clone();
        let task = runtime.spawn(run(Arc::clone(&line), latest, self.drain.clone()));
        let (task, relays) = (task.abort_handle(), Arc::clone(self));
        let relay = Relay { key: key.clone(), line, newest, upkeep, task, relays };
        let relay = Arc::new(relay);
        running.insert(key, Arc::downgrade(&relay));
        Ok(Place::on(relay, hold))
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(Id, View), Weak<Relay>>> {
        // Every change is one entry put in or taken out.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Relay {
    fn is_over(&self) -> bool {
        self.line.said().latest.ended
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
        let mut running = self.relays.running();
        // Not another that has taken its place.
        if running.get(&self.key).is_some_and(|relay| relay.strong_count() == 0) {
            running.remove(&self.key);
        }
    }
}

impl Place {
    fn on(relay: Arc<Relay>, hold: Vec<Hold>) -> Self {
        let slot = relay.line.said().waiting.insert(Waiting::default());
        Self { relay, slot, _hold: hold }
    }

    /// The view.
    pub fn view(&self) -> &View {
        &self.relay.key.1
    }

    /// What the view last said, with how its feed is doing now.
    pub fn latest(&self) -> Latest {
        let latest = self.relay.line.said().latest.clone();
        let health = Arc::clone(&self.relay.newest.borrow().health);
        Latest { health, ..latest }
    }

    /// What `find` finds in what the view last said; when it finds nothing, the task is woken with
    /// the next news, or as `wish` says.
    pub fn poll<T>(
        &self,
        cx: &Context<'_>,
        wish: Option<Wish>,
        find: impl FnOnce(&Said) -> Option<T>,
    ) -> Poll<T> {
        let mut said = self.relay.line.said();
        if let Some(found) = find(&said) {
            return Poll::Ready(found);
        }
        if said.wait(self.slot, cx.waker(), wish) {
            self.relay.line.rearm.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.relay.line.said().waiting.remove(self.slot);
    }
}

impl Line {
    fn new(latest: Latest) -> Self {
        Self { said: Mutex::new(Said::of(latest)), rearm: Notify::new() }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // What it holds is replaced whole and never left half changed.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change known to all.
    fn tell(&self, change: impl FnOnce(&mut Said)) {
        let wakers = {
            let mut said = self.said();
            change(&mut said);
            said.due(|_| true)
        };
        wake(wakers);
    }

    /// Wakes those whose time has come.
    fn ring(&self) {
        let now = Instant::now();
        let wakers = self.said().due(|wish| wish.is_some_and(|wish| wish.from <= now));
        wake(wakers);
    }
}

impl Said {
    /// Nobody waits for more.
    pub fn of(latest: Latest) -> Self {
        Self { latest, draining: false, waiting: Slab::new(), timer: None }
    }

    /// Has a slot wait; whether the timer has to be set anew.
    fn wait(&mut self, slot: usize, waker: &Waker, wish: Option<Wish>) -> bool {
        let waiting = &mut self.waiting[slot];
        waiting.wish = wish;
        if !waiting.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            waiting.waker = Some(waker.clone());
        }
        let Some(until) = wish.map(|wish| wish.until) else { return false };
        let earlier = self.timer.is_none_or(|timer| until < timer);
        if earlier {
            self.timer = Some(until);
        }
        earlier
    }

    /// Takes the wakers of those for whose wish `is_due` holds, and sets the timer for the others.
    fn due(&mut self, is_due: impl Fn(Option<Wish>) -> bool) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.waiting.len());
        self.timer = None;
        for (_, waiting) in &mut self.waiting {
            if is_due(waiting.wish) {
                wakers.extend(waiting.waker.take());
                waiting.wish = None;
            } else if let Some(wish) = waiting.wish {
                self.timer = Some(self.timer.map_or(wish.until, |timer| timer.min(wish.until)));
            }
        }
        wakers
    }
}

/// Outside of the lock: a woken task may run at once on another thread.
fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

async fn run(line: Arc<Line>, mut latest: watch::Receiver<Latest>, drain: CancellationToken) {
    let mut draining = false;
    loop {
        let timer = line.said().timer;
        tokio::select! {
            changed = latest.changed() => {
                if changed.is_err() {
                    return line.tell(|said| said.latest.ended = true);
                }
                let news = latest.borrow_and_update().clone();
                line.tell(|said| said.latest = news);
            }
            () = drain.cancelled(), if !draining => {
                draining = true;
                line.tell(|said| said.draining = true);
            }
            () = at(timer) => line.ring(),
            () = line.rearm.notified() => {}
        }
    }
}

/// Waits until then; for ever when there is nothing to wait for.
pub async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
