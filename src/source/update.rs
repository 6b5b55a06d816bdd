//! What a source says of a series.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::error::SourceError;
use crate::bars::Bars;
use crate::market::{Hours, Instrument, Timetable};

/// How far past now a price is believed, in seconds: clocks differ.
const AHEAD: i64 = 120;

/// What a source says next of a series. `next_check` is when it expects to know more; a source that is
/// told by its upstream expects nothing.
#[derive(Debug)]
pub enum Update {
    /// Everything that the series reaches back to. It takes the place of what was known.
    Whole {
        /// All of it.
        fetched: Fetched,
        /// When it expects to know more.
        next_check: Option<Timestamp>,
    },
    /// The end of the series: its bars replace those of their slots, all others stay.
    Tail {
        /// At least what has changed.
        fetched: Fetched,
        /// When it expects to know more.
        next_check: Option<Timestamp>,
    },
    /// Bars of an earlier time, before the source has answered. Its first answer takes their place as it takes that
    /// of any; until then they are stale, whatever the source is in.
    Kept(Fetched),
    /// The newest price, without a bar.
    Quote(Quote),
    /// The source has looked, and nothing is new.
    Checked {
        /// When it expects to know more.
        next_check: Option<Timestamp>,
    },
    /// The source has asked and waits for the answer.
    Waiting {
        /// What it waits for, in words, once the answer is late.
        late: Option<String>,
        /// When it is its turn, where it waits for one.
        next_check: Option<Timestamp>,
    },
    /// The source has no answer. What was known stays.
    Trouble {
        /// Why.
        error: SourceError,
        /// When it tries again.
        next_check: Option<Timestamp>,
    },
    /// The source gets bars in a lesser way than it should, until it says otherwise: they are worth
    /// less than they seem.
    Impaired {
        /// Why, in words; `None` once all is as it should be.
        why: Option<String>,
    },
    /// The symbol does not exist. No update follows.
    NotFound(SourceError),
}

impl Update {
    /// The outcome that it tells, as the label of a metric, if it tells one.
    #[must_use]
    pub const fn outcome(&self) -> Option<&'static str> {
        match self {
            Self::Whole { .. } | Self::Tail { .. } | Self::Checked { .. } => Some("ok"),
            Self::Trouble { error, .. } | Self::NotFound(error) => Some(error.kind()),
            Self::Kept(_) | Self::Quote(_) | Self::Waiting { .. } | Self::Impaired { .. } => None,
        }
    }
}

/// Bars of a series, and what is known of it besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// The bars; none is a valid answer (weekend, new listing).
    pub bars: Bars,
    /// The instrument, freshly described.
    pub instrument: Instrument,
    /// When the bars were traded.
    pub hours: Hours,
    /// The newest price and its instant when the source tells them apart from the bars, such as an
    /// auction's after the close.
    pub quote: Option<Quote>,
    /// How old the source's data is by design, when known.
    pub delay: Option<Duration>,
    /// What the market does at any time, as far as it is known.
    pub timetable: Timetable,
    /// Newest share split the source told of, epoch seconds. Prices before it have changed.
    pub split: Option<i64>,
}

/// What is known of a series that is opened, as its source told it to another process.
#[derive(Debug, Clone)]
pub struct Known {
    /// All of it.
    pub fetched: Fetched,
    /// When the source was last asked for everything.
    pub refreshed: Instant,
}

/// A price at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// In the instrument's currency.
    pub price: f64,
    /// When it was traded.
    pub at: Timestamp,
}

impl Quote {
    /// Whether it can have been traded, when it is `now` at the source.
    #[must_use]
    pub fn is_believed(&self, now: i64) -> bool {
        self.at.as_second().saturating_sub(now) <= AHEAD
    }
}
