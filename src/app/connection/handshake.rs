//! How many clients may shake hands: at once, and one of them in a second.
//!
//! A handshake costs a signature, and a client that has begun one may leave it at that. rustls leaves both to its caller,
//! and actix would have new clients wait behind those that stall.

use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;

use crate::config::TlsConfig;
use crate::metrics::Metrics;
use crate::shares::{Client, Exceeded, Permit, Quota, Rate};

/// The bounds, which the workers share.
#[derive(Debug)]
pub struct HandshakeBounds {
    places: Arc<Quota>,
    rate: Rate,
    /// Those that are under way.
    count: Gauge,
}

/// A handshake that is under way; its drop is the end.
#[derive(Debug)]
pub struct Handshake {
    count: Gauge,
    _place: Permit,
}

impl HandshakeBounds {
    /// Those of a configuration.
    pub fn new(config: &TlsConfig, metrics: &Metrics) -> Self {
        Self {
            places: Quota::new(config.handshakes, 0),
            rate: Rate::new(config.handshakes_per_address),
            count: metrics.tls_handshakes.clone(),
        }
    }

    /// Whether a client may begin one now. It has begun for the rate, whatever becomes of it.
    pub fn allow(&self, client: Option<Client>) -> bool {
        self.rate.take(client, 1).is_ok()
    }

    /// Begins one, if there is a place.
    ///
    /// # Errors
    /// When all are taken.
    pub fn begin(&self) -> Result<Handshake, Exceeded> {
        let place = self.places.take(None)?;
        self.count.inc();
        Ok(Handshake { count: self.count.clone(), _place: place })
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.count.dec();
    }
}
