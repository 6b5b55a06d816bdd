//! What the answers for one series said so far, as far as that decides what is asked next: which answers
//! are believed at once, and when everything has to be asked for again.
//!
//! It keeps times and no prices: the bars themselves are folded where they are drawn from.

use jiff::Timestamp;

use super::times::BarTimes;
use crate::interval::DAY;
use crate::market::Timetable;
use crate::source::key::SeriesKey;
use crate::source::update::Fetched;
use crate::view::Range;

/// Days that times are kept longer than the series reaches back: the series keeps whole days.
const SPARE_DAYS: i64 = 7;

/// What was answered.
#[derive(Debug, Default)]
pub struct Answers {
    /// Whether there was any.
    any: bool,
    /// Bar starts that the series has, in epoch seconds.
    times: BarTimes,
    /// Those of a whole answer that had fewer than are known, until another answer says the same.
    doubted: Option<BarTimes>,
    /// Newest share split that any answer told of, epoch seconds. An answer of everything may not tell
    /// the one that the tails tell.
    split: Option<i64>,
    /// The split that the known prices are after.
    split_of_prices: Option<i64>,
    /// The currency that the newest answer named.
    currency: Option<String>,
    timetable: Timetable,
    /// The instant that the newest data speaks of.
    as_of: Option<Timestamp>,
}

/// What to make of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is what it was asked for.
    Believed,
    /// It has fewer bars than are known: it only adds, and everything has to be asked for once more.
    Doubted,
    /// The same, but once more was enough: a source that says something else each time would be asked for
    /// all of it each time.
    DoubtedAgain,
    /// It is a tail that tells of a new share split: everything has to be asked for first.
    Split,
}

impl Answers {
    /// Whether there was any.
    pub fn any(&self) -> bool {
        self.any
    }

    /// The start of the newest bar.
    pub fn newest(&self) -> Option<i64> {
        self.times.last()
    }

    /// The instant that the newest data speaks of.
    pub const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// What the market does at any time.
    pub const fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// Takes an answer that came at the epoch second `now` of the source; `is_whole` says whether everything
    /// was asked for, and not the tail.
    pub fn take(
        &mut self,
        key: &SeriesKey,
        is_whole: bool,
        fetched: &Fetched,
        now: i64,
    ) -> Verdict {
        let horizon = key.horizon(now);
        let times = before(fetched.bars.times(), horizon);
        self.times.truncate(horizon);
        let is_newly_split = fetched.split > self.split;
        self.split = self.split.max(fetched.split);
        if self.any && !is_whole && is_newly_split {
            return Verdict::Split;
        }
        let is_restated = is_whole
            && !times.is_empty()
            && (self.split > self.split_of_prices || self.changes_currency(fetched));
        let mut verdict = Verdict::Believed;
        if !self.any || is_restated {
            self.doubted = None;
            self.times = times.into();
        } else if is_whole {
            verdict = self.join(times);
            self.forget_before(key, now);
        } else {
            self.times.add(times);
        }
        self.any = true;
        self.note(fetched, now, times.is_empty());
        verdict
    }

    /// An answer of everything in the place of the known bars from its first one on. One that has fewer
    /// of them is a mistake until it comes twice, and only adds.
    fn join(&mut self, times: &[i64]) -> Verdict {
        let Some(&first) = times.first() else { return Verdict::Believed };
        let is_shrunk = self.times.count_since(first) > times.len();
        let doubted = self.doubted.take();
        let answered = BarTimes::from(times);
        if is_shrunk && !doubted.as_ref().is_some_and(|doubted| doubted.agrees_with(&answered)) {
            self.doubted = Some(answered);
            self.times.add(times);
            return if doubted.is_none() { Verdict::Doubted } else { Verdict::DoubtedAgain };
        }
        self.times.truncate(first);
        self.times.add(times);
        Verdict::Believed
    }

    fn forget_before(&mut self, key: &SeriesKey, now: i64) {
        if key.depth != Range::Max {
            let since = now.saturating_sub((i64::from(key.depth.days()) + SPARE_DAYS) * DAY);
            self.times.forget_before(since);
        }
    }

    /// Notes what an answer says besides its bars.
    fn note(&mut self, fetched: &Fetched, now: i64, is_empty: bool) {
        let first = self.times.first();
        let known = self.timetable.since(first.unwrap_or(now));
        self.timetable = known.merge(fetched.timetable.clone());
        let last = self.newest();
        let quote = fetched.quote.filter(|quote| quote.is_believed(now)).map(|quote| quote.at);
        let quote = quote.filter(|at| last.is_none_or(|last| last <= at.as_second()));
        self.as_of = quote.or_else(|| Timestamp::from_second(last?).ok());
        self.currency.clone_from(&fetched.instrument.currency);
        // An answer without bars has changed no price.
        if !is_empty {
            self.split_of_prices = self.split;
        }
    }

    /// Whether both name a currency, and not the same.
    fn changes_currency(&self, fetched: &Fetched) -> bool {
        let (known, newest) = (&self.currency, &fetched.instrument.currency);
        known.is_some() && newest.is_some() && known != newest
    }
}

/// The times before `end`.
fn before(times: &[i64], end: i64) -> &[i64] {
    &times[..times.partition_point(|ts| *ts < end)]
}
