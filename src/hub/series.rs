//! What passes from a feed to the renderers that draw it.

mod form;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::status::Health;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, SessionNow, Timetable};
use crate::source::{Fetched, Known, Quote};

/// Which state of a series: its feed and the number of the change. It grows with every change that would
/// draw another figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// When the feed began, in milliseconds since 1970.
    pub epoch: i64,
    /// Number of the change, from 1.
    pub seq: u64,
}

impl Version {
    /// That of a series that was not published.
    pub const NONE: Self = Self { epoch: 0, seq: 0 };

    /// Before the first change of a feed that begins `now`.
    #[must_use]
    pub fn starting(now: Timestamp) -> Self {
        Self { epoch: now.as_millisecond(), seq: 0 }
    }

    /// That of the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { seq: self.seq + 1, ..self }
    }
}

/// A series as a feed keeps it: the source's newest answer, its bars and hours joined with those known
/// before.
#[derive(Debug, Clone)]
pub struct Series {
    /// Which state of it this is.
    pub version: Version,
    /// The bars.
    pub bars: Bars,
    /// Whose they are, with the decimals that its prices are shown with.
    pub instrument: Instrument,
    /// Most decimals of its closes.
    pub decimals: Option<u8>,
    /// When they were traded.
    pub hours: Hours,
    /// What the market does at any time.
    pub timetable: Timetable,
    /// What it was doing when that was last looked up.
    pub session: Option<SessionNow>,
    /// The newest price, where it is known apart from the bars and no older than they are.
    pub quote: Option<Quote>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// Newest share split, epoch seconds.
    pub split: Option<i64>,
    /// When this process was told of it.
    pub seen: Seen,
}

/// When this process was told of a series: how long its figures take is counted from here. It is no part of what is
/// drawn, nor of what other processes are told.
#[derive(Clone, Copy)]
pub struct Seen(Instant);

impl Seen {
    /// At this moment.
    #[must_use]
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen")
    }
}

impl Series {
    /// The instant that the newest data speaks of.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        let last = self.bars.last().and_then(|bar| Timestamp::from_second(bar.ts).ok());
        self.quote.map(|quote| quote.at).or(last)
    }
}

/// The bars of a series that was fetched as bars of `grain`, as bars of `interval`.
pub fn bars_at(series: &Series, grain: Interval, interval: Interval) -> Cow<'_, Bars> {
    if grain == interval {
        return Cow::Borrowed(&series.bars);
    }
    let slots = series.instrument.slots(grain, interval, &series.hours);
    Cow::Owned(series.bars.resample(&slots))
}

/// Whether figures of both would be the same: the instant of a quote alone draws nothing.
pub fn draws_like(one: &Series, other: &Series) -> bool {
    let price = |series: &Series| series.quote.map(|quote| quote.price);
    one.bars == other.bars
        && price(one) == price(other)
        && one.instrument == other.instrument
        && one.session == other.session
        && one.delay == other.delay
        && one.split == other.split
        && one.hours == other.hours
        && one.timetable == other.timetable
}

/// What a feed tells its renderers.
#[derive(Debug, Clone)]
pub struct FeedOutput {
    /// The series, once there is one. The same `Arc` as long as it would draw the same figure.
    pub series: Option<Arc<Series>>,
    /// How the feed is doing.
    pub health: Health,
}

impl FeedOutput {
    /// Whether the other says nothing else.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let address = |output: &Self| output.series.as_ref().map(Arc::as_ptr);
        address(self) == address(other) && self.health == other.health
    }

    /// What a source need not be asked for again; nothing before it has answered with everything.
    #[must_use]
    pub fn as_known(&self) -> Option<Known> {
        let (series, refreshed) = (self.series.as_ref()?, self.health.refreshed?);
        let fetched = Fetched {
            bars: series.bars.clone(),
            instrument: series.instrument.clone(),
            hours: series.hours.clone(),
            quote: series.quote,
            delay: series.delay,
            timetable: series.timetable.clone(),
            split: series.split,
        };
        Some(Known { fetched, refreshed })
    }

    /// Whether its series is an earlier version than that of the other.
    #[must_use]
    pub fn is_older(&self, other: &Self) -> bool {
        let version = |output: &Self| output.series.as_ref().map(|series| series.version);
        version(self).zip(version(other)).is_some_and(|(ours, theirs)| ours < theirs)
    }
}
