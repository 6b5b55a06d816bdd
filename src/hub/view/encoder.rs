//! The encoder of a view: makes each encoding that a subscriber wants once, for all subscribers.

use std::sync::Arc;

use bytes::Bytes;

use super::demand::Demand;
use super::published::Published;
use crate::codec::{Coded, Coding};
use crate::metrics::{EncodingForm, Metrics};

/// Encodes what one view publishes.
#[derive(Debug)]
pub struct Encoder {
    demand: Arc<Demand>,
    metrics: Arc<Metrics>,
}

impl Encoder {
    /// An encoder that makes what is in `demand`.
    pub const fn new(demand: Arc<Demand>, metrics: Arc<Metrics>) -> Self {
        Self { demand, metrics }
    }

    /// Encodes the status, the figure or both that are about to be published. `base` is the figure that was published
    /// before: subscribers that were sent it last are sent the new one as a delta, unless a status goes between them.
    pub fn encode(&self, status: Option<&Coded>, figure: Option<&Coded>, base: Option<&Bytes>) {
        if status.is_none() && figure.is_none() {
            // Nothing would be sent, and what is missing stays missing.
            return;
        }
        let delta = figure.zip(base).filter(|_| status.is_none());
        // In identity nothing is made, and what was missing in it is there.
        for coding in Coding::ALL {
            let wants_deltas = self.demand.wants_deltas(coding);
            let has_delta = wants_deltas
                && delta.is_some_and(|(figure, base)| self.fill_delta(figure, coding, base));
            if self.demand.wants(coding) || (wants_deltas && !has_delta) {
                for event in status.into_iter().chain(figure) {
                    self.fill(event, coding);
                }
            } else if let (Some(status), true) = (status, self.demand.wants_changes(coding)) {
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

    /// Makes what a subscriber found missing; whether anything was made.
    pub fn supply(&self, published: &Published) -> bool {
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

    /// Compresses an event; whether that was still to be done.
    fn fill(&self, event: &Coded, coding: Coding) -> bool {
        let made = event.fill(coding);
        if made {
            self.count(coding.token());
        }
        made
    }

    /// Compresses the delta of a figure to `base`; whether there is one.
    fn fill_delta(&self, figure: &Coded, coding: Coding, base: &Bytes) -> bool {
        let made = figure.fill_delta(coding, base);
        if made {
            self.count(coding.delta_token());
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

    use super::{Arc, Bytes, Coded, Coding, Demand, Encoder, EncodingForm, Metrics, Published};
    use crate::hub::status::{DataState, Health};
    use crate::hub::view::demand::{Claim, Delivery};

    fn encoder() -> (Encoder, Arc<Demand>, Arc<Metrics>) {
        let (demand, metrics) = (Arc::<Demand>::default(), Arc::<Metrics>::default());
        (Encoder::new(Arc::clone(&demand), Arc::clone(&metrics)), demand, metrics)
    }

    fn event(text: &str) -> Coded {
        Coded::new(format!("data: {text}\n\n").into())
    }

    fn made(event: &Coded) -> [bool; 2] {
        Coding::COMPRESSING.map(|coding| event.get(coding).is_some())
    }

    fn deltas(event: &Coded) -> [bool; 2] {
        Coding::COMPRESSING.map(|coding| event.delta(coding).is_some())
    }

    fn count(metrics: &Metrics, form: &'static str) -> u64 {
        metrics.compressions.get_or_create(&EncodingForm(form)).get()
    }

    #[test]
    fn an_event_is_made_in_the_codings_that_subscribers_want_once_for_all_of_them() {
        let (encoder, demand, metrics) = encoder();
        let _gzip =
            [(); 2].map(|()| Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone));
        let (status, figure) = (event("status"), event("figure"));
        encoder.encode(Some(&status), Some(&figure), Some(figure.plain()));
        assert_eq!((made(&status), made(&figure)), ([true, false], [true, false]));
        assert_eq!(deltas(&figure), [false; 2], "no subscriber is in step");
        assert_eq!((count(&metrics, "gzip"), count(&metrics, "zstd")), (2, 0));
    }

    #[test]
    fn a_change_is_made_for_those_that_take_changes_and_the_whole_is_not() {
        let (encoder, demand, _) = encoder();
        let _claim = Claim::new(demand, Coding::Zstd, Delivery::Changes);
        let (change, whole) = (event("change"), event("whole"));
        encoder.encode(None, Some(&whole), None);
        encoder.encode_change(&change);
        assert_eq!((made(&change), made(&whole)), ([false, true], [false, false]));
    }

    #[test]
    fn a_subscriber_in_step_needs_a_delta_and_one_that_is_not_what_stands_alone() {
        let (encoder, demand, metrics) = encoder();
        let base = event("1").plain().clone();
        let mut claim = Claim::new(Arc::clone(&demand), Coding::Zstd, Delivery::Deltas);
        claim.set_in_step(true);
        let figure = event("2");
        encoder.encode(None, Some(&figure), Some(&base));
        assert_eq!((deltas(&figure), made(&figure)), ([false, true], [false; 2]));
        let _newcomer = Claim::new(Arc::clone(&demand), Coding::Zstd, Delivery::Deltas);
        let figure = event("3");
        encoder.encode(None, Some(&figure), Some(&base));
        assert_eq!((deltas(&figure), made(&figure)), ([false, true], [false, true]));
        assert_eq!((count(&metrics, "zstd_delta"), count(&metrics, "zstd")), (2, 1));
    }

    #[test]
    fn a_subscriber_in_step_is_sent_what_stands_alone_where_there_is_no_delta() {
        let (encoder, demand, metrics) = encoder();
        let mut claim = Claim::new(demand, Coding::Gzip, Delivery::Deltas);
        claim.set_in_step(true);
        let base = event("1").plain().clone();
        let long = Bytes::from(vec![b'x'; 100_000]);
        for (status, base) in [(true, Some(&base)), (false, None), (false, Some(&long))] {
            let (status, figure) = (status.then(|| event("status")), event("2"));
            encoder.encode(status.as_ref(), Some(&figure), base);
            assert_eq!((deltas(&figure), made(&figure)), ([false; 2], [true, false]));
            assert!(status.is_none_or(|status| made(&status) == [true, false]));
        }
        let status = event("status alone");
        encoder.encode(Some(&status), None, Some(&base));
        assert_eq!(made(&status), [true, false]);
        assert_eq!(count(&metrics, "gzip_delta"), 0);
    }

    #[test]
    fn what_was_missing_in_any_coding_is_not_missing_after_the_next_publication() {
        let (encoder, demand, _) = encoder();
        for coding in Coding::ALL {
            Claim::new(Arc::clone(&demand), coding, Delivery::Changes).ask();
        }
        encoder.encode(None, Some(&event("whole")), None);
        assert!(!demand.misses_any());
    }

    #[test]
    fn what_is_missing_is_made_once_and_no_publication_leaves_it_missing() {
        let (encoder, demand, metrics) = encoder();
        let claim = Claim::new(Arc::clone(&demand), Coding::Gzip, Delivery::Alone);
        let mut published = Published::loading(Health::new(DataState::Loading, Timestamp::MIN));
        published.status = (1, Arc::new(event("status")));
        assert!(!encoder.supply(&published), "nothing was asked for");
        claim.ask();
        encoder.encode(None, None, None);
        assert!(encoder.supply(&published));
        assert!(!encoder.supply(&published), "it is there");
        assert_eq!(made(&published.status.1), [true, false]);
        assert_eq!(count(&metrics, "gzip"), 1);
    }
}
