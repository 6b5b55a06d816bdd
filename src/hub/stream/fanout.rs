//! The fan-out: what a view has published, copied once to each worker that serves subscribers of the view.
//!
//! A renderer wakes one task per worker, and that task wakes the subscriptions on its own thread: a figure
//! crosses threads once and not once per client. A fan-out also has the only timer of its subscriptions, which
//! tell it by a [`WakeWindow`] when they have to be woken without news. Its reason and price are in
//! docs/decisions/one-copy-per-worker.md.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use slab::Slab;
use tokio::runtime::{Handle, Id};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::hub::error::SubscribeError;
use crate::hub::registry::{Registry, WatchedView};
use crate::hub::timer::at;
use crate::hub::view::published::Published;
use crate::hub::view::usage::ViewUsage;
use crate::shares::{Hold, Requester};
use crate::view::View;

/// The fan-outs that run.
#[derive(Debug)]
pub struct FanOuts {
    registry: Registry,
    drain: CancellationToken,
    running: Mutex<HashMap<(Id, View), Weak<FanOut>>>,
}

/// One view on one runtime. It lives as long as it is held, and so does the view.
#[derive(Debug)]
pub struct FanOut {
    key: (Id, View),
    copy: Arc<LockedCopy>,
    /// The view's own slot. The copy has the news in it, and not each new time of the last check.
    newest: watch::Receiver<Published>,
    /// The clients that watch the view.
    usage: Arc<ViewUsage>,
    task: AbortHandle,
    fan_outs: Arc<FanOuts>,
}

/// One subscription's end of a fan-out; dropping it leaves.
#[derive(Debug)]
pub struct FanOutReceiver {
    fan_out: Arc<FanOut>,
    slot: usize,
    _hold: Vec<Hold>,
}

/// When to be woken if there is no news: not before `from`, where others may be woken too, and no
/// later than `until`.
#[derive(Debug, Clone, Copy)]
pub struct WakeWindow {
    pub from: Instant,
    pub until: Instant,
}

/// What subscriptions and the fan-out's task share.
#[derive(Debug)]
struct LockedCopy {
    copy: Mutex<WorkerCopy>,
    /// A subscription has to be woken before the timer that is set.
    rearm: Notify,
}

/// The worker's copy of what the view has published, and the tasks that wait for more.
#[derive(Debug)]
pub struct WorkerCopy {
    pub published: Published,
    /// The server is stopping.
    pub draining: bool,
    waiting: Slab<WaitingTask>,
    timer: Option<Instant>,
}

#[derive(Debug, Default)]
struct WaitingTask {
    waker: Option<Waker>,
    window: Option<WakeWindow>,
}

impl FanOuts {
    /// No fan-outs of the views that `registry` starts.
    pub fn new(registry: Registry, drain: CancellationToken) -> Arc<Self> {
        Arc::new(Self { registry, drain, running: Mutex::default() })
    }

    /// The registry that views are started by.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Joins a client to the current runtime's fan-out of a view, starting what is not running.
    ///
    /// # Errors
    /// Those of [`Registry::watch`].
    pub fn join(
        self: &Arc<Self>,
        view: &View,
        requester: Requester,
    ) -> Result<FanOutReceiver, SubscribeError> {
        let runtime = Handle::current();
        let key = (runtime.id(), view.clone());
        // Declared first, so let go last: a fan-out that ends here asks for the lock itself.
        let known;
        let mut running = self.running();
        known = running.get(&key).and_then(Weak::upgrade);
        if let Some(fan_out) = known.as_ref().filter(|fan_out| !fan_out.is_over()) {
            let hold = fan_out.usage.hold(requester.client);
            return Ok(FanOutReceiver::on(Arc::clone(fan_out), hold));
        }
        let WatchedView { published, usage, hold } = self.registry.watch(view, requester)?;
        let copy = Arc::new(LockedCopy::new(published.borrow().for_streams()));
        let newest = published.clone();
        let task = runtime.spawn(run(Arc::clone(&copy), published, self.drain.clone()));
        let (task, fan_outs) = (task.abort_handle(), Arc::clone(self));
        let fan_out = FanOut { key: key.clone(), copy, newest, usage, task, fan_outs };
        let fan_out = Arc::new(fan_out);
        running.insert(key, Arc::downgrade(&fan_out));
        Ok(FanOutReceiver::on(fan_out, hold))
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(Id, View), Weak<FanOut>>> {
        // Every change is one entry put in or taken out.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FanOut {
    fn is_over(&self) -> bool {
        self.copy.lock().published.ended
    }
}

impl Drop for FanOut {
    fn drop(&mut self) {
        self.task.abort();
        let mut running = self.fan_outs.running();
        // Not another that has taken its place.
        if running.get(&self.key).is_some_and(|fan_out| fan_out.strong_count() == 0) {
            running.remove(&self.key);
        }
    }
}

impl FanOutReceiver {
    fn on(fan_out: Arc<FanOut>, hold: Vec<Hold>) -> Self {
        let slot = fan_out.copy.lock().waiting.insert(WaitingTask::default());
        Self { fan_out, slot, _hold: hold }
    }

    /// The view.
    pub fn view(&self) -> &View {
        &self.fan_out.key.1
    }

    /// What the view last published, with how its feed is doing now.
    pub fn published(&self) -> Published {
        let published = self.fan_out.copy.lock().published.clone();
        let health = Arc::clone(&self.fan_out.newest.borrow().health);
        Published { health, ..published }
    }

    /// What `find` finds in the copy; if it finds nothing, the task is woken by the next publication or within
    /// `window`.
    pub fn poll<T>(
        &self,
        cx: &Context<'_>,
        window: Option<WakeWindow>,
        find: impl FnOnce(&WorkerCopy) -> Option<T>,
    ) -> Poll<T> {
        let mut copy = self.fan_out.copy.lock();
        if let Some(found) = find(&copy) {
            return Poll::Ready(found);
        }
        if copy.wait(self.slot, cx.waker(), window) {
            self.fan_out.copy.rearm.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for FanOutReceiver {
    fn drop(&mut self) {
        self.fan_out.copy.lock().waiting.remove(self.slot);
    }
}

impl LockedCopy {
    fn new(published: Published) -> Self {
        Self { copy: Mutex::new(WorkerCopy::of(published)), rearm: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, WorkerCopy> {
        // Each change replaces a value whole, so a panic of another holder leaves none half changed.
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change known to all.
    fn tell(&self, change: impl FnOnce(&mut WorkerCopy)) {
        let wakers = {
            let mut copy = self.lock();
            change(&mut copy);
            copy.due(|_| true)
        };
        wake(wakers);
    }

    /// Wakes the tasks whose window has begun.
    fn ring(&self) {
        let now = Instant::now();
        let wakers = self.lock().due(|window| window.is_some_and(|window| window.from <= now));
        wake(wakers);
    }
}

impl WorkerCopy {
    /// Nobody waits for more.
    pub fn of(published: Published) -> Self {
        Self { published, draining: false, waiting: Slab::new(), timer: None }
    }

    /// Has a slot wait; whether the timer has to be set anew.
    fn wait(&mut self, slot: usize, waker: &Waker, window: Option<WakeWindow>) -> bool {
        let waiting = &mut self.waiting[slot];
        waiting.window = window;
        if !waiting.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            waiting.waker = Some(waker.clone());
        }
        let Some(until) = window.map(|window| window.until) else { return false };
        let earlier = self.timer.is_none_or(|timer| until < timer);
        if earlier {
            self.timer = Some(until);
        }
        earlier
    }

    /// Takes the wakers of those whose window `is_due`, and sets the timer for the others.
    fn due(&mut self, is_due: impl Fn(Option<WakeWindow>) -> bool) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.waiting.len());
        self.timer = None;
        for (_, waiting) in &mut self.waiting {
            if is_due(waiting.window) {
                wakers.extend(waiting.waker.take());
                waiting.window = None;
            } else if let Some(window) = waiting.window {
                self.timer = Some(self.timer.map_or(window.until, |timer| timer.min(window.until)));
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

async fn run(
    copy: Arc<LockedCopy>,
    mut published: watch::Receiver<Published>,
    drain: CancellationToken,
) {
    let mut draining = false;
    loop {
        let timer = copy.lock().timer;
        tokio::select! {
            changed = published.changed() => {
                if changed.is_err() {
                    return copy.tell(|copy| copy.published.ended = true);
                }
                let news = published.borrow_and_update().for_streams();
                copy.tell(|copy| copy.published = news);
            }
            () = drain.cancelled(), if !draining => {
                draining = true;
                copy.tell(|copy| copy.draining = true);
            }
            () = at(timer) => copy.ring(),
            () = copy.rearm.notified() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{
        Arc, CancellationToken, Instant, LockedCopy, Published, WaitingTask, WakeWindow, run, watch,
    };
    use crate::figure::Appearance;
    use crate::hub::status::{DataState, Health};
    use crate::hub::view::snapshot::Snapshot;
    use crate::hub::view::usage::ViewUsage;
    use crate::symbol::Symbol;
    use crate::view::View;

    /// Counts how often a subscription was woken.
    #[derive(Default)]
    struct Wakings(AtomicUsize);

    impl Wake for Wakings {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A fan-out that runs, and the renderer's end of it.
    struct RunningFanOut {
        copy: Arc<LockedCopy>,
        renderer: watch::Sender<Published>,
        drain: CancellationToken,
    }

    impl RunningFanOut {
        fn new() -> Self {
            let health = Health::new(DataState::Loading, Timestamp::MIN);
            let (renderer, published) = watch::channel(Published::loading(health));
            let copy = Arc::new(LockedCopy::new(published.borrow().clone()));
            let drain = CancellationToken::new();
            tokio::spawn(run(Arc::clone(&copy), published, drain.clone()));
            Self { copy, renderer, drain }
        }

        /// A subscription that waits for news, or for its window.
        fn waiting(&self, window: Option<WakeWindow>) -> Arc<Wakings> {
            let wakings = Arc::<Wakings>::default();
            let mut copy = self.copy.lock();
            let slot = copy.waiting.insert(WaitingTask::default());
            if copy.wait(slot, &Arc::clone(&wakings).into(), window) {
                self.copy.rearm.notify_one();
            }
            wakings
        }
    }

    fn woken(wakings: &[Arc<Wakings>]) -> Vec<usize> {
        wakings.iter().map(|wakings| wakings.0.load(Ordering::Relaxed)).collect()
    }

    /// Lets the fan-out do what there is to do.
    async fn settle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn every_waiting_subscription_is_woken_once_by_what_is_published() {
        let running = RunningFanOut::new();
        let wakings = [(); 3].map(|()| running.waiting(None));
        settle().await;
        assert_eq!(woken(&wakings), [0, 0, 0]);
        for _ in 0..2 {
            running.renderer.send_modify(|published| published.status.0 += 1);
            settle().await;
            // Those that have not looked since are not woken again.
            assert_eq!(woken(&wakings), [1, 1, 1]);
        }
        assert_eq!(running.copy.lock().published.status.0, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_reaches_every_subscription() {
        let running = RunningFanOut::new();
        let wakings = [running.waiting(None)];
        running.drain.cancel();
        settle().await;
        assert_eq!(woken(&wakings), [1]);
        let copy = running.copy.lock();
        assert!(copy.draining && !copy.published.ended);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renderer_that_is_gone_has_published_its_last() {
        let running = RunningFanOut::new();
        let wakings = [running.waiting(None)];
        drop(running.renderer);
        settle().await;
        assert_eq!(woken(&wakings), [1]);
        assert!(running.copy.lock().published.ended);
    }

    #[tokio::test(start_paused = true)]
    async fn the_series_of_a_frame_are_let_go_with_it_however_late_a_worker_is() {
        let running = RunningFanOut::new();
        let view = View::of(Symbol::parse("AAPL").expect("valid"));
        let snapshot = Snapshot::new(
            view,
            Vec::new(),
            "test",
            &Appearance::default(),
            ViewUsage::none(Vec::new()),
        );
        let snapshot = Arc::new(snapshot);
        let kept = Arc::downgrade(&snapshot);
        running.renderer.send_modify(|published| published.snapshot = Some(snapshot));
        settle().await;
        assert!(kept.upgrade().is_some(), "the view has it");
        running.renderer.send_modify(|published| published.snapshot = None);
        assert!(kept.upgrade().is_none(), "before the fan-out has run");
    }

    #[tokio::test(start_paused = true)]
    async fn one_timer_wakes_all_whose_window_has_begun_and_none_too_early_or_too_late() {
        let running = RunningFanOut::new();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let windows = [(25, 40), (10, 20), (15, 30)];
        let wakings = windows.map(|(from, until)| {
            running.waiting(Some(WakeWindow { from: at(from), until: at(until) }))
        });
        for (seconds, expected) in
            [(19, [0, 0, 0]), (21, [0, 1, 1]), (39, [0, 1, 1]), (41, [1, 1, 1])]
        {
            tokio::time::sleep_until(at(seconds)).await;
            assert_eq!(woken(&wakings), expected, "after {seconds} s");
        }
    }
}
