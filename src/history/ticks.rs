//! Minutes made of ticks, in whatever order and however often those come.

use ring::digest::{SHA256, digest};

use super::push::{Tick, TimedBar};
use crate::bars::Bar;
use crate::interval::Interval;

/// Nanoseconds of a second.
pub(super) const SECOND: i64 = 1_000_000_000;

/// A bar as it is kept, with the instants of the ticks at its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FormingBar {
    pub(super) kept: TimedBar,
    /// When the tick was traded that its open is; none of a bar that was written whole.
    pub(super) opened: Option<i64>,
    /// The same of its close.
    pub(super) closed: Option<i64>,
}

impl FormingBar {
    /// The bar of its first tick.
    pub(super) fn of(tick: &Tick) -> Self {
        let price = tick.price;
        let bar = Bar {
            ts: tick.slot(),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: tick.size,
        };
        let kept = TimedBar { bar, is_final: false };
        Self { kept, opened: Some(tick.at), closed: Some(tick.at) }
    }

    /// The bar with one more tick. Of ticks at one instant the first that came opens, and the last closes.
    pub(super) fn with(self, tick: &Tick) -> Self {
        let bar = self.kept.bar;
        let opens = self.opened.is_some_and(|opened| tick.at < opened);
        let closes = self.closed.is_none_or(|closed| closed <= tick.at);
        let kept = TimedBar {
            bar: Bar {
                ts: bar.ts,
                open: if opens { tick.price } else { bar.open },
                high: bar.high.max(tick.price),
                low: bar.low.min(tick.price),
                close: if closes { tick.price } else { bar.close },
                volume: bar.volume + tick.size,
            },
            ..self.kept
        };
        Self {
            kept,
            opened: if opens { Some(tick.at) } else { self.opened },
            closed: if closes { Some(tick.at) } else { self.closed },
        }
    }
}

/// The start of the minute that a tick is in, in seconds.
const fn slot(at: i64) -> i64 {
    let second = at.div_euclid(SECOND);
    second - second.rem_euclid(Interval::Minute1.seconds())
}

impl Tick {
    /// The start of the minute that it is in, in seconds.
    #[must_use]
    pub const fn slot(&self) -> i64 {
        slot(self.at)
    }

    /// What tells it from all others: its id, or else its instant, price and size.
    #[must_use]
    pub fn identity(&self) -> [u8; 16] {
        let hash = if let Some(id) = &self.id {
            digest(&SHA256, &[b"id ", id.as_bytes()].concat())
        } else {
            let [at, price, size] =
                [self.at.to_le_bytes(), self.price.to_le_bytes(), self.size.to_le_bytes()];
            digest(&SHA256, &[&at[..], &price, &size].concat())
        };
        let mut identity = [0; 16];
        identity.copy_from_slice(&hash.as_ref()[..16]);
        identity
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FormingBar, SECOND, Tick, slot};

    fn tick(at: i64, price: f64) -> Tick {
        Tick { at: at * SECOND, price, size: 1.0, id: None }
    }

    #[test]
    fn a_minute_holds_its_sixty_seconds_before_the_epoch_too() {
        assert_eq!(
            [0, 59, 60, -1, -60, -61].map(|at| slot(at * SECOND)),
            [0, 0, 60, -60, -60, -120]
        );
        assert_eq!(slot(-1), -60);
    }

    #[test]
    fn a_tick_is_told_by_its_id_or_by_all_that_it_says() {
        let named = |id: &str, at| Tick { id: Some(id.into()), ..tick(at, 1.0) };
        assert_eq!(named("7", 1).identity(), named("7", 2).identity());
        assert_ne!(named("7", 1).identity(), named("8", 1).identity());
        assert_eq!(tick(1, 1.0).identity(), tick(1, 1.0).identity());
        assert_ne!(tick(1, 1.0).identity(), tick(2, 1.0).identity());
        assert_ne!(tick(1, 1.0).identity(), tick(1, 2.0).identity());
        assert_ne!(tick(1, 1.0).identity(), Tick { size: 2.0, ..tick(1, 1.0) }.identity());
    }

    proptest! {
        #[test]
        fn a_bar_is_the_same_in_whatever_order_its_ticks_come(
            prices in proptest::collection::vec(-50i32..50, 1..60), seed in any::<u64>(),
        ) {
            let ticks: Vec<Tick> =
                (0..).zip(&prices).map(|(at, price)| tick(at, f64::from(*price))).collect();
            let bar = |ticks: &[Tick]| {
                let first = FormingBar::of(&ticks[0]);
                ticks[1..].iter().fold(first, FormingBar::with)
            };
            let mut shuffled = ticks.clone();
            shuffled.sort_by_key(|tick| (tick.at.cast_unsigned() ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let made = bar(&shuffled);
            prop_assert_eq!(made, bar(&ticks));
            prop_assert_eq!(Some(made.kept.bar.open), prices.first().copied().map(f64::from));
            prop_assert_eq!(Some(made.kept.bar.close), prices.last().copied().map(f64::from));
        }
    }
}
