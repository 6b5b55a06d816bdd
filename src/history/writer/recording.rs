//! Keeps the bars of a source as it has them: its corrections win, and what a split has changed goes.

use rusqlite::Result;

use super::rows;
use super::statements::{SeriesRow, Statements};
use crate::history::push::{RowFault, TimedBar};
use crate::history::record::SourceBars;
use crate::history::ticks::FormingBar;
use crate::interval::Interval;
use crate::view::Session;

/// What became of the bars of a source.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordOutcome {
    /// Bars that are new or other than before.
    pub(super) written: usize,
    /// From when on the bars of regular trading are without a gap, by the length of a bar; nothing of those
    /// that are gone.
    pub(super) since: Vec<(Interval, Option<i64>)>,
}

/// Writes them; a fault when there are too many symbols.
pub(super) fn record(
    statements: &mut Statements<'_>,
    told: &SourceBars,
) -> Result<std::result::Result<RecordOutcome, RowFault>> {
    let key = &told.key;
    let at = told.at.as_millisecond();
    let symbol = match rows::symbol(statements, &key.source, &key.symbol, told.symbols, at)? {
        Ok(symbol) => symbol,
        Err(fault) => return Ok(Err(fault)),
    };
    let are_dropped = drop_restated(statements, symbol, told)?;
    let series = statements.series(symbol, key.interval, key.session)?;
    let written = write(statements, series, told)?;
    statements.touch_symbol(symbol, at)?;
    let all = statements.unbroken(symbol)?.into_iter();
    let regular = all.filter(|(_, session, _)| session == Session::Regular.as_str());
    let changed = regular.filter(|(interval, ..)| are_dropped || *interval == key.interval);
    let since = changed.map(|(interval, _, since)| (interval, since)).collect();
    Ok(Ok(RecordOutcome { written, since }))
}

/// Takes out the bars of all lengths whose prices are no longer those of the source. Whether there were any to
/// look for.
fn drop_restated(statements: &Statements<'_>, symbol: i64, told: &SourceBars) -> Result<bool> {
    if told.is_restated {
        statements.drop_before(symbol, i64::MAX)?;
    }
    let known = statements.split(symbol)?;
    let Some(split) = told.split.filter(|split| known.is_none_or(|known| known < *split)) else {
        return Ok(told.is_restated);
    };
    statements.drop_before(symbol, split)?;
    statements.set_split(symbol, split)?;
    Ok(true)
}

/// Writes what differs from what is kept; how many bars did.
fn write(
    statements: &mut Statements<'_>,
    mut series: SeriesRow,
    told: &SourceBars,
) -> Result<usize> {
    let times = told.bars.times();
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Ok(0) };
    // A tail follows what was told before it; an answer of everything may begin behind a gap.
    let newest = statements.last_bar(series.id)?;
    let joins = !told.is_whole || newest.is_some_and(|newest| newest >= first);
    let known = series.unbroken.filter(|_| joins);
    series.unbroken = Some(known.map_or(first, |known| known.min(first)));
    let mut kept = statements.bars_between(series.id, first, last)?.into_iter().peekable();
    let mut written = 0;
    for bar in told.bars.iter() {
        while let Some(other) = kept.next_if(|kept| kept.ts < bar.ts) {
            // The source no longer has it.
            if told.is_whole {
                series.bars = series.bars.saturating_sub(statements.drop_bar(series.id, other.ts)?);
            }
        }
        let known = kept.next_if(|kept| kept.ts == bar.ts);
        if known == Some(bar) {
            continue;
        }
        let kept = TimedBar { bar, is_final: true };
        statements.put_bar(series.id, &FormingBar { kept, opened: None, closed: None })?;
        written += 1;
        series.bars += usize::from(known.is_none());
    }
    statements.set_series(&series)?;
    statements.describe_series(series.id, &told.about)?;
    Ok(written)
}
