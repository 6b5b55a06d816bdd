//! What a server is told by signals.

use anyhow::Context as _;
use log::info;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::manager::Manager;

/// The signals of a server.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind, name| signal(kind).with_context(|| format!("cannot listen for {name}"));
        Ok(Self {
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            hangup: listen(SignalKind::hangup(), "SIGHUP")?,
        })
    }

    /// Resolves at SIGTERM and at SIGINT, which is Ctrl-C. SIGHUP, which would end the process as well and which some
    /// send to have the configuration read again, has what may change `reload`, if there is anything.
    pub async fn until_stop(mut self, reload: Option<impl Fn()>, manager: &Manager) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => manager.reloading(|| match &reload {
                    Some(reload) => {
                        info!("SIGHUP has the certificate read again, and nothing else: restart for other settings");
                        reload();
                    }
                    None => info!("SIGHUP does nothing: restart to have the configuration read again"),
                }),
            }
        }
    }
}
