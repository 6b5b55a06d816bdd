//! Listening sockets.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use log::info;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use super::tls::Certificates;
use crate::config::{Config, Listen};
use crate::http::Scope;

/// Connections that may wait to be accepted: a restart brings all clients back at once.
const BACKLOG: i32 = 4_096;
/// Bytes the kernel keeps unsent for one connection before a stream is asked for no more. Without
/// it a reader that stops takes megabytes of stale figures into the kernel's buffer.
const UNSENT_BYTES: u32 = 16 * 1_024;
/// Silence on a connection after which the kernel asks whether its client is there.
const SILENT: Duration = Duration::from_mins(1);
/// Time after which it asks again.
const ASKED_AGAIN: Duration = Duration::from_secs(10);

/// A socket that is listened on, and what is served there.
pub struct Door {
    pub listener: TcpListener,
    pub scopes: Arc<[Scope]>,
    /// What its clients shake hands with, where it speaks TLS.
    pub certificates: Option<Arc<Certificates>>,
}

impl Door {
    /// Where it is.
    ///
    /// # Errors
    /// When the socket does not know.
    pub fn endpoint(&self) -> io::Result<Endpoint> {
        let Self { listener, scopes, certificates } = self;
        let (address, scopes) = (listener.local_addr()?, Arc::clone(scopes));
        Ok(Endpoint { address, scopes, has_tls: certificates.is_some() })
    }
}

/// Where something is served.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address that is listened on.
    pub address: SocketAddr,
    /// What is served there.
    pub scopes: Arc<[Scope]>,
    has_tls: bool,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.has_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.address)
    }
}

/// An address of the configuration, and what is served there.
struct DoorRow<'a> {
    address: &'a Listen,
    scopes: Vec<Scope>,
    /// Operators ask on this machine or in a network of theirs, where their tools speak HTTP.
    is_plain: bool,
}

/// What is served where: everything at the public address but what has an address of its own.
fn table(config: &Config) -> Vec<DoorRow<'_>> {
    let pushes = config.ingest.listen.as_ref().filter(|_| config.ingest.is_on());
    let admin = config.server.admin.listen.as_ref();
    let is_public = |scope: &Scope| match scope {
        Scope::Charts => true,
        Scope::Pushes => pushes.is_none(),
        Scope::Operations => admin.is_none(),
    };
    let public = Scope::ALL.into_iter().filter(is_public).collect();
    let mut rows =
        vec![DoorRow { address: &config.server.listen, scopes: public, is_plain: false }];
    // Pushes are taken there in any case, and nowhere else where both have one address.
    rows.extend(admin.map(|address| {
        let pushes = config.ingest.is_on().then_some(Scope::Pushes);
        let scopes = pushes.into_iter().chain([Scope::Operations]).collect();
        DoorRow { address, scopes, is_plain: true }
    }));
    let apart = pushes.filter(|address| admin != Some(address));
    rows.extend(apart.map(|address| DoorRow {
        address,
        scopes: vec![Scope::Pushes],
        is_plain: false,
    }));
    rows
}

/// Opens a door for each address of the configuration.
///
/// # Errors
/// When an address cannot be listened on.
pub fn doors(
    config: &Config,
    certificates: Option<&Arc<Certificates>>,
    mut passed: Vec<TcpListener>,
) -> anyhow::Result<Vec<Door>> {
    let mut rows = table(config).into_iter();
    let public = rows.next();
    let others: Vec<_> = rows.map(|row| (take(&mut passed, row.address), row)).collect();
    let mut doors = Vec::new();
    for (passed, row) in public.map(|row| (passed, row)).into_iter().chain(others) {
        let DoorRow { address, scopes, is_plain } = row;
        let scopes: Arc<[Scope]> = scopes.into();
        let listeners = if passed.is_empty() { listen(address)? } else { tuned(passed)? };
        doors.extend(listeners.into_iter().map(|listener| {
            let certificates = certificates.filter(|_| !is_plain).cloned();
            Door { listener, scopes: Arc::clone(&scopes), certificates }
        }));
    }
    Ok(doors)
}

/// Takes the sockets that are at an address.
fn take(passed: &mut Vec<TcpListener>, listen: &Listen) -> Vec<TcpListener> {
    let addresses =
        if passed.is_empty() { Vec::new() } else { listen.resolve().unwrap_or_default() };
    let is_there = |socket: &mut TcpListener| {
        socket.local_addr().is_ok_and(|address| addresses.contains(&address))
    };
    passed.extract_if(.., is_there).collect()
}

/// Sockets of others, as those are that are opened here.
fn tuned(passed: Vec<TcpListener>) -> anyhow::Result<Vec<TcpListener>> {
    for socket in &passed {
        tune(&SockRef::from(socket)).context("cannot use a socket of the service manager")?;
    }
    Ok(passed)
}

/// Listens on every address that the configured host has: `localhost` is often one of IPv4 and one of
/// IPv6. Those that this machine lacks are passed over, as long as there is another.
///
/// # Errors
/// When the host is not known, when none of its addresses is this machine's, or one is taken.
fn listen(listen: &Listen) -> anyhow::Result<Vec<TcpListener>> {
    let failed = || format!("cannot listen on {listen}");
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut lacking = None;
    for mut address in listen.resolve().with_context(failed)? {
        // Of a free port there is one, and not one for each address.
        if let (0, Some(first)) = (address.port(), listeners.first()) {
            address.set_port(first.local_addr()?.port());
        }
        match bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                info!("{address} is not an address of this machine");
                lacking = Some(error);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {address}")),
        }
    }
    match lacking {
        Some(error) if listeners.is_empty() => Err(error).with_context(failed),
        _ => Ok(listeners),
    }
}

/// Whether this machine has the address, even if another process holds the port now.
///
/// # Errors
/// When the host is not known, or none of its addresses is this machine's.
pub fn check(listen: &Listen) -> anyhow::Result<()> {
    let failed = || format!("cannot listen on {listen}");
    let mut lacking = None;
    for address in listen.resolve().with_context(failed)? {
        match TcpListener::bind((address.ip(), 0)) {
            Ok(_) => return Ok(()),
            Err(error) => lacking = Some(error),
        }
    }
    lacking.map_or(Ok(()), |error| Err(error).with_context(failed))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    // Where IPv6 is switched off there is not even a socket of it.
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))
        .map_err(|error| io::Error::new(ErrorKind::AddrNotAvailable, error))?;
    socket.set_reuse_address(true)?;
    tune(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Linux hands this down to every accepted connection.
fn tune(socket: &Socket) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    // The kernel asks a client that says nothing whether it is there; of one that is sent something the
    // connection's watchdog knows it sooner.
    let keepalive = TcpKeepalive::new().with_time(SILENT).with_interval(ASKED_AGAIN);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}
