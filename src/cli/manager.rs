//! The service manager that has started the process, which is systemd if it is any: the sockets that it has opened, and
//! what it wants to be told.

use std::net::TcpListener;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;
use std::{env, thread};

use anyhow::Context as _;
use listenfd::ListenFd;
use log::{info, warn};
use sd_notify::NotifyState;
use tokio::time::interval;

/// Most news that wait for a manager that does not read.
const MOST_NEWS: usize = 16;
/// Shortest time between two signs of life.
const SHORTEST_BEAT: Duration = Duration::from_millis(1);

/// The sockets that the manager has passed (`LISTEN_FDS`).
///
/// # Errors
/// When one of them is no TCP socket that is listened on.
pub fn passed() -> anyhow::Result<Vec<TcpListener>> {
    let mut passed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..passed.len() {
        let socket = passed.take_tcp_listener(index).with_context(|| {
            format!("socket {index} of the service manager is no TCP socket that is listened on: write ListenStream=8080")
        });
        sockets.extend(socket?);
    }
    if !sockets.is_empty() {
        info!("{} sockets are the service manager's", sockets.len());
    }
    Ok(sockets)
}

/// What the manager is told.
#[derive(Debug)]
enum ManagerNews {
    /// Clients are served, at addresses in words.
    Ready(String),
    /// What may change is read again.
    Reloading,
    /// It has been read.
    Reloaded,
    /// Streams are ended.
    Stopping,
    /// The runtime lives.
    Alive,
}

/// Tells the manager, from a thread of its own: where the manager does not read, serving and stopping go on.
#[derive(Debug, Clone)]
pub struct Manager(Option<SyncSender<ManagerNews>>);

impl Manager {
    /// The manager, if the process has one that wants to be told (`NOTIFY_SOCKET`).
    ///
    /// # Errors
    /// When the machine has no thread left.
    pub fn start() -> anyhow::Result<Self> {
        if env::var_os("NOTIFY_SOCKET").is_none() {
            return Ok(Self(None));
        }
        let (sender, news) = sync_channel(MOST_NEWS);
        let tell = move || news.into_iter().for_each(|news| tell(&news));
        thread::Builder::new().name("manager".to_owned()).spawn(tell)?;
        Ok(Self(Some(sender)))
    }

    /// Clients are served, and `endpoints` says where, for a person.
    pub fn ready(&self, endpoints: &str) {
        self.tell(ManagerNews::Ready(endpoints.to_owned()));
    }

    /// What may change is read again, by `reload`.
    pub fn reloading(&self, reload: impl FnOnce()) {
        self.tell(ManagerNews::Reloading);
        reload();
        self.tell(ManagerNews::Reloaded);
    }

    /// Streams are ended.
    pub fn stopping(&self) {
        self.tell(ManagerNews::Stopping);
    }

    /// Says that the runtime lives, twice in the time after which the manager would have the process killed; for ever,
    /// and never where it would not.
    pub async fn keep_alive(self) {
        let patience = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero());
        let Some(patience) = patience else { return };
        let mut beats = interval((patience / 2).max(SHORTEST_BEAT));
        loop {
            beats.tick().await;
            self.tell(ManagerNews::Alive);
        }
    }

    /// Drops what there is no room for, as the manager has not read for long.
    fn tell(&self, news: ManagerNews) {
        if let Some(sender) = &self.0 {
            let _ = sender.try_send(news);
        }
    }
}

fn tell(news: &ManagerNews) {
    let told = match news {
        ManagerNews::Ready(endpoints) => {
            sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(endpoints)])
        }
        ManagerNews::Reloading => NotifyState::monotonic_usec_now()
            .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
        ManagerNews::Reloaded => sd_notify::notify(&[NotifyState::Ready]),
        ManagerNews::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        ManagerNews::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
    };
    if let Err(error) = told {
        warn!("the service manager cannot be told: {error}");
    }
}
