//! Many subscribers on plain sockets, in one thread, counting the figures they get.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What every subscriber asks for: one view for all.
pub const REQUEST: &[u8] =
    b"GET /stream/AAPL HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n";

/// How a figure's event begins: no other event has an id.
const FIGURE: [u8; 4] = *b"id: ";

/// Counts whole figures in the bytes of a stream, wherever they are cut.
#[derive(Default)]
pub struct Events {
    /// Bytes of the line so far, and the first of them.
    length: usize,
    head: [u8; FIGURE.len()],
    in_figure: bool,
    figures: u64,
}

impl Events {
    /// Takes the next bytes. A figure counts at the empty line after it; the chunk framing between
    /// events ends its lines with CR LF and so has none.
    pub fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte != b'\n' {
                if let Some(slot) = self.head.get_mut(self.length) {
                    *slot = byte;
                }
                self.length += 1;
                continue;
            }
            if self.length == 0 {
                self.figures += u64::from(self.in_figure);
                self.in_figure = false;
            } else if self.length > FIGURE.len() {
                self.in_figure |= self.head == FIGURE;
            }
            self.length = 0;
        }
    }

    /// Figures so far.
    pub const fn figures(&self) -> u64 {
        self.figures
    }
}

/// Open subscribers; dropping them disconnects.
pub struct Load {
    figures: Arc<[AtomicU64]>,
    _readers: JoinSet<()>,
}

impl Load {
    /// Connects `subscribers`, one after the other.
    pub async fn open(address: SocketAddr, subscribers: usize) -> anyhow::Result<Self> {
        let figures: Arc<[AtomicU64]> = (0..subscribers).map(|_| AtomicU64::new(0)).collect();
        let mut readers = JoinSet::new();
        for index in 0..subscribers {
            let mut stream = TcpStream::connect(address).await.context("cannot subscribe")?;
            stream.write_all(REQUEST).await?;
            readers.spawn(read(stream, Arc::clone(&figures), index));
        }
        Ok(Self { figures, _readers: readers })
    }

    /// Figures that all subscribers together have got.
    pub fn delivered(&self) -> u64 {
        self.figures.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Figures that the first subscriber has got.
    pub fn updates(&self) -> u64 {
        self.figures[0].load(Ordering::Relaxed)
    }

    /// Waits until every subscriber has had a figure.
    pub async fn all_served(&self, patience: Duration) -> anyhow::Result<()> {
        let served = || self.figures.iter().all(|count| count.load(Ordering::Relaxed) > 0);
        until(served, patience).await.context("not every subscriber got a figure")
    }

    /// Waits until the first subscriber has had `updates` figures.
    pub async fn reaches(&self, updates: u64, patience: Duration) -> anyhow::Result<()> {
        until(|| self.updates() >= updates, patience).await.context("the figures stopped coming")
    }
}

async fn until(holds: impl Fn() -> bool, patience: Duration) -> anyhow::Result<()> {
    let poll = async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    Ok(timeout(patience, poll).await?)
}

async fn read(stream: TcpStream, figures: Arc<[AtomicU64]>, index: usize) {
    let mut events = Events::default();
    while stream.readable().await.is_ok() && drain(&stream, &mut events) {
        figures[index].store(events.figures(), Ordering::Relaxed);
    }
}

/// Reads what is there; false at the end of the stream. The buffer lives only between two waits, so
/// that it is one for all.
fn drain(stream: &TcpStream, events: &mut Events) -> bool {
    let mut buffer = [0; 16_384];
    loop {
        match stream.try_read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => events.feed(&buffer[..count]),
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
