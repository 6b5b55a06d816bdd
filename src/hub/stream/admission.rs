//! Which clients may open a stream.

use std::sync::Arc;

use crate::config::HubConfig;
use crate::hub::error::Overloaded;
use crate::metrics::Metrics;
use crate::shares::{Client, Exceeded, Permit, Quota, Requester};

/// Counts streams against their bounds.
#[derive(Debug)]
pub struct Admission {
    streams: Arc<Quota>,
    /// The views of the streams of tokens, which only a token bounds.
    views: Arc<Quota>,
    metrics: Arc<Metrics>,
}

/// The right to one stream; dropping it gives the right back.
#[derive(Debug)]
pub struct StreamPermit {
    /// Number of the stream since the start of the process.
    pub id: u64,
    permit: Permit,
    views: Vec<Permit>,
    metrics: Arc<Metrics>,
}

impl Admission {
    /// Bounds of the configuration; 0 is unlimited.
    pub fn new(config: &HubConfig, metrics: Arc<Metrics>) -> Self {
        let streams = Quota::new(config.streams, config.streams_per_address);
        Self { streams, views: Quota::new(0, 0), metrics }
    }

    /// Whether there is room for a stream.
    pub fn check(&self, Requester { client, allowance }: Requester) -> Result<(), Overloaded> {
        let checked = self.streams.check_up_to(client, allowance.streams);
        checked.map_err(|exceeded| of_streams(exceeded, client))
    }

    /// Takes a permit for a stream.
    pub fn admit(
        &self,
        Requester { client, allowance }: Requester,
    ) -> Result<StreamPermit, Overloaded> {
        let taken = self.streams.take_up_to(client, allowance.streams);
        let permit = taken.map_err(|exceeded| of_streams(exceeded, client))?;
        self.metrics.streams.inc();
        let id = self.metrics.streams_opened.inc() + 1;
        let metrics = Arc::clone(&self.metrics);
        Ok(StreamPermit { id, permit, views: Vec::new(), metrics })
    }

    /// Takes a permit for a view of a stream; none where no token bounds them.
    pub fn admit_view(
        &self,
        Requester { client, allowance }: Requester,
    ) -> Result<Option<Permit>, Overloaded> {
        if !matches!(client, Some(Client::Token(_))) {
            return Ok(None);
        }
        let taken = self.views.take_up_to(client, allowance.views);
        taken.map(Some).map_err(|_| Overloaded::SubjectViews)
    }
}

impl StreamPermit {
    /// The client whose stream it is.
    pub const fn client(&self) -> Option<Client> {
        self.permit.client()
    }

    /// Keeps the permit for one of its views, as long as the stream is open.
    pub fn hold(&mut self, view: Option<Permit>) {
        self.views.extend(view);
    }
}

const fn of_streams(exceeded: Exceeded, client: Option<Client>) -> Overloaded {
    match (exceeded, client) {
        (Exceeded::Total, _) => Overloaded::Streams,
        (Exceeded::Client, Some(Client::Token(_))) => Overloaded::Subject,
        (Exceeded::Client, _) => Overloaded::Address,
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

    use super::{Admission, Client, HubConfig, Overloaded, Requester};
    use crate::shares::{Allowance, TokenSubject};

    #[test]
    fn every_stream_has_a_number_of_its_own_and_gives_its_permit_back() {
        let config = HubConfig { streams: 3, ..HubConfig::default() };
        let admission = Admission::new(&config, Arc::default());
        let permits = [(); 3].map(|()| admission.admit(Requester::default()).expect("room"));
        assert_eq!(permits.each_ref().map(|permit| permit.id), [1, 2, 3]);
        assert_eq!(admission.admit(Requester::default()).err(), Some(Overloaded::Streams));
        drop(permits);
        assert_eq!(admission.check(Requester::default()), Ok(()));
    }

    #[test]
    fn a_subject_has_the_streams_and_the_views_of_its_token_and_no_more() {
        let config = HubConfig { streams_per_address: 1, ..HubConfig::default() };
        let admission = Admission::new(&config, Arc::default());
        let of = |name| Requester {
            client: Some(Client::Token(TokenSubject::of("sub", name))),
            allowance: Allowance { streams: Some(2), views: Some(3), rate: None },
        };
        let (ann, bob) = (of("ann"), of("bob"));
        let view = |of| admission.admit_view(of).map(|permit| permit.expect("one that counts"));
        let [mut first, mut second] = [(); 2].map(|()| admission.admit(ann).expect("room"));
        assert_eq!(admission.admit(ann).err(), Some(Overloaded::Subject));
        assert_eq!(admission.check(ann), Err(Overloaded::Subject));
        first.hold(view(ann).ok());
        for _ in 0..2 {
            second.hold(view(ann).ok());
        }
        assert_eq!(view(ann).err(), Some(Overloaded::SubjectViews));
        let _other = admission.admit(bob).expect("another subject has its own");
        assert!(view(bob).is_ok());
        drop(second);
        assert_eq!(admission.check(ann), Ok(()));
        assert!(view(ann).is_ok(), "its views are free again");
    }
}
