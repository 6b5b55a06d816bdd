//! Writes bars and ticks into the file, and says what became of each.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Result;

use super::statements::{SeriesRow, Statements};
use crate::history::push::{
    KeptRows, Limits, Push, PushOutcome, PushRows, RowFault, Tick, TimedBar,
};
use crate::history::ticks::FormingBar;
use crate::symbol::Symbol;
use crate::view::Session;

/// A hundredth of what is kept may be too much, so that not every bar takes another one out.
const SPARE: usize = 100;

/// Writes a push. Where it has faults and is not partial, the caller undoes all of it.
pub(super) fn push(statements: &mut Statements<'_>, push: &Push) -> Result<PushOutcome> {
    let mut outcome = PushOutcome::default();
    let at = push.at.as_millisecond();
    for part in &push.symbols {
        let line = part.lines().next().unwrap_or(1);
        let symbol = match symbol(statements, push.source, &part.symbol, push.limits.symbols, at)? {
            Ok(symbol) => symbol,
            Err(fault) => {
                outcome.faults.push(RowFault { line, ..fault });
                continue;
            }
        };
        let series = statements.series(symbol, part.interval(), Session::Regular)?;
        let mut part = Part {
            statements,
            series,
            limits: push.limits,
            kept: KeptRows {
                symbol: part.symbol.clone(),
                interval: part.interval(),
                accepted: 0,
                replaced: 0,
                corrected: 0,
                unchanged: 0,
                last: None,
                changed: None,
            },
            faults: &mut outcome.faults,
        }
        .write(&part.rows)?;
        statements.touch_symbol(symbol, at)?;
        part.last = statements.last_bar(series.id)?;
        outcome.symbols.push(part);
    }
    Ok(outcome)
}

/// Keeps what is known of a symbol besides its bars; a fault when there are too many symbols.
pub(super) fn describe(
    statements: &mut Statements<'_>,
    source: &str,
    of: &Symbol,
    about: &str,
    most: usize,
    at: Timestamp,
) -> Result<Option<RowFault>> {
    match symbol(statements, source, of, most, at.as_millisecond())? {
        Ok(id) => statements.describe(id, about).map(|()| None),
        Err(fault) => Ok(Some(fault)),
    }
}

/// The symbol's row, which may be new; why it may not be.
pub(super) fn symbol(
    statements: &mut Statements<'_>,
    source: &str,
    symbol: &Symbol,
    most: usize,
    at: i64,
) -> Result<Result<i64, RowFault>> {
    if let Some(found) = statements.symbol(source, symbol)? {
        return Ok(Ok(found));
    }
    if statements.symbols(source)? >= most {
        return Ok(Err(RowFault::of_symbol(1, symbol, most)));
    }
    statements.add_symbol(source, symbol, at).map(Ok)
}

/// One symbol's part of a push on its way into the file.
struct Part<'a, 'c> {
    statements: &'a mut Statements<'c>,
    series: SeriesRow,
    limits: Limits,
    kept: KeptRows,
    faults: &'a mut Vec<RowFault>,
}

impl Part<'_, '_> {
    fn write(mut self, rows: &PushRows) -> Result<KeptRows> {
        match rows {
            PushRows::Bars(_, bars) => self.bars(bars)?,
            PushRows::Ticks(ticks) => self.ticks(ticks)?,
        }
        self.statements.set_series(&self.series)?;
        Ok(self.kept)
    }

    fn bars(&mut self, bars: &[(usize, TimedBar)]) -> Result<()> {
        let mut newest = self.statements.last_bar(self.series.id)?;
        for (_, bar) in bars {
            let known = self.statements.bar(self.series.id, bar.bar.ts)?;
            match known {
                Some(known) if known.kept == *bar => {
                    self.kept.unchanged += 1;
                    continue;
                }
                Some(_) => {
                    self.kept.replaced += 1;
                    self.kept.corrected += usize::from(Some(bar.bar.ts) < newest);
                }
                None => self.kept.accepted += 1,
            }
            newest = newest.max(Some(bar.bar.ts));
            self.put(&FormingBar { kept: *bar, opened: None, closed: None }, known.is_none())?;
        }
        self.drop_oldest(|cut| {
            bars.iter().filter(move |(_, bar)| bar.bar.ts <= cut).map(|(line, _)| *line)
        })
    }

    fn ticks(&mut self, ticks: &[(usize, Tick)]) -> Result<()> {
        let id = self.series.id;
        let mut changed: BTreeMap<i64, (FormingBar, bool)> = BTreeMap::new();
        for (line, tick) in ticks {
            let identity = tick.identity();
            if self.series.forgotten.is_some_and(|forgotten| tick.at <= forgotten) {
                if self.statements.knows_tick(id, &identity)? {
                    self.kept.unchanged += 1;
                } else {
                    self.faults.push(RowFault::of_old_tick(*line, self.limits.ticks));
                }
                continue;
            }
            if !self.statements.add_tick(id, &identity, tick.at)? {
                self.kept.unchanged += 1;
                continue;
            }
            self.kept.accepted += 1;
            self.series.ticks += 1;
            let start = tick.slot();
            let (bar, is_new) = match changed.get(&start) {
                Some((bar, is_new)) => (bar.with(tick), *is_new),
                None => match self.statements.bar(id, start)? {
                    Some(bar) => (bar.with(tick), false),
                    None => (FormingBar::of(tick), true),
                },
            };
            changed.insert(start, (bar, is_new));
        }
        for (bar, is_new) in changed.values() {
            self.put(bar, *is_new)?;
        }
        self.forget_oldest(ticks)?;
        self.drop_oldest(|cut| {
            ticks.iter().filter(move |(_, tick)| tick.slot() <= cut).map(|(line, _)| *line)
        })
    }

    fn put(&mut self, bar: &FormingBar, is_new: bool) -> Result<()> {
        self.statements.put_bar(self.series.id, bar)?;
        self.series.bars += usize::from(is_new);
        let ts = bar.kept.bar.ts;
        let (first, last) = self.kept.changed.unwrap_or((ts, ts));
        self.kept.changed = Some((first.min(ts), last.max(ts)));
        Ok(())
    }

    /// Takes out the oldest bars of too many. The rows that are among them, which `lines` tells, were never
    /// kept.
    fn drop_oldest<I: Iterator<Item = usize>>(
        &mut self,
        lines: impl FnOnce(i64) -> I,
    ) -> Result<()> {
        let most = self.limits.bars;
        if self.series.bars <= most + most / SPARE {
            return Ok(());
        }
        let Some(cut) = self.statements.bar_beyond(self.series.id, most)? else { return Ok(()) };
        let dropped = self.statements.drop_bars(self.series.id, cut)?;
        self.series.bars = self.series.bars.saturating_sub(dropped);
        for line in lines(cut) {
            self.kept.accepted = self.kept.accepted.saturating_sub(1);
            self.faults.push(RowFault::of_old_bar(line, most));
        }
        Ok(())
    }

    /// Forgets the oldest ticks of too many, but none that has just come: its sender may send it again.
    fn forget_oldest(&mut self, newest: &[(usize, Tick)]) -> Result<()> {
        let most = self.limits.ticks;
        if self.series.ticks <= most + most / 4 {
            return Ok(());
        }
        let Some(cut) = self.statements.tick_beyond(self.series.id, most)? else { return Ok(()) };
        let first = newest.iter().map(|(_, tick)| tick.at).min().unwrap_or(i64::MAX);
        let cut = cut.min(first.saturating_sub(1));
        let forgotten = self.statements.drop_ticks(self.series.id, cut)?;
        self.series.ticks = self.series.ticks.saturating_sub(forgotten);
        if forgotten > 0 {
            self.series.forgotten = self.series.forgotten.max(Some(cut));
        }
        Ok(())
    }
}
