//! Many subscribers in one thread, which counts the events they get and when.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream as StdStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::tap::Tap;
use crate::wire::{Part, Response};

/// A chunk of at most so many bytes is a heartbeat or the end of a body; any other is an event.
pub const SMALL_TALK: usize = 15;
/// Connections of one source address: it has about 28,000 ports.
const PER_ADDRESS: usize = 10_000;
/// Connections that are begun before those that stand are looked after.
const TURN: usize = 64;
/// Connections on their way at once, unless all are to come at once.
const IN_FLIGHT: usize = 400;
/// What counts as a silence between two updates.
const SILENCE: Duration = Duration::from_millis(150);
/// Most that is read of a connection at once.
const BUFFER: usize = 128 * 1_024;

/// Open subscribers, the first of which keeps what it gets. Dropping them disconnects.
pub struct Load {
    poll: Poll,
    ready: mio::Events,
    buffer: Box<[u8]>,
    subscribers: Vec<Subscriber>,
    /// What the first subscriber gets.
    pub tap: Tap,
    /// Events that a subscriber is sent until it has been served.
    opening: u32,
    /// When each was served, after it began to connect.
    pub served: Vec<Duration>,
    /// Events since the mark, and the bytes of their chunks.
    pub delivered: u64,
    pub bytes: u64,
    /// The updates since the mark, as far as the subscribers of one view count them alike.
    pub updates: Vec<Update>,
    last_event: Instant,
}

struct Subscriber {
    stream: TcpStream,
    request: Option<Box<[u8]>>,
    response: Response,
    began: Instant,
    events: u32,
    marked: u32,
    served: bool,
}

/// One update on its way to all subscribers.
pub struct Update {
    pub first: Instant,
    pub last: Instant,
}

impl Load {
    /// Nobody yet. Somebody is served who was answered and got `opening` events.
    pub fn new(opening: u32) -> anyhow::Result<Self> {
        rlimit::increase_nofile_limit(u64::MAX)?;
        Ok(Self {
            poll: Poll::new()?,
            ready: mio::Events::with_capacity(1_024),
            buffer: vec![0; BUFFER].into(),
            subscribers: Vec::new(),
            tap: Tap::default(),
            opening,
            served: Vec::new(),
            delivered: 0,
            bytes: 0,
            updates: Vec::new(),
            last_event: Instant::now(),
        })
    }

    /// Connects until there are `subscribers`, who ask for one of `requests` in turn: all at once, or
    /// a few hundred at a time; then waits until all are served. Who comes with all the others is
    /// counted as waiting since the first of them began.
    pub fn open(
        &mut self,
        address: SocketAddr,
        requests: &[String],
        subscribers: usize,
        at_once: bool,
        patience: Duration,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let until = started + patience;
        let in_flight = if at_once { usize::MAX } else { IN_FLIGHT };
        while self.subscribers.len() < subscribers {
            let index = self.subscribers.len();
            let began = if at_once { started } else { Instant::now() };
            self.connect(address, requests[index % requests.len()].as_bytes(), began)?;
            if index.is_multiple_of(TURN) {
                // A server gives up on who connects and then says nothing.
                self.pump(Duration::ZERO)?;
            }
            if index - self.served.len() >= in_flight {
                self.pump_while(until, |load| {
                    load.subscribers.len() - load.served.len() >= in_flight
                })?;
            }
        }
        self.pump_while(until, |load| load.served.len() < subscribers)?;
        let served = self.served.len();
        ensure!(served == subscribers, "{served} of {subscribers} subscribers were served in time");
        Ok(())
    }

    /// Connects one that keeps what it gets and waits for its first figure. Whoever comes next counts
    /// as served after as many events. One goes before it and leaves, because a view that is just
    /// starting may say so first.
    pub fn open_first(
        &mut self,
        address: SocketAddr,
        request: &str,
        patience: Duration,
    ) -> anyhow::Result<()> {
        Self::new(0)?.first_figure(address, request, patience)?;
        self.first_figure(address, request, patience)?;
        self.opening = self.first_had();
        Ok(())
    }

    fn first_figure(
        &mut self,
        address: SocketAddr,
        request: &str,
        patience: Duration,
    ) -> anyhow::Result<()> {
        self.connect(address, request.as_bytes(), Instant::now())?;
        self.pump_while(Instant::now() + patience, |load| !load.tap.has_figure())?;
        ensure!(self.tap.has_figure(), "no figure came");
        Ok(())
    }

    /// Starts to count anew, after an update that everybody has had and nothing more. Subscribers of
    /// several views know no such moment: then it is any.
    pub fn mark(&mut self, views: usize, patience: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + patience;
        loop {
            self.settle(patience)?;
            self.count_anew();
            if views > 1 || Instant::now() > until {
                return Ok(());
            }
            self.pump_while(until, |load| load.updates.is_empty())?;
            self.settle(patience)?;
            if self.subscribers.iter().all(|one| one.events - one.marked == 1) {
                self.count_anew();
                return Ok(());
            }
        }
    }

    fn count_anew(&mut self) {
        for subscriber in &mut self.subscribers {
            subscriber.marked = subscriber.events;
        }
        self.tap.mark();
        self.updates.clear();
        (self.delivered, self.bytes) = (0, 0);
    }

    /// Waits until nothing has come for a while.
    pub fn settle(&mut self, patience: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + patience;
        self.pump_while(until, |load| load.last_event.elapsed() < SILENCE)
    }

    /// Goes on for some time.
    pub fn run_for(&mut self, time: Duration) -> anyhow::Result<()> {
        self.pump_while(Instant::now() + time, |_| true)
    }

    /// Goes on until the first subscriber has had `updates` since the mark.
    pub fn run_updates(&mut self, updates: u32, patience: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + patience;
        let had = |load: &Self| load.subscribers[0].events - load.subscribers[0].marked;
        self.pump_while(until, |load| had(load) < updates)?;
        ensure!(had(self) >= updates, "the events stopped coming");
        Ok(())
    }

    /// Goes on until all subscribers together have had `events` since the mark.
    pub fn run_until_delivered(&mut self, events: u64, patience: Duration) -> anyhow::Result<()> {
        self.pump_while(Instant::now() + patience, |load| load.delivered < events)
    }

    /// Events that the first subscriber has had in all.
    pub fn first_had(&self) -> u32 {
        self.subscribers[0].events
    }

    fn connect(
        &mut self,
        address: SocketAddr,
        request: &[u8],
        began: Instant,
    ) -> anyhow::Result<()> {
        let index = self.subscribers.len();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Not bound, so that the kernel looks for a port that is free towards this server, even if a
        // crowd of the server before still holds it. It looks for long once it has given out half.
        let host = u8::try_from(1 + index / PER_ADDRESS).context("too many subscribers")?;
        if host > 1 {
            let source = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, host), 0);
            socket.bind(&SocketAddr::V4(source).into())?;
        }
        if let Err(error) = socket.connect(&address.into()) {
            // EINPROGRESS has no kind of its own in stable Rust.
            ensure!(error.raw_os_error() == Some(115), "cannot connect: {error}");
        }
        let mut stream = TcpStream::from_std(StdStream::from(socket));
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(index), interests)?;
        self.subscribers.push(Subscriber {
            stream,
            request: Some(request.into()),
            response: Response::default(),
            began,
            events: 0,
            marked: 0,
            served: false,
        });
        Ok(())
    }

    fn pump_while(
        &mut self,
        until: Instant,
        goes_on: impl Fn(&Self) -> bool,
    ) -> anyhow::Result<()> {
        let mut now = Instant::now();
        while now < until && goes_on(self) {
            self.pump((until - now).min(Duration::from_millis(20)))?;
            now = Instant::now();
        }
        Ok(())
    }

    /// Serves whoever is ready, after waiting for somebody to be.
    fn pump(&mut self, wait: Duration) -> anyhow::Result<()> {
        match self.poll.poll(&mut self.ready, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            polled => polled?,
        }
        let state = |event: &Event| (event.token().0, event.is_read_closed() || event.is_error());
        let ready: Vec<(usize, bool)> = self.ready.iter().map(state).collect();
        for (index, closed) in ready {
            self.serve(index, closed).with_context(|| format!("subscriber {index}"))?;
        }
        Ok(())
    }

    fn serve(&mut self, index: usize, closed: bool) -> anyhow::Result<()> {
        if !self.subscribers[index].ask()? {
            return Ok(());
        }
        loop {
            match self.subscribers[index].stream.read(&mut self.buffer) {
                Ok(0) => return Err(anyhow!("the stream ended")),
                Ok(count) => {
                    self.take(index, count)?;
                    // Less than there was room for is all there was: the next bytes wake again.
                    if count < BUFFER && !closed {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Counts what was read.
    fn take(&mut self, index: usize, count: usize) -> anyhow::Result<()> {
        let one = &mut self.subscribers[index];
        let tap = (index == 0).then_some(&mut self.tap);
        let (mut answered, mut events, mut bytes) = (false, 0, 0);
        let mut tap = tap;
        one.response.feed(&self.buffer[..count], |part| {
            match part {
                Part::Head(_) => answered = true,
                Part::Event(size) if size > SMALL_TALK => {
                    events += 1;
                    bytes += size as u64;
                }
                _ => {}
            }
            if let Some(tap) = &mut tap {
                tap.take(&part);
            }
        })?;
        one.events += events;
        let now = Instant::now();
        if !one.served && one.events >= self.opening && (answered || events > 0) {
            one.served = true;
            self.served.push(now - one.began);
        }
        if events > 0 {
            self.last_event = now;
            self.delivered += u64::from(events);
            self.bytes += bytes;
            let ordinal = (one.events - one.marked) as usize;
            self.updates
                .resize_with(self.updates.len().max(ordinal), || Update { first: now, last: now });
            for update in &mut self.updates[ordinal - events as usize..ordinal] {
                update.last = now;
            }
        }
        Ok(())
    }
}

impl Subscriber {
    /// Sends the request once the connection stands; false while it does not.
    fn ask(&mut self) -> anyhow::Result<bool> {
        let Some(request) = &self.request else { return Ok(true) };
        match self.stream.write(request) {
            Ok(count) => {
                ensure!(count == request.len(), "the request was cut");
                self.request = None;
                Ok(true)
            }
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::NotConnected].contains(&error.kind()) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
