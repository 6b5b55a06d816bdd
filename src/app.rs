//! The composition root: binds, runs until it is told to stop, drains.

mod access_log;
mod connection;
mod listen;
mod serve;
mod tls;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use anyhow::Context as _;
use log::{info, warn};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::AbortOnDropHandle;

pub use listen::{Endpoint, check as check_address};
pub use tls::{check as check_certificate, ends as certificate_ends, of as certificate_of};

use crate::auth::Authority;
use crate::clock::Clock;
use crate::cluster::Clustered;
use crate::config::{AuthConfig, Config, HubConfig, KeepDays, ServerConfig};
use crate::figure::Appearance;
use crate::http::{AccessControl, AnswerCoder, AppState, Ingest, Scope};
use crate::hub::{FoldedHere, FoldedSource, Hub};
use crate::metrics::Metrics;
use crate::shares::{Quota, Unread};
use crate::source::Router;
use connection::{Cut, Gate, HandshakeBounds, Patience};
use listen::Door;
use tls::Certificates;

/// Descriptors kept for anything but streams.
const SPARE_DESCRIPTORS: u64 = 500;
/// Descriptors kept for anything but connections: the source's, files, the threads'.
const SPARE_FROM_CONNECTIONS: u64 = 100;

/// How long a server waits for the others before it serves.
const JOINED: Duration = Duration::from_secs(1);
/// How long feeds and renderers may take to end once all connections are cut.
const LAST_WORK: Duration = Duration::from_secs(1);

/// A server that is bound and not yet running.
pub struct App {
    server: Server,
    hub: Hub,
    /// The other servers, where there are any.
    cluster: Option<Arc<Clustered>>,
    metrics: Arc<Metrics>,
    endpoints: Vec<Endpoint>,
    certificates: Option<Arc<Certificates>>,
    /// Work beside the hub's: the certificate and the issuer's keys are renewed, and old bars go.
    _tasks: Vec<AbortOnDropHandle<()>>,
    bounds: AppBounds,
    drain: Duration,
    notice: Duration,
}

/// How much a server takes at a time, as configured or as its descriptors carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppBounds {
    /// Most streams.
    pub streams: usize,
    /// Most connections.
    pub connections: usize,
}

impl App {
    /// Binds the listener and puts the parts together, on the current tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound, or the certificate or a key of tokens cannot be read.
    pub fn build(
        config: &Config,
        sources: impl Into<Router>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        Self::build_on(Vec::new(), config, sources, clock)
    }

    /// The same on sockets that are listened on already: one whose address is configured for pushes or for operators is
    /// theirs, and all others take the place of `server.listen`.
    ///
    /// # Errors
    /// As those of [`Self::build`].
    pub fn build_on(
        passed: Vec<TcpListener>,
        config: &Config,
        sources: impl Into<Router>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let metrics = Arc::new(Metrics::default());
        let tls = &config.server.tls;
        let certificates = Certificates::open(tls, Arc::clone(&clock), Arc::clone(&metrics));
        let certificates = certificates.context("server.tls")?;
        let doors = listen::doors(config, certificates.as_ref(), passed)?;
        let endpoints = doors.iter().map(Door::endpoint).collect::<io::Result<_>>()?;
        let mut tasks = Vec::new();
        tasks.extend(certificates.clone().map(|certificates| spawn(certificates.keep_fresh())));
        let authority = Authority::open(&config.auth, Arc::clone(&clock))?;
        let access = authority.map(|of| Arc::new(AccessControl::new(of, &config.auth)));
        let (sources, folded, cluster) = folded(config, sources.into(), &clock, &metrics)?;
        let pushed = sources.pushed().filter(|_| config.ingest.is_on()).cloned();
        tasks.extend(keep_thin(&sources, config.history.keep_days, &clock, &metrics));
        let (hub_config, bounds) = bounded(config);
        let hub = hub((config, hub_config), folded, sources, clock, Arc::clone(&metrics));
        metrics.list_cuts(Cut::ALL.map(Cut::name));
        tasks.extend(access.as_ref().and_then(|access| keep_fresh(&config.auth, access)));
        let state = AppState {
            hub: hub.clone(),
            metrics: Arc::clone(&metrics),
            codings: config.server.codings().into(),
            unread: Unread::new(config.server.unread_bytes),
            trusted_proxies: (&config.server).into(),
            frame_ancestors: config.server.frame_ancestors.clone().into(),
            origins: config.server.origins.clone().into(),
            access,
            ingest: pushed.map(|pushed| Arc::new(Ingest::new(pushed, config.ingest.clone()))),
            coder: Arc::new(AnswerCoder::new(config.server.codings().into())),
            logs_access: config.server.access_log,
            base_path: config.server.base_path.clone(),
            scopes: Scope::ALL.into(),
        };
        let gate = gate(&config.server, bounds.connections, &metrics);
        let server = serve::serve(doors, &config.server, &state, &gate)?;
        Ok(Self {
            server,
            hub,
            cluster,
            metrics,
            endpoints,
            certificates,
            _tasks: tasks,
            bounds,
            drain: config.server.drain,
            notice: config.server.drain_notice,
        })
    }

    /// Where `scope` is served: charts at one address or more, pushes perhaps there, perhaps elsewhere.
    pub fn addresses(&self, scope: Scope) -> impl Iterator<Item = SocketAddr> {
        self.endpoints(scope).map(|endpoint| endpoint.address)
    }

    /// The same with the protocol that is spoken there.
    pub fn endpoints(&self, scope: Scope) -> impl Iterator<Item = Endpoint> {
        let served = self.endpoints.iter().filter(move |endpoint| endpoint.scopes.contains(&scope));
        served.cloned()
    }

    /// Reads again what may change while it is served, which is the certificate; nothing where there is none.
    #[must_use]
    pub fn reload(&self) -> Option<impl Fn() + use<>> {
        let certificates = self.certificates.clone()?;
        Some(move || certificates.look_again())
    }

    /// How much it takes at a time.
    #[must_use]
    pub const fn bounds(&self) -> AppBounds {
        self.bounds
    }

    /// The hub, for tests and embedders that watch it.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Serves until `stop` resolves, then drains: no new streams, every open one gets a
    /// reconnection time and a well-formed end, the listener closes after the notice, and what is left
    /// after the drain time is cut.
    ///
    /// # Errors
    /// When the server ends by itself.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        if let Some(cluster) = &self.cluster {
            cluster.ready(JOINED).await;
        }
        let handle = self.server.handle();
        let mut server = tokio::spawn(self.server);
        tokio::select! {
            ended = &mut server => {
                stop_work(&self.hub, self.cluster.as_deref()).await;
                ended?.context("the server ended")?;
            }
            () = stop => {
                let deadline = Instant::now() + self.drain;
                let drained = drain(&self.hub, &handle, self.notice);
                if timeout_at(deadline, drained).await.is_err() {
                    warn!("some connections did not end in {:?} and are cut", self.drain);
                    handle.stop(false).await;
                }
                // Feeds and renderers end too, though nobody waits long for one that does not.
                let last = deadline.max(Instant::now() + LAST_WORK);
                let _ = timeout_at(last, stop_work(&self.hub, self.cluster.as_deref())).await;
                info!("stopped");
                server.await?.context("the server ended")?;
            }
        }
        Ok(())
    }
}

/// Keeps the keys of an issuer fresh, if they are at an address.
fn keep_fresh(config: &AuthConfig, access: &Arc<AccessControl>) -> Option<AbortOnDropHandle<()>> {
    let access = Arc::clone(access);
    let task = async move { access.keep_fresh().await };
    config.jwks.is_on().then(|| spawn(task))
}

/// Takes old bars out of the history, if there is one, and counts in `metrics` what it keeps.
fn keep_thin(
    sources: &Router,
    keep_days: KeepDays,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> Option<AbortOnDropHandle<()>> {
    let history = sources.history()?;
    history.count_in(metrics);
    Some(spawn(history.clone().prune_hourly(keep_days, Arc::clone(clock))))
}

/// Work that ends with the server.
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(work))
}

/// Who is let in, and for how long.
fn gate(server: &ServerConfig, connections: usize, metrics: &Arc<Metrics>) -> Gate {
    Gate {
        quota: Quota::new(connections, server.connections_per_address),
        handshakes: HandshakeBounds::new(&server.tls, metrics).into(),
        trusted_proxies: server.trusted_proxies.clone().into(),
        patience: Patience::from(server),
        metrics: Arc::clone(metrics),
    }
}

/// The sources, what feeds follow, and the other servers, where there are any.
type FoldedSources = (Router, Arc<dyn FoldedSource>, Option<Arc<Clustered>>);

/// What feeds follow: what comes of the sources here, or what the nodes of a cluster have.
fn folded(
    config: &Config,
    sources: Router,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<FoldedSources> {
    let (clock, metrics) = (Arc::clone(clock), Arc::clone(metrics));
    if !config.cluster.is_on() {
        let here = FoldedHere::new(sources.clone(), clock, metrics);
        return Ok((sources, Arc::new(here), None));
    }
    let clustered = Clustered::start(&config.cluster, sources, clock, metrics);
    let clustered = Arc::new(clustered.context("cluster.redis")?);
    let sources = clustered.sources().clone();
    Ok((sources, Arc::clone(&clustered) as Arc<dyn FoldedSource>, Some(clustered)))
}

/// Ends feeds and renderers, and gives back what was taken for them.
async fn stop_work(hub: &Hub, cluster: Option<&Clustered>) {
    hub.stop().await;
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
}

/// Ends all streams, and then the connections.
async fn drain(hub: &Hub, handle: &ServerHandle, notice: Duration) {
    info!("stopping: ending all streams");
    hub.drain();
    // A balancer that asks `/readyz` is told before the listener closes, and sends nobody to a closed door.
    sleep(notice).await;
    handle.stop(true).await;
}

/// The hub of a configuration.
fn hub(
    (config, hub): (&Config, HubConfig),
    folded: Arc<dyn FoldedSource>,
    sources: Router,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
) -> Hub {
    let appearance = Appearance::from(&config.appearance);
    Hub::following(folded, sources, clock, hub, appearance, metrics)
}

/// The hub's settings, with the number of streams that the process's descriptors allow, and both bounds.
fn bounded(config: &Config) -> (HubConfig, AppBounds) {
    let streams = carried("streams", config.hub.streams, SPARE_DESCRIPTORS);
    let connections = carried("connections", config.server.connections, SPARE_FROM_CONNECTIONS);
    let hub = HubConfig { streams, ..config.hub.clone() };
    (hub, AppBounds { streams, connections })
}

/// How many are allowed: as configured, or 0 as many as the process's descriptors carry.
fn carried(what: &str, configured: usize, spare: u64) -> usize {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let carried = usize::try_from(limit.saturating_sub(spare)).unwrap_or(usize::MAX);
    let allowed = if configured == 0 { carried.max(1) } else { configured };
    if allowed > carried {
        warn!(
            "{allowed} {what} are allowed, but the descriptor limit of {limit} carries {carried}"
        );
    }
    allowed
}
