//! Bar lengths: what one bar of a series spans.

use std::fmt;

use serde::Serialize;

/// The length of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub enum Interval {
    /// One minute.
    #[default]
    #[serde(rename = "1m")]
    Minute1,
}

impl Interval {
    /// Every interval, shortest first.
    pub const ALL: [Self; 1] = [Self::Minute1];

    /// The name used in queries, view keys and upstream requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute1 => "1m",
        }
    }

    /// Length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute1 => 60,
        }
    }

    /// The start, in epoch seconds, of the slot that holds `ts`.
    #[must_use]
    pub const fn floor(self, ts: i64) -> i64 {
        ts - ts.rem_euclid(self.seconds())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
