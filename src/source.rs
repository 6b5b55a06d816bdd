//! Where bars come from: one small trait, and an implementation a folder.

mod error;
mod favourites;
mod lookback;
mod open;
pub mod replay;
mod search;
pub mod sim;
pub mod yahoo;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::bars::Bars;
use crate::clock::Clock;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Timetable};
use crate::shares::{Client, Holders};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

pub use error::SourceError;
pub use lookback::{Lookback, OutOfRange, Supply};
pub use open::{OpenError, calendars, check, open};
pub use search::{Kind, Listing, MAX_LISTINGS, MAX_SEARCH_LEN, Search, SearchError};

/// A provider of bars. Called by one feed at a time per series, by many feeds at once.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// Name used in the configuration, figures and logs.
    fn name(&self) -> &'static str;

    /// How often it makes sense, and is allowed, to ask.
    fn pace(&self) -> Pace;

    /// Which bars of a symbol there are, and how far back. A symbol that does not exist has whatever
    /// others have: that it does not is for [`fetch`](Self::fetch) to say.
    fn lookback(&self, _symbol: &Symbol) -> Lookback {
        Lookback::UNBOUNDED
    }

    /// What time it is at the source: a recording has a time of its own.
    fn now(&self, _symbol: &Symbol, clock: &dyn Clock) -> Timestamp {
        clock.now()
    }

    /// Whether it has bars from before and after regular trading. Where not, both parts of a day are the
    /// same series.
    fn has_extended(&self) -> bool {
        false
    }

    /// Fetches the bars of one series. Dropping the future abandons the request.
    ///
    /// # Errors
    /// [`SourceError`], by what the caller should do about it.
    async fn fetch(&self, request: &Request, clock: &dyn Clock) -> Result<Fetched, SourceError>;

    /// How it stands with requests like this one that wait for their turn, where they are rationed.
    fn backlog(&self, _request: &Request) -> Backlog {
        Backlog::default()
    }

    /// Symbols that a person may mean, best first, at most [`MAX_LISTINGS`]; without words those that
    /// it would show first. A source that knows none by name finds none. `client` is who searches.
    /// Dropping the future abandons the search.
    ///
    /// # Errors
    /// [`SourceError`], by what the caller should do about it.
    async fn search(
        &self,
        _search: &Search,
        _client: Option<Client>,
        _clock: &dyn Clock,
    ) -> Result<Vec<Listing>, SourceError> {
        Ok(Vec::new())
    }
}

/// The rhythm a source asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Shortest useful time between two fetches of one series.
    pub min_poll: Duration,
    /// The same while its market is closed.
    pub closed_poll: Duration,
    /// Fetches a second the whole process may make; `None` is unlimited.
    pub request_rate: Option<f64>,
}

impl Pace {
    /// The rhythm for bars of `grain`. Where requests are rationed, those for hours and days are
    /// made three and six times more rarely: their charts hardly move in between.
    #[must_use]
    pub const fn of(self, grain: Interval) -> Self {
        Self { min_poll: self.min_poll.saturating_mul(self.slower(grain)), ..self }
    }

    /// The rhythm while the market is closed.
    #[must_use]
    pub fn while_closed(self) -> Self {
        Self { min_poll: self.min_poll.max(self.closed_poll), ..self }
    }

    /// How many times more rarely than for minutes requests are made for bars of `grain`.
    #[must_use]
    pub const fn slower(self, grain: Interval) -> u32 {
        match grain {
            _ if self.request_rate.is_none() => 1,
            Interval::Hour1 | Interval::Hour2 | Interval::Hour4 => 3,
            Interval::Day1 | Interval::Week1 | Interval::Month1 => 6,
            _ => 1,
        }
    }
}

/// What to fetch.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose bars.
    pub symbol: Symbol,
    /// How long each bar is.
    pub interval: Interval,
    /// How far back.
    pub window: Window,
    /// Which part of the day.
    pub session: Session,
    /// Which queue it waits in.
    pub lane: Lane,
    /// The clients that it is for, those that join while it waits included.
    pub holders: Arc<Holders>,
}

/// How far back a fetch reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last so many trading days, the newest included.
    Days(u16),
    /// The last so many months of the calendar.
    Months(u16),
    /// Everything the source has.
    All,
    /// Every bar that starts at or after this epoch second. A source may answer with more.
    Since(i64),
}

impl From<Range> for Window {
    fn from(range: Range) -> Self {
        match range {
            Range::Day1 => Self::Days(1),
            Range::Day5 => Self::Days(5),
            Range::YearToDate => Self::Months(12),
            _ => range.months().map_or(Self::All, Self::Months),
        }
    }
}

/// Which queue a fetch waits in when requests are rationed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The series is on somebody's screen and has had bars.
    Live,
    /// The series has no bars yet.
    Cold,
    /// Somebody looks for a symbol.
    Search,
}

/// How it stands with requests that wait for their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// How many series wait.
    pub waiting: usize,
    /// About how long one waits that begins to now.
    pub wait: Duration,
    /// Time from one turn to the next.
    pub turn: Duration,
}

/// The answer to a [`Request`].
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

/// A price at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// In the instrument's currency.
    pub price: f64,
    /// When it was traded.
    pub at: Timestamp,
}
