//! Who may open a stream: bounds for the process and for one client address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::refusal::Busy;
use crate::config::HubConfig;
use crate::metrics::Metrics;

/// Counts streams against their bounds.
#[derive(Debug)]
pub struct Admission {
    streams: usize,
    per_address: usize,
    metrics: Arc<Metrics>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    streams: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One stream's place; dropping it gives the place back.
#[derive(Debug)]
pub struct Seat {
    /// Number of the stream since the start of the process.
    pub id: u64,
    /// The client's address.
    pub peer: Option<IpAddr>,
    admission: Arc<Admission>,
}

impl Admission {
    /// Bounds of the configuration; 0 is unlimited.
    pub fn new(config: &HubConfig, metrics: Arc<Metrics>) -> Self {
        let bound = |value: usize| if value == 0 { usize::MAX } else { value };
        Self {
            streams: bound(config.streams),
            per_address: bound(config.streams_per_address),
            metrics,
            taken: Mutex::default(),
        }
    }

    /// Whether there is a place for a stream of `peer`.
    pub fn check(&self, peer: Option<IpAddr>) -> Result<(), Busy> {
        self.fits(&self.taken.lock().unwrap_or_else(PoisonError::into_inner), peer)
    }

    fn fits(&self, taken: &Taken, peer: Option<IpAddr>) -> Result<(), Busy> {
        let of_peer = peer.and_then(|peer| taken.by_address.get(&peer)).copied().unwrap_or(0);
        match () {
            () if taken.streams >= self.streams => Err(Busy::Streams),
            () if of_peer >= self.per_address => Err(Busy::Address),
            () => Ok(()),
        }
    }

    /// Takes a place for a stream of `peer`.
    pub fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Result<Seat, Busy> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.fits(&taken, peer)?;
        if let Some(peer) = peer {
            *taken.by_address.entry(peer).or_default() += 1;
        }
        taken.streams += 1;
        self.metrics.streams.inc();
        let id = self.metrics.streams_opened.inc() + 1;
        Ok(Seat { id, peer, admission: Arc::clone(self) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.admission.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.streams -= 1;
        if let Some(peer) = self.peer
            && let Some(of_peer) = taken.by_address.get_mut(&peer)
        {
            *of_peer -= 1;
            if *of_peer == 0 {
                taken.by_address.remove(&peer);
            }
        }
        self.admission.metrics.streams.dec();
        self.admission.metrics.streams_closed.inc();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use super::{Admission, Busy, HubConfig};

    fn admission(streams: usize, streams_per_address: usize) -> Arc<Admission> {
        let config = HubConfig { streams, streams_per_address, ..HubConfig::default() };
        Arc::new(Admission::new(&config, Arc::default()))
    }

    const A: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const B: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));

    #[test]
    fn the_last_place_is_given_and_one_more_is_not_until_a_stream_ends() {
        let admission = admission(2, 0);
        let first = admission.admit(A).expect("a place");
        let _second = admission.admit(A).expect("a place");
        assert_eq!(admission.admit(A).err(), Some(Busy::Streams));
        drop(first);
        assert!(admission.admit(A).is_ok());
    }

    #[test]
    fn one_address_at_its_bound_does_not_touch_another() {
        let admission = admission(0, 1);
        assert_eq!(admission.check(A), Ok(()), "which takes none");
        let first = admission.admit(A).expect("a place");
        assert_eq!(admission.admit(A).err(), Some(Busy::Address));
        assert_eq!(admission.check(A), Err(Busy::Address));
        assert!(admission.admit(B).is_ok());
        drop(first);
        assert!(admission.taken.lock().expect("not poisoned").by_address.is_empty());
    }

    #[test]
    fn every_stream_has_a_number_of_its_own() {
        let admission = admission(0, 0);
        let ids = [(); 3].map(|()| admission.admit(None).expect("a place").id);
        assert_eq!(ids, [1, 2, 3]);
    }
}
