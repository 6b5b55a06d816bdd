//! The kit under paused time: an exchange that answers as the test says, at the other end of connections
//! that the test holds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, advance, timeout};

use super::{
    Channel, Closing, Confirmation, Dial, Incoming, Live, LiveBar, LiveExchange, LiveTrade, Move,
    Products, SocketDialect, SocketEvent, SocketLimits, TradeSize, Verb, Wire,
};
use crate::bars::{Bar, Bars};
use crate::clock::{Clock, RuntimeClock};
use crate::interval::Interval;
use crate::shares::{Client, Holders};
use crate::source::upstream::Breaker;
use crate::source::{
    AssetClass, Fetch, FetchRequest, Fetched, Known, Listing, PollPolicy, PollTiming, Search,
    SearchQuery, SeriesKey, Source as _, SourceError, Update,
};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

mod connections;
mod healing;

const SECOND: Duration = Duration::from_secs(1);
/// 2026-11-26 12:00 UTC.
const NOON: i64 = 1_795_694_400;
const POLL: Duration = Duration::from_secs(5);

const LIMITS: SocketLimits = SocketLimits {
    channels: 40,
    connections: 3,
    batch: 10,
    message_period: Duration::from_millis(250),
    connect_period: SECOND,
    silence: Duration::from_secs(30),
    lifetime: Duration::from_hours(20),
};

/// An exchange of which the test is the other end.
#[derive(Debug)]
struct Toy {
    clock: RuntimeClock,
    closing: Closing,
    limits: SocketLimits,
    breaker: Arc<Breaker>,
    products: Products,
    /// The next answers, each with the time it takes; the last one is given again and again.
    answers: Mutex<VecDeque<(Duration, Result<Bars, &'static str>)>>,
    /// When it was asked.
    asked: Mutex<Vec<Instant>>,
}

#[async_trait]
impl Fetch for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn policy(&self) -> PollPolicy {
        PollPolicy { min_poll: POLL, closed_poll: POLL, request_rate: None }
    }

    fn clock(&self, _symbol: &Symbol) -> Arc<dyn Clock> {
        Arc::new(self.clock)
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        self.asked.lock().unwrap().push(Instant::now());
        let (delay, answer) = {
            let mut answers = self.answers.lock().unwrap();
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap()
        };
        tokio::time::sleep(delay).await;
        let bars = answer.map_err(|detail| SourceError::Unavailable {
            origin: "toy",
            detail: detail.to_owned(),
            cause: None,
        })?;
        Ok(self.products.describe(&request.symbol, bars))
    }
}

#[async_trait]
impl Search for Toy {
    async fn find(
        &self,
        _query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        Ok(Vec::new())
    }
}

impl LiveExchange for Toy {
    fn breaker(&self) -> Arc<Breaker> {
        Arc::clone(&self.breaker)
    }

    fn channel(&self, symbol: &Symbol, grain: Interval) -> Option<Channel> {
        Some(Channel { topic: grain.as_str().to_owned(), name: symbol.to_string() })
    }
}

/// `+1 1m A B` subscribes, `-2 1m A` unsubscribes; `ok 1`, `no 1 why`, `closing`,
/// `bar 1m A minute trades open|final`,
/// `trade 1m A id second price`, `named 1m A id`.
impl SocketDialect for Toy {
    fn origin(&self) -> &'static str {
        "toy"
    }

    fn limits(&self) -> SocketLimits {
        self.limits
    }

    fn closing(&self) -> Closing {
        self.closing
    }

    fn request(&self, verb: Verb, channels: &[Channel], id: u64) -> String {
        let sign = if verb == Verb::Subscribe { '+' } else { '-' };
        let mut names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
        names.sort_unstable();
        format!("{sign}{id} {} {}", channels[0].topic, names.join(" "))
    }

    fn read(&self, text: &[u8]) -> Result<Vec<SocketEvent>, String> {
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        let words: Vec<&str> = text.split(' ').collect();
        let number = |word: &str| word.parse::<i64>().map_err(|error| error.to_string());
        let id_of = |word: &str| word.parse::<u64>().map_err(|error| error.to_string());
        Ok(vec![match words[..] {
            ["ok", id] => SocketEvent::Confirmed(Confirmation::Request(id_of(id)?)),
            ["no", id, why] => SocketEvent::Refused(Some(id_of(id)?), None, why.to_owned()),
            ["closing"] => SocketEvent::Closing,
            ["trade", topic, name, id, second, price] => {
                let channel = Channel { topic: topic.to_owned(), name: name.to_owned() };
                let (id, second, price) = (number(id)?, number(second)?, number(price)?);
                let size = TradeSize::parse("1").expect("a size");
                let at = 1_000 * (NOON + second);
                let trade = LiveTrade { id, at, price: price as f64, size };
                SocketEvent::Moved(channel, Move::Trade(trade))
            }
            ["named", topic, name, id] => {
                let channel = Channel { topic: topic.to_owned(), name: name.to_owned() };
                SocketEvent::Moved(channel, Move::Named(number(id)?))
            }
            ["bar", topic, name, minute, trades, state] => {
                let channel = Channel { topic: topic.to_owned(), name: name.to_owned() };
                let live = live(number(minute)?, number(trades)?, state == "final");
                SocketEvent::Moved(channel, Move::Bar(live))
            }
            _ => return Err("unknown".to_owned()),
        }])
    }
}

/// A bar of a minute since noon after so many trades.
fn live(minute: i64, trades: i64, is_final: bool) -> LiveBar {
    let close = 100.0 + trades as f64;
    let (ts, volume) = (NOON + 60 * minute, trades as f64);
    let bar = Bar { ts, open: 100.0, high: close, low: 100.0, close, volume };
    LiveBar { bar, order: (trades, 0), is_final, is_whole: true }
}

fn bars(bars: &[(i64, i64)]) -> Bars {
    bars.iter().map(|&(minute, trades)| live(minute, trades, false).bar).collect()
}

/// The exchange's end of a connection.
struct Line {
    say: mpsc::UnboundedSender<Result<Incoming, String>>,
    heard: mpsc::UnboundedReceiver<(Instant, String)>,
}

impl Line {
    fn say(&self, text: &str) {
        let _ = self.say.send(Ok(Incoming::Text(text.as_bytes().to_vec())));
    }

    async fn hear(&mut self) -> String {
        let heard = timeout(60 * SECOND, self.heard.recv()).await;
        heard.expect("something is said in time").expect("it is open").1
    }

    /// Hears one subscription and confirms it.
    async fn confirm(&mut self) -> String {
        let heard = self.hear().await;
        let id = heard.trim_start_matches('+').split(' ').next().unwrap();
        self.say(&format!("ok {id}"));
        heard
    }
}

struct ToyWire {
    heard: mpsc::UnboundedReceiver<Result<Incoming, String>>,
    say: mpsc::UnboundedSender<(Instant, String)>,
}

#[async_trait]
impl Wire for ToyWire {
    async fn receive(&mut self) -> Option<Result<Incoming, String>> {
        self.heard.recv().await
    }

    async fn send(&mut self, text: String) -> Result<(), String> {
        self.say.send((Instant::now(), text)).map_err(|_| "cut".to_owned())
    }
}

/// Gives the test the other end of each connection, unless it is to refuse.
#[derive(Debug)]
struct ToyDial {
    lines: mpsc::UnboundedSender<Line>,
    refusals: Mutex<VecDeque<SourceError>>,
    dialed: Mutex<Vec<Instant>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

#[async_trait]
impl Dial for ToyDial {
    async fn dial(&self, _now: Timestamp) -> Result<Box<dyn Wire>, SourceError> {
        self.dialed.lock().unwrap().push(Instant::now());
        if let Some(refusal) = self.refusals.lock().unwrap().pop_front() {
            return Err(refusal);
        }
        let (say, heard) = mpsc::unbounded_channel();
        let (client_says, client_said) = mpsc::unbounded_channel();
        let _ = self.lines.send(Line { say, heard: client_said });
        Ok(Box::new(ToyWire { heard, say: client_says }))
    }
}

/// A source, and the other ends of its connections.
struct Rig {
    live: Live<Toy>,
    toy: Arc<Toy>,
    dial: Arc<ToyDial>,
    lines: mpsc::UnboundedReceiver<Line>,
    started: Instant,
}

impl Rig {
    fn new(closing: Closing) -> Self {
        Self::within(LIMITS, closing)
    }

    fn within(limits: SocketLimits, closing: Closing) -> Self {
        let noon = Timestamp::from_second(NOON).unwrap();
        let clock = RuntimeClock::starting_at(noon);
        let toy = Arc::new(Toy {
            clock,
            closing,
            limits,
            breaker: Arc::new(Breaker::new(60 * SECOND, 900 * SECOND)),
            products: Products::new("Toy", AssetClass::Crypto, &[]),
            answers: Mutex::new([(Duration::ZERO, Ok(bars(&[(-1, 9), (0, 1)])))].into()),
            asked: Mutex::default(),
        });
        let (sender, lines) = mpsc::unbounded_channel();
        let dial = Arc::new(ToyDial {
            lines: sender,
            refusals: Mutex::default(),
            dialed: Mutex::default(),
        });
        let dialing: Arc<dyn Dial> = Arc::clone(&dial) as _;
        let timing = PollTiming::default();
        let live = Live::new(Arc::clone(&toy), dialing, Arc::new(clock), timing);
        Self { live, toy, dial, lines, started: Instant::now() }
    }

    fn open(&self, symbol: &str) -> BoxStream<'static, Update> {
        self.open_knowing(symbol, None)
    }

    fn open_knowing(&self, symbol: &str, known: Option<Known>) -> BoxStream<'static, Update> {
        let key = SeriesKey {
            symbol: Symbol::parse(symbol).unwrap(),
            grain: Interval::Minute1,
            depth: Range::Day5,
            session: Session::Regular,
        };
        self.live.open(key, Holders::none(), known)
    }

    /// What REST answers from now on, each with the time it takes.
    fn will_answer(&self, answers: &[(Duration, Result<Bars, &'static str>)]) {
        *self.toy.answers.lock().unwrap() = answers.iter().cloned().collect();
    }

    async fn line(&mut self) -> Line {
        let line = timeout(600 * SECOND, self.lines.recv()).await;
        line.expect("it connects in time").expect("it is there")
    }

    fn asked(&self) -> usize {
        self.toy.asked.lock().unwrap().len()
    }
}

/// An update in words: `whole -1:9 0:1`, `tail 0:2`, or what is wrong.
fn word(update: &Update) -> String {
    let of = |bars: &Bars| {
        let bars = bars.iter().map(|bar| format!(" {}:{}", (bar.ts - NOON) / 60, bar.volume));
        bars.collect::<String>()
    };
    match update {
        Update::Whole { fetched, .. } => format!("whole{}", of(&fetched.bars)),
        Update::Tail { fetched, .. } => format!("tail{}", of(&fetched.bars)),
        Update::Impaired { why } => why.clone().unwrap_or_else(|| "well".to_owned()),
        Update::Trouble { error, .. } => error.to_string(),
        Update::Waiting { .. } => "waiting".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn next(series: &mut BoxStream<'static, Update>) -> String {
    let update = timeout(3_600 * SECOND, series.next()).await;
    word(&update.expect("an update in time").expect("the series goes on"))
}

/// Whether a series says nothing for so long.
async fn is_silent(series: &mut BoxStream<'static, Update>, time: Duration) -> bool {
    timeout(time, series.next()).await.is_err()
}

/// A series whose socket is up and healed, and the other end of its connection.
async fn healed(rig: &mut Rig) -> (BoxStream<'static, Update>, Line) {
    let mut series = rig.open("BTC");
    assert_eq!(next(&mut series).await, "whole -1:9 0:1");
    let mut line = poll_while(&mut series, rig.lines.recv()).await.expect("a connection");
    assert_eq!(poll_while(&mut series, line.confirm()).await, "+1 1m BTC");
    assert_eq!(next(&mut series).await, "tail -1:9 0:1", "REST heals before the socket is trusted");
    (series, line)
}

/// Waits for something while a series goes on, which must say nothing meanwhile.
async fn poll_while<T>(
    series: &mut BoxStream<'static, Update>,
    what: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = what => done,
        update = series.next() => panic!("it says {:?}", update.map(|update| word(&update))),
    }
}
