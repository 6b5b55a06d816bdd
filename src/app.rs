//! The composition root: binds, runs until it is told to stop, drains.

mod listen;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};
use actix_web_lab::middleware::CatchPanic;
use anyhow::Context as _;
use log::{info, warn};
use tokio::time::timeout;

pub use listen::check as check_address;

use crate::clock::Clock;
use crate::config::{Config, HubConfig, ServerConfig};
use crate::http::{self, State};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::shares::Unread;
use crate::source::Source;

/// Descriptors kept for anything but streams.
const SPARE_DESCRIPTORS: u64 = 500;
/// How long the server waits for connections once their streams have ended.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// A server that is bound and not yet running.
pub struct App {
    server: Server,
    hub: Hub,
    metrics: Arc<Metrics>,
    addresses: Vec<SocketAddr>,
    drain: Duration,
}

impl App {
    /// Binds the listener and puts the parts together, on the current tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn build(
        config: &Config,
        source: Arc<dyn Source>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let listeners = listen::listen(&config.server)?;
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        let metrics = Arc::new(Metrics::default());
        let hub = Hub::new(source, clock, bounded(&config.hub), Arc::clone(&metrics));
        let state = State {
            hub: hub.clone(),
            metrics: Arc::clone(&metrics),
            codings: config.server.codings().into(),
            unread: Unread::new(config.server.unread_bytes),
            trusted_proxies: (&config.server).into(),
            frame_ancestors: config.server.frame_ancestors.clone().into(),
        };
        let server = serve(listeners, &config.server, state)?;
        Ok(Self { server, hub, metrics, addresses, drain: config.server.drain })
    }

    /// Where it listens: at least one address.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
    /// reconnection time and a well-formed end, and what is left after the drain time is cut.
    ///
    /// # Errors
    /// When the server ends by itself.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let handle = self.server.handle();
        let mut server = tokio::spawn(self.server);
        tokio::select! {
            ended = &mut server => {
                self.hub.stop().await;
                ended?.context("the server ended")?;
            }
            () = stop => {
                if timeout(self.drain, drain(&self.hub, &handle)).await.is_err() {
                    warn!("some connections did not end in {:?} and are cut", self.drain);
                    handle.stop(false).await;
                }
                server.await?.context("the server ended")?;
            }
        }
        Ok(())
    }
}

async fn drain(hub: &Hub, handle: &ServerHandle) {
    info!("stopping: ending all streams");
    hub.drain();
    handle.stop(true).await;
    hub.stop().await;
    info!("stopped");
}

/// The configured bounds, with the number of streams that the process's descriptors allow.
fn bounded(hub: &HubConfig) -> HubConfig {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let carried = usize::try_from(limit.saturating_sub(SPARE_DESCRIPTORS)).unwrap_or(usize::MAX);
    let streams = if hub.streams == 0 { carried.max(1) } else { hub.streams };
    if streams > carried {
        warn!(
            "{streams} streams are allowed, but the descriptor limit of {limit} carries {carried}"
        );
    }
    HubConfig { streams, ..hub.clone() }
}

fn serve(listeners: Vec<TcpListener>, config: &ServerConfig, state: State) -> io::Result<Server> {
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(state.clone())
            .wrap(from_fn(http::accepted))
            .wrap(cors())
            .wrap(CatchPanic::default())
            .wrap(from_fn(http::seal))
            .configure(http::routes)
    })
    .disable_signals()
    // A client that closes its side has left: noticed at once, instead of at the next write.
    .h1_allow_half_closed(false)
    .shutdown_timeout(config.drain.saturating_sub(LAST_BYTES).as_secs().max(1));
    let server = if config.workers == 0 { server } else { server.workers(config.workers) };
    let server = listeners.into_iter().try_fold(server, HttpServer::listen)?;
    Ok(server.run())
}

/// Market data is public and carries no credentials: any page may read it, with whatever headers its
/// client, tracer or proxy adds.
fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(["GET", "HEAD", "OPTIONS"])
        .allow_any_header()
        .expose_headers([header::ETAG])
        .max_age(86_400)
}
