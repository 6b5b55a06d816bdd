//! Bars of a source that are kept as it tells them.

use std::sync::Arc;

use jiff::Timestamp;

use super::key::HistoryKey;
use crate::bars::Bars;

/// What a source has told of a series.
#[derive(Debug, Clone)]
pub struct SourceBars {
    /// The series.
    pub key: HistoryKey,
    /// Bars whose intervals are over.
    pub bars: Bars,
    /// Whether these are all that there are from the first of them to the last.
    pub is_whole: bool,
    /// What is known of the series besides, as its source writes and reads it.
    pub about: Arc<[u8]>,
    /// The newest share split, in seconds of the epoch: prices from before it have changed.
    pub split: Option<i64>,
    /// Whether all prices have changed, as those in another currency have.
    pub is_restated: bool,
    /// Most symbols that are kept of the source.
    pub symbols: usize,
    /// When it was told.
    pub at: Timestamp,
}

/// A series as a source has told it at an earlier time.
#[derive(Debug, Clone)]
pub struct RecordedSeries {
    /// Its bars.
    pub bars: Bars,
    /// What was known of it besides.
    pub about: Vec<u8>,
    /// The newest share split that the prices are after.
    pub split: Option<i64>,
}

impl SourceBars {
    /// This and what was told after it, as one.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let is_restated = self.is_restated || later.is_restated;
        let has_other_prices = later.is_restated || later.split > self.split;
        let Some(&first) = later.bars.times().first() else {
            return Self { bars: self.bars, is_whole: self.is_whole, is_restated, ..later };
        };
        let (bars, is_whole) = match (has_other_prices, later.is_whole) {
            (true, _) => (later.bars, later.is_whole),
            // What is known from before an answer is whole only if it was one.
            (false, true) if !self.is_whole => (later.bars, true),
            (false, true) => (self.bars.before(first).merge(&later.bars), true),
            (false, false) => (self.bars.merge(&later.bars), self.is_whole),
        };
        Self { bars, is_whole, is_restated, ..later }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{HistoryKey, SourceBars};
    use crate::bars::{Bar, Bars};
    use crate::interval::Interval;
    use crate::symbol::Symbol;

    fn told(closes: &[(i64, f64)], is_whole: bool) -> SourceBars {
        let bar = |&(ts, close): &(i64, f64)| Bar {
            ts,
            open: close,
            high: close,
            low: close,
            close,
            volume: 1.0,
        };
        let symbol = Symbol::parse("FICT").expect("valid");
        SourceBars {
            key: HistoryKey::regular("stub", symbol, Interval::Minute1),
            bars: closes.iter().map(bar).collect::<Bars>(),
            is_whole,
            about: b"about".as_slice().into(),
            split: None,
            is_restated: false,
            symbols: 1,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn joined(one: SourceBars, later: SourceBars) -> (Vec<(i64, f64)>, bool) {
        let both = one.then(later);
        let bars = both.bars.iter().map(|bar| (bar.ts, bar.close)).collect();
        (bars, both.is_whole)
    }

    #[test]
    fn what_waits_to_be_written_takes_in_what_is_told_later() {
        let whole = told(&[(60, 1.0), (120, 1.0), (180, 1.0)], true);
        let tail = told(&[(180, 2.0), (240, 2.0)], false);
        let all = vec![(60, 1.0), (120, 1.0), (180, 2.0), (240, 2.0)];
        assert_eq!(joined(whole.clone(), tail.clone()), (all, true));
        let shorter = told(&[(120, 3.0), (240, 3.0)], true);
        let replaced = vec![(60, 1.0), (120, 3.0), (240, 3.0)];
        assert_eq!(joined(whole.clone(), shorter.clone()), (replaced, true), "from 120 to 240");
        assert_eq!(joined(tail, shorter.clone()), (vec![(120, 3.0), (240, 3.0)], true));
        for restated in [
            SourceBars { is_restated: true, ..shorter.clone() },
            SourceBars { split: Some(100), ..shorter },
        ] {
            assert_eq!(joined(whole.clone(), restated), (vec![(120, 3.0), (240, 3.0)], true));
        }
    }
}
