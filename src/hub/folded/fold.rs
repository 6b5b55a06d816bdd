//! What becomes of a series with an update of its source: which rows are believed, and which of the
//! known bars stay.

use log::{debug, warn};

use crate::bars::{Bars, decimals};
use crate::hub::series::{Seen, Series, Version};
use crate::interval::DAY;
use crate::source::{Fetched, Quote, SeriesKey};
use crate::view::Range;

/// Folds what one source says into one series.
#[derive(Debug)]
pub struct Fold {
    key: SeriesKey,
    /// Newest share split that any update told of, epoch seconds. One of everything may not tell the one
    /// that the tails tell.
    split: Option<i64>,
}

/// Bars that have arrived.
struct Arrival<'a> {
    key: &'a SeriesKey,
    /// Whether they are everything, and not the tail.
    is_whole: bool,
    fetched: Fetched,
    /// Epoch second at the source.
    now: i64,
}

impl Arrival<'_> {
    /// `bars` without those from the future. Of a clock that was ahead and was set back, the known bars
    /// are, too.
    fn believed(&self, bars: &Bars) -> Bars {
        bars.before(self.key.horizon(self.now))
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
    /// Of the series, that newest split was told.
    pub const fn new(key: SeriesKey, split: Option<i64>) -> Self {
        Self { key, split }
    }

    /// The series after everything of it was `fetched`, when it is `now` at the source.
    pub fn whole(&mut self, known: Option<&Series>, fetched: Fetched, now: i64) -> Series {
        let key = self.key.clone();
        let mut arrival = Arrival { key: &key, is_whole: true, fetched, now };
        self.believe(&mut arrival);
        let Some(known) = known else { return self.first(arrival) };
        let bars = &arrival.fetched.bars;
        let is_restated = !bars.is_empty()
            && (self.split > known.split || changes_currency(known, &arrival.fetched));
        if is_restated {
            return self.first(arrival);
        }
        let bars = match bars.times().first() {
            Some(&first) => arrival.older(known, first).merge(bars),
            None => arrival.believed(&known.bars),
        };
        self.series(Some(known), bars, arrival)
    }

    /// The series after its tail was `fetched`; `None` where the prices of the tail are no longer those of
    /// the known bars, which a share split has changed.
    pub fn tail(&mut self, known: Option<&Series>, fetched: Fetched, now: i64) -> Option<Series> {
        let key = self.key.clone();
        let mut arrival = Arrival { key: &key, is_whole: false, fetched, now };
        self.believe(&mut arrival);
        let Some(known) = known else { return Some(self.first(arrival)) };
        if self.split > known.split {
            debug!("feed {}: a share split, fetching the whole series again", self.key);
            return None;
        }
        let bars = arrival.believed(&known.bars).merge(&arrival.fetched.bars);
        Some(self.series(Some(known), bars, arrival))
    }

    /// The series after a price; `None` where it is none that can be believed, or an old one.
    pub fn quote(known: &Series, quote: Quote, now: i64) -> Option<Series> {
        let is_news = known.as_of().is_none_or(|at| at <= quote.at) && quote.is_believed(now);
        let quote = is_news.then_some(quote)?;
        Some(Series { quote: Some(quote), ..known.clone() })
    }

    /// Takes out what cannot be true, and notes a split.
    fn believe(&mut self, arrival: &mut Arrival) {
        let rows = arrival.fetched.bars.len();
        arrival.fetched.bars = arrival.believed(&arrival.fetched.bars);
        if let unbelieved @ 1.. = rows - arrival.fetched.bars.len() {
            warn!("feed {}: {unbelieved} bars of the future are not believed", self.key);
        }
        let now = arrival.now;
        arrival.fetched.quote.take_if(|quote| !quote.is_believed(now));
        self.split = self.split.max(arrival.fetched.split);
    }

    /// The series of which nothing is known, or nothing holds any more.
    fn first(&self, arrival: Arrival) -> Series {
        let bars = arrival.fetched.bars.clone();
        self.series(None, bars, arrival)
    }

    /// The series of `bars`, of which `known` tells what the answer does not.
    fn series(&self, known: Option<&Series>, bars: Bars, arrival: Arrival) -> Series {
        let Arrival { is_whole, fetched, now, .. } = arrival;
        debug!("feed {}: {} bars", self.key, bars.len());
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
        let version = known.map_or(Version::NONE, |known| known.version);
        Series {
            version,
            bars,
            instrument,
            decimals,
            hours,
            timetable,
            session,
            quote,
            delay,
            split,
            seen: Seen::now(),
        }
    }
}

/// Whether both name a currency, and not the same.
fn changes_currency(known: &Series, fetched: &Fetched) -> bool {
    let (known, fetched) = (&known.instrument.currency, &fetched.instrument.currency);
    known.is_some() && fetched.is_some() && known != fetched
}

#[cfg(test)]
mod tests;
