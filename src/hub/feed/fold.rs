//! What becomes of a series when its source has answered: which rows are believed, and which of the
//! known bars stay.

use log::{debug, info, warn};

use crate::bars::{Bars, decimals};
use crate::hub::series::{FeedKey, Series};
use crate::interval::DAY;
use crate::source::Fetched;
use crate::view::Range;

/// How far past now a price is believed, in seconds: clocks differ.
const AHEAD: i64 = 120;
/// How far past now a bar may begin, in intervals.
const INTERVALS_AHEAD: i64 = 2;

/// Folds the answers of one source into one series.
#[derive(Debug, Default)]
pub struct Fold {
    /// The bars of a whole answer that had fewer than are known, until another answer says the same.
    doubted: Option<Bars>,
    /// Newest share split that any answer told of, epoch seconds. An answer of everything may not tell
    /// the one that the tails tell.
    split: Option<i64>,
}

/// An answer that has arrived, and what was asked.
pub struct Arrival<'a> {
    /// The series it is about.
    pub key: &'a FeedKey,
    /// Whether everything was asked for, and not the tail.
    pub is_whole: bool,
    /// What was answered.
    pub fetched: Fetched,
    /// Epoch second at the source.
    pub now: i64,
}

/// What an answer makes of a series.
pub enum Folded {
    /// The series as it is now.
    Series(Box<Series>),
    /// The same, and everything has to be asked for once more: the answer has fewer bars than are known.
    Doubted(Box<Series>),
    /// Everything has to be asked for first: a split has changed the prices before it.
    Split,
}

impl Arrival<'_> {
    /// `bars` without those from the future. Of a clock that was ahead and was set back, the known bars
    /// are, too.
    fn believed(&self, bars: &Bars) -> Bars {
        bars.before(self.now.saturating_add(INTERVALS_AHEAD * self.key.grain.seconds() + 1))
    }

    /// The known bars that an answer of everything does not reach back to, as far as the feed does.
    fn older(&self, known: &Series, first: i64) -> Bars {
        let older = self.believed(&known.bars).before(first);
        if self.key.depth == Range::Max {
            return older;
        }
        let since = self.now.saturating_sub(i64::from(self.key.depth.days()) * DAY);
        // Days are kept whole.
        older.since(known.hours.day_of(since, &known.instrument.zone).unwrap_or(since))
    }
}

impl Fold {
    /// Folds `answer` into what is `known`.
    pub fn take(&mut self, known: Option<&Series>, mut answer: Arrival) -> Folded {
        let rows = answer.fetched.bars.len();
        answer.fetched.bars = answer.believed(&answer.fetched.bars);
        if let unbelieved @ 1.. = rows - answer.fetched.bars.len() {
            warn!("feed {}: {unbelieved} bars of the future are not believed", answer.key);
        }
        answer.fetched.quote.take_if(|quote| quote.at.as_second() - answer.now > AHEAD);
        let is_news = answer.fetched.split > self.split;
        self.split = self.split.max(answer.fetched.split);
        let Some(known) = known else {
            let bars = answer.fetched.bars.clone();
            return Folded::Series(Box::new(self.series(None, bars, answer)));
        };
        if !answer.is_whole && is_news {
            info!("feed {}: a share split, fetching the whole series again", answer.key);
            return Folded::Split;
        }
        let was_doubted = self.doubted.is_some();
        let is_restated = answer.is_whole
            && !answer.fetched.bars.is_empty()
            && (self.split > known.split || changes_currency(known, &answer.fetched));
        let bars = if is_restated {
            self.doubted = None;
            answer.fetched.bars.clone()
        } else if answer.is_whole {
            self.joined(known, &answer)
        } else {
            answer.believed(&known.bars).merge(&answer.fetched.bars)
        };
        debug!("feed {}: {} bars", answer.key, bars.len());
        let series = self.series(Some(known).filter(|_| !is_restated), bars, answer);
        // Once more is enough: a source that says something else each time would be asked for all of it.
        let is_doubted = self.doubted.is_some() && !was_doubted;
        if is_doubted { Folded::Doubted(series.into()) } else { Folded::Series(series.into()) }
    }

    /// An answer of everything in the place of the known bars from its first one on. One that has fewer
    /// of them is a mistake until it comes twice, and only adds.
    fn joined(&mut self, known: &Series, answer: &Arrival) -> Bars {
        let (bars, known_bars) = (&answer.fetched.bars, answer.believed(&known.bars));
        let Some(&first) = bars.times().first() else {
            return known_bars;
        };
        let is_shrunk = known_bars.since(first).len() > bars.len();
        let before = self.doubted.take();
        if is_shrunk && !before.is_some_and(|before| before.agrees_with(bars)) {
            self.doubted = Some(bars.clone());
            return known_bars.merge(bars);
        }
        answer.older(known, first).merge(bars)
    }

    /// The series of `bars`, of which `known` tells what the answer does not.
    fn series(&self, known: Option<&Series>, bars: Bars, answer: Arrival) -> Series {
        let Arrival { is_whole, fetched, now, .. } = answer;
        let first = bars.times().first().copied();
        let hours = match known {
            Some(known) => known.hours.since(first.unwrap_or(now)).merge(fetched.hours),
            None => fetched.hours,
        };
        let timetable = match known {
            Some(known) => known.timetable.since(first.unwrap_or(now)).merge(fetched.timetable),
            None => fetched.timetable,
        };
        let session = timetable.session_at(now);
        let decimals = if is_whole {
            decimals::of(bars.closes())
        } else {
            decimals::of(fetched.bars.closes()).max(known.and_then(|known| known.decimals))
        };
        let last = bars.last();
        let quote =
            fetched.quote.filter(|quote| last.is_none_or(|bar| bar.ts <= quote.at.as_second()));
        let mut instrument = fetched.instrument;
        if let Some(price) = quote.map(|quote| quote.price).or(last.map(|bar| bar.close)) {
            instrument.price_decimals =
                Some(decimals::shown(instrument.price_decimals, decimals, price));
        }
        // An answer without bars has changed no price.
        let split =
            if fetched.bars.is_empty() { known.and_then(|known| known.split) } else { self.split };
        let delay = fetched.delay;
        Series { bars, instrument, decimals, hours, timetable, session, quote, delay, split }
    }
}

/// Whether both name a currency, and not the same.
fn changes_currency(known: &Series, fetched: &Fetched) -> bool {
    let (known, fetched) = (&known.instrument.currency, &fetched.instrument.currency);
    known.is_some() && fetched.is_some() && known != fetched
}

#[cfg(test)]
mod tests;
