//! Which leader a follower believes: none that takes its clients back.

use super::form::{SeriesSnapshot, TailPosition};
use crate::hub::FeedOutput;

/// What a snapshot is to a node that knows a series up to some position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotRank {
    /// What the node knows is as new.
    Known,
    /// It is of a later lease, and its series is an older one: its leader slept while another one led, of which Redis
    /// knows nothing any more.
    OlderSeries,
    /// It is what the node knows next.
    Newer,
}

impl SeriesSnapshot {
    /// What it is to a node that knows `known` up to `position`.
    pub fn rank(&self, position: TailPosition, known: &FeedOutput) -> SnapshotRank {
        if self.position <= position {
            SnapshotRank::Known
        } else if self.output.is_older(known) {
            SnapshotRank::OlderSeries
        } else {
            SnapshotRank::Newer
        }
    }
}

/// The epoch that the leader in `epoch` is asked to exceed by a node that has seen the epoch `seen`. One whose series is
/// older than what is known begins another epoch, and with it a later version than any.
pub fn floor(epoch: i64, seen: i64, known: &FeedOutput, older_leader: Option<i64>) -> i64 {
    if older_leader != Some(epoch) {
        return seen;
    }
    let known = known.series.as_ref().map_or(0, |series| series.version.epoch);
    known.max(seen).max(epoch.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{FeedOutput, SeriesSnapshot, SnapshotRank, TailPosition, floor};
    use crate::bars::Bars;
    use crate::hub::{DataState, Health, Seen, Series, Version};
    use crate::market::{Hours, Instrument, Timetable};
    use crate::symbol::Symbol;

    fn output(epoch: i64, seq: u64) -> FeedOutput {
        let symbol = Symbol::parse("FICT").expect("valid");
        let series = Series {
            version: Version { epoch, seq },
            bars: Bars::empty(),
            instrument: Instrument::unnamed(symbol, TimeZone::UTC),
            decimals: None,
            hours: Hours::UNKNOWN,
            timetable: Timetable::UNKNOWN,
            session: None,
            quote: None,
            delay: None,
            split: None,
            seen: Seen::now(),
        };
        let health = Health::new(DataState::Live, Timestamp::UNIX_EPOCH);
        FeedOutput { series: Some(Arc::new(series)), health }
    }

    fn version(output: &FeedOutput) -> Version {
        output.series.as_ref().expect("a series").version
    }

    fn snapshot(at: (i64, u64), series: (i64, u64)) -> SeriesSnapshot {
        let position = TailPosition { epoch: at.0, number: at.1 };
        SeriesSnapshot { position, output: output(series.0, series.1) }
    }

    #[test]
    fn a_woken_leader_of_an_older_epoch_cannot_take_clients_back() {
        // The leader of epoch 10 slept while another one led in epoch 20, and a failover has lost epoch 20.
        let (seen, known) = (TailPosition { epoch: 20, number: 6 }, output(20, 5));
        let woken = snapshot((30, 1), (10, 4));
        assert_eq!(woken.rank(seen, &known), SnapshotRank::OlderSeries);
        let asked = floor(30, seen.epoch, &known, Some(30));
        assert_eq!(asked, 31, "it has to begin an epoch after its own, too");
        // What it then writes has a version of that epoch, and is believed.
        assert_eq!(snapshot((32, 1), (32, 0)).rank(seen, &known), SnapshotRank::Newer);
    }

    #[test]
    fn an_entry_of_before_is_no_news_and_the_same_series_in_a_later_lease_is() {
        let (seen, known) = (TailPosition { epoch: 20, number: 6 }, output(20, 5));
        for old in [(10, 900), (20, 5), (20, 6)] {
            assert_eq!(snapshot(old, (20, 9)).rank(seen, &known), SnapshotRank::Known, "{old:?}");
        }
        assert_eq!(snapshot((20, 7), (20, 5)).rank(seen, &known), SnapshotRank::Newer);
        assert_eq!(snapshot((21, 1), (20, 5)).rank(seen, &known), SnapshotRank::Newer);
        assert_eq!(floor(21, 20, &known, None), 20, "and nothing is asked of its leader");
    }

    proptest! {
        #[test]
        fn whatever_leaders_write_the_version_that_clients_have_only_grows(
            written in proptest::collection::vec(((1_i64..9, 1_u64..5), (1_i64..9, 0_u64..5)), 1..30),
        ) {
            let (mut position, mut known) = (TailPosition::START, output(0, 0));
            for (at, series) in written {
                let snapshot = snapshot(at, series);
                let before = version(&known);
                match snapshot.rank(position, &known) {
                    SnapshotRank::Known => {}
                    SnapshotRank::OlderSeries => {
                        let epoch = snapshot.position.epoch;
                        let asked = floor(epoch, position.epoch, &known, Some(epoch));
                        prop_assert!(asked > epoch && asked >= before.epoch && asked >= position.epoch);
                    }
                    SnapshotRank::Newer => {
                        position = snapshot.position;
                        known = snapshot.output;
                    }
                }
                prop_assert!(version(&known) >= before);
            }
        }
    }
}
