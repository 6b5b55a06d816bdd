//! What nodes tell each other of a series, and its serialised form by the rules of
//! [`source::form`](crate::source::form).

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hub::{DataState, FeedOutput, Health, Series};
use crate::market::{Hours, Timetable};
use crate::source::form::{self, FormError, SessionForm};

/// From so many changed bars on, if they are most of them, the snapshot is shorter than the change.
const MANY: usize = 64;

/// Which entry of which lease: all of a series, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TailPosition {
    /// The lease.
    pub epoch: i64,
    /// Counted from 1.
    pub number: u64,
}

impl TailPosition {
    /// Before all.
    pub const START: Self = Self { epoch: 0, number: 0 };

    /// The next one of the same lease.
    pub const fn next(self) -> Self {
        Self { number: self.number + 1, ..self }
    }

    /// From the id of an entry in the stream.
    pub fn parse(id: &str) -> Option<Self> {
        let (epoch, number) = id.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, number: number.parse().ok()? })
    }
}

/// As Redis spells the ids of a stream.
impl fmt::Display for TailPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

/// What one entry of the tail says, over the one before it.
#[derive(Debug, Clone)]
pub enum TailEntry {
    /// Bars of the series have changed, or what else is known of it.
    Changed(Box<SeriesChange>),
    /// The series is as it was, and its feed does otherwise.
    Health(Health),
    /// The snapshot says it.
    Snapshot,
    /// The lease is given back: another node may lead.
    Released,
}

/// The change from one state of a series to the next.
#[derive(Debug, Clone)]
pub struct SeriesChange {
    /// Bars from here on are replaced.
    cut: i64,
    /// Whether hours and timetable are as they were.
    keeps_hours: bool,
    /// The next state, with the bars from the cut on alone.
    series: Series,
    /// How the feed does then.
    health: Health,
}

impl TailEntry {
    /// From what is known to what is known next.
    pub fn between(known: &FeedOutput, next: &FeedOutput) -> Self {
        let (before, after) = match (&known.series, &next.series) {
            (None, None) => return Self::Health(next.health.clone()),
            (Some(before), Some(after)) if Arc::ptr_eq(before, after) => {
                return Self::Health(next.health.clone());
            }
            (Some(before), Some(after)) => (before, after),
            _ => return Self::Snapshot,
        };
        let common = before.bars.common(&after.bars);
        let changed = after.bars.len() - common;
        if changed > MANY && changed > after.bars.len() / 2 {
            return Self::Snapshot;
        }
        let firsts = [&before.bars, &after.bars].map(|bars| bars.times().get(common).copied());
        let cut = firsts.into_iter().flatten().min().unwrap_or(i64::MAX);
        let keeps_hours = before.hours == after.hours && before.timetable == after.timetable;
        let mut series = Series { bars: after.bars.since(cut), ..Series::clone(after) };
        if keeps_hours {
            (series.hours, series.timetable) = (Hours::UNKNOWN, Timetable::UNKNOWN);
        }
        let health = next.health.clone();
        Self::Changed(Box::new(SeriesChange { cut, keeps_hours, series, health }))
    }

    /// Its serialised form.
    pub fn to_form(&self) -> Result<Vec<u8>, FormError> {
        form::write(&match self {
            Self::Changed(change) => EntryForm::Changed {
                cut: change.cut,
                keeps_hours: change.keeps_hours,
                series: change.series.to_form()?,
                health: (&change.health).into(),
            },
            Self::Health(health) => EntryForm::Health(health.into()),
            Self::Snapshot => EntryForm::Snapshot,
            Self::Released => EntryForm::Released,
        })
    }

    /// What a serialised form holds.
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        Ok(match form::read(bytes)? {
            EntryForm::Changed { cut, keeps_hours, series, health } => {
                let (series, health) = (Series::of_form(&series)?, health.try_into()?);
                Self::Changed(Box::new(SeriesChange { cut, keeps_hours, series, health }))
            }
            EntryForm::Health(health) => Self::Health(health.try_into()?),
            EntryForm::Snapshot => Self::Snapshot,
            EntryForm::Released => Self::Released,
        })
    }
}

impl SeriesChange {
    /// What is known next; nothing where this changes what is not known.
    pub fn over(self, known: &FeedOutput) -> Option<FeedOutput> {
        let Self { cut, keeps_hours, mut series, health } = self;
        let before = known.series.as_ref()?;
        series.bars = before.bars.before(cut).merge(&series.bars);
        if keeps_hours {
            series.hours.clone_from(&before.hours);
            series.timetable.clone_from(&before.timetable);
        }
        Some(FeedOutput { series: Some(Arc::new(series)), health })
    }
}

/// All that is known of a series at one entry.
#[derive(Debug, Clone)]
pub struct SeriesSnapshot {
    /// Which.
    pub position: TailPosition,
    /// What is known then.
    pub output: FeedOutput,
}

impl SeriesSnapshot {
    /// Its serialised form.
    pub fn to_form(&self) -> Result<Vec<u8>, FormError> {
        let series = self.output.series.as_ref().map(|series| series.to_form()).transpose()?;
        let health = (&self.output.health).into();
        form::write(&SnapshotForm { position: self.position, series, health })
    }

    /// What a serialised form holds.
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        let SnapshotForm { position, series, health } = form::read(bytes)?;
        let series = series.map(|bytes| Series::of_form(&bytes)).transpose()?.map(Arc::new);
        Ok(Self { position, output: FeedOutput { series, health: health.try_into()? } })
    }
}

#[derive(Serialize, Deserialize)]
enum EntryForm {
    Changed { cut: i64, keeps_hours: bool, series: Vec<u8>, health: HealthForm },
    Health(HealthForm),
    Snapshot,
    Released,
}

#[derive(Serialize, Deserialize)]
struct SnapshotForm {
    position: TailPosition,
    series: Option<Vec<u8>>,
    health: HealthForm,
}

/// Instants are nanoseconds since 1970.
#[derive(Serialize, Deserialize)]
struct HealthForm {
    state: DataStateForm,
    since: i128,
    message: Option<String>,
    session: Option<SessionForm>,
    as_of: Option<i128>,
    checked: Option<i128>,
    next_check: Option<i128>,
}

#[derive(Serialize, Deserialize)]
enum DataStateForm {
    Loading,
    Live,
    Closed,
    Stale,
    Error,
    NotFound,
    Refused,
    Busy,
}

impl From<&Health> for HealthForm {
    fn from(health: &Health) -> Self {
        let nanos = |at: Option<Timestamp>| at.map(Timestamp::as_nanosecond);
        Self {
            state: health.state.into(),
            since: health.since.as_nanosecond(),
            message: health.message.clone(),
            session: health.session.map(Into::into),
            as_of: nanos(health.as_of),
            checked: nanos(health.checked),
            next_check: nanos(health.next_check),
        }
    }
}

impl TryFrom<HealthForm> for Health {
    type Error = FormError;

    fn try_from(form: HealthForm) -> Result<Self, FormError> {
        let instant = |at: Option<i128>| {
            let at = at.map(Timestamp::from_nanosecond).transpose();
            at.map_err(|_| FormError::Impossible("an instant out of range"))
        };
        let state = form.state.into();
        let since = instant(Some(form.since))?.unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self {
            message: form.message,
            session: form.session.map(TryInto::try_into).transpose()?,
            as_of: instant(form.as_of)?,
            checked: instant(form.checked)?,
            next_check: instant(form.next_check)?,
            ..Self::new(state, since)
        })
    }
}

impl From<DataState> for DataStateForm {
    fn from(state: DataState) -> Self {
        match state {
            DataState::Loading => Self::Loading,
            DataState::Live => Self::Live,
            DataState::Closed => Self::Closed,
            DataState::Stale => Self::Stale,
            DataState::Error => Self::Error,
            DataState::NotFound => Self::NotFound,
            DataState::Refused => Self::Refused,
            DataState::Busy => Self::Busy,
        }
    }
}

impl From<DataStateForm> for DataState {
    fn from(form: DataStateForm) -> Self {
        match form {
            DataStateForm::Loading => Self::Loading,
            DataStateForm::Live => Self::Live,
            DataStateForm::Closed => Self::Closed,
            DataStateForm::Stale => Self::Stale,
            DataStateForm::Error => Self::Error,
            DataStateForm::NotFound => Self::NotFound,
            DataStateForm::Refused => Self::Refused,
            DataStateForm::Busy => Self::Busy,
        }
    }
}

#[cfg(test)]
mod tests;
