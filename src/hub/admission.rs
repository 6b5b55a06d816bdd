//! Which clients may open a stream.

use std::sync::Arc;

use super::refusal::Busy;
use crate::config::HubConfig;
use crate::metrics::Metrics;
use crate::shares::{Client, Exceeded, Permit, Quota};

/// Counts streams against their bounds.
#[derive(Debug)]
pub struct Admission {
    streams: Arc<Quota>,
    metrics: Arc<Metrics>,
}

/// One stream's place; dropping it gives the place back.
#[derive(Debug)]
pub struct Seat {
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

    /// Whether there is a place for a stream of `client`.
    pub fn check(&self, client: Option<Client>) -> Result<(), Busy> {
        self.streams.check(client).map_err(Busy::from)
    }

    /// Takes a place for a stream of `client`.
    pub fn admit(&self, client: Option<Client>) -> Result<Seat, Busy> {
        let permit = self.streams.take(client)?;
        self.metrics.streams.inc();
        let id = self.metrics.streams_opened.inc() + 1;
        Ok(Seat { id, permit, metrics: Arc::clone(&self.metrics) })
    }
}

impl Seat {
    /// The client whose stream it is.
    pub const fn client(&self) -> Option<Client> {
        self.permit.client()
    }
}

impl From<Exceeded> for Busy {
    fn from(exceeded: Exceeded) -> Self {
        match exceeded {
            Exceeded::Total => Self::Streams,
            Exceeded::Client => Self::Address,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.metrics.streams.dec();
        self.metrics.streams_closed.inc();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Admission, Busy, HubConfig};

    #[test]
    fn every_stream_has_a_number_of_its_own_and_gives_its_place_back() {
        let config = HubConfig { streams: 3, ..HubConfig::default() };
        let admission = Admission::new(&config, Arc::default());
        let seats = [(); 3].map(|()| admission.admit(None).expect("a place"));
        assert_eq!(seats.each_ref().map(|seat| seat.id), [1, 2, 3]);
        assert_eq!(admission.admit(None).err(), Some(Busy::Streams));
        drop(seats);
        assert_eq!(admission.check(None), Ok(()));
    }
}
