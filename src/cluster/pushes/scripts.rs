//! The scripts that write and read pushed bars, each in one step.

use redis::{FromRedisValue, ParsingError, Script, ScriptInvocation, Value};

use jiff::Timestamp;

use super::form::{of_bar, of_tick};
use super::keys::PushKeys;
use crate::history::{Push, PushRows};
use crate::interval::Interval;
use crate::symbol::Symbol;

/// The scripts.
#[derive(Debug)]
pub struct PushScripts {
    take: Script,
    describe: Script,
    remove: Script,
    list: Script,
}

/// What the script says of a push.
#[derive(Debug, Default)]
pub struct TakenParts {
    /// Rows at fault: part, row, reason. The first is 1.
    pub faults: Vec<(usize, usize, String)>,
    /// What became of each part that was kept.
    pub parts: Vec<KeptPart>,
}

/// What became of one part of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptPart {
    /// Which, the first being 1.
    pub number: usize,
    pub accepted: usize,
    pub replaced: usize,
    pub corrected: usize,
    pub unchanged: usize,
    /// The newest bar of the series.
    pub last: Option<i64>,
    /// The first and the last bar that have changed.
    pub changed: Option<(i64, i64)>,
}

/// Number, counts, the newest bar, and the first and the last that have changed.
type PartReply = (usize, usize, usize, usize, usize, Option<i64>, Option<i64>, Option<i64>);

impl FromRedisValue for TakenParts {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (faults, parts): (_, Vec<PartReply>) = FromRedisValue::from_redis_value(value)?;
        let parts = parts.into_iter().map(
            |(number, accepted, replaced, corrected, unchanged, last, from, to)| {
                let changed = from.zip(to);
                KeptPart { number, accepted, replaced, corrected, unchanged, last, changed }
            },
        );
        Ok(Self { faults, parts: parts.collect() })
    }
}

/// All symbols as they are listed: the newest change, when each was written to, what is known of each, and the series.
pub type ListedPushes = (String, Vec<(String, i64)>, Vec<(String, String)>, Vec<String>);

impl PushScripts {
    /// `suffix` is the end of the names of the channels that are told of changes.
    pub fn new(suffix: &str) -> Self {
        let log = include_str!("log.lua");
        let logging =
            |script: &str| Script::new(&format!("local SUFFIX = '{suffix}'\n{log}{script}"));
        Self {
            take: logging(include_str!("take.lua")),
            describe: logging(include_str!("describe.lua")),
            remove: logging(include_str!("remove.lua")),
            list: Script::new(include_str!("list.lua")),
        }
    }

    /// Keeps a push.
    pub fn take(&self, keys: &PushKeys, push: &Push) -> ScriptInvocation<'_> {
        self.with(keys, push, if push.is_partial { "partial" } else { "all" })
    }

    /// Says what is wrong with a push, and keeps nothing.
    pub fn check(&self, keys: &PushKeys, push: &Push) -> ScriptInvocation<'_> {
        self.with(keys, push, "check")
    }

    /// Keeps those of its bars in whose places none are, of symbols that were not removed.
    pub fn fill(&self, keys: &PushKeys, push: &Push) -> ScriptInvocation<'_> {
        self.with(keys, push, "fill")
    }

    fn with(&self, keys: &PushKeys, push: &Push, manner: &str) -> ScriptInvocation<'_> {
        let mut script = self.take.key(&keys.symbols);
        script.key(&keys.series).key(&keys.changes).key(&keys.removed);
        script.arg(push.at.as_millisecond()).arg(push.limits.symbols);
        script.arg(push.limits.bars).arg(push.limits.ticks).arg(manner);
        for part in &push.symbols {
            let interval = part.interval();
            script.key(keys.bars(&part.symbol, interval)).key(keys.ticks(&part.symbol));
            script.arg(part.symbol.as_str()).arg(interval.as_str());
            let (starts, rows): (Vec<i64>, Vec<Vec<u8>>) = match &part.rows {
                PushRows::Bars(_, bars) => {
                    bars.iter().map(|(_, bar)| (bar.bar.ts, of_bar(bar))).unzip()
                }
                PushRows::Ticks(ticks) => {
                    ticks.iter().map(|(_, tick)| (tick.slot(), of_tick(tick))).unzip()
                }
            };
            script.arg(i32::from(matches!(part.rows, PushRows::Ticks(_))));
            script.arg(starts.iter().min().copied().unwrap_or(0));
            script.arg(starts.iter().max().copied().unwrap_or(0)).arg(rows.len());
            for row in rows {
                script.arg(row);
            }
        }
        script
    }

    /// Keeps what is known of a symbol.
    pub fn describe(
        &self,
        keys: &PushKeys,
        symbol: &Symbol,
        about: &str,
        most: usize,
        at: Timestamp,
    ) -> ScriptInvocation<'_> {
        let mut script = self.describe.key(&keys.symbols);
        script.key(&keys.about).key(&keys.changes).key(&keys.removed);
        script.arg(at.as_millisecond()).arg(most).arg(symbol.as_str()).arg(about);
        script
    }

    /// Removes a symbol.
    pub fn remove(&self, keys: &PushKeys, symbol: &Symbol, at: Timestamp) -> ScriptInvocation<'_> {
        let mut script = self.remove.key(&keys.symbols);
        script.key(&keys.series).key(&keys.changes).key(&keys.about);
        script.key(&keys.removed).key(keys.ticks(symbol));
        script.arg(at.as_millisecond()).arg(symbol.as_str());
        for interval in Interval::ALL {
            script.key(keys.bars(symbol, interval)).arg(interval.as_str());
        }
        script
    }

    /// Lists all symbols.
    pub fn list(&self, keys: &PushKeys) -> ScriptInvocation<'_> {
        let mut script = self.list.key(&keys.symbols);
        script.key(&keys.series).key(&keys.changes).key(&keys.about);
        script
    }
}
