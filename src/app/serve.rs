//! The server below the routes: actix's workers and its HTTP/1 service over connections of our own.
//!
//! `actix_web::HttpServer` would put the same parts together, but leaves no room between the socket and the
//! HTTP layer.

use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use actix_web_lab::middleware::CatchPanic;
use log::debug;
use tokio::net::TcpStream;

use super::connection::{self, Gate, KEEP_ALIVE, Transport, Watchdog};
use super::listen::Door;
use crate::config::ServerConfig;
use crate::http::{self, AppState};

/// How long the server waits for connections once their streams have ended, and for a client to close its
/// side after an answer that was the last one.
pub const LAST_BYTES: Duration = Duration::from_secs(1);

/// Serves at each door the routes that it is for.
///
/// # Errors
/// When a listener cannot be used.
pub fn serve(
    doors: Vec<Door>,
    config: &ServerConfig,
    state: &AppState,
    gate: &Gate,
) -> io::Result<Server> {
    let drain = config.drain.saturating_sub(LAST_BYTES).as_secs().max(1);
    // Connections are counted at the gate, where the longest idle one makes room for a new one.
    let mut builder = Server::build()
        .disable_signals()
        .shutdown_timeout(drain)
        .max_concurrent_connections(usize::MAX);
    if config.workers > 0 {
        builder = builder.workers(config.workers);
    }
    let request_timeout = config.request_timeout;
    for door in doors {
        let state = web::Data::new(state.for_scopes(&door.scopes));
        builder = listen(builder, door, request_timeout, state, gate.clone())?;
    }
    Ok(builder.run())
}

fn listen(
    builder: ServerBuilder,
    door: Door,
    request_timeout: Duration,
    state: web::Data<AppState>,
    gate: Gate,
) -> io::Result<ServerBuilder> {
    let endpoint = door.endpoint()?;
    let Door { listener, scopes: _, certificates } = door;
    let stopping = builder.graceful_shutdown_signal();
    builder.listen(endpoint.to_string(), listener, move || {
        let (stopping, ending) = (stopping.clone(), stopping.clone());
        let (certificates, metrics) = (certificates.clone(), Arc::clone(&gate.metrics));
        let watchdog = Watchdog::start(gate.clone());
        let http = HttpService::<Transport, _, _>::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(request_timeout)
            .client_disconnect_timeout(LAST_BYTES)
            // A client that closes its side has left: noticed at once, instead of at the next write.
            .h1_allow_half_closed(false)
            .local_addr(endpoint.address)
            .on_connect_ext(|transport: &Transport, data| {
                data.insert(Rc::clone(transport.connection()));
            })
            .h1(map_config(
                app(state.clone()).into_factory().map_err(|error| error.error_response()),
                |()| AppConfig::default(),
            ));
        fn_service(move |socket: TcpStream| {
            let acceptor = certificates.as_ref().map(|certificates| certificates.acceptor());
            let admitted = watchdog.admit(socket).and_then(|(connection, peer)| {
                acceptor.as_ref().map_or(Ok(()), |_| watchdog.begin_handshake(&connection))?;
                Ok((connection, peer))
            });
            let (ending, metrics) = (ending.clone(), Arc::clone(&metrics));
            async move {
                let (connection, peer) = admitted.map_err(DispatchError::Io)?;
                let Some(acceptor) = acceptor else {
                    return Ok((Transport::plain(connection), peer));
                };
                // A client that has not shaken hands has not asked for anything, so that nobody waits for it.
                let shaken = tokio::select! {
                    shaken = Transport::shake_hands(connection, &acceptor) => shaken,
                    () = ending.notified() => Err(ErrorKind::ConnectionAborted.into()),
                };
                let transport = shaken.inspect_err(|error| {
                    debug!("a client has not shaken hands: {error}");
                    metrics.tls_handshakes_failed.inc();
                });
                Ok((transport.map_err(DispatchError::Io)?, peer))
            }
        })
        .and_then(http)
    })
}

/// The routes and what is around all of them, the outermost last.
fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let routed = state.clone();
    App::new()
        .app_data(state)
        .wrap(CatchPanic::default())
        .wrap(from_fn(http::seal))
        .wrap(from_fn(connection::told))
        .configure(|config| http::routes(config, &routed))
}
