//! What is asked of a source that has to be asked again and again.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::coverage::Coverage;
use super::error::SourceError;
use super::update::Fetched;
use crate::clock::Clock;
use crate::interval::{self, Interval};
use crate::shares::Holders;
use crate::symbol::Symbol;
use crate::view::{Range, Session};

/// Answers requests for bars. [`Polled`](super::Polled) makes a source of it. Asked for one series by one
/// task at a time, for many series at once.
#[async_trait]
pub trait Fetch: Debug + Send + Sync + 'static {
    /// Name used in the configuration, figures and logs.
    fn name(&self) -> &'static str;

    /// How often it makes sense, and is allowed, to ask.
    fn policy(&self) -> PollPolicy;

    /// Which bars of a symbol there are, and how far back. A symbol that does not exist has whatever
    /// others have: that it does not is for [`fetch`](Self::fetch) to say.
    fn coverage(&self, _symbol: &Symbol) -> Coverage {
        Coverage::UNBOUNDED
    }

    /// The clock that a symbol lives by: a recording has a time of its own.
    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock>;

    /// Fetches the bars of one series. Dropping the future abandons the request.
    ///
    /// # Errors
    /// [`SourceError`], by what the caller should do about it.
    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError>;

    /// How far before its last bar a series is fetched again, in seconds: the bar before the forming one
    /// may still change for a minute or two. A tail of days holds the one before, whose close is the
    /// previous one, over any holidays.
    fn overlap(&self, grain: Interval) -> i64 {
        if grain.is_intraday() { 5 * 60 } else { 14 * interval::DAY }
    }

    /// Whether all requests pause, because one was refused; none where nobody is asked who could.
    fn is_paused(&self) -> Option<bool> {
        None
    }

    /// How it stands with requests like this one that wait for their turn, where they are rationed.
    fn backlog(&self, _request: &FetchRequest) -> Backlog {
        Backlog::default()
    }
}

/// How often a source may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollPolicy {
    /// Shortest useful time between two fetches of one series.
    pub min_poll: Duration,
    /// The same while its market is closed.
    pub closed_poll: Duration,
    /// Fetches per second that the whole process may make; `None` is unlimited.
    pub request_rate: Option<f64>,
}

impl PollPolicy {
    /// The policy for bars of `grain`. Where requests are rationed, those for hours and days are
    /// made three and six times more rarely: their charts hardly move in between.
    #[must_use]
    pub const fn of(self, grain: Interval) -> Self {
        Self { min_poll: self.min_poll.saturating_mul(self.slower(grain)), ..self }
    }

    /// The policy while the market is closed.
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
pub struct FetchRequest {
    /// The symbol whose bars are asked for.
    pub symbol: Symbol,
    /// How long each bar is.
    pub interval: Interval,
    /// How far back.
    pub window: Window,
    /// Which part of the day.
    pub session: Session,
    /// Which queue it waits in.
    pub priority: Priority,
    /// The clients that it is for, those that join while it waits included.
    pub watchers: Arc<Holders>,
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

/// How urgent a request is, where requests are rationed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The series is on a screen and has had bars.
    Live,
    /// The series has no bars yet.
    Cold,
    /// A person looks for a symbol.
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
