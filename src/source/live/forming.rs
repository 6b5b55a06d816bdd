//! The newest bars of a series as its socket tells them, beside what REST said last: which messages are
//! news, and which bars of the socket are ahead of an answer.
//!
//! A pure state without a clock: whatever the order, the doubling and the loss of messages, a bar never goes
//! back, and REST has the last word on every bar but the one that forms.

use std::collections::BTreeMap;

use super::channel::LiveBar;
use super::exchange::Closing;
use crate::bars::{Bar, Bars};
use crate::interval::Interval;

/// The order of a bar that the clock has made: any message is newer.
const SILENT: (i64, i64) = (i64::MIN, i64::MIN);
/// Most bars that are kept beside the answers of REST, which reach nearly to now.
const MAX_BARS: usize = 8;

/// The newest bars of one series.
#[derive(Debug)]
pub struct Forming {
    /// Seconds of a bar.
    length: i64,
    closing: Closing,
    /// What the socket said, by the bars' starts.
    told: BTreeMap<i64, LiveBar>,
    /// The last bar that REST answered: it may be forming, those before it are final.
    answered: Option<Bar>,
    /// The newest start of a bar that the socket told, or the clock closed, and that is remembered no more.
    forgotten: i64,
}

/// What a message is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum News {
    /// Nothing: it is late, a duplicate, or no bar of this series.
    None,
    /// The bar as it is now.
    Bar(Bar),
    /// The same, and a bar before it was missed or has not become final.
    Gap(Bar),
    /// Intervals that the clock has closed behind this bar may be wrong, and are remembered no more: only REST
    /// knows them.
    Doubt,
}

impl Forming {
    /// Nothing was said.
    pub const fn new(grain: Interval, closing: Closing) -> Self {
        let length = grain.seconds();
        Self { length, closing, told: BTreeMap::new(), answered: None, forgotten: i64::MIN }
    }

    /// Takes a bar of the socket. No bar that begins at `horizon` or later is believed.
    pub fn take(&mut self, live: LiveBar, horizon: i64) -> News {
        let live = LiveBar { bar: self.completed(live), ..live };
        let (bar, ts) = (live.bar, live.bar.ts);
        let is_of_series = ts.rem_euclid(self.length) == 0 && ts < horizon;
        let is_late = self.answered.is_some_and(|answered| {
            ts < answered.ts || ts == answered.ts && bar.volume < answered.volume
        });
        let is_news = self.told.get(&ts).is_none_or(|known| {
            !known.is_final
                && (live.order > known.order || live.is_final && live.order == known.order)
        });
        if !is_of_series || is_late || !is_news {
            return News::None;
        }
        // Of a bar that is remembered no more, nobody can tell which message is the later one.
        if ts <= self.forgotten {
            return if self.closing == Closing::Clock { News::Doubt } else { News::None };
        }
        let is_gap = self.closing == Closing::Flag && self.leaves_gap(ts);
        self.told.insert(ts, live);
        self.forget_oldest();
        if is_gap { News::Gap(bar) } else { News::Bar(bar) }
    }

    /// A bar with what REST has said of it, where the socket has not told all its trades.
    fn completed(&self, live: LiveBar) -> Bar {
        let answered =
            self.answered.filter(|answered| answered.ts == live.bar.ts && !live.is_whole);
        answered.map_or(live.bar, |answered| joined(answered, live.bar))
    }

    fn forget_oldest(&mut self) {
        while self.told.len() > MAX_BARS
            && let Some((ts, _)) = self.told.pop_first()
        {
            self.forgotten = self.forgotten.max(ts);
        }
    }

    /// Forgets what the socket told of a bar of which it has lost the newest trades.
    pub fn forget(&mut self, ts: i64) {
        self.told.remove(&ts);
    }

    /// Whether a bar at `ts` is not the one after a final one, nor the newest one itself.
    fn leaves_gap(&self, ts: i64) -> bool {
        let told = self.told.last_key_value().map(|(at, live)| (*at, live.is_final));
        let answered = self.answered.map(|answered| (answered.ts, false));
        let newest = told.max(answered);
        newest.is_some_and(|(at, is_final)| ts > at && (!is_final || ts != at + self.length))
    }

    /// Takes the bars of an answer, and gives them back with those of the socket that are ahead of it.
    pub fn answer(&mut self, bars: Bars) -> Bars {
        let Some(last) = bars.last() else { return bars };
        if self.is_behind(last.ts) {
            // Its last bar was forming when it was asked for, and is final by now.
            return bars.before(last.ts);
        }
        // An answer of another server that lags behind is no reason to go back.
        let is_ahead = |known: &Bar| {
            known.ts == last.ts && known.volume > last.volume || known.ts == last.ts + self.length
        };
        let kept = self.answered.filter(is_ahead);
        self.answered = kept.or(Some(last));
        let base = kept.unwrap_or(last);
        if let Some(live) = self.told.get_mut(&base.ts).filter(|live| !live.is_whole) {
            live.bar = joined(base, live.bar);
        }
        self.told.retain(|ts, live| {
            // What the clock has made is a guess beside an answer.
            let is_ahead =
                live.order != SILENT && (live.is_final || live.bar.volume >= last.volume);
            *ts > last.ts || *ts == last.ts && is_ahead
        });
        self.carry(self.told.get(&base.ts).map_or(base, |live| live.bar));
        let told = self.told.values().map(|live| live.bar);
        let ahead = Bars::from_rows(kept.into_iter().chain(told));
        if ahead.is_empty() { bars } else { bars.merge(&ahead) }
    }

    /// Whether an answer that ends with a bar at `ts` took so long that this bar, which formed when it was asked
    /// for, is final by now, and the socket has not said what became of it.
    pub fn is_behind(&self, ts: i64) -> bool {
        !self.told.contains_key(&ts) && self.told.range(ts..).next().is_some()
    }

    /// Gives the intervals behind `bar` that the clock has closed without a trade its close, and tells them: a late
    /// message about an interval moves those after it.
    pub fn carry(&mut self, bar: Bar) -> Vec<Bar> {
        let mut carried = Vec::new();
        let mut ts = bar.ts + self.length;
        while let Some(live) = self.told.get_mut(&ts).filter(|live| live.order == SILENT) {
            live.bar = flat(ts, bar.close);
            carried.push(live.bar);
            ts += self.length;
        }
        carried
    }

    /// The bars of the intervals that were over before `now` without a trade, where the clock closes them.
    pub fn close(&mut self, now: i64) -> Bars {
        let told = self.told.last_key_value().map(|(_, live)| live.bar);
        // Of two that speak of one bar the last is taken: the socket's is there only while it is ahead.
        let newest = [self.answered, told].into_iter().flatten().max_by_key(|bar| bar.ts);
        let Some(newest) = newest.filter(|_| self.closing == Closing::Clock) else {
            return Bars::empty();
        };
        let forming = now - now.rem_euclid(self.length);
        let mut silent = Vec::new();
        let mut ts = newest.ts + self.length;
        while ts < forming && silent.len() < MAX_BARS {
            let bar = flat(ts, newest.close);
            // A late trade of the interval takes its place.
            self.told.insert(ts, LiveBar { bar, order: SILENT, is_final: false, is_whole: true });
            silent.push(bar);
            ts += self.length;
        }
        self.forget_oldest();
        Bars::from_rows(silent)
    }

    /// When the interval that forms at `now` is over.
    pub const fn closes_at(&self, now: i64) -> i64 {
        now - now.rem_euclid(self.length) + self.length
    }
}

/// What REST has answered of a bar, and the trades that the socket has told of it, of which REST may have counted any.
const fn joined(answered: Bar, told: Bar) -> Bar {
    Bar {
        open: answered.open,
        high: answered.high.max(told.high),
        low: answered.low.min(told.low),
        volume: answered.volume.max(told.volume),
        ..told
    }
}

/// The bar of an interval without a trade.
const fn flat(ts: i64, price: f64) -> Bar {
    Bar { ts, open: price, high: price, low: price, close: price, volume: 0.0 }
}

#[cfg(test)]
mod tests;
