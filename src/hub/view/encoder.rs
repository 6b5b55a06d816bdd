//! The encoder of a view: makes each encoding that a subscriber wants once, for all subscribers.

use std::sync::Arc;
use std::time::Duration;

use super::chain::{Link, ViewChain};
use super::demand::Demand;
use super::published::Published;
use crate::codec::{Coded, Coding};
use crate::metrics::{EncodingForm, Metrics};

/// Encodes what one view publishes.
#[derive(Debug)]
pub struct Encoder {
    demand: Arc<Demand>,
    chain: ViewChain,
    /// A chain ends with a silence of this length.
    heartbeat: Duration,
    metrics: Arc<Metrics>,
}

impl Encoder {
    /// An encoder that makes what is in `demand`.
    pub fn new(demand: Arc<Demand>, heartbeat: Duration, metrics: Arc<Metrics>) -> Self {
        Self { demand, chain: ViewChain::default(), heartbeat, metrics }
    }

    /// Encodes the status, the figure or both that are about to be published; the link that they add to the
    /// chain of the view, if they do.
    pub fn encode(&mut self, status: Option<&Coded>, figure: Option<&Coded>) -> Option<Arc<Link>> {
        if status.is_none() && figure.is_none() {
            // A link would never be sent, and what is missing stays missing.
            return None;
        }
        let plain = [status, figure].map(|event| event.map(Coded::plain));
        let link = self.chain.push(&self.demand, plain[0], plain[1], self.heartbeat);
        if link.is_some() {
            self.count("zstd_chain");
        }
        let opens = link.as_ref().is_some_and(|link| link.is_keyframe());
        for coding in Coding::ALL {
            if self.demand.wants(coding, opens) {
                for event in status.into_iter().chain(figure) {
                    self.fill(event, coding);
                }
            } else if let (Some(status), true) = (status, self.demand.wants_changes(coding)) {
                self.fill(status, coding);
            }
        }
        link
    }

    /// Encodes the last status of a view, which is part of no chain.
    pub fn encode_last(&self, status: &Coded) {
        for coding in Coding::COMPRESSING {
            if self.demand.wants(coding, false) {
                self.fill(status, coding);
            }
        }
    }

    /// Encodes a change of rows.
    pub fn encode_change(&self, change: &Coded) {
        for coding in Coding::COMPRESSING {
            if self.demand.wants_changes(coding) {
                self.fill(change, coding);
            }
        }
    }

    /// Makes what a subscriber found missing, and lets go of what no subscriber wants any more; whether
    /// anything was made.
    pub fn supply(&mut self, published: &Published) -> bool {
        self.chain.trim(&self.demand);
        if !self.demand.misses_any() {
            return false;
        }
        let mut made = published.frame.iter().any(|frame| frame.event().is_none());
        let frame = published.frame.iter().map(|frame| frame.write());
        let changes = published.changes.iter().map(|change| &change.event);
        let events: Vec<_> = frame.chain(changes).chain([&*published.status.1]).collect();
        for coding in Coding::COMPRESSING {
            if self.demand.misses(coding) {
                made |= events.iter().filter(|event| self.fill(event, coding)).count() > 0;
            }
        }
        made
    }

    /// Bytes that it keeps, about.
    pub fn bytes(&self) -> usize {
        self.chain.bytes()
    }

    /// Compresses an event; whether that was still to be done.
    fn fill(&self, event: &Coded, coding: Coding) -> bool {
        let made = event.fill(coding);
        if made {
            self.count(coding.token());
        }
        made
    }

    fn count(&self, form: &'static str) {
        self.metrics.compressions.get_or_create(&EncodingForm(form)).inc();
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Arc, Coded, Coding, Demand, Duration, Encoder, EncodingForm, Metrics, Published};
    use crate::hub::status::{DataState, Health};
    use crate::hub::view::demand::{Claim, Delivery};

    const HEARTBEAT: Duration = Duration::from_secs(15);

    fn encoder() -> (Encoder, Arc<Demand>, Arc<Metrics>) {
        let (demand, metrics) = (Arc::<Demand>::default(), Arc::<Metrics>::default());
        (Encoder::new(Arc::clone(&demand), HEARTBEAT, Arc::clone(&metrics)), demand, metrics)
    }

    fn event(text: &str) -> Coded {
        Coded::new(format!("data: {text}\n\n").into())
    }

    fn made(event: &Coded) -> [bool; 2] {
        Coding::COMPRESSING.map(|coding| event.get(coding).is_some())
    }

    fn count(metrics: &Metrics, form: &'static str) -> u64 {
        metrics.compressions.get_or_create(&EncodingForm(form)).get()
    }

    #[test]
    fn an_event_is_made_in_the_codings_that_subscribers_want_once_for_all_of_them() {
        let (mut encoder, demand, metrics) = encoder();
        let _gzip =
            [(); 2].map(|()| Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone));
        let (status, figure) = (event("status"), event("figure"));
        assert!(encoder.encode(Some(&status), Some(&figure)).is_none(), "no chain is wanted");
        assert_eq!((made(&status), made(&figure)), ([true, false], [true, false]));
        assert_eq!((count(&metrics, "gzip"), count(&metrics, "zstd")), (2, 0));
    }

    #[test]
    fn a_change_is_made_for_those_that_take_changes_and_the_whole_is_not() {
        let (mut encoder, demand, _) = encoder();
        let _claim = Claim::new(demand, Coding::Zstd, Delivery::Changes);
        let (change, whole) = (event("change"), event("whole"));
        encoder.encode(None, Some(&whole));
        encoder.encode_change(&change);
        assert_eq!((made(&change), made(&whole)), ([false, true], [false, false]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_keyframe_is_all_that_a_subscriber_of_chains_needs() {
        let (mut encoder, demand, metrics) = encoder();
        let mut claim = Claim::new(demand, Coding::Zstd, Delivery::Chained);
        let figures = [event("1"), event("2")];
        let link = encoder.encode(None, Some(&figures[0])).expect("a keyframe");
        let mut position = None;
        let _ = link.follow(&mut position);
        claim.set_in_chain(true);
        assert!(encoder.encode(None, Some(&figures[1])).is_some_and(|link| !link.is_keyframe()));
        assert_eq!(figures.each_ref().map(made), [[false; 2]; 2]);
        assert_eq!((count(&metrics, "zstd_chain"), count(&metrics, "zstd")), (2, 0));
        assert!(encoder.bytes() > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_that_opens_no_chain_is_made_to_stand_alone() {
        let (mut encoder, demand, _) = encoder();
        let _claim = Claim::new(demand, Coding::Zstd, Delivery::Chained);
        let status = event("status");
        assert!(encoder.encode(Some(&status), None).is_none());
        assert_eq!(made(&status), [false, true]);
        let last = event("last");
        encoder.encode_last(&last);
        assert_eq!(made(&last), [false, true]);
    }

    #[test]
    fn what_is_missing_is_made_once_and_no_publication_leaves_it_missing() {
        let (mut encoder, demand, metrics) = encoder();
        let claim = Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone);
        let mut published = Published::loading(Health::new(DataState::Loading, Timestamp::MIN));
        published.status = (1, Arc::new(event("status")));
        assert!(!encoder.supply(&published), "nothing was asked for");
        claim.ask();
        assert!(encoder.encode(None, None).is_none());
        assert!(encoder.supply(&published));
        assert!(!encoder.supply(&published), "it is there");
        assert_eq!(made(&published.status.1), [true, false]);
        assert_eq!(count(&metrics, "gzip"), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_compressor_of_a_chain_is_let_go_with_its_last_subscriber() {
        let (mut encoder, demand, _) = encoder();
        let claim = Claim::new(demand, Coding::Zstd, Delivery::Chained);
        encoder.encode(None, Some(&event("1")));
        assert!(encoder.bytes() > 0);
        drop(claim);
        encoder.supply(&Published::loading(Health::new(DataState::Loading, Timestamp::MIN)));
        assert_eq!(encoder.bytes(), 0);
    }
}
