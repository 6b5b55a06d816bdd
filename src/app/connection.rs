//! Connections, one level below HTTP: how long a client may take, and how many it may hold.
//!
//! actix reads and writes through a [`Transport`], below which is the socket and perhaps TLS, and a middleware tells
//! what is being answered. They write it down in the [`Connection`], which a [`Watchdog`] looks through: one per worker, so that none
//! of this takes a lock, and no event that is sent asks for the time.

mod answer;
mod handshake;
mod progress;
mod socket;
mod transport;
mod watchdog;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use log::debug;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Instant;

pub use answer::told;
pub use handshake::HandshakeBounds;
pub use progress::{Cut, KEEP_ALIVE, Patience};
pub use transport::Transport;
pub use watchdog::{Gate, Watchdog};

use crate::metrics::{CutReason, Metrics};
use crate::shares::Permit;
use handshake::Handshake;
use progress::Progress;

/// What the kernel keeps of a stream for a reader that is slow, of which Linux makes twice as much: figures in
/// it are old when they are read. A reader far away takes 64 KiB in each round trip.
const STREAM_BUFFER: usize = 32 * 1_024;

/// What the parts of one connection share. All of them are on one thread.
#[derive(Debug)]
pub struct Connection {
    socket: RefCell<TcpStream>,
    progress: RefCell<Progress>,
    patience: Patience,
    /// Its place among the connections; nothing once another has it.
    permit: RefCell<Option<Permit>>,
    /// Its place among those that shake hands, while it does.
    handshake: RefCell<Option<Handshake>>,
    /// Why it is being ended.
    cut: Cell<Option<Cut>>,
    /// Whether the client has closed its side.
    hung_up: Cell<bool>,
    /// Whether all that was written has been taken by the kernel.
    flushed: Cell<bool>,
    /// The task that serves it.
    task: RefCell<Option<Waker>>,
    metrics: Arc<Metrics>,
}

impl Connection {
    fn new(
        socket: TcpStream,
        permit: Permit,
        patience: Patience,
        metrics: &Arc<Metrics>,
    ) -> Rc<Self> {
        metrics.connections.inc();
        Rc::new(Self {
            socket: RefCell::new(socket),
            progress: RefCell::new(Progress::new(Instant::now(), &patience)),
            patience,
            permit: RefCell::new(Some(permit)),
            handshake: RefCell::default(),
            cut: Cell::new(None),
            hung_up: Cell::new(false),
            flushed: Cell::new(true),
            task: RefCell::new(None),
            metrics: Arc::clone(metrics),
        })
    }

    /// A request is whole, but for a body of at most `body` bytes.
    fn begin(&self, body: usize) {
        self.progress.borrow_mut().begin(body);
    }

    /// It is answered.
    fn answer(&self, streams: bool) {
        self.progress.borrow_mut().answer(streams);
        if streams {
            // A socket without the bound serves as well, only its reader may be further behind.
            let _ = SockRef::from(&*self.socket.borrow()).set_send_buffer_size(STREAM_BUFFER);
        }
    }

    /// The answer is over.
    fn end(&self) {
        self.progress.borrow_mut().end(Instant::now());
        // The task was not told that the client had closed its side.
        if self.hung_up.get() {
            self.wake();
        }
    }

    /// Its place is another's.
    fn make_room(&self) {
        self.permit.borrow_mut().take();
        self.handshake.borrow_mut().take();
        self.cut(Cut::Displaced);
    }

    /// Has the task end the connection.
    fn cut(&self, cut: Cut) {
        if self.cut.get().is_none() {
            debug!("a connection is cut: {cut}");
            self.metrics.connections_cut.get_or_create(&CutReason(cut.name())).inc();
            self.cut.set(Some(cut));
            self.wake();
        }
    }

    /// Remembers the task, or ends it.
    fn enter(&self, cx: &Context<'_>) -> io::Result<()> {
        if let Some(cut) = self.cut.get() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, cut));
        }
        let mut task = self.task.borrow_mut();
        if task.as_ref().is_none_or(|task| !task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
        Ok(())
    }

    fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.connections.dec();
        let socket = self.socket.get_mut();
        let socket = SockRef::from(&*socket);
        // What is left in the kernel is thrown away with a connection that is cut, and else has as long as
        // any answer. Either fails only where the connection is gone already.
        let _ = match self.cut.get() {
            Some(Cut::Stalled | Cut::Vanished | Cut::Flooded) => {
                socket.set_linger(Some(Duration::ZERO))
            }
            _ => set_user_timeout(&socket, self.patience.write),
        };
    }
}

#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &SockRef<'_>, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
    Ok(())
}
