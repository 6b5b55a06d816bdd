//! TLS: the certificate of the listeners, which is exchanged while they are served.
//!
//! The files are read every other second, as others who renew certificates say nothing to a server. What was read
//! is compared whole: neither times nor sizes tell that a file is another one. A pair that is half written, or
//! broken, leaves the one of before in its place until it is whole.

mod pair;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use log::{info, warn};
use ring::digest::Digest;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::sign::SingleCertAndKey;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

pub use self::pair::ends;
use self::pair::{CertificatePair, PairError, PairFiles};
use crate::clock::Clock;
use crate::config::TlsConfig;
use crate::metrics::Metrics;

/// Time between two looks at the files.
const LOOK: Duration = Duration::from_secs(2);
/// The one protocol that is offered: docs/decisions/http2-through-a-proxy.md says why.
const ALPN: &[u8] = b"http/1.1";

/// The certificate that is served now.
#[derive(Debug)]
pub struct Certificates {
    paths: TlsConfig,
    /// One for all connections that are opened until the next exchange. A session of before it is not resumed after
    /// it, as its client would not see the new certificate.
    current: RwLock<Arc<ServerConfig>>,
    last_look: Mutex<LastLook>,
    /// Somebody wants the files read now.
    asked: Notify,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// What the last look at the files has shown.
#[derive(Debug)]
struct LastLook {
    /// The content that is served.
    served: [u8; 32],
    /// What was wrong, if anything was, and whether that has been told.
    fault: Option<(String, bool)>,
}

impl Certificates {
    /// Reads the pair, if there is to be one.
    ///
    /// # Errors
    /// [`PairError`] of what is wrong with it.
    pub fn open(
        paths: &TlsConfig,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Option<Arc<Self>>, PairError> {
        if !paths.is_on() {
            return Ok(None);
        }
        let files = PairFiles::read(paths)?;
        let pair = files.parse(&default_provider())?;
        if let Some(note) = ended(paths, &pair, clock.now()) {
            warn!("{note}");
        }
        metrics.certificate_ends.set(pair.ends.map_or(0, Timestamp::as_second));
        let last_look = LastLook { served: bytes_of(files.digest()), fault: None };
        Ok(Some(Arc::new(Self {
            paths: paths.clone(),
            current: RwLock::new(server_config(pair)),
            last_look: Mutex::new(last_look),
            asked: Notify::new(),
            clock,
            metrics,
        })))
    }

    /// What a new connection is shaken hands with.
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current).into()
    }

    /// Has the files looked at soon.
    pub fn look_again(&self) {
        self.asked.notify_one();
    }

    /// Looks at the files once in a while, for ever.
    pub async fn keep_fresh(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = sleep(LOOK) => {}
                () = self.asked.notified() => {}
            }
            let looking = Arc::clone(&self);
            // A disk may be slow, or far away. A look that panics would be followed by the next one.
            let _ = spawn_blocking(move || looking.look()).await;
        }
    }

    /// Takes what is in the files, if that is another pair.
    fn look(&self) {
        let mut last = self.last_look.lock().unwrap_or_else(PoisonError::into_inner);
        match self.exchange(&last.served) {
            Ok(exchanged) => {
                last.served = exchanged.unwrap_or(last.served);
                last.fault = None;
            }
            Err(error) => {
                let fault = format!("{:#}", anyhow::Error::new(error));
                // A pair that is being written is whole at the next look.
                let is_told = match &last.fault {
                    Some((before, is_told)) if *before == fault => {
                        if !is_told {
                            warn!("the certificate of before is served on: {fault}");
                        }
                        true
                    }
                    _ => false,
                };
                last.fault = Some((fault, is_told));
            }
        }
    }

    /// The digest of the pair that is served from now on, if it is another one than before.
    fn exchange(&self, served: &[u8; 32]) -> Result<Option<[u8; 32]>, PairError> {
        let files = PairFiles::read(&self.paths)?;
        let digest = bytes_of(files.digest());
        if digest == *served {
            return Ok(None);
        }
        let pair = files.parse(&default_provider())?;
        let path = self.paths.certificate.display();
        match (ended(&self.paths, &pair, self.clock.now()), pair.ends) {
            (Some(note), _) => warn!("{note}"),
            (None, Some(ends)) => {
                info!("the certificate in {path} is served from now on, until {ends}");
            }
            (None, None) => info!("the certificate in {path} is served from now on"),
        }
        self.metrics.certificate_ends.set(pair.ends.map_or(0, Timestamp::as_second));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = server_config(pair);
        Ok(Some(digest))
    }
}

/// Whether the files are a pair; what there is to say of one that nobody will like.
///
/// # Errors
/// [`PairError`] of what is wrong with it.
pub fn check(paths: &TlsConfig, now: Timestamp) -> Result<Option<String>, PairError> {
    if !paths.is_on() {
        return Ok(None);
    }
    let pair = PairFiles::read(paths)?.parse(&default_provider())?;
    Ok(ended(paths, &pair, now))
}

/// When the certificate of the configuration ends, as far as that can be read; nothing where there is none.
///
/// # Errors
/// [`PairError`] of what is wrong with it.
pub fn of(paths: &TlsConfig) -> Result<Option<Option<Timestamp>>, PairError> {
    if !paths.is_on() {
        return Ok(None);
    }
    Ok(Some(PairFiles::read(paths)?.parse(&default_provider())?.ends))
}

/// What clients will say of a certificate that has ended.
fn ended(paths: &TlsConfig, pair: &CertificatePair, now: Timestamp) -> Option<String> {
    let ends = pair.ends.filter(|ends| *ends <= now)?;
    let path = paths.certificate.display();
    Some(format!("the certificate in {path} ended at {ends}: clients refuse it"))
}

fn server_config(pair: CertificatePair) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has all versions");
    let served = Arc::new(SingleCertAndKey::from(pair.certified));
    let mut config = builder.with_no_client_auth().with_cert_resolver(served);
    config.alpn_protocols = vec![ALPN.to_vec()];
    Arc::new(config)
}

fn bytes_of(digest: Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
