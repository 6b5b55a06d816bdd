//! The hub: one feed per series, one renderer per view, and any number of subscriptions to a view.
//!
//! ```text
//! feed --series--> renderer --frame, status--> published --> fan-out --> subscription
//! one per          one per                     one per       one per     one per client,
//! series           view                        view          view and    one cursor per view
//!                                                            worker
//! ```
//!
//! Every arrow is one slot with the newest value and never a queue: a slow reader finds the newest value when
//! it looks again, and memory grows with views, not with subscribers. The hub knows nothing of HTTP. Feeds
//! and renderers run on the runtime that the hub was made on; fan-outs and subscriptions on the workers that
//! serve connections.

mod error;
mod feed;
mod folded;
mod registry;
mod renderer;
mod search;
mod series;
mod shared;
mod status;
mod stream;
mod tables;
mod timer;
mod view;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use error::{Overloaded, SubscribeError};
pub use folded::{FoldedHere, FoldedSource};
use registry::{Registry, WatchedView};
pub use series::{FeedOutput, Seen, Series, Version};
use shared::Shared;
pub use status::{DataState, Health, Resume};
use stream::admission::{Admission, StreamPermit};
use stream::fanout::{FanOutReceiver, FanOuts};
pub use stream::subscription::{EventCount, StreamOptions, Subscription};
pub use view::frame::{DrawnFrame, Frame};
use view::published::Published;

use crate::clock::Clock;
use crate::config::HubConfig;
use crate::figure::{Appearance, Format};
use crate::interval::Interval;
use crate::metrics::{Metrics, SourceLabel};
use crate::shares::{Client, Desks, Rate, Requester};
use crate::source::{Coverage, Found, Router, SearchQuery, SourceError};
use crate::symbol::{Symbol, UnknownSource};
use crate::view::{Catalog, Range, View};

/// Handle to the hub; clones are cheap and mean the same hub.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    fan_outs: Arc<FanOuts>,
    admission: Arc<Admission>,
}

impl Hub {
    /// A hub of one source or of a [`Router`], on the current tokio runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn new(
        sources: impl Into<Router>,
        clock: Arc<dyn Clock>,
        config: HubConfig,
        appearance: Appearance,
        metrics: Arc<Metrics>,
    ) -> Self {
        let sources = sources.into();
        let here = FoldedHere::new(sources.clone(), Arc::clone(&clock), Arc::clone(&metrics));
        Self::following(Arc::new(here), sources, clock, config, appearance, metrics)
    }

    /// A hub whose feeds follow what is `folded` of the sources elsewhere, on the current tokio runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn following(
        folded: Arc<dyn FoldedSource>,
        sources: Router,
        clock: Arc<dyn Clock>,
        config: HubConfig,
        appearance: Appearance,
        metrics: Arc<Metrics>,
    ) -> Self {
        let admission = Admission::new(&config, Arc::clone(&metrics));
        metrics.list_sources(sources.names());
        let requests = Rate::new(config.requests_per_address);
        let shared = Arc::new(Shared {
            sources,
            folded,
            clock,
            config,
            appearance: Arc::new(appearance),
            metrics,
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            requests,
            desks: Desks::of_half_the_processors(),
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
        });
        let fan_outs = FanOuts::new(Registry::new(Arc::clone(&shared)), shared.drain.clone());
        Self { shared, fan_outs, admission: Arc::new(admission) }
    }

    /// Subscribes a client to views in one stream, on the current runtime, and says which views it refused and
    /// why. The stream's bytes begin with [`Subscription::open`].
    ///
    /// # Errors
    /// [`SubscribeError::Overloaded`] at the bound of streams; the first view's error when it refused
    /// all views.
    pub fn subscribe(
        &self,
        views: &[View],
        requester: impl Into<Requester>,
        options: StreamOptions,
    ) -> Result<(Subscription, Vec<(View, SubscribeError)>), SubscribeError> {
        let requester = requester.into();
        let mut permit = self.admit(requester)?;
        let (mut receivers, mut refused) = (Vec::new(), Vec::new());
        for view in views {
            match self.join(view, requester, &mut permit) {
                Ok(receiver) => receivers.push(receiver),
                Err(error) => refused.push((view.clone(), error)),
            }
        }
        if let (true, Some((_, error))) = (receivers.is_empty(), refused.first()) {
            return Err(error.clone());
        }
        Ok((Subscription::new(Arc::clone(&self.shared), receivers, permit, options), refused))
    }

    /// Whether a client would be given a stream of these views now. It waits for the first
    /// answer as a stream would, opens none and counts none.
    ///
    /// # Errors
    /// Those of [`subscribe`](Self::subscribe) and of [`Subscription::open`].
    pub async fn probe(
        &self,
        views: &[View],
        requester: impl Into<Requester>,
    ) -> Result<(), SubscribeError> {
        let requester = requester.into();
        self.shared.ask(requester, 1)?;
        self.admission.check(requester)?;
        self.open_for_new()?;
        let mut refused = None;
        for view in views {
            match self.fan_outs.registry().watch(view, requester) {
                Err(error) => refused = refused.or(Some(error)),
                // One of several is enough, and a stream tells of each how it is doing.
                Ok(_) if views.len() > 1 => return Ok(()),
                Ok(mut watched) => {
                    let patience = self.shared.config.first_figure;
                    let _ =
                        timeout(patience, watched.published.wait_for(Published::is_settled)).await;
                    let published = watched.published.borrow().clone();
                    let figure = published.figure(view, self.shared.sources.name(&view.symbol));
                    refused = figure.err().filter(|r| matches!(r, SubscribeError::NotFound { .. }));
                }
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// The newest figure of a view, for a client that wants one and no stream.
    ///
    /// # Errors
    /// [`SubscribeError`]; [`SubscribeError::Unavailable`] when there is no figure after `patience`.
    pub async fn figure(
        &self,
        view: &View,
        requester: impl Into<Requester>,
        patience: Duration,
    ) -> Result<DrawnFrame, SubscribeError> {
        let mut watched = self.watch(view, requester.into())?;
        // A time-out or a renderer that ended leaves whatever there is, and `figure` says what.
        let _ = timeout(patience, watched.published.wait_for(Published::is_settled)).await;
        let published = watched.published.borrow().clone();
        published.figure(view, self.shared.sources.name(&view.symbol))
    }

    /// The bars that a figure was drawn from and its studies, as a table.
    ///
    /// # Errors
    /// [`SubscribeError::Unavailable`] when the server stops before it is written.
    pub async fn table(
        &self,
        frame: &DrawnFrame,
        format: Format,
        client: Option<Client>,
    ) -> Result<Bytes, SubscribeError> {
        let table = frame.snapshot.table(format, &self.shared, client).await;
        self.fan_outs.registry().free_bytes();
        table
    }

    /// What figures look like where their views do not say.
    #[must_use]
    pub fn appearance(&self) -> &Appearance {
        &self.shared.appearance
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Which bars of a symbol its source has, and how far back.
    #[must_use]
    pub fn coverage(&self, symbol: &Symbol) -> Coverage {
        self.shared.sources.coverage(symbol)
    }

    /// Symbols that a person at `client` may mean, best first, as the sources know them.
    ///
    /// # Errors
    /// The first source's when none has an answer; [`SourceError::Unavailable`] without one after `patience`.
    pub async fn search(
        &self,
        query: SearchQuery,
        client: Option<Client>,
        patience: Duration,
    ) -> Result<Found, SourceError> {
        search::search(&self.shared, query, client, patience).await
    }

    /// The names of the sources, first that of symbols without a prefix.
    #[must_use]
    pub fn sources(&self) -> Vec<&'static str> {
        self.shared.sources.names().collect()
    }

    /// The name of the source that a symbol is for.
    #[must_use]
    pub fn source_of(&self, symbol: &Symbol) -> &'static str {
        self.shared.sources.name(symbol)
    }

    /// Puts into the metrics what sources are only asked for when somebody reads them.
    pub fn observe_sources(&self) {
        let Shared { sources, metrics, .. } = &*self.shared;
        for (source, is_paused) in sources.pauses() {
            metrics.source_paused.get_or_create(&SourceLabel(source)).set(is_paused.into());
        }
    }

    /// Counts a request that needs nothing else of the hub.
    ///
    /// # Errors
    /// [`Overloaded::Rate`] when it asks more often than it may.
    pub fn ask(&self, requester: impl Into<Requester>) -> Result<(), SubscribeError> {
        self.counted(self.shared.ask(requester.into(), 1).map_err(SubscribeError::from))
    }

    fn admit(&self, requester: Requester) -> Result<StreamPermit, SubscribeError> {
        let permit = self.shared.ask(requester, 1).and_then(|()| self.admission.admit(requester));
        self.counted(permit.map_err(SubscribeError::from))
    }

    fn join(
        &self,
        view: &View,
        requester: Requester,
        permit: &mut StreamPermit,
    ) -> Result<FanOutReceiver, SubscribeError> {
        let mut join = || {
            self.open_for_new()?;
            let view_permit = self.admission.admit_view(requester)?;
            let receiver = self.fan_outs.join(view, requester)?;
            permit.hold(view_permit);
            Ok(receiver)
        };
        self.counted(join())
    }

    fn watch(&self, view: &View, requester: Requester) -> Result<WatchedView, SubscribeError> {
        let asked = self.shared.ask(requester, 1).map_err(SubscribeError::from);
        let watched = asked
            .and_then(|()| self.open_for_new())
            .and_then(|()| self.has(&view.symbol))
            .and_then(|()| self.fan_outs.registry().watch(view, requester));
        self.counted(watched)
    }

    /// A stream waits for the first bars of a symbol that may come to be; a single answer does not.
    fn has(&self, symbol: &Symbol) -> Result<(), SubscribeError> {
        if self.shared.sources.has(symbol) {
            return Ok(());
        }
        let (symbol, origin) = (symbol.clone(), self.source_of(symbol));
        Err(SubscribeError::NotFound { symbol, origin })
    }

    fn open_for_new(&self) -> Result<(), SubscribeError> {
        if self.is_draining() { Err(Overloaded::Draining.into()) } else { Ok(()) }
    }

    /// Counts the clients that are turned away.
    fn counted<T>(&self, result: Result<T, SubscribeError>) -> Result<T, SubscribeError> {
        if let Err(SubscribeError::Overloaded(_)) = &result {
            self.shared.metrics.turned_away.inc();
        }
        result
    }

    /// Ends every stream, each with a reconnection time of its own, and takes no new one.
    pub fn drain(&self) {
        self.shared.folded.retire();
        self.shared.drain.cancel();
    }

    /// Whether [`drain`](Self::drain) was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.drain.is_cancelled()
    }

    /// Ends every feed and renderer and waits for them.
    pub async fn stop(&self) {
        self.drain();
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// Number of feeds and renderers that have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.shared.tasks.len()
    }

    /// A reconnection time between the two configured bounds.
    #[must_use]
    pub fn retry(&self) -> Duration {
        self.shared.retry()
    }
}

impl Catalog for Hub {
    fn canonical(&self, symbol: Symbol) -> Result<Symbol, UnknownSource> {
        self.shared.sources.canonical(symbol)
    }

    fn serves(&self, symbol: &Symbol, interval: Interval, range: Range) -> bool {
        self.coverage(symbol).serves(interval, range)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("sources", &self.sources()).finish_non_exhaustive()
    }
}
