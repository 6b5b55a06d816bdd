//! Why a query is not a view, and what would be one.

use super::compare::CompareError;
use super::range::Range;
use crate::brand::BrandError;
use crate::choice::Choice;
use crate::interval::Interval;
use crate::study::StudyError;
use crate::symbol::{SymbolError, UnknownSource};

/// Longest part of a bad key or value that an error message repeats.
const ECHO_LEN: usize = 40;

/// Why a query is not a view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// A key that no view has.
    #[error("unknown option {key:?}: a view has {allowed}")]
    UnknownKey {
        /// What was given, shortened.
        key: String,
        /// The keys there are.
        allowed: String,
    },
    /// A value outside the option's set.
    #[error("{key} cannot be {value:?}: it is {allowed}")]
    BadValue {
        /// The option.
        key: &'static str,
        /// What was given, shortened.
        value: String,
        /// The values there are.
        allowed: String,
    },
    /// Colours that cannot be read.
    #[error(transparent)]
    Colors(#[from] BrandError),
    /// A list of studies that cannot be read.
    #[error(transparent)]
    Studies(#[from] StudyError),
    /// A key that does not begin with a symbol.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A symbol of a source that is not there.
    #[error(transparent)]
    Source(#[from] UnknownSource),
    /// A part of a key that is no option.
    #[error("{part:?} is no option of a view: write SYMBOL;OPTION=VALUE, as in AAPL;range=5d")]
    NoOption {
        /// What was given, shortened.
        part: String,
    },
    /// A list of symbols to compare with that cannot be read.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// An option that a comparison cannot be drawn with.
    #[error("a comparison is drawn in percent on axes: {key} cannot be {value} with compare")]
    NotCompared {
        /// The option.
        key: &'static str,
        /// What was given.
        value: &'static str,
    },
    /// An interval and a range that do not go together.
    #[error(
        "there is no chart of {interval} bars over {}: range can be {allowed} with interval {interval}",
        range.as_str()
    )]
    Impossible {
        /// Length of a bar.
        interval: Interval,
        /// How far back.
        range: Range,
        /// The ranges there are.
        allowed: String,
    },
    /// An option given twice.
    #[error("{key} is given more than once")]
    Repeated {
        /// The option.
        key: &'static str,
    },
}

/// The value of a choice by its name.
///
/// # Errors
/// [`ViewError::BadValue`], which lists the values there are.
pub fn pick<T: Choice>(key: &'static str, value: &str) -> Result<T, ViewError> {
    let found = T::VALUES.iter().copied().find(|choice| choice.name() == value);
    found.ok_or_else(|| ViewError::BadValue {
        key,
        value: shorten(value),
        allowed: listed(T::VALUES.iter().map(|choice| choice.name())),
    })
}

/// Refuses a pair that no chart has.
///
/// # Errors
/// [`ViewError::Impossible`], which lists the ranges of the interval.
pub fn check_possible(interval: Interval, range: Range) -> Result<(), ViewError> {
    let possible = Range::of(interval);
    if possible.contains(&range) {
        return Ok(());
    }
    let allowed = listed(possible.into_iter().map(Range::as_str));
    Err(ViewError::Impossible { interval, range, allowed })
}

/// `a`, `a or b`, `a, b or c`.
pub fn listed(names: impl IntoIterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The beginning of a text from outside.
pub fn shorten(text: &str) -> String {
    text.chars().take(ECHO_LEN).collect()
}
