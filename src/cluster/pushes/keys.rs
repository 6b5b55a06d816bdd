//! The names of what Redis keeps of pushed bars.

use crate::interval::Interval;
use crate::symbol::Symbol;

/// The keys of all pushed symbols. They share a tag in braces, as one push may be of several symbols.
#[derive(Debug, Clone)]
pub struct PushKeys {
    /// When each symbol was last written to.
    pub symbols: String,
    /// What is known of symbols besides their bars.
    pub about: String,
    /// The series, each with the microsecond up to which its ticks are forgotten.
    pub series: String,
    /// When each symbol was removed that has not been pushed since.
    pub removed: String,
    /// What has changed, a stream.
    pub changes: String,
    /// That a server writes back what Redis has lost, for as long as it does.
    pub refilled: String,
    prefix: String,
}

impl PushKeys {
    /// Those of a cluster.
    pub fn new(prefix: &str) -> Self {
        let name = |what: &str| format!("{prefix}:{{pushed}}:{what}");
        Self {
            symbols: name("symbols"),
            about: name("about"),
            series: name("series"),
            removed: name("removed"),
            changes: name("changes"),
            refilled: name("refilled"),
            prefix: name(""),
        }
    }

    /// The bars of a series.
    pub fn bars(&self, symbol: &Symbol, interval: Interval) -> String {
        format!("{}bars:{symbol}:{interval}", self.prefix)
    }

    /// The ticks of a symbol, so that none is counted twice.
    pub fn ticks(&self, symbol: &Symbol) -> String {
        format!("{}ticks:{symbol}", self.prefix)
    }
}
