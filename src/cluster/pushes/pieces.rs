//! A large push, in pieces: Redis serves nobody else while it runs a script.

use super::scripts::KeptPart;
use crate::history::{KeptRows, Push, PushOutcome, PushRows, SymbolPush};

/// Most rows of a piece.
pub const ROWS: usize = 2_000;

/// A part of a push that is kept in one step.
#[derive(Debug)]
pub struct PushPiece {
    /// Its rows.
    pub push: Push,
    /// Of each of its symbols, which one of the whole push that is.
    places: Vec<usize>,
}

/// A push in pieces of at most so many rows.
pub fn of(push: &Push, most: usize) -> Vec<PushPiece> {
    let mut pieces: Vec<PushPiece> = Vec::new();
    let mut room = 0;
    for (place, part) in push.symbols.iter().enumerate() {
        let count = part.lines().count();
        let mut from = 0;
        while from < count {
            if room == 0 {
                let Push { source, is_partial, limits, at, .. } = *push;
                let push = Push { source, symbols: Vec::new(), is_partial, limits, at };
                pieces.push(PushPiece { push, places: Vec::new() });
                room = most;
            }
            let to = count.min(from + room);
            let rows = match &part.rows {
                PushRows::Bars(interval, bars) => {
                    PushRows::Bars(*interval, bars[from..to].to_vec())
                }
                PushRows::Ticks(ticks) => PushRows::Ticks(ticks[from..to].to_vec()),
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push.symbols.push(SymbolPush { symbol: part.symbol.clone(), rows });
                piece.places.push(place);
            }
            room -= to - from;
            from = to;
        }
    }
    pieces
}

/// What became of the pieces, as of the whole push.
#[derive(Debug)]
pub struct JoinedOutcome {
    parts: Vec<Option<KeptRows>>,
}

impl JoinedOutcome {
    /// Of a push of which nothing was kept yet.
    pub fn new(push: &Push) -> Self {
        Self { parts: vec![None; push.symbols.len()] }
    }

    /// Takes in what became of a part of a piece.
    pub fn add(&mut self, piece: &PushPiece, kept: KeptPart) {
        let number = kept.number.checked_sub(1);
        let part =
            number.and_then(|at| Some((piece.push.symbols.get(at)?, *piece.places.get(at)?)));
        let Some((part, place)) = part else { return };
        let joined = self.parts[place].get_or_insert_with(|| KeptRows {
            symbol: part.symbol.clone(),
            interval: part.interval(),
            accepted: 0,
            replaced: 0,
            corrected: 0,
            unchanged: 0,
            last: None,
            changed: None,
        });
        joined.accepted += kept.accepted;
        joined.replaced += kept.replaced;
        joined.corrected += kept.corrected;
        joined.unchanged += kept.unchanged;
        joined.last = joined.last.max(kept.last);
        joined.changed = match (joined.changed, kept.changed) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
    }

    /// All of it, in the order in which the push names its symbols.
    pub fn finish(self) -> PushOutcome {
        PushOutcome { symbols: self.parts.into_iter().flatten().collect(), faults: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::{JoinedOutcome, KeptPart, Push, PushRows, SymbolPush, of};
    use crate::bars::Bar;
    use crate::history::{Limits, TimedBar};
    use crate::interval::Interval;
    use crate::symbol::Symbol;

    /// The start of the bar in that line.
    fn start_of(line: usize) -> i64 {
        60 * (i64::try_from(line).expect("small") - 1)
    }

    fn push(counts: &[usize]) -> Push {
        let bar = |ts| Bar { ts, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 };
        let symbols = counts.iter().enumerate().map(|(number, count)| SymbolPush {
            symbol: Symbol::parse(&format!("S{number}")).expect("valid"),
            rows: PushRows::Bars(
                Interval::Minute1,
                (0..*count)
                    .map(|row| (row + 1, TimedBar { bar: bar(start_of(row + 1)), is_final: false }))
                    .collect(),
            ),
        });
        let limits = Limits { symbols: 9, bars: 9, ticks: 9 };
        let at = Timestamp::UNIX_EPOCH;
        Push { source: "pushed", symbols: symbols.collect(), is_partial: false, limits, at }
    }

    proptest! {
        #[test]
        fn pieces_have_every_row_once_in_order_and_are_joined_again(
            counts in proptest::collection::vec(1_usize..20, 1..6), most in 1_usize..12,
        ) {
            let whole = push(&counts);
            let pieces = of(&whole, most);
            let mut joined = JoinedOutcome::new(&whole);
            for (at, piece) in pieces.iter().enumerate() {
                let is_last = at + 1 == pieces.len();
                prop_assert!(piece.push.len() == most || (is_last && piece.push.len() <= most));
                for (number, part) in (1..).zip(&piece.push.symbols) {
                    let starts: Vec<_> = part.lines().map(start_of).collect();
                    let ends = starts.first().copied().zip(starts.last().copied());
                    joined.add(piece, KeptPart {
                        number,
                        accepted: starts.len(),
                        replaced: 0,
                        corrected: 0,
                        unchanged: 0,
                        last: ends.map(|(_, last)| last),
                        changed: ends,
                    });
                }
            }
            let outcome = joined.finish();
            prop_assert_eq!(outcome.symbols.len(), counts.len());
            for ((part, kept), count) in whole.symbols.iter().zip(&outcome.symbols).zip(&counts) {
                prop_assert_eq!(&part.symbol, &kept.symbol);
                prop_assert_eq!(kept.accepted, *count);
                let last = start_of(*count);
                prop_assert_eq!((kept.last, kept.changed), (Some(last), Some((0, last))));
            }
        }
    }
}
