//! How pushed bars, ticks and changes are written in Redis.
//!
//! The script that keeps a push reads and writes these bytes, too: `take.lua`.

use crate::bars::{Bar, Bars};
use crate::history::{KeptBars, Tick, TimedBar};
use crate::interval::Interval;
use crate::source::form::FormError;
use crate::symbol::Symbol;

/// The form that is written, which is the first byte of a bar and of a change.
const FORM: u8 = 1;
/// Bytes of a bar that was written whole.
const WHOLE: usize = 50;
/// Bytes of a bar with the instants of the ticks at its ends.
const WITH_ENDS: usize = 75;
/// The bits of the ends that are known.
const OPENED: u8 = 1;
const CLOSED: u8 = 2;
const SECOND: i64 = 1_000_000_000;

/// A bar as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PushedBar {
    /// The bar, and whether it is over.
    pub kept: TimedBar,
    /// When the ticks were traded that its open and its close are, in nanoseconds of the epoch; none of a bar that was
    /// written whole.
    pub ends: [Option<i64>; 2],
}

/// A bar that is written whole.
pub fn of_bar(TimedBar { bar, is_final }: &TimedBar) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(WHOLE);
    bytes.push(FORM);
    bytes.extend(bar.ts.to_be_bytes());
    for value in [bar.open, bar.high, bar.low, bar.close, bar.volume] {
        bytes.extend(value.to_be_bytes());
    }
    bytes.push(u8::from(*is_final));
    bytes
}

/// A tick, for the script.
pub fn of_tick(tick: &Tick) -> Vec<u8> {
    let mut bytes = tick.identity().to_vec();
    let [second, nano] = [tick.at.div_euclid(SECOND), tick.at.rem_euclid(SECOND)];
    for value in [tick.at.div_euclid(1_000), tick.slot(), second, nano] {
        bytes.extend(value.to_be_bytes());
    }
    bytes.extend(tick.price.to_be_bytes());
    bytes.extend(tick.size.to_be_bytes());
    bytes
}

/// Reads fields one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_at(N.min(self.0.len()));
        self.0 = rest;
        // The length is looked at before.
        field.try_into().unwrap_or([0; N])
    }

    fn number(&mut self) -> i64 {
        i64::from_be_bytes(self.take())
    }

    fn price(&mut self) -> f64 {
        f64::from_be_bytes(self.take())
    }

    fn instant(&mut self) -> i64 {
        let (second, nano) = (self.number(), u32::from_be_bytes(self.take()));
        second.saturating_mul(SECOND).saturating_add(nano.into())
    }
}

impl PushedBar {
    /// Reads a bar.
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        match bytes.first() {
            None => return Err(FormError::Empty),
            Some(&FORM) => {}
            Some(other) => return Err(FormError::Unknown(*other)),
        }
        if ![WHOLE, WITH_ENDS].contains(&bytes.len()) {
            return Err(FormError::Impossible("a bar of that length"));
        }
        let mut fields = Fields(&bytes[1..]);
        let bar = Bar {
            ts: fields.number(),
            open: fields.price(),
            high: fields.price(),
            low: fields.price(),
            close: fields.price(),
            volume: fields.price(),
        };
        if !bar.prices().iter().chain([&bar.volume]).all(|value| value.is_finite()) {
            return Err(FormError::Impossible("a price that is no number"));
        }
        let [is_final, known] = [fields.take::<1>(), fields.take()].map(|[byte]| byte);
        let [opened, closed] = [fields.instant(), fields.instant()];
        let end = |bit, at| (known & bit != 0).then_some(at);
        let kept = TimedBar { bar, is_final: is_final != 0 };
        Ok(Self { kept, ends: [end(OPENED, opened), end(CLOSED, closed)] })
    }

    /// Its form.
    #[cfg(test)]
    fn to_form(self) -> Vec<u8> {
        let mut bytes = of_bar(&self.kept);
        if self.ends == [None, None] {
            return bytes;
        }
        let [opened, closed] = self.ends;
        let bit = |at: Option<i64>, bit| if at.is_some() { bit } else { 0 };
        bytes.push(bit(opened, OPENED) | bit(closed, CLOSED));
        for at in self.ends {
            let at = at.unwrap_or(0);
            bytes.extend(at.div_euclid(SECOND).to_be_bytes());
            bytes.extend(&at.rem_euclid(SECOND).to_be_bytes()[4..]);
        }
        bytes
    }
}

/// Reads the bars of a series, which stand in order.
pub fn read_bars(members: &[Vec<u8>]) -> Result<Vec<PushedBar>, FormError> {
    let bars = members.iter().map(|bytes| PushedBar::of_form(bytes));
    let bars = bars.collect::<Result<Vec<_>, _>>()?;
    if !bars.is_sorted_by(|a, b| a.kept.bar.ts < b.kept.bar.ts) {
        return Err(FormError::Impossible("a bar that does not begin after the one before it"));
    }
    Ok(bars)
}

/// Bars as a series reads them.
pub fn kept(bars: &[PushedBar]) -> KeptBars {
    let closed = bars.last().and_then(|bar| bar.ends[1]);
    KeptBars { bars: bars.iter().map(|bar| bar.kept.bar).collect::<Bars>(), closed }
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushChange {
    /// Rows were pushed.
    Pushed {
        /// Whose.
        symbol: Symbol,
        /// The length of the bars that they are, or that they are in.
        interval: Interval,
        /// When, in milliseconds of the epoch.
        written: i64,
        /// The first and the last bar that have changed, in seconds of the epoch.
        bars: Option<(i64, i64)>,
    },
    /// Something else is known of a symbol besides its bars.
    Described(Symbol),
    /// A symbol is gone, and all that was kept of it.
    Removed(Symbol),
}

impl PushChange {
    /// Reads a change.
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        let text = match bytes.split_first() {
            None => return Err(FormError::Empty),
            Some((&FORM, text)) => str::from_utf8(text).ok(),
            Some((other, _)) => return Err(FormError::Unknown(*other)),
        };
        text.and_then(Self::of_text).ok_or(FormError::Impossible("a change of these words"))
    }

    fn of_text(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let symbol = |name: &str| Symbol::parse_bare(name).ok();
        Some(match words[..] {
            ["push", written, name, interval, first, last] => Self::Pushed {
                symbol: symbol(name)?,
                interval: Interval::ALL.into_iter().find(|known| known.as_str() == interval)?,
                written: written.parse().ok()?,
                bars: match (first, last) {
                    ("-", "-") => None,
                    (first, last) => Some((first.parse().ok()?, last.parse().ok()?)),
                },
            },
            ["about", _, name] => Self::Described(symbol(name)?),
            ["gone", _, name] => Self::Removed(symbol(name)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bar, FormError, Interval, PushChange, PushedBar, Symbol, TimedBar, read_bars};

    fn bar(ts: i64, close: f64, ends: [Option<i64>; 2]) -> PushedBar {
        let bar = Bar { ts, open: 1.5, high: 9.0, low: -2.0, close, volume: 1e9 };
        PushedBar { kept: TimedBar { bar, is_final: ts % 2 == 0 }, ends }
    }

    fn change(text: &str) -> Result<PushChange, FormError> {
        PushChange::of_form(&[b"\x01", text.as_bytes()].concat())
    }

    #[test]
    fn changes_are_read_and_others_refused() {
        let symbol = Symbol::parse("MINE").expect("valid");
        let pushed = |bars| PushChange::Pushed {
            symbol: symbol.clone(),
            interval: Interval::Minute5,
            written: 1_795_703_400_000,
            bars,
        };
        let told = change("push 1795703400000 MINE 5m -60 300");
        assert_eq!(told, Ok(pushed(Some((-60, 300)))));
        assert_eq!(change("push 1795703400000 MINE 5m - -"), Ok(pushed(None)));
        assert_eq!(change("about 7 MINE"), Ok(PushChange::Described(symbol.clone())));
        assert_eq!(change("gone 7 MINE"), Ok(PushChange::Removed(symbol)));
        for text in
            ["", "push", "gone 7 m!ne", "gone 7 SIM:MINE", "push 7 MINE 5m - 3", "sung 7 MINE"]
        {
            assert!(change(text).is_err(), "{text}");
        }
        assert_eq!(PushChange::of_form(b"\x02gone 7 MINE"), Err(FormError::Unknown(2)));
        assert_eq!(PushChange::of_form(b""), Err(FormError::Empty));
    }

    #[test]
    fn bars_that_are_not_in_order_are_refused() {
        let members = |starts: &[i64]| -> Vec<_> {
            starts.iter().map(|ts| bar(*ts, 1.0, [None, None]).to_form()).collect()
        };
        assert_eq!(read_bars(&members(&[1, 2, 5])).expect("in order").len(), 3);
        assert!(read_bars(&members(&[1, 5, 2])).is_err());
        assert!(read_bars(&members(&[1, 1])).is_err());
        assert!(read_bars(&[bar(1, f64::NAN, [None, None]).to_form()]).is_err());
    }

    proptest! {
        #[test]
        fn a_bar_is_read_as_it_was_written(
            ts in any::<i32>(), close in -1e12..1e12, opened in any::<Option<i64>>(), closed in any::<Option<i64>>(),
        ) {
            let ends = [opened, closed].map(|at| at.map(|at| at / 2));
            let written = bar(ts.into(), close, ends);
            prop_assert_eq!(PushedBar::of_form(&written.to_form()), Ok(written));
        }

        #[test]
        fn any_bytes_are_a_bar_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), form in 0_u8..3) {
            let _ = PushedBar::of_form(&bytes);
            let _ = PushedBar::of_form(&[&[form], &bytes[..]].concat());
            let _ = PushChange::of_form(&[&[form], &bytes[..]].concat());
        }
    }
}
