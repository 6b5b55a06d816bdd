//! Which clients may open a stream.

use std::sync::Arc;

use crate::config::HubConfig;
use crate::hub::error::Overloaded;
use crate::metrics::Metrics;
use crate::shares::{Client, Exceeded, Permit, Quota};

/// Counts streams against their bounds.
#[derive(Debug)]
pub struct Admission {
    streams: Arc<Quota>,
    metrics: Arc<Metrics>,
}

/// The right to one stream; dropping it gives the right back.
#[derive(Debug)]
pub struct StreamPermit {
    /// Number of the stream since the start of the process.
    pub id: u64,
    permit: Permit,
    metrics: Arc<Metrics>,
}

impl Admission {
    /// Bounds of the configuration; 0 is unlimited.
    pub fn new(config: &HubConfig, metrics: Arc<Metrics>) -> Self {
        Self { streams: Quota::new(config.streams, config.streams_per_address), metrics }
    }

    /// Whether there is room for a stream of `client`.
    pub fn check(&self, client: Option<Client>) -> Result<(), Overloaded> {
        self.streams.check(client).map_err(Overloaded::from)
    }

    /// Takes a permit for a stream of `client`.
    pub fn admit(&self, client: Option<Client>) -> Result<StreamPermit, Overloaded> {
        let permit = self.streams.take(client)?;
        self.metrics.streams.inc();
        let id = self.metrics.streams_opened.inc() + 1;
        Ok(StreamPermit { id, permit, metrics: Arc::clone(&self.metrics) })
    }
}

impl StreamPermit {
    /// The client whose stream it is.
    pub const fn client(&self) -> Option<Client> {
        self.permit.client()
    }
}

impl From<Exceeded> for Overloaded {
    fn from(exceeded: Exceeded) -> Self {
        match exceeded {
            Exceeded::Total => Self::Streams,
            Exceeded::Client => Self::Address,
        }
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.metrics.streams.dec();
        self.metrics.streams_closed.inc();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Admission, HubConfig, Overloaded};

    #[test]
    fn every_stream_has_a_number_of_its_own_and_gives_its_permit_back() {
        let config = HubConfig { streams: 3, ..HubConfig::default() };
        let admission = Admission::new(&config, Arc::default());
        let permits = [(); 3].map(|()| admission.admit(None).expect("room"));
        assert_eq!(permits.each_ref().map(|permit| permit.id), [1, 2, 3]);
        assert_eq!(admission.admit(None).err(), Some(Overloaded::Streams));
        drop(permits);
        assert_eq!(admission.check(None), Ok(()));
    }
}
