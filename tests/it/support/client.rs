//! A client of a hub without HTTP, under paused time, that decodes what it gets.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use figcast::clock::RuntimeClock;
use figcast::codec::Coding;
use figcast::config::HubConfig;
use figcast::figure::Appearance;
use figcast::hub::{Hub, StreamOptions, SubscribeError, Subscription};
use figcast::metrics::Metrics;
use figcast::shares;
use figcast::source::Source;
use figcast::view::View;
use futures_util::{Stream as _, StreamExt as _};
use jiff::Timestamp;
use tokio::time::sleep;

use super::decode::Body;
use super::sse::{Event, Parser};
use super::stub::OPEN;
use super::view;

pub const CODINGS: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Zstd];
/// How often the sources of these tests are looked at.
pub const TICK: Duration = Duration::from_secs(1);

/// A hub whose clock runs with the runtime's.
pub fn hub_of(source: Arc<dyn Source>) -> (Hub, Arc<Metrics>) {
    hub_with(source, HubConfig::default())
}

/// The same with other bounds.
pub fn hub_with(source: Arc<dyn Source>, config: HubConfig) -> (Hub, Arc<Metrics>) {
    let origin = Timestamp::from_second(OPEN + 3_600).expect("in range");
    let metrics = Arc::new(Metrics::default());
    let clock = Arc::new(RuntimeClock::starting_at(origin));
    (Hub::new(source, clock, config, Appearance::default(), Arc::clone(&metrics)), metrics)
}

/// A stream of one view.
pub fn subscribe(
    hub: &Hub,
    view: &View,
    client: Option<shares::Client>,
) -> Result<Subscription, SubscribeError> {
    let views = std::slice::from_ref(view);
    hub.subscribe(views, client, StreamOptions::default()).map(|(only, _)| only)
}

/// A client that decodes what it gets.
pub struct Client {
    pub subscription: Subscription,
    body: Body,
    parser: Parser,
    /// Pieces as they were sent.
    pub pieces: Vec<Bytes>,
    pub events: Vec<Event>,
}

impl Client {
    pub async fn open(hub: &Hub, views: &[View], options: StreamOptions) -> Self {
        Self::saying(hub, views, options, None).await
    }

    /// One that says it has a figure.
    pub async fn resuming(
        hub: &Hub,
        view: &View,
        options: StreamOptions,
        last_event_id: &str,
    ) -> Self {
        Self::saying(hub, std::slice::from_ref(view), options, Some(last_event_id)).await
    }

    async fn saying(hub: &Hub, views: &[View], options: StreamOptions, id: Option<&str>) -> Self {
        let (mut subscription, _) = hub.subscribe(views, None, options).expect("a place");
        subscription.open(id, &[]).await.expect("found");
        Self {
            subscription,
            body: Body::of(options.coding),
            parser: Parser::default(),
            pieces: Vec::new(),
            events: Vec::new(),
        }
    }

    pub async fn of(hub: &Hub, coding: Coding) -> Self {
        Self::open(hub, &[view("AAPL")], StreamOptions { coding, ..StreamOptions::default() }).await
    }

    fn take(&mut self, piece: Bytes) {
        assert!(!piece.is_empty(), "an empty piece ends a chunked body");
        let text = self.body.push(&piece);
        self.events.extend(self.parser.push(&text));
        self.parser.rest();
        self.pieces.push(piece);
    }

    /// Takes all that is there.
    pub fn drain(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(piece)) = Pin::new(&mut self.subscription).poll_next(&mut cx) {
            self.take(piece);
        }
    }

    /// Takes the next piece.
    pub async fn next(&mut self) {
        let piece = self.subscription.next().await.expect("the stream goes on");
        self.take(piece);
    }

    /// Takes all that is there, and what has to be made for it first.
    pub async fn settle(&mut self) {
        self.drain();
        settle().await;
        self.drain();
    }

    /// Takes what is left of a stream that ends; the reconnection time that it ends with, if it says one.
    pub async fn end(&mut self) -> Option<u64> {
        while let Some(piece) = self.subscription.next().await {
            self.take(piece);
        }
        self.body.assert_whole();
        self.parser.rest().and_then(|rest| rest.retry)
    }

    /// The last piece that it was sent.
    pub fn last_piece(&self) -> &Bytes {
        self.pieces.last().expect("a piece")
    }

    pub fn figures(&self) -> Vec<&Event> {
        self.events.iter().filter(|event| event.is_figure()).collect()
    }
}

/// Lets the hub's tasks do what there is to do now.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Lets a tick pass, and everybody take what it brought.
pub async fn tick(clients: &mut [Client]) {
    sleep(TICK).await;
    settle().await;
    for client in clients {
        client.drain();
    }
}
